/* SPDX-License-Identifier: MIT
 * sink_stream.h - whole lines into a descriptor that only goes forward: pipe, FIFO, socket,
 * terminal, device.
 *
 * A reader that stops reading must not hold the writer for ever, and a reader that comes back
 * must not find half a line with a stranger behind it. So a write waits a bounded time for the
 * reader; when it gives up in the middle of a line, the rest of that line is kept and goes out
 * before anything else.
 */
#ifndef RILL_LINUX_SINK_STREAM_H
#define RILL_LINUX_SINK_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct rill_stream {
	int fd;
	ssize_t (*write)(struct rill_stream *stream, const void *data, size_t size);
	size_t chunk_bytes;	/* what one write may take without blocking, after poll */
	char *rest;		/* of a line that was begun */
	size_t rest_bytes, rest_room;
};

/* 0, or -errno when fd is not open for writing. */
int rill_stream_init(struct rill_stream *stream, int fd);
void rill_stream_free(struct rill_stream *stream);

/* 0: all of it is with the kernel. -ETIMEDOUT: the reader does not read; -EPIPE: it is gone;
 * else -errno. Raises no signal in a thread that is inside rill_quiet_begin(). */
int rill_stream_write(struct rill_stream *stream, const char *lines, size_t size);

#endif

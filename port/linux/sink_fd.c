/* SPDX-License-Identifier: MIT
 * sink_fd.c - the sink that writes to a descriptor the application has opened and keeps.
 *
 * JSON into a file at whose end the descriptor stands goes by sink_pages.c, so that the file is
 * complete at every flush. The descriptor's offset is kept at the file's end: the application may
 * write on behind the session.
 *
 * Everything else is only ever written forward, whole lines at a time: no seeking, no flags changed,
 * nothing closed. So are the standard descriptors, and logs that others append to; for a write at a
 * place that somebody else has taken meanwhile would destroy his text. Who is found to have written
 * although it looked like a file of ours alone turns it into a stream, too.
 *
 * Packets wait for their reader until the session stops: a packet is out whole or lost whole.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "port/linux/sink_pages.h"
#include "port/linux/sink_patience.h"
#include "port/linux/sink_quiet.h"
#include "port/linux/sink_stream.h"
#include "port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fd_sink {
	struct rill_stream stream;
	bool alone;		/* by pages: nobody else writes there */
	bool disturbed;		/* somebody else did: each write seeks the end */
	struct rill_pages pages;
	char *tail;		/* NULL: not JSON */
	struct rill_patience patience;
	char where[32];
};

/* The end of the file if that is where the descriptor stands, else -1. */
static off_t stands_at_end(int fd)
{
	struct stat stat;
	off_t at = lseek(fd, 0, SEEK_CUR);

	return at >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size == at ? at : -1;
}

/* The first piece decides: until then the application may have written a head of its own. */
static void begin(struct fd_sink *sink)
{
	int fd = sink->stream.fd, flags = fcntl(fd, F_GETFL);
	off_t end = stands_at_end(fd);

	sink->alone = sink->tail && fd > STDERR_FILENO && flags >= 0 && !(flags & O_APPEND) && end >= 0;
	if (sink->alone)
		rill_pages_restart(&sink->pages, fd, (uint64_t)end);
}

static int write_alone(struct fd_sink *sink, const void *data, size_t size, unsigned pieces)
{
	int error = rill_pages_write(&sink->pages, data, size, pieces & RILL_PIECE_LAST);

	/* Blanks behind the end, or a part of them after an error: the next look would take them for somebody else's. */
	if (error < 0 || sink->pages.extent != sink->pages.end)
		rill_pages_trim(&sink->pages);
	if (lseek(sink->stream.fd, (off_t)sink->pages.end, SEEK_SET) < 0)
		sink->alone = false;
	return error;
}

static int write_packets(struct fd_sink *sink, const void *data, size_t size, unsigned pieces)
{
	size_t done;
	const int error = rill_patience_write(&sink->patience, pieces, &sink->stream, data, size, &done);

	return error == -ETIME ? -ETIMEDOUT : error;
}

static int write_json(struct fd_sink *sink, const void *data, size_t size, unsigned pieces)
{
	if (pieces & RILL_PIECE_FIRST)
		begin(sink);
	else if (sink->alone && stands_at_end(sink->stream.fd) != (off_t)sink->pages.end)
		sink->disturbed = true;
	if (sink->disturbed) {
		sink->alone = false;
		lseek(sink->stream.fd, 0, SEEK_END);
	}
	/* Nothing is kept back, so there is nothing to do at a flush. */
	return sink->alone ? write_alone(sink, data, size, pieces) : rill_stream_write(&sink->stream, data, size);
}

static int fd_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct fd_sink *sink = ctx;
	struct rill_quiet quiet;
	int error;

	rill_quiet_begin(&quiet);
	error = sink->tail ? write_json(sink, data, size, pieces) : write_packets(sink, data, size, pieces);
	rill_quiet_end(&quiet);
	return error;
}

static void fd_close(void *ctx)
{
	struct fd_sink *sink = ctx;

	rill_stream_free(&sink->stream);
	rill_pages_free(&sink->pages);
	free(sink->tail);
	free(sink);
}

static const char *fd_where(void *ctx)
{
	return ((struct fd_sink *)ctx)->where;
}

static void fd_hurry(void *ctx, uint64_t deadline_ns)
{
	rill_patience_hurry(&((struct fd_sink *)ctx)->patience, deadline_ns);
}

static const struct rill_port_sink_ops fd_ops = {
	.sink = {
		.name = "descriptor",
		.write_time_max_ms = 0,
		.write = fd_write,
		.close = fd_close,
		.where = fd_where,
	},
	.hurry = fd_hurry,
};

int rill_port_fd_sink(int fd, const char *json_tail, struct rill_sink *sink)
{
	struct fd_sink *ctx = calloc(1, sizeof(*ctx));
	int error;

	if (!ctx)
		return rill_fail(ENOMEM, "no memory for a sink");
	ctx->tail = json_tail ? strdup(json_tail) : NULL;
	if ((json_tail && !ctx->tail) || rill_pages_init(&ctx->pages, fd, ctx->tail ? ctx->tail : "") < 0) {
		fd_close(ctx);
		return rill_fail(ENOMEM, "no memory for a sink");
	}
	ctx->pages.exact = true;
	error = rill_stream_init(&ctx->stream, fd);
	if (error < 0) {
		fd_close(ctx);
		return rill_fail(
			-error,
			"descriptor %d cannot be written: %s; give one that is open for writing",
			fd, strerror(-error));
	}
	snprintf(ctx->where, sizeof(ctx->where), "descriptor %d", fd);
	*sink = (struct rill_sink){ &fd_ops.sink, ctx };
	return 0;
}

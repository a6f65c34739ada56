/* SPDX-License-Identifier: MIT
 * sink_stream.c - writes lines to a pipe, socket or device with a bounded wait for its reader.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "port/linux/sink_stream.h"

#include "port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Half a second without a byte taken: the reader is stopped. Two of these fit into what stop may
 * take. */
enum { STALL_MAX_MS = 500 };

static ssize_t write_file(struct rill_stream *s, const void *data, size_t size)
{
	return write(s->fd, data, size);
}

static ssize_t write_socket(struct rill_stream *s, const void *data, size_t size)
{
	return send(s->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int rill_stream_init(struct rill_stream *s, int fd)
{
	struct stat stat;
	int flags = fcntl(fd, F_GETFL);

	memset(s, 0, sizeof(*s));
	s->fd = fd;
	if (flags < 0 || fstat(fd, &stat) < 0)
		return -errno;
	if ((flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	s->write = S_ISSOCK(stat.st_mode) ? write_socket : write_file;
	/* A blocking descriptor is not made non-blocking, since it is shared with its owner.
	 * Linux takes this much at once whenever poll says that a pipe can be written; more
	 * might block until the reader comes. */
	s->chunk_bytes = S_ISSOCK(stat.st_mode) || S_ISREG(stat.st_mode) || (flags & O_NONBLOCK) ?
		SSIZE_MAX : PIPE_BUF;
	return 0;
}

void rill_stream_free(struct rill_stream *s)
{
	free(s->rest);
	s->rest = NULL;
}

/* Waits until the descriptor can be written, or is broken: then the write tells how. */
static int wait_writable(int fd, uint64_t until_ns)
{
	for (;;) {
		struct pollfd poller = { .fd = fd, .events = POLLOUT };
		uint64_t now = rill_port_monotonic_ns();
		int n;

		n = poll(&poller, 1, now < until_ns ? (int)((until_ns - now) / 1000000 + 1) : 0);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && rill_port_monotonic_ns() >= until_ns)
			return -ETIMEDOUT;
	}
}

/* *done: how much went out, also on failure. */
static int push(struct rill_stream *s, const char *data, size_t size, size_t *done)
{
	uint64_t until_ns = rill_port_monotonic_ns() + STALL_MAX_MS * 1000000ull;

	*done = 0;
	while (*done < size) {
		size_t chunk = size - *done < s->chunk_bytes ? size - *done : s->chunk_bytes;
		int error = wait_writable(s->fd, until_ns);
		ssize_t n;

		if (error < 0)
			return error;
		n = s->write(s, data + *done, chunk);
		if (n > 0) {
			*done += (size_t)n;
			until_ns = rill_port_monotonic_ns() + STALL_MAX_MS * 1000000ull;
		} else if (n < 0 && errno != EINTR && errno != EAGAIN) {
			return -errno;
		} else if (rill_port_monotonic_ns() >= until_ns) {
			return -ETIMEDOUT;
		}
	}
	return 0;
}

/* Keeps the rest of the line that ends `done` bytes in, if it ends in the middle of one. */
static void keep_rest(struct rill_stream *s, const char *lines, size_t size, size_t done)
{
	const char *end;

	if (done == 0 || done == size || lines[done - 1] == '\n')
		return;
	end = memchr(lines + done, '\n', size - done);
	size = end ? (size_t)(end + 1 - lines) : size;
	if (size - done > s->rest_room) {
		char *rest = realloc(s->rest, size - done);

		if (!rest)
			return;	/* one torn line; the alternative is to stop for good */
		s->rest = rest;
		s->rest_room = size - done;
	}
	s->rest_bytes = size - done;
	memcpy(s->rest, lines + done, s->rest_bytes);
}

int rill_stream_write(struct rill_stream *s, const char *lines, size_t size)
{
	size_t done;
	int error = 0;

	if (s->rest_bytes) {
		error = push(s, s->rest, s->rest_bytes, &done);
		s->rest_bytes -= done;
		memmove(s->rest, s->rest + done, s->rest_bytes);
	}
	if (error == 0) {
		error = push(s, lines, size, &done);
		if (error < 0)
			keep_rest(s, lines, size, done);
	}
	return error;
}

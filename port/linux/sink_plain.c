/* SPDX-License-Identifier: MIT
 * sink_plain.c - files and descriptors in their plain form, in place of sink_file.c and sink_fd.c and of all that these need
 * (CONFIG_RILL_SINK_PLAIN): one file, no pattern, no rotation.
 *
 * JSON in a file has its end behind each piece and is complete but for the moment between two writes. What is not a regular file is
 * written forward, and waits half a second for a reader.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "port/linux/sink_quiet.h"
#include "port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STALL_MAX_MS = 500 };

struct plain {
	int fd;			/* -1: closed, or not open yet */
	bool own;		/* a file of ours: opened here, closed here, written at `at` */
	mode_t mode;
	uint64_t at;
	const char *tail;	/* of JSON; NULL: packets. Static */
	char where[];		/* the file's name */
};

/* ---- writing -------------------------------------------------------------------------------------- */

static int put(struct plain *p, const char *data, size_t size)
{
	while (size) {
		struct pollfd poller = { .fd = p->fd, .events = POLLOUT };
		ssize_t n;

		if (!p->own && poll(&poller, 1, STALL_MAX_MS) == 0)
			return -ETIMEDOUT;
		n = p->own ? pwrite(p->fd, data, size, (off_t)p->at) : write(p->fd, data, size);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n <= 0)
			continue;
		data += n;
		size -= (size_t)n;
		p->at += (uint64_t)n;
	}
	return 0;
}

static int plain_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct plain *p = ctx;
	uint64_t before = p->at, end;
	struct rill_quiet quiet;
	int error;

	rill_quiet_begin(&quiet);
	error = put(p, data, size);
	end = p->at;
	if (!error && p->own && p->tail && !(pieces & RILL_PIECE_LAST)) {
		error = put(p, p->tail, strlen(p->tail));
		p->at = end;	/* the next piece goes over it */
	}
	if (error)		/* what is there of it goes under the next piece */
		p->at = before;
	if (p->own && (error || (pieces & RILL_PIECE_LAST)) && ftruncate(p->fd, (off_t)p->at) < 0 && !error)
		error = -errno;
	rill_quiet_end(&quiet);
	return error;
}

/* ---- opening -------------------------------------------------------------------------------------- */

/* Emptied only when it is certain that nobody else's text is in it. */
static int take_file(const struct plain *p)
{
	struct stat stat;

	if (fstat(p->fd, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_uid != geteuid() || stat.st_nlink > 1)
		return -EPERM;
	if (flock(p->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return -EBUSY;
	return ftruncate(p->fd, 0) < 0 ? -errno : 0;
}

static int plain_open(void *ctx)
{
	struct plain *p = ctx;
	int error = 0;

	if (!p->own)
		return 0;
	p->fd = open(p->where, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, p->mode);
	error = p->fd < 0 ? -errno : take_file(p);
	if (!error)
		return 0;
	return rill_fail(-error, "the trace file %s cannot be used: %s; name a file of your own in a folder that is there, which no other "
			 "session writes and which has no second name", p->where, strerror(-error));
}

static void plain_close(void *ctx)
{
	struct plain *p = ctx;

	if (p->own && p->fd >= 0) {
		flock(p->fd, LOCK_UN);	/* a child between fork and exec has the descriptor, too */
		close(p->fd);
	}
	free(p);
}

static const char *plain_where(void *ctx)
{
	return ((struct plain *)ctx)->where;
}

static void plain_forked(void *ctx)
{
	const struct plain *p = ctx;

	if (p->own && p->fd >= 0)
		close(p->fd);
}

static const struct rill_port_sink_ops ops = {
	.sink = {
		.name = "plain",
		.open = plain_open,
		.write = plain_write,
		.close = plain_close,
		.where = plain_where,
	},
	.forked = plain_forked,
};

static struct plain *make(const char *where, int fd, const char *tail, struct rill_sink *sink)
{
	const size_t size = strlen(where) + 1;
	struct plain *p = calloc(1, sizeof *p + size);

	if (!p)
		return NULL;
	p->fd = fd;
	p->tail = tail;
	memcpy(p->where, where, size);
	*sink = (struct rill_sink){ &ops.sink, p };
	return p;
}

int rill_port_file_sink(const struct rill_file_options *o, struct rill_sink *sink)
{
	struct plain *p = make(o->pattern, -1, o->json ? o->json_tail : NULL, sink);

	if (!p)
		return rill_fail(ENOMEM, "no memory for a sink");
	p->own = true;
	p->mode = (mode_t)(o->mode ? o->mode : 0600);
	return 0;
}

int rill_port_fd_sink(int fd, const char *json_tail, struct rill_sink *sink)
{
	const int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return rill_fail(EBADF, "descriptor %d cannot be written: give one that is open for writing", fd);
	return make("descriptor", fd, json_tail, sink) ? 0 : rill_fail(ENOMEM, "no memory for a sink");
}

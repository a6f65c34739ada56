/* SPDX-License-Identifier: MIT
 * sink_file.c - the file sink: one file per segment, named by a pattern.
 *
 * JSON goes into a file on a disk by sink_pages.c, so that the file is complete at every
 * instant; a FIFO or device gets plain lines; other bytes are appended. "Durable" at a flush
 * means handed to the kernel: it survives the process, not a power cut. fsync would stall for
 * seconds on the cards that embedded systems have.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "port/linux/sink_kept.h"
#include "port/linux/sink_open.h"
#include "port/linux/sink_pages.h"
#include "port/linux/sink_patience.h"
#include "port/linux/sink_pattern.h"
#include "port/linux/sink_quiet.h"
#include "port/linux/sink_stream.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct file_sink {
	char *pattern, *name, *tail;	/* tail: NULL when the bytes are not JSON */
	uint32_t pid, mode;
	uint32_t rotation;	/* of the file that is open, or to be opened next */
	char *path;
	int fd;			/* -1: none is open */
	bool regular;
	bool begun;		/* the open file has what begins a segment */
	struct rill_pages pages;
	struct rill_stream stream;
	uint64_t at;		/* bytes that are not JSON: the end of the good ones */
	struct rill_patience patience;	/* packets into a FIFO */
	struct rill_kept kept;
};

static void close_file(struct file_sink *f)
{
	int fd = f->fd;

	rill_stream_free(&f->stream);
	/* First forgotten, then closed: a fork in between must not close a number that has a new
	 * owner. */
	f->fd = -1;
	if (fd < 0)
		return;
	/* A child between fork and exec has the descriptor, too, and with it the lock, which would keep us from
	 * opening the file again. */
	flock(fd, LOCK_UN);
	close(fd);
}

static int open_file(struct file_sink *f)
{
	char *path = rill_pattern_expand(f->pattern, f->name, f->pid, f->rotation);
	int error = 0;

	if (!path)
		return rill_fail(ENOMEM, "no memory for the name of the trace file");
	free(f->path);
	f->path = path;
	f->begun = false;
	f->at = 0;
	f->fd = rill_open_trace(path, f->mode, &f->regular);
	if (f->fd < 0) {
		error = f->fd;
		f->fd = -1;
		return error;
	}
	rill_pages_restart(&f->pages, f->fd, 0);
	if (!f->regular)
		error = rill_stream_init(&f->stream, f->fd);
	if (error < 0)
		close_file(f);
	return error;
}

static int file_open(void *ctx)
{
	return open_file(ctx);
}

static void finish_file(struct file_sink *f)
{
	if (f->begun && f->regular && f->fd >= 0)
		rill_kept_add(&f->kept, f->path, f->fd);
	close_file(f);
}

/* A file that already has a head is closed for the next one; one that could not take it is tried
 * again. */
static int begin_segment(struct file_sink *f)
{
	if (f->begun) {
		finish_file(f);
		f->rotation++;
		f->begun = false;
	}
	if (f->fd < 0)
		return open_file(f);
	if (f->regular && ftruncate(f->fd, 0) < 0)
		return -errno;
	rill_pages_restart(&f->pages, f->fd, 0);
	f->at = 0;
	return 0;
}

static int put_forward(struct file_sink *f, const void *data, size_t size, unsigned pieces)
{
	size_t done;
	int error;

	if (f->tail)
		return rill_stream_write(&f->stream, data, size);
	error = rill_patience_write(&f->patience, pieces, &f->stream, data, size, &done);
	return error == -ETIME ? -ETIMEDOUT : error;
}

/* How much of the disk the open file may take once so much more is in it; JSON grows by blanks first. */
static uint64_t size_with(const struct file_sink *f, size_t size)
{
	const uint64_t needed = (f->tail ? f->pages.end : f->at) + size;
	uint64_t ahead = needed < RILL_PAGES_AHEAD_BYTES ? needed : RILL_PAGES_AHEAD_BYTES;

	if (ahead < f->pages.page_bytes)
		ahead = f->pages.page_bytes;
	return f->tail ? needed + ahead : needed;
}

static int put(struct file_sink *f, const void *data, size_t size, unsigned pieces)
{
	int error;

	if (!f->regular)
		return put_forward(f, data, size, pieces);
	rill_kept_trim(&f->kept, size_with(f, size));
	if (f->tail)
		return rill_pages_write(&f->pages, data, size, pieces & RILL_PIECE_LAST);
	error = rill_pwrite_all(rill_pwrite, f->fd, data, size, f->at);
	if (error == 0)
		f->at += size;
	return error;
}

static int write_segment(struct file_sink *f, const void *data, size_t size, unsigned pieces)
{
	int error = 0;

	if (pieces & RILL_PIECE_FIRST)
		error = begin_segment(f);
	if (error < 0)
		return error;
	if (f->fd < 0)
		return -EBADF;
	error = put(f, data, size, pieces);
	if (pieces & RILL_PIECE_FIRST) {
		f->begun = error == 0;
		/* Half a head is no JSON; an empty file at least says that nothing is in it. */
		if (error < 0 && f->regular && ftruncate(f->fd, 0) < 0)
			return error;
	}
	if (pieces & RILL_PIECE_LAST) {
		if (f->regular && f->tail && f->pages.end)
			rill_pages_trim(&f->pages);
		finish_file(f);
	}
	return error;
}

static int file_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct rill_quiet quiet;
	int error;

	rill_quiet_begin(&quiet);
	error = write_segment(ctx, data, size, pieces);
	rill_quiet_end(&quiet);
	return error;
}

static void file_close(void *ctx)
{
	struct file_sink *f = ctx;

	close_file(f);
	rill_pages_free(&f->pages);
	rill_kept_free(&f->kept);
	free(f->pattern);
	free(f->name);
	free(f->tail);
	free(f->path);
	free(f);
}

static const char *file_where(void *ctx)
{
	struct file_sink *f = ctx;

	return f->path ? f->path : f->pattern;
}

static void file_forked(void *ctx)
{
	const struct file_sink *f = ctx;

	if (f->fd >= 0)
		close(f->fd);
}

static void file_hurry(void *ctx, uint64_t deadline_ns)
{
	rill_patience_hurry(&((struct file_sink *)ctx)->patience, deadline_ns);
}

static bool file_is_file(void *ctx)
{
	const struct file_sink *f = ctx;

	return f->fd >= 0 && f->regular;
}

static const struct rill_port_sink_ops file_ops = {
	.sink = {
		.name = "file",
		.write_time_max_ms = 0,
		.open = file_open,
		.write = file_write,
		.close = file_close,
		.where = file_where,
	},
	.forked = file_forked,
	.hurry = file_hurry,
	.is_file = file_is_file,
};

int rill_port_file_sink(const struct rill_file_options *options, struct rill_sink *sink)
{
	struct file_sink *f = calloc(1, sizeof(*f));
	int error = 0;

	if (!f)
		return rill_fail(ENOMEM, "no memory for a sink");
	f->fd = -1;
	f->pid = options->pid;
	f->mode = options->mode ? options->mode : 0600;
	f->rotation = options->first ? options->first : 1;
	f->kept.max_bytes = options->keep_bytes;
	f->name = strdup(options->name ? options->name : "");
	f->tail = options->json ? strdup(options->json_tail) : NULL;
	f->pattern = rill_pattern_absolute(options->pattern, &error);
	if (!f->pattern) {
		file_close(f);
		return error;
	}
	if (!f->name || (options->json && !f->tail) ||
	    rill_pages_init(&f->pages, -1, f->tail ? f->tail : "") < 0) {
		file_close(f);
		return rill_fail(ENOMEM, "no memory for a sink");
	}
	*sink = (struct rill_sink){ &file_ops.sink, f };
	return 0;
}

/* SPDX-License-Identifier: MIT
 * sink_fd.c - the sink that writes to a descriptor the application has opened and keeps.
 *
 * The descriptor may be shared (a shell's standard output, a log that others append to), so it
 * is only ever written forward, whole lines at a time: no seeking, no flags changed, nothing
 * closed.
 */
#include "port/linux/sink_quiet.h"
#include "port/linux/sink_stream.h"
#include "port/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fd_sink {
	struct rill_stream stream;
	char where[32];
};

static int fd_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct fd_sink *sink = ctx;
	struct rill_quiet quiet;
	int error;

	(void)pieces;	/* nothing is kept back, so there is nothing to do at a flush */
	rill_quiet_begin(&quiet);
	error = rill_stream_write(&sink->stream, data, size);
	rill_quiet_end(&quiet);
	return error;
}

static void fd_close(void *ctx)
{
	struct fd_sink *sink = ctx;

	rill_stream_free(&sink->stream);
	free(sink);
}

static const char *fd_where(void *ctx)
{
	return ((struct fd_sink *)ctx)->where;
}

static const struct rill_sink_ops fd_ops = {
	.name = "descriptor",
	.write_time_max_ms = 0,
	.write = fd_write,
	.close = fd_close,
	.where = fd_where,
};

int rill_port_fd_sink(int fd, struct rill_sink *sink)
{
	struct fd_sink *ctx = calloc(1, sizeof(*ctx));
	int error;

	if (!ctx)
		return rill_fail(ENOMEM, "no memory for a sink");
	error = rill_stream_init(&ctx->stream, fd);
	if (error < 0) {
		free(ctx);
		return rill_fail(
			-error,
			"descriptor %d cannot be written: %s; give one that is open for writing",
			fd, strerror(-error));
	}
	snprintf(ctx->where, sizeof(ctx->where), "descriptor %d", fd);
	*sink = (struct rill_sink){ &fd_ops, ctx };
	return 0;
}

/* SPDX-License-Identifier: MIT
 * outlet_open.c - makes the outlet that a session's options ask for, or says what is wrong with
 * them.
 */
#include "sink/outlets.h"

#include "config.h"
#include "port/port.h"

#include <errno.h>
#include <string.h>

static const char default_file[] = "rill.${pid}.${rotation}.json";

enum { QUEUE_BYTES_MIN = 4096, QUEUE_BYTES_MAX = 256 << 20 };

size_t rill_outlet_queue_bytes(const struct rill_session_options *options)
{
	return options->queue_bytes ? options->queue_bytes : CONFIG_RILL_QUEUE_BYTES;
}

static bool rotates(const struct rill_session_options *options)
{
	return options->rotate_bytes || options->rotate_events || options->rotate_age_ms;
}

static int check(const struct rill_session_options *options)
{
	const char *file = options->file ? options->file : default_file;
	size_t queue_bytes = rill_outlet_queue_bytes(options);

	if (queue_bytes < QUEUE_BYTES_MIN || queue_bytes > QUEUE_BYTES_MAX)
		return rill_fail(EINVAL, "queue_bytes is %zu: %d to %d are possible", queue_bytes,
				 (int)QUEUE_BYTES_MIN, (int)QUEUE_BYTES_MAX);
	if (options->out == RILL_OUT_FILE && rotates(options) && !strstr(file, "${rotation}"))
		return rill_fail(EINVAL, "rotation needs ${rotation} in the file's name '%s', "
				 "else each file would overwrite the one before", file);
	if ((options->out == RILL_OUT_FD || options->out == RILL_OUT_SUBSCRIBER) &&
	    rotates(options))
		return rill_fail(
			EINVAL,
			"rotation is for files: a descriptor or subscriber has no next one; "
			"leave rotate_bytes, rotate_events and rotate_age_ms at 0");
	if (options->out == RILL_OUT_SINK && (!options->sink.ops || !options->sink.ops->write))
		return rill_fail(
			EINVAL, "the sink has no write function: set sink.ops and sink.ops->write");
	if (options->out == RILL_OUT_SUBSCRIBER && !options->subscriber)
		return rill_fail(EINVAL, "there is no subscriber: set the function to call");
	return 0;
}

static int make_sink(const struct rill_session_options *options, const struct rill_outlet_env *env,
		     struct rill_sink *sink)
{
	struct rill_file_options file = {
		.pattern = options->file ? options->file : default_file,
		.name = options->name ? options->name : env->session_name,
		.pid = env->pid,
		.mode = options->file_mode,
		.json = true,
		.json_tail = rill_json_outlet_tail(options),
	};

	switch (options->out) {
	case RILL_OUT_FILE:
		return rill_port_file_sink(&file, sink);
	case RILL_OUT_FD:
		return rill_port_fd_sink(options->fd, sink);
	case RILL_OUT_SINK:
		*sink = options->sink;
		return 0;
	default:
		return rill_fail(EINVAL, "there is no kind %d of outlet", (int)options->out);
	}
}

int rill_outlet_open(const struct rill_session_options *options, const struct rill_outlet_env *env,
		     struct rill_outlet **outlet)
{
	struct rill_queue_options queue = {
		.own_sink = options->out != RILL_OUT_SINK,
		.sink_forked = rill_port_sink_forked,
		.buffer_bytes = rill_outlet_queue_bytes(options),
		.stack_bytes = 64 << 10,	/* an application's sink runs on it, too */
		.thread_name = "rill-writer",
		.env = env,
	};
	int error = check(options);

	*outlet = NULL;
	if (error < 0)
		return error;
	if (options->out == RILL_OUT_SUBSCRIBER)
		return rill_batch_outlet(options, env, outlet);
	error = make_sink(options, env, &queue.sink);
	if (error < 0)
		return error;
	return rill_json_outlet(options, &queue, outlet);
}

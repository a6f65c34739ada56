/* SPDX-License-Identifier: MIT
 * outlet_plain.c - makes the outlet that a session's options ask for, where the configuration has plain sinks only
 * (CONFIG_RILL_SINK_PLAIN): in place of outlet_open.c, without addresses and rotation.
 */
#include "sink/outlets.h"

#include "config.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_BYTES_MIN = 512, QUEUE_BYTES_MAX = 256 << 20, FLUSH_PERIOD_MS = 1000 };

size_t rill_outlet_queue_bytes(const struct rill_session_options *options)
{
	return options->queue_bytes ? options->queue_bytes : CONFIG_RILL_QUEUE_BYTES;
}

uint32_t rill_outlet_flush_period_ms(const struct rill_session_options *options)
{
	(void)options;
	return FLUSH_PERIOD_MS;
}

static bool ends_in_rill(const char *file)
{
	const size_t size = file ? strlen(file) : 0;

	return size > 5 && !strcmp(file + size - 5, ".rill");
}

/* Asked for, or told by the file's name, or the only one that there is. */
static bool is_binary(const struct rill_session_options *o)
{
	if (o->format != RILL_FORMAT_BY_NAME)
		return o->format == RILL_FORMAT_BINARY;
	return !RILL_ON(CONFIG_RILL_JSON) || (o->out == RILL_OUT_FILE && ends_in_rill(o->file));
}

static int check(const struct rill_session_options *o)
{
	const size_t queue_bytes = rill_outlet_queue_bytes(o);

	if (o->rotate_bytes || o->rotate_events || o->rotate_age_ms || o->keep_bytes || o->compress)
		return rill_fail(ENOTSUP, "this librill neither rotates files nor compresses: it was built with CONFIG_RILL_SINK_PLAIN");
	if (queue_bytes < QUEUE_BYTES_MIN || queue_bytes > QUEUE_BYTES_MAX)
		return rill_fail(EINVAL, "queue_bytes is %zu: %d to %d are possible", queue_bytes, (int)QUEUE_BYTES_MIN,
				 (int)QUEUE_BYTES_MAX);
	if (o->out == RILL_OUT_SINK && (!o->sink.ops || !o->sink.ops->write))
		return rill_fail(EINVAL, "the sink has no write function: set sink.ops and sink.ops->write");
	if (o->out == RILL_OUT_SUBSCRIBER && !o->subscriber)
		return rill_fail(EINVAL, "there is no subscriber: set the function to call");
	if (o->packet_bytes && (o->packet_bytes < 512 || o->packet_bytes > 65536))
		return rill_fail(EINVAL, "packet_bytes is %u: 512 to 65536 are possible", o->packet_bytes);
	return 0;
}

/* "-" and "fd:3" stand for descriptors. */
static int make_named(const struct rill_session_options *o, const struct rill_outlet_env *env, const char *json_tail,
		      struct rill_sink *sink)
{
	const struct rill_file_options file = {
		.pattern = o->file, .pid = env->pid, .mode = o->file_mode, .json = json_tail != NULL, .json_tail = json_tail,
	};

	if (!o->file || strstr(o->file, "${") || (strchr(o->file, ':') && strncmp(o->file, "fd:", 3)))
		return rill_fail(ENOTSUP, "'%s' as the place of a trace: this librill takes the plain name of a file, - or fd:3, it was "
				 "built with CONFIG_RILL_SINK_PLAIN", o->file ? o->file : "");
	if (!strcmp(o->file, "-"))
		return rill_port_fd_sink(1, json_tail, sink);
	if (strchr(o->file, ':'))
		return rill_port_fd_sink(atoi(o->file + 3), json_tail, sink);
	return rill_port_file_sink(&file, sink);
}

static int make_sink(const struct rill_session_options *o, const struct rill_outlet_env *env, const char *json_tail,
		     struct rill_sink *sink)
{
	switch (o->out) {
	case RILL_OUT_FILE:
		return make_named(o, env, json_tail, sink);
	case RILL_OUT_FD:
		return rill_port_fd_sink(o->fd, json_tail, sink);
	case RILL_OUT_SINK:
		if (!RILL_ON(CONFIG_RILL_SINK_CUSTOM))
			return rill_fail(ENOTSUP, "this librill takes no sinks of applications: it was built without "
					 "CONFIG_RILL_SINK_CUSTOM");
		*sink = o->sink;
		return 0;
	default:
		return rill_fail(EINVAL, "there is no kind %d of outlet", (int)o->out);
	}
}

int rill_outlet_open(const struct rill_session_options *o, const struct rill_outlet_env *env, struct rill_outlet **outlet)
{
	const bool own = o->out != RILL_OUT_SINK, binary = is_binary(o);
	const struct rill_packet_line line = { .unit_ns = 0 };
	struct rill_queue_options queue = {
		.own_sink = own,
		.sink_forked = own ? rill_port_sink_forked : NULL,
		.sink_hurry = own ? rill_port_sink_hurry : NULL,
		.buffer_bytes = rill_outlet_queue_bytes(o),
		.piece_bytes = binary,	/* each packet by itself */
		.stack_bytes = 64 << 10,
		.thread_name = "rill-writer",
		.env = env,
	};
	int error = check(o);

	*outlet = NULL;
	if (!error && o->out == RILL_OUT_SUBSCRIBER)
		return rill_batch_outlet(o, env, outlet);
	if (!error)
		error = make_sink(o, env, binary ? NULL : rill_json_outlet_tail(o), &queue.sink);
	if (error)
		return error;
	return binary ? rill_packet_outlet(o, &queue, &line, outlet) : rill_json_outlet(o, &queue, outlet);
}

/* SPDX-License-Identifier: MIT
 * outlet_plain.c - makes the outlet that a session's options ask for, where the configuration has plain sinks only
 * (CONFIG_RILL_SINK_PLAIN): in place of outlet_open.c, without addresses and rotation.
 */
#include "sink/outlets.h"

#include "config.h"
#include "port/port.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_BYTES_MIN = 512, FLUSH_PERIOD_MS = 1000 };

uint32_t rill_outlet_flush_period_ms(const struct rill_session_options *options)
{
	(void)options;
	return FLUSH_PERIOD_MS;
}

/* Asked for, or told by the file's name, or the only one that there is. */
static bool is_binary(const struct rill_session_options *o)
{
	if (o->format != RILL_FORMAT_BY_NAME)
		return o->format == RILL_FORMAT_BINARY;
	return !RILL_ON(CONFIG_RILL_JSON) || (o->out == RILL_OUT_FILE && rill_outlet_named_binary(o->file));
}

static int check(const struct rill_session_options *o)
{
	if (o->rotate_bytes || o->rotate_events || o->rotate_age_ms || o->keep_bytes || o->compress)
		return rill_fail(ENOTSUP, "this librill neither rotates files nor compresses: it was built with CONFIG_RILL_SINK_PLAIN");
	return rill_outlet_check(o, QUEUE_BYTES_MIN);
}

/* "-" and "fd:3" stand for descriptors; -1: of a file's name. */
static int named_fd(const char *file)
{
	char *end;
	long fd = -1;

	if (!strcmp(file, "-"))
		return 1;
	if (!strncmp(file, "fd:", 3))
		fd = strtol(file + 3, &end, 10);
	return fd >= 0 && fd <= INT_MAX && !*end && end[-1] != ':' ? (int)fd : -1;
}

static int make_named(const struct rill_session_options *o, const struct rill_outlet_env *env, const char *json_tail,
		      struct rill_sink *sink)
{
	const struct rill_file_options file = {
		.pattern = o->file, .pid = env->pid, .mode = o->file_mode, .json = json_tail != NULL, .json_tail = json_tail,
	};
	const int fd = o->file ? named_fd(o->file) : -1;

	if (fd >= 0)
		return rill_port_fd_sink(fd, json_tail, sink);
	if (!o->file || strstr(o->file, "${") || strchr(o->file, ':'))
		return rill_fail(ENOTSUP, "'%s' as the place of a trace: this librill takes the plain name of a file, - or fd:3, it was "
				 "built with CONFIG_RILL_SINK_PLAIN", o->file ? o->file : "");
	return rill_port_file_sink(&file, sink);
}

int rill_outlet_open(const struct rill_session_options *o, const struct rill_outlet_env *env, struct rill_outlet **outlet)
{
	const bool binary = is_binary(o);
	const char *json_tail = binary ? NULL : rill_json_outlet_tail(o);
	const struct rill_packet_line line = { .unit_ns = 0 };
	struct rill_queue_options queue;
	int error = check(o);

	*outlet = NULL;
	if (error)
		return error;
	if (o->out == RILL_OUT_SUBSCRIBER)
		return rill_batch_outlet(o, env, outlet);
	rill_outlet_queue(o, env, &queue);
	queue.piece_bytes = binary;	/* each packet by itself */
	error = o->out == RILL_OUT_FILE ? make_named(o, env, json_tail, &queue.sink) :
					  rill_outlet_handed_sink(o, json_tail, &queue.sink);
	if (error)
		return error;
	return binary ? rill_packet_outlet(o, &queue, &line, outlet) : rill_json_outlet(o, &queue, outlet);
}

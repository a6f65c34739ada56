/* SPDX-License-Identifier: MIT
 * outlet_options.c - what outlet_open.c and outlet_plain.c ask of a session's options alike, whichever of the two a configuration has.
 */
#include "sink/outlets.h"

#include "config.h"
#include "format/packet.h"
#include "port/port.h"

#include <errno.h>
#include <string.h>

size_t rill_outlet_queue_bytes(const struct rill_session_options *options)
{
	return options->queue_bytes ? options->queue_bytes : CONFIG_RILL_QUEUE_BYTES;
}

int rill_outlet_check(const struct rill_session_options *options, size_t queue_bytes_min)
{
	const size_t queue_bytes_max = 256 << 20, queue_bytes = rill_outlet_queue_bytes(options);

	if (queue_bytes < queue_bytes_min || queue_bytes > queue_bytes_max)
		return rill_fail(EINVAL, "queue_bytes is %zu: %zu to %zu are possible", queue_bytes, queue_bytes_min, queue_bytes_max);
	if (RILL_ON(CONFIG_RILL_SINK_CUSTOM) && options->out == RILL_OUT_SINK && (!options->sink.ops || !options->sink.ops->write))
		return rill_fail(EINVAL, "the sink has no write function: set sink.ops and sink.ops->write");
	if (RILL_ON(CONFIG_RILL_SUBSCRIBERS) && options->out == RILL_OUT_SUBSCRIBER && !options->subscriber)
		return rill_fail(EINVAL, "there is no subscriber: set the function to call");
	if (options->format > RILL_FORMAT_BINARY)
		return rill_fail(EINVAL, "there is no format %d", (int)options->format);
	if (options->packet_bytes && (options->packet_bytes < RILL_PACKET_MIN || options->packet_bytes > RILL_PACKET_USUAL_MAX))
		return rill_fail(EINVAL, "packet_bytes is %u: %d to %d are possible", options->packet_bytes, (int)RILL_PACKET_MIN,
				 (int)RILL_PACKET_USUAL_MAX);
	return 0;
}

bool rill_outlet_named_binary(const char *file)
{
	static const char ending[] = ".rill";
	const size_t size = file ? strlen(file) : 0, end = sizeof ending - 1;

	return size >= end && !strcmp(file + size - end, ending);
}

int rill_outlet_handed_sink(const struct rill_session_options *options, const char *json_tail, struct rill_sink *sink)
{
	switch (options->out) {
	case RILL_OUT_FD:
		return rill_port_fd_sink(options->fd, json_tail, sink);
	case RILL_OUT_SINK:
		if (!RILL_ON(CONFIG_RILL_SINK_CUSTOM))
			return rill_fail(ENOTSUP, "this librill takes no sinks of applications: it was built without "
					 "CONFIG_RILL_SINK_CUSTOM");
		*sink = options->sink;
		return 0;
	default:
		return rill_fail(EINVAL, "there is no kind %d of outlet", (int)options->out);
	}
}

void rill_outlet_queue(const struct rill_session_options *options, const struct rill_outlet_env *env,
		       struct rill_queue_options *queue)
{
	const bool own = options->out != RILL_OUT_SINK;

	*queue = (struct rill_queue_options){
		.own_sink = own,
		.sink_forked = own ? rill_port_sink_forked : NULL,
		.sink_hurry = own ? rill_port_sink_hurry : NULL,
		.buffer_bytes = rill_outlet_queue_bytes(options),
		.stack_bytes = 64 << 10,	/* an application's sink runs on it, too */
		.thread_name = "rill-writer",
		.env = env,
	};
}

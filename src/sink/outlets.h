/* SPDX-License-Identifier: MIT
 * outlets.h - the kinds of outlet, for outlet_open.c or, with plain sinks, outlet_plain.c, which choose among them; and what these two
 * have in common.
 */
#ifndef RILL_SINK_OUTLETS_H
#define RILL_SINK_OUTLETS_H

#include "sink/queue.h"

/* Chrome JSON into any sink. queue holds the sink, which is this function's from the call on. */
int rill_json_outlet(const struct rill_session_options *options,
		     const struct rill_queue_options *queue, struct rill_outlet **outlet);
/* What stands behind the last event: rill_port_file_sink() keeps the file complete with it.
 * NULL: this build has no JSON. */
const char *rill_json_outlet_tail(const struct rill_session_options *options);

/* What is behind the sink, where that is slow; zeroed: it is not. */
struct rill_packet_line {
	uint32_t bytes_per_second;	/* definitions are told again as it can afford them; 0: no line */
	uint32_t unit_ns;		/* times may be rounded down to so much; 0: not at all */
};

/* rill packets into any sink, likewise. */
int rill_packet_outlet(const struct rill_session_options *options, const struct rill_queue_options *queue,
		       const struct rill_packet_line *line, struct rill_outlet **outlet);

/* Decoded events to a callback, on a thread of its own. */
int rill_batch_outlet(const struct rill_session_options *options, const struct rill_outlet_env *env,
		      struct rill_outlet **outlet);

/* queue_bytes, or the default. */
size_t rill_outlet_queue_bytes(const struct rill_session_options *options);

/* What is wrong with the options wherever the trace goes: 0, or -errno with the sentence. */
int rill_outlet_check(const struct rill_session_options *options, size_t queue_bytes_min);

/* Whether a file of that name holds packets unless something else is asked for. */
bool rill_outlet_named_binary(const char *file);

/* The descriptor's, or the application's own. */
int rill_outlet_handed_sink(const struct rill_session_options *options, const char *json_tail, struct rill_sink *sink);

/* As it is for every outlet; its sink is not set. */
void rill_outlet_queue(const struct rill_session_options *options, const struct rill_outlet_env *env,
		       struct rill_queue_options *queue);

#endif

/* SPDX-License-Identifier: MIT
 * sink.c - what the platform's sinks can do beyond the contract of rill/sink.h.
 */
#include "port/port.h"

static const struct rill_port_sink_ops *ops_of(const struct rill_sink *sink)
{
	return (const struct rill_port_sink_ops *)sink->ops;
}

void rill_port_sink_forked(const struct rill_sink *sink)
{
	if (ops_of(sink)->forked)
		ops_of(sink)->forked(sink->ctx);
}

void rill_port_sink_hurry(const struct rill_sink *sink, uint64_t deadline_ns)
{
	if (ops_of(sink)->hurry)
		ops_of(sink)->hurry(sink->ctx, deadline_ns);
}

bool rill_port_sink_is_file(const struct rill_sink *sink)
{
	return ops_of(sink)->is_file && ops_of(sink)->is_file(sink->ctx);
}

/* SPDX-License-Identifier: MIT
 * no_json.c - stands in where the configuration leaves JSON out: events can only go to subscribers.
 */
#include "sink/outlets.h"

#include "port/port.h"

#include <errno.h>

int rill_json_outlet(const struct rill_session_options *options,
		     const struct rill_queue_options *queue, struct rill_outlet **outlet)
{
	(void)options;
	*outlet = NULL;
	if (queue->own_sink && queue->sink.ops->close)
		queue->sink.ops->close(queue->sink.ctx);
	return rill_fail(ENOTSUP,
			 "this librill writes no JSON: it was built without CONFIG_RILL_JSON");
}

const char *rill_json_outlet_tail(const struct rill_session_options *options)
{
	(void)options;
	return NULL;
}

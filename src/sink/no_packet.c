/* SPDX-License-Identifier: MIT
 * no_packet.c - stands in where the configuration leaves the binary stream out.
 */
#include "sink/outlets.h"

#include "port/port.h"

#include <errno.h>

int rill_packet_outlet(const struct rill_session_options *options,
		       const struct rill_queue_options *queue, const struct rill_packet_line *line,
		       struct rill_outlet **outlet)
{
	(void)options;
	(void)line;
	*outlet = NULL;
	if (queue->own_sink && queue->sink.ops->close)
		queue->sink.ops->close(queue->sink.ctx);
	return rill_fail(ENOTSUP,
			 "this librill writes no packets: it was built without CONFIG_RILL_BINARY; "
			 "give the file a name that does not end in .rill");
}

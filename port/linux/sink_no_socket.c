/* SPDX-License-Identifier: MIT
 * sink_no_socket.c - stands in where the configuration leaves sockets out.
 */
#include "port/port.h"

#include <errno.h>

int rill_port_socket_sink(const struct rill_socket_options *options, struct rill_sink *sink)
{
	(void)sink;
	return rill_fail(ENOTSUP, "this librill cannot write to the socket %s: it was built without CONFIG_RILL_SINK_SOCKET",
			 options->place);
}

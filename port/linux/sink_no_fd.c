/* SPDX-License-Identifier: MIT
 * sink_no_fd.c - stands in where the configuration leaves descriptors out.
 */
#include "port/port.h"

#include <errno.h>

int rill_port_fd_sink(int fd, const char *json_tail, struct rill_sink *sink)
{
	(void)json_tail;
	(void)sink;
	return rill_fail(ENOTSUP,
			 "this librill cannot write to descriptor %d: it was built without "
			 "CONFIG_RILL_SINK_FD",
			 fd);
}

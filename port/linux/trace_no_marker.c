/* SPDX-License-Identifier: MIT
 * trace_no_marker.c - stands in where the configuration leaves the kernel's trace out.
 */
#include "port/port.h"

#include <errno.h>

int rill_port_trace_marker(const char *line)
{
	(void)line;
	return -ENOTSUP;
}

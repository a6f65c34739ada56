/* SPDX-License-Identifier: MIT
 * sink_no_serial.c - stands in where the configuration leaves serial lines out.
 */
#include "port/port.h"

#include <errno.h>

int rill_port_serial_sink(const struct rill_serial_options *options, struct rill_sink *sink)
{
	(void)sink;
	return rill_fail(ENOTSUP, "this librill cannot write to the line %s: it was built without CONFIG_RILL_SINK_SERIAL",
			 options->device);
}

bool rill_port_serial_speed(uint32_t baud)
{
	(void)baud;
	return true;	/* what is asked for is refused as a whole */
}

uint32_t rill_port_serial_baud(const char *device)
{
	(void)device;
	return 0;
}

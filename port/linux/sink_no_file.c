/* SPDX-License-Identifier: MIT
 * sink_no_file.c - stands in where the configuration leaves files out.
 */
#include "port/port.h"

#include <errno.h>

int rill_port_file_sink(const struct rill_file_options *options, struct rill_sink *sink)
{
	(void)sink;
	return rill_fail(
		ENOTSUP,
		"this librill cannot write the file %s: it was built without CONFIG_RILL_SINK_FILE",
		options->pattern);
}

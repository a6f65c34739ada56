/* SPDX-License-Identifier: MIT
 * trace_config_nojson.c - in the place of the JSON reader where the build leaves it out.
 */
#include "control/trace_config.h"
#include "port/port.h"

#include <errno.h>

int rill_trace_config_from_json(const char *text, enum rill_match match,
				struct rill_trace_config **out)
{
	(void)text;
	(void)match;
	*out = NULL;
	return rill_fail(ENOTSUP, "this rill is built without JSON: use a filter like "
				  "'net,-net.rx', or build it with "
				  "CONFIG_RILL_TRACE_CONFIG_JSON=y");
}

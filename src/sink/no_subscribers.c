/* SPDX-License-Identifier: MIT
 * no_subscribers.c - stands in where the configuration leaves subscribers out.
 */
#include "sink/outlets.h"

#include "port/port.h"

#include <errno.h>

int rill_batch_outlet(const struct rill_session_options *options, const struct rill_outlet_env *env,
		      struct rill_outlet **outlet)
{
	(void)options;
	(void)env;
	*outlet = NULL;
	return rill_fail(
		ENOTSUP,
		"this librill has no subscribers: it was built without CONFIG_RILL_SUBSCRIBERS");
}

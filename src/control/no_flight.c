/* SPDX-License-Identifier: MIT
 * no_flight.c - stands in where the configuration leaves the flight recorder out.
 */
#include "port/port.h"

#include <errno.h>
#include <rill/session.h>

int rill_snapshot(struct rill_session *session, const char *file)
{
	(void)session;
	(void)file;
	return rill_fail(ENOTSUP, "this librill has no flight recorder: it was built without CONFIG_RILL_FLIGHT");
}

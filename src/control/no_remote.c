/* SPDX-License-Identifier: MIT
 * no_remote.c - stands in where there is no control socket.
 */
#include "port/port.h"

#include <errno.h>
#include <rill/session.h>

int rill_control_open(const char *path)
{
	(void)path;
	return rill_fail(ENOTSUP, "this librill has no control socket: it was built without CONFIG_RILL_CONTROL");
}

void rill_control_close(void)
{
}

/* SPDX-License-Identifier: MIT
 * no_observer.c - stands in where the configuration leaves observers out.
 */
#include "control/session_private.h"
#include "port/port.h"

#include <errno.h>

int rill_observer_add(rill_observer *observer, void *ctx)
{
	(void)observer;
	(void)ctx;
	return rill_fail(ENOTSUP, "this librill has no observers: it was built without CONFIG_RILL_OBSERVERS");
}

int rill_observer_remove(rill_observer *observer, void *ctx)
{
	(void)observer;
	(void)ctx;
	return rill_fail(ENOENT, "this observer is not there");
}

void rill_observers_tell(enum rill_state state, struct rill_session *session, uint64_t change)
{
	(void)state;
	(void)session;
	(void)change;
}

void rill_observers_reset(void)
{
}

/* SPDX-License-Identifier: MIT
 * exit.c - a process that ends in order leaves complete traces.
 */
#include "control/session_private.h"

#include <stdlib.h>
#include <unistd.h>

/* Runs before the destructors of objects that were loaded earlier; what emits later finds its bytes off. */
static void stop_all(void)
{
	if (rill_control.pid != (uint32_t)getpid())
		return;		/* a child made by the bare system call: these are its parent's */
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		struct rill_session *s = __atomic_load_n(&rill_control.sessions[i], __ATOMIC_ACQUIRE);

		if (s)
			rill_session_stop(s);
	}
}

void rill_exit_init(void)
{
	static bool registered;

	if (!registered)
		registered = atexit(stop_all) == 0;
}

__attribute__((destructor)) static void unloaded(void)
{
	stop_all();
}

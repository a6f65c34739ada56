/* SPDX-License-Identifier: MIT
 * exit.c - a process that ends in order leaves complete traces.
 */
#include "control/session_private.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { STOP_WAIT_MS = 2000 };

/* Runs before the destructors of objects that were loaded earlier; what emits later finds its bytes off. */
static void stop_all(void)
{
	struct timespec pause = { 0, 1000000 };

	if (rill_control.pid != (uint32_t)getpid())
		return;		/* a child made by the bare system call: these are its parent's */
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		struct rill_session *s = __atomic_load_n(&rill_control.sessions[i], __ATOMIC_ACQUIRE);

		if (s)
			rill_session_stop(s);
	}
	/* Another thread may be in the middle of a stop; without it its file would lack the end. */
	for (int i = 0; i < STOP_WAIT_MS && __atomic_load_n(&rill_control.running, __ATOMIC_RELAXED); i++)
		nanosleep(&pause, NULL);
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

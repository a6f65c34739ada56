/* SPDX-License-Identifier: MIT
 * drain.c - passes until what was recorded before a moment is with its sessions, and how long that is waited for.
 */
#include "route/route_private.h"

#include "port/port.h"

#include <sched.h>
#include <time.h>

/* Between two passes. A thread that was inside an event is given the time to leave it: each pass interrupts every thread of the process,
 * and passes as close to each other as they come would keep the others from what they are waited for. An outlet has its own thread. */
static void give_way(void)
{
	const struct timespec pause = { 0, 100000 };

	if (rill_route.refused)
		sched_yield();
	else
		nanosleep(&pause, NULL);
}

bool rill_route_drain(uint64_t ticks, uint32_t timeout_ms)
{
	uint64_t until = rill_port_monotonic_ns() + (uint64_t)timeout_ms * 1000000;

	for (;;) {
		rill_route_pass();
		if (!rill_route.leaving && rill_route.watermark > ticks)
			return true;
		if (rill_port_monotonic_ns() > until)
			return false;
		give_way();
	}
}

bool rill_route_has_patience(uint64_t since_ns, uint32_t patience_ms)
{
	uint64_t waited_ns = rill_port_monotonic_ns() - since_ns, patience_ns = (uint64_t)patience_ms * 1000000;

	if (!rill_route.refused)	/* nor does any pass wait for longer than that for a ring in flight */
		patience_ns += rill_route.hold_max_ns;
	return waited_ns < patience_ns;
}

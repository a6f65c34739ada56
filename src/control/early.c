/* SPDX-License-Identifier: MIT
 * early.c - keep-first: events from before the first session wait in their rings until it takes them.
 *
 * From the registration of the first object that asks for it, its sites are on for the shared bit. Nobody drains: a ring that is
 * full keeps its oldest. The first session gets what waits, through its filter, as if it had been running.
 */
#include "control/early.h"

#include "control/session_private.h"
#include "emit/loss.h"
#include "emit/record.h"
#include "emit/site.h"
#include "port/port.h"
#include "route/route.h"

static bool waiting;

void rill_early_start(const struct rill_site *from, const struct rill_site *to)
{
	if (!from || !rill_sites_want_early(from, to))
		return;
	rill_control_lock();
	if (!waiting && !rill_control.started && rill_control_prepare() == 0) {
		waiting = true;
		__atomic_store_n(&rill_running_bits, 1u << RILL_BIT_SHARED, __ATOMIC_RELAXED);
		rill_sites_set_early(true);
	}
	rill_control_unlock();
}

bool rill_early_hand_over(struct rill_session *session)
{
	if (!waiting)
		return false;
	waiting = false;
	rill_sites_set_early(false);
	rill_route_take_early(&session->route);
	return true;
}

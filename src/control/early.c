/* SPDX-License-Identifier: MIT
 * early.c - keep-first: events from before the first session wait in a static buffer until it takes them.
 *
 * Sites that ask for it (-DRILL_EARLY) are on for the shared bit as soon as their object is registered, and what they record goes into
 * the buffer (emit/kept.h). The first session gets it, through its filter, as if it had been running; or the program says that
 * none will come. Either way the sites are then as any others.
 *
 * Objects are looked for before any constructor of theirs has run, since constructors of one object may call into another one
 * whose own have not.
 */
#include "control/early.h"

#include "control/session_private.h"
#include "control/uncancelled.h"
#include "emit/kept.h"
#include "emit/loss.h"
#include "emit/site.h"
#include "port/port.h"
#include "port/rcu.h"
#include "route/route.h"

#include <string.h>

static bool waiting, unwanted;

/* Once, at the first start: objects that are loaded later are not called by anybody before they have registered themselves, unless they
 * depend on each other in a circle. */
static void find_objects(void)
{
	const void *from, *to;

	for (unsigned i = 0; rill_port_object_sites(i, &from, &to); i++)
		rill_register(from, to);
}
/* In front of all that an application may ask for (101 and up), also where librill is linked statically; behind what sanitizers need. */
__attribute__((used, section(".init_array.00050"))) static void (*const first_of_all)(void) = find_objects;

static bool is_refused(void)
{
	const char *wish = RILL_ON(CONFIG_RILL_ENV) ? rill_port_env("RILL_EARLY") : NULL;

	return unwanted || (wish && !strcmp(wish, "0"));
}

/* Holder of control's lock. */
static void wait_for_session(void)
{
	waiting = true;
	__atomic_store_n(&rill_running_bits, 1u << RILL_BIT_SHARED, __ATOMIC_RELAXED);
	rill_kept_open();
}

void rill_early_start(const struct rill_site *from, const struct rill_site *to)
{
	if (!from || !rill_sites_want_early(from, to))
		return;
	rill_control_lock();
	if (!waiting && !rill_control.started && !is_refused() && rill_control_prepare_process() == 0) {
		wait_for_session();
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
	rill_route_lock();
	rill_route_take_early(&session->route);
	rill_route_unlock();
	return true;
}

void rill_early_end_hand_over(bool started)
{
	if (!started) {		/* the bytes have not been touched */
		waiting = true;
		rill_sites_set_early(true);
		return;
	}
	rill_route_quiesce();
	rill_route_lock();
	rill_route_end_early();
	rill_route_unlock();
}

bool rill_early_ends(void)
{
	return waiting || rill_route_has_early();
}

void rill_early_end(void)
{
	RILL_UNCANCELLED;

	rill_control_lock();
	unwanted = true;
	if (waiting) {
		waiting = false;
		rill_sites_set_early(false);
		rill_kept_close();
		rill_control_publish_table();
	}
	rill_control_unlock();
}

/* Its own first session will get what it records itself. */
void rill_early_forked(void)
{
	static const struct rill_route_list nobody;

	rill_kept_forked();
	if (!waiting)
		return;
	waiting = false;
	if (rill_control_prepare_process() == 0)
		wait_for_session();
	else
		rill_sites_set_early(false);
	rcu_read_lock();	/* what the parent lost is not the child's */
	rill_route_losses(&nobody);
	rcu_read_unlock();
}

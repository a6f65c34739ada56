/* SPDX-License-Identifier: MIT
 * loss.h - counting what could not be recorded: by session, cause and thread; for shared sessions by site.
 */
#ifndef RILL_EMIT_LOSS_H
#define RILL_EMIT_LOSS_H

#include "emit/record.h"
#include "ring/ring_set.h"

#define RILL_BIT_SHARED 6

/* The event of site (or, from dynamic.c, category) that mask wanted was lost. ring: where it did not fit, for FULL and BIG; NULL for
 * other causes. Any context of the thread; wait-free. */
void rill_lose(struct rill_ring *ring, enum rill_cause cause, uint8_t mask, uint16_t id, uint16_t category);

/* The same for an event that found no ring: looks who wants it, counts, and returns who. A ring's mark tells stop that an event is
 * under way; here rill_losing does, so that stop waits for this one too and it is in the books of the session that it looked at. */
uint8_t rill_lose_without_ring(enum rill_cause cause, const struct rill_want *want);

/* How many are between that look and their count, in two parts. New ones join the part that rill_losing_side names; who waits turns
 * them to the other part first, so that the one it waits for runs empty (rill_route_quiesce()). */
extern _Atomic uint32_t rill_losing[2];
extern _Atomic uint32_t rill_losing_side;

/* Losses of threads without a ring: totals by session bit, and of all. */
extern _Atomic uint32_t rill_lost_no_ring[RILL_SESSION_BITS];
extern _Atomic uint32_t rill_lost_no_ring_total;

/* Losses that the bit of shared sessions and of keep-first stands for, by cause and site id or, for dynamic events, category: route gives
 * each to the sessions whose filter wanted it. rill_lost_shared_any changes behind each of them. */
enum {
	RILL_PRODUCER_CAUSES = RILL_LOST_NO_RING + 1,
	/* One place where nobody has that bit. */
	RILL_LOST_BY_SITE = CONFIG_RILL_SHARED_SESSIONS_MAX || RILL_ON(CONFIG_RILL_EARLY),
	RILL_LOST_SITES = RILL_LOST_BY_SITE ? RILL_ID_SITES + CONFIG_RILL_SITES_MAX : 1,
	RILL_LOST_CATEGORIES = RILL_LOST_BY_SITE ? CONFIG_RILL_CATEGORIES_MAX : 1
};
extern _Atomic uint32_t rill_lost_shared_site[RILL_PRODUCER_CAUSES][RILL_LOST_SITES];
extern _Atomic uint32_t rill_lost_shared_category[RILL_PRODUCER_CAUSES][RILL_LOST_CATEGORIES];
extern _Atomic uint32_t rill_lost_shared_any;

#endif

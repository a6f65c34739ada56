/* SPDX-License-Identifier: MIT
 * loss.h - counting what could not be recorded: by session, cause and thread; for shared sessions by site.
 */
#ifndef RILL_EMIT_LOSS_H
#define RILL_EMIT_LOSS_H

#include "ring/ring_set.h"

#define RILL_BIT_SHARED 6
#define RILL_BIT_FLIGHT 7

/* The event of site (or, from dynamic.c, category) that mask wanted was lost. ring: where it did not fit, for FULL and BIG; NULL for
 * other causes. Any context of the thread; wait-free. */
void rill_lose(struct rill_ring *ring, enum rill_cause cause, uint8_t mask, uint16_t id, uint16_t category);

/* Losses of threads without a ring: totals by session bit, and of all. */
extern _Atomic uint32_t rill_lost_no_ring[RILL_SESSION_BITS];
extern _Atomic uint32_t rill_lost_no_ring_total;

/* Losses that the bit of shared sessions stands for, by cause and site id or, for dynamic events, category: route gives each to the
 * sessions whose filter wanted it. rill_lost_shared_any changes behind each of them. */
enum { RILL_PRODUCER_CAUSES = RILL_LOST_NO_RING + 1 };
extern _Atomic uint32_t rill_lost_shared_site[RILL_PRODUCER_CAUSES][RILL_ID_SITES + CONFIG_RILL_SITES_MAX];
extern _Atomic uint32_t rill_lost_shared_category[RILL_PRODUCER_CAUSES][CONFIG_RILL_CATEGORIES_MAX];
extern _Atomic uint32_t rill_lost_shared_any;

#endif

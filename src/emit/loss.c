/* SPDX-License-Identifier: MIT
 * loss.c - the cold path of a lost event.
 */
#include "emit/loss.h"

#include "emit/attach.h"

_Atomic uint32_t rill_lost_no_ring[RILL_SESSION_BITS];
_Atomic uint32_t rill_lost_no_ring_total;
_Atomic uint32_t rill_lost_shared_site[RILL_PRODUCER_CAUSES][RILL_ID_SITES + CONFIG_RILL_SITES_MAX];
_Atomic uint32_t rill_lost_shared_category[RILL_PRODUCER_CAUSES][CONFIG_RILL_CATEGORIES_MAX];
_Atomic uint32_t rill_lost_shared_any;

/* The ring is ours: a plain increment is enough, relaxed because the consumer reads it. */
static void bump(_Atomic uint32_t *counter)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

static void add(_Atomic uint32_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void rill_lose(struct rill_ring *ring, enum rill_cause cause, uint8_t mask, uint16_t id, uint16_t category)
{
	struct rill_slot *slot = rill_own_slot();

	for (unsigned bit = 0; bit < RILL_SESSION_BITS; bit++) {
		if (!(mask & 1u << bit))
			continue;
		if (ring)
			bump(&ring->lost_session[cause][bit]);
		else if (cause == RILL_LOST_DEEP && slot)
			add(&slot->lost_deep_session[bit]);
		else
			add(&rill_lost_no_ring[bit]);
	}
	if (mask & 1u << RILL_BIT_SHARED) {
		add(id == RILL_ID_DYNAMIC ? &rill_lost_shared_category[cause][category] :
		    &rill_lost_shared_site[cause][id == RILL_ID_END ? category : id]);
		/* Release, pairs with route: who sees it changed must see what changed before. */
		atomic_fetch_add_explicit(&rill_lost_shared_any, 1, memory_order_release);
	}
	if (ring)
		bump(&ring->lost[cause]);
	else if (cause == RILL_LOST_DEEP && slot)
		add(&slot->lost_deep);
	else
		add(&rill_lost_no_ring_total);
}

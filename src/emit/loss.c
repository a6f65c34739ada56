/* SPDX-License-Identifier: MIT
 * loss.c - the cold path of a lost event.
 */
#include "emit/loss.h"

#include "emit/attach.h"
#include "ring/point.h"

_Atomic uint32_t rill_lost_no_ring[RILL_SESSION_BITS];
_Atomic uint32_t rill_lost_no_ring_total;
_Atomic uint32_t rill_losing[2];
_Atomic uint32_t rill_losing_side;
_Atomic uint32_t rill_lost_shared_site[RILL_PRODUCER_CAUSES][RILL_LOST_SITES];
_Atomic uint32_t rill_lost_shared_category[RILL_PRODUCER_CAUSES][RILL_LOST_CATEGORIES];
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
	if (RILL_LOST_BY_SITE && (mask & 1u << RILL_BIT_SHARED)) {
		add(id == RILL_ID_DYNAMIC ? &rill_lost_shared_category[cause][category] :
		    &rill_lost_shared_site[cause][id == RILL_ID_END ? category : id]);
		/* Release, pairs with route: who sees it changed must see what changed before. */
		atomic_fetch_add_explicit(&rill_lost_shared_any, 1, memory_order_release);
	}
	/* Release: pairs with tail_of() in route/losses.c, which must not report this loss in front of a record that was published
	 * before it. Step FULL of tests/model/block.pml. */
	if (ring)
		atomic_store_explicit(&ring->lost[cause], atomic_load_explicit(&ring->lost[cause], memory_order_relaxed) + 1,
				      memory_order_release);
	else if (cause == RILL_LOST_DEEP && slot)
		add(&slot->lost_deep);
	else
		add(&rill_lost_no_ring_total);
}

uint8_t rill_lose_without_ring(enum rill_cause cause, const struct rill_want *want)
{
	_Atomic uint32_t *losing = &rill_losing[atomic_load_explicit(&rill_losing_side, memory_order_relaxed) & 1];
	uint8_t mask;

	/* Before the look, as M1 is before the second look: behind the barrier of stop either this is visible to it, or the look comes
	 * behind the bytes going off. Steps SIDE to PART of tests/model/losing.pml. */
	atomic_fetch_add_explicit(losing, 1, memory_order_relaxed);
	rill_compiler_barrier();
	mask = __atomic_load_n(want->enabled, __ATOMIC_RELAXED) & want->only;
	if (mask) {
		RILL_POINT(LOSING);
		rill_lose(NULL, cause, mask, want->id, want->category);
		RILL_POINT(LOST);
	}
	/* Release: pairs with rill_route_quiesce(), which reads the counts behind it. */
	atomic_fetch_sub_explicit(losing, 1, memory_order_release);
	return mask;
}

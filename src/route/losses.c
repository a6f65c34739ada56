/* SPDX-License-Identifier: MIT
 * losses.c - what producers counted as lost becomes gaps in the streams of the sessions that wanted it.
 *
 * Producers count by session bit; what route has reported already it remembers in `seen` (differences modulo 2^32). The
 * sum of a session's gaps is exact. Where several gaps of one ring are open at once, a session's part
 * may show in an earlier one of them.
 */
#include "route/route_private.h"

#include "emit/category.h"
#include "emit/loss.h"
#include "ring/point.h"

static uint32_t seen_no_ring[RILL_SESSION_BITS];
static uint32_t seen_site[RILL_PRODUCER_CAUSES][RILL_LOST_SITES];
static uint32_t seen_category[RILL_PRODUCER_CAUSES][RILL_LOST_CATEGORIES];
static uint32_t seen_any;

static struct rill_route_session *direct(unsigned bit)
{
	return bit < RILL_DIRECT_SESSIONS ? rill_route.list->direct[bit] : NULL;
}

static uint32_t new_since(_Atomic uint32_t *counter, uint32_t *seen, uint32_t most)
{
	uint32_t count = atomic_load_explicit(counter, memory_order_relaxed) - *seen;

	if (count > most)
		count = most;
	*seen += count;
	return count;
}

/* What ring would have held all that this one lost so far? Kept beyond the life of the thread. */
static void note_need(struct rill_feed_level *l, uint32_t lost)
{
	uint64_t mean = l->records ? l->bytes / l->records + 1 : 64, need;

	l->lost_full += lost;
	need = l->cursor.ring->size + l->lost_full * mean;
	if (need > rill_route.ring_need)
		rill_route.ring_need = need;
}

void rill_route_ring_gap(struct rill_feed_level *l, enum rill_cause cause, uint32_t count, uint64_t before_ticks, uint64_t after_ticks)
{
	struct rill_gap gap = {
		.thread = l->feed->thread,
		.before_ns = rill_route_gap_ns(before_ticks),
		.after_ns = rill_route_gap_ns(after_ticks),
		.level = l->cursor.ring->level,
		.cause = (uint8_t)cause,
	};

	if (count && cause == RILL_LOST_FULL)
		note_need(l, count);
	for (unsigned bit = 0; count && bit < RILL_SESSION_BITS; bit++) {
		gap.count = new_since(&l->cursor.ring->lost_session[cause][bit], &l->seen[cause][bit], count);
		if (gap.count && direct(bit))
			rill_route_lose(direct(bit), &gap);
	}
}

/* Losses behind the last event of a ring: reported only when, after the counter was read, the ring still holds nothing new, so
 * that no event can come between. Steps TAIL0 and TAIL1 of tests/model/block.pml. */
static void tail_of(struct rill_feed_level *l)
{
	struct rill_ring *ring = l->cursor.ring;

	for (unsigned cause = 0; cause < RILL_RING_LOSSES; cause++) {
		uint32_t *seen = cause == RILL_LOST_FULL ? &l->cursor.seen_full : &l->cursor.seen_big;
		/* Acquire: pairs with rill_lose(); what was published before the loss is visible below. */
		uint32_t count = atomic_load_explicit(&ring->lost[cause], memory_order_acquire) - *seen;

		RILL_POINT(COUNTED);
		if (!count || l->cursor.record || (rill_ring_committed(ring) & ~(uintptr_t)1) != l->cursor.pos)
			continue;
		*seen += count;
		rill_route_ring_gap(l, (enum rill_cause)cause, count, l->cursor.last_ticks, 0);
	}
}

void rill_route_ring_losses(struct rill_route_session *s, unsigned bit)
{
	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		struct rill_feed *f = rill_feed_of(i);

		for (unsigned n = 0; f && n < CONFIG_RILL_LEVELS * RILL_RING_LOSSES; n++) {
			struct rill_feed_level *l = &f->level[n / RILL_RING_LOSSES];
			unsigned cause = n % RILL_RING_LOSSES;
			struct rill_gap gap = {
				.thread = f->thread,
				.before_ns = rill_route_gap_ns(l->cursor.last_ticks),
				.level = l->cursor.ring->level,
				.cause = (uint8_t)cause,
				.count = new_since(&l->cursor.ring->lost_session[cause][bit], &l->seen[cause][bit], UINT32_MAX),
			};

			if (gap.count && s)
				rill_route_lose(s, &gap);
		}
	}
}

static void deep_of(struct rill_feed *f)
{
	struct rill_gap gap = { .thread = f->thread, .level = CONFIG_RILL_LEVELS, .cause = RILL_LOST_DEEP };

	for (unsigned bit = 0; bit < RILL_SESSION_BITS; bit++) {
		gap.count = new_since(&f->slot->lost_deep_session[bit], &f->seen_deep[bit], UINT32_MAX);
		if (gap.count && direct(bit))
			rill_route_lose(direct(bit), &gap);
	}
}

static void without_ring(void)
{
	struct rill_gap gap = { .cause = RILL_LOST_NO_RING };

	for (unsigned bit = 0; bit < RILL_SESSION_BITS; bit++) {
		gap.count = new_since(&rill_lost_no_ring[bit], &seen_no_ring[bit], UINT32_MAX);
		if (gap.count && direct(bit))
			rill_route_lose(direct(bit), &gap);
	}
}

/* ---- shared sessions and keep-first: by site and category -------------------------------------------------------- */

/* Keep-first: what that bit lost before the first session is that session's, and so are later, where no shared session runs, the ends of
 * scopes that were begun then. */
static bool are_early(const struct rill_route_list *list)
{
	const struct rill_route *r = &rill_route;

	return RILL_ON(CONFIG_RILL_EARLY) && r->early && (r->watermark < r->early_end || !list->shared_count);
}

static void lose_shared(const struct rill_route_list *list, const char *category, const char *name, struct rill_gap *gap)
{
	if (are_early(list)) {
		if (rill_route.early->wants(rill_route.early, category, name))
			rill_route_lose(rill_route.early, gap);
		return;
	}
	for (uint32_t i = 0; i < list->shared_count; i++)
		if (list->shared[i]->wants(list->shared[i], category, name))
			rill_route_lose(list->shared[i], gap);
}

static void shared_losses_by(const struct rill_route_list *list, enum rill_cause cause)
{
	struct rill_gap gap = { .cause = (uint8_t)cause };

	for (uint32_t id = RILL_ID_SITES; id < RILL_ID_SITES + rill_site_count(); id++) {
		gap.count = new_since(&rill_lost_shared_site[cause][id], &seen_site[cause][id], UINT32_MAX);
		if (gap.count)
			lose_shared(list, rill_site_entry((uint16_t)id)->category, rill_site_entry((uint16_t)id)->name, &gap);
	}
	for (uint32_t id = 0; id < rill_category_count(); id++) {
		gap.count = new_since(&rill_lost_shared_category[cause][id], &seen_category[cause][id], UINT32_MAX);
		if (gap.count)
			lose_shared(list, rill_category_text((uint16_t)id), NULL, &gap);
	}
}

static void shared_losses(const struct rill_route_list *list)
{
	/* Acquire: pairs with rill_lose(). */
	uint32_t any = atomic_load_explicit(&rill_lost_shared_any, memory_order_acquire);

	if (!RILL_LOST_BY_SITE || any == seen_any)
		return;
	seen_any = any;
	for (unsigned cause = 0; cause < RILL_PRODUCER_CAUSES; cause++)
		shared_losses_by(list, (enum rill_cause)cause);
}

void rill_route_losses(const struct rill_route_list *list)
{
	rill_route.list = list;
	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		struct rill_feed *f = rill_feed_of(i);

		if (!f)
			continue;
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			tail_of(&f->level[level]);
		deep_of(f);
	}
	without_ring();
	shared_losses(list);
}

uint64_t rill_route_ring_need(void)
{
	return rill_route.ring_need;
}

/* SPDX-License-Identifier: MIT
 * snapshot.c - from flight rings to one session, at one moment.
 */
#include "route/snapshot.h"

#include "emit/loss.h"
#include "port/rcu.h"
#include "ring/flight.h"
#include "route/clock_learn.h"
#include "route/route_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 8 };	/* at a slot that changes its owner */

/* Of one thread. */
struct copied {
	struct rill_ring ring[CONFIG_RILL_LEVELS];	/* copies: what a cursor needs to walk the data */
	bool former;	/* the data are those of who has the slot now */
	struct rill_flight_found found[CONFIG_RILL_LEVELS];
	uint64_t oldest_ns[CONFIG_RILL_LEVELS];
	struct rill_feed feed;
};

struct rill_route_snapshot {
	struct rill_route route;
	struct rill_route_list *list;	/* the one session */
	struct copied **threads;	/* in the order of tid; what is of one slot has one owner of the data, in front of it until then */
	uint32_t count, room;
	uint64_t from_ns;
};

static void free_copied(struct copied *c)
{
	if (!c)
		return;
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS && !c->former; level++)
		free(c->ring[level].data);
	free(c->feed.thread);
	free(c);
}

void rill_route_snapshot_free(struct rill_route_snapshot *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		free_copied(n->threads[i]);
	free(n->route.merge.nodes);
	free(n->threads);
	free(n->list);
	free(n);
}

/* ---- copying -------------------------------------------------------------------------------------- */

static struct copied *new_copied(const struct rill_flight *flight)
{
	struct copied *c = aligned_alloc(_Alignof(struct copied), sizeof *c);
	bool whole = true;

	if (!c)
		return NULL;
	memset(c, 0, sizeof *c);
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++) {
		c->ring[level].data = malloc(flight->ring[level].size);
		whole &= c->ring[level].data != NULL;
	}
	if (whole)
		return c;
	free_copied(c);
	return NULL;
}

static bool has_anything(const struct copied *c)
{
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
		if (c->found[level].begin != c->found[level].end || c->found[level].rejected || c->found[level].overwritten)
			return true;
	return false;
}

/* The rings of one owner: had the slot come to another one meanwhile, its number would be another. What a new owner writes is behind
 * that number, and a copy that has any of it has seen the position that was published behind both. */
static bool copy_rings(struct copied *c, const struct rill_slot *slot, const struct rill_flight *flight)
{
	uint32_t unused;

	for (int i = 0; i < TRIES; i++) {
		const uint32_t serial = __atomic_load_n(&slot->serial, __ATOMIC_ACQUIRE);

		free(c->feed.thread);
		c->feed.thread = rill_feed_make_thread(slot, 0, &unused);
		if (!c->feed.thread)
			return false;
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			rill_flight_copy(&flight->ring[level], &c->ring[level], &c->found[level]);
		if (c->feed.thread->serial == serial && __atomic_load_n(&slot->serial, __ATOMIC_RELAXED) == serial)
			return true;
	}
	memset(c->found, 0, sizeof c->found);	/* it has no owner for longer than an event takes */
	return true;
}

/* ---- whose ---------------------------------------------------------------------------------------- */

static bool add(struct rill_route_snapshot *n, struct copied *c)
{
	struct copied **more;

	if (n->count == n->room) {
		more = realloc(n->threads, (2 * (size_t)n->room + 16) * sizeof(struct copied *));
		if (!more)
			return false;
		n->threads = more;
		n->room = 2 * n->room + 16;
	}
	n->threads[n->count++] = c;
	return true;
}

static uint64_t owner_at(const struct rill_ring *copy, uintptr_t start)
{
	const struct rill_record *r = (const void *)(copy->data + (start & (copy->size - 1)) + sizeof(struct rill_block));

	return r->id == RILL_ID_OWNER ? r->payload[0] : 0;
}

static struct copied *new_former(const struct copied *of, uint64_t owner)
{
	struct copied *c = aligned_alloc(_Alignof(struct copied), sizeof *c);
	struct rill_thread *t = calloc(1, sizeof *t);

	if (!c || !t) {
		free(c);
		free(t);
		return NULL;
	}
	memset(c, 0, sizeof *c);
	*t = (struct rill_thread){ .serial = (uint32_t)(owner >> 32), .tid = (uint32_t)owner, .name = "(ended before)" };
	c->former = true;
	c->feed.thread = t;
	memcpy((void *)c->ring, (const void *)of->ring, sizeof c->ring);
	return c;
}

/* The entry of this owner among those of the slot, which begin at `first`; NULL: no memory. */
static struct copied *entry_of(struct rill_route_snapshot *n, uint32_t first, uint64_t owner)
{
	struct copied *c;

	for (uint32_t i = n->count; i-- > first;)	/* one after the other they came */
		if (rill_owner(n->threads[i]->feed.thread->serial, n->threads[i]->feed.thread->tid) == owner)
			return n->threads[i];
	c = new_former(n->threads[first], owner);
	if (c && !add(n, c)) {
		free_copied(c);
		return NULL;
	}
	return c;
}

/* Gives the blocks of a level to the threads that they are of. What is not there any more was older than all of them. */
static bool part_level(struct rill_route_snapshot *n, uint32_t first, unsigned level)
{
	const struct rill_flight_found all = n->threads[first]->found[level];
	const struct rill_ring *copy = &n->threads[first]->ring[level];
	struct rill_flight_found run = all;

	if (all.begin == all.end)
		return true;
	n->threads[first]->found[level] = (struct rill_flight_found){ .begin = all.end, .end = all.end };
	for (uintptr_t at = all.begin; at != all.end; at = run.end) {
		const uint64_t owner = owner_at(copy, at);
		struct copied *c = entry_of(n, first, owner);

		if (!c)
			return false;
		run.begin = run.end = at;
		do
			run.end += copy->block_size;
		while (rill_pos_after(all.end, run.end) && owner_at(copy, run.end) == owner);
		if (rill_pos_after(run.end, all.end))
			run.end = all.end;
		c->found[level] = run;
		run.overwritten = run.rejected = 0;
	}
	return true;
}

/* What is too old goes as if it had been overwritten. */
static void open_cursor(struct copied *c, unsigned level, uint64_t now, uint64_t from_ns)
{
	const struct rill_flight_found *found = &c->found[level];
	struct rill_feed_level *l = &c->feed.level[level];
	struct rill_ring *ring = &c->ring[level];
	const struct rill_block *first = (const void *)(ring->data + (found->begin & (ring->size - 1)));

	l->feed = &c->feed;
	l->thread = c->feed.thread;
	l->cursor = (struct rill_cursor){ .ring = ring, .pos = found->begin, .now = now, .latest = UINT64_MAX };
	if (found->begin == found->end)
		return;
	l->cursor.seen_full = first->lost_full;
	l->cursor.seen_big = first->lost_big;
	rill_cursor_open(&l->cursor, found->end, rill_route_on_gap, l);
	while (l->cursor.record && rill_route_ns(l->cursor.ticks) < from_ns)
		rill_cursor_next(&l->cursor, rill_route_on_gap, l);
	if (l->cursor.record)
		c->oldest_ns[level] = rill_route_ns(l->cursor.ticks);
}

static bool copy_slot(struct rill_route_snapshot *n, uint32_t index)
{
	const struct rill_slot *slot = rill_slot_at(index);
	const struct rill_flight *flight = rill_flight_of(index);
	struct copied *c;

	if (!flight || !__atomic_load_n(&slot->serial, __ATOMIC_RELAXED))
		return true;
	c = new_copied(flight);
	if (!c || !copy_rings(c, slot, flight) || !has_anything(c)) {
		const bool empty = c && c->feed.thread;

		free_copied(c);
		return empty;
	}
	if (!add(n, c)) {
		free_copied(c);
		return false;
	}
	return true;
}

static bool copy_slots(struct rill_route_snapshot *n)
{
	const uint32_t used = rill_slots_used();

	for (uint32_t i = 0; i < used; i++)
		if (!copy_slot(n, i))
			return false;
	return true;
}

/* ---- what the blocks say of the clocks, which nobody may have looked at for a while ------------------ */

static const struct rill_block *next_block(const struct copied *c, unsigned level, uintptr_t *at)
{
	const uintptr_t here = *at, left = c->found[level].end - here, block = c->ring[level].block_size;

	if (!left)
		return NULL;
	*at += left < block ? left : block;
	return (const void *)(c->ring[level].data + (here & (c->ring[level].size - 1)));
}

/* The earliest of all: the first of a ring is its oldest. */
static void learn_from_first(const struct rill_route_snapshot *n, struct rill_clock_learning *l)
{
	const struct rill_block *first = NULL;

	for (uint32_t i = 0; i < n->count; i++)
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++) {
			uintptr_t at = n->threads[i]->found[level].begin;
			const struct rill_block *const block = next_block(n->threads[i], level, &at);

			if (block && (!first || block->base_ns < first->base_ns))
				first = block;
		}
	rill_timebase_learn_from(l, first ? first->base_ticks : l->end.ticks, first ? first->base_ns : l->end.monotonic_ns);
}

static void learn_clocks(const struct rill_route_snapshot *n)
{
	const struct rill_block *block;
	struct rill_clock_learning l;

	if (!rill_timebase_learn_begin(&rill_route.timebase, &l))
		return;
	learn_from_first(n, &l);
	for (uint32_t i = 0; i < n->count; i++)
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			for (uintptr_t at = n->threads[i]->found[level].begin; (block = next_block(n->threads[i], level, &at)) != NULL;)
				rill_timebase_learn(&l, block->base_ticks, block->base_ns);
	if (rill_timebase_learn_end(&rill_route.timebase, &l))
		rill_route_tell_clocks(&rill_route);
}

/* ---- the whole -------------------------------------------------------------------------------------- */

static bool part_slots(struct rill_route_snapshot *n)
{
	const uint32_t slots = n->count;

	for (uint32_t i = 0; i < slots; i++)
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			if (!part_level(n, i, level))
				return false;
	return true;
}

static void open_cursors(struct rill_route_snapshot *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			open_cursor(n->threads[i], level, rill_route.now_ticks, n->from_ns);
}

/* Equal tids have had different owners, the later one with the higher number. */
static int by_tid(const void *a, const void *b)
{
	const struct rill_thread *x = (*(struct copied *const *)a)->feed.thread, *y = (*(struct copied *const *)b)->feed.thread;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

/* False: there is no memory. */
static bool take_rings(struct rill_route_snapshot *n)
{
	if (!copy_slots(n))
		return false;
	/* Before the pass has a snapshot of the clocks of now. */
	if (RILL_ON(CONFIG_RILL_CLOCK_COUNTER))
		learn_clocks(n);
	rill_route_pass();	/* the clocks, and threads that have ended */
	if (!part_slots(n))
		return false;
	open_cursors(n);
	return rill_merge_reserve(&n->route.merge, (n->count + 1) * CONFIG_RILL_LEVELS);
}

struct rill_route_snapshot *rill_route_snapshot_take(struct rill_route_session *session, uint64_t from_ns)
{
	struct rill_route_snapshot *n = calloc(1, sizeof *n);

	if (!n)
		return NULL;
	n->from_ns = from_ns;
	n->route.notice_ticks = n->route.kept_ticks = UINT64_MAX;
	n->route.pid = (uint32_t)getpid();
	n->list = calloc(1, sizeof *n->list + sizeof n->list->shared[0]);
	if (!n->list) {
		rill_route_snapshot_free(n);
		return NULL;
	}
	n->list->shared_count = 1;
	n->list->shared[0] = session;
	n->route.list = n->list;
	if (!take_rings(n)) {
		rill_route_snapshot_free(n);
		return NULL;
	}
	if (n->count)
		qsort(n->threads, n->count, sizeof *n->threads, by_tid);
	return n;
}

/* ---- giving --------------------------------------------------------------------------------------- */

void rill_route_snapshot_rings(const struct rill_route_snapshot *n,
			       void (*take)(void *ctx, const struct rill_route_snapshot_ring *ring), void *ctx)
{
	for (uint32_t i = 0; i < n->count; i++)
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++) {
			const struct copied *c = n->threads[i];
			const struct rill_flight_found *found = &c->found[level];
			const size_t block = c->ring[level].block_size;
			const struct rill_route_snapshot_ring ring = {
				.tid = c->feed.thread->tid, .level = (uint8_t)level,
				.oldest_ns = c->oldest_ns[level],
				.blocks = (found->end - found->begin + block - 1) / block,
				.overwritten = found->overwritten, .rejected = found->rejected,
			};

			if (ring.blocks || ring.overwritten || ring.rejected)
				take(ctx, &ring);
		}
}

static uint32_t open_rings(struct rill_route_snapshot *n)
{
	struct rill_merge *m = &n->route.merge;

	m->count = 0;
	for (uint32_t i = 0; i < n->count; i++)
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			if (n->threads[i]->feed.level[level].cursor.record)
				rill_merge_add(m, &n->threads[i]->feed.level[level]);
	return m->count;
}

bool rill_route_snapshot_give(struct rill_route_snapshot *n, bool force)
{
	struct rill_route *r = &n->route;

	r->may_defer = !force;
	r->refused = false;
	rcu_read_lock();	/* as in a pass */
	/* More than once where times lie too far apart for one merge. */
	while (!r->refused && open_rings(n)) {
		r->limit = UINT64_MAX;
		rill_route_merge(r);
	}
	rcu_read_unlock();
	return !r->refused;
}

/* ---- losses --------------------------------------------------------------------------------------- */

uint32_t rill_route_flight_lost(enum rill_cause cause)
{
	uint32_t sum = cause == RILL_LOST_NO_RING ? atomic_load_explicit(&rill_lost_no_ring[RILL_BIT_FLIGHT], memory_order_relaxed) : 0;

	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		const struct rill_flight *flight = rill_flight_of(i);

		if (cause == RILL_LOST_DEEP)
			sum += atomic_load_explicit(&rill_slot_at(i)->lost_deep_session[RILL_BIT_FLIGHT], memory_order_relaxed);
		for (unsigned level = 0; cause < RILL_RING_LOSSES && flight && level < CONFIG_RILL_LEVELS; level++)
			sum += atomic_load_explicit(&flight->ring[level].lost_session[cause][RILL_BIT_FLIGHT], memory_order_relaxed);
	}
	return sum;
}

/* SPDX-License-Identifier: MIT
 * pass.c - one pass of the consumer: snapshot the rings, merge below the watermark, give to the sessions.
 */
#include "route/merge.h"
#include "route/route_private.h"

#include "emit/loss.h"
#include "port/port.h"

#include <sched.h>
#include <time.h>
#include <urcu-bp.h>

struct rill_route rill_route = { .hold_max_ns = (uint64_t)CONFIG_RILL_HOLD_MAX_MS * 1000000 };

/* ---- the watermark's clock ------------------------------------------------------------------------ */

enum { LAG_NS = 1000000 };

/* A signal may not shorten it: the caller of stop or flush has handlers of its own. */
static void wait_until(uint64_t until_ns)
{
	for (uint64_t ns; (ns = rill_port_monotonic_ns()) < until_ns;) {
		struct timespec rest = { 0, (long)(until_ns - ns) };

		nanosleep(&rest, NULL);
	}
}

/* No record that the following reads of commit_pos do not show can be older than what this returns. */
static uint64_t horizon(struct rill_route *r)
{
	uint64_t now = rill_route_now_ticks(), ns, stamp;

	/* Must come behind the clock read and before the reads of commit_pos: it is what makes the producer's plain M1
	 * visible, or its clock read late. Without it, records below `now` appear after the merge. */
	if (!r->lag && rill_port_barrier() == 0)
		return now - r->skew_ticks;
	rill_route_lag();	/* also where a filter has come to refuse what was once granted */
	/* Lag: stores drain within microseconds; after 1 ms those of before the stamp are visible. */
	ns = rill_port_monotonic_ns();
	wait_until(r->lag_ns + LAG_NS);
	stamp = r->lag_ticks;
	r->lag_ticks = now;
	r->lag_ns = ns;
	return stamp;
}

/* ---- looking at the rings ------------------------------------------------------------------------- */

static void on_gap(void *ctx, struct rill_cursor *cursor, uint32_t full, uint32_t big)
{
	struct rill_feed_level *l = ctx;
	uint64_t before = cursor->last_ticks, after = cursor->base;

	rill_route_ring_gap(l, RILL_LOST_FULL, full, before, after);
	rill_route_ring_gap(l, RILL_LOST_BIG, big, before, after);
}

/* How long may this ring stay in flight? Shorter when somebody's ring is filling up meanwhile. */
static uint64_t hold_max_ns(const struct rill_route *r)
{
	return r->impatient ? r->hold_max_ns / 8 : r->hold_max_ns;
}

/* True: the ring has been inside one event for too long to wait for it. */
static bool held_too_long(struct rill_route *r, struct rill_feed_level *l, uintptr_t w, uint64_t now_ns)
{
	if (l->held_since_ns == 0 || l->held_pos != w) {
		l->held_pos = w;
		l->held_since_ns = now_ns;
		return false;
	}
	if (now_ns - l->held_since_ns <= hold_max_ns(r))
		return false;
	r->books.held++;
	return true;
}

/* A ring in flight will bring a record no older than its last; when the cursor stands on that one, nobody may pass it. */
static void limit_by(struct rill_route *r, const struct rill_feed_level *l)
{
	uint64_t last = l->cursor.record ? l->cursor.ticks : l->cursor.last_ticks;

	if (l->in_flight && (!l->cursor.record || rill_cursor_at_last(&l->cursor)) && last < r->limit)
		r->limit = last;
}

static void open_level(struct rill_route *r, struct rill_feed_level *l, uint64_t now_ns)
{
	struct rill_ring *ring = l->cursor.ring;
	uintptr_t w = rill_ring_committed(ring), fill;	/* R1 */

	l->in_flight = (w & 1) && !held_too_long(r, l, w, now_ns);
	if (!(w & 1))
		l->held_since_ns = 0;
	rill_cursor_open(&l->cursor, w & ~(uintptr_t)1, on_gap, l);
	fill = l->cursor.end - atomic_load_explicit(&ring->consume_pos, memory_order_relaxed);
	if (fill > l->feed->high_bytes)
		l->feed->high_bytes = fill;
	if (fill > ring->size / 2)
		r->half_full = true;
	if (fill > ring->size / 4 * 3)
		r->three_quarters = true;
	limit_by(r, l);
	if (l->cursor.record)
		rill_merge_add(&r->merge, l);
}

/* Calls take for the outlet of every session. */
static void each_outlet(const struct rill_route_list *list, void (*take)(struct rill_outlet *outlet, const void *what),
			const void *what)
{
	for (unsigned i = 0; i < RILL_DIRECT_SESSIONS; i++)
		if (list->direct[i])
			take(list->direct[i]->outlet, what);
	for (uint32_t i = 0; i < list->shared_count; i++)
		take(list->shared[i]->outlet, what);
}

static void give_rename(struct rill_outlet *outlet, const void *thread)
{
	outlet->ops->thread(outlet, thread, rill_port_monotonic_ns());
}

/* An event of rill's own: in no book, and not repeated if the outlet has no room. */
static void give_own(struct rill_outlet *outlet, const void *event)
{
	outlet->ops->event(outlet, event);
}

/* Counter and clock disagree since the last snapshot: suspend, a migrated machine. Durations across it are doubtful. */
static void tell_jump(struct rill_route *r)
{
	const struct rill_value epoch = { .name = "epoch", .type = RILL_TYPE_U32, .u = r->timebase.newest.epoch };
	const struct rill_event jump = {
		.ts_ns = r->timebase.newest.monotonic_ns, .category = "rill", .name = "clock jumped", .phase = 'I',
		.flags = RILL_FLAG_SCOPE_GLOBAL, .state = RILL_EVENT_DYNAMIC, .pid = r->pid, .tid = r->pid, .args = &epoch,
		.nargs = 1,
	};

	each_outlet(r->list, give_own, &jump);
}

static void open_rings(struct rill_route *r)
{
	uint64_t now_ns = rill_port_monotonic_ns();
	uint32_t used = rill_slots_used();

	r->merge.count = 0;
	/* What this pass sees shortens the patience of the next: the ring held may come before the one that fills. */
	r->impatient = r->three_quarters;
	r->half_full = r->three_quarters = false;
	if (!rill_merge_reserve(&r->merge, used * CONFIG_RILL_LEVELS)) {
		r->limit = 0;	/* out of memory: the events wait in their rings */
		return;
	}
	for (uint32_t i = 0; i < used; i++) {
		struct rill_feed *f = rill_feed_of(i);

		if (!f)
			continue;
		if (rill_feed_renamed(f))
			each_outlet(r->list, give_rename, f->thread);
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			open_level(r, &f->level[level], now_ns);
	}
}

/* ---- giving --------------------------------------------------------------------------------------- */

static void stamp(struct rill_route *r, struct rill_feed_level *l, struct rill_decoded *d)
{
	struct rill_cursor *c = &l->cursor;
	struct rill_event *e = &d->event;

	e->thread = l->feed->thread;
	e->level = c->ring->level;
	if (!e->tid)
		e->tid = e->flags & RILL_FLAG_HAS_PROCESS_ID ? (uint32_t)-1 : e->thread->tid;
	if (!(e->flags & RILL_FLAG_HAS_PROCESS_ID))
		e->pid = r->pid;
	e->ts_ns = rill_route_ns(c->ticks);
	if (e->state & RILL_EVENT_HAS_BEGIN) {
		e->begin_ns = rill_route_ns(d->begin_ticks);
		if (e->begin_ns > e->ts_ns)
			e->begin_ns = e->ts_ns;
	}
	if (c->clamped)
		e->state |= RILL_EVENT_CLAMPED;
	if (c->ticks < r->watermark)
		e->state |= RILL_EVENT_LATE;
}

/* False: the only session's outlet has no room now; the record stays in its ring. */
static bool give_direct(struct rill_route *r, const struct rill_record *record, uint64_t ticks, bool *taken)
{
	for (unsigned bit = 0; bit < RILL_DIRECT_SESSIONS; bit++) {
		struct rill_route_session *s = r->list->direct[bit];

		if (!(record->mask & 1u << bit) || !s || ticks < s->start_ticks)
			continue;
		*taken = true;
		if (rill_route_wants(s, &r->decoded) && !rill_route_give(s, &r->decoded, ticks, r->may_defer))
			return false;
	}
	return true;
}

static bool give_shared(struct rill_route *r, const struct rill_record *record, uint64_t ticks, bool *taken)
{
	if (!(record->mask & 1u << RILL_BIT_SHARED))
		return true;
	for (uint32_t i = 0; i < r->list->shared_count; i++) {
		struct rill_route_session *s = r->list->shared[i];

		*taken = true;
		if (ticks >= s->start_ticks && rill_route_wants(s, &r->decoded) &&
		    !rill_route_give(s, &r->decoded, ticks, r->may_defer))
			return false;
	}
	return true;
}

/* From before the first session: for the shared bit, but its filter was not asked yet. */
static bool give_early(struct rill_route *r, uint64_t ticks, bool *taken)
{
	const struct rill_event *e = &r->decoded.event;

	*taken = true;
	if (!r->early->wants(r->early, e->category, e->name))
		return true;
	return rill_route_give(r->early, &r->decoded, ticks, r->may_defer);
}

/* Recorded early, or the end of a scope that was begun early. */
static bool early_part(const struct rill_route *r, uint64_t ticks)
{
	if (r->decoded.event.state & RILL_EVENT_HAS_BEGIN)
		ticks = r->decoded.begin_ticks;
	return ticks < r->early_end;
}

static bool give(struct rill_route *r, struct rill_feed_level *l)
{
	const struct rill_record *record = l->cursor.record;
	uint64_t ticks = l->cursor.ticks;
	bool taken = false;

	if (!rill_decode(record, l->cursor.words, ticks, &r->decoded)) {
		r->books.unknown++;
		return true;
	}
	stamp(r, l, &r->decoded);
	if (r->early && early_part(r, ticks)) {
		if (!give_early(r, ticks, &taken))
			return false;
	} else if (!give_direct(r, record, ticks, &taken) || !give_shared(r, record, ticks, &taken)) {
		return false;
	}
	l->records++;
	l->bytes += 8 * (uint64_t)l->cursor.words;
	r->books.clamped += l->cursor.clamped;
	r->books.late += (r->decoded.event.state & RILL_EVENT_LATE) != 0;
	r->books.stopped += !taken;
	return true;
}

/* Everything strictly below the limit, in order. A stretch that one ring holds alone is taken without touching the heap. */
static void merge(struct rill_route *r)
{
	while (r->merge.count) {
		struct rill_merge_item *top = &r->merge.items[0];
		const struct rill_merge_item *second = rill_merge_second(&r->merge);
		struct rill_feed_level *l = top->feed;

		do {
			if (l->cursor.ticks >= r->limit)
				return;
			if (!give(r, l)) {
				r->limit = l->cursor.ticks;	/* nothing may pass it */
				return;
			}
			rill_cursor_next(&l->cursor, on_gap, l);
			limit_by(r, l);
			top->ticks = l->cursor.ticks;
		} while (l->cursor.record && (!second || rill_merge_before(top, second)));
		rill_merge_fix_top(&r->merge);
	}
}

static void release(struct rill_route *r)
{
	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		struct rill_feed *f = rill_feed_of(i);

		if (!f)
			continue;
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			rill_cursor_release(&f->level[level].cursor);
		rill_feed_reclaim(f);
	}
	atomic_store_explicit(&r->room, !r->half_full, memory_order_relaxed);
}

/* One session alone may leave what its outlet cannot take in the rings, where there is more room; with several, the slow one loses, so
 * that the others do not wait for it. */
static bool only_one(const struct rill_route_list *list)
{
	uint32_t count = list->shared_count;

	for (unsigned bit = 0; bit < RILL_DIRECT_SESSIONS; bit++)
		count += list->direct[bit] != NULL;
	return count == 1;
}

static void pass(struct rill_route *r, bool force)
{
	static const struct rill_route_list nobody;
	bool snapshot;

	if (!rill_ring_set_exists())
		return;
	r->limit = horizon(r);
	snapshot = rill_timebase_update(&r->timebase);	/* behind the horizon: the events of this pass lie before it */
	rill_feeds_look_for_gone(rill_port_monotonic_ns());
	rcu_read_lock();	/* the list, the sites and the categories stay as they are for this pass */
	r->list = rcu_dereference(r->published);
	if (!r->list)
		r->list = &nobody;
	if (snapshot && r->timebase.newest.jumped)
		tell_jump(r);
	r->may_defer = !force && only_one(r->list);
	open_rings(r);
	merge(r);
	rill_route_losses(r->list);
	release(r);
	rcu_read_unlock();
	if (r->limit > r->watermark)
		r->watermark = r->limit;
}

void rill_route_pass(void)
{
	pass(&rill_route, false);
}

void rill_route_pass_forced(void)
{
	pass(&rill_route, true);
}

bool rill_route_drain(uint64_t ticks, uint32_t timeout_ms)
{
	uint64_t until = rill_port_monotonic_ns() + (uint64_t)timeout_ms * 1000000;

	for (;;) {
		rill_route_pass();
		if (rill_route.watermark > ticks)
			return true;
		if (rill_port_monotonic_ns() > until)
			return false;
		sched_yield();
	}
}

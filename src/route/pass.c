/* SPDX-License-Identifier: MIT
 * pass.c - one pass of the consumer: snapshot the rings, merge below the watermark (give.c), release.
 */
#include "route/kept.h"
#include "route/merge.h"
#include "route/route_private.h"

#include "emit/loss.h"
#include "port/port.h"
#include "port/rcu.h"
#include "ring/point.h"
#include "ring/ring_file.h"

#include <time.h>

struct rill_route rill_route = { .hold_max_ns = (uint64_t)CONFIG_RILL_HOLD_MAX_MS * 1000000, .notice_ticks = UINT64_MAX,
	.kept_ticks = UINT64_MAX };

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

/* No record that the following reads of commit_pos do not show can be older than what this returns. Steps NOW and BARRIER of
 * tests/model/publish.pml; in lag mode PAIR and STAMP. */
static uint64_t horizon(struct rill_route *r)
{
	uint64_t now = rill_route_now_ticks(), ns, stamp;

	r->now_ticks = now;
	RILL_POINT(CLOCK);
	/* Must come behind the clock read and before the reads of commit_pos: it is what makes the producer's plain M1
	 * visible, or its clock read late. Without it, records below `now` appear after the merge. */
	if (!r->lag && rill_port_barrier() == 0)
		return now > r->skew_ticks ? now - r->skew_ticks : 0;
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

void rill_route_on_gap(void *ctx, struct rill_cursor *cursor, uint32_t full, uint32_t big)
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

/* True: the ring has been inside one event for too long to wait for it. tests/model/publish.pml with -DHOLD. */
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

/* No record is from more than a second ahead of now, unless a counter went wrong. In the last pass before the counter begins again what
 * lies in the rings is of before, and ahead of everything; what a thread has written since then comes behind it. */
static void set_range(const struct rill_route *r, struct rill_cursor *c)
{
	uint64_t room = UINT64_MAX - r->now_ticks, ahead = rill_route_is_leaving(r) ? r->skew_ticks : r->timebase.second_ticks;

	c->now = r->now_ticks;
	c->latest = r->now_ticks + (ahead < room ? ahead : room);
	c->instead = rill_route_is_leaving(r) ? rill_route_leaving_ticks(r) : r->watermark;
	c->again = rill_route_is_leaving(r);
}

/* A ring in flight will bring a record no older than its last; when the cursor stands on that one, nobody may pass it. But for what a
 * forced pass has to bring in: then what the ring brings may be late, and is flagged so. */
void rill_route_limit_by(struct rill_route *r, const struct rill_feed_level *l)
{
	uint64_t last = l->cursor.record ? l->cursor.ticks : l->cursor.last_ticks;

	if (last < r->floor)
		last = r->floor;
	if (l->in_flight && (!l->cursor.record || rill_cursor_at_last(&l->cursor)) && last < r->limit)
		r->limit = last;
}

static void open_level(struct rill_route *r, struct rill_feed_level *l, uint64_t now_ns)
{
	struct rill_ring *ring = l->cursor.ring;
	uintptr_t w = rill_ring_committed(ring), fill;	/* R1 */

	RILL_POINT(HEAD);
	l->in_flight = (w & 1) && !held_too_long(r, l, w, now_ns) && !rill_route_is_leaving(r);
	if (!(w & 1))
		l->held_since_ns = 0;
	set_range(r, &l->cursor);
	rill_cursor_open(&l->cursor, r->ends_stay ? l->cursor.end : w & ~(uintptr_t)1, rill_route_on_gap, l);
	fill = l->cursor.end - atomic_load_explicit(&ring->consume_pos, memory_order_relaxed);
	if (fill > l->feed->high_bytes)
		l->feed->high_bytes = fill;
	if (fill > ring->size / 2)
		r->half_full = true;
	if (fill > ring->size / 4 * 3)
		r->three_quarters = true;
	rill_route_limit_by(r, l);
	if (RILL_ON(CONFIG_RILL_QUICK))
		l->thread = l->feed->thread;
	if (RILL_ON(CONFIG_RILL_WAKE))
		r->busy |= l->cursor.record || (w & 1);
	if (l->cursor.record)
		rill_merge_add(&r->merge, l);
}

static void give_rename(struct rill_outlet *outlet, const void *thread)
{
	outlet->ops->thread(outlet, thread, rill_port_monotonic_ns());
}

static void open_rings(struct rill_route *r)
{
	uint64_t now_ns = rill_port_monotonic_ns();
	uint32_t used = rill_slots_used();

	r->merge.count = 0;
	/* What this pass sees shortens the patience of the next: the ring held may come before the one that fills. */
	r->impatient = r->three_quarters;
	r->busy = r->half_full = r->three_quarters = false;
	if (!rill_merge_reserve(&r->merge, used * CONFIG_RILL_LEVELS)) {
		r->limit = 0;	/* out of memory: the events wait in their rings */
		return;
	}
	for (uint32_t i = 0; i < used; i++)
		rill_feed_of(i);	/* who has come since the last pass */
	for (uint32_t i = 0; i < rill_feeds_ordered_count; i++) {
		struct rill_feed *f = rill_feeds_ordered[i];

		if (rill_feed_renamed(f))
			rill_route_each_outlet(r->list, give_rename, f->thread);
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
			open_level(r, &f->level[level], now_ns);
	}
}

/* ---- the pass -------------------------------------------------------------------------------------- */

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

/* Everything below the limit. */
static void turn(struct rill_route *r, bool force)
{
	static const struct rill_route_list nobody;

	rcu_read_lock();	/* the list, the sites and the categories stay as they are for this pass */
	r->list = rcu_dereference(r->published);
	if (!r->list)
		r->list = &nobody;
	RILL_POINT(LISTED);
	r->may_defer = !force && only_one(r->list);
	r->refused = false;
	open_rings(r);
	RILL_POINT(HEADS);
	if (RILL_ON(CONFIG_RILL_QUICK))
		rill_route_quick_begin(r);
	rill_route_merge(r);
	if (RILL_ON(CONFIG_RILL_QUICK))
		rill_route_quick_end(r);
	RILL_POINT(MERGED);
	if (RILL_ON(CONFIG_RILL_EARLY) && r->limit > r->kept_ticks && !rill_route_kept_give(r, r->limit - 1)) {
		r->refused = true;
		r->limit = r->kept_ticks;
	}
	if (r->limit > r->notice_ticks)
		rill_route_notices_give(r, r->limit - 1);
	rill_route_losses(r->list);
	RILL_POINT(TOLD);
	release(r);
	if (r->limit > r->watermark)
		r->watermark = r->limit;
	if (rill_route_is_leaving(r) && r->limit == UINT64_MAX)
		rill_route_leave_ticks(r);
	rcu_read_unlock();
}

/* The counter has begun again: its numbers are no longer comparable with those in the rings. All of them come out first, converted as
 * ever, and what was written since goes behind them; then ticks count anew. False: an outlet wants the rest later. */
static bool leave_epoch(struct rill_route *r, bool force)
{
	uint64_t limit = r->limit;

	r->ends_stay = r->leaving;
	r->leaving = true;
	r->limit = UINT64_MAX;
	turn(r, force);
	r->ends_stay = false;
	r->limit = limit <= r->now_ticks ? limit : 0;	/* in lag mode it is of before */
	return !r->leaving;
}

void rill_route_tell_clocks(struct rill_route *r)
{
	rill_route_notice_take(r);
	if (RILL_ON(CONFIG_RILL_RING_FILE))
		rill_ring_file_clock(r->timebase.newest.ticks, r->timebase.newest.monotonic_ns);
}

static bool take_snapshot(struct rill_route *r, bool force)
{
	bool again = RILL_ON(CONFIG_RILL_CLOCK_COUNTER) &&
		(r->leaving || rill_timebase_began_again(&r->timebase, r->before_ticks, r->now_ticks));

	r->before_ticks = r->now_ticks;
	if (!again) {
		/* Behind the horizon: the events of this pass lie before it. */
		if (rill_timebase_update(&r->timebase))
			rill_route_tell_clocks(r);
		return true;
	}
	if (!leave_epoch(r, force))
		return false;
	rill_timebase_snapshot(&r->timebase);
	rill_route_tell_clocks(r);
	return true;
}

static void pass(struct rill_route *r, bool force)
{
	if (!rill_ring_set_exists())
		return;
	/* What was kept has its places among what the rings hold, and is not known yet. */
	if (RILL_ON(CONFIG_RILL_EARLY) && r->early && r->early_end == UINT64_MAX)
		return;
	r->limit = horizon(r);
	RILL_POINT(BARRIER);
	if (!take_snapshot(r, force))
		return;
	rill_feeds_look_for_gone(rill_port_monotonic_ns());
	turn(r, force);
}

void rill_route_pass(void)
{
	pass(&rill_route, false);
}

void rill_route_pass_forced(uint64_t ticks)
{
	rill_route.floor = ticks + 1;
	pass(&rill_route, true);
	rill_route.floor = 0;
}

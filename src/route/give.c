/* SPDX-License-Identifier: MIT
 * give.c - from the rings to the sessions: merge in place, decode, and who gets it.
 */
#include "route/kept.h"
#include "route/quick.h"

#include "emit/loss.h"
#include "ring/point.h"

enum {
	RUN_SHORT = 4,	/* records: a run of so many or less */
	SHORT_RUNS = 4,	/* so many of them behind each other, and the merge goes by single steps */
	STEPS = 64,	/* until it looks again whether runs have become longer */
	/* Bits whose sessions are told apart here. No stream has that of flight sessions. */
	SHARED = (CONFIG_RILL_SHARED_SESSIONS_MAX ? 1 << RILL_BIT_SHARED : 0) | RILL_MASK_FLIGHT
};

/* ---- one event ------------------------------------------------------------------------------------- */

void rill_route_stamp(struct rill_route *r, const struct rill_thread *thread, uint8_t level, uint64_t ticks, struct rill_decoded *d)
{
	struct rill_event *e = &d->event;

	e->thread = thread;
	e->level = level;
	if (!e->tid)
		e->tid = e->flags & RILL_FLAG_HAS_PROCESS_ID ? (uint32_t)-1 : e->thread->tid;
	if (!(e->flags & RILL_FLAG_HAS_PROCESS_ID))
		e->pid = r->pid;
	e->ts_ns = rill_route_ns(ticks);
	if (ticks < r->watermark) {
		e->state |= RILL_EVENT_LATE;
	} else {
		/* The chain of snapshots gets coarser with age. What an outlet had no room for may be converted by one piece and the event
		 * before it by two; these differ by some ns. */
		if (e->ts_ns < r->last_ns)
			e->ts_ns = r->last_ns;
		r->last_ns = e->ts_ns;
	}
	if (e->state & RILL_EVENT_HAS_BEGIN) {
		e->begin_ns = rill_route_ns(d->begin_ticks);
		if (e->begin_ns > e->ts_ns)
			e->begin_ns = e->ts_ns;
	}
}

/* The end of a scope goes to those who got the begin. */
static bool began_before(const struct rill_decoded *d, uint64_t ticks)
{
	return (d->event.state & RILL_EVENT_HAS_BEGIN) && d->begin_ticks < ticks;
}

/* The mask may be of another session than the one that has the bit now: then its filter is asked. */
static bool is_for(const struct rill_route_session *s, const struct rill_feed_level *l, const struct rill_decoded *d)
{
	if (began_before(d, s->start_ticks))
		return false;
	if (!(l->old_bits & 1u << s->bit) && !began_before(d, s->old_until))
		return true;
	return s->wants(s, d->event.category, s->by_name ? d->event.name : NULL);
}

/* Written because somebody else has the bit of who got the begin and stopped before the end: nobody misses it. */
static bool is_idle_end(const struct rill_feed_level *l, const struct rill_decoded *d, unsigned bit)
{
	return (d->event.state & RILL_EVENT_HAS_BEGIN) && !(l->old_bits & 1u << bit);
}

/* The event that was under way when sessions began is over. */
static void end_doubt(struct rill_route *r, struct rill_feed_level *l)
{
	for (unsigned bit = 0; bit < RILL_DIRECT_SESSIONS; bit++) {
		struct rill_route_session *s = r->list->direct[bit];

		if (s && l->old_bits & 1u << bit && s->old_until <= l->cursor.ticks)
			s->old_until = l->cursor.ticks + 1;
	}
	l->old_bits = 0;
}

void rill_route_bit_begins(unsigned bit)
{
	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		struct rill_feed *f = rill_feed_of(i);

		for (unsigned level = 0; f && level < CONFIG_RILL_LEVELS; level++) {
			struct rill_feed_level *l = &f->level[level];
			uintptr_t w = rill_ring_committed(l->cursor.ring);

			if (!(w & 1))
				continue;
			l->old_bits |= (uint8_t)(1u << bit);
			l->old_pos = w & ~(uintptr_t)1;
		}
	}
}

/* False: the only session's outlet has no room now; the record stays in its ring. */
static bool give_direct(struct rill_route *r, const struct rill_feed_level *l, uint64_t ticks, bool *taken)
{
	const struct rill_record *record = l->cursor.record;

	for (unsigned bit = 0; bit < RILL_DIRECT_SESSIONS; bit++) {
		struct rill_route_session *s = r->list->direct[bit];

		if (!(record->mask & 1u << bit) || !s || ticks < s->start_ticks)
			continue;
		if (!is_for(s, l, &r->decoded)) {
			*taken |= is_idle_end(l, &r->decoded, bit);
			continue;
		}
		*taken = true;
		if (rill_route_wants(s, &r->decoded) && !rill_route_give(s, &r->decoded, ticks, r->may_defer))
			return false;
	}
	return true;
}

/* A dynamic event's mask is its group's: a session that looks at names may have no use for it. */
static bool name_unwanted(const struct rill_route *r, uint64_t ticks)
{
	for (uint32_t i = 0; i < r->list->shared_count; i++) {
		const struct rill_route_session *s = r->list->shared[i];

		if (s->by_name && ticks >= s->start_ticks && s->wants(s, r->decoded.event.category, NULL))
			return true;
	}
	return false;
}

static bool give_shared(struct rill_route *r, const struct rill_feed_level *l, uint64_t ticks, bool *taken)
{
	const struct rill_record *record = l->cursor.record;

	if (!SHARED || !(record->mask & SHARED))
		return true;
	*taken |= record->id == RILL_ID_DYNAMIC && name_unwanted(r, ticks);
	for (uint32_t i = 0; i < r->list->shared_count; i++) {
		struct rill_route_session *s = r->list->shared[i];

		if (ticks < s->start_ticks || began_before(&r->decoded, s->start_ticks) || !rill_route_wants(s, &r->decoded)) {
			*taken |= is_idle_end(l, &r->decoded, RILL_BIT_SHARED);
			continue;	/* wanted by none that is left: the one who wanted it has stopped */
		}
		*taken = true;
		if (!rill_route_give(s, &r->decoded, ticks, r->may_defer))
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

/* A begin is told by its distance to the record: to its own time where it stands for another one. */
static bool decode(struct rill_route *r, const struct rill_cursor *c)
{
	if (!rill_decode(c->record, c->words, rill_route_is_leaving(r) ? rill_cursor_own_ticks(c) : c->ticks, &r->decoded))
		return false;
	if (rill_route_is_leaving(r) && rill_cursor_in_range(c, r->decoded.begin_ticks))
		r->decoded.begin_ticks = c->ticks;	/* it began behind the new beginning too */
	return true;
}

/* False: refused for now. */
static bool give(struct rill_route *r, struct rill_feed_level *l)
{
	uint64_t ticks = l->cursor.ticks;
	bool taken = false;

	if (!decode(r, &l->cursor)) {
		r->books.unknown++;
		return true;
	}
	rill_route_stamp(r, l->feed->thread, l->cursor.ring->level, ticks, &r->decoded);
	if (l->cursor.clamped)
		r->decoded.event.state |= RILL_EVENT_CLAMPED;
	if (RILL_ON(CONFIG_RILL_EARLY) && r->early && early_part(r, ticks)) {
		if (!give_early(r, ticks, &taken))
			return false;
	} else if (!give_direct(r, l, ticks, &taken) || !give_shared(r, l, ticks, &taken)) {
		return false;
	}
	if (l->old_bits && !rill_pos_after(l->old_pos, l->cursor.pos))
		end_doubt(r, l);
	l->records++;
	l->bytes += 8 * (uint64_t)l->cursor.words;
	r->books.clamped += l->cursor.clamped;
	r->books.late += (r->decoded.event.state & RILL_EVENT_LATE) != 0;
	r->books.stopped += !taken;
	return true;
}

/* ---- many ------------------------------------------------------------------------------------------ */

static bool refuse(struct rill_route *r, uint64_t ticks)
{
	r->refused = true;
	r->limit = ticks;	/* nothing may pass it */
	return false;
}

/* One record; the cursor goes on. False: refused. */
static inline __attribute__((always_inline)) bool give_one(struct rill_route *r, struct rill_feed_level *l)
{
	if ((!RILL_ON(CONFIG_RILL_QUICK) || !r->quick || !rill_quick_give(r, l)) && !give(r, l))
		return refuse(r, l->cursor.ticks);
	RILL_POINT(TAKEN);
	rill_cursor_next(&l->cursor, rill_route_on_gap, l);
	if (l->in_flight)
		rill_route_limit_by(r, l);
	return true;
}

/* The winner's records that come before everybody else's, and `stop`. Whether the last one of them is the only one is told: a branch that
 * goes by chance costs more than playing once more, so with many short runs it is better not to ask. */
static bool give_run(struct rill_route *r, struct rill_merge *m, uint64_t stop, unsigned *short_runs)
{
	struct rill_feed_level *l = rill_merge_winner(m);
	uint64_t second = rill_merge_stop(m);
	unsigned count = 0;

	stop = second < stop ? second : stop;
	do {
		if (!give_one(r, l))
			return false;
		count++;
	} while (l->cursor.record && l->cursor.ticks < stop && l->cursor.ticks < r->limit);
	rill_merge_replay(m);
	*short_runs = count <= RUN_SHORT ? *short_runs + 1 : 0;
	return true;
}

/* Some records singly, below `stop`. False: refused. A small build knows no other way. */
static bool give_steps(struct rill_route *r, struct rill_merge *m, uint64_t stop, unsigned *short_runs)
{
	unsigned runs = 0, steps = 0;

	for (; steps < STEPS && m->best < RILL_MERGE_FAR; steps++) {
		struct rill_feed_level *l = rill_merge_winner(m);
		uint64_t before = m->best;

		if (l->cursor.ticks >= stop || l->cursor.ticks >= r->limit)
			break;
		if (!give_one(r, l))
			return false;
		rill_merge_replay(m);
		if (RILL_ON(CONFIG_RILL_QUICK))
			runs += rill_merge_leaf(m->best) != rill_merge_leaf(before);
	}
	if (RILL_ON(CONFIG_RILL_QUICK) && runs * RUN_SHORT < steps)
		*short_runs = 0;
	return true;
}

/* Where the rings have to wait for what comes from elsewhere. */
static uint64_t stop_at(const struct rill_route *r)
{
	return RILL_ON(CONFIG_RILL_EARLY) && r->kept_ticks < r->notice_ticks ? r->kept_ticks : r->notice_ticks;
}

/* Everything strictly below the limit, in order. */
void rill_route_merge(struct rill_route *r)
{
	struct rill_merge *m = &r->merge;
	unsigned short_runs = 0;

	rill_merge_begin(m);
	while (m->best < RILL_MERGE_FAR) {
		uint64_t ticks = rill_merge_winner(m)->cursor.ticks;

		if (ticks >= r->limit)
			return;
		if (RILL_ON(CONFIG_RILL_EARLY) && ticks >= r->kept_ticks && !rill_route_kept_give(r, ticks)) {
			refuse(r, r->kept_ticks);
			return;
		}
		if (ticks >= r->notice_ticks && !rill_route_notices_give(r, ticks)) {
			refuse(r, r->notice_ticks);
			return;
		}
		if (RILL_ON(CONFIG_RILL_QUICK) && short_runs < SHORT_RUNS ? !give_run(r, m, stop_at(r), &short_runs) :
									    !give_steps(r, m, stop_at(r), &short_runs))
			return;
	}
	if (m->best != RILL_MERGE_NOBODY && rill_merge_far_ticks(m) < r->limit)
		r->limit = rill_merge_far_ticks(m);
}

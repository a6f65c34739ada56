/* SPDX-License-Identifier: MIT
 * quick.h - the short way of an ordinary event to the only session: no look at filters, other sessions, or what is left of sessions
 * before.
 *
 * It takes what it is sure of and leaves the rest to give.c, which asks everything. An outlet that refuses here is asked
 * again there. Inline, since a call for each event would be a tenth of it.
 */
#ifndef RILL_ROUTE_QUICK_H
#define RILL_ROUTE_QUICK_H

#include "ring/point.h"
#include "route/plan.h"
#include "route/route_private.h"

/* Never below the time of the event before; see stamp() in give.c. */
static inline uint64_t rill_quick_time(struct rill_route *r, uint64_t ticks)
{
	uint64_t ns;

	if (rill_timebase_line_holds(&r->line, ticks) || rill_timebase_line_at(&r->timebase, ticks, &r->line))
		ns = rill_timebase_line_ns(&r->line, ticks);
	else
		ns = rill_route_ns(ticks);
	return ns > r->last_ns ? ns : r->last_ns;
}

/* The end of a scope. False: whether its begin was this session's takes more to say. */
static inline bool rill_quick_begin(struct rill_route *r, struct rill_event *e, const struct rill_record *record, uint64_t ticks, uint64_t ns)
{
	const struct rill_route_session *s = r->quick;
	uint64_t since = record->payload[0] & RILL_END_TICKS_MAX, begin = ticks - since;

	if (since >= ticks || since == RILL_END_TICKS_MAX || begin < s->start_ticks || begin < s->old_until || s->hole_count)
		return false;
	e->begin_ns = rill_route_ns(begin);
	if (e->begin_ns > ns)
		e->begin_ns = ns;
	return true;
}

/* The begin and the end of a scope share their site, and come by turns. */
static inline __attribute__((always_inline)) struct rill_plan *rill_quick_plan(struct rill_route *r, const struct rill_cursor *c)
{
	uint64_t key = r->passes << RILL_PLAN_PASS_SHIFT;
	struct rill_plan *plan;

	if (c->record->id == RILL_ID_END) {
		key |= 1u << 16 | (uint16_t)(c->record->payload[0] >> 48);
		plan = &rill_plans[(key + RILL_PLANS / 2) & (RILL_PLANS - 1)];
	} else {
		key |= c->record->id;
		plan = &rill_plans[key & (RILL_PLANS - 1)];
	}
	if (plan->key != key && !rill_plan_make(plan, key, c->record, c->words, r->pid, &r->decoded))
		return NULL;
	return plan->usable && rill_plan_take(plan, c->record, c->words) ? plan : NULL;
}

/* False: none of the ordinary, or refused. */
static inline __attribute__((always_inline)) bool rill_quick_give(struct rill_route *r, struct rill_feed_level *l)
{
	struct rill_route_session *s = r->quick;
	const struct rill_cursor *c = &l->cursor;
	struct rill_plan *plan;
	struct rill_event *e;
	uint64_t ns;

	if (!(c->record->mask & r->quick_mask) || c->ticks < r->quick_ticks || c->clamped || l->old_bits || s->refused)
		return false;
	plan = rill_quick_plan(r, c);
	if (!plan)
		return false;
	e = &plan->event;
	ns = rill_quick_time(r, c->ticks);
	if ((e->state & RILL_EVENT_HAS_BEGIN) && !rill_quick_begin(r, e, c->record, c->ticks, ns))
		return false;
	e->ts_ns = ns;
	e->thread = l->thread;
	e->tid = l->thread->tid;
	e->level = c->ring->level;
	s->outlet->kind = plan->key;
	if (s->outlet->ops->event(s->outlet, e) != 0) {
		s->outlet->kind = 0;
		return false;
	}
	s->outlet->kind = 0;
	r->last_ns = ns;
	s->last_accepted = c->ticks;
	s->delivered++;
	l->quick++;
	l->bytes += 8 * (uint64_t)c->words;
	RILL_POINT(QUICK);
	return true;
}

#endif

/* SPDX-License-Identifier: MIT
 * flight_trigger.c - what happens in the program asks for a snapshot.
 *
 * For each trigger there is a stream session of our own, of which nobody is told. It wants the trigger's events alone, and its outlet
 * only looks at them: who emits them does so as for any stream, and all else has the way that it has while there are sessions of both
 * kinds. Everything here but the begin and the end is done by the holder of the drain role, the consumer as a rule.
 */
#include "control/flight_private.h"
#include "control/trigger.h"
#include "port/port.h"
#include "route/route.h"
#include "route/snapshot.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOOK_MS = 100,		/* how long the consumer may sleep in quiet */
	DISTANCE_MS = 1000,	/* where the options say nothing */
	SNAPSHOTS = 100
};

struct trigger {
	struct rill_outlet outlet;	/* first: it is handed back to the functions below */
	struct rill_trigger_text text;
	struct rill_session *flight, *own;
	int64_t count;			/* events so far */
	uint64_t lost;			/* by any session, when it looked last */
	bool above;			/* the counter was */
};

struct rill_flight_triggers {
	struct trigger v[RILL_TRIGGERS_MAX];
	size_t count;
	uint64_t last_ns;		/* of the last one that led to a snapshot; 0: none has */
	uint32_t snapshots, passed_over;
	_Atomic bool ready;		/* all of them look: no snapshot is asked for that the session might not live to see */
};

/* ---- what a match leads to ------------------------------------------------------------------------ */

static void fire(struct trigger *t, struct rill_flight_reason *reason)
{
	struct rill_flight_part *part = t->flight->flight;
	struct rill_flight_triggers *all = part->triggers;
	const struct rill_session_options *o = &part->options;
	const uint64_t distance_ns = (uint64_t)(o->snapshot_distance_ms ? o->snapshot_distance_ms : DISTANCE_MS) * 1000000;
	const uint32_t most = o->snapshots_max ? o->snapshots_max : SNAPSHOTS;

	if (!atomic_load_explicit(&all->ready, memory_order_relaxed))
		return;
	reason->trigger = t->text.text;
	reason->passed_over = all->passed_over;
	if (all->snapshots == most || (all->last_ns && reason->at_ns < all->last_ns + distance_ns) ||
	    !rill_flight_ask_at(t->flight, reason, reason->at_ns + (uint64_t)o->snapshot_after_ms * 1000000)) {
		all->passed_over++;
		return;
	}
	all->last_ns = reason->at_ns;
	all->passed_over = 0;
	if (++all->snapshots == most)
		rill_warn("trigger '%s': that was snapshot %u, and no other follows by a trigger (snapshots_max)", t->text.text, most);
}

/* ---- what is looked at ---------------------------------------------------------------------------- */

static bool is_above(const struct rill_value *v, int64_t limit, struct rill_flight_reason *reason)
{
	double d = 0;

	switch (v->type) {
	case RILL_TYPE_I8: case RILL_TYPE_I16: case RILL_TYPE_I32: case RILL_TYPE_I64:
		reason->minus = v->i < 0;
		reason->value = reason->minus ? -(uint64_t)v->i : (uint64_t)v->i;
		return v->i > limit;
	case RILL_TYPE_U8: case RILL_TYPE_U16: case RILL_TYPE_U32: case RILL_TYPE_U64: case RILL_TYPE_BOOL:
		reason->minus = false;
		reason->value = v->u;
		return limit < 0 || v->u > (uint64_t)limit;
	case RILL_TYPE_F32: case RILL_TYPE_F64:
		d = v->d;
		reason->minus = d < 0;
		d = d < 0 ? -d : d;
		reason->value = d < 18446744073709549568.0 ? (uint64_t)d : UINT64_MAX;
		return v->d > (double)limit;
	default:
		return false;
	}
}

static bool is_number(const struct rill_value *v)
{
	return v->type >= RILL_TYPE_I8 && v->type <= RILL_TYPE_F64;
}

/* A counter that stays above its limit has come there once. */
static bool counter_rises(struct trigger *t, const struct rill_event *e, struct rill_flight_reason *reason)
{
	bool above = false, any = false;

	for (unsigned i = 0; i < e->nargs && !above; i++) {
		if (!is_number(&e->args[i]) || (t->text.argument && strcmp(t->text.argument, e->args[i].name) != 0))
			continue;
		any = true;
		above = is_above(&e->args[i], t->text.limit, reason);
	}
	if (!any || above == t->above)
		return false;
	t->above = above;
	return above;
}

static bool matches(struct trigger *t, const struct rill_event *e, struct rill_flight_reason *reason)
{
	switch (t->text.kind) {
	case RILL_TRIGGER_SCOPE:
		reason->value = (e->ts_ns - e->begin_ns) / 1000;
		return (e->state & RILL_EVENT_HAS_BEGIN) && e->ts_ns - e->begin_ns > (uint64_t)t->text.limit;
	case RILL_TRIGGER_COUNT:
		if (e->phase == 'E' || ++t->count < t->text.limit)
			return false;
		reason->value = (uint64_t)t->count;
		t->count = 0;
		return true;
	case RILL_TRIGGER_COUNTER:
		return counter_rises(t, e, reason);
	default:
		return false;
	}
}

static int look_event(struct rill_outlet *outlet, const struct rill_event *e)
{
	struct trigger *t = (struct trigger *)outlet;
	struct rill_flight_reason reason = { .at_ns = e->ts_ns, .tid = e->thread->tid };

	if (e->phase != 'M' && matches(t, e, &reason))
		fire(t, &reason);
	return 0;
}

/* By all sessions that there are, and by flight sessions since the process began. */
static uint64_t lost_so_far(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		const struct rill_session *s = __atomic_load_n(&rill_control.sessions[i], __ATOMIC_ACQUIRE);

		if (!s || s->flight)
			continue;
		for (unsigned cause = 0; cause < RILL_CAUSES; cause++)
			sum += s->route.lost[cause];
		sum += atomic_load_explicit(&s->route.lost_behind, memory_order_relaxed);
	}
	for (unsigned cause = 0; cause < RILL_FLIGHT_CAUSES; cause++)
		sum += rill_route_flight_lost((enum rill_cause)cause);
	return sum;
}

/* Comes by in the consumer's passes. The losses of a session that has gone are in no sum any more. */
static void look_flush(struct rill_outlet *outlet, uint64_t token)
{
	struct trigger *t = (struct trigger *)outlet;
	const uint64_t before = t->lost;
	struct rill_flight_reason reason = { .at_ns = rill_port_monotonic_ns() };

	(void)token;
	rill_flight_ask_again();
	if (t->text.kind != RILL_TRIGGER_LOSS)
		return;
	t->lost = lost_so_far();
	reason.value = t->lost - before;
	if (t->lost > before)
		fire(t, &reason);
}

/* ---- the rest of the outlet ----------------------------------------------------------------------- */

static void look_forked(struct rill_outlet *outlet)
{
	(void)outlet;
}

static uint64_t look_bytes(struct rill_outlet *outlet)
{
	(void)outlet;
	return 0;
}

static uint32_t look_segments(struct rill_outlet *outlet)
{
	(void)outlet;
	return 0;
}

static const struct rill_outlet_ops looking = {
	.event = look_event, .gap = rill_flight_rest_gap, .thread = rill_flight_rest_thread, .flush = look_flush, .done = rill_flight_rest_done,
	.forked = look_forked, .bytes = look_bytes, .segments = look_segments,
};

/* ---- begin and end -------------------------------------------------------------------------------- */

void rill_flight_triggers_free(struct rill_flight_triggers *all)
{
	for (size_t i = 0; all && i < all->count; i++)
		rill_trigger_text_free(&all->v[i].text);
	free(all);
}

int rill_flight_triggers_make(const char *text, struct rill_flight_triggers **out)
{
	struct rill_flight_triggers *all = calloc(1, sizeof *all);
	struct rill_trigger_text texts[RILL_TRIGGERS_MAX];
	int error = all ? rill_triggers_parse(text, texts, &all->count) : rill_fail(ENOMEM, "no memory for triggers");

	if (error) {
		free(all);
		return error;
	}
	for (size_t i = 0; i < all->count; i++)
		all->v[i] = (struct trigger){ .outlet.ops = &looking, .text = texts[i] };
	*out = all;
	return 0;
}

static int begin_one(struct trigger *t, struct rill_session *flight)
{
	static const struct rill_session_options options = { .shared = true, .name = "trigger", .flush_period_ms = LOOK_MS };
	struct rill_filter *filter = t->text.filter;

	t->flight = flight;
	t->lost = lost_so_far();
	t->text.filter = NULL;	/* the session's, from here on */
	return rill_session_begin_own(&options, filter, t->text.kind == RILL_TRIGGER_LOSS, &t->outlet, &t->own);
}

int rill_flight_watch(struct rill_session *s)
{
	struct rill_flight_triggers *all = s->flight->triggers;
	int error = 0;

	for (size_t i = 0; all && i < all->count && !error; i++)
		error = begin_one(&all->v[i], s);
	for (size_t i = 0; error && i < all->count; i++)
		if (all->v[i].own)
			rill_session_abandon_own(all->v[i].own);
	if (all && !error)
		atomic_store_explicit(&all->ready, true, memory_order_relaxed);
	return error;
}

void rill_flight_unwatch(struct rill_session *s)
{
	struct rill_flight_triggers *all = s->flight->triggers;

	for (size_t i = 0; all && i < all->count; i++) {
		rill_session_end_own(all->v[i].own);
		rill_route_lock();
		look_flush(&all->v[i].outlet, 0);	/* what was lost since the last look */
		rill_route_unlock();
	}
}

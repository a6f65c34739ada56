/* SPDX-License-Identifier: MIT
 * sessions.c - sessions that come, go and change while others emit: each gets exactly what was emitted between its start and its stop,
 * and nothing of a category that is off for it.
 */
#include "stress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGERS = 4, CONTEXTS = 64, QUIET_NS = 30000000 };

static _Atomic uint64_t sessions_made, changes_made, quiet_stretches;

/* ---- exact start and stop ------------------------------------------------------------------------- */

/* Where the contexts of the crowd stood, by what they had begun and by what they had done. */
struct snapshot {
	uint32_t count, begun[CONTEXTS], done[CONTEXTS];
};

static void take_snapshot(struct snapshot *s)
{
	s->count = stress_context_count() < CONTEXTS ? stress_context_count() : CONTEXTS - 1;
	for (uint32_t i = 1; i <= s->count; i++) {
		s->done[i] = atomic_load(&stress_contexts[i].done);
		s->begun[i] = atomic_load(&stress_contexts[i].begun);
	}
}

/* What was done behind the start and in front of the stop is delivered or lost; what was begun later, or done earlier, is neither. */
static void compare(const struct stress_watch *w, const struct snapshot *before_start, const struct snapshot *behind_start,
		    const struct snapshot *before_stop, const struct snapshot *behind_stop)
{
	uint64_t least = 0, most = 0, missing = 0;

	for (uint32_t i = 1; i <= before_start->count; i++) {
		uint32_t first = w->first[i], last = atomic_load(&w->last[i]);
		uint32_t from = behind_start->begun[i], to = before_stop->done[i];

		if (stress_contexts[i].mode == STRESS_FLIP)
			continue;
		if (to > from)
			least += to - from;
		most += behind_stop->begun[i] - before_start->done[i];
		if (first && (first <= before_start->done[i] || last > behind_stop->begun[i]))
			stress_fail("context %u: numbers %u to %u in a session that began behind %u and ended before %u", i, first, last,
				    before_start->done[i], behind_stop->begun[i] + 1);
		if (to > from && to > last)
			missing += to - (last > from ? last : from);
	}
	missing += w->missing;
	if (missing > w->lost_total)
		stress_fail("%llu events are missing inside a %s session that lost %llu", (unsigned long long)missing,
			    w->options.shared ? "shared" : "direct", (unsigned long long)w->lost_total);
	if (w->kinds[STRESS_OTHER] == 0 && (w->events + w->lost_total < least || w->events + w->lost_total > most))
		stress_fail("a session has %llu delivered and %llu lost; %llu to %llu were emitted", (unsigned long long)w->events,
			    (unsigned long long)w->lost_total, (unsigned long long)least, (unsigned long long)most);
}

/* ---- what is done to a running session ------------------------------------------------------------ */

/* A stretch in which a category is off for the session, long enough that a pass of the consumer lies between. */
static void stay_quiet(struct stress_watch *w)
{
	uint64_t now_ns = stress_now_ns();

	atomic_store(&w->quiet_to_ns, 0);
	atomic_store(&w->quiet_from_ns, now_ns + QUIET_NS);
	atomic_store(&w->quiet_to_ns, now_ns + 3 * QUIET_NS);
	while (stress_now_ns() < now_ns + 3 * QUIET_NS + 1000000)
		stress_sleep_us(1000);
	atomic_fetch_add(&quiet_stretches, 1);
}

static void change(struct stress_watch *w, uint32_t *random)
{
	char text[256];

	switch (stress_below(random, 6)) {
	case 0:
		STRESS_NEED(rill_session_filter(w->session, text, sizeof text) > 0);
		break;
	case 1:
		STRESS_NEED(rill_session_flush(w->session, 0) <= 0);
		break;
	case 2:
		STRESS_NEED(rill_enabled_categories(w->session, text, sizeof text) > 0);
		break;
	default:
		STRESS_NEED(rill_session_enable(w->session, "stress.flip") == 0);
		if (stress_below(random, 2))
			stress_sleep_us(stress_below(random, 1000));
		STRESS_NEED(rill_session_disable(w->session, "stress.flip") == 0);
		if (stress_below(random, 64) == 0)
			stay_quiet(w);
		break;
	}
	atomic_fetch_add(&changes_made, 1);
}

static void one_session(uint32_t *random, unsigned changes)
{
	struct stress_watch w = { .partial = true };
	struct snapshot before_start, behind_start, before_stop, behind_stop;

	w.options.shared = stress_below(random, 3) == 0;
	take_snapshot(&before_start);
	if (!stress_watch_start(&w, "stress"))
		return;
	take_snapshot(&behind_start);
	atomic_store(&w.from, behind_start.begun);
	for (unsigned i = 0; i < changes; i++) {
		change(&w, random);
		stress_sleep_us(500 + stress_below(random, 1000));
	}
	take_snapshot(&before_stop);
	atomic_store(&w.to, before_stop.done);
	stress_watch_stop(&w);
	take_snapshot(&behind_stop);
	compare(&w, &before_start, &behind_start, &before_stop, &behind_stop);
	stress_watch_free(&w);
	atomic_fetch_add(&sessions_made, 1);
}

/* ---- four threads, each with sessions of its own -------------------------------------------------- */

struct changer {
	uint32_t number;
	uint64_t amount;
};

static void *change_for_long(void *arg)
{
	const struct changer *c = arg;
	uint32_t random = stress_seed(50 + c->number);

	while (atomic_load(&changes_made) < c->amount)
		one_session(&random, 1 + stress_below(&random, 40));
	return NULL;
}

void stress_sessions(const struct stress_scenario *self)
{
	struct stress_watch w = { .session = NULL };
	struct stress_crowd crowd = { .producers = self->producers, .timer_ns = self->timer_ns, .mode = STRESS_NAMED, .flip = true,
				      .calm_us = 500, .pace = &w };
	struct changer changers[CHANGERS];
	pthread_t threads[CHANGERS];

	if (!stress_configure(self->ring_bytes, self->block_bytes, 16, 0) || !stress_watch_start(&w, "stress,stress.flip"))
		return;
	stress_crowd_start(&crowd);
	for (unsigned i = 0; i < CHANGERS; i++) {
		changers[i] = (struct changer){ i, stress_part(self->amount, STRESS_TSAN ? 200 : 600) };
		if (pthread_create(&threads[i], NULL, change_for_long, &changers[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < CHANGERS; i++)
		pthread_join(threads[i], NULL);
	stress_crowd_stop(&crowd);
	stress_watch_finish(&w);
	STRESS_NEED(w.kinds[STRESS_OTHER] > 0);
	stress_note("sessions=%llu changes=%llu quiet=%llu", (unsigned long long)sessions_made, (unsigned long long)changes_made,
		    (unsigned long long)quiet_stretches);
}

/* ---- the consumer goes and comes again ------------------------------------------------------------ */

/* With the last session its thread ends; what was in the rings then is nobody's, and the next session gets nothing of it. */
void stress_restart(const struct stress_scenario *self)
{
	struct stress_crowd crowd = { .producers = self->producers, .timer_ns = self->timer_ns, .mode = STRESS_NAMED,
				      .calm_us = 200 };
	uint32_t random = stress_seed(1);
	uint64_t rounds = stress_part(self->amount, 20), stuck = 0, before;

	if (!stress_configure(self->ring_bytes, self->block_bytes, 16, 0))
		return;
	stress_crowd_start(&crowd);
	for (uint64_t i = 0; i < rounds; i++) {
		one_session(&random, stress_below(&random, 8));
		before = stress_emitted();
		stress_sleep_us(2000);
		stuck += stress_emitted() == before;
	}
	stress_crowd_stop(&crowd);
	STRESS_NEED(rill_traces_recorded() == -1);
	/* On a loaded machine a producer may not have run for these 2 ms; but a producer that waits never runs. */
	STRESS_NEED(stuck < rounds);
	stress_note("sessions=%llu", (unsigned long long)sessions_made);
}

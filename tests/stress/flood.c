/* SPDX-License-Identifier: MIT
 * flood.c - the plain cases: some producers, with or without timers on top of them, rings of any size, until so many events
 * were checked; and the same flat out, with three sessions of which one is slow.
 */
#include "stress.h"

#include <errno.h>
#include <string.h>

void stress_flood(const struct stress_scenario *self)
{
	struct stress_watch w = { .exact_gaps = self->producers == 1 && !self->timer_ns };
	struct stress_crowd crowd = { .producers = self->producers, .timer_ns = self->timer_ns,
				      .mode = w.exact_gaps ? STRESS_NAMED : STRESS_ALL, .pace = &w };

	if (!stress_configure(self->ring_bytes, self->block_bytes, 16, 0) || !stress_watch_start(&w, "stress"))
		return;
	stress_crowd_start(&crowd);
	stress_watch_wait(&w, stress_part(self->amount, 20000));
	stress_crowd_stop(&crowd);
	stress_watch_finish(&w);
	/* A row of handlers that never met an event shows nothing. ThreadSanitizer lets signals in only between events. */
	if (self->timer_ns && !STRESS_TSAN)
		STRESS_NEED(w.at_level[1] > 0);
	/* A handler on top of a handler on top of an event takes its time to be met with. */
	if (self->timer_ns && self->timer_ns < 50000 && !STRESS_TSAN && !stress_emulated() && w.events > 2000000)
		STRESS_NEED(w.at_level[2] > 0);
	stress_note("level1=%llu level2=%llu late=%llu", (unsigned long long)w.at_level[1], (unsigned long long)w.at_level[2],
		    (unsigned long long)w.late);
}

/* ---- overload ------------------------------------------------------------------------------------- */

static void be_slow(struct stress_watch *w)
{
	(void)w;
	stress_sleep_us(2000);
}

static uint64_t subscriber_lost(const struct stress_watch *w)
{
	struct rill_stats stats;

	return rill_session_stats(w->session, &stats) ? 0 : stats.lost[RILL_LOST_SUBSCRIBER];
}

void stress_overload(const struct stress_scenario *self)
{
	struct stress_watch fast = { .session = NULL }, slow = { .batch = be_slow }, shared = { .session = NULL };
	struct stress_watch *const all[] = { &fast, &slow, &shared };
	struct stress_crowd crowd = { .producers = self->producers, .mode = STRESS_ALL };

	shared.options.shared = true;
	slow.options.queue_bytes = 65536;
	if (!stress_configure(self->ring_bytes, self->block_bytes, 16, 0))
		return;
	for (unsigned i = 0; i < 3; i++)
		if (!stress_watch_start(all[i], "stress"))
			return;
	stress_crowd_start(&crowd);
	/* On a busy machine the rings lose nearly everything for long before the slow one gets more than it can take. */
	for (uint64_t wanted = stress_part(self->amount, 500000);
	     stress_emitted() < wanted || (!subscriber_lost(&slow) && stress_emitted() < 100 * wanted);)
		stress_sleep_us(1000);
	stress_crowd_stop(&crowd);
	for (unsigned i = 0; i < 3; i++)
		stress_watch_finish(all[i]);
	STRESS_NEED(fast.lost_total > 0);
	STRESS_NEED(slow.lost[RILL_LOST_SUBSCRIBER] > 0);
	stress_note("sessions=3 slow-subscriber-lost=%llu", (unsigned long long)slow.lost[RILL_LOST_SUBSCRIBER]);
}

/* ---- sizes that cannot be ------------------------------------------------------------------------- */

/* Refused with a sentence, and the program goes on with tracing off; then the smallest of all works. */
void stress_sizes(const struct stress_scenario *self)
{
	static const struct { uint64_t ring_bytes, block_bytes; } wrong[] = {
		{ 511, 0 }, { 1, 0 }, { UINT64_C(1) << 31, 0 }, { 4096, 4096 }, { 4096, 255 }, { 4096, 300 }, { 4096, 131072 }, { 512, 512 },
	};
	struct stress_watch w = { .session = NULL };
	uint32_t random = stress_seed(0), context = stress_context_new(STRESS_ALL);

	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct rill_config c = { .size = sizeof c, .buffer_bytes = wrong[i].ring_bytes, .block_bytes = wrong[i].block_bytes };

		STRESS_NEED(rill_configure(&c) == -EINVAL);
		STRESS_NEED(strlen(rill_error()) > 20);
		STRESS_NEED(rill_traces_recorded() == -1);
	}
	/* Any size in between is rounded up to one that works. */
	if (!stress_configure(512 + stress_below(&random, 3000), 256, 4, 0) || !stress_watch_start(&w, "stress"))
		return;
	for (uint64_t i = 0; i < stress_part(self->amount, 20000); i++) {
		stress_emit(context);
		if (i % 8 == 0 && stress_below(&random, 50) == 0)
			stress_sleep_us(100);
	}
	stress_watch_finish(&w);
	STRESS_NEED(w.events > 0);
	STRESS_NEED(rill_configure(&(struct rill_config){ .size = sizeof(struct rill_config), .buffer_bytes = 4096 }) == -EBUSY);
}

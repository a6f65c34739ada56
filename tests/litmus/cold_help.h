/* SPDX-License-Identifier: MIT
 * cold_help.h - the watermark under producers whose marks are slow to become visible (route/route.h has the rule).
 *
 * Each producer stores to memory that no cache holds before each event. The event's mark then waits in the store buffer behind
 * these stores, while its clock is read at once: the record gets a time of long before it can be seen. A
 * consumer that trusts what it sees would put the watermark over that time. The record is then late.
 */
#ifndef RILL_COLD_HELP_H
#define RILL_COLD_HELP_H

#include "litmus_help.h"
#include "route/route_private.h"

#include <stdatomic.h>

enum { COLD_PRODUCERS_MAX = 3, LATE_ENOUGH = 100 };

struct cold_run {
	const char *what;
	uint64_t run_ms;
	bool no_margin;		/* counters are taken for equal on all processors */
	bool until_late;	/* ends as soon as there are enough late records */
	struct rill_route_books books;
	uint64_t passes, emitted;
};

static _Atomic bool cold_over;
static _Atomic unsigned cold_ready;
static _Atomic uint64_t cold_emitted;
static cpu_set_t cold_processors;

static void *cold_producer(void *number)
{
	uint64_t random = (uint64_t)(uintptr_t)number, n = 0;
	char *cold = cold_memory();

	if (!cold)
		abort();
	run_on(&cold_processors, 1 + (unsigned)(uintptr_t)number);
	atomic_fetch_add(&cold_ready, 1);
	while (!atomic_load_explicit(&cold_over, memory_order_relaxed)) {
		store_cold(cold, &random);
		n++;
		RILL_INSTANT("cold", "event", "who", (uint64_t)(uintptr_t)number, "n", n);
	}
	atomic_fetch_add(&cold_emitted, n);
	free(cold);
	return NULL;
}

static uint64_t cold_numbers_wrong, cold_last[COLD_PRODUCERS_MAX];

static void cold_check(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (e->nargs != 2 || e->args[0].u >= COLD_PRODUCERS_MAX || e->args[1].u <= cold_last[e->args[0].u])
		cold_numbers_wrong++;
	else
		cold_last[e->args[0].u] = e->args[1].u;
}

/* Passes without a pause; the consumer's own thread sleeps. */
static void cold_passes(struct cold_run *r)
{
	uint64_t until_ms = now_ms() + r->run_ms;

	while (now_ms() < until_ms) {
		for (unsigned i = 0; i < 64; i++) {
			rill_route_lock();
			rill_route_pass();
			rill_route_unlock();
		}
		r->passes += 64;
		rill_route_books(&r->books);
		if (r->until_late && r->books.late >= LATE_ENOUGH)
			return;
	}
}

/* The books must close in any case, and each producer's numbers must be whole: also a mutant loses nothing but the order. */
static bool cold_run(struct cold_run *r)
{
	struct watch w = { .each = cold_check };
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 1 << 20, .threads_max = 8, .hold_max_ms = 10000,
				 .period_ms = 60000, .wake = RILL_WAKE_POLL };
	struct rill_stats stats;
	pthread_t threads[COLD_PRODUCERS_MAX];
	unsigned count = processors() - 1;

	count = count < 1 ? 1 : count > COLD_PRODUCERS_MAX ? COLD_PRODUCERS_MAX : count;
	litmus_limit_s((unsigned)(r->run_ms / 1000));
	NEED(sched_getaffinity(0, sizeof cold_processors, &cold_processors) == 0);
	NEED(rill_configure(&c) == 0);
	NEED(watch_start(&w, "cold"));
	rill_route_lock();
	if (r->no_margin)
		rill_route.skew_ticks = 0;
	rill_route_unlock();
	for (uintptr_t i = 0; i < count; i++)
		NEED(pthread_create(&threads[i], NULL, cold_producer, (void *)i) == 0);
	while (atomic_load(&cold_ready) < count)
		sleep_ms(1);
	run_on(&cold_processors, 0);
	cold_passes(r);
	atomic_store(&cold_over, true);
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	NEED(rill_session_flush(w.session, 10000) == 0);
	rill_route_books(&r->books);
	NEED(watch_stop(&w, &stats));
	r->emitted = atomic_load(&cold_emitted);
	litmus_figure("litmus what=%s producers=%u passes=%llu events=%llu lost=%llu late=%llu order=%s\n", r->what, count,
		      (unsigned long long)r->passes, (unsigned long long)r->emitted, (unsigned long long)stats.lost_total,
		      (unsigned long long)r->books.late, rill_route_lag_mode() ? "lag" : "membarrier");
	NEED_EQUAL(r->emitted, stats.delivered + stats.lost_total);
	NEED_EQUAL(cold_numbers_wrong, 0);
	NEED(r->passes > 100 && stats.delivered > 100);
	NEED_EQUAL(r->books.held, 0);
	return true;
}

#endif

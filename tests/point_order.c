/* SPDX-License-Identifier: MIT
 * point_order.c - a thread stopped inside an event holds the others up for hold_max and no longer, and what it then brings is
 * flagged late.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "port/port.h"
#include "ring/point.h"

#include <pthread.h>
#include <stdatomic.h>

enum { HOLD_MS = 100 };

static __thread bool stops;
static _Atomic bool inside, over, passed_by, waited_in_vain;
static _Atomic uint64_t others_emitted, inside_ns = UINT64_MAX;

/* Stopped until the others' events, or the end of their session, have come past it. */
static void point(enum rill_point at)
{
	if (at != RILL_POINT_FILLED || !stops)
		return;
	stops = false;
	atomic_store(&inside_ns, rill_port_monotonic_ns());
	atomic_store(&inside, true);
	for (uint64_t begin_ms = now_ms(); !atomic_load(&passed_by); sleep_ms(1)) {
		if (now_ms() - begin_ms > HOLD_MS + BUSY_MS * patience()) {
			atomic_store(&waited_in_vain, true);
			return;
		}
	}
}

static void *stopped(void *unused)
{
	(void)unused;
	RILL_INSTANT("order", "before");
	stops = true;
	RILL_INSTANT("order", "held");
	RILL_INSTANT("order", "after");
	return NULL;
}

static void *goes_on(void *unused)
{
	(void)unused;
	for (; !atomic_load(&over); sleep_ms(1)) {
		RILL_INSTANT("order", "other");
		atomic_fetch_add(&others_emitted, 1);
	}
	return NULL;
}

static uint64_t longest_delay_ms, held_late, held_seen, other_late;

static void look(struct watch *w, const struct rill_event *e)
{
	uint64_t delay_ms = now_ms() - e->ts_ns / 1000000;

	(void)w;
	if (strcmp(e->name, "held") == 0) {
		held_seen++;
		held_late += (e->state & RILL_EVENT_LATE) != 0;
	} else if (strcmp(e->name, "other") == 0) {
		other_late += (e->state & RILL_EVENT_LATE) != 0;
		if (delay_ms > longest_delay_ms && delay_ms < UINT64_MAX / 2)
			longest_delay_ms = delay_ms;
		if (e->ts_ns > atomic_load(&inside_ns))
			atomic_store(&passed_by, true);
	}
}

static bool hold(void)
{
	struct watch w = { .each = look, .options.flush_period_ms = 20 };
	struct rill_stats stats;
	pthread_t a, b;

	NEED(configure(65536, 0, 8, HOLD_MS));
	NEED(watch_start(&w, "order"));
	rill_point_hook = point;
	NEED(pthread_create(&b, NULL, goes_on, NULL) == 0);
	NEED(pthread_create(&a, NULL, stopped, NULL) == 0);
	pthread_join(a, NULL);
	sleep_ms(50);
	atomic_store(&over, true);
	pthread_join(b, NULL);
	rill_point_hook = NULL;
	NEED(atomic_load(&inside));
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, others_emitted + 3);
	NEED_EQUAL(stats.lost_total, 0);
	NEED_EQUAL(held_seen, 1);
	NEED_EQUAL(held_late, 1);
	NEED_EQUAL(other_late, 0);
	/* Held up, and yet not until the other went on. */
	NEED(longest_delay_ms >= HOLD_MS / 2);
	NEED(!atomic_load(&waited_in_vain));
	return true;
}

static void V_15_a_thread_stopped_inside_an_event_delays_the_others_by_hold_max_only(void)
{
	ISOLATED(hold);
}

/* A stop of the session waits for it no longer either. */
static bool stop_meanwhile(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pthread_t a;

	NEED(configure(65536, 0, 8, HOLD_MS));
	NEED(watch_start(&w, "order"));
	rill_point_hook = point;
	NEED(pthread_create(&a, NULL, stopped, NULL) == 0);
	while (!atomic_load(&inside))
		sleep_ms(1);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, 1);
	atomic_store(&passed_by, true);
	pthread_join(a, NULL);
	NEED(!atomic_load(&waited_in_vain));
	return true;
}

static void stop_does_not_wait_for_a_thread_stopped_inside_an_event(void)
{
	ISOLATED(stop_meanwhile);
}

static const struct test_case cases[] = {
	T(V_15_a_thread_stopped_inside_an_event_delays_the_others_by_hold_max_only),
	T(stop_does_not_wait_for_a_thread_stopped_inside_an_event),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("order, point by point", cases, argc, argv);
}

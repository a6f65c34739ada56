/* SPDX-License-Identifier: MIT
 * test_session_stop.c - stop is exact: what was committed before it is delivered or counted, nothing comes behind it, and
 * neither other sessions nor a stuck sink change that.
 */
#include "tests/session_help.h"
#include "tests/watch_help.h"

#include <pthread.h>
#include <signal.h>

enum { THREADS = 3, ROUNDS = 200 };

/* ---- threads that emit flat out and count --------------------------------------------------------- */

static _Atomic bool over, gate;
static _Atomic uint64_t attempts;
static _Atomic unsigned outside;

static void *emit_flat_out(void *unused)
{
	(void)unused;
	while (!atomic_load_explicit(&over, memory_order_relaxed))
		RILL_INSTANT("flat", "out", "n", 1);
	return NULL;
}

/* Emits only between gate on and gate off, and says when it is outside. */
static void *emit_by_gate(void *unused)
{
	(void)unused;
	while (!atomic_load(&over)) {
		if (!atomic_load(&gate)) {
			pause_ms(0);
			continue;
		}
		atomic_fetch_sub(&outside, 1);
		for (int i = 0; i < 50 && atomic_load(&gate); i++) {
			RILL_INSTANT("flat", "counted", "n", i);
			atomic_fetch_add(&attempts, 1);
		}
		atomic_fetch_add(&outside, 1);
	}
	return NULL;
}

static void start_threads(pthread_t *threads, int count, void *(*run)(void *))
{
	atomic_store(&over, false);
	atomic_store(&outside, THREADS);
	for (int i = 0; i < count; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run, NULL), 0);
}

static void end_threads(pthread_t *threads, int count)
{
	atomic_store(&over, true);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* ---- exact ---------------------------------------------------------------------------------------- */

static void the_books_of_a_session_close_while_threads_come_and_go(void)
{
	pthread_t threads[THREADS];

	start_threads(threads, THREADS, emit_by_gate);
	for (int round = 0; round < 40; round++) {
		struct taken t = { .only = "flat" };
		struct rill_session *s = start_counting(&t, "flat", round % 2);
		struct rill_stats stats;

		atomic_store(&attempts, 0);
		atomic_store(&gate, true);
		pause_ms(2);
		atomic_store(&gate, false);
		pause_ms(2);	/* a thread may have seen the gate open just now */
		while (atomic_load(&outside) != THREADS)
			pause_ms(0);
		CU_ASSERT_EQUAL(rill_session_flush(s, 60000), 0);
		CU_ASSERT_EQUAL(rill_session_stats(s, &stats), 0);
		stop(s);
		CU_ASSERT_EQUAL(stats.delivered, t.count);
		CU_ASSERT_EQUAL(stats.delivered + stats.lost_total, attempts);
		CU_ASSERT_EQUAL(t.foreign, 0);
	}
	end_threads(threads, THREADS);
}

static void nothing_is_delivered_behind_stop_in_200_rounds_flat_out(void)
{
	pthread_t thread;
	uint64_t sum = 0;

	start_threads(&thread, 1, emit_flat_out);
	for (int round = 0; round < ROUNDS; round++) {
		struct taken *t = calloc(1, sizeof *t);	/* freed at once: a late batch would be found by ASan */
		struct rill_session *s;
		uint64_t at_stop;

		t->only = "flat";
		s = start_counting(t, "flat", round % 3 == 2);
		if (round % 4 == 0)
			pause_ms(1);
		stop(s);
		at_stop = t->count;
		if (round % 16 == 0)
			pause_ms(1);
		CU_ASSERT_EQUAL(t->count, at_stop);
		CU_ASSERT_EQUAL(t->foreign, 0);
		sum += at_stop;
		free(t);
	}
	end_threads(&thread, 1);
	CU_ASSERT(sum > 0);
}

static void a_session_is_complete_although_others_start_and_stop_beside_it(void)
{
	pthread_t threads[THREADS];
	struct taken t = { .only = "flat" };
	struct rill_session *steady = start_counting(&t, "flat", false);
	struct rill_stats stats;

	atomic_store(&attempts, 0);
	start_threads(threads, THREADS, emit_by_gate);
	atomic_store(&gate, true);
	while (!atomic_load(&attempts))
		pause_ms(0);
	/* Four threads leave ThreadSanitizer's consumer little: each round takes seconds. */
	for (int round = 0; round < (WATCH_TSAN ? 3 : 10); round++) {
		struct taken other = { .only = "flat" };
		struct rill_session *s = start_counting(&other, round % 2 ? "flat" : "f*,-x", round % 3 == 0);

		CU_ASSERT_EQUAL(rill_session_enable(s, "more"), 0);
		stop(s);
	}
	end_threads(threads, THREADS);
	atomic_store(&gate, false);
	CU_ASSERT_EQUAL(rill_session_flush(steady, 60000), 0);
	CU_ASSERT_EQUAL(rill_session_stats(steady, &stats), 0);
	stop(steady);
	CU_ASSERT(attempts > 0);
	CU_ASSERT_EQUAL(stats.delivered, t.count);
	CU_ASSERT_EQUAL(stats.delivered + stats.lost_total, attempts);
}

static void EV_4_a_scope_that_stop_cuts_has_no_end_and_leaves_nothing_open(void)
{
	struct taken t = { .only = NULL }, u = { .only = NULL };
	struct rill_session *s = start_counting(&t, "cut", false);

	{
		RILL_SCOPE("cut", "scope");
		stop(s);
		s = start_counting(&u, "cut", false);
	}
	RILL_INSTANT("cut", "behind");
	stop(s);
	CU_ASSERT_EQUAL(t.count, 1);
	CU_ASSERT_EQUAL(u.count, 1);	/* not the end of what began before it */
	CU_ASSERT_STRING_EQUAL(u.last, "behind");
}

static void EV_5_a_scope_entered_while_off_records_nothing(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s;

	{
		RILL_SCOPE("cut", "scope");
		s = start_counting(&t, "cut", false);
	}
	stop(s);
	CU_ASSERT_EQUAL(t.count, 0);
}

/* ---- stops in a crowd ----------------------------------------------------------------------------- */

static struct rill_session *contested;
static _Atomic unsigned winners, refused;

static void *stop_contested(void *unused)
{
	(void)unused;
	atomic_fetch_add(rill_session_stop(contested) == 0 ? &winners : &refused, 1);
	return NULL;
}

static void of_many_stops_at_once_exactly_one_succeeds(void)
{
	for (int round = 0; round < 20; round++) {
		pthread_t threads[4];
		struct taken t = { .only = NULL };

		contested = start_counting(&t, "ct", false);
		atomic_store(&winners, 0);
		atomic_store(&refused, 0);
		for (int i = 0; i < 4; i++)
			CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, stop_contested, NULL), 0);
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		CU_ASSERT_EQUAL(winners, 1);
		CU_ASSERT_EQUAL(refused, 3);
	}
}

static void *start_and_stop_often(void *number)
{
	for (int i = 0; i < 15; i++) {
		struct taken t = { .only = NULL };
		struct rill_session *s = start_counting(&t, "crowd", (uintptr_t)number % 2);
		struct rill_stats stats;

		RILL_INSTANT("crowd", "one");
		CU_ASSERT_EQUAL(rill_session_enable(s, "crowd.more"), 0);
		CU_ASSERT_EQUAL(rill_session_disable(s, "crowd.more"), 0);
		CU_ASSERT_EQUAL(rill_session_flush(s, 60000), 0);
		CU_ASSERT_EQUAL(rill_session_stats(s, &stats), 0);
		CU_ASSERT(stats.delivered >= 1);
		stop(s);
		CU_ASSERT(t.count >= 1);
	}
	return NULL;
}

static void four_threads_start_change_flush_and_stop_at_once(void)
{
	pthread_t threads[4];

	for (uintptr_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, start_and_stop_often, (void *)i), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

/* ---- stuck sinks ---------------------------------------------------------------------------------- */

static void stop_takes_about_two_seconds_though_the_sink_is_stuck(void)
{
	static struct kept k;	/* the writer that was given up may still look at it */
	struct rill_session_options o = to_kept(&k, "stuck");
	struct rill_session *s;
	uint64_t begin, took;

	o.queue_bytes = 65536;
	s = start_with(&o);
	atomic_store(&k.stuck, true);
	for (int i = 0; i < 20000; i++)
		RILL_INSTANT("stuck", "event", "i", i);
	begin = now_ms();
	stop(s);
	took = now_ms() - begin;
	CU_ASSERT(took >= 100);
	CU_ASSERT(took < BUSY_MS);
	atomic_store(&k.stuck, false);
	pause_ms(50);
}

static void *flush_for_long(void *session)
{
	return (void *)(intptr_t)rill_session_flush(session, 60000);
}

static void stop_does_not_wait_for_a_flush_that_has_more_time(void)
{
	static struct kept k;
	struct rill_session_options o = to_kept(&k, "stuck");
	struct rill_session *s;
	pthread_t thread;
	uint64_t begin;
	void *result;

	o.queue_bytes = 65536;
	s = start_with(&o);
	atomic_store(&k.stuck, true);
	for (int i = 0; i < 20000; i++)
		RILL_INSTANT("stuck", "event", "i", i);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, flush_for_long, s), 0);
	pause_ms(50);
	begin = now_ms();
	stop(s);
	CU_ASSERT(now_ms() - begin < BUSY_MS);
	pthread_join(thread, &result);
	CU_ASSERT_EQUAL((intptr_t)result, -ENOENT);
	atomic_store(&k.stuck, false);
	pause_ms(50);
}

static const struct test_case cases[] = {
	T(the_books_of_a_session_close_while_threads_come_and_go),
	T(nothing_is_delivered_behind_stop_in_200_rounds_flat_out),
	T(a_session_is_complete_although_others_start_and_stop_beside_it),
	T(EV_4_a_scope_that_stop_cuts_has_no_end_and_leaves_nothing_open),
	T(EV_5_a_scope_entered_while_off_records_nothing),
	T(of_many_stops_at_once_exactly_one_succeeds),
	T(four_threads_start_change_flush_and_stop_at_once),
	T(stop_takes_about_two_seconds_though_the_sink_is_stuck),
	T(stop_does_not_wait_for_a_flush_that_has_more_time),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("session stop", cases, argc, argv);
}

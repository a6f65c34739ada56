/* SPDX-License-Identifier: MIT
 * test_time.c - clocks that go wrong while threads trace: the order holds, nothing is lost, and what was moved is flagged.
 *
 * test_clock.c and test_clock_jump.c look at the conversion alone, on clocks that are stepped by hand.
 */
#define _GNU_SOURCE
#include "time_help.h"

#include <stdatomic.h>

enum { THREADS = 4 };

static _Atomic bool over;
static _Atomic uint64_t emitted;

/* ---- what every case wants ------------------------------------------------------------------------ */

static uint64_t clamped, clamped_behind_jump, behind_jump, numbers_wrong, last_number[THREADS + 1], own_late;
static _Atomic uint64_t jumps, slept, set;
static int64_t set_us[8], slept_us[8];

static int64_t value_of(const struct rill_event *e, const char *name)
{
	for (unsigned i = 0; i < e->nargs; i++)
		if (strcmp(e->args[i].name, name) == 0)
			return e->args[i].i;
	return INT64_MIN;
}

static void look_at_own(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (strcmp(e->name, "clock jumped") == 0)
		jumps++;
	else if (strcmp(e->name, "wall clock set") == 0)
		set_us[set++ % 8] = value_of(e, "set_us");
	else if (strcmp(e->name, "machine slept") == 0)
		slept_us[slept++ % 8] = value_of(e, "slept_us");
	else
		numbers_wrong++;
	own_late += (e->state & RILL_EVENT_LATE) != 0;
}

static void look(struct watch *w, const struct rill_event *e)
{
	(void)w;
	clamped += (e->state & RILL_EVENT_CLAMPED) != 0;
	clamped_behind_jump += jumps && (e->state & RILL_EVENT_CLAMPED) != 0;
	behind_jump += jumps != 0;
	if (e->phase == 'E')
		return;
	if (e->nargs < 2 || e->args[0].u > THREADS || e->args[1].u <= last_number[e->args[0].u])
		numbers_wrong++;
	else
		last_number[e->args[0].u] = e->args[1].u;
}

static void emit(uint64_t who, uint64_t n)
{
	RILL_INSTANT("time", "event", "who", who, "n", n);
	atomic_fetch_add(&emitted, 1);
}

static void *producer(void *number)
{
	for (uint64_t n = 1; !atomic_load_explicit(&over, memory_order_relaxed); n++) {
		emit((uintptr_t)number, n);
		if (n % 16 == 0)
			sched_yield();
		if (n % 64 == 0)
			sleep_ms(1);
	}
	return NULL;
}

/* A slow machine has much to give out before it. */
static bool wait_for(_Atomic uint64_t *count, uint64_t wanted)
{
	for (unsigned i = 0; i < 20000 && atomic_load(count) < wanted; i++)
		sleep_ms(1);
	return atomic_load(count) == wanted;
}

static pthread_t threads[THREADS];

static bool start_threads(void)
{
	for (uintptr_t i = 0; i < THREADS; i++)
		NEED(pthread_create(&threads[i], NULL, producer, (void *)i) == 0);
	return true;
}

static bool end_and_check(struct watch *w, struct rill_route_books *books)
{
	struct rill_stats stats;

	atomic_store(&over, true);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	NEED(watch_stop(w, &stats));	/* not a step back among them */
	rill_route_books(books);
	NEED_EQUAL(stats.delivered + stats.lost_total, atomic_load(&emitted));	/* a slow machine may fill the rings */
	NEED(stats.delivered > THREADS);
	NEED_EQUAL(numbers_wrong, 0);
	NEED_EQUAL(own_late, 0);
	NEED_EQUAL(books->clamped, clamped);
	return true;
}

/* ---- a clock that goes back in one thread --------------------------------------------------------- */

enum { BACK_ROUNDS = 20, BACK_EVENTS = 50 };
static uint64_t injected;

/* In the place of one producer: now and then its counter is 1 ms behind. */
static void go_back(void (*between)(void))
{
	uint64_t n = 0;

	for (unsigned round = 0; round < BACK_ROUNDS; round++) {
		uint64_t now = rill_fake_errant_source.read();

		rill_fake_own_ticks = now;
		emit(THREADS, ++n);
		for (unsigned i = 0; i < BACK_EVENTS; i++) {
			rill_fake_own_ticks = now - 1000 * GHZ + i;
			emit(THREADS, ++n);
			injected++;
		}
		rill_fake_own_ticks = 0;
		emit(THREADS, ++n);
		sleep_ms(3);
		between();
	}
}

static void nothing(void)
{
}

static bool back_in_one_pass(void)
{
	struct watch w = { .each = look, .each_own = look_at_own };
	struct rill_route_books books;

	rill_fake_errant_reset(UINT64_C(1) << 40, GHZ);
	NEED(configure_for_one_pass(4 << 20));
	NEED(watch_start(&w, "time"));
	NEED(start_threads());
	rill_route_lock();	/* the consumer's first pass may come late */
	go_back(nothing);
	rill_route_unlock();
	NEED(end_and_check(&w, &books));
	NEED_EQUAL(clamped, injected);
	NEED_EQUAL(injected, BACK_ROUNDS * BACK_EVENTS);
	NEED_EQUAL(w.late, 0);
	NEED_EQUAL(jumps, 0);
	return true;
}

static void pass_now(void)
{
	rill_route_lock();
	rill_route_pass();
	rill_route_unlock();
}

/* What others have given out meanwhile cannot be taken back: that is late besides. */
static bool back_between_passes(void)
{
	struct watch w = { .each = look, .each_own = look_at_own };
	struct rill_route_books books;

	rill_fake_errant_reset(UINT64_C(1) << 40, GHZ);
	NEED(configure(1 << 20, 0, 16, 0));
	NEED(watch_start(&w, "time"));
	NEED(start_threads());
	go_back(pass_now);
	NEED(end_and_check(&w, &books));
	NEED_EQUAL(clamped, injected);
	NEED(w.late <= injected);
	return true;
}

static void V_21_a_clock_that_goes_back_in_one_thread_is_clamped_flagged_and_counted(void)
{
	ISOLATED(back_in_one_pass);
	ISOLATED(back_between_passes);
}

/* One hour ahead: it would keep all that follows in its ring for an hour. */
static bool ahead_in_one_thread(void)
{
	struct watch w = { .each = look, .each_own = look_at_own };
	struct rill_route_books books;
	uint64_t n = 0;

	rill_fake_errant_reset(UINT64_C(1) << 40, GHZ);
	NEED(configure(1 << 20, 0, 16, 0));
	NEED(watch_start(&w, "time"));
	NEED(start_threads());
	for (unsigned round = 0; round < BACK_ROUNDS; round++) {
		emit(THREADS, ++n);
		rill_fake_own_ticks = rill_fake_errant_source.read() + HOUR_NS;
		for (unsigned i = 0; i < BACK_EVENTS; i++)
			emit(THREADS, ++n);
		rill_fake_own_ticks = 0;
		emit(THREADS, ++n);
		sleep_ms(3);
	}
	NEED(end_and_check(&w, &books));
	NEED(clamped >= BACK_ROUNDS * BACK_EVENTS);
	NEED_EQUAL(w.late, 0);
	return true;
}

static void a_thread_whose_clock_runs_an_hour_ahead_keeps_nothing_back(void)
{
	ISOLATED(ahead_in_one_thread);
}

/* ---- counters that wrap, and coarse ones ---------------------------------------------------------- */

/* A pass each 20 ms over 300 ms. */
static bool trace_over(uint64_t start, uint64_t ticks_per_us, uint64_t granule, struct watch *w, struct rill_route_books *books)
{
	rill_fake_errant_reset(start, ticks_per_us);
	rill_fake_errant.granule = granule;
	w->each = look;
	w->each_own = look_at_own;
	NEED(configure(1 << 20, 0, 16, 0));
	NEED(watch_start(w, "time"));
	NEED(start_threads());
	sleep_ms(300);
	return end_and_check(w, books);
}

/* 2^32 ticks each 43 ms: most blocks need a new base. */
static bool low_word_wraps(void)
{
	struct rill_route_books books;
	struct watch w = { .session = NULL };

	NEED(trace_over(UINT64_C(77) << 32, 100 * GHZ, 0, &w, &books));
	NEED_EQUAL(w.late, 0);
	NEED_EQUAL(clamped, 0);
	NEED_EQUAL(jumps, 0);
	return true;
}

static void the_low_word_of_the_counter_may_wrap_at_any_event(void)
{
	ISOLATED(low_word_wraps);
}

/* In the middle of the trace. What a thread wrote behind the wrap and before the pass that noticed it is moved up to it. */
static bool whole_counter_wraps(void)
{
	struct rill_route_books books;
	struct watch w = { .session = NULL };

	NEED(trace_over(0 - UINT64_C(150000) * GHZ, GHZ, 0, &w, &books));
	NEED_EQUAL(w.late, 0);
	NEED_EQUAL(jumps, 0);
	return true;
}

static void the_whole_counter_may_wrap(void)
{
	ISOLATED(whole_counter_wraps);
}

/* ---- ties ----------------------------------------------------------------------------------------- */

static uint64_t last_ns, ties, ties_out_of_order;
static uint32_t last_tid;

static void look_at_ties(struct watch *w, const struct rill_event *e)
{
	if (e->ts_ns == last_ns) {
		ties++;
		ties_out_of_order += e->tid < last_tid;
	}
	last_ns = e->ts_ns;
	last_tid = e->tid;
	look(w, e);
}

static bool coarse(void)
{
	struct watch w = { .each = look_at_ties, .each_own = look_at_own };
	struct rill_route_books books;

	rill_fake_errant_reset(UINT64_C(1) << 40, GHZ);
	rill_fake_errant.granule = 30518;	/* a counter of 32768 Hz */
	NEED(configure(1 << 20, 0, 16, 0));
	NEED(watch_start(&w, "time"));
	NEED(start_threads());
	sleep_ms(300);
	NEED(end_and_check(&w, &books));
	NEED_EQUAL(w.late, 0);
	NEED_EQUAL(clamped, 0);
	NEED(ties > atomic_load(&emitted) / 2);
	NEED_EQUAL(ties_out_of_order, 0);
	return true;
}

static void events_of_one_tick_come_by_thread_and_then_in_their_order(void)
{
	ISOLATED(coarse);
}

/* ---- the wall clock ------------------------------------------------------------------------------- */

static bool wall_clock_steps(void)
{
	struct watch w = { .each = look, .each_own = look_at_own };
	struct rill_route_books books;

	rill_fake_errant_reset(UINT64_C(1) << 40, GHZ);
	NEED(configure(1 << 20, 0, 16, 0));
	NEED(watch_start(&w, "time"));
	NEED(start_threads());
	sleep_ms(100);
	rill_fake_errant.realtime_off_ns -= HOUR_NS;
	NEED(wait_for(&set, 1));
	rill_fake_errant.realtime_off_ns += 2 * HOUR_NS;
	NEED(wait_for(&set, 2));
	sleep_ms(50);
	NEED(end_and_check(&w, &books));
	NEED_EQUAL(w.late, 0);
	NEED_EQUAL(clamped, 0);
	NEED_EQUAL(jumps, 0);
	NEED_EQUAL(slept, 0);
	NEED_EQUAL(set, 2);
	NEED(llabs(set_us[0] + 3600000000) < 10000);
	NEED(llabs(set_us[1] - 7200000000) < 10000);
	return true;
}

/* In a file it is an event like any other, with all clocks in it. */
static bool wall_clock_step_in_json(void)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	char json[65536];
	FILE *f = tmpfile();
	size_t size;

	NEED(f != NULL);
	rill_fake_errant_reset(UINT64_C(1) << 40, GHZ);
	o.filter = "-*";	/* nothing of the program's own */
	o.out = RILL_OUT_FD;
	o.fd = fileno(f);
	NEED(rill_session_start(&o, &s) == 0);
	for (unsigned i = 0; i < 2; i++) {
		sleep_ms(5);
		NEED(rill_session_flush(s, 60000) == 0);
		rill_fake_errant.realtime_off_ns -= HOUR_NS * !i;
	}
	NEED(rill_session_stop(s) == 0);
	rewind(f);
	size = fread(json, 1, sizeof json - 1, f);
	json[size] = '\0';
	fclose(f);
	NEED(strstr(json, "\"name\":\"wall clock set\"") != NULL);
	NEED(strstr(json, "\"set_us\":-36000") || strstr(json, "\"set_us\":-35999"));
	NEED(strstr(json, "\"slept_us\":0,") && strstr(json, "\"epoch\":0,"));
	NEED(strstr(json, "\"realtime_us\":") && strstr(json, "\"boottime_us\":") && strstr(json, "\"monotonic_us\":"));
	return true;
}

static void V_18_steps_of_the_wall_clock_change_no_order_and_are_in_the_stream(void)
{
	ISOLATED(wall_clock_steps);
	ISOLATED(wall_clock_step_in_json);
}

static uint64_t scopes, scope_off_us;

static void look_at_scope(struct watch *w, const struct rill_event *e)
{
	uint64_t us = (e->ts_ns - e->begin_ns) / 1000;

	(void)w;
	if (!(e->state & RILL_EVENT_HAS_BEGIN))
		return;
	scopes++;
	scope_off_us = us < 20000 ? 20000 - us : us - 20000;
}

static bool scope_over_a_step(void)
{
	struct watch w = { .each = look_at_scope };
	struct rill_stats stats;

	rill_fake_errant_reset(UINT64_C(1) << 40, GHZ);
	NEED(configure_for_one_pass(65536));
	NEED(watch_start(&w, "time"));
	{
		uint64_t now = rill_fake_own_ticks = rill_fake_errant_source.read();

		RILL_SCOPE("time", "over the step");
		rill_fake_errant.realtime_off_ns -= HOUR_NS;
		sleep_ms(25);
		rill_fake_own_ticks = now + 20000 * GHZ;
	}
	rill_fake_own_ticks = 0;
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(scopes, 1);
	NEED(scope_off_us <= 1);
	return true;
}

static void V_18_a_duration_over_a_step_of_the_wall_clock_is_what_it_was(void)
{
	ISOLATED(scope_over_a_step);
}

/* ---- suspend, migration, a counter that starts again ---------------------------------------------- */

static bool disturbed(struct watch *w, void (*disturb)(void), _Atomic uint64_t *told, struct rill_route_books *books)
{
	rill_fake_errant_reset(UINT64_C(1) << 40, GHZ);
	w->each = look;
	w->each_own = look_at_own;
	NEED(configure(1 << 20, 0, 16, 0));
	NEED(watch_start(w, "time"));
	NEED(start_threads());
	sleep_ms(150);
	disturb();
	NEED(wait_for(told, 1));
	sleep_ms(100);
	NEED(end_and_check(w, books));
	NEED_EQUAL(w->late, 0);
	NEED_EQUAL(*told, 1);
	return true;
}

static void counter_ran_on(void)
{
	rill_fake_errant.boottime_off_ns += UINT64_C(10000000000);
	rill_fake_errant.realtime_off_ns += UINT64_C(10000000000);
	rill_fake_errant.start += UINT64_C(10000000) * GHZ;
}

static bool slept_with_running_counter(void)
{
	struct rill_route_books books;
	struct watch w = { .session = NULL };

	NEED(disturbed(&w, counter_ran_on, &jumps, &books));
	NEED_EQUAL(set, 0);
	NEED_EQUAL(clamped_behind_jump, 0);
	return true;
}

static void counter_stood(void)
{
	rill_fake_errant.boottime_off_ns += UINT64_C(10000000000);
	rill_fake_errant.realtime_off_ns += UINT64_C(10000000000);
}

static bool slept_with_standing_counter(void)
{
	struct rill_route_books books;
	struct watch w = { .session = NULL };

	NEED(disturbed(&w, counter_stood, &slept, &books));
	NEED_EQUAL(clamped, 0);
	NEED_EQUAL(jumps, 0);
	NEED_EQUAL(set, 0);
	NEED(llabs(slept_us[0] - 10000000) < 10000);
	return true;
}

static void V_22_ten_seconds_of_suspend_are_one_record_and_no_event_is_late(void)
{
	ISOLATED(slept_with_running_counter);
	ISOLATED(slept_with_standing_counter);
}

static void counter_began_again(void)
{
	rill_fake_errant.start = 0 - (rill_fake_errant_source.read() - rill_fake_errant.start);
}

static bool began_again(void)
{
	struct rill_route_books books;
	struct watch w = { .session = NULL };

	NEED(disturbed(&w, counter_began_again, &jumps, &books));
	NEED(behind_jump > 0);
	NEED_EQUAL(clamped_behind_jump, 0);	/* only what was written before that was noticed */
	return true;
}

static void counter_began_again_in_lag_mode(void)
{
	rill_route_lock();
	rill_route_lag();
	rill_route_unlock();
	sleep_ms(50);
	counter_began_again();
}

static bool began_again_in_lag_mode(void)
{
	struct rill_route_books books;
	struct watch w = { .session = NULL };

	NEED(disturbed(&w, counter_began_again_in_lag_mode, &jumps, &books));
	NEED(behind_jump > 0);
	NEED_EQUAL(clamped_behind_jump, 0);
	return true;
}

static void V_22_a_counter_that_begins_again_after_a_suspend_is_one_record_and_no_event_is_late(void)
{
	ISOLATED(began_again);
	ISOLATED(began_again_in_lag_mode);
}

static void counter_went_back_a_second(void)
{
	rill_fake_errant.start -= UINT64_C(1000000) * GHZ;
}

static bool went_back_a_second(void)
{
	struct rill_route_books books;
	struct watch w = { .session = NULL };

	NEED(disturbed(&w, counter_went_back_a_second, &jumps, &books));
	NEED(behind_jump > 0);
	NEED_EQUAL(clamped_behind_jump, 0);	/* only what was written before that was noticed */
	return true;
}

static void V_22_a_machine_whose_counter_is_a_second_behind_takes_over_and_no_event_is_late(void)
{
	ISOLATED(went_back_a_second);
}

static uint64_t begins, ends;

static void look_at_begins_and_ends(struct watch *w, const struct rill_event *e)
{
	(void)w;
	begins += e->phase == 'B';
	ends += e->phase == 'E';
}

static void *write_behind(void *unused)
{
	RILL_SCOPE("time", "behind");
	RILL_INSTANT("time", "behind");
	return unused;
}

/* Behind the start of the second session comes no pass before the counter begins again: the consumer has had its first one. */
static bool began_again_behind_the_start(void)
{
	struct watch other = { .session = NULL }, w = { .each = look_at_begins_and_ends };
	struct rill_stats stats;
	pthread_t fresh;	/* with nothing of before in its ring */

	rill_fake_errant_reset(UINT64_C(1) << 40, GHZ);
	NEED(configure_for_one_pass(65536));
	NEED(watch_start(&other, "other"));
	sleep_ms(50);
	NEED(watch_start(&w, "time"));
	RILL_INSTANT("time", "before");
	{
		RILL_SCOPE("time", "across");
		counter_began_again();
		NEED(pthread_create(&fresh, NULL, write_behind, NULL) == 0);
		pthread_join(fresh, NULL);
	}
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, 6);
	NEED_EQUAL(stats.lost_total, 0);
	NEED_EQUAL(begins, 2);
	NEED_EQUAL(ends, 2);
	NEED(watch_stop(&other, &stats));
	return true;
}

static void a_counter_that_begins_again_right_behind_the_start_of_a_session_loses_nothing(void)
{
	ISOLATED(began_again_behind_the_start);
}

static const struct test_case cases[] = {
	T(V_18_steps_of_the_wall_clock_change_no_order_and_are_in_the_stream),
	T(V_18_a_duration_over_a_step_of_the_wall_clock_is_what_it_was),
	T(V_21_a_clock_that_goes_back_in_one_thread_is_clamped_flagged_and_counted),
	T(V_22_ten_seconds_of_suspend_are_one_record_and_no_event_is_late),
	T(V_22_a_counter_that_begins_again_after_a_suspend_is_one_record_and_no_event_is_late),
	T(V_22_a_machine_whose_counter_is_a_second_behind_takes_over_and_no_event_is_late),
	T(a_thread_whose_clock_runs_an_hour_ahead_keeps_nothing_back),
	T(the_low_word_of_the_counter_may_wrap_at_any_event),
	T(the_whole_counter_may_wrap),
	T(a_counter_that_begins_again_right_behind_the_start_of_a_session_loses_nothing),
	T(events_of_one_tick_come_by_thread_and_then_in_their_order),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("time", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_clock.c - from ticks to nanoseconds: rates, wraps, and the real clocks.
 */
#include "clock_help.h"
#include "test.h"

#include "route/clock_math.h"

#include <rill/clock.h>
#include <stdlib.h>

/* ---- arithmetic ------------------------------------------------------------------------------ */

static void the_rate_of_equal_spans_is_one(void)
{
	CU_ASSERT_EQUAL(rill_clock_mult(1, 1), UINT64_C(1) << 48);
	CU_ASSERT_EQUAL(rill_clock_mult(S, S), UINT64_C(1) << 48);
	CU_ASSERT_EQUAL(rill_clock_scale(UINT64_MAX, UINT64_C(1) << 48), UINT64_MAX);
	CU_ASSERT_EQUAL(rill_clock_scale(12345, UINT64_C(3) << 47), 18517);
}

static void a_rate_too_steep_for_its_type_is_the_steepest(void)
{
	CU_ASSERT_EQUAL(rill_clock_mult(S, 0), UINT64_MAX);
	CU_ASSERT_EQUAL(rill_clock_mult(UINT64_MAX, 1), UINT64_MAX);
	CU_ASSERT_EQUAL(rill_clock_scale(UINT64_MAX, UINT64_MAX), UINT64_MAX);
	CU_ASSERT_EQUAL(rill_clock_scale(0, UINT64_MAX), 0);
}

static void a_span_times_its_rate_is_the_span_again(void)
{
	srand(1);
	for (int i = 0; i < 100000; i++) {
		uint64_t ticks = ((uint64_t)rand() << 16 | (uint64_t)rand()) + 1;
		uint64_t ns = (uint64_t)rand() << (i % 17);
		uint64_t mult = rill_clock_mult(ns, ticks), back = rill_clock_scale(ticks, mult);

		if (mult == UINT64_MAX)
			continue;
		/* Rounded down twice: 1 ns less, and never more. */
		CU_ASSERT_TRUE_FATAL(back <= ns && ns - back <= 1);
	}
}

/* ---- slopes ---------------------------------------------------------------------------------- */

static void check_rate(uint64_t hz, uint64_t error_max_ns)
{
	uint64_t last = 0, worst = 0, error;
	unsigned backward = 0;

	start(123456789, hz);
	for (int i = 0; i < 200; i++) {
		error = pass(20 * MS, &last, &backward);
		worst = error > worst ? error : worst;
	}
	CU_ASSERT_TRUE(worst <= error_max_ns);
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static void events_are_interpolated_at_any_rate(void)
{
	check_rate(TSC_HZ, 50);
	check_rate(10 * S, 50);
	check_rate(S, 50);
	check_rate(62500000, 50 + 16);
	check_rate(24000000, 50 + 42);
	check_rate(1000000, 50 + 2 * US);
	check_rate(32768, 50 + 2 * 30518);
}

static void V_19_ten_minutes_of_slew_by_500_ppm_stay_within_a_microsecond(void)
{
	uint64_t last = 0, worst = 0, worst_event = 0;
	unsigned backward = 0;

	start(TSC_HZ * 4000, TSC_HZ);
	for (int i = 0; i < 10 * 60 * 50; i++) {
		uint64_t error, at_event;

		if (i % 3000 == 500)
			rill_fake_clock.slew_ppm = 500;
		if (i % 3000 == 2000)
			rill_fake_clock.slew_ppm = -500;
		at_event = pass(20 * MS, &last, &backward);
		error = error_at_snapshot();
		worst = error > worst ? error : worst;
		worst_event = at_event > worst_event ? at_event : worst_event;
	}
	CU_ASSERT_TRUE(worst <= US);
	CU_ASSERT_TRUE(worst_event <= US);
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static void events_behind_the_snapshot_follow_the_slope_and_are_corrected_later(void)
{
	uint64_t last = 0, worst = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	for (int i = 0; i < 2000; i++) {
		/* Recorded while the pass ran: up to 900 us beyond its snapshot. */
		struct event late[3];

		rill_fake_clock.slew_ppm = i % 200 < 100 ? 500 : -500;
		pass(5 * MS, &last, &backward);
		for (int j = 0; j < 3; j++) {
			uint64_t ns;

			rill_fake_clock_step(300 * US);
			late[j] = event_now();
			ns = rill_timebase_ns(&tb, late[j].ticks);
			backward += ns < last;
			last = ns;
			worst = distance(ns, late[j].ns) > worst ? distance(ns, late[j].ns) : worst;
		}
		CU_ASSERT_TRUE_FATAL(error_at_snapshot() <= US);
	}
	CU_ASSERT_TRUE(worst <= 2 * US);
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static void an_idle_hour_is_one_piece(void)
{
	struct event e;
	uint64_t last = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	pass(20 * MS, &last, &backward);
	rill_fake_clock.slew_ppm = 200;
	rill_fake_clock_step(1800 * S);
	e = event_now();
	rill_fake_clock_step(1800 * S);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_TRUE(error_of(e) <= 100);
	CU_ASSERT_EQUAL(error_at_snapshot(), 0);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static void a_snapshot_is_taken_once_in_a_millisecond(void)
{
	start(1, TSC_HZ);
	CU_ASSERT_FALSE(rill_timebase_update(&tb));
	rill_fake_clock_step(900 * US);
	CU_ASSERT_FALSE(rill_timebase_update(&tb));
	rill_fake_clock_step(110 * US);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_FALSE(rill_timebase_update(&tb));
}

static void a_snapshot_holds_all_clocks_at_one_instant(void)
{
	start(1, TSC_HZ);
	rill_fake_clock_step(7 * S);
	rill_timebase_snapshot(&tb);
	CU_ASSERT_TRUE(distance(tb.newest.monotonic_ns - tb.newest.raw_ns, S) <= 40);
	CU_ASSERT_TRUE(distance(tb.newest.boottime_ns - tb.newest.monotonic_ns, 100 * S) <= 40);
	CU_ASSERT_TRUE(distance(tb.newest.realtime_ns - tb.newest.monotonic_ns,
				UINT64_C(1799993000) * S) <= 40);
	CU_ASSERT_TRUE(tb.newest.uncertainty_ns > 0 && tb.newest.uncertainty_ns <= 60);
}

static void a_clock_that_the_platform_lacks_is_0(void)
{
	start(1, TSC_HZ);
	rill_fake_clock_step(S);
	rill_fake_clock.raw_ns = 0;
	rill_fake_clock.read_ns = 0;
	rill_timebase_snapshot(&tb);
	CU_ASSERT_EQUAL(tb.newest.raw_ns, 0);
	CU_ASSERT_NOT_EQUAL(tb.newest.boottime_ns, 0);
}

static void interrupted_reads_are_repeated(void)
{
	uint64_t last = 0, worst = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	rill_fake_clock.interrupted_every = 5;
	for (int i = 0; i < 500; i++) {
		uint64_t error = pass(20 * MS, &last, &backward);

		worst = error > worst ? error : worst;
		CU_ASSERT_TRUE(distance(tb.newest.boottime_ns,
					tb.newest.monotonic_ns + 100 * S) <= 50);
	}
	CU_ASSERT_TRUE(worst <= 100);
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static void a_snapshot_that_could_not_be_had_undisturbed_says_so(void)
{
	start(1, TSC_HZ);
	rill_fake_clock_step(20 * MS);
	rill_fake_clock.interrupted_every = 1;
	rill_timebase_snapshot(&tb);
	CU_ASSERT_TRUE(tb.newest.uncertainty_ns >= 40 * US);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static void a_coarse_counter_makes_its_snapshots_uncertain(void)
{
	struct event e;

	start(1, 1000000);
	e = event_now();
	rill_timebase_ns(&tb, e.ticks);
	CU_ASSERT_TRUE(tb.newest.uncertainty_ns >= 1000 && tb.newest.uncertainty_ns <= 1100);
	rill_fake_clock_step(MS);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_TRUE(tb.newest.uncertainty_ns >= 1000 && tb.newest.uncertainty_ns <= 1100);
	start(1, TSC_HZ);
	CU_ASSERT_EQUAL(tb.granule_ticks, 0);
	/* As emulators have it: fine ticks, but many at once. */
	rill_fake_clock.granule = 3000;
	rill_timebase_init(&tb, &fake_clocks);
	rill_timebase_update(&tb);
	rill_fake_clock_step(MS);
	rill_timebase_update(&tb);
	CU_ASSERT_TRUE(tb.newest.uncertainty_ns >= 1000 && tb.newest.uncertainty_ns <= 1100);
	for (int i = 0; i < 100; i++) {
		rill_fake_clock_step(20 * MS);
		e = event_now();
		e.ticks -= e.ticks % 3000;
		rill_timebase_update(&tb);
		CU_ASSERT_TRUE(error_of(e) <= 2 * tb.newest.uncertainty_ns);
	}
}

/* ---- the start ------------------------------------------------------------------------------- */

static uint64_t waited_ns;

static void wait_and_count(uint64_t ns)
{
	waited_ns += ns;
	rill_fake_clock_step(ns);
}

static void start_counting(uint64_t ticks, uint64_t hz)
{
	struct rill_timebase_clocks clocks = fake_clocks;

	clocks.wait_ns = wait_and_count;
	rill_fake_clock_reset(ticks, hz);
	rill_timebase_init(&tb, &clocks);
	waited_ns = 0;
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_EQUAL(waited_ns, 0);
}

static void a_start_does_not_wait_for_the_rate(void)
{
	struct event e;

	start_counting(1, TSC_HZ);
	CU_ASSERT_FALSE(rill_timebase_update(&tb));
	rill_fake_clock_step(700 * US);
	e = event_now();
	CU_ASSERT_FALSE(rill_timebase_update(&tb));
	rill_fake_clock_step(300 * US);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_TRUE(error_of(e) <= 50);
	CU_ASSERT_TRUE(error_at_snapshot() <= 1);
	CU_ASSERT_EQUAL(waited_ns, 0);
}

static void check_first_events(uint64_t hz, uint64_t error_max_ns)
{
	struct event early[3], later;
	uint64_t ns, last = 0;

	start_counting(UINT64_MAX - hz / 3000, hz);
	for (int i = 0; i < 3; i++) {
		rill_fake_clock_step(100 * US);
		early[i] = event_now();
	}
	for (int i = 0; i < 3; i++) {
		ns = rill_timebase_ns(&tb, early[i].ticks);
		CU_ASSERT_TRUE(distance(ns, early[i].ns) <= error_max_ns);
		CU_ASSERT_TRUE(ns >= last);
		last = ns;
	}
	CU_ASSERT_TRUE(waited_ns > 690 * US && waited_ns <= 700 * US);
	later = event_now();
	ns = rill_timebase_ns(&tb, later.ticks);
	CU_ASSERT_TRUE(ns >= last && distance(ns, later.ns) <= error_max_ns);
	rill_fake_clock_step(5 * MS);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	for (int i = 0; i < 3; i++)
		CU_ASSERT_TRUE(error_of(early[i]) <= error_max_ns);
	CU_ASSERT_TRUE(error_of(later) <= error_max_ns);
	CU_ASSERT_TRUE(waited_ns <= 700 * US);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static void who_converts_in_the_first_millisecond_waits_for_its_rest(void)
{
	check_first_events(TSC_HZ, 50);
	check_first_events(S, 50);
	check_first_events(24000000, 50 + 42);
	check_first_events(1000000, 50 + 2 * US);
}

static void what_happens_to_the_clocks_before_the_second_snapshot_is_told(void)
{
	struct event before;

	start_counting(TSC_HZ, TSC_HZ);
	rill_fake_clock_step(300 * US);
	before = event_now();
	rill_fake_clock_suspend(10 * S, true);
	rill_fake_clock_step(300 * US);
	rill_fake_clock.realtime_ns += 3 * S;
	/* The rate is that of the time behind the suspend. */
	CU_ASSERT_TRUE(error_of(before) <= US);
	rill_fake_clock_step(MS);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_TRUE(tb.newest.jumped);
	CU_ASSERT_TRUE(distance((uint64_t)tb.newest.slept_ns, 10 * S) <= 100);
	CU_ASSERT_TRUE(distance((uint64_t)tb.newest.set_ns, 3 * S) <= 100);
	CU_ASSERT_TRUE(error_of(before) <= US);
}

static void a_counter_that_starts_again_before_the_second_snapshot_has_its_own_rate(void)
{
	struct event before, after;

	start_counting(TSC_HZ * 100, TSC_HZ);
	rill_fake_clock_step(300 * US);
	before = event_now();
	rill_fake_clock.ticks = 0;
	rill_fake_clock_step(300 * US);
	after = event_now();
	rill_fake_clock_step(MS);
	CU_ASSERT_FALSE(rill_timebase_update(&tb));
	CU_ASSERT_TRUE(error_of(before) <= US);
	rill_timebase_snapshot(&tb);
	CU_ASSERT_TRUE(tb.newest.jumped);
	CU_ASSERT_TRUE(error_of(before) <= US);
	CU_ASSERT_TRUE(error_of(after) <= US);
}

/* ---- counters that wrap or count nanoseconds ------------------------------------------------- */

static void check_wrap(uint64_t first)
{
	uint64_t last = 0, worst = 0, error;
	unsigned backward = 0;
	struct event early;

	start(first, TSC_HZ);
	rill_fake_clock_step(MS);
	early = event_now();
	for (int i = 0; i < 500; i++) {
		error = pass(20 * MS, &last, &backward);
		worst = error > worst ? error : worst;
	}
	CU_ASSERT_TRUE(worst <= 50);
	CU_ASSERT_TRUE(error_of(early) <= 100);
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static void five_seconds_before_the_low_word_wraps_nothing_happens(void)
{
	check_wrap((UINT64_C(77) << 32) - 5 * TSC_HZ);
}

static void five_seconds_before_the_whole_counter_wraps_nothing_happens(void)
{
	check_wrap(0 - 5 * TSC_HZ);
}

static void five_seconds_before_the_sign_changes_nothing_happens(void)
{
	check_wrap((UINT64_C(1) << 63) - 5 * TSC_HZ);
}

static void the_monotonic_clock_converts_to_itself(void)
{
	struct rill_clock_source source = rill_fake_clock_source;
	struct rill_timebase_clocks clocks = {
		.source = &source,
		.monotonic_ns = rill_fake_monotonic_ns,
		.raw_ns = rill_fake_raw_ns,
		.boottime_ns = rill_fake_boottime_ns,
		.realtime_ns = rill_fake_realtime_ns,
		.wait_ns = rill_fake_clock_step,
	};

	source.read = rill_fake_monotonic_ns;
	source.read_ordered = rill_fake_monotonic_ns;
	rill_fake_clock_reset(1, S);
	rill_timebase_init(&tb, &clocks);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_FALSE(rill_timebase_update(&tb));
	rill_fake_clock_step(3 * MS);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_EQUAL(tb.newest.ticks, tb.newest.monotonic_ns);
	CU_ASSERT_EQUAL(rill_timebase_ns(&tb, 0), 0);
	CU_ASSERT_EQUAL(rill_timebase_ns(&tb, UINT64_MAX), UINT64_MAX);
	CU_ASSERT_EQUAL(rill_timebase_ns(&tb, 7000 * S + 1), 7000 * S + 1);
}

static void a_counter_that_stands_still_does_no_harm(void)
{
	start(5, 0);
	rill_fake_clock_step(S);
	rill_timebase_snapshot(&tb);
	rill_timebase_snapshot(&tb);
	CU_ASSERT_TRUE(rill_timebase_ns(&tb, 5) >= 7000 * S);
	CU_ASSERT_TRUE(rill_timebase_ns(&tb, 6) >= rill_timebase_ns(&tb, 5));
}

/* ---- the real clock -------------------------------------------------------------------------- */

static void CK_4_an_event_lies_between_the_readings_around_it(void)
{
	uint64_t until;
	unsigned outside = 0, passes = 0;

	rill_timebase_init(&tb, NULL);
	rill_timebase_update(&tb);
	until = rill_clock_ns() + 300 * MS;
	while (rill_clock_ns() < until) {
		uint64_t t0[100], ticks[100], t1[100], slack;

		for (int i = 0; i < 100; i++) {
			t0[i] = rill_clock_ns();
			ticks[i] = rill_clock()->read_ordered();
			t1[i] = rill_clock_ns();
		}
		/* The first of all waits for the rate, and then it is known how uncertain the first snapshot is. */
		rill_timebase_ns(&tb, ticks[0]);
		slack = tb.newest.uncertainty_ns;
		rill_timebase_update(&tb);
		/* Up to 1 ms may lie beyond the snapshot: 1 ns for each ppm of the rate. A plain
		 * reading of the clock has no bound of its own; 100 ns stand for it. */
		slack += 100 + tb.newest.uncertainty_ns + tb.rate_error_ppm;
		for (int i = 0; i < 100; i++) {
			uint64_t ns = rill_timebase_ns(&tb, ticks[i]);

			outside += ns + slack < t0[i] || ns > t1[i] + slack;
		}
		passes++;
	}
	CU_ASSERT_TRUE(passes > 10);
	CU_ASSERT_EQUAL(outside, 0);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static void the_real_clock_never_goes_back(void)
{
	uint64_t until, last = 0;
	unsigned backward = 0;

	rill_timebase_init(&tb, NULL);
	rill_timebase_update(&tb);
	until = rill_clock_ns() + 100 * MS;
	while (rill_clock_ns() < until) {
		uint64_t ns;

		rill_timebase_update(&tb);
		ns = rill_timebase_ns(&tb, rill_clock()->read_ordered());
		backward += ns < last;
		last = ns;
	}
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_EQUAL(tb.jumps, 0);
	CU_ASSERT_TRUE(tb.newest.realtime_ns > 0);
}

static const struct test_case cases[] = {
	T(the_rate_of_equal_spans_is_one),
	T(a_rate_too_steep_for_its_type_is_the_steepest),
	T(a_span_times_its_rate_is_the_span_again),
	T(events_are_interpolated_at_any_rate),
	T(V_19_ten_minutes_of_slew_by_500_ppm_stay_within_a_microsecond),
	T(events_behind_the_snapshot_follow_the_slope_and_are_corrected_later),
	T(an_idle_hour_is_one_piece),
	T(a_snapshot_is_taken_once_in_a_millisecond),
	T(a_snapshot_holds_all_clocks_at_one_instant),
	T(a_clock_that_the_platform_lacks_is_0),
	T(interrupted_reads_are_repeated),
	T(a_snapshot_that_could_not_be_had_undisturbed_says_so),
	T(a_coarse_counter_makes_its_snapshots_uncertain),
	T(a_start_does_not_wait_for_the_rate),
	T(who_converts_in_the_first_millisecond_waits_for_its_rest),
	T(what_happens_to_the_clocks_before_the_second_snapshot_is_told),
	T(a_counter_that_starts_again_before_the_second_snapshot_has_its_own_rate),
	T(five_seconds_before_the_low_word_wraps_nothing_happens),
	T(five_seconds_before_the_whole_counter_wraps_nothing_happens),
	T(five_seconds_before_the_sign_changes_nothing_happens),
	T(the_monotonic_clock_converts_to_itself),
	T(a_counter_that_stands_still_does_no_harm),
	T(CK_4_an_event_lies_between_the_readings_around_it),
	T(the_real_clock_never_goes_back),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("clock", cases, argc, argv);
}

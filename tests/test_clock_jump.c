/* SPDX-License-Identifier: MIT
 * test_clock_jump.c - from ticks to nanoseconds: suspend, resets and migrations, and the order
 * over all of it.
 */
#include "clock_help.h"
#include "test.h"

#include <stdlib.h>

/* ---- jumps ----------------------------------------------------------------------------------- */

static void V_22_a_suspend_with_a_running_counter_is_one_jump(void)
{
	uint64_t last = 0;
	unsigned backward = 0;
	struct event before, after;

	start(1, TSC_HZ);
	for (int i = 0; i < 50; i++)
		pass(20 * MS, &last, &backward);
	rill_fake_clock_step(5 * MS);
	before = event_now();
	rill_fake_clock_suspend(10 * S, true);
	rill_fake_clock_step(5 * MS);
	after = event_now();
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_TRUE(tb.newest.jumped);
	CU_ASSERT_EQUAL(tb.newest.epoch, 1);
	CU_ASSERT_TRUE(distance(tb.newest.boottime_ns - tb.newest.monotonic_ns, 110 * S) <= 40);
	CU_ASSERT_TRUE(distance((uint64_t)tb.newest.slept_ns, 10 * S) <= 100);
	CU_ASSERT_EQUAL(tb.newest.set_ns, 0);
	CU_ASSERT_TRUE(error_of(before) <= 100);
	CU_ASSERT_TRUE(error_of(after) <= 5 * MS);
	last = rill_timebase_ns(&tb, after.ticks);
	for (int i = 0; i < 50; i++) {
		CU_ASSERT_TRUE(pass(20 * MS, &last, &backward) <= 100);
		CU_ASSERT_FALSE(tb.newest.jumped);
	}
	CU_ASSERT_EQUAL(tb.newest.epoch, 1);
	/* Also when the pieces around it have been thinned out. */
	for (int i = 0; i < 1000; i++)
		pass(20 * MS, &last, &backward);
	CU_ASSERT_TRUE(error_of(before) <= 100);
	CU_ASSERT_EQUAL(backward, 0);
}

static void an_event_converted_just_before_the_jump_was_noticed_is_kept(void)
{
	uint64_t last = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	for (int i = 0; i < 10; i++)
		pass(20 * MS, &last, &backward);
	rill_fake_clock_suspend(S / 2, true);
	last = rill_timebase_ns(&tb, rill_fake_clock.ticks);
	rill_fake_clock_step(MS);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_TRUE(tb.newest.jumped);
	for (int i = 0; i < 50; i++)
		pass(20 * MS, &last, &backward);
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_EQUAL(error_at_snapshot(), 0);
}

static void V_22_a_suspend_with_a_standing_counter_is_no_jump(void)
{
	uint64_t last = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	for (int i = 0; i < 100; i++) {
		if (i == 50)
			rill_fake_clock_suspend(10 * S, false);
		CU_ASSERT_TRUE(pass(20 * MS, &last, &backward) <= 100);
	}
	CU_ASSERT_EQUAL(tb.jumps, 0);
	CU_ASSERT_EQUAL(backward, 0);
}

static void V_22_a_clock_that_leaps_ahead_of_the_counter_is_one_jump(void)
{
	uint64_t last = 0;
	unsigned backward = 0;
	struct event before;

	start(1, TSC_HZ);
	for (int i = 0; i < 50; i++)
		pass(20 * MS, &last, &backward);
	rill_fake_clock_step(5 * MS);
	before = event_now();
	rill_fake_clock.monotonic_ns += 10 * S;
	rill_fake_clock_step(5 * MS);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
	CU_ASSERT_TRUE(tb.newest.jumped);
	CU_ASSERT_TRUE(error_of(before) <= 100);
	for (int i = 0; i < 50; i++)
		CU_ASSERT_TRUE(pass(20 * MS, &last, &backward) <= 100);
	CU_ASSERT_EQUAL(tb.jumps, 1);
	CU_ASSERT_EQUAL(backward, 0);
}

static void V_18_a_step_of_the_wall_clock_is_no_jump(void)
{
	uint64_t last = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	pass(20 * MS, &last, &backward);
	rill_fake_clock.realtime_ns -= 3600 * S;
	CU_ASSERT_TRUE(pass(20 * MS, &last, &backward) <= 100);
	CU_ASSERT_FALSE(tb.newest.jumped);
	CU_ASSERT_EQUAL(tb.jumps, 0);
	CU_ASSERT_TRUE(distance((uint64_t)-tb.newest.set_ns, 3600 * S) <= 100);
	CU_ASSERT_EQUAL(tb.newest.slept_ns, 0);
	pass(20 * MS, &last, &backward);
	CU_ASSERT_EQUAL(tb.newest.set_ns, 0);
	CU_ASSERT_EQUAL(backward, 0);
}

static void small_steps_of_the_wall_clock_are_told_when_they_have_come_to_more_than_a_millisecond(void)
{
	uint64_t last = 0;
	unsigned backward = 0;
	int64_t told = 0;

	start(1, TSC_HZ);
	rill_fake_clock.slew_ppm = 500;
	for (int i = 0; i < 100; i++) {
		rill_fake_clock.realtime_ns += 100 * US;
		pass(20 * MS, &last, &backward);
		told += tb.newest.set_ns;
		CU_ASSERT_TRUE(tb.newest.set_ns == 0 || tb.newest.set_ns >= (int64_t)MS);
		CU_ASSERT_EQUAL(tb.newest.slept_ns, 0);
	}
	CU_ASSERT_TRUE(told >= 8 * (int64_t)MS && told <= 11 * (int64_t)MS);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static uint64_t lacking(void)
{
	return 0;
}

static void a_machine_without_these_clocks_tells_nothing_of_them(void)
{
	struct rill_timebase_clocks clocks = fake_clocks;
	uint64_t last = 0;
	unsigned backward = 0;

	clocks.boottime_ns = lacking;
	rill_fake_clock_reset(1, TSC_HZ);
	rill_timebase_init(&tb, &clocks);
	rill_timebase_update(&tb);
	for (int i = 0; i < 5; i++) {
		pass(20 * MS, &last, &backward);
		CU_ASSERT_EQUAL(tb.newest.slept_ns, 0);
		CU_ASSERT_EQUAL(tb.newest.set_ns, 0);
	}
	rill_fake_clock.realtime_ns += S;
	pass(20 * MS, &last, &backward);
	CU_ASSERT_EQUAL(tb.newest.slept_ns, 0);
	CU_ASSERT_TRUE(distance((uint64_t)tb.newest.set_ns, S) <= 100);
	clocks.realtime_ns = lacking;
	rill_timebase_init(&tb, &clocks);
	rill_timebase_update(&tb);
	pass(20 * MS, &last, &backward);
	CU_ASSERT_EQUAL(tb.newest.slept_ns, 0);
	CU_ASSERT_EQUAL(tb.newest.set_ns, 0);
}

/* ---- how far is a jump ----------------------------------------------------------------------- */

static bool jumps_by(uint64_t ns)
{
	uint64_t last = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	for (int i = 0; i < 50; i++)
		pass(20 * MS, &last, &backward);
	rill_fake_clock.monotonic_ns += ns;
	pass(MS, &last, &backward);
	CU_ASSERT_EQUAL(backward, 0);
	return tb.newest.jumped;
}

static void V_22_counter_and_clock_apart_by_more_than_100_us_at_a_snapshot_begin_an_epoch(void)
{
	CU_ASSERT_FALSE(jumps_by(50 * US));
	CU_ASSERT_FALSE(jumps_by(95 * US));
	CU_ASSERT_TRUE(jumps_by(110 * US));
	CU_ASSERT_TRUE(jumps_by(S));
}

static void a_counter_that_began_again_is_known_before_the_snapshot_that_takes_note_of_it(void)
{
	uint64_t last = 0, ticks;
	unsigned backward = 0;

	start(TSC_HZ * 100, TSC_HZ);
	pass(20 * MS, &last, &backward);
	ticks = tb.newest.ticks;
	CU_ASSERT_FALSE(rill_timebase_began_again(&tb, ticks, ticks));
	CU_ASSERT_FALSE(rill_timebase_began_again(&tb, ticks, ticks + TSC_HZ * 3600));
	CU_ASSERT_FALSE(rill_timebase_began_again(&tb, ticks, ticks - TSC_HZ / 2000));
	CU_ASSERT_TRUE(rill_timebase_began_again(&tb, ticks, ticks - TSC_HZ / 500));
	CU_ASSERT_TRUE(rill_timebase_began_again(&tb, ticks, 0));
	/* Another read may have seen what the snapshot has not, and the other way round. */
	CU_ASSERT_TRUE(rill_timebase_began_again(&tb, ticks + TSC_HZ, ticks + TSC_HZ / 2));
	CU_ASSERT_TRUE(rill_timebase_began_again(&tb, 0, ticks - TSC_HZ / 500));
	start(0 - TSC_HZ, TSC_HZ);
	CU_ASSERT_FALSE(rill_timebase_began_again(&tb, 0 - TSC_HZ, UINT64_MAX));
	CU_ASSERT_TRUE(rill_timebase_began_again(&tb, UINT64_MAX, 5));
}

static void another_rate_after_a_migration_is_learnt(void)
{
	uint64_t last = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	for (int i = 0; i < 20; i++)
		pass(20 * MS, &last, &backward);
	rill_fake_clock.hz = TSC_HZ * 3 / 2;
	for (int i = 0; i < 3; i++)
		pass(20 * MS, &last, &backward);
	CU_ASSERT_EQUAL(tb.jumps, 1);
	for (int i = 0; i < 50; i++)
		CU_ASSERT_TRUE(pass(20 * MS, &last, &backward) <= 100);
	CU_ASSERT_EQUAL(tb.jumps, 1);
	CU_ASSERT_EQUAL(backward, 0);
}

static void a_tick_back_between_two_processors_is_passed_over(void)
{
	uint64_t last = 0;
	unsigned backward = 0, count;

	start(1000000, TSC_HZ);
	pass(20 * MS, &last, &backward);
	count = tb.count;
	rill_fake_clock.ticks = tb.newest.ticks - 700;
	rill_timebase_snapshot(&tb);
	CU_ASSERT_FALSE(tb.newest.jumped);
	CU_ASSERT_EQUAL(tb.count, count);
	CU_ASSERT_TRUE(pass(20 * MS, &last, &backward) <= 2 * US);
	CU_ASSERT_EQUAL(tb.jumps, 0);
	CU_ASSERT_EQUAL(backward, 0);
}

static void V_22_a_counter_that_starts_again_begins_an_epoch(void)
{
	uint64_t last = 0, at_reset;
	unsigned backward = 0;
	struct event before, after;

	start(TSC_HZ * 100, TSC_HZ);
	for (int i = 0; i < 50; i++)
		pass(20 * MS, &last, &backward);
	rill_fake_clock_step(5 * MS);
	before = event_now();
	rill_fake_clock.ticks = 0;
	at_reset = rill_fake_clock.monotonic_ns;
	rill_fake_clock_step(5 * MS);
	after = event_now();
	rill_fake_clock_step(5 * MS);
	/* Not before what was recorded until then is converted. */
	CU_ASSERT_FALSE(rill_timebase_update(&tb));
	CU_ASSERT_TRUE(error_of(before) <= 100);
	rill_timebase_snapshot(&tb);
	CU_ASSERT_TRUE(tb.newest.jumped);
	CU_ASSERT_TRUE(error_of(before) <= 100);
	CU_ASSERT_TRUE(error_of(after) <= 100);
	CU_ASSERT_TRUE(rill_timebase_ns(&tb, 0) >= last);
	CU_ASSERT_TRUE(distance(rill_timebase_ns(&tb, 0), at_reset) <= 5 * MS);
	last = rill_timebase_ns(&tb, after.ticks);
	for (int i = 0; i < 50; i++)
		CU_ASSERT_TRUE(pass(20 * MS, &last, &backward) <= 100);
	CU_ASSERT_EQUAL(tb.newest.epoch, 1);
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_TRUE(error_of(before) <= 100);
}

static void nothing_after_a_new_start_is_before_it(void)
{
	uint64_t last = 0;
	unsigned backward = 0;

	start(TSC_HZ * 100, TSC_HZ);
	for (int i = 0; i < 50; i++)
		pass(20 * MS, &last, &backward);
	rill_fake_clock.ticks = TSC_HZ * 10;
	rill_fake_clock_step(5 * MS);
	rill_timebase_snapshot(&tb);
	CU_ASSERT_TRUE(rill_timebase_ns(&tb, 0) >= last);
	CU_ASSERT_TRUE(rill_timebase_ns(&tb, TSC_HZ * 10) >= last);
}

/* ---- order and memory ------------------------------------------------------------------------ */

static void time_never_goes_back_in_any_interleaving(void)
{
	srand(2);
	for (int round = 0; round < 200; round++) {
		uint64_t last_ns = 0;

		start((uint64_t)rand() << 33, 1000000u + (uint64_t)rand());
		for (int i = 0; i < 2000; i++) {
			uint64_t ns;

			rill_fake_clock.slew_ppm = rand() % 1001 - 500;
			rill_fake_clock.interrupted_every = (uint32_t)rand() % 10;
			rill_fake_clock_step((uint64_t)rand() % (rand() % 50 ? 500 * US : 50 * MS));
			if (rand() % 3 == 0)
				rill_timebase_update(&tb);
			if (rand() % 500 == 0) {
				rill_fake_clock_suspend((uint64_t)rand(), rand() % 2);
				rill_timebase_snapshot(&tb);
			}
			ns = rill_timebase_ns(&tb, rill_fake_clock.ticks);
			CU_ASSERT_TRUE_FATAL(ns >= last_ns);
			last_ns = ns;
		}
	}
}

static void what_was_converted_stays_so(void)
{
	struct event early[20];
	uint64_t first[20], last = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	for (int i = 0; i < 20; i++) {
		rill_fake_clock.slew_ppm = 50 * (i % 10);
		pass(20 * MS, &last, &backward);
		rill_fake_clock_step(500 * US);
		early[i] = event_now();
		first[i] = rill_timebase_ns(&tb, early[i].ticks);
		for (int j = 0; j <= i; j++)
			CU_ASSERT_EQUAL(rill_timebase_ns(&tb, early[j].ticks), first[j]);
	}
}

static void the_begin_of_a_scope_an_hour_ago_is_still_right(void)
{
	struct event begin[3];
	uint64_t last = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	for (int i = 0; i < 3; i++) {
		pass(20 * MS, &last, &backward);
		begin[i] = event_now();
	}
	rill_fake_clock.slew_ppm = 300;
	for (int i = 0; i < 60 * 60; i++)
		pass(S, &last, &backward);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_TRUE(error_of(begin[i]) <= MS);
	CU_ASSERT_TRUE(tb.count <= RILL_TIMEBASE_PIECES);
	CU_ASSERT_EQUAL(backward, 0);
}

static void many_jumps_do_not_fill_the_memory(void)
{
	uint64_t last = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	for (int i = 0; i < 1000; i++) {
		rill_fake_clock_suspend(S, true);
		pass(20 * MS, &last, &backward);
		pass(20 * MS, &last, &backward);
	}
	CU_ASSERT_EQUAL(tb.jumps, 1000);
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_TRUE(error_at_snapshot() <= US);
}

static void ticks_of_before_the_first_snapshot_reach_back_to_0(void)
{
	uint64_t last = 0;
	unsigned backward = 0;

	start(TSC_HZ * 10000, TSC_HZ);
	pass(20 * MS, &last, &backward);
	CU_ASSERT_TRUE(distance(rill_timebase_ns(&tb, TSC_HZ * 9999), 6999 * S) <= 200 * US);
	CU_ASSERT_EQUAL(rill_timebase_ns(&tb, 1), 0);
}

static void ticks_of_the_far_future_do_not_bend_the_time_of_others(void)
{
	uint64_t last = 0;
	unsigned backward = 0;

	start(1, TSC_HZ);
	pass(20 * MS, &last, &backward);
	CU_ASSERT_TRUE(rill_timebase_ns(&tb, TSC_HZ * 5000) > last);
	CU_ASSERT_TRUE(rill_timebase_ns(&tb, UINT64_C(1) << 62) > last);
	rill_fake_clock.slew_ppm = 500;
	for (int i = 0; i < 20; i++)
		CU_ASSERT_TRUE(pass(20 * MS, &last, &backward) <= 100);
	CU_ASSERT_EQUAL(backward, 0);
}

static const struct test_case cases[] = {
	T(V_22_a_suspend_with_a_running_counter_is_one_jump),
	T(an_event_converted_just_before_the_jump_was_noticed_is_kept),
	T(V_22_a_suspend_with_a_standing_counter_is_no_jump),
	T(V_22_a_clock_that_leaps_ahead_of_the_counter_is_one_jump),
	T(V_18_a_step_of_the_wall_clock_is_no_jump),
	T(small_steps_of_the_wall_clock_are_told_when_they_have_come_to_more_than_a_millisecond),
	T(a_machine_without_these_clocks_tells_nothing_of_them),
	T(V_22_counter_and_clock_apart_by_more_than_100_us_at_a_snapshot_begin_an_epoch),
	T(a_counter_that_began_again_is_known_before_the_snapshot_that_takes_note_of_it),
	T(another_rate_after_a_migration_is_learnt),
	T(a_tick_back_between_two_processors_is_passed_over),
	T(V_22_a_counter_that_starts_again_begins_an_epoch),
	T(nothing_after_a_new_start_is_before_it),
	T(time_never_goes_back_in_any_interleaving),
	T(what_was_converted_stays_so),
	T(the_begin_of_a_scope_an_hour_ago_is_still_right),
	T(many_jumps_do_not_fill_the_memory),
	T(ticks_of_before_the_first_snapshot_reach_back_to_0),
	T(ticks_of_the_far_future_do_not_bend_the_time_of_others),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("clock_jump", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_clock_learn.c - a stretch of time of which nobody took snapshots, as blocks tell of it.
 */
#include "clock_help.h"
#include "random_help.h"
#include "test.h"

#include "route/clock_learn.h"

enum { PAIRS = 36000 };

/* What threads said while nobody looked, and when it truly was. */
static struct said {
	struct event truly;
	uint64_t ns;
} said[PAIRS];
static unsigned count;

/* One pair in so many is late, by up to so long. */
static void open_block(unsigned late_one_in, uint64_t late_max_ns)
{
	struct said *const s = &said[count++];

	s->truly = event_now();
	s->ns = s->truly.ns + (next() % late_one_in ? 30 : 30 + next() % late_max_ns);
}

/* Largest error of all that was said, behind it. */
static uint64_t learn(void)
{
	struct rill_clock_learning l;
	uint64_t worst = 0, last_ns = 0;

	CU_ASSERT_TRUE(rill_timebase_learn_begin(&tb, &l));
	rill_timebase_learn_from(&l, said[0].truly.ticks, said[0].ns);
	for (unsigned i = count; i-- > 0;)	/* in any order */
		rill_timebase_learn(&l, said[i].truly.ticks, said[i].ns);
	CU_ASSERT_TRUE(rill_timebase_learn_end(&tb, &l));
	CU_ASSERT_EQUAL(error_at_snapshot(), 0);
	for (unsigned i = 0; i < count; i++) {
		const uint64_t ns = rill_timebase_ns(&tb, said[i].truly.ticks), error = distance(ns, said[i].truly.ns);

		CU_ASSERT_TRUE_FATAL(ns >= last_ns);
		last_ns = ns;
		worst = error > worst ? error : worst;
	}
	return worst;
}

static void begin(void)
{
	uint64_t last = 0;
	unsigned backward = 0;

	seed = 1;
	count = 0;
	start(123456789, TSC_HZ);
	for (int i = 0; i < 50; i++)
		pass(20 * MS, &last, &backward);
}

/* As NTP keeps a clock that gets warm: 20 ppm more or less in a quarter of an hour. */
static void warm_up(uint64_t wait_ns, unsigned late_one_in, uint64_t late_max_ns)
{
	for (unsigned i = 0; i < 36000; i++) {
		rill_fake_clock.slew_ppm = i / 9000 % 2 ? 20 - (int)(i % 9000 / 450) : (int)(i % 9000 / 450);
		rill_fake_clock_step(wait_ns);
		open_block(late_one_in, late_max_ns);
	}
}

static void an_hour_that_nobody_looked_at_is_learnt_from_its_blocks(void)
{
	uint64_t worst, unlearnt = 0;

	begin();
	warm_up(100 * MS, 10, 5 * MS);
	rill_fake_clock_step(100 * MS);
	worst = learn();
	CU_ASSERT(worst <= 300 * US);
	CU_ASSERT_EQUAL(tb.jumps, 0);

	/* By both ends alone. */
	begin();
	warm_up(100 * MS, 10, 5 * MS);
	rill_fake_clock_step(100 * MS);
	rill_timebase_update(&tb);
	for (unsigned i = 0; i < count; i++)
		unlearnt = error_of(said[i].truly) > unlearnt ? error_of(said[i].truly) : unlearnt;
	CU_ASSERT(unlearnt >= 20 * worst);
	printf("(%llu us off, %llu by both ends alone) ", (unsigned long long)(worst / US), (unsigned long long)(unlearnt / US));
}

/* Blocks go back for a few seconds only, long after the last look. */
static void the_last_seconds_of_a_long_rest_are_exact(void)
{
	begin();
	rill_fake_clock.slew_ppm = 50;
	rill_fake_clock_step(36000 * S);
	for (unsigned i = 0; i < 1000; i++) {
		rill_fake_clock.slew_ppm = i < 500 ? 500 : -500;
		rill_fake_clock_step(5 * MS);
		open_block(5, 2 * MS);
	}
	rill_fake_clock_step(1 * MS);
	CU_ASSERT(learn() <= 100 * US);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

/* Nearly all of a part's are: what cannot be is left out, and no time goes back. */
static void pairs_that_are_very_late_are_left_out(void)
{
	begin();
	for (unsigned i = 0; i < 1000; i++) {
		rill_fake_clock_step(60 * MS);
		open_block(1, 20 * S);
	}
	rill_fake_clock_step(1 * MS);
	CU_ASSERT(learn() <= 60 * S / 1000 + 100 * US);
	CU_ASSERT_EQUAL(tb.jumps, 0);
}

static void check_sleep(bool counter_runs)
{
	begin();
	for (unsigned i = 0; i < 200; i++) {
		rill_fake_clock_step(50 * MS);
		open_block(10, 1 * MS);
		if (i == 99)
			rill_fake_clock_suspend(3600 * S, counter_runs);
	}
	rill_fake_clock_step(1 * MS);
	CU_ASSERT(learn() <= 400 * MS);	/* a part of it, where the counter ran on */
	CU_ASSERT_EQUAL(tb.newest.slept_ns, (int64_t)(3600 * S));
	CU_ASSERT_EQUAL(tb.newest.jumped, counter_runs);
	CU_ASSERT_EQUAL(tb.jumps, counter_runs);
}

/* Nobody has seen the machine sleep; events behind it are not taken for those of now. */
static void a_machine_that_slept_meanwhile_has_an_epoch_where_its_blocks_say_so(void)
{
	check_sleep(true);
	check_sleep(false);
}

static void what_is_young_or_of_the_clock_itself_is_not_learnt(void)
{
	struct rill_clock_learning l;

	begin();
	CU_ASSERT_FALSE(rill_timebase_learn_begin(&tb, &l));
	rill_fake_clock_step(500 * MS);
	CU_ASSERT_FALSE(rill_timebase_learn_begin(&tb, &l));
}

static const struct test_case cases[] = {
	T(an_hour_that_nobody_looked_at_is_learnt_from_its_blocks),
	T(the_last_seconds_of_a_long_rest_are_exact),
	T(pairs_that_are_very_late_are_left_out),
	T(a_machine_that_slept_meanwhile_has_an_epoch_where_its_blocks_say_so),
	T(what_is_young_or_of_the_clock_itself_is_not_learnt),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("clock, learnt from blocks", cases, argc, argv);
}

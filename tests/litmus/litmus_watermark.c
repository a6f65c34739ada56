/* SPDX-License-Identifier: MIT
 * litmus_watermark.c - no record appears below a watermark that a pass has given out; without the barrier, some do.
 *
 * The linker puts our function between the route and the platform's barrier (build.mk), so the mutant is the same library
 * with the barrier taken out and nothing else.
 */
#define _GNU_SOURCE
#include "cold_help.h"
#include "port/port.h"

int __real_rill_port_barrier(void);
int __wrap_rill_port_barrier(void);

static bool barrier_is_out;

int __wrap_rill_port_barrier(void)
{
	return barrier_is_out ? 0 : __real_rill_port_barrier();
}

static bool with_barrier(void)
{
	struct cold_run r = { .what = "watermark", .run_ms = litmus_long() ? 60000 : 2000 };

	NEED(cold_run(&r));
	NEED(!rill_route_lag_mode());
	NEED_EQUAL(r.books.late, 0);
	return true;
}

static void with_the_barrier_no_record_is_below_the_watermark(void)
{
	int status;

	if (rill_port_barrier_register() != 0) {
		test_skip("this kernel refuses membarrier");
		return;
	}
	status = isolated_status(with_barrier);
	CU_ASSERT_EQUAL(status, 0);
}

/* The margin for counters that differ from processor to processor (about 1 us) hides most of what the mutant does, so it is off here.
 * Where counters do differ, the library as it is shows late records too, and the mutant proves nothing. */
static bool counters_agree(void)
{
	struct cold_run r = { .what = "watermark-without-margin", .run_ms = litmus_long() ? 20000 : 1000, .no_margin = true };

	NEED(cold_run(&r));
	if (r.books.late)
		_exit(NOT_HERE);
	return true;
}

static bool without_barrier(void)
{
	struct cold_run r = { .what = "watermark-mutant", .run_ms = litmus_long() ? 120000 : 5000, .no_margin = true,
			      .until_late = true };

	barrier_is_out = true;
	NEED(cold_run(&r));
	if (!r.books.late)
		_exit(NOT_SHOWN);
	return true;
}

static void without_the_barrier_a_record_is_below_the_watermark(void)
{
	int status;

	if (processors() < 2) {
		test_skip("one processor: no store of another can be late");
		return;
	}
	status = isolated_status(counters_agree);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE) {
		test_skip("the counters of the processors differ here");
		return;
	}
	CU_ASSERT_EQUAL(status, 0);
	litmus_mutant(without_barrier, 1);
}

static const struct test_case cases[] = {
	T(with_the_barrier_no_record_is_below_the_watermark),
	T(without_the_barrier_a_record_is_below_the_watermark),
};

int main(int argc, char **argv)
{
	return LITMUS_MAIN("litmus, watermark", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * bench_work.c - what an event adds to real work: a chain of multiplications, each of which needs the last one's result.
 *
 * In a loop of its own an event overlaps with the next one and hides behind the read of the counter. Here it stands in a
 * function that is busy with something else, 36 ns at 3.7 GHz, and takes the result of it along. ns are those of the work
 * and the event together; added_ns is the difference.
 */
#include "bench/lab.h"

#include <rill/trace.h>

/* Written out: a loop of the compiler's own differs from case to case. The barrier keeps it from multiplying the factors. */
#define TIMES_1 x *= factor; __asm__ volatile("" : "+r"(x));
#define TIMES_4 TIMES_1 TIMES_1 TIMES_1 TIMES_1
#define TIMES_11 TIMES_4 TIMES_4 TIMES_1 TIMES_1 TIMES_1

static uint64_t seed = 88172645463325252u;

static inline __attribute__((always_inline)) uint64_t chain(uint64_t x, uint64_t factor)
{
	TIMES_11 TIMES_11 TIMES_11 TIMES_11
	return x;
}

#define WORK(name, ...)                                                                            \
	static __attribute__((noinline)) void name(unsigned turns)                                 \
	{                                                                                          \
		uint64_t x = seed, factor = 6364136223846793005u;                                  \
		__asm__ volatile("" : "+r"(factor));                                               \
		for (unsigned i = 0; i < turns; i++) {                                             \
			x = chain(x, factor);                                                      \
			__VA_ARGS__;                                                               \
			__asm__ volatile("" ::: "memory");                                         \
		}                                                                                  \
		seed = x | 1;                                                                      \
	}
WORK(work, (void)0)
WORK(work_clock, __asm__ volatile("" : : "r"(lab_ticks())))
WORK(work_store, uint64_t *to = &lab_floor[4 * (size_t)i & (LAB_FLOOR_WORDS - 1)]; to[0] = lab_ticks(); to[1] = x; to[2] = i; to[3] = 4)
WORK(work_off, RILL_INSTANT("off", "one", "x", x))
WORK(work_0, RILL_INSTANT("bench", "none"))
WORK(work_1, RILL_INSTANT("bench", "one", "x", x))
WORK(work_2, RILL_INSTANT("bench", "two", "x", x, "i", i))
WORK(work_scope, RILL_SCOPE("bench", "scope"); __asm__ volatile("" : "+r"(x)))

static struct bench cases[] = {
	{ .name = "work", .run = work },
	{ .name = "work_clock", .run = work_clock, .floor = 2 },
	{ .name = "work_clock_32", .run = work_store, .floor = 2, .bytes = 32 },
	{ .name = "work_disabled", .run = work_off, .floor = 2, .args = 1 },
	{ .name = "work_emit_0", .run = work_0, .floor = 2, .events = 1, .bytes = 8 },
	{ .name = "work_emit_1", .run = work_1, .floor = 2, .events = 1, .args = 1, .bytes = 16 },
	{ .name = "work_emit_2", .run = work_2, .floor = 2, .events = 1, .args = 2, .bytes = 24 },
	{ .name = "work_scope", .run = work_scope, .floor = 2, .events = 2, .bytes = 24 },
};

int main(int argc, char **argv)
{
	struct lab lab;

	lab_options(&lab, argc, argv, 10);
	lab.gross = true;
	lab_start(&lab);
	lab_cases(&lab, cases, sizeof cases / sizeof *cases);
	return lab_books(&lab, lab.session, bench_emitted);
}

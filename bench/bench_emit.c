/* SPDX-License-Identifier: MIT
 * bench_emit.c - what an event with 0 to 6 numbers costs the thread that emits it. Beside each stands a read of the counter and as many
 * bytes stored as its record has; clock_32 stores 32 bytes, whatever the event.
 */
#include "bench/lab.h"

#include <rill/trace.h>

/* Walks through what it stores into like a ring; the last words stay free for the longest record. */
static inline uint64_t *place(unsigned i, unsigned words)
{
	return &lab_floor[(size_t)i * words & (LAB_FLOOR_WORDS / 2 - 1)];
}

static inline void store(unsigned i, unsigned words)
{
	uint64_t *to = place(i, words);

	to[0] = lab_ticks();
	for (unsigned w = 1; w < words; w++)
		to[w] = i;
}

BENCH_CASE(loop, (void)0)
BENCH_CASE(clock_alone, __asm__ volatile("" : : "r"(lab_ticks())))
BENCH_CASE(store_8, store(i, 1))
BENCH_CASE(store_16, store(i, 2))
BENCH_CASE(store_24, store(i, 3))
BENCH_CASE(store_32, store(i, 4))
BENCH_CASE(store_56, store(i, 7))
BENCH_CASE(emit_0, RILL_INSTANT("bench", "none"))
BENCH_CASE(emit_1, RILL_INSTANT("bench", "one", "i", (int64_t)i))
BENCH_CASE(emit_2, RILL_INSTANT("bench", "two", "i", (int64_t)i, "j", (int64_t)-i))
BENCH_CASE(emit_6, int64_t n = i; RILL_INSTANT("bench", "six", "a", n, "b", n, "c", n, "d", n, "e", n, "f", n))
BENCH_CASE(emit_scope, RILL_SCOPE("bench", "scope"); __asm__ volatile(""))

static struct bench cases[] = {
	{ .name = "loop", .run = loop },
	{ .name = "clock", .run = clock_alone, .floor = 1 },
	{ .name = "clock_8", .run = store_8, .floor = 1, .bytes = 8 },
	{ .name = "clock_16", .run = store_16, .floor = 1, .args = 1, .bytes = 16 },
	{ .name = "clock_24", .run = store_24, .floor = 1, .args = 2, .bytes = 24 },
	{ .name = "clock_32", .run = store_32, .floor = 1, .args = 3, .bytes = 32 },
	{ .name = "clock_56", .run = store_56, .floor = 1, .args = 6, .bytes = 56 },
	{ .name = "emit_0", .run = emit_0, .floor = 2, .events = 1, .bytes = 8 },
	{ .name = "emit_1", .run = emit_1, .floor = 3, .events = 1, .args = 1, .bytes = 16 },
	{ .name = "emit_2", .run = emit_2, .floor = 4, .events = 1, .args = 2, .bytes = 24 },
	{ .name = "emit_6", .run = emit_6, .floor = 6, .events = 1, .args = 6, .bytes = 56 },
	{ .name = "emit_scope", .run = emit_scope, .floor = 3, .events = 2, .bytes = 24 },
};

int main(int argc, char **argv)
{
	struct lab lab;

	lab_options(&lab, argc, argv, 10);
	lab_start(&lab);
	lab_cases(&lab, cases, sizeof cases / sizeof *cases);
	return lab_books(&lab, lab.session, bench_emitted);
}

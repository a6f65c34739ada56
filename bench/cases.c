/* SPDX-License-Identifier: MIT
 * cases.c - the kinds of events whose cost is measured, behind what they are compared with: the loop alone, a read of the counter,
 * and the floor, which is a read of the counter and 32 bytes stored.
 */
#include "bench/harness.h"

#include <rill/clock.h>
#include <rill/trace.h>

static uint64_t floor_ring[8192];
static const char *text = "sixteen bytes 16";

BENCH_CASE(loop, (void)0)
BENCH_CASE(clock_read, __asm__ volatile("" : : "r"(rill_clock_ticks())))
BENCH_CASE(clock_store, uint64_t *at = &floor_ring[4 * (size_t)(i & 2047)]; at[0] = rill_clock_ticks(); at[1] = (uint64_t)i;
     at[2] = 3; at[3] = 4)
BENCH_CASE(off0, RILL_INSTANT("bench.off", "disabled"))
BENCH_CASE(off1, RILL_INSTANT("bench.off", "disabled", "i", i))
BENCH_CASE(off2, RILL_INSTANT("bench.off", "disabled", "i", i, "j", -i))
BENCH_CASE(off_text, RILL_INSTANT("bench.off", "disabled", "text", text))
BENCH_CASE(on0, RILL_INSTANT("bench", "enabled_0"))
BENCH_CASE(on1, RILL_INSTANT("bench", "enabled_int64", "i", (int64_t)i))
BENCH_CASE(on2, RILL_INSTANT("bench", "enabled_2_int64", "i", (int64_t)i, "j", (int64_t)-i))
BENCH_CASE(on2_text, RILL_INSTANT("bench", "enabled_2_int_text16", "i", i, "j", -i, "text", text))
BENCH_CASE(scope, RILL_SCOPE("bench", "scope"); __asm__ volatile(""))

enum { CASES = 12 };
static double measured[CASES][BENCH_ROUNDS_MAX];

struct bench bench_cases[CASES] = {
	{ .ns = measured[0], .name = "loop", .text = "the loop around each case", .run = loop },
	{ .ns = measured[1], .name = "clock_read", .text = "a read of the clock", .run = clock_read },
	{ .ns = measured[2], .name = "clock_read_and_store", .text = "the floor: a read of the clock, 32 bytes stored", .run = clock_store },
	{ .ns = measured[3], .name = "disabled", .text = "off, no argument", .run = off0 },
	{ .ns = measured[4], .name = "disabled_1", .text = "off, a number", .run = off1 },
	{ .ns = measured[5], .name = "disabled_2", .text = "off, two numbers", .run = off2 },
	{ .ns = measured[6], .name = "disabled_text", .text = "off, a text", .run = off_text },
	{ .ns = measured[7], .name = "enabled_0", .text = "on, no argument", .run = on0, .events = 1 },
	{ .ns = measured[8], .name = "enabled_int64", .text = "on, a number", .run = on1, .events = 1 },
	{ .ns = measured[9], .name = "enabled_2_int64", .text = "on, two numbers", .run = on2, .events = 1 },
	{ .ns = measured[10], .name = "enabled_2_int_text16", .text = "on, two numbers and a text of 16 bytes", .run = on2_text, .events = 1 },
	{ .ns = measured[11], .name = "scope", .text = "on, a scope: begin and end", .run = scope, .events = 2 },
};
const unsigned bench_cases_count = CASES;

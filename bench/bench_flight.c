/* SPDX-License-Identifier: MIT
 * bench_flight.c - what an event costs that goes into the flight ring, too: a stream alone, and then a flight session beside it that
 * wants the same events.
 */
#include "bench/lab.h"

#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void store_twice(unsigned i)
{
	uint64_t *const to = &lab_floor[(size_t)i * 4 & (LAB_FLOOR_WORDS - 1)];

	to[0] = to[2] = lab_ticks();
	to[1] = to[3] = i;
}

BENCH_CASE(loop, (void)0)
BENCH_CASE(store, store_twice(i))
BENCH_CASE(emit_0, RILL_INSTANT("bench", "none"))
BENCH_CASE(emit_1, RILL_INSTANT("bench", "one", "i", (int64_t)i))
BENCH_CASE(emit_2, RILL_INSTANT("bench", "two", "i", (int64_t)i, "j", (int64_t)-i))
BENCH_CASE(emit_4, RILL_INSTANT("bench", "four", "i", (int64_t)i, "j", (int64_t)-i, "k", 1.5, "l", (int64_t)i))
BENCH_CASE(emit_text, RILL_INSTANT("bench", "text", "i", (int64_t)i, "j", (int64_t)-i, "t", "sixteen bytes ..."))
BENCH_CASE(emit_call, rill_emit('I', "bench", "call", 0, 0, 0, NULL, NULL))
BENCH_CASE(emit_scope, RILL_SCOPE("bench", "scope"); __asm__ volatile(""))

static struct bench once[] = {
	{ .name = "loop", .run = loop },
	{ .name = "clock_twice_16", .run = store, .floor = 1, .args = 1, .bytes = 32 },
	{ .name = "once_0", .run = emit_0, .floor = 1, .events = 1, .bytes = 8 },
	{ .name = "once_1", .run = emit_1, .floor = 1, .events = 1, .args = 1, .bytes = 16 },
	{ .name = "once_2", .run = emit_2, .floor = 1, .events = 1, .args = 2, .bytes = 24 },
	{ .name = "once_4", .run = emit_4, .floor = 1, .events = 1, .args = 4, .bytes = 40 },
	{ .name = "once_text", .run = emit_text, .floor = 1, .events = 1, .args = 3, .bytes = 56 },
	{ .name = "once_call", .run = emit_call, .floor = 1, .events = 1, .bytes = 16 },
	{ .name = "once_scope", .run = emit_scope, .floor = 1, .events = 2, .bytes = 24 },
};

static struct bench twice[] = {
	{ .name = "loop", .run = loop },
	{ .name = "clock_twice_16", .run = store, .floor = 1, .args = 1, .bytes = 32 },
	{ .name = "both_0", .run = emit_0, .floor = 1, .events = 1, .bytes = 16 },
	{ .name = "both_1", .run = emit_1, .floor = 1, .events = 1, .args = 1, .bytes = 32 },
	{ .name = "both_2", .run = emit_2, .floor = 1, .events = 1, .args = 2, .bytes = 48 },
	{ .name = "both_4", .run = emit_4, .floor = 1, .events = 1, .args = 4, .bytes = 80 },
	{ .name = "both_text", .run = emit_text, .floor = 1, .events = 1, .args = 3, .bytes = 112 },
	{ .name = "both_call", .run = emit_call, .floor = 1, .events = 1, .bytes = 32 },
	{ .name = "both_scope", .run = emit_scope, .floor = 1, .events = 2, .bytes = 48 },
};

static void start_flight(const struct lab *lab)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *flight;

	o.filter = "bench";
	o.file = "/dev/null";
	o.flight_bytes = 1 << 20;
	if (rill_session_start(&o, &flight) != 0) {
		fprintf(stderr, "%s: %s\n", lab->program, rill_error());
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct lab lab;

	lab_options(&lab, argc, argv, 6);
	lab_start(&lab);
	if (!lab.count_case || strncmp(lab.count_case, "both", 4) != 0)
		lab_cases(&lab, once, sizeof once / sizeof *once);
	start_flight(&lab);
	if (!lab.count_case || strncmp(lab.count_case, "both", 4) == 0)
		lab_cases(&lab, twice, sizeof twice / sizeof *twice);
	return lab_books(&lab, lab.session, bench_emitted);
}

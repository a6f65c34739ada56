/* SPDX-License-Identifier: MIT
 * bench_disabled.c - what an event costs that nobody wants, beside a test of a volatile byte that leads to a call which is never made.
 * ns are those of the loop with it: there is hardly anything left without the loop.
 */
#include "bench/lab.h"

#include <rill/trace.h>

/* A turn is a cycle: a stretch is as long as thousands of steps of a clock that goes by 10 ns, or the step would be a per cent or two of it. */
enum { TURNS = 100000 };

static volatile uint8_t byte;
static const char *text = "sixteen bytes 16";

static __attribute__((noinline, cold)) void never(unsigned i)
{
	byte = (uint8_t)i;
}

BENCH_CASE(loop, (void)0)
BENCH_CASE(byte_test, if (__builtin_expect(byte, 0)) never(i))
BENCH_CASE(off0, RILL_INSTANT("off", "none"))
BENCH_CASE(off1, RILL_INSTANT("off", "one", "i", i))
BENCH_CASE(off2, RILL_INSTANT("off", "two", "i", i, "j", -i))
BENCH_CASE(off6, RILL_INSTANT("off", "six", "a", i, "b", i, "c", i, "d", i, "e", i, "f", i))
BENCH_CASE(off_text, RILL_INSTANT("off", "text", "text", text))
BENCH_CASE(off_scope, RILL_SCOPE("off", "scope"); __asm__ volatile(""))

static struct bench cases[] = {
	{ .name = "loop", .run = loop },
	{ .name = "byte_test", .run = byte_test, .floor = 1 },
	{ .name = "disabled_0", .run = off0, .floor = 1 },
	{ .name = "disabled_1", .run = off1, .floor = 1, .args = 1 },
	{ .name = "disabled_2", .run = off2, .floor = 1, .args = 2 },
	{ .name = "disabled_6", .run = off6, .floor = 1, .args = 6 },
	{ .name = "disabled_text", .run = off_text, .floor = 1, .args = 1 },
	{ .name = "disabled_scope", .run = off_scope, .floor = 1 },
};

int main(int argc, char **argv)
{
	struct lab lab;

	lab_options(&lab, argc, argv, 5);
	lab.gross = true;
	lab.turns = TURNS;
	lab_start(&lab);
	lab_cases(&lab, cases, sizeof cases / sizeof *cases);
	return lab_books(&lab, lab.session, 0);
}

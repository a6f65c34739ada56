/* SPDX-License-Identifier: MIT
 * bench_strings.c - what an event costs that carries a copy of a text. Its floor reads the counter, takes the text's length and
 * copies it: no event can do without these.
 */
#include "bench/lab.h"

#include <rill/trace.h>
#include <string.h>

enum { LONGEST = 1024 };
static char texts[LONGEST + 1];
/* Of one length each; the compiler must not know it. */
static const char *text_0, *text_16, *text_64, *text_256, *text_1024;

static inline void copy(unsigned i, const char *text)
{
	const size_t length = strlen(text);
	char *const to = (char *)&lab_floor[(size_t)i * 16 & (LAB_FLOOR_WORDS / 2 - 1)];
	const uint64_t ticks = lab_ticks();

	memcpy(to, &ticks, sizeof ticks);
	memcpy(to + sizeof ticks, text, length + 1);
}

#define PAIR(n)                                                                                    \
	BENCH_CASE(copy_##n, copy(i, text_##n))                                                    \
	BENCH_CASE(text_event_##n, RILL_INSTANT("bench", "text_" #n, "text", text_##n))
BENCH_CASE(loop, (void)0)
BENCH_CASE(clock_alone, __asm__ volatile("" : : "r"(lab_ticks())))
PAIR(0)
PAIR(16)
PAIR(64)
PAIR(256)
PAIR(1024)
BENCH_CASE(two_ints_text_16, RILL_INSTANT("bench", "three", "i", i, "j", -i, "text", text_16))
BENCH_CASE(bytes_16, RILL_INSTANT("bench", "bytes", "bytes", RILL_BYTES(text_16, 16)))

#define CASES(n, at) { .name = "clock_copy_" #n, .run = copy_##n, .floor = at, .args = 1, .bytes = 8 + n + 1 }, \
		     { .name = "text_" #n, .run = text_event_##n, .floor = at, .events = 1, .args = 1, .bytes = 8 + (n + 1 + 2 + 7) / 8 * 8 }
static struct bench cases[] = {
	{ .name = "loop", .run = loop },
	{ .name = "clock", .run = clock_alone, .floor = 1 },
	CASES(0, 2),
	CASES(16, 4),
	CASES(64, 6),
	CASES(256, 8),
	CASES(1024, 10),
	{ .name = "two_ints_text_16", .run = two_ints_text_16, .floor = 4, .events = 1, .args = 3, .bytes = 8 + 16 + 24 },
	{ .name = "bytes_16", .run = bytes_16, .floor = 4, .events = 1, .args = 1, .bytes = 8 + 24 },
};

int main(int argc, char **argv)
{
	struct lab lab;

	memset(texts, 't', LONGEST);
	text_0 = texts + LONGEST;
	text_16 = texts + LONGEST - 16;
	text_64 = texts + LONGEST - 64;
	text_256 = texts + LONGEST - 256;
	text_1024 = texts;
	lab_options(&lab, argc, argv, 10);
	lab_start(&lab);
	lab_cases(&lab, cases, sizeof cases / sizeof *cases);
	return lab_books(&lab, lab.session, bench_emitted);
}

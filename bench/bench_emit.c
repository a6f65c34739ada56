/* SPDX-License-Identifier: MIT
 * bench_emit.c - what an event costs the thread that emits it, beside its physical floor in the same run.
 *
 * Floors: the loop alone, a read of the counter, a read of the counter and 32 bytes stored. The cases take turns (A B C A B C ...) in
 * short stretches, so that what else the machine does hits all of them; minima and medians are over the stretches.
 */
#define _GNU_SOURCE
#include <rill/clock.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EVENTS = 2000, ROUNDS = 301 };

static uint64_t floor_ring[8192];
static const char *text = "sixteen bytes 16";

#define LOOP(name, ...)                                                                            \
	static __attribute__((noinline)) void name(void)                                           \
	{                                                                                          \
		for (int i = 0; i < EVENTS; i++) {                                                 \
			__asm__ volatile("" ::: "memory");                                         \
			__VA_ARGS__;                                                               \
		}                                                                                  \
	}
LOOP(loop, (void)0)
LOOP(clock_read, __asm__ volatile("" : : "r"(rill_clock_ticks())))
LOOP(clock_store, uint64_t *at = &floor_ring[4 * (size_t)(i & 2047)]; at[0] = rill_clock_ticks(); at[1] = (uint64_t)i;
     at[2] = 3; at[3] = 4)
LOOP(disabled, RILL_INSTANT("bench.off", "disabled", "i", i))
LOOP(args0, RILL_INSTANT("bench", "args0"))
LOOP(args1, RILL_INSTANT("bench", "args1", "i", (int64_t)i))
LOOP(args2, RILL_INSTANT("bench", "args2", "i", (int64_t)i, "j", (int64_t)-i))
LOOP(args2_text, RILL_INSTANT("bench", "args2_text", "i", i, "j", -i, "text", text))
LOOP(scope, RILL_SCOPE("bench", "scope"); __asm__ volatile(""))

static struct bench {
	const char *name;
	void (*run)(void);
	double ns[ROUNDS];
} benches[] = {
	{ .name = "loop", .run = loop },
	{ .name = "clock_read", .run = clock_read },
	{ .name = "clock_read_and_store", .run = clock_store },
	{ .name = "disabled", .run = disabled },
	{ .name = "enabled_0", .run = args0 },
	{ .name = "enabled_int64", .run = args1 },
	{ .name = "enabled_2_int64", .run = args2 },
	{ .name = "enabled_2_int_text16", .run = args2_text },
	{ .name = "scope", .run = scope },
};
enum { BENCHES = sizeof benches / sizeof *benches };

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void measure(struct rill_session *session)
{
	for (int round = -1; round < ROUNDS; round++) {		/* -1: warm-up */
		for (unsigned b = 0; b < BENCHES; b++) {
			uint64_t start = rill_clock_ns();

			benches[b].run();
			if (round >= 0)
				benches[b].ns[round] = (double)(rill_clock_ns() - start) / EVENTS;
		}
		rill_session_flush(session, 10000);	/* the rings are empty again */
	}
}

int main(void)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 4 << 20, .wake = RILL_WAKE_POLL, .prefault = true };
	struct rill_clock_info clock;
	struct rill_session *session;
	struct rill_stats stats;
	double floor_min, loop_min;

	o.file = "/dev/null";
	o.filter = "bench";
	if (rill_configure(&c) != 0 || rill_session_start(&o, &session) != 0) {
		fprintf(stderr, "bench_emit: %s\n", rill_error());
		return 1;
	}
	rill_clock_info(&clock);
	measure(session);
	rill_session_stats(session, &stats);
	for (unsigned b = 0; b < BENCHES; b++)
		qsort(benches[b].ns, ROUNDS, sizeof benches[b].ns[0], by_value);
	loop_min = benches[0].ns[0];
	floor_min = benches[2].ns[0] - loop_min;
	printf("# clock=%s read_ns=%.1f events_per_stretch=%d stretches=%d lost=%llu; ns are net of the loop\n", clock.name,
	       clock.read_ns, EVENTS, ROUNDS, (unsigned long long)stats.lost_total);
	for (unsigned b = 0; b < BENCHES; b++)
		printf("bench case=%s threads=1 ns_min=%.2f ns_med=%.2f floor_ns=%.2f ratio=%.2f\n", benches[b].name,
		       benches[b].ns[0] - loop_min, benches[b].ns[ROUNDS / 2] - loop_min, floor_min,
		       (benches[b].ns[0] - loop_min) / floor_min);
	return rill_session_stop(session) != 0;
}

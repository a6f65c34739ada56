/* SPDX-License-Identifier: MIT
 * harness.c - measures cases in turns.
 */
#include "bench/harness.h"

#include <rill/clock.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t bench_emitted;

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void stretch(struct bench *b, unsigned turns, bool counts)
{
	uint64_t start = rill_clock_ns(), ns;

	b->run(turns);
	ns = rill_clock_ns() - start;
	bench_emitted += (uint64_t)turns * b->events;
	if (counts && b->rounds < BENCH_ROUNDS_MAX)
		b->ns[b->rounds++] = (double)ns / turns;
}

/* Fewer turns where a round takes so long that there would not be eight of them. */
static unsigned fitting(unsigned turns, double round_seconds, double seconds)
{
	enum { ROUNDS_WANTED = 8, TURNS_MIN = 20 };
	double fit = turns * seconds / (ROUNDS_WANTED * round_seconds);

	return fit >= turns ? turns : fit < TURNS_MIN ? TURNS_MIN : (unsigned)fit;
}

void bench_measure(struct bench *cases, unsigned count, struct rill_session *session, unsigned turns, unsigned rounds_max, double seconds)
{
	uint64_t start = rill_clock_ns();

	for (unsigned round = 0; round <= rounds_max; round++) {	/* the first one warms up */
		double passed;

		for (unsigned i = 0; i < count; i++)
			stretch(&cases[i], turns, round > 0);
		rill_session_flush(session, 10000);
		passed = (double)(rill_clock_ns() - start) / 1e9;
		if (round == 0)
			turns = fitting(turns, passed, seconds);
		else if (round >= 3 && passed >= seconds)
			break;
	}
	for (unsigned i = 0; i < count; i++)
		bench_end(&cases[i]);
}

void bench_end(struct bench *b)
{
	qsort(b->ns, b->rounds, sizeof b->ns[0], by_value);
}

double bench_min(const struct bench *b)
{
	return b->ns[0];
}

double bench_median(const struct bench *b)
{
	return b->ns[b->rounds / 2];
}

double bench_net(double ns, double loop_ns)
{
	return ns > loop_ns ? ns - loop_ns : 0;
}

int bench_line(char *to, size_t size, const char *name, unsigned threads, double ns_min, double ns_median, double floor_ns, const char *rest)
{
	return snprintf(to, size, "bench case=%s threads=%u ns_min=%.2f ns_med=%.2f floor_ns=%.2f ratio=%.2f%s\n", name, threads, ns_min,
			ns_median, floor_ns, floor_ns > 0 ? ns_min / floor_ns : 0.0, rest);
}

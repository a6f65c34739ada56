/* SPDX-License-Identifier: MIT
 * board_consumer.c - how fast events go from the rings into memory, encoded: what a board can record for long.
 *
 * A session of its own keeps the last 64 KiB in memory. The thread fills its ring, and the flush that empties it is timed; the consumer
 * itself sleeps meanwhile.
 */
#include "bench/board.h"

#include <rill/clock.h>
#include <rill/trace.h>
#include <stdio.h>

enum { EVENTS = 4000 };

static __attribute__((noinline)) void fill(void)
{
	for (int64_t i = 0; i < EVENTS; i++)
		RILL_INSTANT("bench.consumer", "event", "i", i);
}

static void measure(struct rill_session *session, struct bench *b, double seconds)
{
	uint64_t end = rill_clock_ns() + (uint64_t)(seconds * 1e9);

	for (unsigned round = 0; b->rounds < BENCH_ROUNDS_MAX; round++) {
		uint64_t start;

		if (round > 1 && rill_clock_ns() >= end)
			break;
		fill();
		start = rill_clock_ns();
		rill_session_flush(session, 10000);
		if (round > 0)
			b->ns[b->rounds++] = (double)(rill_clock_ns() - start) / EVENTS;
	}
	bench_end(b);
}

static void format(struct board *board, enum rill_format format, const char *name, const char *text, double seconds)
{
	static double ns[BENCH_ROUNDS_MAX];
	struct bench b = { .name = name, .ns = ns };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;
	struct rill_stats stats = { 0 };
	char rest[80];

	o.filter = "bench.consumer";
	o.file = "memory:64";
	o.format = format;
	if (rill_session_start(&o, &session) < 0) {
		board_left_out(name, rill_error());
		return;
	}
	measure(session, &b, seconds);
	rill_session_stats(session, &stats);
	rill_session_stop(session);
	snprintf(rest, sizeof rest, " events_per_s=%.0f lost=%llu", bench_median(&b) > 0 ? 1e9 / bench_median(&b) : 0.0,
		 (unsigned long long)stats.lost_total);
	board_case(board, name, text, 1, bench_min(&b), bench_median(&b), rest);
}

void board_consumer(struct board *board, double seconds)
{
	format(board, RILL_FORMAT_BINARY, "consumer_binary", "the consumer, into memory, as packets", seconds / 2);
	format(board, RILL_FORMAT_JSON, "consumer_json", "the consumer, into memory, as JSON", seconds / 2);
}

/* SPDX-License-Identifier: MIT
 * board.h - the parts of rill-bench. Each measures for `seconds` at most, prints its lines into the report, and leaves out with a
 * reason what this build or this machine does not have.
 */
#ifndef BENCH_BOARD_H
#define BENCH_BOARD_H

#include "bench/harness.h"

enum { BOARD_RING_BYTES = 256 << 10, BOARD_TURNS = 1000, BOARD_PROCESSORS_MAX = 16 };

struct board {
	struct rill_session *session;	/* that the measured events go to: category bench */
	double loop_ns, floor_ns;
};

/* A case as a row of the table for people and as a line for machines; rest: what else belongs into the line. */
void board_case(const struct board *board, const char *name, const char *text, unsigned threads, double ns_min, double ns_median,
		const char *rest);
/* And where something could not be measured. */
void board_left_out(const char *name, const char *why);

/* A line for machines: kept until the end, behind the table. */
void board_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* 1, 2, ... as many threads as processors, each with a ring of its own. */
void board_threads(struct board *board, double seconds);
/* An event in a handler that has interrupted an event of its thread: its ring is the next level's. */
void board_nested(struct board *board, double seconds);
/* From the rings into memory, as packets and as JSON. */
void board_consumer(struct board *board, double seconds);

#endif

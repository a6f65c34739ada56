/* SPDX-License-Identifier: MIT
 * rings.h - rings of many threads, filled by hand, for the benchmarks of the consumer.
 *
 * The threads are real and sleep; their rings are filled from outside, by the steps of a producer but with times of our choice, so
 * that it is known how the events of the threads lie between each other. What is measured is the consumer's own pass. A case
 * runs in a process of its own, since there is one set of rings in each.
 */
#ifndef BENCH_RINGS_H
#define BENCH_RINGS_H

#include "sink/outlet.h"

enum { BENCH_RINGS_MAX = 1000 };

enum bench_shape { BENCH_NO_ARGUMENT, BENCH_INT64, BENCH_TEXT16 };
extern const char *const bench_shape_names[];	/* "none", "int64", "2int_text16" */

struct bench_rings_case {
	const char *name;
	struct rill_outlet *(*open)(void);	/* where the events go; NULL: rill_error() says why not */
	uint64_t (*bytes)(void);		/* that came out of it so far; NULL: none do */
	enum bench_shape shape;
	unsigned rings;
	unsigned burst;		/* events of one thread in a row, on average; 1: each is of a thread drawn at random */
	unsigned events;	/* of a round */
};

/* Measures the case in so many rounds and prints its line: least and median time of an event, the bytes it became, and the floor in
 * the same rounds, which is a look at the head of each record and a copy of as many bytes as come out. Times are the consumer's
 * processor time. 0, or 1 if the books do not close. Once in a process. */
int bench_rings_run(const struct bench_rings_case *c, unsigned rounds);

/* All of them; or one, whose number is the first argument, in one round, for who counts its instructions. What main() returns. */
int bench_rings_main(const struct bench_rings_case *cases, unsigned count, int argc, char **argv);

/* An outlet of this format whose sink takes everything at once. */
struct rill_outlet *bench_open_outlet(enum rill_format format);

/* The cases that every format is measured with, into such an outlet. What main() returns. */
int bench_stream_main(const char *name, struct rill_outlet *(*open)(void), int argc, char **argv);

#endif

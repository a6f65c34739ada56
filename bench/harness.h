/* SPDX-License-Identifier: MIT
 * harness.h - how the benchmarks measure: cases that take turns in short stretches, and one line of key=value for each.
 *
 * The cases take turns (A B C A B C ...), so that what else the machine does hits all of them; minima and medians are over the
 * stretches. Every event that a case emits is counted, so that a session's books can be checked against it.
 */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <rill/session.h>

enum { BENCH_ROUNDS_MAX = 301, BENCH_TURNS_MAX = 2000 };

/* A case: its statements, `turns` times, i counting them. The compiler takes nothing out of the loop. All begin alike in a line of the
 * cache: where a loop of few instructions lies may cost more than what is in it. */
#define BENCH_CASE(name, ...)                                                                      \
	static __attribute__((noinline, aligned(64))) void name(unsigned turns)                    \
	{                                                                                          \
		for (unsigned i = 0; i < turns; i++) {                                             \
			__asm__ volatile("" ::: "memory");                                         \
			__VA_ARGS__;                                                               \
		}                                                                                  \
	}

struct bench {
	const char *name;
	const char *text;		/* for people */
	void (*run)(unsigned turns);
	unsigned events;		/* of one turn, that the session gets */
	unsigned args;			/* of the event */
	unsigned floor;			/* which of the cases this one stands beside */
	unsigned bytes;			/* that one turn leaves in the ring, or stores there */
	double insn;			/* of one turn, the loop included; 0: not counted */
	unsigned rounds;		/* measured so far */
	double *ns;			/* of one turn, BENCH_ROUNDS_MAX of them; sorted by bench_end() */
};

extern struct bench bench_cases[];
extern const unsigned bench_cases_count;
enum { BENCH_LOOP, BENCH_CLOCK, BENCH_FLOOR };	/* the first of bench_cases: what all others stand beside */

/* Events emitted so far, by all cases. */
extern uint64_t bench_emitted;

/* Measures each case until `seconds` have passed, at least 3 times and at most rounds_max; turns: how often a case runs in a
 * stretch. Between rounds the session is flushed, so that the rings are empty again. */
void bench_measure(struct bench *cases, unsigned count, struct rill_session *session, unsigned turns, unsigned rounds_max, double seconds);

/* Sorts what was measured. */
void bench_end(struct bench *b);
double bench_min(const struct bench *b);
double bench_median(const struct bench *b);

/* What is left of ns without the loop; not below 0, which only noise can bring about. */
double bench_net(double ns, double loop_ns);

/* The line of a case, with what else there is to say of it at its end. */
int bench_line(char *to, size_t size, const char *name, unsigned threads, double ns_min, double ns_median, double floor_ns, const char *rest);

#endif

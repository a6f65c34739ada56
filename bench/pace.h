/* SPDX-License-Identifier: MIT
 * pace.h - events offered at a rate: threads that emit what is due and sleep until the next millisecond; they never spin.
 */
#ifndef BENCH_PACE_H
#define BENCH_PACE_H

#include <rill/session.h>
#include <stdbool.h>

enum { PACE_THREADS_MAX = 8 };

struct pace {
	unsigned threads;
	double rate;			/* events per second, of all threads together */
	double seconds;
	bool until_loss;		/* of a trial: its session's first loss ends it early */
	uint64_t emitted;		/* what became of it: rate * seconds, or fewer if the threads could not emit so fast */
	double took_s;			/* longer than `seconds` then, at most about twice as long */
	double producers_s;		/* processor time of the threads */
	double late_ms;			/* the longest that a thread overslept or was kept from running */
	long preemptions;		/* of all threads */
};

/* Offers events of category "bench" with one number. Returns when all are emitted, or when `session` (or NULL) has lost one. */
void pace_run(struct pace *pace, struct rill_session *session);

/* A session of its own for what pace_run() offers, to a file that is removed again. */
struct trial {
	struct pace pace;
	bool warm;			/* memory for the file's pages is touched first: pages.h */
	struct rill_stats stats;
	double steal_s, consumer_s;	/* consumer_s: processor time of all threads but the producers */
	double pass_ms, write_ms;	/* the longest pass and the longest write(2): watch.h */
	double bytes;			/* of the file, for each event in it */
	double floor_ns;		/* write(2) of these bytes alone, just before; 0 unless warm */
	bool closed;			/* the books do: emitted == delivered + lost */
};
struct lab;
void trial_run(const struct lab *lab, struct trial *trial, enum rill_format format);
/* Nothing was lost, and all of it was offered in time. */
bool trial_lossless(const struct trial *trial);

#endif

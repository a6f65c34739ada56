/* SPDX-License-Identifier: MIT
 * spent.h - what a stretch of time was spent on besides the work itself: preemptions and page faults of the calling thread, processor
 * time, and what the machine below gave to others (steal).
 */
#ifndef BENCH_SPENT_H
#define BENCH_SPENT_H

#include <stdint.h>

struct spent {
	long preemptions, faults;	/* of the calling thread */
	double thread_s, process_s;	/* processor time */
	double steal_s;			/* of all processors; hundredths are the finest that the kernel says */
};

void spent_now(struct spent *s);
/* What passed since then. */
struct spent spent_since(const struct spent *then);

/* Kilobytes of this process in memory: now, and at most so far. 0 where the system does not say. */
unsigned long spent_resident_kib(void);
unsigned long spent_resident_most_kib(void);

#endif

/* SPDX-License-Identifier: MIT
 * clock.h - the clock that events are stamped with. C11 and C++11.
 */
#ifndef RILL_CLOCK_H
#define RILL_CLOCK_H

#include <rill/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the runtime chose, and what a read costs here. */
struct rill_clock_info {
	const char *name;	/* "tsc", "cntvct", "monotonic", ... */
	const char *why;	/* one sentence: why this one and not a faster one */
	uint64_t frequency_hz;	/* ticks per second, measured or told by the platform */
	double read_ns;		/* measured now: mean of 1000 plain reads */
	double ordered_read_ns;	/* likewise for the ordered read */
};

/* Fills info; measures for about 1 ms. Any thread, not from a signal handler. */
RILL_API void rill_clock_info(struct rill_clock_info *info);

/* The current time as events carry it, in ticks of that clock. Any thread, signal handlers too; wait-free, but for the first call in a
 * process that has no session yet, which chooses the clock. */
RILL_API uint64_t rill_clock_ticks(void);

/* CLOCK_MONOTONIC in nanoseconds. Any thread, signal handlers too; wait-free. */
RILL_API uint64_t rill_clock_ns(void);

#ifdef __cplusplus
}
#endif
#endif

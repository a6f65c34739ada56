/* SPDX-License-Identifier: MIT
 * clock.h - the clock that events are stamped with. C11 and C++11.
 */
#ifndef RILL_CLOCK_H
#define RILL_CLOCK_H

#include <rill/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A clock of the application's own: a timer of the board that other chips read, too, or the clock of a simulation.
 * The runtime converts its ticks by comparing it with CLOCK_MONOTONIC, as it does with a processor's counter; the trace
 * says its name.
 */
struct rill_clock_own {
	const char *name;		/* 1 to 23 of a to z, 0 to 9, - and _ */
	/* Ticks: 64 bits that do not go back, the same for all threads. Is called by any thread at any time, in
	 * signal handlers and from the moment it is registered to the end of the process; may neither wait nor emit. */
	uint64_t (*read)(void);
	uint64_t frequency_hz;		/* 0: rill measures it; at most 10 GHz */
};

/* Takes it in place of the best one that the platform has; RILL_CLOCK=monotonic still forces another. Once, before the first session
 * and before anything else asks for the time. 0, -EINVAL, -EBUSY (too late), -ENOTSUP (a build with the kernel's clock alone).
 * Any thread, not from a signal handler. */
RILL_API int rill_clock_register(const struct rill_clock_own *own);

/* A session that RILL_TRACE starts begins before main. A program that wants its clock there, too, defines this variable, which is then
 * registered by itself:
 *
 *     const struct rill_clock_own rill_clock_of_program = { "ptp", read_ptp, 1000000000 };
 */
extern const struct rill_clock_own rill_clock_of_program;

/* What the runtime chose, and what a read costs here. */
struct rill_clock_info {
	const char *name;	/* "tsc", "cntvct", "monotonic", ... */
	const char *why;	/* one sentence: why this one and not a faster one */
	uint64_t frequency_hz;	/* ticks per second, measured or told by the platform */
	double read_ns;		/* measured now: mean of 1000 plain reads */
	double ordered_read_ns;	/* likewise for the ordered read */
};

/* Fills info; measures for about 1 ms. Any thread, not from a signal handler. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"	/* in C++ a function may not share a struct's name */
RILL_API void rill_clock_info(struct rill_clock_info *info);
#pragma GCC diagnostic pop

/* The current time as events carry it, in ticks of that clock. Any thread, signal handlers too; wait-free, but for the first call in a
 * process that has no session yet, which chooses the clock. */
RILL_API uint64_t rill_clock_ticks(void);

/* CLOCK_MONOTONIC in nanoseconds. Any thread, signal handlers too; wait-free. */
RILL_API uint64_t rill_clock_ns(void);

#ifdef __cplusplus
}
#endif

#ifdef RILL_DISABLED
#include <rill/clock_off.h>
#endif

#endif

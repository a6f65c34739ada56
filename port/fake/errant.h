/* SPDX-License-Identifier: MIT
 * errant.h - clocks that run by themselves, as the machine's do, and go wrong when a test says so: for tests of the running whole, where
 * clock.h's, which only move when stepped, would stand still under the feet of several threads.
 *
 * The test puts them in the place of the platform's (-Wl,--wrap).
 */
#ifndef RILL_PORT_FAKE_ERRANT_H
#define RILL_PORT_FAKE_ERRANT_H

#include "port/port.h"

#include <stdatomic.h>

/* A test may change any of it at any time. */
struct rill_fake_errant {
	_Atomic uint64_t start;		/* ticks at the reset */
	_Atomic uint64_t ticks_per_us;
	_Atomic uint64_t granule;	/* the counter shows multiples of it; 0 or 1: each value */
	_Atomic uint64_t realtime_off_ns, boottime_off_ns;	/* added to the machine's, modulo 2^64 */
	uint64_t reset_ns;		/* CLOCK_MONOTONIC at the reset */
};
extern struct rill_fake_errant rill_fake_errant;

/* Not 0: what the calling thread reads from the counter, again and again. */
extern __thread uint64_t rill_fake_own_ticks;

/* The counter begins at `start`; all clocks are right. */
void rill_fake_errant_reset(uint64_t start, uint64_t ticks_per_us);

extern const struct rill_clock_source rill_fake_errant_source;
uint64_t rill_fake_errant_realtime_ns(void);
uint64_t rill_fake_errant_boottime_ns(void);

#endif

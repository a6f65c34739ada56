/* SPDX-License-Identifier: MIT
 * clock.h - a counter and the kernel's clocks that only move when a test steps them.
 */
#ifndef RILL_PORT_FAKE_CLOCK_H
#define RILL_PORT_FAKE_CLOCK_H

#include "port/port.h"

/* A test may change any of it at any time. */
struct rill_fake_clock {
	uint64_t ticks;
	uint64_t monotonic_ns;
	uint64_t raw_ns;
	uint64_t boottime_ns;
	uint64_t realtime_ns;
	uint64_t hz;			/* of the counter, against raw_ns */
	int32_t slew_ppm;		/* of CLOCK_MONOTONIC and CLOCK_REALTIME, against raw_ns */
	uint32_t granule;		/* the counter shows multiples of it; 0 or 1: each value */
	uint32_t read_ns;		/* how long each read takes, on all clocks */
	uint32_t interrupted_every;	/* each so many reads one takes 50 us; 0: none */

	uint32_t reads;
	uint64_t ticks_rest, slew_rest;	/* fractions carried over */
};
extern struct rill_fake_clock rill_fake_clock;

/* Sets everything: the given counter, all clocks at a fixed date, no slew, 25 ns a read. */
void rill_fake_clock_reset(uint64_t ticks, uint64_t hz);

/* Lets time pass for all of them. */
void rill_fake_clock_step(uint64_t ns);

/* The machine sleeps: CLOCK_MONOTONIC and RAW stand still, the counter too unless it runs on. */
void rill_fake_clock_suspend(uint64_t ns, bool counter_runs);

extern const struct rill_clock_source rill_fake_clock_source;
uint64_t rill_fake_monotonic_ns(void);
uint64_t rill_fake_raw_ns(void);
uint64_t rill_fake_boottime_ns(void);
uint64_t rill_fake_realtime_ns(void);

#endif

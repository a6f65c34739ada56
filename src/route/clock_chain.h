/* SPDX-License-Identifier: MIT
 * clock_chain.h - the chain of pieces in clock.c, for who knows of more points of it than snapshots are.
 */
#ifndef RILL_ROUTE_CLOCK_CHAIN_H
#define RILL_ROUTE_CLOCK_CHAIN_H

#include "route/clock.h"

enum { RILL_CLOCK_JUMP_NS = 100000, RILL_CLOCK_SLEW_PPM = 1000 };	/* SLEW: from NTP's one extreme, -500, to the other */

/* Ticks up to here convert as they have. */
uint64_t rill_timebase_settled(const struct rill_timebase *tb);

/* Is the newest snapshot younger than 1 ms? */
bool rill_timebase_is_young(const struct rill_timebase *tb);

/* Further than processors may differ by, and a millisecond. */
bool rill_timebase_went_back(const struct rill_timebase *tb, uint64_t ticks);

/* The next point of the chain; it is the newest snapshot then. */
void rill_timebase_absorb(struct rill_timebase *tb, struct rill_clock_snapshot *s);

#endif

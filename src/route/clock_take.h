/* SPDX-License-Identifier: MIT
 * clock_take.h - reading all clocks at one instant, for clock.c.
 */
#ifndef RILL_ROUTE_CLOCK_TAKE_H
#define RILL_ROUTE_CLOCK_TAKE_H

#include "route/clock.h"

/* While the rate is not known, that is 1: the uncertainty is that many ticks then. */
void rill_clock_take(struct rill_timebase *tb, struct rill_clock_snapshot *s);

/* The smallest step of a counter that is coarser than a read takes; 0: it is not. */
uint64_t rill_clock_granule(uint64_t (*read)(void));

#endif

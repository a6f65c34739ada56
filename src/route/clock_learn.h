/* SPDX-License-Identifier: MIT
 * clock_learn.h - a stretch of time of which nobody took snapshots, learnt afterwards from what blocks say of it.
 *
 *        ns ^                       o  snapshot now
 *           |                x  .-'
 *           |        x     .o'         o, x: who opened a block read the counter, and then the clock; those
 *           |     x    .o-'            in between whom he was interrupted say too late a time
 *           |     .o-'
 *           |  o-'  the newest snapshot before
 *           +--------------------> ticks
 *
 * The consumer of a program with flight sessions only rests. Each block's header has both clocks, one read behind the other: the pair may be
 * late, by however long a thread did not run, but is never early. So the stretch from the first of them on is cut into RILL_LEARNT_MAX parts, and
 * of each the pair counts that is the least late at the rate that was known, if the clock can have come from it to the next one. The
 * chain of clock.h goes through them.
 *
 * An event is then as far off as its neighbours among these were late: mostly some 100 ns, and no more than NTP's slew (1000 ppm)
 * makes of the distance to the next one.
 */
#ifndef RILL_ROUTE_CLOCK_LEARN_H
#define RILL_ROUTE_CLOCK_LEARN_H

#include "route/clock.h"

enum { RILL_LEARNT_MAX = 32 };

struct rill_clock_learning {
	struct rill_clock_snapshot end;
	uint64_t from;
	uint64_t from_ns, part_ns;	/* parts are those of the clock: a machine that sleeps has none then */
	uint64_t mult;
	struct rill_clock_said {
		uint64_t ticks, ns;
		int64_t late_ns;
		bool is;
	} said[RILL_LEARNT_MAX];
};

/* Takes a snapshot. False: the newest one is younger than a second, of which no more is needed than both ends. */
bool rill_timebase_learn_begin(struct rill_timebase *tb, struct rill_clock_learning *l);

/* The first pair will be this one, or behind the newest snapshot. */
void rill_timebase_learn_from(struct rill_clock_learning *l, uint64_t ticks, uint64_t ns);

/* A pair, in any order; of any time. */
void rill_timebase_learn(struct rill_clock_learning *l, uint64_t ticks, uint64_t ns);

/* Behind rill_timebase_learn_from(). True: tb->newest is new, as with rill_timebase_update(). */
bool rill_timebase_learn_end(struct rill_timebase *tb, struct rill_clock_learning *l);

#endif

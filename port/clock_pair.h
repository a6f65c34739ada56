/* SPDX-License-Identifier: MIT
 * clock_pair.h - reads a counter and CLOCK_MONOTONIC at one instant, as near as that can be had.
 *
 * The clock is read between two reads of the counter; the instant is their middle. Whoever
 * interrupts the three reads makes them worthless, so they are repeated and the narrowest is
 * taken.
 */
#ifndef RILL_PORT_CLOCK_PAIR_H
#define RILL_PORT_CLOCK_PAIR_H

#include <stdint.h>

struct rill_clock_pair {
	uint64_t ticks;
	uint64_t ns;
	uint64_t half_ticks;	/* the instant is at most this far from ticks, either way */
};

/* Stops early once a pair is no wider than good_half_ticks. At least one try is made. */
static inline struct rill_clock_pair rill_clock_pair(uint64_t (*read_ordered)(void),
						     uint64_t (*read_ns)(void), unsigned tries,
						     uint64_t good_half_ticks)
{
	struct rill_clock_pair best = { 0, 0, UINT64_MAX };

	do {
		uint64_t before = read_ordered();
		uint64_t ns = read_ns();
		uint64_t width = read_ordered() - before;

		/* A counter that ran backwards in between gives a huge width: never the
		 * narrowest, and if it is all there is, the pair says how little it is worth. */
		if (width / 2 < best.half_ticks)
			best = (struct rill_clock_pair){ before + width / 2, ns, width / 2 };
	} while (tries-- > 1 && best.half_ticks > good_half_ticks);
	return best;
}

#endif

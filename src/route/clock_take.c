/* SPDX-License-Identifier: MIT
 * clock_take.c - what counter and clocks say at one instant, and how exactly that can be known.
 */
#include "route/clock_take.h"

#include "port/clock_pair.h"
#include "port/port.h"

#include <string.h>

enum { PAIR_TRIES = 9, BESIDE_TRIES = 3, BESIDE_NS_GOOD = 1000 };

/* What a clock said at the instant of the snapshot: read between two reads of CLOCK_MONOTONIC,
 * and set back. */
static uint64_t read_beside(const struct rill_timebase *tb, uint64_t (*clock_ns)(void),
			    struct rill_clock_snapshot *s)
{
	uint64_t at_ns = s->monotonic_ns;
	uint64_t best = UINT64_MAX, value = 0;

	for (int i = 0; i < BESIDE_TRIES && best > BESIDE_NS_GOOD; i++) {
		uint64_t before = tb->clocks.monotonic_ns();
		uint64_t read = clock_ns();
		uint64_t width = tb->clocks.monotonic_ns() - before;

		if (!read)
			return 0;
		if (width < best) {
			best = width;
			value = read - (before + width / 2 - at_ns);
		}
	}
	if (best > s->beside_ns)
		s->beside_ns = best;
	return value;
}

void rill_clock_take(struct rill_timebase *tb, struct rill_clock_snapshot *s)
{
	const struct rill_timebase_clocks *c = &tb->clocks;
	struct rill_clock_pair pair =
		rill_clock_pair(c->source->read_ordered, c->monotonic_ns, PAIR_TRIES,
				tb->narrowest_ticks + tb->narrowest_ticks / 4);

	if (!tb->narrowest_ticks || pair.half_ticks < tb->narrowest_ticks)
		tb->narrowest_ticks = pair.half_ticks;
	memset(s, 0, sizeof(*s));
	s->ticks = pair.ticks;
	s->monotonic_ns = pair.ns;
	s->exact = true;
	s->epoch = tb->jumps;
	if (tb->identity)
		s->ticks = s->monotonic_ns;
	else
		s->uncertainty_ns =
			rill_clock_scale(pair.half_ticks + tb->granule_ticks, tb->mult) + 1;
	s->raw_ns = read_beside(tb, c->raw_ns, s);
	s->boottime_ns = read_beside(tb, c->boottime_ns, s);
	s->realtime_ns = read_beside(tb, c->realtime_ns, s);
}

/* A counter that shows the same value twice is coarser than its reads are quick: then a snapshot
 * is no more exact than the smallest step, even where it looks as if no time had passed. */
uint64_t rill_clock_granule(uint64_t (*read)(void))
{
	uint64_t last = read(), smallest = UINT64_MAX;
	bool repeats = false;

	for (int reads = 0, steps = 0; reads < 4096 && steps < 8; reads++) {
		uint64_t now = read(), step = now - last;

		last = now;
		if (!step) {
			repeats = true;
			continue;
		}
		steps++;
		if (step < smallest)
			smallest = step;
	}
	return repeats && smallest != UINT64_MAX ? smallest : 0;
}

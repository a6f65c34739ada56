/* SPDX-License-Identifier: MIT
 * clock_kernel.c - the conversion where there is nothing to convert: records carry nanoseconds of CLOCK_MONOTONIC. In place of
 * clock.c, where the configuration has no counters and tells nothing of clocks that part.
 */
#include "route/clock.h"

#include "port/port.h"

void rill_timebase_init(struct rill_timebase *tb, const struct rill_timebase_clocks *clocks)
{
	(void)clocks;
	tb->identity = true;
	tb->second_ticks = UINT64_C(1000000000);
}

bool rill_timebase_update(struct rill_timebase *tb)
{
	(void)tb;
	return false;
}

void rill_timebase_snapshot(struct rill_timebase *tb)
{
	tb->count = 1;
}

bool rill_timebase_began_again(const struct rill_timebase *tb, uint64_t before, uint64_t now)
{
	(void)tb;
	(void)before;
	(void)now;
	return false;
}

uint64_t rill_timebase_ns(struct rill_timebase *tb, uint64_t ticks)
{
	(void)tb;
	return ticks;
}

bool rill_timebase_line_at(struct rill_timebase *tb, uint64_t ticks, struct rill_timebase_line *line)
{
	(void)tb;
	(void)ticks;
	*line = (struct rill_timebase_line){ 0, UINT64_MAX, 0, UINT64_MAX, UINT64_C(1) << RILL_MULT_BITS };
	return true;
}

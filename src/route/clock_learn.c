/* SPDX-License-Identifier: MIT
 * clock_learn.c - points of the chain (clock.c) between two snapshots that lie far apart (clock_learn.h has the picture).
 */
#include "route/clock_learn.h"

#include "route/clock_chain.h"
#include "route/clock_math.h"
#include "route/clock_take.h"

#include <string.h>

enum { LATE_NS = 1000000 };	/* a pair that counts is not said to be more exact */

bool rill_timebase_learn_begin(struct rill_timebase *tb, struct rill_clock_learning *l)
{
	memset(l, 0, sizeof *l);
	if (!tb->count || tb->identity || tb->lone || rill_timebase_is_young(tb))
		return false;
	rill_clock_take(tb, &l->end);
	l->from = rill_timebase_settled(tb);
	if (rill_clock_is_after(tb->newest.ticks, l->from))
		l->from = tb->newest.ticks;
	l->from_ns = tb->newest.monotonic_ns;
	l->mult = tb->mult;
	return rill_clock_is_after(l->end.ticks, l->from + tb->second_ticks);
}

void rill_timebase_learn_from(struct rill_clock_learning *l, uint64_t ticks, uint64_t ns)
{
	if (rill_clock_is_after(ticks, l->from) && ns > l->from_ns && ns < l->end.monotonic_ns)
		l->from_ns = ns;
	l->part_ns = (l->end.monotonic_ns - l->from_ns) / RILL_LEARNT_MAX + 1;
}

void rill_timebase_learn(struct rill_clock_learning *l, uint64_t ticks, uint64_t ns)
{
	struct rill_clock_said *best;
	int64_t late_ns;

	if (!rill_clock_is_after(ticks, l->from) || !rill_clock_is_after(l->end.ticks, ticks) || ns > l->end.monotonic_ns)
		return;
	/* At one rate for all of them: it serves to compare neighbours. */
	late_ns = (int64_t)(ns + rill_clock_scale(l->end.ticks - ticks, l->mult) - l->end.monotonic_ns);
	best = &l->said[ns > l->from_ns ? (ns - l->from_ns) / l->part_ns : 0];
	if (!best->is || late_ns < best->late_ns)
		*best = (struct rill_clock_said){ ticks, ns, late_ns, true };
}

/* Can the clock have come from there to here? No less than the counter has gone on, but for NTP and for the time that the machine slept:
 * the counter may have run on. */
static bool is_possible(const struct rill_timebase *tb, const struct rill_clock_said *said, uint64_t ticks, uint64_t ns, uint64_t slept_ns)
{
	const uint64_t counter_ns = rill_clock_scale(ticks - said->ticks, tb->mult);
	const uint64_t slack_ns = RILL_CLOCK_JUMP_NS + slept_ns + counter_ns / 1000000 * (RILL_CLOCK_SLEW_PPM + tb->rate_error_ppm);

	return said->ns <= ns && ns - said->ns + slack_ns >= counter_ns;
}

/* From the end on backwards: of that is certain what the clock was. */
static void leave_out_late_ones(const struct rill_timebase *tb, struct rill_clock_learning *l)
{
	const uint64_t slept_ns = (l->end.boottime_ns - l->end.monotonic_ns) - (tb->newest.boottime_ns - tb->newest.monotonic_ns);
	uint64_t ticks = l->end.ticks, ns = l->end.monotonic_ns;

	for (unsigned i = RILL_LEARNT_MAX; i-- > 0;) {
		struct rill_clock_said *const said = &l->said[i];

		said->is = said->is && is_possible(tb, said, ticks, ns, slept_ns);
		ticks = said->is ? said->ticks : ticks;
		ns = said->is ? said->ns : ns;
	}
}

bool rill_timebase_learn_end(struct rill_timebase *tb, struct rill_clock_learning *l)
{
	const uint32_t jumps = tb->jumps;

	/* Where the counter went back, the next pass has more to do than to look at the clocks. */
	if (rill_timebase_went_back(tb, l->end.ticks))
		return false;
	leave_out_late_ones(tb, l);
	for (unsigned i = 0; i < RILL_LEARNT_MAX; i++) {
		struct rill_clock_snapshot point = tb->newest;

		if (!l->said[i].is)
			continue;
		point.ticks = l->said[i].ticks;
		point.monotonic_ns = l->said[i].ns;
		point.uncertainty_ns = LATE_NS;
		point.exact = false;
		point.jumped = false;
		rill_timebase_absorb(tb, &point);
	}
	rill_timebase_absorb(tb, &l->end);
	tb->newest.jumped |= tb->jumps != jumps;
	tb->newest.epoch = tb->jumps;
	return true;
}

/* SPDX-License-Identifier: MIT
 * clock.h - from the ticks that records carry to nanoseconds of CLOCK_MONOTONIC.
 *
 *        ns ^              o  newest snapshot
 *           |           .-'  \
 *           |      o--'       beyond it: the last slope, until the next snapshot corrects it
 *           |   .-'           (a new piece starts where the conversion has got to: never back)
 *           |  o
 *           +--------------------> ticks
 *
 * The consumer takes a snapshot of the counter and the kernel's clocks in each pass, so that nearly
 * all events of the pass lie between two snapshots and are interpolated: NTP may slew the clock as
 * it likes. The pieces between snapshots are kept, so late records and the begins of scopes convert
 * as their neighbours did. With age they are thinned out, never dropped: the first one reaches back
 * for ever.
 *
 * Properties: ticks that do not decrease convert to ns that do not decrease, across snapshots; at a
 * snapshot the result is the clock's, or what was already promised if that is more; a clock that
 * counts nanoseconds of CLOCK_MONOTONIC converts to itself exactly; no drift, whatever the uptime;
 * values of the counter are compared by difference, so that it may wrap.
 *
 * The rate is learnt from two snapshots that are 1 ms or more apart. Nobody waits for the second
 * one but who has ticks to convert that early: a start does not.
 *
 * Used by one thread at a time (who holds the drain role). Nothing here allocates, or blocks apart
 * from that millisecond.
 */
#ifndef RILL_ROUTE_CLOCK_H
#define RILL_ROUTE_CLOCK_H

#include "config.h"

#include "route/clock_math.h"

#include <stdbool.h>
#include <stdint.h>

struct rill_clock_source;

/* Where the time comes from: the platform, or a test that steps it by hand. */
struct rill_timebase_clocks {
	const struct rill_clock_source *source;
	uint64_t (*monotonic_ns)(void);
	uint64_t (*raw_ns)(void);
	uint64_t (*boottime_ns)(void);
	uint64_t (*realtime_ns)(void);
	void (*wait_ns)(uint64_t ns);
};

/* All clocks at one instant. A clock that the platform does not have is 0. */
struct rill_clock_snapshot {
	uint64_t ticks;
	uint64_t monotonic_ns;
	uint64_t raw_ns;
	uint64_t boottime_ns;
	uint64_t realtime_ns;
	uint64_t uncertainty_ns;	/* ticks and monotonic_ns agree to this much, either way */
	uint64_t beside_ns;		/* the other clocks and monotonic_ns, likewise */
	uint32_t epoch;			/* how many jumps there were before, this one included */
	bool exact;			/* taken so; else what somebody said: see clock_learn.h */
	bool jumped;			/* counter and clock disagree since the one before */
	/* Since they last agreed, by more than 1 ms; else 0: */
	int64_t slept_ns;		/* BOOTTIME has gone further than MONOTONIC */
	int64_t set_ns;			/* REALTIME has gone further than BOOTTIME: somebody has set it */
};

enum { RILL_TIMEBASE_PIECES = RILL_ON(CONFIG_RILL_CLOCK_COUNTER) ? 64 : 2 };

/* One straight piece: it begins at (ticks, ns) and ends where the next one begins. mult: ns per
 * tick, 16.48 bits. */
struct rill_timebase_piece {
	uint64_t ticks;
	uint64_t ns;
	uint64_t mult;
	bool jump;	/* a new epoch begins here */
};

struct rill_timebase_anchor {
	uint64_t ticks;
	uint64_t ns;
	uint64_t uncertainty_ns;
};

struct rill_timebase {
	struct rill_timebase_clocks clocks;
	struct rill_clock_snapshot newest;
	bool identity;			/* the counter is CLOCK_MONOTONIC itself */

	struct rill_timebase_piece pieces[RILL_TIMEBASE_PIECES];	/* the last one is open */
	uint32_t count;
	uint32_t found;			/* where the last conversion found its piece */
	uint64_t ahead_ticks;		/* so far beyond its begin the open piece has been used */

	struct rill_timebase_anchor anchors[2];	/* the rate is measured from the older one */
	uint64_t mult;			/* the rate now */
	uint64_t rate_error_ppm;
	uint64_t second_ticks;		/* ticks in a second */
	bool settling;			/* the rate has to be learnt anew */
	bool lone;			/* there is one snapshot and no rate: nothing has been converted */

	/* The end of the pieces of before the counter went back, and the ns that nothing after it
	 * may be below. */
	struct rill_timebase_piece before;
	uint64_t floor_ns;
	bool has_before;

	/* BOOTTIME - MONOTONIC and REALTIME - BOOTTIME, as last told, and how far they may be off. */
	struct rill_timebase_offset {
		uint64_t ns, slack_ns;
		bool known;
	} boottime_off, realtime_off;

	uint64_t narrowest_ticks;	/* half width of the best snapshot so far */
	uint64_t granule_ticks;		/* a step of the counter; 0: finer than a read takes */
	uint32_t jumps;
};

/* clocks NULL: the platform's, with rill_clock() for the counter. */
void rill_timebase_init(struct rill_timebase *tb, const struct rill_timebase_clocks *clocks);

/* Takes a snapshot if none is younger than 1 ms. True: tb->newest is new. To be called in each
 * pass, best after the pass has read its `now`: then hardly an event of it lies beyond the
 * snapshot. A counter that went back is not taken note of: what was recorded before is converted
 * first, and then rill_timebase_snapshot() is called. */
bool rill_timebase_update(struct rill_timebase *tb);

/* Takes one in any case: the first, or behind what a counter that went back has left. */
void rill_timebase_snapshot(struct rill_timebase *tb);

/* Has the counter begun again (or wrapped, as a whole) since it was `before`? Then `now`, read just now, is not comparable with ticks of
 * then. More is needed than what processors may differ by, and a millisecond. */
bool rill_timebase_began_again(const struct rill_timebase *tb, uint64_t before, uint64_t now);

/* CLOCK_MONOTONIC at these ticks. At least one update must have been made. Reading the same ticks
 * twice gives the same ns; ticks of before the first snapshot are extrapolated backwards, down to
 * 0. Waits, at most for the rest of the millisecond behind the first snapshot, twice where that did not tell the rate. */
uint64_t rill_timebase_ns(struct rill_timebase *tb, uint64_t ticks);

/* A piece between two snapshots, taken out of the chain: many events in a row lie on one. Good until the next update. */
struct rill_timebase_line {
	uint64_t ticks, length_ticks;	/* from here, so far */
	uint64_t ns, end_ns;
	uint64_t mult;
};

/* The line on which ticks lie. False: on none that is closed; rill_timebase_ns() knows more. */
bool rill_timebase_line_at(struct rill_timebase *tb, uint64_t ticks, struct rill_timebase_line *line);

static inline bool rill_timebase_line_holds(const struct rill_timebase_line *line, uint64_t ticks)
{
	return ticks - line->ticks < line->length_ticks;
}

/* What rill_timebase_ns() says for ticks that the line holds. */
static inline uint64_t rill_timebase_line_ns(const struct rill_timebase_line *line, uint64_t ticks)
{
	const uint64_t more = rill_clock_scale(ticks - line->ticks, line->mult);

	/* Not the sum: what does not fit is UINT64_MAX. */
	return more < line->end_ns - line->ns ? line->ns + more : line->end_ns;
}

#endif

/* SPDX-License-Identifier: MIT
 * route_private.h - the state of the route, shared by its files.
 */
#ifndef RILL_ROUTE_ROUTE_PRIVATE_H
#define RILL_ROUTE_ROUTE_PRIVATE_H

#include "route/clock.h"
#include "route/merge.h"
#include "route/route.h"

struct rill_route {
	struct rill_timebase timebase;
	struct rill_merge merge;
	struct rill_decoded decoded;
	struct rill_route_list *published;	/* RCU */
	const struct rill_route_list *list;	/* of the present pass */
	uint64_t limit;		/* of the present pass: records strictly below it are given */
	uint64_t watermark;	/* the highest limit so far: an older record is late */
	uint64_t skew_ticks, hold_max_ns;
	uint64_t lag_ticks, lag_ns;
	uint32_t pid;
	bool lag, ready;
	bool half_full, three_quarters;	/* some ring, in this pass */
	bool impatient;		/* three_quarters of the pass before */
	bool may_defer;		/* what the outlet refuses stays in its ring, in this pass */
	_Atomic bool room;
	struct rill_route_books books;
	struct rill_route_session *early;	/* takes what was recorded before early_end for nobody in particular; NULL: none */
	uint64_t early_end;
	uint64_t ring_need;	/* bytes of a ring that would have held what was lost */
};
extern struct rill_route rill_route;

/* The barrier is refused: lag mode from here on. */
void rill_route_lag(void);

/* `count` events were lost in front of a block (or, after_ticks 0, behind the last one): each session gets its part as a gap. */
void rill_route_ring_gap(struct rill_feed_level *level, enum rill_cause cause, uint32_t count, uint64_t before_ticks,
			 uint64_t after_ticks);

#endif

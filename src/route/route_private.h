/* SPDX-License-Identifier: MIT
 * route_private.h - the state of the route, shared by its files.
 */
#ifndef RILL_ROUTE_ROUTE_PRIVATE_H
#define RILL_ROUTE_ROUTE_PRIVATE_H

#include "route/clock.h"
#include "route/merge.h"
#include "route/route.h"

/* What rill itself has to say in every stream: that clocks have parted. It waits for its place among the events. */
enum { RILL_NOTICES_MAX = RILL_ON(CONFIG_RILL_CLOCK_NOTICES) ? 8 : 1 };
struct rill_route_notice {
	uint64_t ticks;		/* its place: in front of the first event of then or later */
	uint64_t monotonic_ns, realtime_ns, boottime_ns;
	int64_t slept_ns, set_ns;
	uint32_t epoch;
	bool jumped;
};

struct rill_route {
	struct rill_timebase timebase;
	struct rill_merge merge;
	struct rill_decoded decoded;
	struct rill_route_list *published;	/* RCU */
	const struct rill_route_list *list;	/* of the present pass */
	uint64_t limit;		/* of the present pass: records strictly below it are given */
	uint64_t watermark;	/* the highest limit so far: an older record is late */
	uint64_t last_ns;	/* of the last event that was not late */
	uint64_t now_ticks;	/* of the present pass */
	uint64_t passes;
	/* The session of this pass where it is the only one, has a bit of its own, and no epoch ends: most of its events need no look
	 * at all the others' questions (quick.h). NULL: there is none. */
	struct rill_route_session *quick;
	uint8_t quick_mask;	/* its bit */
	uint64_t quick_ticks;	/* events from here on are in order, and of after its start */
	struct rill_timebase_line line;	/* on which the last one of these lay */
	uint64_t before_ticks;	/* of the pass before */
	bool leaving;		/* the counter has begun again: what was in the rings when that was seen comes out first, ... */
	bool ends_stay;		/* ... and nothing else */
	struct rill_route_notice notices[RILL_NOTICES_MAX];
	uint32_t notice_count;
	uint64_t notice_ticks;	/* of the first one; UINT64_MAX: there is none */
	uint64_t skew_ticks, hold_max_ns;
	uint64_t lag_ticks, lag_ns;
	uint32_t pid;
	bool lag, ready;
	bool busy;		/* some ring holds a record or is inside an event, in this pass */
	bool half_full, three_quarters;	/* some ring, in this pass */
	bool impatient;		/* three_quarters of the pass before */
	bool may_defer;		/* what the outlet refuses stays in its ring, in this pass */
	bool refused;		/* ... and something did */
	uint64_t floor;		/* of a forced pass: no ring in flight keeps the limit below it; 0: of none */
	_Atomic bool room;
	struct rill_route_books books;
	struct rill_route_session *early;	/* takes what was recorded before early_end for nobody in particular; NULL: none */
	uint64_t early_end;	/* UINT64_MAX: the first session is just starting, and nothing is given out */
	uint64_t kept_ticks;	/* of the next event of the static buffer (kept.h); UINT64_MAX: there is none */
	uint64_t ring_need;	/* bytes of a ring that would have held what was lost */
};
extern struct rill_route rill_route;

/* CLOCK_MONOTONIC never begins again. */
static inline bool rill_route_is_leaving(const struct rill_route *r)
{
	return RILL_ON(CONFIG_RILL_CLOCK_COUNTER) && r->leaving;
}

/* notice.c. After a snapshot: is there something to tell? */
void rill_route_notice_take(struct rill_route *route);
/* There is a new snapshot of the clocks. */
void rill_route_tell_clocks(struct rill_route *route);
/* Gives those whose place is before `ticks` or there to all sessions of the present pass. False: the only session's outlet has no room,
 * offer them again later. */
bool rill_route_notices_give(struct rill_route *route, uint64_t ticks);

/* Calls take for the outlet of every session in the list. */
void rill_route_each_outlet(const struct rill_route_list *list, void (*take)(struct rill_outlet *outlet, const void *what), const void *what);

/* Where what was written behind the new beginning goes in that pass. */
uint64_t rill_route_leaving_ticks(const struct rill_route *route);

/* What cursors, sessions and the route remember in ticks is forgotten: the counter has begun again. In the pass that has emptied the
 * rings. */
void rill_route_leave_ticks(struct rill_route *route);

/* Fills in what decoding does not know: times, whose it is, and whether it comes too late. */
void rill_route_stamp(struct rill_route *route, const struct rill_thread *thread, uint8_t level, uint64_t ticks, struct rill_decoded *decoded);

/* Gives the records of the opened rings that lie below the limit, in order; where something is refused, that is the limit. */
void rill_route_merge(struct rill_route *route);
/* quick.c: chooses the session, once the list is known; and enters into the books what it got in this pass (quick.h). */
void rill_route_quick_begin(struct rill_route *route);
void rill_route_quick_end(struct rill_route *route);
/* A cursor's losses: ctx is its struct rill_feed_level. */
void rill_route_on_gap(void *ctx, struct rill_cursor *cursor, uint32_t full, uint32_t big);
/* Lowers the limit where the ring is inside an event. */
void rill_route_limit_by(struct rill_route *route, const struct rill_feed_level *level);

/* The barrier is refused: lag mode from here on. */
void rill_route_lag(void);

/* `count` events were lost in front of a block (or, after_ticks 0, behind the last one): each session gets its part as a gap. */
void rill_route_ring_gap(struct rill_feed_level *level, enum rill_cause cause, uint32_t count, uint64_t before_ticks,
			 uint64_t after_ticks);

#endif

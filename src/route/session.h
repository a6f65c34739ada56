/* SPDX-License-Identifier: MIT
 * session.h - what route knows of a session: how to tell whether it wants an event, where to give it, and the books.
 *
 * Everything here but `lost_behind` belongs to whoever holds the drain role (route.h).
 */
#ifndef RILL_ROUTE_SESSION_H
#define RILL_ROUTE_SESSION_H

#include "config.h"
#include "route/decode.h"
#include "sink/outlet.h"

#include <stdatomic.h>

enum {
	RILL_DIRECT_SESSIONS = CONFIG_RILL_DIRECT_SESSIONS,
	RILL_HOLES = 32,
	RILL_SESSION_THREADS_MAX = 4096
};

/* A stretch of the stream that this session did not get. */
struct rill_hole {
	uint64_t first_ticks, last_ticks;
};

struct rill_route_session {
	uint8_t bit;		/* 0 .. 5 direct, 6 shared */
	uint8_t refusal;	/* the cause when the outlet refuses: RILL_LOST_SINK or _SUBSCRIBER */
	bool by_name;		/* event names matter, not only groups */
	uint64_t start_ticks;
	uint64_t old_until;	/* a scope that began before may be of the session that had the bit before */
	struct rill_outlet *outlet;
	/* Does it want events of this group, and (name not NULL) of this name? */
	bool (*wants)(const struct rill_route_session *session, const char *category, const char *name);
	uint8_t *known;		/* shared sessions: what wants() said by category, then by site; 0 unknown, 1 yes, 2 no */

	uint64_t delivered, lost[RILL_CAUSES];
	_Atomic uint64_t lost_behind;	/* accepted by the outlet, lost by its sink after all */
	uint64_t refused;	/* in a row, not yet reported as a gap */
	uint64_t refused_first, refused_last, last_accepted;	/* ticks */
	struct rill_hole holes[RILL_HOLES];
	uint32_t hole_count;
	struct rill_thread_stats *threads;	/* by hash of serial; room is a power of two, at most half full */
	uint32_t thread_count, thread_room;
};

/* Bytes of `known` for a shared session. */
size_t rill_route_known_bytes(void);
/* Forgets what wants() said: the filter has changed. */
void rill_route_forget(struct rill_route_session *session);

/* The session's line of a thread; NULL when there are too many. */
struct rill_thread_stats *rill_route_thread_stats(struct rill_route_session *session, uint32_t tid, uint32_t serial);

/* Into its line; nothing without one. */
void rill_route_count_thread(struct rill_route_session *session, const struct rill_thread *thread, uint64_t delivered, uint64_t lost);

/* Offers a decoded event; counts it as delivered or lost. False, with may_defer: the outlet has no room now, nothing was counted,
 * offer it again later. */
bool rill_route_give(struct rill_route_session *session, struct rill_decoded *decoded, uint64_t ticks, bool may_defer);
bool rill_route_wants(struct rill_route_session *session, const struct rill_decoded *decoded);
/* A gap of this session, from elsewhere (rings). */
void rill_route_lose(struct rill_route_session *session, const struct rill_gap *gap);
/* When that was; 0 for 0, which is unknown. */
uint64_t rill_route_gap_ns(uint64_t ticks);
/* Reports refusals and losses that no event has followed yet. */
void rill_route_settle(struct rill_route_session *session);

#endif

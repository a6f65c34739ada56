/* SPDX-License-Identifier: MIT
 * snapshot.h - a snapshot of the flight rings: copies of what is whole in them, given to one session in exact order of time.
 *
 * The copies are made in one go, newest blocks first, and without stopping anybody; from then on the writers may do what they like. They
 * are merged as a pass merges stream rings, by a route of their own: what it remembers of times and lateness is not the stream's.
 */
#ifndef RILL_ROUTE_SNAPSHOT_H
#define RILL_ROUTE_SNAPSHOT_H

#include "route/session.h"

struct rill_route_snapshot;

/* What there was in one ring, and what is missing. */
struct rill_route_snapshot_ring {
	uint32_t tid;
	uint8_t level;
	uint64_t oldest_ns;	/* CLOCK_MONOTONIC of its first event; 0: there is none */
	uint64_t blocks;	/* that were copied */
	uint64_t overwritten;	/* earlier ones of the same thread */
	uint64_t rejected;	/* that were overwritten while they were being copied */
};

/* Copies the rings of all threads, also of those that have ended and whose slot nobody else has. session: who gets what is in them, by its
 * filter and its start; its outlet is set later. from_ns: what is older is left out (CLOCK_MONOTONIC; 0: nothing). NULL: no memory.
 * Makes a pass. Holder of the drain role. */
struct rill_route_snapshot *rill_route_snapshot_take(struct rill_route_session *session, uint64_t from_ns);
void rill_route_snapshot_free(struct rill_route_snapshot *snapshot);

/* Calls take for each ring in which there has been anything. Any thread. */
void rill_route_snapshot_rings(const struct rill_route_snapshot *snapshot,
			       void (*take)(void *ctx, const struct rill_route_snapshot_ring *ring), void *ctx);

/* Gives what is left to the session's outlet. False: that has no room now, the rest stays for the next call; with force it is lost
 * instead, and counted. Holder of the drain role. */
bool rill_route_snapshot_give(struct rill_route_snapshot *snapshot, bool force);

/* Events lost for flight sessions since the process began, by cause (RILL_LOST_BIG, DEEP or NO_RING; modulo 2^32). */
uint32_t rill_route_flight_lost(enum rill_cause cause);

#endif

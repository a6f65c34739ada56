/* SPDX-License-Identifier: MIT
 * route.h - the consumer: from the rings of all threads to the sessions, in exact order of the recorded times.
 *
 * One pass (pass.c):
 *     now = ordered read of the clock
 *     barrier: an interrupt on every running thread of the process
 *     THEN for each ring: w = commit_pos           (marker and position are one word)
 *         the ring cannot bring a record older than:   w in flight ? its last record : now - skew
 *     merge all records strictly below the minimum, ordered by (time, tid, level, sequence)
 *
 * Why a record with ts < now that the pass does not see cannot exist: let B be the moment in the producer's program at
 * which the barrier's interrupt lands. M3 before B: the record is visible. M1 before B, M3 behind: the mark is
 * visible. M1 behind B: the clock is read behind M1, so behind B, so behind now. The producer needs no fence, because
 * an interrupt discards every younger instruction, the clock's read among them.
 * Where the barrier is refused (old kernel, seccomp) the pass uses a `now` at least 1 ms old: lag mode.
 *
 * A ring that stays in flight for longer than hold_max stops delaying the others; what it brings later is flagged late.
 *
 * Draining is a role: the consumer thread has it, or a caller of stop, flush or exit, under one mutex.
 */
#ifndef RILL_ROUTE_ROUTE_H
#define RILL_ROUTE_ROUTE_H

#include "route/session.h"

/* The running sessions: an immutable list, published with RCU by control, except that a session which stops is struck out in place. */
struct rill_route_list {
	struct rill_route_session *direct[RILL_DIRECT_SESSIONS];
	uint32_t shared_count;
	struct rill_route_session *shared[];
};

/* ---- the drain role ------------------------------------------------------------------------------- */

void rill_route_lock(void);
void rill_route_unlock(void);
/* Gives way, 5 ms at most, to those who wait for the role: under full load the consumer has it again before they have woken up, and a
 * stop would wait for as long as the load lasts. The consumer, between two passes. */
void rill_route_let_others(void);

/* Chooses clock and barrier, once; 0 or -errno. */
int rill_route_init(void);
bool rill_route_lag_mode(void);
void rill_route_set_hold_max(uint32_t hold_max_ms);

/* Keep-first, in builds that have it: the session, which is the first, also gets what waits in the static buffer and what is recorded
 * for the shared bit until _end_early. The sites know it by then, and nobody is inside an event of a ring from before. Nothing is given
 * out in between; _end_early closes the buffer, and waits hold_max at most for those who are just filling a place there. What
 * they do not fill is lost and counted. Holder of the role. */
void rill_route_take_early(struct rill_route_session *session);
void rill_route_end_early(void);
void rill_route_leave_early(const struct rill_route_session *session);	/* it stops */
bool rill_route_has_early(void);

/* Replaces the list; the old one is freed behind a grace period. Takes no lock; the caller must not hold the role. */
void rill_route_publish(struct rill_route_list *list);
/* Strikes the session out of the list, which takes no memory. Holder of the role: no pass is walking the list. */
void rill_route_strike_out(const struct rill_route_session *session);

/* One pass. Holder of the role. */
void rill_route_pass(void);
/* One pass that leaves nothing from before `ticks` behind: what an outlet refuses is lost and counted, what a thread that is inside an
 * event brings later is late. Holder of the role. */
void rill_route_pass_forced(uint64_t ticks);
/* Passes until everything recorded before `ticks` is with its sessions, or timeout_ms is over (false). Holder of the role. */
bool rill_route_drain(uint64_t ticks, uint32_t timeout_ms);
/* Behind a drain that did not end: is there a reason to try again, or is it time for a forced pass? The only session's outlet that takes
 * nothing has patience_ms from since_ns on, a thread that is inside an event hold_max more. Holder of the role. */
bool rill_route_has_patience(uint64_t since_ns, uint32_t patience_ms);
/* Reports losses that no event has followed (each pass does so too). Holder of the role. */
void rill_route_losses(const struct rill_route_list *list);

/* The losses in rings under a session's bit that no block and no ring at rest has reported yet: with them its books are complete, and the
 * bit's next session does not inherit them. session NULL: they are nobody's. Holder of the role. */
void rill_route_ring_losses(struct rill_route_session *session, unsigned bit);

/* A session is about to begin under this bit: who is inside an event now may have been told to write for the one before. Holder of
 * the role, behind a pass. */
void rill_route_bit_begins(unsigned bit);

/* The time of a record, CLOCK_MONOTONIC. Holder of the role. */
uint64_t rill_route_ns(uint64_t ticks);
uint64_t rill_route_now_ticks(void);	/* ordered read; any thread */

/* The last pass has found no record, nor any thread inside an event. Holder of the role. */
bool rill_route_was_quiet(void);

/* Any ring more than half full? (Outlets may wait while none is.) Any thread. */
bool rill_route_has_room(void);

/* Waits until no ring is inside an event that began before this call, at most hold_max. Any thread. */
void rill_route_quiesce(void);

/* Books of the route itself. */
struct rill_route_books {
	uint64_t stopped;	/* records whose session was gone */
	uint64_t unknown;	/* records that name no site */
	uint64_t late, clamped, held;
	uint64_t threads_seen;
};
void rill_route_books(struct rill_route_books *books);

/* Bytes per ring that would have held everything of the thread that lost most; 0: nothing was lost in rings. Holder of the role. */
uint64_t rill_route_ring_need(void);

/* The child after fork: nothing of the parent's is left. */
void rill_route_reset(void);

#endif

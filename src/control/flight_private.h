/* SPDX-License-Identifier: MIT
 * flight_private.h - what the parts of the flight recorder share.
 *
 *     flight.c           a flight session, and one snapshot of it
 *     flight_shots.c     the thread that takes those that somebody else has asked for
 *     flight_signal.c    ... a signal,
 *     flight_trigger.c   ... or what happens in the program
 */
#ifndef RILL_CONTROL_FLIGHT_PRIVATE_H
#define RILL_CONTROL_FLIGHT_PRIVATE_H

#include "control/session_private.h"
#include "emit/loss.h"

#include <limits.h>

enum { RILL_FLIGHT_CAUSES = RILL_LOST_NO_RING + 1 };

struct rill_flight_triggers;

/* Why a snapshot is taken. */
struct rill_flight_reason {
	const char *trigger;	/* its text, there as long as the session is; NULL: somebody has asked */
	uint64_t at_ns;		/* when that was (CLOCK_MONOTONIC) */
	uint64_t value;		/* what was above the limit: us, events, or the value as a whole number */
	uint32_t tid;		/* of the thread that made it so; 0: none in particular */
	uint32_t passed_over;	/* triggers since the one before that led to no snapshot */
	bool minus;		/* the value is below 0 */
};

struct rill_flight_part {
	struct rill_outlet resting;	/* first: it is handed back to the functions of flight.c */
	struct rill_session_options options;	/* with texts of our own */
	struct rill_outlet *outlet;	/* of the snapshot under way; NULL: none is */
	uint32_t number;		/* snapshots begun */
	uint32_t done;			/* ... and written */
	uint32_t lost[RILL_FLIGHT_CAUSES];	/* told so far */
	uint64_t bytes;			/* of all snapshots */
	char where[PATH_MAX];		/* of the last one */
	struct rill_flight_triggers *triggers;	/* NULL: none */
};

/* Of outlets that take nothing. */
void rill_flight_rest_gap(struct rill_outlet *outlet, const struct rill_gap *gap);
void rill_flight_rest_thread(struct rill_outlet *outlet, const struct rill_thread *thread, uint64_t ts_ns);
bool rill_flight_rest_done(struct rill_outlet *outlet, uint64_t token, uint32_t timeout_ms);

/* Takes a snapshot now. file NULL: as the options say. 0 or -errno with rill_error(). The session cannot go meanwhile; without locks. */
int rill_flight_take(struct rill_session *session, const char *file, const struct rill_flight_reason *reason);

/* ---- flight_shots.c ------------------------------------------------------------------------------- */

/* The signal's session is to have one; signal-safe. */
void rill_flight_ask(void);
/* This one is to have one when due_ns has come; false: it waits for one already. Any thread, also the holder of the drain role. */
bool rill_flight_ask_at(struct rill_session *session, const struct rill_flight_reason *reason, uint64_t due_ns);
/* Wakes the thread where it should be at work: for whoever comes by regularly. */
void rill_flight_ask_again(void);
/* What the session waits for is taken at once; none is under way any more when this returns. Without locks. */
void rill_flight_finish(struct rill_session *session);
/* Calls the consumer, by a command, or for a little while tries to. */
void rill_flight_call(const void *what);
void rill_flight_shots_forked(void);

/* ---- flight_signal.c ------------------------------------------------------------------------------ */

/* NULL: none has the signal. */
struct rill_session *rill_flight_listener(void);
/* In the name of the consumer stands which signal asks for a snapshot, the number of the last one, and what became of it: '*' it is
 * being taken, '.' it is written, '!' it failed. rill snapshot reads it there. */
void rill_flight_show(const struct rill_session *session, uint32_t number, char state);
/* Is it a command to show that? Then it is done. */
bool rill_flight_show_command(const void *what);

/* ---- flight_trigger.c, only with CONFIG_RILL_TRIGGERS --------------------------------------------- */

/* What text asks for, looking at nothing yet. 0 or -errno with rill_error(). */
int rill_flight_triggers_make(const char *text, struct rill_flight_triggers **triggers);
void rill_flight_triggers_free(struct rill_flight_triggers *triggers);	/* NULL is allowed */
/* They look no more, after what has been recorded so far. Without locks. */
void rill_flight_unwatch(struct rill_session *session);

#endif

/* SPDX-License-Identifier: MIT
 * session_private.h - sessions as control sees them, shared by the files of this folder.
 *
 * The lock order: control's lock, then the registry of sites, then the drain role. Observers, outlets' ends and
 * waiting for a flush happen outside control's lock.
 */
#ifndef RILL_CONTROL_SESSION_PRIVATE_H
#define RILL_CONTROL_SESSION_PRIVATE_H

#include "config.h"
#include "control/filter.h"
#include "route/session.h"

#include <rill/session.h>

enum {
	RILL_FLIGHT_SESSIONS = RILL_ON(CONFIG_RILL_FLIGHT) ? 8 : 0,
	RILL_SESSIONS_MAX = RILL_DIRECT_SESSIONS + CONFIG_RILL_SHARED_SESSIONS_MAX + RILL_FLIGHT_SESSIONS
};
enum {
	RILL_DRAIN_STEP_MS = 20,	/* longest that somebody who waits keeps the drain role from others */
	RILL_STOP_DRAIN_MS = 500	/* what stop gives a stuck outlet before what is left in the rings is lost */
};

struct rill_session {
	struct rill_route_session route;	/* first: route hands it back to wants() */
	struct rill_filter *filter;		/* RCU: replaced, never changed */
	char *name;
	uint32_t index;			/* in rill_control.sessions */
	uint32_t users;			/* calls under way that hold no lock; stop waits for them */
	uint64_t flush_period_ns, flushed_ns;
	uint64_t next_token;
	uint64_t on;			/* rill_control.changes when it came */
	struct rill_memory *memory;	/* of its outlet, if it is of that kind */
	struct rill_flight_part *flight;	/* flight.c; NULL: a stream */
	bool stopping, thread_time;
	bool own;			/* a trigger's: nobody is told of it */
	bool excluded;			/* its trace config is for other processes: it records nothing */
};

struct rill_control {
	struct rill_session *sessions[RILL_SESSIONS_MAX];
	uint32_t running;
	uint32_t started;		/* since the process began */
	uint64_t changes;		/* sessions that came or went: tells observers what they know already */
	uint32_t pid;			/* of the process that all this belongs to */
	bool ready;
	uint32_t period_ms;
	bool idle_priority;
	bool given_up;			/* the program ends, and a sink that does not return has what others would wait for */
};
extern struct rill_control rill_control;

void rill_control_lock(void);	/* also finds out that we are the child of a fork that no handler saw */
void rill_control_unlock(void);
/* Only that, before locks other than control's are taken. */
void rill_control_find_fork(void);

/* The session is one of the running ones: its use count is raised, to be lowered by _put. NULL otherwise (rill_error()). */
struct rill_session *rill_session_get(struct rill_session *session);
void rill_session_put(struct rill_session *session);
/* Likewise the one at that place, if one is running there that is not our own. */
struct rill_session *rill_session_at(uint32_t index);

/* Publishes who wants what, by the sessions as they are: table, list, enabled bytes. Holder of control's lock. The table needs no memory
 * where sessions have only gone since the last one. */
int rill_control_publish_table(void);
int rill_control_publish_list(void);
/* slow.c: what there is of sessions has changed. Holder of control's lock. */
void rill_control_set_slow(void);
enum { RILL_SLOW_WAYS = RILL_ON(CONFIG_RILL_THREAD_TIME) || RILL_ON(CONFIG_RILL_FLIGHT) };	/* else that has nothing to do */

/* First session of the process: memory, clock, hooks. Holder of control's lock. */
int rill_control_prepare(void);
/* ring_file.c, only with CONFIG_RILL_RING_FILE: rill_ring_set_create(), in a file where one is asked for. */
int rill_control_create_rings(void);
int rill_control_set_ring_file(const struct rill_config *config);
int rill_control_set_crash_file(const struct rill_config *config);
/* crash.c, only with CONFIG_RILL_CRASH, and where it is asked for: the file's name, in front of the first pool; then the handler, in front
 * of its first event. 0 or -errno with rill_error(). Holder of control's lock. */
int rill_crash_prepare(const struct rill_session_options *options);
int rill_crash_catch(void);
void rill_crash_forked(void);
/* All of that but the rings, for what is recorded without them. */
int rill_control_prepare_process(void);

/* The filter that the options ask for; on failure the session is to be freed. */
int rill_session_set_filter(struct rill_session *session, const struct rill_session_options *options);

static inline bool rill_session_is_own(const struct rill_session *session)
{
	return RILL_ON(CONFIG_RILL_TRIGGERS) && session->own;
}

/* session.c, only with CONFIG_RILL_TRIGGERS: a stream session of our own, with this filter, which it frees also on failure, and this outlet, which it does not. idle: it
 * wants no event. 0 or -errno with rill_error(). Holder of control's lock. */
int rill_session_begin_own(const struct rill_session_options *options, struct rill_filter *filter, bool idle, struct rill_outlet *outlet,
			   struct rill_session **session);
/* It gets what has been recorded so far, and is gone. Without locks. */
void rill_session_end_own(struct rill_session *session);
/* It is gone. Holder of control's lock. */
void rill_session_abandon_own(struct rill_session *session);

/* Tells observers, outside the lock; those that were added behind this change know it already. */
void rill_observers_tell(enum rill_state state, struct rill_session *session, uint64_t change);
void rill_observers_reset(void);	/* in the child of a fork */

/* metadata.c: what stands at the head of every file. */
void rill_metadata_each(void (*take)(void *ctx, const char *name, const char *args_json), void *ctx);
void rill_metadata_reset(void);	/* in the child of a fork */

/* status.c: lines for `rill record`. */
void rill_status_start(struct rill_session *session);
void rill_status_stop(const char *where, const struct rill_stats *stats);
void rill_status_error(const char *text);
void rill_status_stopped(void);	/* what was committed behind its session's end, since the last call; holder of the drain role */

/* flight.c: what a flight session has beside others. The part takes copies of what it needs of the options, and an outlet that takes
 * nothing is the session's between two snapshots. 0 or -errno with rill_error(). Holder of control's lock. */
int rill_flight_begin(struct rill_session *session, const struct rill_session_options *options);
void rill_flight_free(struct rill_flight_part *part);
void rill_flight_forked(void);

/* flight_trigger.c, only with CONFIG_RILL_TRIGGERS: a flight session's triggers begin to look. 0 or -errno with rill_error(), and then
 * none does. Holder of control's lock; the session is in its place. */
int rill_flight_watch(struct rill_session *session);
/* The session stops: nothing asks for a snapshot any more, and what was asked for is done. Without locks. */
void rill_flight_stop(struct rill_session *session);

/* flight_signal.c. May the signal be a session's (0: it wants none)? 0 or -errno with rill_error(). Holder of control's lock. */
int rill_flight_signal_check(uint32_t number);
/* It is, from now on. Holder of control's lock. */
void rill_flight_listen(struct rill_session *session, uint32_t number);
/* It is no more. Without locks. */
void rill_flight_deaf(struct rill_session *session);
void rill_flight_signal_forked(void);

/* flight_shots.c. Is it what was left for the consumer? Then it is done, or under way. */
bool rill_flight_command(const void *what);

/* stats.c: the books of a session that route does not touch any more, or with control's lock and the drain role held. */
void rill_stats_of(const struct rill_session *session, struct rill_stats *stats);

/* fork.c */
void rill_fork_init(void);
/* The child of a fork: no session, no thread. */
void rill_control_reset(void);
/* In a child that ran no fork handlers, before that: RCU forgets the readers that only the parent has. */
void rill_fork_unannounced(void);

/* exit.c: stops every session at the end of the process; idempotent. */
void rill_exit_init(void);
/* The consumer asks it in each pass: ends a process in which all threads but ours have ended. */
void rill_exit_if_only_ours_left(uint64_t now_ns);

/* env.c: the session that the environment asks for, again in a child. */
void rill_env_start_in_child(void);

#endif

/* SPDX-License-Identifier: MIT
 * remote.h - control from outside: who calls at the process's socket starts, changes and stops sessions (doc/live.md).
 *
 * A thread waits for callers, and each caller has a thread of his own, which does what he asks for by the functions that the program has,
 * too, and waits with him: for room in his socket, for the end of a stop. So one who does not go on holds up nobody else. Nothing of
 * this is in the way of an event.
 */
#ifndef RILL_CONTROL_REMOTE_H
#define RILL_CONTROL_REMOTE_H

#include "format/remote_text.h"

#include <rill/session.h>
#include <stdbool.h>
#include <stdint.h>

enum { RILL_REMOTE_CALLERS = 16, RILL_REMOTE_OUT_BYTES = 1024 };

struct rill_remote_caller {
	int fd;
	uint32_t number;		/* no other caller of this process has it */
	struct rill_remote_words words;
	struct rill_remote_packet reply;
	char request[RILL_REMOTE_BYTES + 1];
	int passed;			/* the descriptor that came with the request, or -1: who takes it sets it to that */
};

/* remote_command.c: does it, and answers. False: the caller does not take the answer. */
bool rill_remote_command(struct rill_remote_caller *caller);
/* Each sends what an answer consists of; false as above. */
bool rill_remote_send(struct rill_remote_caller *caller);
bool rill_remote_fail(struct rill_remote_caller *caller, const char *text);
bool rill_remote_done(struct rill_remote_caller *caller, const char *of, unsigned count);

/* remote_events.c: what there is to record. */
bool rill_remote_events(struct rill_remote_caller *caller);
/* remote_threads.c: who records, and how full the rings are. */
bool rill_remote_threads(struct rill_remote_caller *caller);

/* remote_session.c: the sessions that were begun from outside, or by the environment. ---------------- */

/* It is one of them. *fd: is closed behind its end, and the caller's no more (NULL: none). out: what he calls the place where it writes,
 * or NULL. caller: it ends with him (0: it does not). False: there is no memory. */
bool rill_remote_adopt(struct rill_session *session, int *fd, const char *out, uint32_t caller);
/* Stops it, if it is one of them; 0 or -errno with rill_error(). */
int rill_remote_stop(struct rill_session *session);
void rill_remote_stop_of(uint32_t caller);
/* Is it one of them? And what there is to tell of it. */
struct rill_remote_session {
	bool of_caller;
	char out[RILL_REMOTE_OUT_BYTES];	/* "": the session itself says where it writes */
};
bool rill_remote_has(struct rill_session *session, struct rill_remote_session *it);
/* Of each session that ended otherwise, the descriptor is closed. */
void rill_remote_sweep(void);
void rill_remote_sessions_forked(void);

/* remote.c ------------------------------------------------------------------------------------------- */

/* By RILL_CONTROL in the environment, or by the build: see rill(7). What goes wrong is said. is_followed: in the child of a fork, says
 * whether that is to go on as its parent; else NULL. */
void rill_remote_by_environment(bool (*is_followed)(void));
/* No caller is under way in the fork that comes; and is, behind it. */
void rill_remote_lock(void);
void rill_remote_unlock(void);
/* In a child that ran no fork handlers, where somebody may have had it that only the parent has. */
void rill_remote_renew_lock(void);
/* In the child: nothing of it is there, and its descriptors are closed. */
void rill_remote_forked(void);
/* Nobody is served any more; waits for those who are. Without locks. */
void rill_remote_end(void);

#endif

/* SPDX-License-Identifier: MIT
 * remote.h - talking to the control socket of a running program.
 */
#ifndef RILL_TOOL_REMOTE_H
#define RILL_TOOL_REMOTE_H

#include "format/remote_text.h"
#include "tool.h"

#include <stdbool.h>

struct rill_remote {
	const char *who; /* as the user has named it */
	int fd;
	int patience_ms; /* for each line of an answer; -1, as it is opened: no end */
	bool silent;	 /* it has not answered in that time */
	struct rill_remote_packet request;
	struct rill_remote_words reply;
	char bytes[RILL_REMOTE_BYTES + 1];
};

/* -1 if there is one operand, which names a program; else RILL_EXIT_USAGE after a message. */
int rill_remote_one(const struct rill_verb *verb, int argc);

/* who: a PID, or the path of a socket. 0, or an exit code after a message. */
int rill_remote_open(const struct rill_verb *verb, struct rill_remote *remote, const char *who);

/* Likewise by a path alone, and without messages: -errno. */
int rill_remote_open_path(struct rill_remote *remote, const char *path);
/* That process's; -ESRCH: there is none. *uid: whose it is. */
int rill_remote_open_pid(struct rill_remote *remote, uint32_t pid, uint32_t *uid);

/* Sends the request, with a descriptor (-1: none), and hands each line of the answer but the last to take. 0, or an exit code after a
 * message; the last line is in remote->reply. */
int rill_remote_ask(struct rill_remote *remote, int fd, void (*take)(void *ctx, const struct rill_remote_words *line), void *ctx);

/* Likewise, and without a message where it fails. */
bool rill_remote_ask_quietly(struct rill_remote *remote, void (*take)(void *ctx, const struct rill_remote_words *line), void *ctx);

/* Sends a request for which nobody waits. False: it does not take it now. */
bool rill_remote_post(struct rill_remote *remote);
/* Takes what has come of the answer. 1: that was all of it; 0: more will come; -1: the other end is gone. */
int rill_remote_poll(struct rill_remote *remote, void (*take)(void *ctx, const struct rill_remote_words *line), void *ctx);

void rill_remote_close(struct rill_remote *remote);

/* The value of a key, "" where there is none. */
const char *rill_remote_text(const struct rill_remote_words *line, const char *key);

/* remote_watch.c ------------------------------------------------------------------------------------ */

struct rill_input_options;

/* Is it a PID, and not the name of a file? */
bool rill_remote_is_process(const char *name);
/* Begins a session in the process who, named like the verb, that writes packets into a pipe; calls run with its other end in options, and ends
 * the session behind that. What run returns, or an exit code after a message. */
int rill_remote_watch(const struct rill_verb *verb, const char *who, const char *filter, struct rill_input_options *options,
		      int (*run)(void *ctx, struct rill_remote *remote), void *ctx);

#endif

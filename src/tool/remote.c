/* SPDX-License-Identifier: MIT
 * remote.c - finding a program's control socket, and asking.
 */
#include "remote.h"
#include "words.h"

#include "port/port.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM_MS = 5000 };

/* ---- finding it ----------------------------------------------------------------------------------- */

int rill_remote_open_path(struct rill_remote *r, const char *path)
{
	struct rill_port_control_peer peer;

	r->patience_ms = -1;
	r->fd = rill_port_control_connect(path, &peer);
	return r->fd < 0 ? r->fd : 0;
}

/* In that folder, if it is that user's; only what that process itself has opened counts. */
static int open_in(struct rill_remote *r, const char *folder, uint32_t uid, uint32_t pid)
{
	struct rill_port_control_peer peer = { 0, 0 };
	const int fd = rill_port_control_open_folder(folder, uid);
	char *path;

	if (fd < 0)
		return fd;
	close(fd);
	path = rill_text("%s/%" PRIu32 ".sock", folder, pid);
	r->fd = rill_port_control_connect(path, &peer);
	free(path);
	if (r->fd >= 0 && (peer.pid != pid || peer.uid != uid)) {
		rill_remote_close(r);
		return -ENOENT;
	}
	return r->fd < 0 ? r->fd : 0;
}

static int open_of_user(struct rill_remote *r, uint32_t uid, uint32_t pid)
{
	char folder[256];
	int error = -ENOENT, one;

	for (unsigned which = 0; which < RILL_PORT_CONTROL_FOLDERS; which++) {
		if (!rill_port_control_folder(which, uid, folder, sizeof folder))
			continue;
		one = open_in(r, folder, uid, pid);
		if (one == 0)
			return 0;
		if (one != -ENOENT)
			error = one;
	}
	return error;
}

int rill_remote_open_pid(struct rill_remote *r, uint32_t pid, uint32_t *uid)
{
	char *path = rill_text("/proc/%" PRIu32, pid);
	struct stat st;
	int error;

	r->fd = -1;
	r->patience_ms = -1;
	error = stat(path, &st) < 0 ? -ESRCH : 0;
	free(path);
	if (error)
		return error;
	*uid = st.st_uid;
	error = open_of_user(r, st.st_uid, pid);
	/* One that may not be dumped is root's in /proc. */
	if (error && st.st_uid != geteuid())
		error = open_of_user(r, geteuid(), pid);
	return error;
}

static int open_pid(struct rill_remote *r, uint32_t pid)
{
	uint32_t uid = 0;
	const int error = rill_remote_open_pid(r, pid, &uid);

	if (!error)
		return 0;
	if (error == -ESRCH)
		rill_say("there is no process %s", r->who);
	else if (uid != geteuid() && geteuid() != 0)
		rill_say("process %s is another user's: be that user, or root", r->who);
	else
		rill_say("process %s has no control socket: it must use librill, and be started with RILL_CONTROL=1 in its environment (or call "
			 "rill_control_open(); see rill(7))", r->who);
	return RILL_EXIT_FAILED;
}

int rill_remote_one(const struct rill_verb *verb, int argc)
{
	return argc == 1 ? -1 : rill_usage(verb, "one PID, or the path of a control socket, is wanted, %d were given", argc);
}

int rill_remote_open(const struct rill_verb *verb, struct rill_remote *r, const char *who)
{
	uint64_t pid;
	int error;

	r->who = who;
	r->fd = -1;
	if (!strchr(who, '/')) {
		if (rill_parse_number(who, 1, INT32_MAX, &pid) != 0)
			return rill_usage(verb, "'%s' is neither a PID nor the path of a control socket", who);
		return open_pid(r, (uint32_t)pid);
	}
	error = rill_remote_open_path(r, who);
	if (!error)
		return 0;
	rill_say("cannot reach a program at %s: %s", who,
		 error == -ECONNREFUSED ? "nobody listens there any more" :
		 error == -EPROTOTYPE ? "that is a socket of another kind" : strerror(-error));
	return RILL_EXIT_FAILED;
}

void rill_remote_close(struct rill_remote *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

const char *rill_remote_text(const struct rill_remote_words *line, const char *key)
{
	const char *const value = rill_remote_value(line, key);

	return value ? value : "";
}

/* ---- asking --------------------------------------------------------------------------------------- */

/* The next line of the answer. False: the other end has closed, does not speak so, or is silent. */
static bool receive(struct rill_remote *r)
{
	int64_t got;
	int passed;

	do {
		if (!rill_port_control_wait(r->fd, -1, r->patience_ms))
			return false;
		got = rill_port_control_receive(r->fd, r->bytes, sizeof r->bytes - 1, &passed);
		if (passed >= 0)
			close(passed);
	} while (got == -EAGAIN && r->patience_ms < 0);
	r->silent = got == -EAGAIN;
	return got > 0 && !rill_remote_parse(r->bytes, (size_t)got, &r->reply);
}

static bool ask(struct rill_remote *r, int fd, void (*take)(void *ctx, const struct rill_remote_words *line), void *ctx)
{
	if (rill_port_control_send(r->fd, r->request.text, r->request.used, fd, ROOM_MS) < 0 && !receive(r))
		return false;
	while (receive(r)) {
		if (strcmp(r->reply.word, "done") == 0 || strcmp(r->reply.word, "error") == 0)
			return true;
		if (take)
			take(ctx, &r->reply);
	}
	return false;
}

int rill_remote_ask(struct rill_remote *r, int fd, void (*take)(void *ctx, const struct rill_remote_words *line), void *ctx)
{
	const char *text;

	if (r->request.cut) {
		rill_say("that is too long for a request: a filter, and all of it, may have %d bytes", (int)RILL_REMOTE_BYTES - 64);
		return RILL_EXIT_FAILED;
	}
	if (!ask(r, fd, take, ctx)) {
		rill_say("process %s %s", r->who, r->silent ? "does not answer: it may be stopped, or where it writes to is slow" :
			 "has ended, or closed its control socket, before it answered");
		return RILL_EXIT_FAILED;
	}
	if (strcmp(r->reply.word, "done") == 0)
		return 0;
	text = rill_remote_value(&r->reply, "text");
	rill_say("process %s: %s", r->who, text ? text : "it refuses, and does not say why");
	return RILL_EXIT_FAILED;
}

bool rill_remote_ask_quietly(struct rill_remote *r, void (*take)(void *ctx, const struct rill_remote_words *line), void *ctx)
{
	return ask(r, -1, take, ctx) && strcmp(r->reply.word, "done") == 0;
}

bool rill_remote_post(struct rill_remote *r)
{
	return !r->request.cut && rill_port_control_send(r->fd, r->request.text, r->request.used, -1, 0) == 0;
}

int rill_remote_poll(struct rill_remote *r, void (*take)(void *ctx, const struct rill_remote_words *line), void *ctx)
{
	r->patience_ms = 0;
	while (receive(r)) {
		if (strcmp(r->reply.word, "done") == 0 || strcmp(r->reply.word, "error") == 0)
			return 1;
		take(ctx, &r->reply);
	}
	return r->silent ? 0 : -1;
}

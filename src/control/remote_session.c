/* SPDX-License-Identifier: MIT
 * remote_session.c - sessions that nobody in the program has in his hands: what they write to is closed behind them, and some end with
 * the caller who asked for them.
 */
#include "control/remote.h"
#include "control/session_private.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct adopted {
	struct adopted *next;
	struct rill_session *session;
	uint64_t on;		/* tells it from a later one at the same address */
	int fd;
	uint32_t caller;
	char out[];
};

static struct adopted *all;	/* with remote.c's lock, so that a fork finds each descriptor */

/* It is running, and when it came; 0: it is not. */
static uint64_t since(struct rill_session *session)
{
	const struct rill_session *const s = rill_session_get(session);
	uint64_t on = 0;

	if (!s)
		return 0;
	on = s->on;
	rill_session_put(session);
	return on;
}

bool rill_remote_adopt(struct rill_session *session, int *fd, const char *out, uint32_t caller)
{
	const size_t out_bytes = out ? strnlen(out, RILL_REMOTE_OUT_BYTES - 1) : 0;
	struct adopted *a = calloc(1, sizeof *a + out_bytes + 1);

	if (!a)
		return false;
	a->session = session;
	a->on = since(session);
	a->fd = -1;
	a->caller = caller;
	if (out_bytes)
		memcpy(a->out, out, out_bytes);
	rill_remote_lock();
	if (fd) {
		a->fd = *fd;
		*fd = -1;
	}
	a->next = all;
	all = a;
	rill_remote_unlock();
	return true;
}

static void drop(struct adopted *a)
{
	if (a->fd >= 0)
		close(a->fd);
	free(a);
}

/* Takes the first one that is meant out of the list. */
static struct adopted *take(bool (*is_meant)(const struct adopted *a, const void *what), const void *what)
{
	struct adopted **at, *found;

	rill_remote_lock();
	for (at = &all; *at && !is_meant(*at, what); at = &(*at)->next)
		;
	found = *at;
	if (found)
		*at = found->next;
	rill_remote_unlock();
	return found;
}

static bool is_session(const struct adopted *a, const void *session)
{
	return a->session == session;
}

static bool is_caller(const struct adopted *a, const void *caller)
{
	return a->caller == *(const uint32_t *)caller;
}

static bool is_over(const struct adopted *a, const void *unused)
{
	(void)unused;
	return since(a->session) != a->on;
}

static int stop(struct adopted *a)
{
	const int error = since(a->session) == a->on ? rill_session_stop(a->session) : -ENOENT;

	drop(a);
	return error;
}

int rill_remote_stop(struct rill_session *session)
{
	struct adopted *const a = take(is_session, session);

	return a ? stop(a) : rill_fail(EPERM, "the program has begun this session itself, and ends it itself");
}

void rill_remote_stop_of(uint32_t caller)
{
	struct adopted *a;

	while ((a = take(is_caller, &caller)) != NULL)
		stop(a);
}

bool rill_remote_has(struct rill_session *session, struct rill_remote_session *it)
{
	const struct adopted *a;

	rill_remote_lock();
	for (a = all; a && a->session != session; a = a->next)
		;
	it->of_caller = a && a->caller;
	strcpy(it->out, a ? a->out : "");
	rill_remote_unlock();
	return a != NULL;
}

void rill_remote_sweep(void)
{
	struct adopted *a;

	while ((a = take(is_over, NULL)) != NULL)
		drop(a);
}

void rill_remote_sessions_forked(void)
{
	for (const struct adopted *a = all; a; a = a->next)
		if (a->fd >= 0)
			close(a->fd);
	all = NULL;	/* the memory stays, as that of the sessions does */
}

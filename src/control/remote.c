/* SPDX-License-Identifier: MIT
 * remote.c - who calls at the control socket, and who is served.
 */
#include "control/remote.h"

#include "control/session_private.h"
#include "control/uncancelled.h"
#include "emit/attach.h"
#include "emit/undisturbed.h"
#include "port/port.h"
#include "route/route.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CALLER_STACK_BYTES = 128 * 1024, WAITER_STACK_BYTES = 64 * 1024, PATH_BYTES = 256, REFUSED_MS = 100, LOOK_MS = 1000 };

/* A place for a caller. */
struct line {
	struct rill_remote_caller *caller;	/* NULL: nobody has it */
	unsigned long thread;
	bool over;		/* his thread ends, and may be waited for */
};

/* All of it is guarded by the lock, also each descriptor from its first moment on, so that a fork finds all of them. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct line lines[RILL_REMOTE_CALLERS];
static int listening = -1, bell = -1;
static char where[PATH_BYTES];
static unsigned long waiter;
static bool ending;
static uint32_t callers;	/* so far */

void rill_remote_lock(void)
{
	rill_undisturbed_begin();
	pthread_mutex_lock(&lock);
}

void rill_remote_unlock(void)
{
	pthread_mutex_unlock(&lock);
	rill_undisturbed_end();
}

/* ---- a caller's thread ---------------------------------------------------------------------------- */

/* The next request is there. False: he has hung up, or shall. */
static bool receive(struct rill_remote_caller *c, int64_t *got)
{
	do {
		if (!rill_port_control_wait(c->fd, -1, -1))
			return false;
		rill_remote_lock();
		*got = ending ? 0 : rill_port_control_receive(c->fd, c->request, RILL_REMOTE_BYTES, &c->passed);
		rill_remote_unlock();
	} while (*got == -EAGAIN);
	return *got > 0 || *got == -EMSGSIZE;
}

static bool answer_what_is_wrong(struct rill_remote_caller *c, const char *why)
{
	rill_remote_begin(&c->reply, "error");
	rill_remote_put(&c->reply, "text", why);
	return rill_port_control_send(c->fd, c->reply.text, c->reply.used, -1, REFUSED_MS) == 0;
}

static bool serve(struct rill_remote_caller *c, int64_t got)
{
	const char *const wrong = got == -EMSGSIZE ? "it is too long" : rill_remote_parse(c->request, (size_t)got, &c->words);

	if (!wrong)
		return rill_remote_command(c);
	return answer_what_is_wrong(c, wrong);
}

static void close_passed(struct rill_remote_caller *c)
{
	rill_remote_lock();
	if (c->passed >= 0)
		close(c->passed);
	c->passed = -1;
	rill_remote_unlock();
}

static void *run_caller(void *of)
{
	struct line *const line = of;
	struct rill_remote_caller *const c = line->caller;
	bool goes_on = true;
	int64_t got;

	while (goes_on && receive(c, &got)) {
		goes_on = serve(c, got);
		close_passed(c);
	}
	rill_remote_stop_of(c->number);
	rill_remote_lock();
	close(c->fd);
	free(c);
	line->caller = NULL;
	line->over = true;
	rill_remote_unlock();
	return NULL;
}

/* ---- who waits for callers ------------------------------------------------------------------------ */

/* Waits for his thread, so that the place is free: where it has ended, or in any case. */
static void join_line(struct line *line, bool in_any_case)
{
	unsigned long thread = 0;

	rill_remote_lock();
	if (line->over || in_any_case) {
		thread = line->thread;
		line->over = false;
		line->thread = 0;
	}
	rill_remote_unlock();
	if (thread)
		rill_port_thread_join(thread);
}

static void join_lines(bool in_any_case)
{
	for (unsigned i = 0; i < RILL_REMOTE_CALLERS; i++)
		join_line(&lines[i], in_any_case);
}

/* With the lock, until his thread runs: it sees its own handle then. */
static int begin_caller(struct line *line, int fd)
{
	static const struct rill_port_thread_options options = { .name = "rill-caller", .stack_bytes = CALLER_STACK_BYTES };
	struct rill_remote_caller *const c = malloc(sizeof *c);
	int error;

	if (!c)
		return -ENOMEM;
	c->fd = fd;
	c->passed = -1;
	c->number = ++callers;
	line->caller = c;
	error = rill_port_thread_start(&options, run_caller, line, &line->thread);
	if (!error)
		return 0;
	line->caller = NULL;
	free(c);
	return error;
}

static struct line *free_line(void)
{
	for (unsigned i = 0; i < RILL_REMOTE_CALLERS; i++)
		if (!lines[i].caller && !lines[i].over)
			return &lines[i];
	return NULL;
}

/* He is told why nobody serves him. */
static void refuse(int fd, const char *why)
{
	static struct rill_remote_packet reply;	/* with the lock */

	rill_remote_begin(&reply, "error");
	rill_remote_put(&reply, "text", why);
	rill_port_control_send(fd, reply.text, reply.used, -1, 0);
	close(fd);
}

static void take_caller(void)
{
	struct line *line;
	int fd;

	rill_remote_lock();
	fd = ending ? -EAGAIN : rill_port_control_accept(listening);
	line = free_line();
	if (fd >= 0 && !line)
		refuse(fd, "the process has 16 callers at its control socket already: end one, such as a rill tail");
	else if (fd >= 0 && begin_caller(line, fd) < 0)
		refuse(fd, "the process has no memory, or no thread, for one more caller at its control socket");
	rill_remote_unlock();
}

static bool goes_on(void)
{
	bool yes;

	rill_remote_lock();
	yes = !ending;
	rill_remote_unlock();
	return yes;
}

/* A program whose last thread ends by pthread_exit() ends, although we wait: see exit.c. As long as the first thread is there nobody needs
 * to look for that. */
static int wait_ms(void)
{
	return rill_first_thread_calls() ? -1 : LOOK_MS;
}

static void look_for_the_end(void)
{
	rill_route_lock();	/* the consumer does it, too */
	rill_exit_if_only_ours_left(rill_port_monotonic_ns());
	rill_route_unlock();
}

static void *run_waiter(void *unused)
{
	while (goes_on() && rill_port_control_wait(listening, bell, wait_ms())) {
		join_lines(false);
		take_caller();
		if (!rill_first_thread_calls())
			look_for_the_end();
	}
	return unused;
}

static void first_thread_ends(void)
{
	rill_remote_lock();
	if (bell >= 0)
		rill_port_control_ring(bell);
	rill_remote_unlock();
}

/* ---- beginning and end ---------------------------------------------------------------------------- */

static void close_both(void)
{
	if (bell >= 0)
		close(bell);
	bell = -1;
	if (listening >= 0)
		close(listening);
	listening = -1;
}

static int start_waiter(void)
{
	static const struct rill_port_thread_options options = { .name = "rill-control", .stack_bytes = WAITER_STACK_BYTES };

	bell = rill_port_control_bell();
	if (bell < 0)
		return bell;
	rill_first_thread_tells(first_thread_ends);
	ending = false;
	return rill_port_thread_start(&options, run_waiter, NULL, &waiter);
}

static int begin(const char *path)
{
	int error;

	if (listening >= 0)
		return rill_fail(EBUSY, "the control socket is open already, at %s", where);
	rill_control_lock();
	error = rill_control_prepare_process();
	rill_control_unlock();
	if (error)
		return error;
	error = rill_port_control_listen(path, where, sizeof where);
	if (error < 0)
		return error;
	listening = error;
	error = start_waiter();
	if (!error)
		return 0;
	unlink(where);
	close_both();
	return rill_fail(-error, "no thread or descriptor for the control socket: the process's limit, or memory, is reached");
}

int rill_control_open(const char *path)
{
	RILL_UNCANCELLED;
	int error;

	rill_remote_lock();
	error = begin(path && *path ? path : NULL);
	rill_remote_unlock();
	return error;
}

/* Whoever waits is woken by the end of what he waits for. */
static bool hang_up(void)
{
	const bool open = listening >= 0 && !ending;

	ending = true;
	if (!open)
		return false;
	unlink(where);
	rill_port_control_hang_up(listening);
	for (unsigned i = 0; i < RILL_REMOTE_CALLERS; i++)
		if (lines[i].caller)
			rill_port_control_hang_up(lines[i].caller->fd);
	return true;
}

void rill_remote_end(void)
{
	bool open;

	rill_remote_lock();
	open = hang_up();
	rill_remote_unlock();
	if (!open)
		return;
	rill_port_thread_join(waiter);
	join_lines(true);
	rill_remote_lock();
	close_both();
	rill_remote_unlock();
	rill_remote_sweep();
}

void rill_control_close(void)
{
	RILL_UNCANCELLED;

	rill_remote_end();
}

/* ---- the environment, and a fork ------------------------------------------------------------------ */

void rill_remote_by_environment(bool (*is_followed)(void))
{
	const char *asked = rill_port_env("RILL_CONTROL");

	if (!asked && RILL_ON(CONFIG_RILL_CONTROL_ALWAYS) && !rill_port_secure())
		asked = "1";
	if (!asked || !*asked || strcmp(asked, "0") == 0)
		return;
	/* A path of its own is the parent's. And most children run another program at once: those that are not asked to go on get no
	 * thread, and no socket. */
	if (is_followed && (strcmp(asked, "1") != 0 || !is_followed()))
		return;
	if (rill_control_open(strcmp(asked, "1") ? asked : NULL) < 0)
		rill_warn("%s", rill_error());
}

void rill_remote_renew_lock(void)
{
	pthread_mutex_init(&lock, NULL);
}

void rill_remote_forked(void)
{
	close_both();
	for (unsigned i = 0; i < RILL_REMOTE_CALLERS; i++) {
		if (lines[i].caller) {
			close(lines[i].caller->fd);
			if (lines[i].caller->passed >= 0)
				close(lines[i].caller->passed);
		}
		lines[i] = (struct line){ NULL, 0, false };
	}
	rill_remote_sessions_forked();
}

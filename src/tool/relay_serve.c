/* SPDX-License-Identifier: MIT
 * relay_serve.c - a thread that takes viewers, hears what each wants, and answers.
 *
 * Who does not take his answer is asked for nothing more until he has; the others go on.
 */
#define _GNU_SOURCE /* accept4 */
#include "relay.h"
#include "tool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VIEWERS_MAX = 16, KEPT_BYTES = 1 << 16, LATER_MS = 50 };

struct line {
	int fd;	/* -1: nobody has it */
	uint8_t request[RILL_RELAY_REQUEST_MAX];
	size_t request_used;
	bool waits; /* for an answer that cannot be given yet */
	struct rill_relay_reply reply;
	size_t sent;
	struct rill_relay_viewer viewer;
};

struct rill_relay_server {
	const struct rill_relay_trace *trace;
	int listener, bell;
	pthread_t thread;
	pthread_mutex_t lock;
	unsigned there, served; /* with the lock */
	struct line lines[VIEWERS_MAX];
};

/* ---- one viewer ------------------------------------------------------------------------------- */

static void hang_up(struct rill_relay_server *s, struct line *l)
{
	close(l->fd);
	l->fd = -1;
	free(l->reply.bytes);
	pthread_mutex_lock(&s->lock);
	s->there--;
	s->served += l->viewer.served;
	pthread_mutex_unlock(&s->lock);
}

/* False: he is gone. */
static bool send_some(struct line *l)
{
	const size_t left = l->reply.used - l->sent;
	const ssize_t put = left ? send(l->fd, l->reply.bytes + l->sent, left, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

	if (put < 0)
		return errno == EAGAIN || errno == EINTR;
	l->sent += (size_t)put;
	if (l->sent < l->reply.used)
		return true;
	l->sent = l->reply.used = 0;
	if (l->reply.room > KEPT_BYTES) {
		free(l->reply.bytes);
		l->reply.bytes = NULL;
		l->reply.room = 0;
	}
	return true;
}

/* False: what he says is nonsense, or he is gone. */
static bool answer(const struct rill_relay_server *s, struct line *l)
{
	const enum rill_relay_answered how = rill_relay_answer(s->trace, &l->viewer, l->request, l->request_used, &l->reply);

	l->waits = how == RILL_RELAY_LATER;
	if (how != RILL_RELAY_ANSWERED)
		return l->waits;
	l->request_used = 0;
	return send_some(l);
}

/* How much of the request is still to come; 0: it is none. */
static size_t wanted(const struct line *l)
{
	if (l->request_used < RILL_RELAY_HEAD)
		return RILL_RELAY_HEAD - l->request_used;
	return rill_relay_request_size(l->request) - l->request_used;
}

/* False: he is gone, or speaks something else. */
static bool hear(const struct rill_relay_server *s, struct line *l)
{
	const ssize_t got = recv(l->fd, l->request + l->request_used, wanted(l), MSG_DONTWAIT);

	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	l->request_used += (size_t)got;
	if (l->request_used < RILL_RELAY_HEAD)
		return true;
	if (!rill_relay_request_size(l->request))
		return false;
	return wanted(l) || answer(s, l);
}

/* ---- all of them ------------------------------------------------------------------------------ */

static void take_viewer(struct rill_relay_server *s)
{
	/* He may have gone meanwhile: it does not wait for another. */
	const int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct line *free_line = NULL;

	for (unsigned i = 0; i < VIEWERS_MAX && !free_line; i++)
		if (s->lines[i].fd < 0)
			free_line = &s->lines[i];
	if (fd >= 0 && !free_line)
		close(fd);
	if (fd < 0 || !free_line)
		return;
	memset(free_line, 0, sizeof *free_line);
	free_line->fd = fd;
	pthread_mutex_lock(&s->lock);
	s->there++;
	pthread_mutex_unlock(&s->lock);
}

static void serve(struct rill_relay_server *s, struct line *l, short events)
{
	bool good = !(events & (POLLERR | POLLNVAL));

	if (good && l->waits)
		good = !(events & POLLHUP) && answer(s, l);
	else if (good && events & POLLOUT)
		good = send_some(l);
	else if (good && events & (POLLIN | POLLHUP) && !l->reply.used)
		good = hear(s, l);
	if (!good)
		hang_up(s, l);
}

static void *run(void *of)
{
	enum { BELL, LISTENER, FIRST };
	struct rill_relay_server *const s = of;
	struct pollfd waiting[FIRST + VIEWERS_MAX] = { { .fd = s->bell, .events = POLLIN }, { .fd = s->listener, .events = POLLIN } };

	while (!waiting[BELL].revents) {
		int timeout_ms = -1;

		for (unsigned i = 0; i < VIEWERS_MAX; i++) {
			const struct line *const l = &s->lines[i];

			if (l->fd >= 0 && l->waits)
				timeout_ms = LATER_MS;
			waiting[FIRST + i] = (struct pollfd){ .fd = l->fd, .events = l->waits ? 0 : l->reply.used ? POLLOUT : POLLIN };
		}
		if (poll(waiting, FIRST + VIEWERS_MAX, timeout_ms) < 0)
			continue;
		for (unsigned i = 0; i < VIEWERS_MAX; i++)
			if (s->lines[i].fd >= 0 && (waiting[FIRST + i].revents || s->lines[i].waits))
				serve(s, &s->lines[i], waiting[FIRST + i].revents);
		if (waiting[LISTENER].revents)
			take_viewer(s);
	}
	return NULL;
}

/* ---- beginning and end ------------------------------------------------------------------------ */

/* Signals are the first thread's: it waits for them. */
static int start(struct rill_relay_server *s)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

struct rill_relay_server *rill_relay_serve(int fd, const struct rill_relay_trace *trace)
{
	struct rill_relay_server *const s = rill_alloc(1, sizeof *s);
	int error;

	s->trace = trace;
	s->listener = fd;
	pthread_mutex_init(&s->lock, NULL);
	for (unsigned i = 0; i < VIEWERS_MAX; i++)
		s->lines[i].fd = -1;
	s->bell = eventfd(0, EFD_CLOEXEC);
	error = s->bell < 0 ? errno : start(s);
	if (!error)
		return s;
	rill_say("no thread for viewers can be had: %s", strerror(error));
	if (s->bell >= 0)
		close(s->bell);
	free(s);
	return NULL;
}

void rill_relay_count(struct rill_relay_server *s, unsigned *there, unsigned *served)
{
	pthread_mutex_lock(&s->lock);
	*there = s->there;
	*served = s->served;
	pthread_mutex_unlock(&s->lock);
}

void rill_relay_end(struct rill_relay_server *s)
{
	eventfd_write(s->bell, 1);
	pthread_join(s->thread, NULL);
	for (unsigned i = 0; i < VIEWERS_MAX; i++)
		if (s->lines[i].fd >= 0)
			hang_up(s, &s->lines[i]);
	close(s->bell);
	free(s);
}

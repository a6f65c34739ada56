/* SPDX-License-Identifier: MIT
 * flight_shots.c - snapshots that a signal or a trigger asks for.
 *
 *     who asks     -> a note, and a word to the consumer
 *     consumer     -> a thread for the snapshots, unless one is at it
 *     that thread  -> snapshots until nobody waits for any
 *
 * A handler takes part in whatever the thread that it interrupted was doing, and who finds a trigger has the drain role, so they only
 * ask. The consumer goes on emptying the rings of streams meanwhile.
 */
#include "control/flight_private.h"
#include "port/port.h"
#include "route/consumer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { PAUSE_NS = 1000000, CALLS = 100 };

static _Atomic uint32_t asks;	/* by signal */
static char asked;		/* its address is the consumer's command */

/* Of all that follows. A leaf: nobody takes another lock inside. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct waiting {
	struct rill_session *session;	/* NULL: a free place */
	struct rill_flight_reason reason;
	uint64_t due_ns;
} waiting[RILL_FLIGHT_SESSIONS];
static uint32_t served;			/* of asks */
static const struct rill_session *busy;	/* whose snapshot is under way */
static bool at_work;			/* the thread goes on until nothing is left */
static unsigned long thread;
static bool started;			/* and not joined */

/* ---- who asks ------------------------------------------------------------------------------------- */

void rill_flight_ask(void)
{
	atomic_fetch_add_explicit(&asks, 1, memory_order_relaxed);
	rill_consumer_command(&asked);
}

static struct waiting *place_of(const struct rill_session *s)
{
	for (unsigned i = 0; i < RILL_FLIGHT_SESSIONS; i++)
		if (waiting[i].session == s)
			return &waiting[i];
	return NULL;
}

bool rill_flight_ask_at(struct rill_session *s, const struct rill_flight_reason *reason, uint64_t due_ns)
{
	bool taken = false;

	pthread_mutex_lock(&lock);
	if (!place_of(s)) {
		*place_of(NULL) = (struct waiting){ s, *reason, due_ns };	/* there is one for each flight session */
		taken = true;
	}
	pthread_mutex_unlock(&lock);
	if (taken)
		rill_consumer_command(&asked);
	return taken;
}

static bool anybody_waits(void)
{
	for (unsigned i = 0; i < RILL_FLIGHT_SESSIONS; i++)
		if (waiting[i].session)
			return true;
	return false;
}

void rill_flight_ask_again(void)
{
	bool left;

	pthread_mutex_lock(&lock);
	left = !at_work && anybody_waits();
	pthread_mutex_unlock(&lock);
	if (left)
		rill_consumer_command(&asked);
}

void rill_flight_call(const void *what)
{
	const struct timespec pause = { 0, PAUSE_NS };

	for (int i = 0; i < CALLS && !rill_consumer_command((void *)(uintptr_t)what); i++)
		nanosleep(&pause, NULL);
}

/* ---- the thread ----------------------------------------------------------------------------------- */

/* The next one, or none yet: *s is NULL. False: nothing is left, and who asks behind this has another thread. */
static bool next(struct rill_session **s, struct rill_flight_reason *reason)
{
	const uint64_t now_ns = rill_port_monotonic_ns();
	bool more = true;
	uint32_t seen;

	*s = NULL;
	pthread_mutex_lock(&lock);
	seen = atomic_load(&asks);
	if (seen != served)
		*s = rill_flight_listener();
	served = seen;
	*reason = (struct rill_flight_reason){ .at_ns = now_ns };
	for (unsigned i = 0; i < RILL_FLIGHT_SESSIONS && !*s; i++) {
		if (!waiting[i].session || waiting[i].due_ns > now_ns)
			continue;
		*s = waiting[i].session;
		*reason = waiting[i].reason;
		waiting[i].session = NULL;
	}
	busy = *s;
	if (!*s)
		more = at_work = anybody_waits();
	pthread_mutex_unlock(&lock);
	return more;
}

static void take(struct rill_session *s, const struct rill_flight_reason *reason)
{
	if (rill_flight_take(s, NULL, reason) != 0)
		rill_warn("no snapshot: %s", rill_error());
}

static void *run(void *unused)
{
	const struct timespec pause = { 0, PAUSE_NS };
	struct rill_flight_reason reason;
	struct rill_session *s;

	(void)unused;
	while (next(&s, &reason)) {
		if (s)
			take(s, &reason);
		else
			nanosleep(&pause, NULL);
	}
	return NULL;
}

static void join(void)
{
	if (started)
		rill_port_thread_join(thread);
	started = false;
}

/* Where the thread cannot be had who waits goes on waiting: rill_flight_ask_again(). A command may come late, and then finds nothing. */
static void go_to_work(void)
{
	static const struct rill_port_thread_options options = { .name = "rill-snapshot", .stack_bytes = 256 * 1024 };

	pthread_mutex_lock(&lock);
	if (!at_work && (anybody_waits() || (atomic_load(&asks) != served && rill_flight_listener()))) {
		join();		/* it has nothing left to do but to end */
		at_work = started = rill_port_thread_start(&options, run, NULL, &thread) == 0;
		if (!started)
			rill_warn("no snapshot: its thread cannot be started, the limit of threads or memory is reached");
	}
	pthread_mutex_unlock(&lock);
}

bool rill_flight_command(const void *what)
{
	if (rill_flight_show_command(what))
		return true;
	if (what != &asked)
		return false;
	go_to_work();
	return true;
}

/* What the session still waits for is taken here. A snapshot does not wait for ever, so this comes to an end. */
void rill_flight_finish(struct rill_session *s)
{
	const struct timespec pause = { 0, PAUSE_NS };
	struct rill_flight_reason reason;
	struct waiting *place;
	bool left;

	pthread_mutex_lock(&lock);
	place = place_of(s);
	if (place) {
		reason = place->reason;
		place->session = NULL;
	}
	pthread_mutex_unlock(&lock);
	if (place)
		take(s, &reason);
	do {
		pthread_mutex_lock(&lock);
		left = busy == s || (at_work && !anybody_waits());
		if (!at_work)
			join();
		pthread_mutex_unlock(&lock);
		if (left)
			nanosleep(&pause, NULL);
	} while (left);
}

void rill_flight_shots_forked(void)
{
	pthread_mutex_init(&lock, NULL);
	for (unsigned i = 0; i < RILL_FLIGHT_SESSIONS; i++)
		waiting[i].session = NULL;
	served = atomic_load(&asks);
	busy = NULL;
	at_work = started = false;
}

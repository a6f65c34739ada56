/* SPDX-License-Identifier: MIT
 * observers.c - observers that add and remove each other, and themselves, while sessions come and go on four threads.
 */
#include "stress.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 4, OBSERVERS = 16, PERMANENT = 4 };

struct watcher {
	_Atomic bool gone;	/* the removal has returned, and nobody has added it since */
	_Atomic uint32_t calls;
};
static struct watcher watchers[OBSERVERS];
/* These stay, one in front of all others, the rest behind them: each sees each session come and go once. */
static struct permanent {
	_Atomic uint64_t on, off;
} permanent[PERMANENT];
static _Atomic uint64_t sessions, changes, calls_behind_removal, failures;
static _Atomic uint32_t chaos = 1;
static uint64_t amount;

static void count_changes(void *ctx, enum rill_state state, struct rill_session *session)
{
	struct permanent *p = ctx;

	(void)session;
	atomic_fetch_add(&p->on, state == RILL_SESSION_ON);
	atomic_fetch_add(&p->off, state == RILL_SESSION_OFF);
}

static void observe(void *ctx, enum rill_state state, struct rill_session *session);

/* Each watcher is owned, as to adding and removing, by whoever wins this. */
static _Atomic uint32_t busy[OBSERVERS];

static void add_or_remove(struct watcher *w, bool itself)
{
	unsigned n = (unsigned)(w - watchers);
	int error;

	if (atomic_exchange(&busy[n], true))
		return;
	if (atomic_load(&w->gone)) {
		atomic_store(&w->gone, false);
		error = rill_observer_add(observe, w);
	} else {
		error = rill_observer_remove(observe, w);
		atomic_store(&w->gone, !itself);	/* inside its own call it is not past that call */
		if (itself && !error)
			error = rill_observer_add(observe, w);
	}
	failures += error != 0;
	atomic_fetch_add(&changes, 1);
	atomic_store(&busy[n], false);
}

static void observe(void *ctx, enum rill_state state, struct rill_session *session)
{
	static __thread bool inside;
	struct watcher *w = ctx;
	uint32_t random = atomic_fetch_add(&chaos, 0x9e3779b9u) | 1;

	(void)state;
	(void)session;
	atomic_fetch_add(&w->calls, 1);
	atomic_fetch_add(&calls_behind_removal, atomic_load(&w->gone));
	if (inside)	/* an observer that is added is told at once, and would add another ... */
		return;
	inside = true;
	/* Not another one: two that wait for the end of each other's call wait for ever, as the header's rule has it. */
	if (stress_below(&random, 8) == 0)
		add_or_remove(w, true);
	inside = false;
}

static void *come_and_go(void *arg)
{
	uint32_t random = stress_seed((uint32_t)(uintptr_t)arg);

	while (atomic_load(&changes) < amount) {
		struct stress_watch w = { .partial = true };

		for (unsigned i = 0; i < 8; i++)
			add_or_remove(&watchers[stress_below(&random, OBSERVERS)], false);
		if (!stress_watch_start(&w, "stress"))
			return NULL;
		atomic_fetch_add(&sessions, 1);
		stress_sleep_us(stress_below(&random, 1000));
		stress_watch_stop(&w);
		stress_watch_free(&w);
	}
	return NULL;
}

void stress_observers(const struct stress_scenario *self)
{
	struct stress_crowd crowd = { .producers = self->producers, .mode = STRESS_ALL, .calm_us = 2000 };
	struct stress_watch w = { .session = NULL };
	pthread_t threads[THREADS];

	amount = stress_part(self->amount, 400);
	if (!stress_configure(self->ring_bytes, self->block_bytes, 16, 0))
		return;
	for (unsigned i = 0; i < OBSERVERS; i++)
		atomic_store(&watchers[i].gone, true);
	STRESS_NEED(rill_observer_add(count_changes, &permanent[0]) == 0);
	STRESS_NEED(rill_observer_add(count_changes, &permanent[0]) == -EEXIST);
	for (unsigned i = 0; i < OBSERVERS; i++)
		add_or_remove(&watchers[i], false);
	for (unsigned i = 1; i < PERMANENT; i++)
		STRESS_NEED(rill_observer_add(count_changes, &permanent[i]) == 0);
	if (!stress_watch_start(&w, "stress"))
		return;
	atomic_fetch_add(&sessions, 1);
	stress_crowd_start(&crowd);
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, come_and_go, (void *)(i + 10)) != 0)
			abort();
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	stress_crowd_stop(&crowd);
	stress_watch_finish(&w);
	for (unsigned i = 0; i < OBSERVERS; i++)
		if (!atomic_load(&watchers[i].gone))
			STRESS_NEED(rill_observer_remove(observe, &watchers[i]) == 0);
	for (unsigned i = 0; i < PERMANENT; i++) {
		STRESS_NEED(rill_observer_remove(count_changes, &permanent[i]) == 0);
		if (permanent[i].on != sessions || permanent[i].off != sessions)
			stress_fail("%llu sessions came and went; an observer was told of %llu and %llu", (unsigned long long)sessions,
				    (unsigned long long)permanent[i].on, (unsigned long long)permanent[i].off);
	}
	STRESS_NEED(calls_behind_removal == 0);
	STRESS_NEED(failures == 0);
	stress_note("sessions=%llu adds-and-removes=%llu", (unsigned long long)sessions, (unsigned long long)changes);
}

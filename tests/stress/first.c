/* SPDX-License-Identifier: MIT
 * first.c - a thread's first event in a signal handler, and handlers on top of the attach: every event is kept, or counted as too deep,
 * never both.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

enum { THREADS = 4, SIGNALS = 30 };

static __thread uint32_t own[3];	/* the thread's context and its handlers' */
static __thread volatile sig_atomic_t handled;
static _Atomic uint32_t ready;
static _Atomic bool over;

static void emit_first(int signal)
{
	int saved = errno;
	STRESS_SIGNAL_FRAME;

	stress_emit(own[1 + (signal == SIGRTMIN + 5)]);
	handled++;
	errno = saved;
}

static void *be_signalled(void *kind)
{
	for (unsigned i = 0; i < 3; i++)
		own[i] = stress_context_new(STRESS_ALL);
	atomic_fetch_add(&ready, 1);
	/* One kind emits nothing before its handler has; the other attaches while the handlers come. */
	while (kind && !handled && !atomic_load(&over))
		if (STRESS_TSAN)	/* it lets signals in only where it intercepts a call, and not always then */
			stress_sleep_us(10);
	for (unsigned i = 0; i < 50; i++)
		stress_emit(own[0]);
	while (!atomic_load(&over))
		stress_sleep_us(100);
	return NULL;
}

static void one_round(uint32_t *random)
{
	pthread_t threads[THREADS];

	atomic_store(&ready, 0);
	atomic_store(&over, false);
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, be_signalled, (void *)(i & 1)) != 0)
			abort();
	while (atomic_load(&ready) < THREADS)
		sched_yield();
	for (unsigned n = 0; n < SIGNALS; n++)
		for (unsigned i = 0; i < THREADS; i++)
			pthread_kill(threads[i], SIGRTMIN + 4 + (int)stress_below(random, 2));
	atomic_store(&over, true);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

void stress_first(const struct stress_scenario *self)
{
	struct stress_watch w = { .session = NULL };
	uint64_t wanted = stress_part(self->amount, 400), threads;
	uint32_t random = stress_seed(0);

	stress_on_signal(SIGRTMIN + 4, emit_first);
	stress_on_signal(SIGRTMIN + 5, emit_first);
	if (!stress_configure(self->ring_bytes, self->block_bytes, 64, 0) || !stress_watch_start(&w, "stress"))
		return;
	for (threads = 0; threads < wanted; threads += THREADS) {
		one_round(&random);
		if (stress_live_slots() > 48)
			STRESS_NEED(stress_slots_drop_to(0, 20000));
	}
	stress_watch_finish(&w);
	stress_note("threads=%llu deep=%llu no-ring=%llu", (unsigned long long)threads, (unsigned long long)w.lost[RILL_LOST_DEEP],
		    (unsigned long long)w.lost[RILL_LOST_NO_RING]);
}

/* SPDX-License-Identifier: MIT
 * held.c - a thread that is stopped inside an event for seconds: the others' events are late by hold_max and a period, those of
 * the held thread that are out of order afterwards are flagged, and everything else is in order.
 */
#define _GNU_SOURCE
#include "stress.h"

#include "emit/attach.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { HOLD_MAX_MS = 100, HOLD_MS_OF_LONG = 5000, PATIENCE_MS = 60000 };

static uint32_t context, handler_context, calm_tid;
static uint64_t hold_us, longest_delay_ns;
static _Atomic uint64_t passed_by_ns;	/* the newest of the calm thread's events that came out */
static _Atomic uint32_t holds, waited_in_vain, wanted;
static _Atomic bool over;

/* Stops the thread where it is: this handler, on top of the event. It stays until an event of the calm thread's from the meantime has
 * come past, however busy the machine is. */
static void hold(int signal)
{
	uint64_t begin_ns = stress_now_ns();
	int saved = errno;
	const struct rill_slot *slot = rill_own_slot();

	(void)signal;
	if (slot && atomic_load(&slot->ring[0].busy) && atomic_load(&holds) < atomic_load(&wanted)) {
		stress_sleep_us(hold_us);
		while (atomic_load(&passed_by_ns) < begin_ns && stress_now_ns() - begin_ns < PATIENCE_MS * UINT64_C(1000000))
			stress_sleep_us(1000);
		atomic_fetch_add(&waited_in_vain, atomic_load(&passed_by_ns) < begin_ns);
		stress_emit(handler_context);
		atomic_fetch_add(&holds, 1);
	}
	errno = saved;
}

static void *be_held(void *unused)
{
	(void)unused;
	context = stress_context_new(STRESS_ALL);
	handler_context = stress_context_new(STRESS_ALL);
	while (!atomic_load(&over)) {
		for (unsigned i = 0; i < 200; i++)
			stress_emit(context);
		stress_sleep_us(50);	/* most events shall be kept, not lost */
	}
	return NULL;
}

static void *be_calm(void *unused)
{
	uint32_t calm = stress_context_new(STRESS_ALL);

	(void)unused;
	calm_tid = stress_contexts[calm].tid;
	for (; !atomic_load(&over); stress_sleep_us(1000))
		stress_emit(calm);
	return NULL;
}

static void measure_delay(struct stress_watch *w, const struct rill_event *e)
{
	uint64_t delay_ns = stress_now_ns() - e->ts_ns;

	(void)w;
	if (e->tid != calm_tid)
		return;
	atomic_store(&passed_by_ns, e->ts_ns);
	if ((int64_t)delay_ns > 0 && delay_ns > longest_delay_ns)
		longest_delay_ns = delay_ns;
}

void stress_held(const struct stress_scenario *self)
{
	struct stress_watch w = { .each = measure_delay };
	pthread_t held, calm;

	if (STRESS_TSAN) {
		stress_skip("ThreadSanitizer lets signals in only between events");
		return;
	}
	hold_us = stress_part((uint64_t)HOLD_MS_OF_LONG * 1000, 500000);
	atomic_store(&wanted, (uint32_t)stress_part(self->amount, 4));
	stress_on_signal(SIGRTMIN + 4, hold);
	w.options.flush_period_ms = 10;
	if (!stress_configure(self->ring_bytes, self->block_bytes, 8, HOLD_MAX_MS) || !stress_watch_start(&w, "stress"))
		return;
	if (pthread_create(&held, NULL, be_held, NULL) != 0 || pthread_create(&calm, NULL, be_calm, NULL) != 0)
		abort();
	while (atomic_load(&holds) < atomic_load(&wanted)) {
		pthread_kill(held, SIGRTMIN + 4);
		stress_sleep_us(300);
	}
	atomic_store(&over, true);
	pthread_join(held, NULL);
	pthread_join(calm, NULL);
	stress_watch_finish(&w);
	STRESS_NEED(w.at_level[1] > 0);	/* the handler's event, on top of the held one */
	STRESS_NEED(atomic_load(&waited_in_vain) == 0);
	stress_note("holds=%u of=%llums late=%llu longest-delay=%llums", atomic_load(&holds), (unsigned long long)(hold_us / 1000),
		    (unsigned long long)w.late, (unsigned long long)(longest_delay_ns / 1000000));
}

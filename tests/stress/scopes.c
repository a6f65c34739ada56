/* SPDX-License-Identifier: MIT
 * scopes.c - scopes on threads and in handlers on top of them, with losses: an end follows its begin and says when that was, and a begin
 * that was lost has no end.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <errno.h>
#include <pthread.h>
#include <rill/trace.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 2, OPEN_MAX = 64, SERIALS = 64, SKEW_NS_MAX = 1000 };

static _Atomic bool over;
static __thread uint32_t contexts[2];	/* the thread's, its handler's */

/* Begins of a thread whose end has not come. One whose end was lost stays until an outer one ends. */
static struct open_scopes {
	uint64_t begin_ns[OPEN_MAX];
	unsigned count;
} open_scopes[SERIALS];
static uint64_t begins, ends, unmatched;

static void emit_scope(uint32_t context)
{
	uint32_t number = stress_emit_begin(context);
	RILL_SCOPE("stress", "other", "word", stress_word(context, number));

	stress_emit_end(context, number);
}

/* Two more inside. */
static void emit_scopes(uint32_t context)
{
	uint32_t number = stress_emit_begin(context);
	RILL_SCOPE("stress", "other", "word", stress_word(context, number));

	stress_emit_end(context, number);
	emit_scope(context);
	emit_scope(context);
}

static void on_signal(int signal)
{
	int saved = errno;
	STRESS_SIGNAL_FRAME;

	(void)signal;
	if (contexts[1])
		emit_scope(contexts[1]);
	errno = saved;
}

static void match(struct stress_watch *w, const struct rill_event *e)
{
	struct open_scopes *open = &open_scopes[e->thread->serial % SERIALS];

	(void)w;
	if (e->phase == 'B') {
		begins++;
		if (open->count == OPEN_MAX)	/* the oldest of those have ended long ago */
			memmove(open->begin_ns, open->begin_ns + 1, --open->count * sizeof open->begin_ns[0]);
		open->begin_ns[open->count++] = e->ts_ns;
		return;
	}
	ends++;
	while (open->count) {
		uint64_t begin_ns = open->begin_ns[--open->count];

		if (begin_ns - e->begin_ns + SKEW_NS_MAX <= 2 * SKEW_NS_MAX)
			return;
	}
	unmatched++;
}

static void *produce(void *arg)
{
	uint32_t random = stress_seed((uint32_t)(uintptr_t)arg);

	for (unsigned i = 0; i < 2; i++)
		contexts[i] = stress_context_new(STRESS_FLIP);
	while (!atomic_load(&over)) {
		for (unsigned i = 0; i < 300; i++)
			emit_scopes(contexts[0]);
		stress_sleep_us(stress_below(&random, 1000));
	}
	contexts[1] = 0;
	return NULL;
}

void stress_scopes(const struct stress_scenario *self)
{
	struct stress_watch w = { .each = match };
	uint64_t wanted = stress_part(self->amount, 20000);
	uint32_t random = stress_seed(0);
	pthread_t threads[THREADS];

	stress_on_signal(SIGRTMIN + 4, on_signal);
	if (!stress_configure(self->ring_bytes, self->block_bytes, 8, 0) || !stress_watch_start(&w, "stress"))
		return;
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, produce, (void *)(i + 1)) != 0)
			abort();
	while (atomic_load(&w.events) < wanted) {
		pthread_kill(threads[stress_below(&random, THREADS)], SIGRTMIN + 4);
		stress_sleep_us(stress_below(&random, 100));
	}
	atomic_store(&over, true);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	stress_watch_stop(&w);
	/* Each begin wanted one end unless it was lost itself: of the begins, those lost and those whose end came or was lost. */
	stress_count_books(2 * begins + w.lost_total - (begins - ends), w.events, w.lost_total);
	if (ends + w.lost_total != stress_emitted())
		stress_fail("%llu scopes: %llu ends came, %llu events were lost", (unsigned long long)stress_emitted(),
			    (unsigned long long)ends, (unsigned long long)w.lost_total);
	STRESS_NEED(unmatched == 0);
	STRESS_NEED(begins + ends == w.events);
	stress_watch_free(&w);
	stress_note("begins=%llu ends=%llu", (unsigned long long)begins, (unsigned long long)ends);
}

/* SPDX-License-Identifier: MIT
 * leaps.c - handlers that leave the event they interrupted, or the handler they interrupted, by siglongjmp(): tracing of that thread
 * goes on, and a thread that does nothing odd is not kept waiting.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

enum { HOLD_MAX_MS = 100 };

static sigjmp_buf back;
static volatile sig_atomic_t may_leap;
static volatile uint32_t chance;
static _Atomic uint64_t leaps;
static uint32_t own_context, handler_context[2];
static uint32_t calm_tid;
static uint64_t longest_delay_ns;
static _Atomic bool over;

static void leap(int signal)
{
	uint32_t which = signal != SIGRTMIN;
	STRESS_SIGNAL_FRAME;

	stress_emit(handler_context[which]);
	if (!may_leap || ++chance % 4 == 0)
		return;
	may_leap = 0;
	atomic_fetch_add(&leaps, 1);
	siglongjmp(back, 1);
}

static void measure_delay(struct stress_watch *w, const struct rill_event *e)
{
	uint64_t delay_ns = stress_now_ns() - e->ts_ns;

	(void)w;
	if (e->tid == calm_tid && delay_ns > longest_delay_ns && (int64_t)delay_ns > 0)
		longest_delay_ns = delay_ns;
}

static void *be_calm(void *unused)
{
	uint32_t context = stress_context_new(STRESS_ALL);

	(void)unused;
	calm_tid = stress_contexts[context].tid;
	for (; !atomic_load(&over); stress_sleep_us(1000))
		stress_emit(context);
	return NULL;
}

static void leap_until(uint64_t wanted)
{
	while (atomic_load(&leaps) < wanted) {
		if (sigsetjmp(back, 1) == 0)
			may_leap = 1;
		while (may_leap && atomic_load(&leaps) < wanted)
			stress_emit(own_context);
	}
	may_leap = 0;
}

void stress_leaps(const struct stress_scenario *self)
{
	struct stress_watch w = { .each = measure_delay };
	uint64_t wanted = stress_part(self->amount, STRESS_TSAN || stress_emulated() ? 200 : 2000), before;
	uint32_t slow = STRESS_TSAN || stress_emulated() ? 10 : 1;
	void *timers[2];
	pthread_t calm;

	own_context = stress_context_new(STRESS_ALL);
	for (unsigned i = 0; i < 2; i++)
		handler_context[i] = stress_context_new(STRESS_ALL);
	stress_on_signal(SIGRTMIN, leap);
	stress_on_signal(SIGRTMIN + 1, leap);
	w.options.flush_period_ms = 10;
	if (!stress_configure(self->ring_bytes, self->block_bytes, 8, HOLD_MAX_MS) || !stress_watch_start(&w, "stress"))
		return;
	if (pthread_create(&calm, NULL, be_calm, NULL) != 0)
		abort();
	timers[0] = stress_timer_start(SIGRTMIN, 40000 * slow);
	timers[1] = stress_timer_start(SIGRTMIN + 1, 57000 * slow);
	leap_until(wanted);
	for (unsigned i = 0; i < 2; i++)
		stress_timer_stop(timers[i]);
	before = stress_doubtful();
	STRESS_NEED(rill_session_flush(w.session, 20000) == 0);	/* room for what comes */
	for (unsigned i = 0; i < 1000; i++)
		stress_emit(own_context);	/* tracing of this thread goes on */
	STRESS_NEED(stress_doubtful() <= before + 1);
	atomic_store(&over, true);
	pthread_join(calm, NULL);
	stress_watch_stop(&w);
	stress_watch_close_books(&w);
	STRESS_NEED(atomic_load(&w.last[own_context]) > atomic_load(&stress_contexts[own_context].begun) - 1000);
	STRESS_NEED(stress_doubtful() <= 2 * leaps);	/* the thread's event, and the other handler's */
	/* hold_max, the period, the batch; and what a busy machine adds */
	if (!stress_emulated() && !STRESS_TSAN)
		STRESS_NEED(longest_delay_ns < (uint64_t)HOLD_MAX_MS * 1000000 + UINT64_C(20000000000));
	stress_watch_free(&w);
	stress_note("leaps=%llu longest-delay=%llums", (unsigned long long)leaps, (unsigned long long)(longest_delay_ns / 1000000));
}

/* SPDX-License-Identifier: MIT
 * crowd.c - producers: threads that emit in bursts, each with two nested timers where the scenario asks for them.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* glibc before 2.38 has the field without its name. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { BURST_MAX = 2048, CALM_BURST_MAX = 256, BACKLOG_MAX = 20000, CALM_BACKLOG_MAX = 1000 };

/* ---- timers --------------------------------------------------------------------------------------- */

static __thread volatile uint32_t handler_contexts[2];

static void on_timer(int signal)
{
	int saved = errno;
	uint32_t context = handler_contexts[signal != SIGRTMIN];
	STRESS_SIGNAL_FRAME;

	if (context)
		stress_emit(context);
	errno = saved;
}

void stress_on_signal(int signal, void (*handler)(int signal))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	if (sigaction(signal, &action, NULL) != 0)
		abort();
}

void *stress_timer_start(int signal, uint32_t period_ns)
{
	struct sigevent e = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal };
	struct itimerspec period = { { 0, (long)period_ns }, { 0, (long)period_ns } };
	timer_t timer = NULL;

	e.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	if (timer_create(CLOCK_MONOTONIC, &e, &timer) != 0)
		abort();
	timer_settime(timer, 0, &period, NULL);
	return timer;
}

void stress_timer_stop(void *timer)
{
	timer_delete(timer);
}

void stress_timers_start(struct stress_timers *timers, uint32_t period_ns, enum stress_mode mode)
{
	if (STRESS_TSAN || stress_emulated())
		period_ns *= 10;	/* else the thread does nothing but begin handlers */
	stress_on_signal(SIGRTMIN, on_timer);
	stress_on_signal(SIGRTMIN + 1, on_timer);
	for (unsigned i = 0; i < 2; i++)
		handler_contexts[i] = stress_context_new(mode);
	timers->timer[0] = stress_timer_start(SIGRTMIN, period_ns);
	timers->timer[1] = stress_timer_start(SIGRTMIN + 1, period_ns / 3 * 4);
}

void stress_timers_stop(struct stress_timers *timers)
{
	for (unsigned i = 0; i < 2; i++)
		stress_timer_stop(timers->timer[i]);
	/* A signal may be on its way still: what it emits belongs to the books while these stand. */
}

/* ---- bursts --------------------------------------------------------------------------------------- */

/* The watch has not seen the context's newest events by far. Those lost in front of them count as unseen until one comes through, so
 * nobody waits for long. */
static bool far_behind(const struct stress_watch *watch, uint32_t context, bool calm)
{
	return atomic_load_explicit(&stress_contexts[context].begun, memory_order_relaxed) -
	       atomic_load_explicit(&watch->last[context], memory_order_relaxed) > (calm ? CALM_BACKLOG_MAX : BACKLOG_MAX);
}

void stress_burst(const struct stress_crowd *crowd, uint32_t context, uint32_t *random)
{
	uint32_t size = 1 + stress_below(random, crowd->calm_us ? CALM_BURST_MAX : BURST_MAX);

	for (uint32_t i = 0; i < size && !atomic_load_explicit(&crowd->over, memory_order_relaxed); i++)
		stress_emit(context);
	if (crowd->calm_us)
		stress_sleep_us((uint64_t)crowd->calm_us * (STRESS_TSAN || stress_emulated() ? 10 : 1));
	if (!crowd->pace)
		return;
	for (unsigned i = 0; i < (crowd->calm_us ? 500 : 20) && far_behind(crowd->pace, context, crowd->calm_us); i++)
		stress_sleep_us(200);
	if (stress_below(random, 4) == 0)
		stress_sleep_us(stress_below(random, 300));
}

struct producer {
	struct stress_crowd *crowd;
	uint32_t number;
};

static void *produce(void *arg)
{
	struct producer self = *(struct producer *)arg;
	struct stress_crowd *crowd = self.crowd;
	uint32_t random = stress_seed(1000 + self.number), context = stress_context_new(crowd->mode);
	uint32_t flip = crowd->flip ? stress_context_new(STRESS_FLIP) : 0;
	struct stress_timers timers;

	free(arg);
	if (crowd->timer_ns)
		stress_timers_start(&timers, crowd->timer_ns, crowd->mode);
	atomic_fetch_add(&crowd->ready, 1);
	while (!atomic_load_explicit(&crowd->over, memory_order_relaxed)) {
		stress_burst(crowd, context, &random);
		for (unsigned i = 0; flip && i < 8; i++)
			stress_emit(flip);
	}
	if (crowd->timer_ns)
		stress_timers_stop(&timers);
	return NULL;
}

void stress_crowd_start(struct stress_crowd *crowd)
{
	atomic_store(&crowd->over, false);
	atomic_store(&crowd->ready, 0);
	crowd->first_context = stress_context_count() + 1;
	for (uint32_t i = 0; i < crowd->producers; i++) {
		struct producer *p = malloc(sizeof *p);
		pthread_t thread;

		if (!p)
			abort();
		*p = (struct producer){ crowd, i };
		if (pthread_create(&thread, NULL, produce, p) != 0)
			abort();
		crowd->threads[i] = (unsigned long)thread;
	}
	while (atomic_load(&crowd->ready) < crowd->producers)
		stress_sleep_us(100);
}

void stress_crowd_stop(struct stress_crowd *crowd)
{
	atomic_store(&crowd->over, true);
	for (uint32_t i = 0; i < crowd->producers; i++)
		pthread_join((pthread_t)crowd->threads[i], NULL);
}

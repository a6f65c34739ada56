/* SPDX-License-Identifier: MIT
 * destructors.c - events where a thread or the process is about to be gone: from destructors of thread-local values in front of and
 * behind rill's own exit hook, and from exit handlers behind rill's own.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The hook tells of the end, so that two looks of the consumer, 20 ms apart, are enough. */
enum { KEYS = 6, THREADS = 8, SOON_MS = 100 };

static pthread_key_t keys[KEYS];
static __thread uint32_t context;
static __thread unsigned rounds;

static void destructor(void *key)
{
	for (unsigned i = 0; i < 5; i++)
		stress_emit(context);
	/* Once more, in the next round of destructors: behind everybody's first. */
	if (rounds++ < 2 * KEYS)
		pthread_setspecific(*(pthread_key_t *)key, key);
}

static void *with_destructors(void *unused)
{
	(void)unused;
	context = stress_context_new(STRESS_ALL);
	for (unsigned i = 0; i < KEYS; i++)
		pthread_setspecific(keys[i], &keys[i]);
	/* Some attach only in a destructor. */
	if (context % 3)
		stress_emit(context);
	return NULL;
}

/* ---- behind rill's shutdown ----------------------------------------------------------------------- */

static void emit_at_exit(void)
{
	for (unsigned i = 0; i < 100; i++)
		stress_emit(1);
}

static void count_batch(void *ctx, const struct rill_batch *batch)
{
	(void)ctx;
	(void)batch;
}

/* In a process of its own: its exit handlers run behind rill's, since they were there before. */
static void end_of_a_process(void)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;

	atexit(emit_at_exit);
	o.out = RILL_OUT_SUBSCRIBER;
	o.subscriber = count_batch;
	o.filter = "stress";
	if (stress_context_new(STRESS_ALL) != 1 || rill_session_start(&o, &session) != 0)
		_exit(3);
	atexit(emit_at_exit);	/* this one in front of rill's */
	emit_at_exit();
	exit(7);
}

static void processes(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		int status = -1;
		pid_t pid;

		fflush(NULL);
		pid = fork();
		if (pid == 0)
			end_of_a_process();
		STRESS_NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
		STRESS_NEED(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	}
}

/* One generation ends; returns how long its slots took to be free. */
static uint32_t generation_ms(void)
{
	pthread_t threads[THREADS];
	uint64_t ended_ns;

	for (unsigned i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, with_destructors, NULL) != 0)
			abort();
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ended_ns = stress_now_ns();
	/* An exit hook that ran in front of a later destructor is a hint only; the thread had its slot to the end. */
	STRESS_NEED(stress_slots_drop_to(0, 20000));
	return (uint32_t)((stress_now_ns() - ended_ns) / 1000000);
}

void stress_destructors(const struct stress_scenario *self)
{
	struct stress_watch w = { .session = NULL };
	uint64_t wanted = stress_part(self->amount, 80), made, in_time = 0;

	processes(stress_part(self->amount / 100, 3));
	/* Half of the keys are older than rill's own, which the first session makes. */
	for (unsigned i = 0; i < KEYS / 2; i++)
		STRESS_NEED(pthread_key_create(&keys[i], destructor) == 0);
	if (!stress_configure(self->ring_bytes, self->block_bytes, 2 * THREADS, 0) || !stress_watch_start(&w, "stress"))
		return;
	for (unsigned i = KEYS / 2; i < KEYS; i++)
		STRESS_NEED(pthread_key_create(&keys[i], destructor) == 0);
	for (made = 0; made < wanted; made += THREADS)
		in_time += generation_ms() <= SOON_MS;
	stress_watch_finish(&w);
	STRESS_NEED(w.lost[RILL_LOST_NO_RING] == 0);
	STRESS_NEED(stress_emitted() > made * KEYS * 10);
	if (!STRESS_TSAN && !stress_emulated())
		STRESS_NEED(in_time * THREADS > made / 2);
	stress_note("threads=%llu", (unsigned long long)made);
}

/* SPDX-License-Identifier: MIT
 * endings.c - threads that end out of order, most of them inside an event: pthread_exit() in a handler, cancellation, the bare system
 * call. Their rings are drained, their slots freed, and what they published is there.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum way { BY_PTHREAD_EXIT, BY_CANCEL, BY_BARE_EXIT, BY_DEFERRED_CANCEL, WAYS };
enum { AT_ONCE = 12, SIGNAL_EXIT = 0, SIGNAL_BARE_EXIT = 1 };	/* above SIGRTMIN + 4 */

static _Atomic uint32_t started;

static void exit_here(int signal)
{
	(void)signal;
	pthread_exit(NULL);
}

/* No destructor runs, nobody is told: the kernel alone knows that the thread is gone. */
static void bare_exit_here(int signal)
{
	(void)signal;
	syscall(SYS_exit, 0);
}

static void *emit_until_the_end(void *way)
{
	uint32_t context = stress_context_new(STRESS_ALL);

	if ((enum way)(uintptr_t)way == BY_CANCEL)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	stress_emit(context);
	atomic_fetch_add(&started, 1);
	for (;;) {
		for (unsigned i = 0; i < 1000; i++)
			stress_emit(context);
		if ((enum way)(uintptr_t)way == BY_DEFERRED_CANCEL)
			pthread_testcancel();
	}
	return NULL;
}

/* gcc's sanitizers: the address one still has the frames of the abandoned event poisoned when it cleans the thread up, the thread one
 * does not bear asynchronous cancellation; neither forgets a thread that it did not see end. */
static bool bearable(enum way way)
{
#ifndef __GLIBC__
	/* Who joins a thread waits for the kernel's word in glibc, and for the thread's own last words in musl. */
	if (way == BY_BARE_EXIT)
		return false;
#endif
	return way == BY_DEFERRED_CANCEL || !(STRESS_TSAN || STRESS_ASAN);
}

static void end_it(pthread_t thread, enum way way)
{
	if (way == BY_PTHREAD_EXIT)
		pthread_kill(thread, SIGRTMIN + 4 + SIGNAL_EXIT);
	else if (way == BY_BARE_EXIT)
		pthread_kill(thread, SIGRTMIN + 4 + SIGNAL_BARE_EXIT);
	else
		pthread_cancel(thread);
	pthread_join(thread, NULL);
}

static uint64_t round_of(uint32_t *random, uint64_t by_way[WAYS])
{
	pthread_t threads[AT_ONCE];
	enum way ways[AT_ONCE];
	uint64_t ended = 0;
	uint64_t since_ns;

	atomic_store(&started, 0);
	for (unsigned i = 0; i < AT_ONCE; i++) {
		do
			ways[i] = (enum way)stress_below(random, WAYS);
		while (!bearable(ways[i]));
		if (pthread_create(&threads[i], NULL, emit_until_the_end, (void *)(uintptr_t)ways[i]) != 0)
			abort();
	}
	while (atomic_load(&started) < AT_ONCE)
		stress_sleep_us(50);
	stress_sleep_us(stress_below(random, 2000));
	for (unsigned i = 0; i < AT_ONCE; i++, ended++) {
		end_it(threads[i], ways[i]);
		by_way[ways[i]]++;
	}
	since_ns = stress_now_ns();
	/* Without an exit hook only the look at all threads finds them gone, once in a second. */
	if (!stress_slots_drop_to(0, 20000))
		stress_fail("%u slots are not free 20 s behind the end of their threads", stress_live_slots());
	else if (stress_now_ns() - since_ns > UINT64_C(10000000000) && !stress_emulated() && !STRESS_TSAN)
		stress_fail("the slots were free only %u ms behind the end of their threads",
			    (unsigned)((stress_now_ns() - since_ns) / 1000000));
	return ended;
}

void stress_endings(const struct stress_scenario *self)
{
	struct stress_watch w = { .session = NULL };
	uint64_t by_way[WAYS] = { 0 }, ended = 0, wanted = stress_part(self->amount, 24);
	uint32_t random = stress_seed(0);

	stress_on_signal(SIGRTMIN + 4 + SIGNAL_EXIT, exit_here);
	stress_on_signal(SIGRTMIN + 4 + SIGNAL_BARE_EXIT, bare_exit_here);
	if (!stress_configure(self->ring_bytes, self->block_bytes, AT_ONCE + 2, 50) || !stress_watch_start(&w, "stress"))
		return;
	while (ended < wanted)
		ended += round_of(&random, by_way);
	stress_watch_finish(&w);
	STRESS_NEED(stress_doubtful() <= ended);
	stress_note("pthread_exit=%llu cancel=%llu bare-exit=%llu deferred=%llu", (unsigned long long)by_way[BY_PTHREAD_EXIT],
		    (unsigned long long)by_way[BY_CANCEL], (unsigned long long)by_way[BY_BARE_EXIT],
		    (unsigned long long)by_way[BY_DEFERRED_CANCEL]);
}

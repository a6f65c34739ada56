/* SPDX-License-Identifier: MIT
 * clone.c - threads that the C library knows nothing of: made by clone(), ended by the bare system call, half of them killed in a handler
 * on top of an event.
 *
 * Such a thread needs thread-local variables that are its own. It borrows those of a thread that the C library made, which sleeps
 * meanwhile and never emits. (A thread made by clone() that shares them with a running one would be two writers of one ring; no
 * library with thread-local state bears that.)
 */
#define _GNU_SOURCE
#include "stress.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STACK_BYTES = 256 * 1024 };

struct lent {
	pthread_t lender;
	uintptr_t thread_pointer;
	_Atomic bool ready, give_back;
	_Atomic int tid;	/* cleared by the kernel when the thread is gone */
	_Atomic bool running;
	bool kill;
};

static void bare_exit_here(int signal)
{
	(void)signal;
	syscall(SYS_exit, 0);
}

static void *lend(void *arg)
{
	struct lent *lent = arg;

#if defined(__x86_64__)
	lent->thread_pointer = (uintptr_t)pthread_self();
#else
	lent->thread_pointer = (uintptr_t)__builtin_thread_pointer();
#endif
	atomic_store(&lent->ready, true);
	while (!atomic_load(&lent->give_back))
		stress_sleep_us(500);
	return NULL;
}

static int emit_some(void *arg)
{
	struct lent *lent = arg;
	uint32_t context = stress_context_new(STRESS_ALL);

	for (unsigned i = 0; i < 200; i++)
		stress_emit(context);
	atomic_store(&lent->running, true);
	while (lent->kill)
		stress_emit(context);
	return 0;	/* clone() makes the bare system call of it */
}

static bool gone_within(const struct lent *lent, uint32_t timeout_ms)
{
	uint64_t until_ns = stress_now_ns() + (uint64_t)timeout_ms * 1000000;

	while (atomic_load(&lent->tid) != 0 && stress_now_ns() < until_ns)
		stress_sleep_us(100);
	return atomic_load(&lent->tid) == 0;
}

static void one_thread(uint32_t *random, char *stack)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
		    CLONE_CHILD_CLEARTID;
	struct lent lent = { .kill = stress_below(random, 2) };
	int tid;

	if (pthread_create(&lent.lender, NULL, lend, &lent) != 0)
		abort();
	while (!atomic_load(&lent.ready))
		stress_sleep_us(50);
	tid = clone(emit_some, stack + STACK_BYTES, flags, &lent, &lent.tid, (void *)lent.thread_pointer, &lent.tid);
	STRESS_NEED(tid > 0);
	if (tid > 0 && lent.kill) {
		while (!atomic_load(&lent.running))
			stress_sleep_us(50);
		stress_sleep_us(stress_below(random, 500));
		syscall(SYS_tgkill, getpid(), tid, SIGRTMIN + 4);
	}
	STRESS_NEED(gone_within(&lent, 10000));
	atomic_store(&lent.give_back, true);
	pthread_join(lent.lender, NULL);
}

void stress_clone(const struct stress_scenario *self)
{
	struct stress_watch w = { .session = NULL };
	uint64_t wanted = stress_part(self->amount, 40);
	uint32_t random = stress_seed(0);
	char *stack;

	if (STRESS_TSAN || STRESS_ASAN) {
		stress_skip("the sanitizer's run-time library knows no threads but the C library's");
		return;
	}
#if !defined(__x86_64__) && !defined(__aarch64__) && !defined(__arm__) && !defined(__riscv)
	stress_skip("how a thread pointer is set on this processor is not known here");
	return;
#endif
	stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	STRESS_NEED(stack != MAP_FAILED);
	stress_on_signal(SIGRTMIN + 4, bare_exit_here);
	if (!stress_configure(self->ring_bytes, self->block_bytes, 8, 50) || !stress_watch_start(&w, "stress"))
		return;
	for (uint64_t i = 0; i < wanted; i++) {
		one_thread(&random, stack);
		/* Nobody's exit hook tells of them: once in a second rill asks. */
		if (stress_live_slots() >= 6)
			STRESS_NEED(stress_slots_drop_to(0, 20000));
	}
	STRESS_NEED(stress_slots_drop_to(0, 20000));
	stress_watch_finish(&w);
	STRESS_NEED(stress_doubtful() <= wanted);
	stress_note("threads=%llu", (unsigned long long)wanted);
}

/* SPDX-License-Identifier: MIT
 * thread.c - rill's own threads: small stack, no signals, low priority, and a join that can give
 * up.
 */
#define _GNU_SOURCE
#include "config.h"
#include "port/linux/linux.h"

#include <errno.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Lives until the thread has ended and has been joined or given up; whoever is last frees it. */
struct thread {
	pthread_t id;
	pthread_mutex_t mutex;
	pthread_cond_t ended_cond;
	bool ended, detached;
	void *(*run)(void *);
	void *arg;
	int nice;
	bool idle;
	void *stack;	/* ours, in a static build; else NULL */
	char name[16];	/* the kernel keeps 15 characters */
};

static _Atomic int running;	/* of all threads of ours */

int rill_linux_threads_running(void)
{
	return atomic_load(&running);
}

void rill_port_threads_forked(void)
{
	atomic_store(&running, 0);
}

/* Its stack only where it has been joined: one that was given up may run on it for ever. */
static void free_thread(struct thread *t)
{
	pthread_cond_destroy(&t->ended_cond);
	pthread_mutex_destroy(&t->mutex);
	free(t);
}

/* A thread inherits the policy of its maker, and under SCHED_FIFO a nice value means nothing. A
 * lower priority is always granted; if a higher one than inherited is refused, the inherited one
 * stays. musl's sched_setscheduler() does nothing, hence the system call. */
static void set_priority(const struct thread *t)
{
	struct sched_param none = { .sched_priority = 0 };

	syscall(SYS_sched_setscheduler, 0, t->idle ? SCHED_IDLE : SCHED_OTHER, &none);
	setpriority(PRIO_PROCESS, rill_port_tid(), t->nice);
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	bool detached;

	prctl(PR_SET_NAME, t->name);
	set_priority(t);
	t->run(t->arg);
	atomic_fetch_sub(&running, 1);
	pthread_mutex_lock(&t->mutex);
	t->ended = true;
	detached = t->detached;
	pthread_cond_signal(&t->ended_cond);
	pthread_mutex_unlock(&t->mutex);
	if (detached)
		free_thread(t);
	return NULL;
}

/* ---- the stack ------------------------------------------------------------------------------- */

static int add_tls(struct dl_phdr_info *object, size_t size, void *sum)
{
	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		if (part->p_type == PT_TLS)
			*(size_t *)sum += part->p_memsz + part->p_align;
	}
	return 0;
}

/* The C library takes the thread-local variables of the whole program out of the stack. Without
 * counting them a program with large ones would leave nothing of a small stack. */
static size_t stack_size(size_t wanted)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), more = (size_t)PTHREAD_STACK_MIN + page - 1;

	dl_iterate_phdr(add_tls, &more);
	/* 0 is refused: EINVAL */
	return wanted > SIZE_MAX - more ? 0 : (wanted + more) / page * page;
}

/* ---- start and join -------------------------------------------------------------------------- */

void rill_port_deferrable_signals(sigset_t *set)
{
	static const int raised[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };

	sigfillset(set);
	for (unsigned i = 0; i < sizeof raised / sizeof *raised; i++)
		sigdelset(set, raised[i]);
}

/* The C library maps a stack for each thread, unless it is given one. That has no page behind its end that would catch who
 * needs more; rill's threads know what they need. */
static int set_stack(struct thread *t, pthread_attr_t *attr, size_t size)
{
	enum { ALIGN = 64 };

	if (!RILL_ON(CONFIG_RILL_STATIC))
		return pthread_attr_setstacksize(attr, size);
	t->stack = size && size <= SIZE_MAX - ALIGN ? malloc(size + ALIGN) : NULL;
	if (!t->stack)
		return ENOMEM;
	return pthread_attr_setstack(attr, (void *)(((uintptr_t)t->stack + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1)), size);
}

static int create(struct thread *t, size_t stack_bytes)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr);

	if (error)
		return error;
	error = set_stack(t, &attr, stack_size(stack_bytes));
	if (!error) {
		/* The new thread takes over the mask; a handler of the application must not run
		 * on its stack, unless it is the one for a crash there. */
		rill_port_deferrable_signals(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		atomic_fetch_add(&running, 1);
		error = pthread_create(&t->id, &attr, thread_main, t);
		if (error)
			atomic_fetch_sub(&running, 1);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attr);
	return error;
}

static int init_sync(struct thread *t)
{
	pthread_condattr_t attr;
	int error = pthread_condattr_init(&attr);

	if (error)
		return error;
	error = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!error)
		error = pthread_cond_init(&t->ended_cond, &attr);
	pthread_condattr_destroy(&attr);
	if (!error)
		pthread_mutex_init(&t->mutex, NULL);
	return error;
}

int rill_port_thread_start(const struct rill_port_thread_options *options, void *(*run)(void *),
			   void *arg, unsigned long *handle)
{
	struct thread *t = calloc(1, sizeof(*t));
	int error;

	if (!t)
		return -ENOMEM;
	t->run = run;
	t->arg = arg;
	t->nice = options->nice;
	t->idle = options->idle;
	snprintf(t->name, sizeof(t->name), "%s", options->name);
	error = init_sync(t);
	if (error) {
		free(t);
		return -error;
	}
	error = create(t, options->stack_bytes);
	if (error) {
		free(t->stack);
		free_thread(t);
		return -error;
	}
	*handle = (unsigned long)t;
	return 0;
}

void rill_port_thread_rename(const char *name)
{
	prctl(PR_SET_NAME, name);
}

void rill_port_thread_join(unsigned long handle)
{
	struct thread *t = (struct thread *)handle;

	pthread_join(t->id, NULL);
	free(t->stack);
	free_thread(t);
}

static struct timespec deadline_in(uint32_t timeout_ms)
{
	uint64_t ns = rill_port_monotonic_ns() + (uint64_t)timeout_ms * 1000000;

	return (struct timespec){ (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
}

/* pthread_timedjoin_np() does not exist everywhere, so the thread tells its end itself. */
int rill_port_thread_join_timed(unsigned long handle, uint32_t timeout_ms)
{
	struct thread *t = (struct thread *)handle;
	struct timespec deadline = deadline_in(timeout_ms);
	pthread_t id = t->id;
	bool ended;

	pthread_mutex_lock(&t->mutex);
	while (!t->ended && !pthread_cond_timedwait(&t->ended_cond, &t->mutex, &deadline))
		;
	ended = t->ended;
	if (!ended) {
		t->detached = true;	/* from here on the thread may end and free t at any time */
		pthread_detach(id);
	}
	pthread_mutex_unlock(&t->mutex);
	if (!ended)
		return -ETIMEDOUT;
	rill_port_thread_join(handle);
	return 0;
}

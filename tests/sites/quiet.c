/* SPDX-License-Identifier: MIT
 * quiet.c - a thread that emits every kind of event may make no system call, take no lock, and allocate nothing (wake=poll).
 *
 * The thread forbids itself every system call but the one that ends it; the kernel kills the program at the first other
 * one. malloc and pthread_mutex_lock are counted.
 */
#define _GNU_SOURCE
#include "record.h"

#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ROUNDS = 20000 };

static __thread int watched;
static volatile int allocations, locks, rounds_done;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size)
{
	allocations += watched;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations += watched;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations += watched;
	return __libc_realloc(old, size);
}

static int (*real_lock)(pthread_mutex_t *);
int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	locks += watched;
	if (!real_lock)
		*(void **)&real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
	return real_lock(mutex);
}

static void forbid_system_calls(void)
{
	struct sock_filter only_exit[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { sizeof only_exit / sizeof only_exit[0], only_exit };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		puts("skipped: the kernel has no seccomp filters");
		exit(77);
	}
}

static void emit(int i, const char *text)
{
	const char *keys[] = { "i" };
	struct rill_arg arg = RILL_ARG(i);

	RILL_SCOPE("quiet", "scope", "i", i);
	RILL_INSTANT("quiet", "none");
	RILL_INSTANT("quiet", "one", "i", i);
	RILL_COUNTER("quiet", "two", "i", i, "twice", 2 * i);
	RILL_INSTANT("quiet", "text", "text", text, "copy", RILL_COPY(text, 4), "bytes", RILL_BYTES(&i, sizeof i));
	RILL_ASYNC_BEGIN("quiet", "async", i);
	rill_emit('I', "quiet", "dynamic", 0, 0, 1, keys, &arg);
}

static void *work(void *misbehave)
{
	emit(-1, "attaches the thread");
	forbid_system_calls();
	watched = 1;
	for (int i = 0; i < ROUNDS; i++) {
		emit(i, "text of an event");
		rounds_done++;
	}
	if (misbehave)
		getppid();
	watched = 0;
	syscall(SYS_exit, 0);
	return NULL;
}

int main(int argc, char **argv)
{
	struct rill_config config = { .size = sizeof config, .wake = RILL_WAKE_POLL };
	struct rill_session *session;
	pthread_t thread;

	(void)argv;
	if (rill_configure(&config) < 0)
		return 2;
	session = record_start("quiet", record_sites_only);
	if (pthread_create(&thread, NULL, work, argc > 1 ? &config : NULL))
		return 2;
	pthread_join(thread, NULL);
	rill_session_stop(session);
	printf("%d rounds, %d allocations, %d locks\n", rounds_done, allocations, locks);
	return rounds_done != ROUNDS || allocations || locks;
}

/* SPDX-License-Identifier: MIT
 * quiet.c - a static build at work in a program that sees who asks for memory: static.sh runs it.
 *
 *     quiet PLACE FILE     sessions to PLACE and to a sink, three threads and a signal handler; prints "asked OBJECT" for each time
 *                          that an object asked for memory while rill was at work, then "ok", or what is wrong; FILE is for
 *                          sessions that must not start
 *
 * The functions of memory are this program's own, so whatever calls them, in whatever library, is seen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/heap.h"

/* ---- who asks -------------------------------------------------------------------------------------- */

enum { ROOM = 1 << 24, CALLERS = 64, THREADS = 3, EVENTS = 20000 };

static _Alignas(16) char room[ROOM];
static _Atomic size_t room_used;
static _Atomic(void *) callers[CALLERS];
static atomic_uint caller_count;
static atomic_bool watching;

static void seen(void *caller)
{
	unsigned place;

	if (!watching)
		return;
	place = caller_count++;
	if (place < CALLERS)
		callers[place] = caller;
}

/* Nothing is given back: the size stands in front. */
static void *take(size_t size)
{
	size_t at = atomic_fetch_add(&room_used, (size + 31) & ~(size_t)15);

	if (at + size + 32 > ROOM)
		abort();
	memcpy(room + at, &size, sizeof size);
	return room + at + 16;
}

void *malloc(size_t size)
{
	seen(__builtin_return_address(0));
	return take(size);
}
void *calloc(size_t count, size_t size)
{
	seen(__builtin_return_address(0));
	return take(count * size);
}
void *realloc(void *block, size_t size)
{
	void *other = take(size);
	size_t before = 0;

	seen(__builtin_return_address(0));
	if (block)
		memcpy(&before, (char *)block - 16, sizeof before);
	return block ? memcpy(other, block, before < size ? before : size) : other;
}
void free(void *block)
{
	(void)block;
}
int posix_memalign(void **to, size_t align, size_t size)
{
	seen(__builtin_return_address(0));
	*to = (void *)(((uintptr_t)take(size + align) + align - 1) & ~(uintptr_t)(align - 1));
	return 0;
}
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	seen(__builtin_return_address(0));
	return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

/* ---- the work -------------------------------------------------------------------------------------- */

static pthread_barrier_t gate;
static atomic_bool wrong_stack;
static atomic_ulong written;
extern char __bss_start, _end;

static void check(bool right, const char *what)
{
	if (right)
		return;
	printf("%s: %s\n", what, rill_error());
	exit(1);
}

static void on_signal(int sig)
{
	(void)sig;
	RILL_INSTANT("static", "signal", "text", "of a handler");
}

static void *emit(void *unused)
{
	for (int session = 0; session < 4; session++) {
		pthread_barrier_wait(&gate);
		for (int i = 0; i < EVENTS; i++) {
			RILL_BEGIN("static", "slice", "i", i);
			RILL_INSTANT("static", "text", "t", "some text", "i", i);
			if (i % 1000 == 0)
				raise(SIGUSR1);
			RILL_END("static", "slice");
		}
		pthread_barrier_wait(&gate);
	}
	return unused;
}

/* Who writes for rill runs on a stack of rill's own. */
static int write_nowhere(void *ctx, const void *data, size_t size, unsigned pieces)
{
	char here;

	(void)ctx, (void)data, (void)pieces;
	if (gettid() != getpid() && (&here < &__bss_start || &here >= &_end))
		wrong_stack = true;
	written += size;
	return 0;
}

static void one_session(struct rill_session_options o)
{
	const uint64_t emitted = (uint64_t)THREADS * (EVENTS * 3 + EVENTS / 1000);
	struct rill_session *s;
	struct rill_stats stats;
	char text[64];

	o.filter = "static";
	check(rill_session_start(&o, &s) == 0, "start");
	check(rill_session_enable(s, "more,other*") == 0 && rill_session_disable(s, "more") == 0, "a change of categories");
	check(rill_session_filter(s, text, sizeof text) > 0, "the filter");
	pthread_barrier_wait(&gate);
	pthread_barrier_wait(&gate);
	check(rill_session_flush(s, 60000) == 0, "flush");
	check(rill_session_stats(s, &stats) == 0, "stats");
	check(stats.delivered + stats.lost_total == emitted, "the books do not close");
	check(stats.delivered > 0, "nothing was delivered");
	check(rill_session_stop(s) == 0, "stop");
}

/* ---- what does not fit, and who has no rings ------------------------------------------------------- */

static void refusals(const char *file)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	int status;
	pid_t pid;

	o.file = file;
	o.queue_bytes = CONFIG_RILL_STATIC_BYTES;
	check(rill_session_start(&o, &s) == -ENOMEM && !s, "buffers larger than all memory");
	check(*rill_error(), "no reason");
	o.queue_bytes = 0;
	pid = fork();
	if (pid == 0)
		_exit(rill_session_start(&o, &s) == -ENOMEM && strstr(rill_error(), "child of a fork") ? 0 : 1);
	check(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "the child of a fork");
}

static void report(void)
{
	for (unsigned i = 0; i < caller_count && i < CALLERS; i++) {
		Dl_info info;
		const char *name = dladdr(callers[i], &info) && info.dli_fname ? info.dli_fname : "?";

		printf("asked %s\n", strrchr(name, '/') ? strrchr(name, '/') + 1 : name);
	}
}

int main(int argc, char **argv)
{
	static const struct rill_sink_ops ops = { .name = "nowhere", .write = write_nowhere };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	pthread_t threads[THREADS];
	unsigned first;
	size_t used;

	if (argc != 3)
		return 2;
	signal(SIGUSR1, on_signal);
	pthread_barrier_init(&gate, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, emit, NULL);
	watching = true;
	o.file = argv[1];
	one_session(o);
	first = caller_count;
	used = rill_heap_used();
	one_session(o);
	o.out = RILL_OUT_SINK;
	o.sink.ops = &ops;
	one_session(o);
	o.format = RILL_FORMAT_BINARY;
	one_session(o);
	watching = false;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	report();
	check(!wrong_stack && written, "a thread of rill has a stack from elsewhere");
	check(rill_heap_used() <= used + 4096, "sessions that have stopped keep memory");
	check(rill_heap_high() <= CONFIG_RILL_STATIC_BYTES, "more was used than there is");
	printf("first %u\n", first);
	refusals(argv[2]);
	check(rill_heap_used() <= used + 4096, "what was refused keeps memory");
	puts("ok");
	return 0;
}

/* SPDX-License-Identifier: MIT
 * children.c - fork, vfork, the bare system call and posix_spawn from a handler, often in the middle of an event, while other threads
 * emit: the parent's stream stays exact, a child writes nothing of it, and a program that a child becomes has none of rill's descriptors.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { AT_ONCE = 8, PERIOD_US = 1500 };

static uint32_t context, handler_context;
static volatile uint32_t way_random;
static _Atomic uint32_t made, by_way[4];
static pid_t pids[AT_ONCE];

/* Exits with 7 unless a descriptor is open that lies above those of this test: then it is one of rill's. */
enum { OURS_MAX = 40 };
static char *script[] = { "sh", "-c", "for f in /proc/$$/fd/*; do n=${f##*/}; case \" $OPEN \" in *\" $n \"*) ;; "
			  "*) [ $n -lt 40 ] || [ ! -e $f ] || exit 9;; esac; done; exit 7", NULL };
static char open_text[4096];
static char file_name[] = "/tmp/rill-stress-XXXXXX";

/* Everything below OURS_MAX is taken, so that what rill opens lies above; $OPEN names what was inherited up there. */
static void take_descriptors(void)
{
	size_t size = (size_t)snprintf(open_text, sizeof open_text, "OPEN=");

	while (open("/dev/null", O_RDONLY | O_CLOEXEC) < OURS_MAX - 1)
		;
	for (int fd = OURS_MAX; fd < 1024 && size < sizeof open_text - 8; fd++)
		if (fcntl(fd, F_GETFD) == 0)
			size += (size_t)snprintf(open_text + size, 8, "%d ", fd);
	putenv(open_text);
}

/* What a child that goes on as this program does: its events must reach nobody. */
static void go_on(void)
{
	for (unsigned i = 0; i < 500; i++)
		stress_emit(context);
}

static pid_t child_of(uint32_t way)
{
	pid_t pid;

	switch (way) {
	case 0:
		pid = fork();
		if (pid == 0) {
			go_on();
			_exit(7);
		}
		return pid;
	case 1:
#ifdef SYS_fork
		pid = (pid_t)syscall(SYS_fork);
#else
		pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
		if (pid == 0) {
			go_on();
			_exit(7);
		}
		return pid;
	case 2:
		pid = vfork();
		if (pid == 0) {
			execve("/bin/sh", script, environ);
			_exit(127);
		}
		return pid;
	default:
		return posix_spawn(&pid, "/bin/sh", NULL, NULL, script, environ) == 0 ? pid : -1;
	}
}

static void make_child(int signal)
{
	int saved = errno;
	uint32_t n = atomic_load(&made), random = way_random, way;

	(void)signal;
	stress_emit(handler_context);
	if (n < AT_ONCE) {
		way = stress_below(&random, 4);
		way_random = random;
		pids[n] = child_of(way);
		atomic_fetch_add(&by_way[way], 1);
		atomic_store(&made, n + 1);
	}
	errno = saved;
}

static void reap(void)
{
	for (unsigned i = 0; i < AT_ONCE; i++) {
		int status = -1;

		if (pids[i] <= 0 || waitpid(pids[i], &status, 0) != pids[i])
			stress_fail("child %d: %s", (int)pids[i], strerror(errno));
		else if (!WIFEXITED(status) || WEXITSTATUS(status) != 7)
			stress_fail("a child ended with status 0x%x", (unsigned)status);
	}
}

static void emit_until_all_are_made(void)
{
	void *timer;

	atomic_store(&made, 0);
	/* Only this thread's timer makes children; the crowd's threads have other signals. */
	stress_on_signal(SIGRTMIN + 4, make_child);
	timer = stress_timer_start(SIGRTMIN + 4, PERIOD_US * 1000);
	while (atomic_load(&made) < AT_ONCE)
		stress_emit(context);
	stress_timer_stop(timer);
}

void stress_children(const struct stress_scenario *self)
{
	struct stress_watch w = { .session = NULL };
	struct stress_crowd crowd = { .producers = self->producers, .mode = STRESS_ALL, .pace = &w };
	uint64_t wanted = stress_part(self->amount, 32), children = 0;
	struct rill_session_options file = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *to_file = NULL;

	if (STRESS_TSAN || STRESS_ASAN) {
		stress_skip("this sanitizer does not follow forks of a process with threads");
		return;
	}
	take_descriptors();
	way_random = stress_seed(0);
	context = stress_context_new(STRESS_ALL);
	handler_context = stress_context_new(STRESS_ALL);
	if (!stress_configure(self->ring_bytes, self->block_bytes, 16, 0) || !stress_watch_start(&w, "stress"))
		return;
	/* One that has a descriptor open all the time. */
	file.filter = "stress";
	file.file = file_name;
	STRESS_NEED(mkostemp(file_name, O_CLOEXEC) >= OURS_MAX);
	STRESS_NEED(rill_session_start(&file, &to_file) == 0);
	stress_crowd_start(&crowd);
	for (; children < wanted; children += AT_ONCE) {
		emit_until_all_are_made();
		reap();
	}
	stress_crowd_stop(&crowd);
	stress_watch_finish(&w);
	STRESS_NEED(rill_session_stop(to_file) == 0);
	unlink(file_name);
	stress_note("fork=%u bare=%u vfork=%u spawn=%u", by_way[0], by_way[1], by_way[2], by_way[3]);
}

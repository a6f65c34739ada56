/* SPDX-License-Identifier: MIT
 * test_fork.c - a process that forks while it is traced: its own stream stays exact, and its children have nothing of it.
 *
 * Point by point, point_emit.c does the same from a handler inside an event.
 */
#define _GNU_SOURCE
#include "folder_help.h"
#include "watch_help.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

extern char **environ;

enum { CHILDREN = 30 };

static uint64_t emitted;

static void emit(void)
{
	RILL_INSTANT("fork", "event", "number", emitted++);
}

/* The subscriber: numbers of the parent, each once and in order. */
static uint64_t next_number, wrong;

static void in_order(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (e->args[0].u < next_number)
		wrong++;
	next_number = e->args[0].u + 1;
}

static bool reap(pid_t pid, int wanted)
{
	int status = -1;

	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == wanted;
}

/* ThreadSanitizer takes what the parent's threads did for races with a child that it knows no beginning of. AddressSanitizer's
 * allocator (gcc 12) takes no care of fork: a child waits for ever for a lock that another thread held. */
#define ISOLATED_WITH_CHILDREN(body)                                                               \
	do {                                                                                       \
		if (WATCH_TSAN || WATCH_ASAN)                                                      \
			test_skip("this sanitizer does not follow forks of a process with threads"); \
		else                                                                               \
			ISOLATED(body);                                                            \
	} while (0)

/* Whose children start sessions of their own, and so threads. */
#define ISOLATED_WITH_TRACED_CHILDREN(body)                                                        \
	do {                                                                                       \
		if (!forked_child_can_make_threads())                                              \
			test_skip("this emulator dies when a forked child makes a thread");        \
		else                                                                               \
			ISOLATED_WITH_CHILDREN(body);                                              \
	} while (0)

/* ---- all ways to make a child --------------------------------------------------------------------- */

static pid_t by_fork(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (unsigned i = 0; i < 1000; i++)
			emit();
		exit(7);	/* with all exit handlers, ours among them */
	}
	return pid;
}

static pid_t by_bare_call(void)
{
	pid_t pid = bare_fork();

	if (pid == 0) {
		for (unsigned i = 0; i < 1000; i++)
			emit();
		exit(7);
	}
	return pid;
}

static pid_t by_vfork(void)
{
	static char *const argv[] = { "sh", "-c", "exit 7", NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		execv("/bin/sh", argv);
		_exit(127);
	}
	return pid;
}

static pid_t by_spawn(void)
{
	static char *const argv[] = { "sh", "-c", "exit 7", NULL };
	pid_t pid = -1;

	return posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0 ? pid : -1;
}

/* A handler of a timer makes children while the thread emits. */
static pid_t (*make_child)(void);
static _Atomic unsigned children, children_failed;
static pid_t child_pids[CHILDREN];

static void fork_handler(int sig)
{
	int saved = errno;
	unsigned n = atomic_load(&children);

	(void)sig;
	if (n < CHILDREN) {
		child_pids[n] = make_child();
		atomic_store(&children, n + 1);
	}
	errno = saved;
}

static void start_timer(long period_us)
{
	struct itimerval period = { { 0, period_us }, { 0, period_us } };
	struct sigaction action = { .sa_handler = fork_handler, .sa_flags = SA_RESTART };

	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_PROF, &period, NULL);
}

static void stop_timer(void)
{
	static const struct itimerval none;

	setitimer(ITIMER_PROF, &none, NULL);
}

static bool children_from_a_handler(void)
{
	struct watch w = { .each = in_order };
	struct rill_stats stats;

	NEED(configure(65536, 0, 8, 0));
	NEED(watch_start(&w, "fork"));
	start_timer(3000);
	while (atomic_load(&children) < CHILDREN)
		emit();
	stop_timer();
	for (unsigned i = 0; i < CHILDREN; i++)
		children_failed += !reap(child_pids[i], 7);
	NEED_EQUAL(children_failed, 0);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(wrong, 0);
	NEED_EQUAL(emitted, stats.delivered + stats.lost_total);
	return true;
}

static void children_made_by_fork_in_a_handler_leave_the_parents_stream_exact(void)
{
	make_child = by_fork;
	ISOLATED_WITH_CHILDREN(children_from_a_handler);
}

static void children_made_by_the_bare_call_in_a_handler_leave_the_parents_stream_exact(void)
{
	make_child = by_bare_call;
	ISOLATED_WITH_CHILDREN(children_from_a_handler);
}

static void children_made_by_vfork_in_a_handler_leave_the_parents_stream_exact(void)
{
	make_child = by_vfork;
	ISOLATED_WITH_CHILDREN(children_from_a_handler);
}

static void children_made_by_posix_spawn_in_a_handler_leave_the_parents_stream_exact(void)
{
	make_child = by_spawn;
	ISOLATED_WITH_CHILDREN(children_from_a_handler);
}

/* ---- other threads emit meanwhile ----------------------------------------------------------------- */

static _Atomic bool over;
static _Atomic uint64_t emitted_by_threads;

static void *emitter(void *unused)
{
	(void)unused;
	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		RILL_INSTANT("fork", "other", "number", 0);
		atomic_fetch_add_explicit(&emitted_by_threads, 1, memory_order_relaxed);
	}
	return NULL;
}

static bool fork_among_threads(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pthread_t t[2];

	NEED(configure(65536, 0, 8, 0));
	NEED(watch_start(&w, "fork"));
	for (unsigned i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, emitter, NULL);
	for (unsigned i = 0; i < CHILDREN; i++)
		NEED(reap(i % 2 ? by_fork() : by_bare_call(), 7));
	atomic_store(&over, true);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(emitted_by_threads, stats.delivered + stats.lost_total);
	return true;
}

static void a_fork_among_emitting_threads_loses_nothing_uncounted(void)
{
	ISOLATED_WITH_CHILDREN(fork_among_threads);
}

/* ---- the child ------------------------------------------------------------------------------------ */

static bool is_off(void)
{
	return *rill_category("fork") == 0;
}

static void *leave_early(void *unused)
{
	(void)unused;
	if (fork() == 0) {
		emit();
		pthread_exit(NULL);	/* the last thread of the child: exit hooks run, then exit(0) */
	}
	return NULL;
}

static bool child_of_a_thread(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pthread_t t;
	int status = -1;

	NEED(watch_start(&w, "fork"));
	emit();
	pthread_create(&t, NULL, leave_early, NULL);
	pthread_join(t, NULL);
	NEED(wait(&status) > 0);
	NEED_EQUAL(status, 0);
	return watch_stop(&w, &stats);
}

static void a_child_whose_only_thread_exits_runs_our_exit_hook_unharmed(void)
{
	ISOLATED_WITH_CHILDREN(child_of_a_thread);
}

static bool fresh_session_in_child(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	uint64_t before;

	NEED(is_off());
	NEED(rill_traces_recorded() == -1);
	NEED(watch_start(&w, "fork"));
	before = emitted;
	for (unsigned i = 0; i < 500; i++)
		emit();
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(emitted - before, stats.delivered + stats.lost_total);
	NEED(stats.delivered > 0);
	return true;
}

static bool child_starts_its_own(bool raw)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pid_t pid;

	NEED(watch_start(&w, "fork"));
	emit();
	pid = raw ? bare_fork() : fork();
	if (pid == 0) {
		if (raw)	/* only a call of control tells it that it is somebody else now */
			rill_session_flush(NULL, 10);
		_exit(fresh_session_in_child() ? 7 : 1);
	}
	NEED(reap(pid, 7));
	emit();
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, 2);
	return true;
}

static bool child_by_fork_starts_its_own(void)
{
	return child_starts_its_own(false);
}

static bool child_by_bare_call_starts_its_own(void)
{
	return child_starts_its_own(true);
}

static void a_child_is_off_and_may_start_a_session_of_its_own(void)
{
	ISOLATED_WITH_TRACED_CHILDREN(child_by_fork_starts_its_own);
}

static void a_child_by_the_bare_call_may_start_a_session_of_its_own(void)
{
	ISOLATED_WITH_TRACED_CHILDREN(child_by_bare_call_starts_its_own);
}

/* ---- files and descriptors ------------------------------------------------------------------------ */

static char folder[] = "/tmp/rill-fork-XXXXXX";

static unsigned files_in_folder(void)
{
	DIR *d = opendir(folder);
	unsigned count = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		count += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return count;
}

static bool start_file_session(struct rill_session **s)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	static char pattern[128];

	NEED(mkdtemp(folder) != NULL);
	snprintf(pattern, sizeof pattern, "%s/${pid}.json", folder);
	o.filter = "fork";
	o.file = pattern;
	NEED(rill_session_start(&o, s) == 0);
	return true;
}

/* Descriptors above stderr of the calling process. */
static unsigned open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned count = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		count += e->d_name[0] != '.' && atoi(e->d_name) > 2 && atoi(e->d_name) != dirfd(d);
	if (d)
		closedir(d);
	return count;
}

/* As a program counts them that a child of this process becomes; -1: there was no such child. */
static int descriptors_behind_exec(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		become("/proc/self/exe", (char *[]){ "test_fork", "--descriptors", NULL }, environ);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool descriptors_of_children(void)
{
	struct rill_session *s;
	unsigned before = open_descriptors();
	const char *ring_file = getenv("RILL_RING_FILE");
	int behind_exec = descriptors_behind_exec();	/* what the test itself was started with */
	pid_t pid;

	NEED(behind_exec >= 0 && behind_exec < 100);
	NEED(start_file_session(&s));
	NEED(open_descriptors() > before);
	emit();
	pid = fork();
	if (pid == 0)
		_exit(open_descriptors() == before ? 7 : 1);
	NEED(reap(pid, 7));
	NEED_EQUAL(descriptors_behind_exec(), behind_exec);
	NEED(rill_session_stop(s) == 0);
	/* The lock of a ring file stays for as long as the rings, which is until the end. */
	NEED_EQUAL(open_descriptors(), before + (ring_file && *ring_file));
	return remove_folder(folder);
}

static void fork_and_exec_leak_no_descriptor(void)
{
	ISOLATED_WITH_CHILDREN(descriptors_of_children);
}

static bool N_20_files(void)
{
	struct rill_session *s;
	char path[160];
	struct stat before, after;
	pid_t pid;

	NEED(start_file_session(&s));
	emit();
	NEED(rill_session_flush(s, 60000) == 0);
	snprintf(path, sizeof path, "%s", rill_session_where(s));
	NEED(stat(path, &before) == 0);
	for (unsigned i = 0; i < 4; i++) {
		pid = i % 2 ? by_bare_call() : by_fork();
		NEED(reap(pid, 7));
	}
	/* Neither the child's events nor its exit have touched the parent's file. */
	NEED(stat(path, &after) == 0);
	NEED_EQUAL(before.st_size, after.st_size);
	NEED_EQUAL(files_in_folder(), 1);
	pid = fork();
	if (pid == 0) {
		_exit(rill_session_stop(s) != 0 ? 7 : 1);	/* the parent's session is none of the child's */
	}
	NEED(reap(pid, 7));
	NEED(rill_session_stop(s) == 0);
	return remove_folder(folder);
}

static void N_20_a_child_writes_nothing_into_the_parents_file(void)
{
	ISOLATED_WITH_CHILDREN(N_20_files);
}

static bool follow_fork(void)
{
	static char pattern[128];
	pid_t pid;

	NEED(mkdtemp(folder) != NULL);
	snprintf(pattern, sizeof pattern, "%s/${pid}.json", folder);
	setenv("RILL_QUIET", "1", 1);
	pid = fork();
	if (pid == 0) {
		/* RILL_TRACE is read when the program starts, so it takes one that does. */
		setenv("RILL_TRACE", "fork", 1);
		setenv("RILL_FILE", pattern, 1);
		setenv("RILL_OPTIONS", "follow_fork", 1);
		become("/proc/self/exe", (char *[]){ "test_fork", "--fork-twice", NULL }, environ);
		_exit(127);
	}
	NEED(reap(pid, 7));
	NEED_EQUAL(files_in_folder(), 2);
	return remove_folder(folder);
}

static void N_20_with_follow_fork_a_child_writes_a_file_of_its_own(void)
{
	ISOLATED_WITH_TRACED_CHILDREN(follow_fork);
}

/* ---- generations ---------------------------------------------------------------------------------- */

static bool generation(unsigned left)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pid_t pid;

	emitted = 0;
	NEED(watch_start(&w, "fork"));
	emit();
	if (left) {
		pid = fork();
		if (pid == 0)
			_exit(generation(left - 1) ? 7 : 1);
		NEED(reap(pid, 7));
	}
	emit();
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, emitted);
	return true;
}

static bool ten_generations(void)
{
	return generation(10);
}

static void children_of_children_trace_like_their_parents(void)
{
	ISOLATED_WITH_TRACED_CHILDREN(ten_generations);
}

static const struct test_case cases[] = {
	T(children_made_by_fork_in_a_handler_leave_the_parents_stream_exact),
	T(children_made_by_the_bare_call_in_a_handler_leave_the_parents_stream_exact),
	T(children_made_by_vfork_in_a_handler_leave_the_parents_stream_exact),
	T(children_made_by_posix_spawn_in_a_handler_leave_the_parents_stream_exact),
	T(a_fork_among_emitting_threads_loses_nothing_uncounted),
	T(a_child_whose_only_thread_exits_runs_our_exit_hook_unharmed),
	T(a_child_is_off_and_may_start_a_session_of_its_own),
	T(a_child_by_the_bare_call_may_start_a_session_of_its_own),
	T(fork_and_exec_leak_no_descriptor),
	T(N_20_a_child_writes_nothing_into_the_parents_file),
	T(N_20_with_follow_fork_a_child_writes_a_file_of_its_own),
	T(children_of_children_trace_like_their_parents),
};

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--fork-twice") == 0) {
		emit();
		return reap(by_fork(), 7) ? 7 : 1;
	}
	if (argc == 2 && strcmp(argv[1], "--descriptors") == 0)
		return (int)open_descriptors();
	return TEST_MAIN("fork", cases, argc, argv);
}

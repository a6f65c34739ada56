/* SPDX-License-Identifier: MIT
 * test_bare_fork.c - a child made by the bare system call while a thread of its parent is in the middle of a call of rill: no lock
 * that only that thread would give back holds the child up.
 */
#define _GNU_SOURCE
#include "session_help.h"
#include "watch_help.h"

#include "emit/site.h"
#include "port/rcu.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>

/* ---- a thread of the parent that holds a lock ----------------------------------------------------- */

static _Atomic bool inside, go;

static void wait_inside(void)
{
	atomic_store(&inside, true);
	while (!atomic_load(&go))
		pause_ms(1);
}

/* Control's lock is held while an outlet is opened. */
static int slow_open(void *ctx)
{
	(void)ctx;
	wait_inside();
	return 0;
}

static const struct rill_sink_ops slow_ops = { "slow", 0, slow_open, kept_write, kept_close, NULL };

static void *in_control(void *kept)
{
	struct rill_session_options o = to_kept(kept, "bare");
	struct rill_session *s;

	o.sink.ops = &slow_ops;
	if (rill_session_start(&o, &s) != 0 || rill_session_stop(s) != 0)
		abort();
	return NULL;
}

static void *in_registry(void *unused)
{
	(void)unused;
	rill_sites_lock();
	wait_inside();
	rill_sites_unlock();
	return NULL;
}

/* liburcu calls this for a reader that is new, between its place in the list and the pointers there. */
static __thread bool is_being_listed;

RILL_API int pthread_setspecific(pthread_key_t key, const void *value)
{
	int (*real)(pthread_key_t, const void *) = (int (*)(pthread_key_t, const void *))dlsym(RTLD_NEXT, "pthread_setspecific");

	if (is_being_listed) {
		is_being_listed = false;
		wait_inside();
	}
	return real(key, value);
}

static void *in_list_of_readers(void *unused)
{
	(void)unused;
	is_being_listed = true;
	rcu_read_lock();
	rcu_read_unlock();
	return NULL;
}

/* ---- the child ------------------------------------------------------------------------------------ */

static void observe(void *ctx, enum rill_state state, struct rill_session *session)
{
	(void)session;
	(void)state;
	++*(unsigned *)ctx;
}

static bool child_works(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	unsigned calls = 0;

	NEED(rill_metadata("bare", "child") == 0);
	NEED(rill_observer_add(observe, &calls) == 0);
	NEED(watch_start(&w, "bare"));
	RILL_INSTANT("bare", "in the child");
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, 1);
	NEED(calls >= 4);
	NEED(rill_observer_remove(observe, &calls) == 0);
	return true;
}

/* A child that waits for a lock has its signals blocked, an alarm among them. */
static int status_of(pid_t pid)
{
	uint64_t until = now_ms() + 5000 * (uint64_t)patience();
	int status = -1;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ms() > until)
			kill(pid, SIGKILL);
		pause_ms(1);
	}
	return status;
}

static bool fork_while(void *(*busy)(void *))
{
	static struct kept k;
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pthread_t thread;
	int status;
	pid_t pid;

	NEED(watch_start(&w, "bare"));
	NEED(pthread_create(&thread, NULL, busy, &k) == 0);
	while (!atomic_load(&inside))
		pause_ms(1);
	pid = bare_fork();
	if (pid == 0)
		_exit(child_works() ? 0 : 1);
	NEED(pid > 0);
	status = status_of(pid);
	atomic_store(&go, true);
	pthread_join(thread, NULL);
	NEED_EQUAL(status, 0);
	RILL_INSTANT("bare", "in the parent");
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, 1);
	return true;
}

static bool while_in_control(void)
{
	return fork_while(in_control);
}

static bool while_in_registry(void)
{
	return fork_while(in_registry);
}

static bool while_in_list_of_readers(void)
{
	return fork_while(in_list_of_readers);
}

/* The sanitizers' run-time libraries have locks of their own that such a child cannot get. */
#define CHILD(body)                                                                                \
	do {                                                                                       \
		if (WATCH_TSAN || WATCH_ASAN)                                                      \
			test_skip("this sanitizer does not bear the bare system call beside threads"); \
		else if (!forked_child_can_make_threads())                                         \
			test_skip("this emulator dies when a forked child makes a thread");        \
		else                                                                               \
			ISOLATED(body);                                                            \
	} while (0)

static void a_child_made_while_a_thread_starts_a_session_may_start_its_own(void)
{
	CHILD(while_in_control);
}

static void a_child_made_while_a_thread_registers_call_sites_may_start_a_session(void)
{
	CHILD(while_in_registry);
}

static void a_child_made_while_liburcu_lists_a_reader_may_start_a_session(void)
{
	if (!RILL_ON(CONFIG_RILL_URCU))
		test_skip("without liburcu nobody is listed");
	else
		CHILD(while_in_list_of_readers);
}

static const struct test_case cases[] = {
	T(a_child_made_while_a_thread_starts_a_session_may_start_its_own),
	T(a_child_made_while_a_thread_registers_call_sites_may_start_a_session),
	T(a_child_made_while_liburcu_lists_a_reader_may_start_a_session),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("bare fork", cases, argc, argv);
}

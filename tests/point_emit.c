/* SPDX-License-Identifier: MIT
 * point_emit.c - a handler at every labelled point of an event: it emits, it forks, it leaves by siglongjmp.
 *
 * Timers hit these places now and then; here each is hit for certain. The rings are so small that the block switch comes often.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "ring/point.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>

enum { ROUNDS = 60, KINDS = 4 };
enum action { EMIT, FORK, RAW_FORK, LEAVE };

static enum rill_point armed_point;
static bool armed;
static enum action action;
static sigjmp_buf back;
static uint64_t emitted, handler_emitted, children_failed, hits;

static void point(enum rill_point at)
{
	if (!armed || at != armed_point)
		return;
	armed = false;
	raise(SIGUSR1);
}

/* One event of each kind of record. */
static void emit_kind(unsigned kind)
{
	static const char text[] = "a text of some length";

	switch (kind) {
	case 0: RILL_INSTANT("point", "plain"); break;
	case 1: RILL_INSTANT("point", "two", "a", 1, "b", 2); break;
	case 2: RILL_INSTANT("point", "text", "t", RILL_COPY(text, 21)); break;
	default: rill_emit('I', "point", "dynamic", 0, 0, 0, NULL, NULL); break;
	}
}

/* In the child the parent's event goes on behind the handler, and so may tracing. */
static void child_goes_on(void)
{
	for (unsigned i = 0; i < 100; i++)
		emit_kind(i % KINDS);
	_exit(0);
}

static bool in_child;

static void do_fork(bool raw)
{
	int status = -1;
	pid_t pid = raw ? (pid_t)syscall(SYS_fork) : fork();

	if (pid == 0) {
		in_child = true;
		return;		/* into the event under the handler */
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		children_failed++;
}

static void handler(int sig)
{
	(void)sig;
	hits++;
	switch (action) {
	case EMIT:
		emit_kind(0);
		handler_emitted++;
		break;
	case FORK: do_fork(false); break;
	case RAW_FORK: do_fork(true); break;
	case LEAVE:
		emit_kind(1);
		handler_emitted++;
		siglongjmp(back, 1);
	}
}

/* An event that is left behind half-written has no place in the books, unless it was published before. */
static void one_event(unsigned kind)
{
	volatile bool published = armed_point == RILL_POINT_COMMITTED;

	if (sigsetjmp(back, 1) == 0) {
		emit_kind(kind);
		published = true;
	}
	if (in_child)
		child_goes_on();
	emitted += published;
}

static bool at_each_point(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	uint64_t start_ms;
	unsigned longest_ms = 0;

	NEED(configure(512, 256, 4, 50));
	signal(SIGUSR1, handler);
	NEED(watch_start(&w, "point"));
	rill_point_hook = point;
	emit_kind(3);	/* the thread is attached and the group known */
	emitted++;
	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned p = 0; p < RILL_POINTS; p++)
			for (unsigned kind = 0; kind < KINDS; kind++) {
				armed_point = (enum rill_point)p;
				armed = true;
				one_event(kind);
				if (action == FORK || action == RAW_FORK)
					round++;	/* a process each: fewer of them */
				if (kind == 3 && p % 2)
					rill_session_flush(w.session, 1000);
			}
	armed = false;
	rill_point_hook = NULL;
	start_ms = now_ms();
	NEED(rill_session_flush(w.session, 5000) == 0);
	longest_ms = (unsigned)(now_ms() - start_ms);
	NEED(watch_stop(&w, &stats));
	NEED(hits > RILL_POINTS);
	NEED_EQUAL(children_failed, 0);
	NEED_EQUAL(emitted + handler_emitted, stats.delivered + stats.lost_total);
	NEED(stats.delivered > 0);
	NEED(longest_ms < 2000);
	return true;
}

static void a_handler_that_emits_at_any_point_of_an_event_closes_the_books(void)
{
	action = EMIT;
	ISOLATED(at_each_point);
}

static void a_handler_that_leaves_by_siglongjmp_at_any_point_loses_only_the_event_it_left(void)
{
	action = LEAVE;
	ISOLATED(at_each_point);
}

static void a_fork_in_mid_event_leaves_the_parents_stream_exact_and_the_child_alive(void)
{
	action = FORK;
	if (WATCH_TSAN)
		test_skip("ThreadSanitizer does not follow forks of a process with threads");
	else
		ISOLATED(at_each_point);
}

static void a_bare_fork_in_mid_event_leaves_the_parents_stream_exact_and_the_child_alive(void)
{
	action = RAW_FORK;
	if (WATCH_TSAN)
		test_skip("ThreadSanitizer does not follow forks of a process with threads");
	else
		ISOLATED(at_each_point);
}

static const struct test_case cases[] = {
	T(a_handler_that_emits_at_any_point_of_an_event_closes_the_books),
	T(a_handler_that_leaves_by_siglongjmp_at_any_point_loses_only_the_event_it_left),
	T(a_fork_in_mid_event_leaves_the_parents_stream_exact_and_the_child_alive),
	T(a_bare_fork_in_mid_event_leaves_the_parents_stream_exact_and_the_child_alive),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("emit, point by point", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * point_actions.h - what is done at a label, whatever the label belongs to: the books, handlers that emit, fork or leave, and
 * threads that act meanwhile.
 *
 * The books of a combination: everything that was emitted is delivered to one of the sessions, or lost and counted for it, or
 * counted as too late for its session; never twice.
 */
#ifndef RILL_POINT_ACTIONS_H
#define RILL_POINT_ACTIONS_H

#include "point_help.h"

#include "emit/loss.h"
#include "ring/ring_set.h"
#include "route/route.h"

#include <errno.h>
#include <setjmp.h>
#include <spawn.h>
#include <sys/syscall.h>

enum { HOLD_MS = 5, SLOTS = 64, FLUSH_MS = 30000, CHILD_LIMIT_S = 60, MANY = 40, CHILD_EVENTS = 100 };

extern char **environ;

/* Of actions; a program's own begin at OWN_TRAIT. */
enum { LEAVES = 1, FORKS = 2, STOPS = 4, CANCELS = 8, OWN_TRAIT = 16 };

/* ---- the books ------------------------------------------------------------------------------------ */

static _Atomic uint64_t emitted;
static uint64_t delivered, lost, backwards;
static _Atomic uint64_t foreign;	/* events that a session has not asked for */
static bool some_stopped;		/* a session was stopped while a thread was on its way */

struct account {
	struct watch watch;
	const char *category;
	uint64_t at_stop;
};
/* The session under test, and another: beside it, or behind it in the same place. */
static struct account mine = { .category = "point" }, other = { .category = "other" };

static void look_for_foreign(struct watch *w, const struct rill_event *e)
{
	const char *own = ((struct account *)w)->category;

	foreign += strncmp(e->category, own, strlen(own)) != 0;
}

static bool open_account(struct account *a)
{
	a->watch.each = look_for_foreign;
	return watch_start(&a->watch, a->category);
}

/* What came behind the stop would show in the next comparison. */
static bool settle_account(struct account *a)
{
	NEED_EQUAL(a->at_stop, a->watch.events);
	delivered += a->watch.events;
	lost += a->watch.lost_total;
	backwards += a->watch.backwards;
	a->watch.events = a->watch.lost_total = a->watch.backwards = a->watch.last_ns = a->at_stop = 0;
	return true;
}

/* Also of another thread's account, which may be closing it. */
static struct rill_session *session_of(struct account *a)
{
	return __atomic_load_n(&a->watch.session, __ATOMIC_RELAXED);
}

/* Not while its own events are on their way: they would be counted as delivered to it or as too late, as it happens. */
static bool close_account(struct account *a)
{
	uint64_t start_ms = now_ms();

	NEED(rill_session_stop(a->watch.session) == 0);
	__atomic_store_n(&a->watch.session, NULL, __ATOMIC_RELAXED);
	a->at_stop = a->watch.events;
	NEED(now_ms() - start_ms < 2500);
	return true;
}

/* A flight session beside them, whose events are in no book here: it has what it has. */
static struct watch flight;

static bool open_flight(const char *filter)
{
	flight.options.flight_bytes = 4096;
	return watch_start(&flight, filter);
}

/* What was left, interrupted or forked in its rings has damaged none. */
static bool close_flight(void)
{
	if (!flight.session)
		return true;
	flight.events = flight.last_ns = 0;
	NEED(rill_snapshot(flight.session, NULL) == 0);
	NEED(flight.events > 0);
	NEED_EQUAL(flight.backwards, 0);
	return rill_session_stop(flight.session) == 0;
}

/* What producers counted in all, for whichever stream. */
static uint64_t counted_lost(void)
{
	uint64_t sum = 0;

	for (unsigned bit = 0; bit < RILL_BIT_FLIGHT; bit++) {
		sum += rill_lost_no_ring[bit];
		for (uint32_t i = 0; i < rill_slots_used(); i++) {
			struct rill_slot *slot = rill_slot_at(i);

			sum += slot->lost_deep_session[bit];
			for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
				for (unsigned cause = 0; cause < RILL_RING_LOSSES; cause++)
					sum += slot->ring[level].lost_session[cause][bit];
		}
	}
	return sum;
}

static void pass(void)
{
	rill_route_lock();
	rill_route_pass();
	rill_route_unlock();
}

/* Slots whose threads have ended are free again within a second (V 8). */
static bool slots_are_freed(void)
{
	unsigned live = 1;

	for (uint64_t until = now_ms() + 1500; live && now_ms() < until;) {
		live = 0;
		pass();
		for (uint32_t i = 0; i < rill_slots_used(); i++)
			live += rill_slot_at(i)->state == RILL_SLOT_LIVE && rill_slot_at(i)->tid != (uint32_t)gettid();
	}
	NEED_EQUAL(live, 0);
	return true;
}

static bool books_close(void)
{
	struct rill_route_books books;

	pass();
	NEED(slots_are_freed());
	NEED(settle_account(&mine));
	NEED(settle_account(&other));
	rill_route_books(&books);
	NEED_EQUAL(books.unknown, 0);
	NEED_EQUAL(foreign, 0);
	NEED_EQUAL(backwards, 0);
	NEED_EQUAL(emitted, delivered + counted_lost() + books.stopped);
	if (!some_stopped) {
		NEED_EQUAL(books.stopped, 0);
		NEED_EQUAL(lost, counted_lost());
	}
	return true;
}

/* ---- handlers that emit --------------------------------------------------------------------------- */

/* Counted when it was on: a handler on top of a stop may find it off. */
static void emit_one(const char *category)
{
	emitted += rill_emit('I', category, "by a handler", 0, 0, 0, NULL, NULL);
}

static void emits_one(void)
{
	emit_one("point");
}

static void emits_many(void)
{
	for (unsigned i = 0; i < MANY; i++)
		emit_one("point");
}

static void on_nested_signal(int sig)
{
	(void)sig;
	emit_one("point");
}

/* At the same label of the handler's own event comes the next handler. */
static void emits_and_is_interrupted(void)
{
	nested_armed = true;
	emit_one("point");
	nested_armed = false;
	emit_one("point");
}

static void asks_for_a_flush(void)
{
	int error = rill_session_flush(session_of(&mine), 0);

	if (error && error != -EAGAIN && error != -ENOENT)
		abort();
}

/* ---- handlers that make a child ------------------------------------------------------------------- */

static _Atomic bool in_child;
static _Atomic unsigned children, children_failed;

/* In the child the event under the handler goes on first; whoever was the subject calls this then. */
static void child_goes_on(void)
{
	struct watch own = { .session = NULL };
	struct rill_stats stats;
	bool fine;

	alarm(CHILD_LIMIT_S);
	for (unsigned i = 0; i < CHILD_EVENTS; i++)
		emit_one("point");	/* into what it has of its parent's, or nowhere */
	fine = watch_start(&own, "child");
	for (unsigned i = 0; fine && i < CHILD_EVENTS; i++)
		RILL_INSTANT("child", "own", "i", i);
	fine = fine && watch_stop(&own, &stats) && own.events + own.lost_total == CHILD_EVENTS;
	_exit(fine ? 0 : 3);
}

static void end_of(pid_t pid)
{
	int status = -1;

	children++;
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "a child ended with status 0x%x\n", (unsigned)status);
		children_failed++;
	}
}

static void after_fork(pid_t pid)
{
	if (pid == 0)
		in_child = true;
	else
		end_of(pid);
}

static void forks(void)
{
	after_fork(fork());
}

static void forks_bare(void)
{
#ifdef SYS_fork
	after_fork((pid_t)syscall(SYS_fork));
#else
	after_fork((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
#endif
}

/* As a library does that must not run anybody's fork handlers. */
static void forks_without_handlers(void)
{
	after_fork(_Fork());
}

static void vforks_and_executes(void)
{
	static char *const argv[] = { "true", NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		emit_one("point");	/* the memory is the parent's, and so is the event */
		execv("/bin/true", argv);
		_exit(127);
	}
	end_of(pid);
}

static void spawns(void)
{
	static char *const argv[] = { "true", NULL };
	pid_t pid = -1;

	end_of(posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) == 0 ? pid : -1);
}

/* ---- handlers that leave -------------------------------------------------------------------------- */

static sigjmp_buf back;
static bool counted_when_left;	/* the event that the handler leaves behind is in the books */

static void leaves(void)
{
	emitted += counted_when_left;
	siglongjmp(back, 1);
}

static void emits_and_leaves(void)
{
	emit_one("point");
	leaves();
}

static void exits_the_thread(void)
{
	emitted += counted_when_left;
	pthread_exit(NULL);
}

static void cancels_the_thread(void)
{
	emitted += counted_when_left;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	pthread_cancel(pthread_self());
}

static void listen_to_signals(void (*hook)(enum rill_point at))
{
	listen_to(SIGUSR1, on_signal, 0);
	listen_to(SIGUSR2, on_nested_signal, 0);
	rill_point_hook = hook;
}

/* ---- others act meanwhile ------------------------------------------------------------------------- */

static bool stops_the_session(void)
{
	some_stopped = true;
	return close_account(&mine);
}

static bool hands_the_place_over(void)
{
	NEED(stops_the_session());
	NEED(open_account(&other));
	emit_one(other.category);
	return true;
}

static bool hands_over_to_the_same(void)
{
	other.category = mine.category;
	return hands_the_place_over();
}

/* Another comes and goes beside it; the slow path is on meanwhile. */
static bool starts_and_stops_another(void)
{
	other.watch.options.thread_time = true;
	NEED(open_account(&other));
	emit_one("other");
	NEED(close_account(&other));
	return true;
}

static bool changes_the_filter(void)
{
	NEED(rill_session_disable(session_of(&mine), "point") == 0);
	NEED(rill_session_enable(session_of(&mine), "point") == 0);
	NEED(rill_session_enable(session_of(&mine), "more") == 0);
	return true;
}

static bool another_thread_forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		child_goes_on();
	end_of(pid);
	return true;
}

/* ---- the table ------------------------------------------------------------------------------------ */

static const char *why_skip(const struct action *a)
{
	if ((a->traits & (FORKS | CANCELS)) && (WATCH_TSAN || WATCH_ASAN))
		return "this sanitizer does not follow it";
	if (a->meanwhile == another_thread_forks && !forked_child_can_make_threads())
		return "this emulator dies when a forked child makes a thread";
	return NULL;
}

/* qemu up to 7.2 at least: under -L each name of a file takes a lock of its own, and a child that is made meanwhile finds it taken. */
static const char *why_hung(const struct action *a)
{
	return (a->traits & FORKS) && emulator() ? "this emulator's child hangs where another thread opened a file meanwhile" : NULL;
}

/* What a program's list of A(name, handler, meanwhile, traits) becomes: its actions, a test for each,
 * which plays it at every label of `table`, and the list of these. */
#define ACTION(name, handler, meanwhile, traits) { #name, handler, meanwhile, traits },
#define ROW(name, handler, meanwhile, traits)                                                      \
	static void name(void)                                                                     \
	{                                                                                          \
		at_every_label(&table, #name);                                                     \
	}
#define CASE(name, handler, meanwhile, traits) T(name),

#endif

/* SPDX-License-Identifier: MIT
 * test_cancel.c - a thread that is cancelled while it waits in one of rill's functions has done what it began, and leaves no lock
 * and no session in use behind.
 */
#include "session_help.h"
#include "watch_help.h"

#include "port/port.h"

#include <fcntl.h>
#include <pthread.h>

/* ---- a thread in the middle of a call ------------------------------------------------------------- */

static _Atomic bool begun;
static bool asynchronous;

struct call {
	int (*what)(void *ctx);
	void *ctx;
};

static void *thread_main(void *arg)
{
	const struct call *c = arg;
	intptr_t result;

	pthread_setcanceltype(asynchronous ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED, NULL);
	atomic_store(&begun, true);
	result = c->what(c->ctx);
	/* Asynchronous, it ends at the end of the call (glibc, which gives no result then) or here. */
	if (asynchronous)
		pthread_testcancel();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return (void *)result;
}

/* Begins the call on a thread, waits until `inside` holds, cancels the thread, lets `go` loose, and joins. False: it was cancelled
 * inside. What goes wrong otherwise has no end: see alarm() in isolated_status(). */
static bool cancelled_in(struct call *call, _Atomic bool *inside, _Atomic bool *go, bool value)
{
	pthread_t thread;
	void *result;

	atomic_store(&begun, false);
	NEED(pthread_create(&thread, NULL, thread_main, call) == 0);
	while (!atomic_load(inside))
		pause_ms(1);
	pause_ms(30);
	NEED(pthread_cancel(thread) == 0);
	pause_ms(10);
	atomic_store(go, value);
	NEED(pthread_join(thread, &result) == 0);
	NEED(asynchronous || !result);
	return true;
}

static bool a_session_works(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;

	NEED(watch_start(&w, "cancel"));
	RILL_INSTANT("cancel", "behind");
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, 1);
	return true;
}

/* ---- stop and flush ------------------------------------------------------------------------------- */

static int do_stop(void *session)
{
	return rill_session_stop(session);
}

static int do_flush(void *session)
{
	return rill_session_flush(session, 60000);
}

static struct kept stuck_sink;

static bool start_stuck(struct rill_session **s)
{
	struct rill_session_options o = to_kept(&stuck_sink, "cancel");

	NEED(rill_session_start(&o, s) == 0);
	atomic_store(&stuck_sink.stuck, true);
	RILL_INSTANT("cancel", "event");
	rill_session_flush(*s, 0);
	while (!atomic_load(&stuck_sink.waiting))
		pause_ms(1);
	return true;
}

static bool stop_cancelled(void)
{
	struct call call = { do_stop, NULL };
	struct rill_session *s;

	NEED(start_stuck(&s));
	call.ctx = s;
	NEED(cancelled_in(&call, &begun, &stuck_sink.stuck, false));
	NEED(atomic_load(&stuck_sink.closed));
	NEED(strstr(stuck_sink.text, "\"event\"") != NULL);
	NEED(rill_session_stop(s) == -ENOENT);
	return a_session_works();
}

static bool flush_cancelled(void)
{
	struct call call = { do_flush, NULL };
	struct rill_session *s;

	NEED(start_stuck(&s));
	call.ctx = s;
	NEED(cancelled_in(&call, &begun, &stuck_sink.stuck, false));
	NEED(rill_session_stop(s) == 0);
	return a_session_works();
}

/* ---- start ---------------------------------------------------------------------------------------- */

static _Atomic bool in_open, may_open;
static struct rill_session *started;

static int slow_open(void *ctx)
{
	(void)ctx;
	atomic_store(&in_open, true);
	while (!atomic_load(&may_open))
		pause_ms(1);
	return 0;
}

static const struct rill_sink_ops slow_ops = { "slow", 0, slow_open, kept_write, kept_close, NULL };

static int do_start(void *ctx)
{
	struct rill_session_options o = to_kept(ctx, "cancel");

	o.sink.ops = &slow_ops;
	return rill_session_start(&o, &started);
}

static bool start_cancelled(void)
{
	static struct kept k;
	struct call call = { do_start, &k };

	NEED(cancelled_in(&call, &in_open, &may_open, true));
	NEED(started != NULL);
	RILL_INSTANT("cancel", "event");
	NEED(rill_session_stop(started) == 0);
	NEED(strstr(k.text, "\"event\"") != NULL);
	return a_session_works();
}

/* ---- observers ------------------------------------------------------------------------------------ */

static _Atomic bool in_observer, may_leave;

static void slow_observer(void *ctx, enum rill_state state, struct rill_session *session)
{
	(void)ctx;
	(void)session;
	if (state != RILL_SESSION_ON)
		return;
	atomic_store(&in_observer, true);
	while (!atomic_load(&may_leave))
		pause_ms(1);
}

static void *start_in_observer(void *unused)
{
	(void)unused;
	if (!watch_start(&(struct watch){ .session = NULL }, "cancel"))
		abort();
	return NULL;
}

static int do_remove(void *ctx)
{
	return rill_observer_remove(slow_observer, ctx);
}

static bool remove_cancelled(void)
{
	struct call call = { do_remove, NULL };
	pthread_t starter;

	NEED(rill_observer_add(slow_observer, NULL) == 0);
	NEED(pthread_create(&starter, NULL, start_in_observer, NULL) == 0);
	while (!atomic_load(&in_observer))
		pause_ms(1);
	NEED(cancelled_in(&call, &begun, &may_leave, true));
	NEED(pthread_join(starter, NULL) == 0);
	NEED(rill_observer_remove(slow_observer, NULL) == -ENOENT);
	return true;
}

/* ---- messages ------------------------------------------------------------------------------------- */

static void *warn_with_a_request_pending(void *unused)
{
	(void)unused;
	pthread_cancel(pthread_self());
	rill_warn("given by an event of a thread that is to end");	/* polls and writes */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return NULL;
}

static bool warning_cancelled(void)
{
	pthread_t thread;
	void *result;

	NEED(dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO) == STDERR_FILENO);
	NEED(pthread_create(&thread, NULL, warn_with_a_request_pending, NULL) == 0);
	NEED(pthread_join(thread, &result) == 0);
	return result == NULL;
}

/* ---- the cases ------------------------------------------------------------------------------------ */

#define CANCELLED(body)                                                                            \
	do {                                                                                       \
		asynchronous = false;                                                              \
		ISOLATED(body);                                                                    \
		asynchronous = !WATCH_TSAN && !WATCH_ASAN; /* they do not bear it */               \
		ISOLATED(body);                                                                    \
	} while (0)

static void a_thread_cancelled_in_stop_has_stopped_the_session(void)
{
	CANCELLED(stop_cancelled);
}

static void a_thread_cancelled_in_flush_does_not_hold_up_stop(void)
{
	CANCELLED(flush_cancelled);
}

static void a_thread_cancelled_in_start_has_started_the_session(void)
{
	CANCELLED(start_cancelled);
}

static void a_thread_cancelled_while_it_removes_an_observer_has_removed_it(void)
{
	CANCELLED(remove_cancelled);
}

static void a_message_is_no_cancellation_point(void)
{
	ISOLATED(warning_cancelled);
}

static const struct test_case cases[] = {
	T(a_thread_cancelled_in_stop_has_stopped_the_session),
	T(a_thread_cancelled_in_flush_does_not_hold_up_stop),
	T(a_thread_cancelled_in_start_has_started_the_session),
	T(a_thread_cancelled_while_it_removes_an_observer_has_removed_it),
	T(a_message_is_no_cancellation_point),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("cancel", cases, argc, argv);
}

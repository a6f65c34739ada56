/* SPDX-License-Identifier: MIT
 * test_any.c - what holds in every configuration, however small: the books close, the stream says what they say, and what a build
 * leaves out is refused.
 *
 * Arguments are numbers: texts and bytes have programs of their own, since one that hands them over does not link where they are left out.
 */
#define _GNU_SOURCE
#include "any_help.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

enum { THREADS = 4, EVENTS = 2000 };

/* ---- those who emit ------------------------------------------------------------------------------- */

static void *emit(void *unused)
{
	for (unsigned i = 0; i < EVENTS; i++)
		RILL_INSTANT("any", "tick", "i", i);
	return unused;
}

static void run_threads(unsigned count, void *(*run)(void *))
{
	pthread_t threads[16];

	for (unsigned i = 0; i < count; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run, NULL), 0);
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static _Atomic uint64_t in_handlers;

static void on_signal(int signal)
{
	RILL_INSTANT("any", "tick", "from", signal, "a handler", true);
	atomic_fetch_add(&in_handlers, 1);
}

/* ---- the tests ------------------------------------------------------------------------------------ */

static void the_books_of_several_threads_close(void)
{
	struct trace t;

	if (!start(&t, NULL))
		return;
	run_threads(THREADS, emit);
	stop(&t, THREADS * EVENTS);
	CU_ASSERT(t.stats.delivered > 0);
}

static void threads_beyond_the_last_place_are_counted(void)
{
	struct trace t;

	if (!start(&t, NULL))
		return;
	run_threads(16, emit);
	stop(&t, 16 * EVENTS);
}

static void numbers_of_all_kinds_arrive(void)
{
	struct trace t;

	if (!start(&t, NULL))
		return;
	RILL_INSTANT("any", "tick", "signed", -1, "unsigned", UINT64_MAX, "double", 1.5, "float", 0.5f, "bool", true);
	RILL_INSTANT("any", "tick", "pointer", (void *)&t, "null", (void *)NULL);
	RILL_INSTANT("any", "tick", "a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "g", 7, "h", 8, "i", 9, "j", 10, "k", 11, "l", 12, "m", 13,
		     "n", 14, "o", 15, "a name that is longer than a small packet has room for it", 16);
	stop(&t, 3);
	CU_ASSERT(t.stats.delivered > 0);
	/* The smallest rings may have no room for all, but what a ring holds fits a packet. */
	CU_ASSERT_EQUAL(t.stats.lost[RILL_LOST_SINK], 0);
}

/* JSON has none. */
static void the_file_of_a_call_site_is_in_packets_unless_it_is_left_out(void)
{
	const bool there = RILL_ON(CONFIG_RILL_BINARY) && RILL_ON(CONFIG_RILL_FILE_LINE) && !RILL_ON(CONFIG_RILL_STRIP_NAMES);
	struct trace t;

	if (!start(&t, NULL))
		return;
	*(there ? &t.wanted : &t.unwanted) = "test_any.c";
	RILL_INSTANT("any", "tick");
	stop(&t, 1);
	CU_ASSERT_EQUAL(t.stats.delivered, 1);
}

static void events_of_handlers_are_in_the_books(void)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction before;
	struct trace t;

	if (!start(&t, NULL))
		return;
	atomic_store(&in_handlers, 0);
	sigaction(SIGUSR1, &action, &before);
	for (unsigned i = 0; i < 200; i++) {
		RILL_INSTANT("any", "tick", "i", i);
		raise(SIGUSR1);
	}
	sigaction(SIGUSR1, &before, NULL);
	CU_ASSERT_EQUAL(atomic_load(&in_handlers), 200);
	stop(&t, 400);
}

static void a_session_follows_a_session(void)
{
	struct trace t;

	for (unsigned round = 0; round < 5; round++) {
		if (!start(&t, NULL))
			return;
		emit(NULL);
		stop(&t, EVENTS);
		emit(NULL);	/* for nobody */
	}
}

static void only_what_was_asked_for_is_recorded(void)
{
	struct trace t;

	if (!start(&t, "wanted"))
		return;
	RILL_INSTANT("wanted", "tick");
	RILL_INSTANT("other", "tick");
	RILL_INSTANT("other,wanted", "tick");
	RILL_INSTANT("disabled-by-default-wanted", "tick");
	stop(&t, 2);
	if (!start(&t, NULL))
		return;
	RILL_INSTANT("wanted", "tick");
	RILL_INSTANT("disabled-by-default-wanted", "tick");
	stop(&t, 1);
}

static void categories_come_and_go_while_a_session_runs(void)
{
	struct trace t;

	if (!start(&t, "first"))
		return;
	CU_ASSERT_EQUAL(rill_session_enable(t.session, "second"), 0);
	RILL_INSTANT("first", "tick");
	RILL_INSTANT("second", "tick");
	CU_ASSERT_EQUAL(rill_session_disable(t.session, "second"), 0);
	RILL_INSTANT("second", "tick");
	CU_ASSERT_EQUAL(rill_session_disable(t.session, "second"), -ENOENT);
	CU_ASSERT_STRING_NOT_EQUAL(rill_error(), "");
	stop(&t, 2);
}

static void a_session_stops_under_events(void)
{
	struct rill_stats stats;
	pthread_t thread;
	struct trace t;

	if (!start(&t, NULL))
		return;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, emit, NULL), 0);
	CU_ASSERT_EQUAL(rill_session_stats(t.session, &stats), 0);
	CU_ASSERT_EQUAL(rill_session_stop(t.session), 0);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(rill_session_stop(t.session), -ENOENT);
	if (t.fd >= 0)
		close(t.fd);
}

static void the_child_of_a_fork_goes_on_without_a_trace(void)
{
	struct trace t;
	int status = -1;
	pid_t child;

	if (!start(&t, NULL))
		return;
	emit(NULL);
	child = fork();
	if (child == 0) {
		emit(NULL);
		_exit(7);
	}
	waitpid(child, &status, 0);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	stop(&t, EVENTS);
}

/* A sink that refuses two pieces of five, and keeps the others. */
struct picky {
	unsigned calls;
	size_t size;
	uint8_t bytes[1 << 20];
};

static int take_some(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct picky *p = ctx;

	(void)pieces;
	if (p->calls++ % 5 > 2)
		return -EIO;
	CU_ASSERT_FATAL(p->size + size <= sizeof p->bytes);
	memcpy(p->bytes + p->size, data, size);
	p->size += size;
	return 0;
}

static uint64_t events_taken(const struct picky *p)
{
	uint64_t events = 0;

	for (size_t at = 0; at < p->size; at += HEAD + (size_t)rill_le16_get(p->bytes + at + 4)) {
		CU_ASSERT_FATAL(p->bytes[at] == 0xd2 && p->bytes[at + 1] == 0x6c);
		events += rill_le16_get(p->bytes + at + HEAD);
	}
	return events;
}

static void what_a_sink_refuses_is_lost_and_the_rest_is_whole(void)
{
	static const struct rill_sink_ops ops = { .name = "picky", .write = take_some };
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	static struct picky picky;
	struct rill_session *session;
	struct rill_stats stats;

	if (!RILL_ON(CONFIG_RILL_SINK_CUSTOM) || !RILL_ON(CONFIG_RILL_BINARY)) {
		test_skip("this build has no packets for a sink of the application");
		return;
	}
	options.out = RILL_OUT_SINK;
	options.sink = (struct rill_sink){ &ops, &picky };
	options.format = RILL_FORMAT_BINARY;
	CU_ASSERT_EQUAL_FATAL(rill_session_start(&options, &session), 0);
	for (unsigned i = 0; i < 40; i++) {
		for (unsigned k = 0; k < 5; k++)
			RILL_INSTANT("any", "tick", "i", i, "part", 0.5 * k);
		CU_ASSERT_EQUAL(rill_session_flush(session, FLUSH_MS), 0);
	}
	CU_ASSERT_EQUAL(rill_session_stats(session, &stats), 0);
	CU_ASSERT_EQUAL(rill_session_stop(session), 0);
	CU_ASSERT_EQUAL(stats.delivered + stats.lost_total, 200);
	CU_ASSERT(stats.lost[RILL_LOST_SINK] > 0 && stats.delivered > 0);
	CU_ASSERT(events_taken(&picky) >= stats.delivered && events_taken(&picky) <= stats.delivered + NOTICES_MAX);
}

static void more_sessions_than_there_are_places_are_refused(void)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct trace all[CONFIG_RILL_DIRECT_SESSIONS];
	struct rill_session *one_more;

	for (unsigned i = 0; i < CONFIG_RILL_DIRECT_SESSIONS; i++)
		if (!start(&all[i], NULL))
			return;
	options.out = all[0].fd < 0 ? RILL_OUT_SUBSCRIBER : RILL_OUT_FD;
	options.fd = all[0].fd;
	options.subscriber = receive;
	options.subscriber_ctx = &all[0];
	CU_ASSERT_EQUAL(rill_session_start(&options, &one_more), -EMFILE);
	for (unsigned i = 0; i < CONFIG_RILL_DIRECT_SESSIONS; i++)
		stop(&all[i], 0);
}

static void what_the_build_leaves_out_is_refused(void)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;

	options.out = RILL_OUT_FD;
	options.fd = -1;
	CU_ASSERT(rill_session_start(&options, &session) < 0);
	CU_ASSERT_STRING_NOT_EQUAL(rill_error(), "");
	options.fd = STDERR_FILENO;
	options.out = RILL_OUT_FILE;
	options.file = "fd:2x";
	CU_ASSERT(rill_session_start(&options, &session) < 0);
	options.file = NULL;
	options.out = RILL_OUT_FD;
	options.format = RILL_FORMAT_JSON;
	if (!RILL_ON(CONFIG_RILL_JSON))
		CU_ASSERT_EQUAL(rill_session_start(&options, &session), -ENOTSUP);
	options.format = RILL_FORMAT_BINARY;
	if (!RILL_ON(CONFIG_RILL_BINARY))
		CU_ASSERT_EQUAL(rill_session_start(&options, &session), -ENOTSUP);
	options.filter = "a*";
	if (!RILL_ON(CONFIG_RILL_FILTERS))
		CU_ASSERT_EQUAL(rill_session_start(&options, &session), -EINVAL);
	options.filter = NULL;
	options.thread_time = true;
	if (!RILL_ON(CONFIG_RILL_THREAD_TIME))
		CU_ASSERT_EQUAL(rill_session_start(&options, &session), -ENOTSUP);
	options.thread_time = false;
	options.shared = true;
	if (!CONFIG_RILL_SHARED_SESSIONS_MAX)
		CU_ASSERT_EQUAL(rill_session_start(&options, &session), -EMFILE);
	CU_ASSERT_EQUAL(rill_session_stop(NULL), -ENOENT);
}

static void a_trace_to_be_read_is_kept(void)
{
	keep_file = getenv("TEST_ANY_FILE");
	the_books_of_several_threads_close();
}

static const struct test_case cases[] = {
	T(the_books_of_several_threads_close),
	T(threads_beyond_the_last_place_are_counted),
	T(numbers_of_all_kinds_arrive),
	T(the_file_of_a_call_site_is_in_packets_unless_it_is_left_out),
	T(events_of_handlers_are_in_the_books),
	T(a_session_follows_a_session),
	T(only_what_was_asked_for_is_recorded),
	T(categories_come_and_go_while_a_session_runs),
	T(a_session_stops_under_events),
	T(the_child_of_a_fork_goes_on_without_a_trace),
	T(what_a_sink_refuses_is_lost_and_the_rest_is_whole),
	T(more_sessions_than_there_are_places_are_refused),
	T(what_the_build_leaves_out_is_refused),
	T(a_trace_to_be_read_is_kept),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("any", cases, argc, argv);
}

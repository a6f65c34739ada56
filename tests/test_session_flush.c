/* SPDX-License-Identifier: MIT
 * test_session_flush.c - flush in all its forms, the books, and JSON to a descriptor, a file and an application's own sink.
 */
#include "tests/outlet_help.h"
#include "tests/session_help.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

/* Calls of write() come from another thread; a flush that was only asked for needs a moment. */
static bool comes_within(unsigned ms, const struct taken *t, uint64_t count)
{
	uint64_t until = now_ms() + ms;

	while (atomic_load(&t->count) < count && now_ms() < until)
		pause_ms(1);
	return atomic_load(&t->count) == count;
}

static struct rill_session *start_rarely_flushed(struct taken *t)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;

	o.filter = "fl";
	o.flush_period_ms = 600000;
	o.out = RILL_OUT_SUBSCRIBER;
	o.subscriber = take_batch;
	o.subscriber_ctx = t;
	return start_with(&o);
}

/* ---- flush ---------------------------------------------------------------------------------------- */

static void a_waiting_flush_brings_everything_committed_before_it(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s = start_rarely_flushed(&t);

	for (int i = 1; i <= 50; i++) {
		RILL_INSTANT("fl", "one", "i", i);
		CU_ASSERT_EQUAL(rill_session_flush(s, 60000), 0);
		CU_ASSERT_EQUAL(t.count, (uint64_t)i);
	}
	stop(s);
}

static void a_flush_of_all_reaches_every_session_and_none_is_no_error(void)
{
	struct taken t = { .only = NULL }, u = { .only = NULL };
	struct rill_session *s, *r;

	CU_ASSERT_EQUAL(rill_session_flush(NULL, 60000), 0);
	CU_ASSERT_EQUAL(rill_session_flush(NULL, 0), 0);
	s = start_rarely_flushed(&t);
	r = start_counting(&u, "fl", true);
	RILL_INSTANT("fl", "one");
	CU_ASSERT_EQUAL(rill_session_flush(NULL, 60000), 0);
	CU_ASSERT_EQUAL(t.count, 1);
	CU_ASSERT_EQUAL(u.count, 1);
	stop(s);
	stop(r);
}

static void a_flush_that_is_only_asked_for_comes_soon(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s = start_rarely_flushed(&t);

	RILL_INSTANT("fl", "one");
	CU_ASSERT_EQUAL(rill_session_flush(s, 0), 0);
	CU_ASSERT(comes_within(3000, &t, 1));
	RILL_INSTANT("fl", "two");
	CU_ASSERT_EQUAL(rill_session_flush(NULL, 0), 0);
	CU_ASSERT(comes_within(3000, &t, 2));
	stop(s);
}

static struct rill_session *of_handler;
static _Atomic int handler_said;

static void on_signal(int sig)
{
	int saved = errno;

	(void)sig;
	RILL_INSTANT("fl", "from_the_handler");
	atomic_store(&handler_said, rill_session_flush(of_handler, 0));
	errno = saved;
}

static void a_handler_may_ask_for_a_flush(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct taken t = { .only = NULL };

	of_handler = start_rarely_flushed(&t);
	sigaction(SIGUSR1, &action, NULL);
	handler_said = 1;
	raise(SIGUSR1);
	CU_ASSERT_EQUAL(handler_said, 0);
	CU_ASSERT(comes_within(3000, &t, 1));
	stop(of_handler);
	signal(SIGUSR1, SIG_DFL);
}

/* The handler interrupts a flush that the same thread is asking for. */
static void handlers_that_ask_on_top_of_askers_do_not_wait_for_them(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec period = { { 0, 50000 }, { 0, 50000 } };
	struct taken t = { .only = NULL };
	uint64_t until = now_ms() + 300, asked = 0;
	timer_t timer;

	of_handler = start_rarely_flushed(&t);
	sigaction(SIGUSR1, &action, NULL);
	CU_ASSERT_EQUAL_FATAL(timer_create(CLOCK_MONOTONIC, &e, &timer), 0);
	timer_settime(timer, 0, &period, NULL);
	while (now_ms() < until) {
		int error = rill_session_flush(of_handler, 0);

		CU_ASSERT(error == 0 || error == -EAGAIN);
		asked += error == 0;
	}
	timer_delete(timer);
	signal(SIGUSR1, SIG_IGN);
	CU_ASSERT(asked > 0);
	stop(of_handler);
	CU_ASSERT(t.count > 0);
	signal(SIGUSR1, SIG_DFL);
}

static void a_flush_into_a_stuck_sink_ends_in_time_with_an_error(void)
{
	static struct kept k;
	struct rill_session_options o = to_kept(&k, "fl");
	struct rill_session *s = start_with(&o);
	uint64_t begin, took;

	atomic_store(&k.stuck, true);
	RILL_INSTANT("fl", "one");
	begin = now_ms();
	CU_ASSERT_EQUAL(rill_session_flush(s, 150), -ETIMEDOUT);
	took = now_ms() - begin;
	CU_ASSERT(took >= 140);
	CU_ASSERT(took < 150 + BUSY_MS);
	CU_ASSERT(strstr(rill_error(), "stuck") != NULL);
	atomic_store(&k.stuck, false);
	CU_ASSERT_EQUAL(rill_session_flush(s, 60000), 0);
	CU_ASSERT(strstr(k.text, "\"one\"") != NULL);
	stop(s);
	CU_ASSERT(k.closed);
	free(k.text);
}

static void a_session_flushes_by_itself_in_its_period(void)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct taken t = { .only = NULL };
	struct rill_session *s;

	o.filter = "fl";
	o.flush_period_ms = 20;
	o.out = RILL_OUT_SUBSCRIBER;
	o.subscriber = take_batch;
	o.subscriber_ctx = &t;
	s = start_with(&o);
	RILL_INSTANT("fl", "one");
	CU_ASSERT(comes_within(3000, &t, 1));
	stop(s);
}

/* ---- the books ------------------------------------------------------------------------------------ */

static void *emit_ten(void *unused)
{
	(void)unused;
	for (int i = 0; i < 10; i++)
		RILL_INSTANT("fl", "ten", "i", i);
	return NULL;
}

static void the_books_name_every_thread_with_what_it_delivered(void)
{
	struct taken t = { .only = NULL };
	struct rill_session *s = start_counting(&t, "fl", false);
	struct rill_thread_stats threads[8];
	struct rill_stats stats;
	uint64_t tens = 0, sum = 0;

	for (int i = 0; i < 3; i++) {
		pthread_t thread;

		CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, emit_ten, NULL), 0);
		pthread_join(thread, NULL);
	}
	RILL_INSTANT("fl", "own");
	CU_ASSERT_EQUAL(rill_session_flush(s, 60000), 0);
	CU_ASSERT_EQUAL(rill_session_stats(s, &stats), 0);
	CU_ASSERT_EQUAL(stats.delivered, 31);
	CU_ASSERT_EQUAL(stats.lost_total, 0);
	CU_ASSERT_EQUAL(stats.threads, 4);
	CU_ASSERT_EQUAL(rill_session_thread_stats(s, threads, 8), 4);
	for (int i = 0; i < 4; i++) {
		tens += threads[i].delivered == 10;
		sum += threads[i].delivered;
		CU_ASSERT_EQUAL(threads[i].lost, 0);
		CU_ASSERT(threads[i].tid != 0);
		for (int j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(threads[i].serial, threads[j].serial);
	}
	CU_ASSERT_EQUAL(tens, 3);
	CU_ASSERT_EQUAL(sum, 31);
	threads[1].tid = 77;
	CU_ASSERT_EQUAL(rill_session_thread_stats(s, threads, 1), 4);
	CU_ASSERT_EQUAL(threads[1].tid, 77);
	CU_ASSERT_EQUAL(rill_session_thread_stats(s, NULL, 0), 4);
	stop(s);
}

static void what_a_stuck_sink_cannot_take_is_counted_and_the_rest_arrives(void)
{
	static struct kept k;
	struct rill_session_options o = to_kept(&k, "fl");
	struct rill_thread_stats thread;
	struct rill_session *s;
	struct rill_stats stats;
	const uint64_t emitted = 200000;
	uint64_t arrived = 0;

	o.queue_bytes = 65536;
	s = start_with(&o);
	atomic_store(&k.stuck, true);
	for (uint64_t i = 0; i < emitted; i++)
		RILL_INSTANT("fl", "many", "i", i);
	atomic_store(&k.stuck, false);
	CU_ASSERT_EQUAL(rill_session_flush(s, 60000), 0);
	CU_ASSERT_EQUAL(rill_session_stats(s, &stats), 0);
	CU_ASSERT_EQUAL(rill_session_thread_stats(s, &thread, 1), 1);
	stop(s);
	for (const char *at = k.text; (at = strstr(at, "\"many\"")); at++)
		arrived++;
	CU_ASSERT(stats.lost_total > 0);
	CU_ASSERT_EQUAL(stats.delivered, arrived);
	CU_ASSERT_EQUAL(stats.delivered + stats.lost_total, emitted);
	CU_ASSERT_EQUAL(thread.delivered + thread.lost, emitted);
	CU_ASSERT(thread.ring_high_bytes > 0);
	CU_ASSERT(strstr(k.text, "events lost") != NULL);
	free(k.text);
}

/* ---- where the bytes go --------------------------------------------------------------------------- */

static void JSON_reaches_an_application_s_sink_as_one_complete_text(void)
{
	struct kept k = { .text = NULL };
	struct rill_session_options o = to_kept(&k, "fl");
	struct rill_session *s = start_with(&o);
	struct json_object *root;

	CU_ASSERT_STRING_EQUAL(rill_session_where(s), "");
	RILL_INSTANT("fl", "one", "text", "a \"b\"");
	RILL_INSTANT("fl", "two");
	stop(s);
	CU_ASSERT_EQUAL(k.opens, 1);
	CU_ASSERT(k.closed);
	root = parse_strict(k.text, k.size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	CU_ASSERT_EQUAL(count_named(root, NULL), 2);
	json_object_put(root);
	free(k.text);
}

static void JSON_reaches_a_descriptor_which_stays_open(void)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	FILE *file = tmpfile();
	char text[65536];
	struct json_object *root;
	ssize_t size;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	o.filter = "fl";
	o.out = RILL_OUT_FD;
	o.fd = fileno(file);
	for (int forms = 0; forms < 2; forms++) {
		struct rill_session *s;

		o.object_form = forms;
		CU_ASSERT_EQUAL(ftruncate(fileno(file), 0), 0);
		rewind(file);
		s = start_with(&o);
		RILL_INSTANT("fl", "one");
		stop(s);
		CU_ASSERT(fcntl(fileno(file), F_GETFD) >= 0);
		size = pread(fileno(file), text, sizeof text, 0);
		CU_ASSERT_FATAL(size > 0);
		root = parse_strict(text, (size_t)size);
		CU_ASSERT_PTR_NOT_NULL_FATAL(root);
		CU_ASSERT_EQUAL(count_named(root, "one"), 1);
		json_object_put(root);
	}
	fclose(file);
}

static void a_file_is_named_by_where_and_complete_behind_every_flush(void)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	char folder[64], pattern[128], expected[160];
	struct rill_stats stats;
	struct rill_session *s;

	make_folder(folder);
	snprintf(pattern, sizeof pattern, "%s/${name}.${pid}.${rotation}.json", folder);
	snprintf(expected, sizeof expected, "%s/flush.%ld.1.json", folder, (long)getpid());
	o.filter = "fl";
	o.name = "flush";
	o.file = pattern;
	s = start_with(&o);
	CU_ASSERT_STRING_EQUAL(rill_session_where(s), expected);
	for (size_t i = 1; i <= 3; i++) {
		struct json_object *root;

		RILL_INSTANT("fl", "one");
		CU_ASSERT_EQUAL(rill_session_flush(s, 60000), 0);
		root = parse_file(expected);
		CU_ASSERT_PTR_NOT_NULL_FATAL(root);
		CU_ASSERT_EQUAL(count_named(root, "one"), i);
		json_object_put(root);
	}
	CU_ASSERT_EQUAL(rill_session_stats(s, &stats), 0);
	CU_ASSERT_EQUAL(stats.segments, 1);
	CU_ASSERT(stats.bytes > 100);
	stop(s);
	remove_folder(folder);
}

static void an_event_that_no_queue_holds_is_lost_and_holds_nobody_up(void)
{
	static struct kept k;
	static char text[2000];
	struct rill_session_options o = to_kept(&k, "fl");
	struct rill_stats stats;
	struct rill_session *s;

	memset(text, 'x', sizeof text - 1);
	o.queue_bytes = 4096;	/* less than the line may take: six bytes for each of the text's */
	s = start_with(&o);
	RILL_INSTANT("fl", "before");
	RILL_INSTANT("fl", "big", "text", (const char *)text);
	RILL_INSTANT("fl", "after");
	CU_ASSERT_EQUAL(rill_session_flush(s, 60000), 0);
	CU_ASSERT_EQUAL(rill_session_stats(s, &stats), 0);
	CU_ASSERT_EQUAL(stats.delivered, 2);
	CU_ASSERT_EQUAL(stats.lost_total, 1);
	stop(s);
	CU_ASSERT_PTR_NOT_NULL(strstr(k.text, "\"after\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(k.text, "\"events lost\""));
	free(k.text);
}

static const struct test_case cases[] = {
	T(a_waiting_flush_brings_everything_committed_before_it),
	T(a_flush_of_all_reaches_every_session_and_none_is_no_error),
	T(a_flush_that_is_only_asked_for_comes_soon),
	T(a_handler_may_ask_for_a_flush),
	T(handlers_that_ask_on_top_of_askers_do_not_wait_for_them),
	T(a_flush_into_a_stuck_sink_ends_in_time_with_an_error),
	T(an_event_that_no_queue_holds_is_lost_and_holds_nobody_up),
	T(a_session_flushes_by_itself_in_its_period),
	T(the_books_name_every_thread_with_what_it_delivered),
	T(what_a_stuck_sink_cannot_take_is_counted_and_the_rest_arrives),
	T(JSON_reaches_an_application_s_sink_as_one_complete_text),
	T(JSON_reaches_a_descriptor_which_stays_open),
	T(a_file_is_named_by_where_and_complete_behind_every_flush),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("session flush", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_conformance_file.c - cases of doc/conformance.md about what stands in a file beside the
 * events, and about time: MD, CK, N.
 */
#include "tests/conformance_help.h"
#include "tests/session_help.h"

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/utsname.h>

static struct rill_session_options options_for(const char *filter)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;

	options.filter = filter;
	return options;
}

static double monotonic_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- MD: metadata ---------------------------------------------------------------------------- */

static void MD_1_metadata_of_a_call_site_is_an_M_event(void)
{
	trace_start("md");
	TRACE_EVENT_METADATA1("md", "answer", "value", 42);
	trace_stop();
	IS("answer", "ph", "\"M\"");
	IS("answer", "args", "{\"value\":42}");
}

static void MD_2_what_a_call_site_told_is_not_repeated_and_what_was_set_is_in_every_file(void)
{
	rill_metadata("md2.pair", "\"set\"");
	for (int i = 0; i < 2; i++) {
		trace_start("md");
		if (i == 0)
			TRACE_EVENT_METADATA1("md", "md2.once", "value", 1);
		CU_ASSERT_EQUAL(rill_session_flush(trace.session, 60000), 0);
		trace_stop();
		CU_ASSERT_EQUAL(count_events("md2.once"), i == 0);
		CU_ASSERT_EQUAL(count_events("md2.pair"), 1);
		IS("md2.pair", "args", "{\"value\":\"\\\"set\\\"\"}");
	}
}

static void *one_thread_with_three_names(void *unused)
{
	rill_thread_name("cafe");
	RILL_INSTANT("md", "1");
	rill_session_flush(trace.session, 60000);
	rill_thread_name("pub");
	RILL_INSTANT("md", "2");
	rill_session_flush(trace.session, 60000);
	rill_thread_name(" bar");
	RILL_INSTANT("md", "3");
	rill_session_flush(trace.session, 60000);
	return unused;
}

static int names_of(const char *tid, const char *const *wanted, int count)
{
	struct json_object *event;
	int found = 0;

	for (int i = 0; (event = find_event("thread_name", 'M', i)); i++) {
		struct json_object *args;

		if (strcmp(member_of(event, "tid"), tid))
			continue;
		CU_ASSERT_FATAL(json_object_object_get_ex(event, "args", &args));
		CU_ASSERT(found < count && !strcmp(text_of(args, "name"), wanted[found]));
		found++;
	}
	return found;
}

static void MD_3_each_new_name_of_a_thread_is_told_in_front_of_its_next_event(void)
{
	static const char *const names[] = { "cafe", "pub", " bar" };
	pthread_t thread;
	char tid[32];

	trace_start("md");
	pthread_create(&thread, NULL, one_thread_with_three_names, NULL);
	pthread_join(thread, NULL);
	trace_stop();
	snprintf(tid, sizeof tid, "%s", member_of(find_event("1", 0, 0), "tid"));
	CU_ASSERT_EQUAL(names_of(tid, names, 3), 3);
	CU_ASSERT(strstr(trace.text, "\"cafe\"") < strstr(trace.text, "\"name\":\"1\""));
	CU_ASSERT(strstr(trace.text, "\"name\":\"2\"") < strstr(trace.text, "\" bar\""));
	CU_ASSERT(strstr(trace.text, "\" bar\"") < strstr(trace.text, "\"name\":\"3\""));
}

static void MD_4_sort_orders_of_process_and_thread(void)
{
	rill_process_sort_index(-5);
	rill_thread_sort_index(7);
	trace_start("md");
	RILL_INSTANT("md", "event");
	trace_stop();
	IS("process_sort_index", "args", "{\"sort_index\":-5}");
	IS("thread_sort_index", "args", "{\"sort_index\":7}");
}

static void MD_5_metadata_is_there_with_a_filter_that_excludes_all(void)
{
	trace_start("-*");
	RILL_INSTANT("md", "event");
	TRACE_EVENT_METADATA1("__metadata", "md5", "value", 1);
	trace_stop();
	CU_ASSERT_EQUAL(count_own(), 0);
	CU_ASSERT_EQUAL(count_events("process_name"), 1);
	CU_ASSERT_EQUAL(count_events("md5"), 1);
}

static void MD_6_without_a_predicate_an_argument_filter_strips_nothing(void)
{
	struct rill_session_options options = options_for(NULL);

	options.trace_config = "{\"enable_argument_filter\":true,\"included_categories\":[\"md\"]}";
	trace_start_with(options);
	RILL_INSTANT("md", "event", "a", 1);
	trace_stop();
	IS("event", "args", "{\"a\":1}");
	CU_ASSERT_PTR_NULL(strstr(trace.text, "__stripped__"));
}

/* ---- CK: clocks ------------------------------------------------------------------------------ */

static void CK_1_times_count_from_the_start_of_a_session_if_asked(void)
{
	struct rill_session_options options = options_for("ck");

	options.relative_time = true;
	trace_start_with(options);
	pause_ms(2);
	RILL_INSTANT("ck", "event");
	trace_stop();
	CU_ASSERT(number_of(find_event("event", 0, 0), "ts") >= 2000);
	CU_ASSERT(number_of(find_event("event", 0, 0), "ts") < 60e6);
}

static void CK_3_who_issues_a_clock_sync_tells_both_of_its_times(void)
{
	trace_start("-*");
	TRACE_EVENT_CLOCK_SYNC_ISSUER("old", 100, 300);
	rill_clock_sync_issuer("native", 101, 301);
	rill_clock_sync_receiver("received");
	trace_stop();
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_TRUE(
			member_is(find_event("clock_sync", 'c', i), "cat", "\"__metadata\""));
		if (i < 2)
			CU_ASSERT_EQUAL(number_of(find_event("clock_sync", 'c', i), "ts"), 300 + i);
	}
	HAS_TEXT("{\"sync_id\":\"old\",\"issue_ts\":100}");
	HAS_TEXT("{\"sync_id\":\"native\",\"issue_ts\":101}");
	HAS_TEXT("{\"sync_id\":\"received\"}");
}

static void CK_4_times_are_those_of_the_monotonic_clock_to_the_microsecond(void)
{
	double before[20], after[20];

	trace_start("ck");
	for (int i = 0; i < 20; i++) {
		before[i] = monotonic_us();
		RILL_INSTANT("ck", "event");
		after[i] = monotonic_us();
		pause_ms(1);
	}
	trace_stop();
	for (int i = 0; i < 20; i++) {
		const double ts = number_of(find_event("event", 0, i), "ts");

		CU_ASSERT(before[i] - 1 <= ts && ts <= after[i] + 1);
	}
}

static void CK_5_a_slice_tells_its_time_and_the_time_its_thread_was_running(void)
{
	struct rill_session_options options = options_for("ck");
	struct timespec t, until;
	double dur, tdur;

	options.slices = true;
	options.thread_time = true;
	trace_start_with(options);
	{
		RILL_SCOPE("ck", "slice");
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &until);
		do {
			clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
		} while ((t.tv_sec - until.tv_sec) * 1000000000LL + t.tv_nsec - until.tv_nsec <
			 10000000);
		pause_ms(50);
	}
	trace_stop();
	dur = number_of(find_event("slice", 'X', 0), "dur");
	tdur = number_of(find_event("slice", 'X', 0), "tdur");
	CU_ASSERT(dur >= 60000);
	CU_ASSERT(tdur >= 10000 && tdur < 20000);
}

static void CK_6_a_locale_of_the_program_changes_no_number(void)
{
	static const char *const commas[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR" };
	struct rill_session_options options = options_for("ck");
	bool found = false;

	for (size_t i = 0; i < 4 && !found; i++)
		found = setlocale(LC_ALL, commas[i]) != NULL;
	options.thread_time = true;
	trace_start_with(options);
	RILL_INSTANT("ck", "event", "d", 1234.5, "i", 1234567);
	trace_stop(); /* the parser takes points only */
	IS("event", "args", "{\"d\":1234.5,\"i\":1234567}");
	setlocale(LC_ALL, "C");
}

/* ---- N: files as Node's users know them ------------------------------------------------------ */

static void N_3_an_empty_list_of_categories_starts_nothing(void)
{
	char name[] = "program", option[] = "--trace-event-categories", empty[] = "",
	     joined[] = "--trace-event-categories=";
	char *separate_argv[] = { name, option, empty, NULL },
	     *joined_argv[] = { name, joined, NULL };
	int separate = 3, one = 2;

	CU_ASSERT_EQUAL(rill_init_argv(&separate, separate_argv), 0);
	CU_ASSERT_EQUAL(rill_init_argv(&one, joined_argv), 0);
	CU_ASSERT_EQUAL(separate, 1);
	CU_ASSERT_EQUAL(one, 1);
	CU_ASSERT_EQUAL(rill_traces_recorded(), -1);
}

static void N_4_every_event_has_pid_tid_phase_category_name_and_args(void)
{
	static const char *const keys[] = { "pid", "tid", "ts", "ph", "cat", "name", "args" };

	trace_start("*");
	{
		RILL_SCOPE("n", "scope", "a", 1);
		RILL_COUNTER("n", "counter", "a", 1);
		RILL_ASYNC_BEGIN("n", "async", 1);
	}
	RILL_BEGIN("n", "pair");
	RILL_END("n", "pair");
	trace_stop();
	for (size_t i = 0; i < json_object_array_length(trace.events); i++)
		for (size_t k = 0; k < 7; k++)
			CU_ASSERT_STRING_NOT_EQUAL(
				member_of(json_object_array_get_idx(trace.events, i), keys[k]), "");
	CU_ASSERT_EQUAL(count_own(), 6);
}

static void N_7_a_counter_and_a_span_with_the_id_0(void)
{
	const char *const keys[] = { "data" };
	const struct rill_arg arg = { .type = RILL_TYPE_I64, .word = 2 };

	trace_start("node,node.console");
	rill_emit('C', "node,node.console", "count::x", 0, RILL_FLAG_HAS_ID, 1, keys, &arg);
	rill_emit('b', "node,node.console", "time::t", 0, RILL_FLAG_HAS_ID, 0, NULL, NULL);
	trace_stop();
	IS("count::x", "id", "\"0x0\"");
	IS("count::x", "args", "{\"data\":2}");
	IS("time::t", "id", "\"0x0\"");
	IS("time::t", "args", "{}");
	IS("time::t", "cat", "\"node,node.console\"");
}

static void N_10_the_head_tells_process_version_thread_and_platform(void)
{
	struct utsname machine;
	char arch[128];

	uname(&machine);
	rill_process_name("title");
	rill_thread_name("main thread");
	trace_start("n");
	RILL_INSTANT("n", "event");
	trace_stop();
	IS("process_name", "args", "{\"name\":\"title\"}");
	IS("thread_name", "args", "{\"name\":\"main thread\"}");
	snprintf(arch, sizeof arch, "{\"name\":\"%s\"}", machine.machine);
	IS("arch", "args", arch);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(count_events((const char *[]){ "rill_version", "platform",
							       "release", "clock", "num_cpus" }[i]),
				1);
}

static void N_11_a_process_that_is_renamed_shows_both_names(void)
{
	rill_process_name("bar");
	trace_start("n");
	rill_process_name("foo");
	trace_stop();
	CU_ASSERT_EQUAL(count_events("process_name"), 2);
	HAS_TEXT("\"name\":\"process_name\",\"args\":{\"name\":\"bar\"}");
	HAS_TEXT("\"name\":\"process_name\",\"args\":{\"name\":\"foo\"}");
	trace_start("n");
	trace_stop();
	CU_ASSERT_EQUAL(count_events("process_name"), 1);
	IS("process_name", "args", "{\"name\":\"foo\"}");
}

static void *work_with_a_name(void *name)
{
	rill_thread_name(name);
	RILL_INSTANT("n", "work");
	return NULL;
}

static void N_12_each_worker_has_its_own_number_and_name(void)
{
	static char names[2][24] = { "[worker 1] my-worker", "[worker 2]" };
	pthread_t threads[2];

	trace_start("n");
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, work_with_a_name, names[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	trace_stop();
	CU_ASSERT_STRING_NOT_EQUAL(text_of(find_event("work", 0, 0), "tid"),
				   text_of(find_event("work", 0, 1), "tid"));
	HAS_TEXT("{\"name\":\"[worker 1] my-worker\"}");
	HAS_TEXT("{\"name\":\"[worker 2]\"}");
}

static void N_15_the_pattern_of_a_file_takes_pid_and_rotation(void)
{
	struct rill_session_options options = options_for("n");
	char folder[] = "/tmp/rill-n15-XXXXXX", pattern[80], wanted[96];

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(pattern, sizeof pattern, "%s/${pid}-${rotation}.trace_events", folder);
	snprintf(wanted, sizeof wanted, "%s/%ld-1.trace_events", folder, (long)getpid());
	options.file = pattern;
	trace_start_with(options);
	CU_ASSERT_STRING_EQUAL(rill_session_where(trace.session), wanted);
	RILL_INSTANT("n", "event");
	trace_stop();
	CU_ASSERT_EQUAL(count_events("event"), 1);
	unlink(wanted);
	rmdir(folder);
}

static void N_18_a_device_that_is_full_costs_the_events_and_nothing_else(void)
{
	struct rill_session_options options = options_for("n");
	struct rill_session *session;
	struct rill_stats stats;

	options.out = RILL_OUT_FD;
	options.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (rill_session_start(&options, &session)) { /* refused at once is as good */
		CU_ASSERT_STRING_NOT_EQUAL(rill_error(), "");
	} else {
		RILL_INSTANT("n", "event");
		rill_session_flush(session, 60000);
		CU_ASSERT_EQUAL(rill_session_stats(session, &stats), 0);
		CU_ASSERT_EQUAL(stats.delivered, 0);
		CU_ASSERT_EQUAL(stats.lost[RILL_LOST_SINK], 1);
		rill_session_stop(session);
	}
	close(options.fd);
}

static void N_22_a_complete_event_of_a_binding_does_not_stay_open(void)
{
	trace_start("n");
	CU_ASSERT_TRUE(rill_emit('X', "n", "whole", 0, 0, 0, NULL, NULL));
	RILL_BEGIN("n", "behind");
	RILL_END("n", "behind");
	trace_stop();
	CU_ASSERT_EQUAL(count_own(), 4);
	CU_ASSERT(number_of(find_event("whole", 'E', 0), "ts") <=
		  number_of(find_event("behind", 'B', 0), "ts"));
}

static void N_23_bindings_may_pass_anything(void)
{
	const char *const keys[] = { NULL, "" };
	const struct rill_arg args[] = { { .type = 200 }, { .type = RILL_TYPE_STRING } };

	CU_ASSERT_FALSE(rill_emit('I', "n", "off", 0, 0, 0, NULL, NULL));
	trace_start("*");
	CU_ASSERT_TRUE(rill_emit('I', "n", NULL, 0, 0, 0, NULL, NULL));
	CU_ASSERT_TRUE(rill_emit('I', "n", "", 0, ~0u, 2, keys, args));
	rill_emit('\0', "n", "zero", UINT64_MAX, 0, 2, NULL, NULL);
	rill_emit('I', NULL, "none", 0, 0, 0, NULL, NULL);
	trace_stop();
}

static const struct test_case cases[] = {
	T(MD_1_metadata_of_a_call_site_is_an_M_event),
	T(MD_2_what_a_call_site_told_is_not_repeated_and_what_was_set_is_in_every_file),
	T(MD_3_each_new_name_of_a_thread_is_told_in_front_of_its_next_event),
	T(MD_4_sort_orders_of_process_and_thread),
	T(MD_5_metadata_is_there_with_a_filter_that_excludes_all),
	T(MD_6_without_a_predicate_an_argument_filter_strips_nothing),
	T(CK_1_times_count_from_the_start_of_a_session_if_asked),
	T(CK_3_who_issues_a_clock_sync_tells_both_of_its_times),
	T(CK_4_times_are_those_of_the_monotonic_clock_to_the_microsecond),
	T(CK_5_a_slice_tells_its_time_and_the_time_its_thread_was_running),
	T(CK_6_a_locale_of_the_program_changes_no_number),
	T(N_3_an_empty_list_of_categories_starts_nothing),
	T(N_4_every_event_has_pid_tid_phase_category_name_and_args),
	T(N_7_a_counter_and_a_span_with_the_id_0),
	T(N_10_the_head_tells_process_version_thread_and_platform),
	T(N_11_a_process_that_is_renamed_shows_both_names),
	T(N_12_each_worker_has_its_own_number_and_name),
	T(N_15_the_pattern_of_a_file_takes_pid_and_rotation),
	T(N_18_a_device_that_is_full_costs_the_events_and_nothing_else),
	T(N_22_a_complete_event_of_a_binding_does_not_stay_open),
	T(N_23_bindings_may_pass_anything),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("conformance of files", cases, argc, argv);
}

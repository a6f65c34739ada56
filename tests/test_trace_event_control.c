/* SPDX-License-Identifier: MIT
 * test_trace_event_control.c - sessions, categories, threads and bindings against the narrow API
 * of trace_event.h.
 */
#include "tests/trace_event_live.h"

#include <pthread.h>
#include <rill/trace.h>

static const struct got_event *const first = &got.event[0], *const second = &got.event[1];

/* ---- CT, CR -------------------------------------------------------------------------------- */

static void CT_1_only_what_lies_between_start_and_stop_is_recorded(void)
{
	TRACE_EVENT_INSTANT0("ct", "before", TRACE_EVENT_SCOPE_THREAD);
	record_start("ct");
	TRACE_EVENT_INSTANT0("ct", "one", TRACE_EVENT_SCOPE_THREAD);
	TRACE_EVENT_INSTANT0("ct", "two", TRACE_EVENT_SCOPE_THREAD);
	record_stop();
	TRACE_EVENT_INSTANT0("ct", "after", TRACE_EVENT_SCOPE_THREAD);
	CU_ASSERT_EQUAL(got.count, 2);
	CU_ASSERT_STRING_EQUAL(second->name, "two");
}

static void CT_2_a_category_that_is_not_asked_for_records_nothing(void)
{
	record_start("other");
	TRACE_EVENT_INSTANT0("ct", "one", TRACE_EVENT_SCOPE_THREAD);
	record_stop();
	CU_ASSERT_EQUAL(got.count, 0);
}

static void CT_10_ends_of_nothing_and_of_strangers_have_no_effect(void)
{
	const uint8_t *on = rill_category("ct");
	uint8_t alien = 1;
	uint64_t handle;

	rill_end_event(on, "n", 0);
	record_start("ct");
	handle = TRACE_EVENT_API_ADD_TRACE_EVENT('X', on, "n", NULL, 0, 0, 0, NULL, NULL, NULL, 0);
	CU_ASSERT_NOT_EQUAL(handle, 0);
	TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION(on, "n", 0);
	TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION(&alien, "n", handle);
	TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION(on, "n", handle);
	record_stop();
	CU_ASSERT_EQUAL(got.count, 2);
	TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION(on, "n", handle);
}

static void durations_may_be_given_in_the_callers_own_time(void)
{
	const uint8_t *on = rill_category("ct");
	uint64_t handle;

	record_start("ct");
	handle = TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_TIMESTAMP('X', on, "n", NULL, 0, 0, 0, NULL,
								NULL, NULL, 0, 1000);
	TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION_EXPLICIT(on, "n", handle, 0, 3000, 0);
	record_stop();
	CU_ASSERT_EQUAL(got.count, 2);
	CU_ASSERT_EQUAL(first->own_time_us, 1000);
	CU_ASSERT_EQUAL(second->own_time_us, 3000);
}

static void foreign_processes_are_shown_as_given(void)
{
	record_start("ct");
	TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_PROCESS_ID('I', rill_category("ct"), "n", NULL, 0, 0,
							0, NULL, NULL, NULL, 0, 4711);
	record_stop();
	CU_ASSERT_EQUAL(first->pid, 4711);
	CU_ASSERT_EQUAL(first->tid, (uint32_t)-1);
}

enum { RESOLVERS = 4, RESOLVED = 50 };

static void count_category(void *ctx, const char *group, uint8_t sessions)
{
	(void)group, (void)sessions;
	++*(int *)ctx;
}

static void *resolve(void *arg)
{
	const uint8_t **found = arg;

	for (int i = 0; i < RESOLVED; i++) {
		char text[32];

		snprintf(text, sizeof text, "cr1.%d", i);
		found[i] = rill_category(text);
	}
	return NULL;
}

static void CR_1_threads_that_resolve_the_same_name_get_the_same_pointer(void)
{
	static const uint8_t *found[RESOLVERS][RESOLVED];
	pthread_t threads[RESOLVERS];
	int before = 0, after = 0;

	rill_categories(count_category, &before);
	for (int i = 0; i < RESOLVERS; i++)
		pthread_create(&threads[i], NULL, resolve, found[i]);
	for (int i = 0; i < RESOLVERS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 1; i < RESOLVERS; i++)
		CU_ASSERT_EQUAL(memcmp(found[0], found[i], sizeof found[0]), 0);
	rill_categories(count_category, &after);
	CU_ASSERT_EQUAL(after, before + RESOLVED);
}

enum { WRITERS = 5, WRITES = 2000 };

static void *write_events(void *arg)
{
	const int self = (int)(intptr_t)arg;

	for (int i = 0; i < WRITES; i++) {
		TRACE_EVENT2("ct8", "work", "thread", self, "i", i);
		TRACE_EVENT_INSTANT1("ct8", "point", TRACE_EVENT_SCOPE_THREAD, "text", "whole");
	}
	return NULL;
}

static struct {
	int count, torn;
} ct8;

static void check_whole(void *ctx, const struct rill_batch *batch)
{
	(void)ctx;
	for (size_t i = 0; i < batch->count; i++) {
		const struct rill_event *e = &batch->events[i];
		const bool point = e->phase == 'I' && e->nargs == 1 &&
				   !strcmp(e->args[0].text, "whole");
		const bool begin = e->phase == 'B' && e->nargs == 2 && e->args[0].i < WRITERS;

		if (strcmp(e->category, "ct8"))
			continue;
		ct8.count++;
		ct8.torn += !(point || begin || e->phase == 'E');
	}
}

static void CT_8_threads_that_write_while_sessions_come_and_go_tear_nothing(void)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	pthread_t threads[WRITERS];

	options.filter = "ct8";
	options.out = RILL_OUT_SUBSCRIBER;
	options.subscriber = check_whole;
	ct8.count = ct8.torn = 0;
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&threads[i], NULL, write_events, (void *)(intptr_t)i);
	for (int i = 0; i < 10; i++) {
		struct rill_session *session;

		CU_ASSERT_EQUAL_FATAL(rill_session_start(&options, &session), 0);
		CU_ASSERT_EQUAL(rill_session_stop(session), 0);
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(ct8.torn, 0);
	CU_ASSERT(ct8.count <= 3 * WRITERS * WRITES);
}

/* ---- N: what a binding does ---------------------------------------------------------------- */

static void N_22_a_binding_gives_phases_ids_and_objects(void)
{
	static const char text[] = "{\"extra\":\"yes\"}";
	static const char *const names[] = { "data" };
	const struct rill_arg data = { 0, text, sizeof text - 1, RILL_TYPE_JSON };

	CU_ASSERT_FALSE(rill_emit('b', "n22", "test1", 10, RILL_FLAG_HAS_ID, 1, names, &data));
	record_start("n22");
	CU_ASSERT_TRUE(rill_emit('b', "n22", "test1", 10, RILL_FLAG_HAS_ID, 1, names, &data));
	CU_ASSERT_TRUE(rill_emit('b', "n22", "test2", 20, RILL_FLAG_HAS_ID, 1, names, &data));
	CU_ASSERT_TRUE(rill_emit('e', "n22", "test3", 30, RILL_FLAG_HAS_ID, 1, names, &data));
	CU_ASSERT_FALSE(rill_emit('e', "n22.other", "test4", 40, 0, 0, NULL, NULL));
	record_stop();
	CU_ASSERT_EQUAL(got.count, 3);
	CU_ASSERT_TRUE(json_line_with("\"test1\"", "\"ph\":\"b\"", "\"id\":\"0xa\"",
				      "{\"data\":{\"extra\":\"yes\"}}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"test2\"", "\"ph\":\"b\"", "\"id\":\"0x14\"", NULL));
	CU_ASSERT_TRUE(json_line_with("\"test3\"", "\"ph\":\"e\"", "\"id\":\"0x1e\"", NULL));
}

static void N_24_the_enabled_buffer_of_a_category_is_live(void)
{
	const uint8_t *buffer = rill_category("n24");

	CU_ASSERT_EQUAL(*buffer, 0);
	record_start("n24");
	CU_ASSERT(*buffer > 0);
	record_stop();
	CU_ASSERT_EQUAL(*buffer, 0);
}

static struct rill_arg number(double x)
{
	struct rill_arg arg = { 0, NULL, 0, RILL_TYPE_F64 };

	memcpy(&arg.word, &x, sizeof x);
	return arg;
}

static void N_26_a_counter_never_shows_what_is_no_number(void)
{
	static const char *const names[] = { "data" };
	struct rill_arg five = number(5), nan = number(__builtin_nan(""));

	record_start("n26");
	rill_emit('C', "n26", "good", 0, 0, 1, names, &five);
	rill_emit('C', "n26", "bad", 0, 0, 1, names, &nan);
	rill_emit('I', "n26", "text", 0, 0, 1, names, &nan);
	record_stop();
	CU_ASSERT_TRUE(json_line_with("\"good\"", "\"ph\":\"C\"", "{\"data\":5", NULL));
	CU_ASSERT_TRUE(json_line_with("\"bad\"", "\"ph\":\"I\"", "{\"data\":\"NaN\"}", NULL));
	CU_ASSERT_PTR_NULL(strstr(got.json, "null"));
	CU_ASSERT_PTR_NULL(strstr(got.json, ":NaN"));
	CU_ASSERT_TRUE(json_line_with("\"text\"", "{\"data\":\"NaN\"}", NULL));
}

static const struct test_case cases[] = {
	T(CT_1_only_what_lies_between_start_and_stop_is_recorded),
	T(CT_2_a_category_that_is_not_asked_for_records_nothing),
	T(CT_10_ends_of_nothing_and_of_strangers_have_no_effect),
	T(durations_may_be_given_in_the_callers_own_time),
	T(foreign_processes_are_shown_as_given),
	T(CR_1_threads_that_resolve_the_same_name_get_the_same_pointer),
	T(CT_8_threads_that_write_while_sessions_come_and_go_tear_nothing),
	T(N_22_a_binding_gives_phases_ids_and_objects),
	T(N_24_the_enabled_buffer_of_a_category_is_live),
	T(N_26_a_counter_never_shows_what_is_no_number),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("trace_event control", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_conformance.c - cases of doc/conformance.md about macros, from the call site to the file: EV
 * and AS. The other cases that had no test of their module stand in test_conformance_*.c.
 */
#include "tests/conformance_help.h"

#include <signal.h>

#define THREAD TRACE_EVENT_SCOPE_THREAD

/* ---- EV: macros ------------------------------------------------------------------------------ */

static void EV_3_two_scopes_in_one_block_nest(void)
{
	trace_start("ev");
	{
		TRACE_EVENT0("ev", "outer");
		TRACE_EVENT1("ev", "inner", "a", 1);
	}
	trace_stop();
	CU_ASSERT_EQUAL(count_own(), 4);
	CU_ASSERT(number_of(find_event("outer", 'B', 0), "ts") <=
		  number_of(find_event("inner", 'B', 0), "ts"));
	CU_ASSERT(number_of(find_event("inner", 'E', 0), "ts") <=
		  number_of(find_event("outer", 'E', 0), "ts"));
	CU_ASSERT(strstr(trace.text, "\"ph\":\"E\",\"cat\":\"ev\",\"name\":\"inner\"") <
		  strstr(trace.text, "\"ph\":\"E\",\"cat\":\"ev\",\"name\":\"outer\""));
}

static void EV_6_begin_and_end_keep_their_arguments_apart(void)
{
	trace_start("ev");
	TRACE_EVENT_BEGIN2("ev", "pair", "a", 1, "b", "two");
	TRACE_EVENT_END2("ev", "pair", "c", 3, "d", (bool)true);
	TRACE_EVENT_COPY_BEGIN0("ev", "copy");
	TRACE_EVENT_COPY_END1("ev", "copy", "e", 5);
	trace_stop();
	PHASE_IS("pair", 'B', "args", "{\"a\":1,\"b\":\"two\"}");
	PHASE_IS("pair", 'E', "args", "{\"c\":3,\"d\":true}");
	PHASE_IS("copy", 'B', "args", "{}");
	PHASE_IS("copy", 'E', "args", "{\"e\":5}");
}

static void EV_9_a_counter_of_two_series(void)
{
	trace_start("ev");
	TRACE_COUNTER2("ev", "two", "used", 7.9, "free", -8);
	TRACE_COPY_COUNTER2("ev", "copied", "used", 1, "free", 2);
	RILL_COUNTER("ev", "native", "load", 0.25, "count", 3u, "up", true);
	trace_stop();
	IS("two", "ph", "\"C\"");
	IS("two", "args", "{\"used\":7,\"free\":-8}");
	IS("copied", "args", "{\"used\":1,\"free\":2}");
	IS("native", "args", "{\"load\":0.25,\"count\":3,\"up\":1}");
}

static void EV_12_counters_with_an_id_or_a_time_of_two_series(void)
{
	trace_start("ev");
	TRACE_COUNTER_ID2("ev", "with id", 0x319009, "a", 1, "b", 2);
	TRACE_COUNTER_WITH_TIMESTAMP2("ev", "with time", 42, "a", 1, "b", 2);
	trace_stop();
	IS("with id", "id", "\"0x319009\"");
	IS("with id", "args", "{\"a\":1,\"b\":2}");
	IS("with time", "ts", "42");
	IS("with time", "args", "{\"a\":1,\"b\":2}");
}

static void EV_13_marks(void)
{
	trace_start("ev");
	RILL_MARK("ev", "native");
	TRACE_EVENT_COPY_MARK("ev", "copied");
	TRACE_EVENT_COPY_MARK1("ev", "copied1", "a", 1);
	TRACE_EVENT_MARK_WITH_TIMESTAMP0("ev", "at", 77);
	TRACE_EVENT_MARK_WITH_TIMESTAMP2("ev", "at2", 78, "a", 1, "b", 2);
	trace_stop();
	for (int i = 0; i < 5; i++)
		IS(((const char *[]){ "native", "copied", "copied1", "at", "at2" })[i], "ph",
		   "\"R\"");
	IS("copied1", "args", "{\"a\":1}");
	IS("at", "ts", "77");
	IS("at2", "args", "{\"a\":1,\"b\":2}");
}

static void EV_14_samples_have_an_id(void)
{
	trace_start("ev");
	TRACE_EVENT_SAMPLE_WITH_ID1("ev", "sample", 0x99, "a", 1);
	RILL_SAMPLE("ev", "native", 0x98, "a", 2);
	trace_stop();
	IS("sample", "ph", "\"P\"");
	IS("sample", "id", "\"0x99\"");
	IS("sample", "args", "{\"a\":1}");
	IS("native", "ph", "\"P\"");
	IS("native", "id", "\"0x98\"");
}

static void EV_15_objects_live_are_looked_at_and_die(void)
{
	trace_start("ev");
	TRACE_EVENT_OBJECT_CREATED_WITH_ID("ev", "old", 0x42);
	TRACE_EVENT_OBJECT_SNAPSHOT_WITH_ID("ev", "old", 0x42, "hello");
	TRACE_EVENT_OBJECT_DELETED_WITH_ID("ev", "old", 0x42);
	RILL_OBJECT_NEW("ev", "native", 0x43);
	RILL_OBJECT_SNAPSHOT("ev", "native", 0x43, "size", 7);
	RILL_OBJECT_DELETE("ev", "native", 0x43);
	trace_stop();
	for (const char *phase = "NOD"; *phase; phase++) {
		PHASE_IS("old", *phase, "id", "\"0x42\"");
		PHASE_IS("native", *phase, "id", "\"0x43\"");
	}
	PHASE_IS("old", 'O', "args", "{\"snapshot\":\"hello\"}");
	PHASE_IS("native", 'O', "args", "{\"snapshot\":{\"size\":7}}");
}

static void EV_19_control_characters_in_an_async_copy_event(void)
{
	char name[] = "na\n\x02me\"", value[] = "v\t\x1b\\";

	trace_start("ev");
	TRACE_EVENT_COPY_ASYNC_BEGIN2("ev", name, 1, "name1", value, "name2", "\x01");
	memset(name, '!', strlen(name));
	memset(value, '!', strlen(value));
	trace_stop();
	HAS_TEXT("\"name\":\"na\\n\\u0002me\\\"\"");
	HAS_TEXT("\"args\":{\"name1\":\"v\\t\\u001b\\\\\",\"name2\":\"\\u0001\"}");
}

static void EV_21_a_disabled_by_default_event_comes_only_when_it_is_named(void)
{
	for (int asked = 0; asked < 2; asked++) {
		trace_start(asked ? "disabled-by-default-ev" : NULL);
		TRACE_EVENT_INSTANT0(TRACE_DISABLED_BY_DEFAULT("ev"), "hidden", THREAD);
		TRACE_EVENT_INSTANT0("ev," TRACE_DISABLED_BY_DEFAULT("ev"), "group", THREAD);
		RILL_INSTANT("disabled-by-default-ev", "native");
		trace_stop();
		CU_ASSERT_EQUAL(count_events("hidden"), asked);
		CU_ASSERT_EQUAL(count_events("native"), asked);
		CU_ASSERT_EQUAL(count_events("group"), 1);
	}
}

static void on_signal(int signal)
{
	(void)signal;
	TRACE_EVENT_INSTANT0("ev", "handler", THREAD);
	RILL_INSTANT("ev", "native handler");
}

static void EV_27_a_signal_handler_may_emit_inside_an_event(void)
{
	struct sigaction action = { .sa_handler = on_signal }, before;

	sigaction(SIGUSR1, &action, &before);
	trace_start("ev");
	{
		TRACE_EVENT0("ev", "outside");
		/* The argument is evaluated while its event is already decided on. */
		TRACE_EVENT_INSTANT1("ev", "interrupted", THREAD, "a", raise(SIGUSR1));
	}
	trace_stop();
	sigaction(SIGUSR1, &before, NULL);
	CU_ASSERT_EQUAL(count_events("handler"), 1);
	CU_ASSERT_EQUAL(count_events("native handler"), 1);
	IS("interrupted", "args", "{\"a\":0}");
	CU_ASSERT_EQUAL(count_events("outside"), 2);
	CU_ASSERT_EQUAL(trace.stats.lost_total, 0);
}

static void EV_18_an_event_of_another_process_has_its_pid_and_no_thread(void)
{
	trace_start("ev");
	TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_PROCESS_ID('I', rill_category("ev"), "foreign", NULL,
							0, 0, 0, NULL, NULL, NULL, 0, 4711);
	trace_stop();
	IS("foreign", "pid", "4711");
	IS("foreign", "tid", "-1");
}

static bool is_new_here(void)
{
	bool is_new;

	TRACE_EVENT_IS_NEW_TRACE(&is_new);
	return is_new;
}

static void EV_24_a_recording_is_new_once_for_each_call_site(void)
{
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_FALSE(is_new_here());
		trace_start("ev");
		CU_ASSERT_TRUE(is_new_here());
		CU_ASSERT_FALSE(is_new_here());
		trace_stop();
	}
}

/* ---- AS: operations and arrows --------------------------------------------------------------- */

static void AS_2_arguments_and_times_of_async_events(void)
{
	trace_start("as");
	TRACE_EVENT_ASYNC_BEGIN2("as", "op", 7, "a", 1, "b", "two");
	TRACE_EVENT_ASYNC_STEP_INTO1("as", "op", 7, "step", "c", 3);
	TRACE_EVENT_ASYNC_END1("as", "op", 7, "d", 4);
	TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP1("as", "at", 8, 100, "a", 1);
	TRACE_EVENT_ASYNC_END_WITH_TIMESTAMP0("as", "at", 8, 200);
	trace_stop();
	PHASE_IS("op", 'S', "args", "{\"a\":1,\"b\":\"two\"}");
	PHASE_IS("op", 'T', "args", "{\"step\":\"step\",\"c\":3}");
	PHASE_IS("op", 'F', "args", "{\"d\":4}");
	PHASE_IS("op", 'F', "id", "\"0x7\"");
	PHASE_IS("at", 'S', "ts", "100");
	PHASE_IS("at", 'F', "ts", "200");
}

static void AS_3_a_step_past_carries_its_label(void)
{
	trace_start("as");
	TRACE_EVENT_ASYNC_STEP_PAST0("as", "op", 2, "step2");
	TRACE_EVENT_ASYNC_STEP_PAST1("as", "op1", 3, "step3", "a", 1);
	trace_stop();
	IS("op", "ph", "\"p\"");
	IS("op", "args", "{\"step\":\"step2\"}");
	IS("op1", "args", "{\"step\":\"step3\",\"a\":1}");
}

static void AS_5_nestable_async_events_have_global_ids_unless_told(void)
{
	trace_start("as");
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN1("as", "plain", 5, "a", 1);
	TRACE_EVENT_NESTABLE_ASYNC_INSTANT0("as", "plain", 5);
	TRACE_EVENT_NESTABLE_ASYNC_END0("as", "plain", 5);
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN0("as", "local", TRACE_ID_LOCAL(5));
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN0("as", "global", TRACE_ID_GLOBAL(5));
	trace_stop();
	for (const char *phase = "bne"; *phase; phase++)
		PHASE_IS("plain", *phase, "id", "\"0x5\"");
	IS("local", "id2", "{\"local\":\"0x5\"}");
	IS("local", "id", "");
	IS("global", "id2", "{\"global\":\"0x5\"}");
}

static void AS_8_a_flow_begins_steps_and_ends(void)
{
	trace_start("as");
	TRACE_EVENT_FLOW_BEGIN0("as", "flow", 9);
	TRACE_EVENT_FLOW_STEP0("as", "flow", 9, "half way");
	TRACE_EVENT_FLOW_END0("as", "flow", 9);
	RILL_FLOW_BEGIN("as", "native", 10);
	RILL_FLOW_STEP("as", "native", 10);
	RILL_FLOW_END("as", "native", 10);
	trace_stop();
	for (const char *phase = "stf"; *phase; phase++) {
		PHASE_IS("flow", *phase, "id", "\"0x9\"");
		PHASE_IS("native", *phase, "id", "\"0xa\"");
	}
	PHASE_IS("flow", 't', "args", "{\"step\":\"half way\"}");
	PHASE_IS("flow", 'f', "bp", "");
	PHASE_IS("native", 'f', "bp", "\"e\"");
}

static void AS_11_ends_without_a_begin_are_written_as_they_come(void)
{
	trace_start("as");
	TRACE_EVENT_NESTABLE_ASYNC_END0("as", "only end", 11);
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN0("as", "only begin", 12);
	TRACE_EVENT_ASYNC_END0("as", "only old end", 13);
	trace_stop();
	IS("only end", "ph", "\"e\"");
	IS("only begin", "ph", "\"b\"");
	IS("only old end", "ph", "\"F\"");
	CU_ASSERT_EQUAL(count_own(), 3);
}

static void AS_12_steps_of_both_kinds_are_left_for_the_reader_to_complain_about(void)
{
	trace_start("as");
	TRACE_EVENT_ASYNC_BEGIN0("as", "op", 1);
	TRACE_EVENT_ASYNC_STEP_INTO0("as", "op", 1, "into");
	TRACE_EVENT_ASYNC_STEP_PAST0("as", "op", 1, "past");
	TRACE_EVENT_ASYNC_END0("as", "op", 1);
	trace_stop();
	CU_ASSERT_EQUAL(count_own(), 4);
	PHASE_IS("op", 'T', "id", "\"0x1\"");
	PHASE_IS("op", 'p', "id", "\"0x1\"");
}

static const struct test_case cases[] = {
	T(EV_3_two_scopes_in_one_block_nest),
	T(EV_6_begin_and_end_keep_their_arguments_apart),
	T(EV_9_a_counter_of_two_series),
	T(EV_12_counters_with_an_id_or_a_time_of_two_series),
	T(EV_13_marks),
	T(EV_14_samples_have_an_id),
	T(EV_15_objects_live_are_looked_at_and_die),
	T(EV_19_control_characters_in_an_async_copy_event),
	T(EV_21_a_disabled_by_default_event_comes_only_when_it_is_named),
	T(EV_27_a_signal_handler_may_emit_inside_an_event),
	T(EV_18_an_event_of_another_process_has_its_pid_and_no_thread),
	T(EV_24_a_recording_is_new_once_for_each_call_site),
	T(AS_2_arguments_and_times_of_async_events),
	T(AS_3_a_step_past_carries_its_label),
	T(AS_5_nestable_async_events_have_global_ids_unless_told),
	T(AS_8_a_flow_begins_steps_and_ends),
	T(AS_11_ends_without_a_begin_are_written_as_they_come),
	T(AS_12_steps_of_both_kinds_are_left_for_the_reader_to_complain_about),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("conformance of macros", cases, argc, argv);
}

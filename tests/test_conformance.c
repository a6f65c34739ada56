/* SPDX-License-Identifier: MIT
 * test_conformance.c - cases of doc/conformance.md about single events, from the call site to the file: W, ARG, TO, EV, AS.
 */
#include "tests/conformance_help.h"

#include <math.h>
#include <signal.h>
#include <time.h>

#define THREAD TRACE_EVENT_SCOPE_THREAD

/* ---- W: the writer ------------------------------------------------------------------------- */

static void W_3_the_list_of_events_stands_under_any_key(void)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct json_object *whole, *list;
	char *text;

	trace_start("w");
	TRACE_EVENT_INSTANT0("w", "one", THREAD);
	trace_stop();
	text = malloc(trace.size + 32);
	CU_ASSERT_FATAL(text != NULL);
	whole = parse_strictly(text, (size_t)sprintf(text, "{\"value\":%s}", trace.text));
	free(text);
	CU_ASSERT_TRUE(json_object_object_get_ex(whole, "value", &list));
	CU_ASSERT_TRUE(json_object_equal(list, trace.events));
	json_object_put(whole);

	options.filter = "w";
	options.object_form = true;
	trace_start_with(options);
	TRACE_EVENT_INSTANT0("w", "one", THREAD);
	trace_stop();
	CU_ASSERT_EQUAL(json_object_object_length(trace.events), 1);
	CU_ASSERT_TRUE(json_object_object_get_ex(trace.events, "traceEvents", &list));
	CU_ASSERT_TRUE(json_object_is_type(list, json_type_array));
}

static void W_6_a_scope_stands_in_front_of_its_id(void)
{
	trace_start("w");
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN0("w", "scoped", TRACE_ID_WITH_SCOPE("s", 42));
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN0("w", "zero", TRACE_ID_WITH_SCOPE("s", 0));
	RILL_ASYNC_BEGIN("w", "native", RILL_ID_SCOPED("t", 43));
	trace_stop();
	HAS_TEXT("\"name\":\"scoped\",\"scope\":\"s\",\"id\":\"0x2a\",\"args\":{}}");
	HAS_TEXT("\"name\":\"zero\",\"scope\":\"s\",\"id\":\"0x0\",\"args\":{}}");
	HAS_TEXT("\"name\":\"native\",\"scope\":\"t\",\"id\":\"0x2b\",\"args\":{}}");
}

static void W_9_both_ends_of_arrows_in_one_event(void)
{
	trace_start("w");
	{
		TRACE_EVENT_WITH_FLOW0("w", "both", UINT64_MAX, TRACE_EVENT_FLAG_FLOW_IN | TRACE_EVENT_FLAG_FLOW_OUT);
	}
	trace_stop();
	HAS_TEXT("\"bind_id\":\"0xffffffffffffffff\",\"flow_in\":true,\"flow_out\":true,\"args\":{}}");
	PHASE_IS("both", 'E', "flow_in", "");
	PHASE_IS("both", 'E', "bind_id", "");
}

static void W_12_every_text_is_escaped(void)
{
	static const char odd[] = "\"\\/\b\f\n\r\t\x01\x1f\x7f";
	const char *const keys[] = { odd };
	const struct rill_arg args[] = { { .type = RILL_TYPE_STRING, .tail = odd, .size = sizeof odd - 1 } };
	struct json_object *event, *member;

	trace_start("*");
	rill_emit('I', odd, odd, 0, 0, 1, keys, args);
	TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN0("w", odd, TRACE_ID_WITH_SCOPE(odd, 1));
	trace_stop();
	event = find_event(odd, 'I', 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	CU_ASSERT_STRING_EQUAL(text_of(event, "cat"), odd);
	CU_ASSERT_TRUE(json_object_object_get_ex(event, "args", &member));
	CU_ASSERT_STRING_EQUAL(text_of(member, odd), odd);
	CU_ASSERT_STRING_EQUAL(text_of(find_event(odd, 'b', 0), "scope"), odd);
}

static void W_15_what_is_no_utf_8_becomes_the_replacement_character(void)
{
#define BAD "a\xff" "b\xc3" "c\xed\xa0\x80" "d\xf4\x90\x80\x80\xc0\xaf"
	const char *const keys[] = { BAD };
	const struct rill_arg args[] = { { .type = RILL_TYPE_STRING, .tail = BAD, .size = sizeof BAD - 1 } };

	trace_start("*");
	rill_emit('I', BAD, BAD, 0, 0, 1, keys, args);
	trace_stop();	/* the parser takes valid UTF-8 only */
	HAS_TEXT("\"name\":\"a\xef\xbf\xbd" "b\xef\xbf\xbd" "c\xef\xbf\xbd");
	CU_ASSERT_PTR_NULL(strstr(trace.text, "\\ud800"));
	CU_ASSERT_EQUAL(count_own(), 1);
}

static void W_18_a_callers_time_of_any_size_and_sign_is_written_exactly(void)
{
	trace_start("w");
	TRACE_EVENT_INSTANT_WITH_TIMESTAMP0("w", "negative", THREAD, -5);
	TRACE_EVENT_INSTANT_WITH_TIMESTAMP0("w", "zero", THREAD, 0);
	TRACE_EVENT_INSTANT_WITH_TIMESTAMP0("w", "last", THREAD, INT64_MAX);
	TRACE_EVENT_INSTANT_WITH_TIMESTAMP0("w", "first", THREAD, INT64_MIN);
	TRACE_EVENT_INSTANT_WITH_TIMESTAMP0("w", "odd", THREAD, 9007199254740993);
	trace_stop();
	IS("negative", "ts", "-5");
	IS("zero", "ts", "0");
	IS("last", "ts", "9223372036854775807");
	IS("first", "ts", "-9223372036854775808");
	IS("odd", "ts", "9007199254740993");
}

/* ---- ARG: values --------------------------------------------------------------------------- */

static void ARG_1_unsigned_numbers_of_every_width(void)
{
	trace_start("arg");
	RILL_INSTANT("arg", "native", "a", (uint8_t)255, "b", (uint16_t)65535, "c", (uint32_t)4294967295, "d",
		     UINT64_C(18446744073709551614));
	TRACE_EVENT_INSTANT2("arg", "old", THREAD, "a", (uint8_t)11, "b", (uint16_t)22);
	TRACE_EVENT_INSTANT2("arg", "older", THREAD, "c", (uint32_t)4294967295, "d", (uint64_t)44);
	trace_stop();
	IS("native", "args", "{\"a\":255,\"b\":65535,\"c\":4294967295,\"d\":18446744073709551614}");
	IS("old", "args", "{\"a\":11,\"b\":22}");
	IS("older", "args", "{\"c\":4294967295,\"d\":44}");
}

static void ARG_4_doubles_and_floats(void)
{
	trace_start("arg");
	RILL_INSTANT("arg", "native", "a", 1.5, "b", -1.25, "c", 0.1f, "d", 1e-7, "e", 5e-324);
	TRACE_EVENT_INSTANT2("arg", "old", THREAD, "a", 1.5, "b", 0.1f);
	trace_stop();
	IS("native", "args", "{\"a\":1.5,\"b\":-1.25,\"c\":0.1,\"d\":1e-07,\"e\":5e-324}");
	CU_ASSERT_PTR_NOT_NULL(strstr(member_of(find_event("old", 0, 0), "args"), "{\"a\":1.5,\"b\":0.1"));
}

static void ARG_7_whole_doubles_are_told_from_integers(void)
{
	trace_start("arg");
	RILL_INSTANT("arg", "whole", "a", 1.0, "b", -3.0, "c", 0.0, "d", -0.0, "e", 100000.0);
	trace_stop();
	IS("whole", "args", "{\"a\":1.0,\"b\":-3.0,\"c\":0.0,\"d\":-0.0,\"e\":100000.0}");
}

static void ARG_10_pointers_are_hexadecimal_text_from_any_macro(void)
{
	const void *none = NULL, *some = (const void *)(uintptr_t)0xbadf00d;

	trace_start("arg");
	RILL_INSTANT("arg", "native", "a", none, "b", some);
	TRACE_EVENT_INSTANT2("arg", "old", THREAD, "a", none, "b", some);
	trace_stop();
	IS("native", "args", "{\"a\":\"0x0\",\"b\":\"0xbadf00d\"}");
	IS("old", "args", "{\"a\":\"0x0\",\"b\":\"0xbadf00d\"}");
}

static void ARG_13_texts_are_copied_at_once_also_with_a_bound(void)
{
	char plain[] = "plain", marked[] = "marked", unended[4] = { 'a', 'b', 'c', 'd' };

	trace_start("arg");
	TRACE_EVENT_INSTANT2("arg", "old", THREAD, "a", plain, "b", TRACE_STR_COPY(marked));
	RILL_INSTANT("arg", "native", "a", plain, "b", RILL_COPY(marked, 3), "c", RILL_COPY(unended, 4));
	memset(plain, '!', 5);
	memset(marked, '!', 6);
	memset(unended, '!', 4);
	trace_stop();
	IS("old", "args", "{\"a\":\"plain\",\"b\":\"marked\"}");
	IS("native", "args", "{\"a\":\"plain\",\"b\":\"mar\",\"c\":\"abcd\"}");
}

static void ARG_16_the_smallest_and_the_largest_signed_number(void)
{
	trace_start("arg");
	RILL_INSTANT("arg", "native", "a", INT64_MIN, "b", INT64_MAX, "c", (int8_t)-128, "d", (int16_t)-32768);
	TRACE_EVENT_INSTANT2("arg", "old", THREAD, "a", INT64_MIN, "b", INT64_MAX);
	trace_stop();
	IS("native", "args", "{\"a\":-9223372036854775808,\"b\":9223372036854775807,\"c\":-128,\"d\":-32768}");
	IS("old", "args", "{\"a\":-9223372036854775808,\"b\":9223372036854775807}");
}

static void ARG_19_a_long_text_is_whole_and_a_huge_one_is_cut_and_marked(void)
{
	static char text[200001];
	struct json_object *args;
	const char *huge;

	trace_start("arg");
	memset(text, 'x', 3000);
	RILL_INSTANT("arg", "long", "a", text);
	memset(text, 'x', sizeof text - 1);
	RILL_INSTANT("arg", "huge", "a", text);
	trace_stop();
	CU_ASSERT_EQUAL(strlen(member_of(find_event("long", 0, 0), "args")), 3000 + strlen("{\"a\":\"\"}"));
	CU_ASSERT_TRUE_FATAL(json_object_object_get_ex(find_event("huge", 0, 0), "args", &args));
	huge = text_of(args, "a");
	CU_ASSERT_FATAL(strlen(huge) > 1000 && strlen(huge) < sizeof text);
	CU_ASSERT_STRING_EQUAL(huge + strlen(huge) - 3, "\xe2\x80\xa6");
}

static void ARG_19_a_key_that_comes_twice_is_told_apart(void)
{
	trace_start("arg");
	RILL_INSTANT("arg", "twice", "a", 1, "a", 2, "b", 3);
	trace_stop();
	IS("twice", "args", "{\"a\":1,\"a#2\":2,\"b\":3}");
}

/* ---- EV: macros ---------------------------------------------------------------------------- */

static void EV_3_two_scopes_in_one_block_nest(void)
{
	trace_start("ev");
	{
		TRACE_EVENT0("ev", "outer");
		TRACE_EVENT1("ev", "inner", "a", 1);
	}
	trace_stop();
	CU_ASSERT_EQUAL(count_own(), 4);
	CU_ASSERT(number_of(find_event("outer", 'B', 0), "ts") <= number_of(find_event("inner", 'B', 0), "ts"));
	CU_ASSERT(number_of(find_event("inner", 'E', 0), "ts") <= number_of(find_event("outer", 'E', 0), "ts"));
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
		IS(((const char *[]){ "native", "copied", "copied1", "at", "at2" })[i], "ph", "\"R\"");
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

/* ---- AS: operations and arrows ------------------------------------------------------------- */

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
	T(W_3_the_list_of_events_stands_under_any_key),
	T(W_6_a_scope_stands_in_front_of_its_id),
	T(W_9_both_ends_of_arrows_in_one_event),
	T(W_12_every_text_is_escaped),
	T(W_15_what_is_no_utf_8_becomes_the_replacement_character),
	T(W_18_a_callers_time_of_any_size_and_sign_is_written_exactly),
	T(ARG_1_unsigned_numbers_of_every_width),
	T(ARG_4_doubles_and_floats),
	T(ARG_7_whole_doubles_are_told_from_integers),
	T(ARG_10_pointers_are_hexadecimal_text_from_any_macro),
	T(ARG_13_texts_are_copied_at_once_also_with_a_bound),
	T(ARG_16_the_smallest_and_the_largest_signed_number),
	T(ARG_19_a_long_text_is_whole_and_a_huge_one_is_cut_and_marked),
	T(ARG_19_a_key_that_comes_twice_is_told_apart),
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
	T(AS_2_arguments_and_times_of_async_events),
	T(AS_3_a_step_past_carries_its_label),
	T(AS_5_nestable_async_events_have_global_ids_unless_told),
	T(AS_8_a_flow_begins_steps_and_ends),
	T(AS_11_ends_without_a_begin_are_written_as_they_come),
	T(AS_12_steps_of_both_kinds_are_left_for_the_reader_to_complain_about),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("conformance", cases, argc, argv);
}

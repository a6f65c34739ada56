/* SPDX-License-Identifier: MIT
 * test_conformance_value.c - cases of doc/conformance.md about texts and values, from the call site
 * to the file: W, ARG and TO.
 */
#include "tests/alloc_help.h"
#include "tests/conformance_help.h"

#include <pthread.h>

#define THREAD TRACE_EVENT_SCOPE_THREAD

/* ---- W: the writer --------------------------------------------------------------------------- */

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
		TRACE_EVENT_WITH_FLOW0("w", "both", UINT64_MAX,
				       TRACE_EVENT_FLAG_FLOW_IN | TRACE_EVENT_FLAG_FLOW_OUT);
	}
	trace_stop();
	HAS_TEXT(
		"\"bind_id\":\"0xffffffffffffffff\",\"flow_in\":true,\"flow_out\":true,\"args\":{}}");
	PHASE_IS("both", 'E', "flow_in", "");
	PHASE_IS("both", 'E', "bind_id", "");
}

static void W_12_every_text_is_escaped(void)
{
	static const char odd[] = "\"\\/\b\f\n\r\t\x01\x1f\x7f";
	const char *const keys[] = { odd };
	const struct rill_arg args[] = {
		{ .type = RILL_TYPE_STRING, .tail = odd, .size = sizeof odd - 1 }
	};
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
#define BAD             \
	"a\xff"         \
	"b\xc3"         \
	"c\xed\xa0\x80" \
	"d\xf4\x90\x80\x80\xc0\xaf"
	const char *const keys[] = { BAD };
	const struct rill_arg args[] = {
		{ .type = RILL_TYPE_STRING, .tail = BAD, .size = sizeof BAD - 1 }
	};

	trace_start("*");
	rill_emit('I', BAD, BAD, 0, 0, 1, keys, args);
	trace_stop(); /* the parser takes valid UTF-8 only */
	HAS_TEXT("\"name\":\"a\xef\xbf\xbd"
		 "b\xef\xbf\xbd"
		 "c\xef\xbf\xbd");
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

/* ---- ARG: values ----------------------------------------------------------------------------- */

static void ARG_1_unsigned_numbers_of_every_width(void)
{
	trace_start("arg");
	RILL_INSTANT("arg", "native", "a", (uint8_t)255, "b", (uint16_t)65535, "c",
		     (uint32_t)4294967295, "d", UINT64_C(18446744073709551614));
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
	CU_ASSERT_PTR_NOT_NULL(
		strstr(member_of(find_event("old", 0, 0), "args"), "{\"a\":1.5,\"b\":0.1"));
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
	RILL_INSTANT("arg", "native", "a", plain, "b", RILL_COPY(marked, 3), "c",
		     RILL_COPY(unended, 4));
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
	RILL_INSTANT("arg", "native", "a", INT64_MIN, "b", INT64_MAX, "c", (int8_t)-128, "d",
		     (int16_t)-32768);
	TRACE_EVENT_INSTANT2("arg", "old", THREAD, "a", INT64_MIN, "b", INT64_MAX);
	trace_stop();
	IS("native", "args",
	   "{\"a\":-9223372036854775808,\"b\":9223372036854775807,\"c\":-128,\"d\":-32768}");
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
	CU_ASSERT_EQUAL(strlen(member_of(find_event("long", 0, 0), "args")),
			3000 + strlen("{\"a\":\"\"}"));
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

/* ---- TO: no memory --------------------------------------------------------------------------- */

static __thread unsigned allocations; /* by this thread */

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	allocations++;
	return __real_realloc(p, size);
}

static void *emit_texts(void *seen)
{
	static const char *const keys[] = { "a" };
	const struct rill_arg arg = { .type = RILL_TYPE_STRING, .tail = "text", .size = 4 };
	const unsigned before = allocations;

	/* The thread's first event, too. */
	RILL_INSTANT("to", "literal", "a", "text", "b", RILL_COPY("copied", 3));
	TRACE_EVENT_INSTANT2("to", "literal", TRACE_EVENT_SCOPE_THREAD, "a", "text", "b",
			     TRACE_STR_COPY("copied"));
	TRACE_EVENT_COPY_INSTANT1("to", "literal", TRACE_EVENT_SCOPE_THREAD, "a", "text");
	rill_emit('I', "to", "literal", 0, 0, 1, keys, &arg);
	*(unsigned *)seen = allocations - before;
	return NULL;
}

static void TO_4_no_event_and_no_text_allocates_memory(void)
{
	unsigned seen = 1;
	pthread_t thread;
	void *volatile probe = malloc(1);

	CU_ASSERT(allocations > 0); /* else nothing is counted at all */
	free(probe);
	rill_category("to");
	trace_start("to");
	pthread_create(&thread, NULL, emit_texts, &seen);
	pthread_join(thread, NULL);
	trace_stop();
	CU_ASSERT_EQUAL(seen, 0);
	CU_ASSERT_EQUAL(count_events("literal"), 4);
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
	T(TO_4_no_event_and_no_text_allocates_memory),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("conformance of values", cases, argc, argv);
}

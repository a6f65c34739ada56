/* SPDX-License-Identifier: MIT
 * test_json_slices.c - option `slices` of Chrome JSON: scopes as one X.
 */
#include "tests/json_help.h"

#define SCOPE RILL_EVENT_SCOPE
#define END (RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN)
#define LOST (RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN | RILL_EVENT_BEGIN_LOST)
#define OWN RILL_EVENT_HAS_OWN_TIME

#define BEGIN_AT(time, ...) EVENT('B', .state = SCOPE, .site = 5, .ts_ns = time, ##__VA_ARGS__)
#define END_AT(time, begin, ...) \
	EVENT('E', .state = END, .site = 5, .ts_ns = time, .begin_ns = begin, ##__VA_ARGS__)
#define SLICE(ts, name, dur, args)                                                            \
	",{\"pid\":11,\"tid\":22,\"ts\":" ts ",\"ph\":\"X\",\"cat\":\"cat\",\"name\":\"" name \
	"\",\"dur\":" dur ",\"args\":" args "}\n"
#define WRITES(event, text) CU_ASSERT_STRING_EQUAL(help_event(event), text)

static void slices_are_written_at_their_end_with_the_arguments_of_the_begin(void)
{
	INIT(.slices = true);
	WRITES(BEGIN_AT(1000, .name = "outer", ARGS(TEXT("a", "x"))), "");
	WRITES(BEGIN_AT(2000, .name = "inner", .site = 6), "");
	WRITES(END_AT(3500, 2000, .name = "inner", .site = 6),
	       SLICE("2.000", "inner", "1.500", "{}"));
	WRITES(END_AT(5000, 1000, .name = "outer"),
	       SLICE("1.000", "outer", "4.000", "{\"a\":\"x\"}"));
	CU_ASSERT_EQUAL(rill_json_open_slice(&help_json, help_text) - help_text, 0);
}

static void slices_of_threads_and_signal_levels_do_not_mix(void)
{
	static const struct rill_thread other = { .tid = 22,
						  .serial = 2,
						  .name = "same tid, later thread" };

	INIT(.slices = true);
	WRITES(BEGIN_AT(1000, .name = "a"), "");
	WRITES(BEGIN_AT(1000, .name = "b", .thread = &other), "");
	WRITES(BEGIN_AT(1000, .name = "c", .level = 1), "");
	WRITES(END_AT(2000, 1000, .name = "a"), SLICE("1.000", "a", "1.000", "{}"));
	WRITES(END_AT(3000, 1000, .name = "b", .thread = &other),
	       SLICE("1.000", "b", "2.000", "{}"));
	WRITES(END_AT(4000, 1000, .name = "c", .level = 1), SLICE("1.000", "c", "3.000", "{}"));
}

static void recursion_within_one_tick_ends_the_innermost_first(void)
{
	INIT(.slices = true);
	WRITES(BEGIN_AT(1000, ARGS(INT("n", 1))), "");
	WRITES(BEGIN_AT(1000, ARGS(INT("n", 2))), "");
	WRITES(END_AT(2000, 1000), SLICE("1.000", "name", "1.000", "{\"n\":2}"));
	WRITES(END_AT(3000, 1000), SLICE("1.000", "name", "2.000", "{\"n\":1}"));
}

/* The conversion of ticks gets coarser with age: an end may tell its begin some ns beside what was written. */
static void a_long_scope_meets_its_begin_some_ns_beside_it(void)
{
	for (int beside = -40; beside <= 40; beside += 40) {
		INIT(.slices = true);
		WRITES(BEGIN_AT(1000, .name = "outer"), "");
		WRITES(BEGIN_AT(1000000, .name = "inner", .site = 6), "");
		WRITES(END_AT(6000001000, (uint64_t)(1000000 + beside), .name = "inner", .site = 6),
		       SLICE("1000.000", "inner", "5999001.000", "{}"));
		WRITES(END_AT(6000002000, (uint64_t)(1000 + beside), .name = "outer"), SLICE("1.000", "outer", "6000001.000", "{}"));
		CU_ASSERT_EQUAL(rill_json_open_slice(&help_json, help_text) - help_text, 0);
		INIT(.slices = false);
		help_event(BEGIN_AT(1000));
		WRITES(END_AT(6000001000, (uint64_t)(1000 + beside)), ",{\"pid\":11,\"tid\":22,\"ts\":6000001.000,\"ph\":\"E\","
		       "\"cat\":\"cat\",\"name\":\"name\",\"args\":{}}\n");
	}
}

/* A begin that came out of a later piece of the clock is put forward by some ns. */
static void a_scope_meets_its_begin_that_was_put_forward(void)
{
	INIT(.slices = true);
	WRITES(BEGIN_AT(1000, ARGS(INT("n", 1))), "");
	WRITES(BEGIN_AT(1028, ARGS(INT("n", 2))), "");
	WRITES(END_AT(2000, 1020), SLICE("1.028", "name", "0.972", "{\"n\":2}"));
	WRITES(END_AT(3000, 998), SLICE("1.000", "name", "2.000", "{\"n\":1}"));
	CU_ASSERT_EQUAL(rill_json_open_slice(&help_json, help_text) - help_text, 0);
}

static void slices_whose_end_was_lost_end_with_the_one_around_them(void)
{
	INIT(.slices = true);
	WRITES(BEGIN_AT(1000, .name = "outer"), "");
	WRITES(BEGIN_AT(2000, .name = "lost", .site = 6), "");
	WRITES(BEGIN_AT(3000, .name = "lost too", .site = 7), "");
	WRITES(END_AT(5000, 1000, .name = "outer"), SLICE("3.000", "lost too", "2.000", "{}")
	       SLICE("2.000", "lost", "3.000", "{}") SLICE("1.000", "outer", "4.000", "{}"));
	/* The one around them may be without a begin itself. */
	WRITES(BEGIN_AT(7000, .name = "inner"), "");
	WRITES(EVENT('E', .state = LOST, .ts_ns = 8000, .begin_ns = 6000),
	       SLICE("7.000", "inner", "1.000", "{}") SLICE("6.000", "name", "2.000", "{}"));
	CU_ASSERT_EQUAL(rill_json_open_slice(&help_json, help_text) - help_text, 0);
}

static void an_end_is_not_taken_for_that_of_another_site_in_the_same_tick(void)
{
	INIT(.slices = true);
	WRITES(BEGIN_AT(1000, .name = "outer"), "");
	WRITES(EVENT('E', .state = LOST, .site = 6, .ts_ns = 1500, .begin_ns = 1000),
	       SLICE("1.000", "name", "0.500", "{}"));
	WRITES(END_AT(2000, 1000, .name = "outer"), SLICE("1.000", "outer", "1.000", "{}"));
}

static void slices_with_times_of_the_callers_own(void)
{
	INIT(.slices = true);
	WRITES(BEGIN_AT(1000, .state = SCOPE | OWN, .own_time_us = -5), "");
	WRITES(END_AT(2000, 1000, .state = END | OWN, .own_time_us = 37),
	       SLICE("-5", "name", "42", "{}"));
	WRITES(BEGIN_AT(3000, .state = SCOPE | OWN, .own_time_us = INT64_MIN), "");
	WRITES(END_AT(4000, 3000, .state = END | OWN, .own_time_us = INT64_MAX),
	       SLICE("-9223372036854775808", "name", "9223372036854775807", "{}"));
}

static void slices_without_a_place_are_B_and_E(void)
{
	char text[400];
	const struct rill_value value = {
		.name = "a", .type = RILL_TYPE_COPY, .text = text, .size = sizeof text
	};

	memset(text, 'x', sizeof text);
	INIT(.slices = true, .open_max = 2);
	/* Too long a text. */
	CONTAINS(help_event(BEGIN_AT(1000, .args = &value, .nargs = 1)), "\"ph\":\"B\"");
	CONTAINS(help_event(END_AT(2000, 1000)), "\"ph\":\"E\"");
	/* No place left; places come back. */
	for (int round = 0; round < 3; round++) {
		WRITES(BEGIN_AT(1000), "");
		WRITES(BEGIN_AT(2000), "");
		CONTAINS(help_event(BEGIN_AT(3000)), "\"ph\":\"B\"");
		CONTAINS(help_event(END_AT(4000, 3000)), "\"ph\":\"E\"");
		CONTAINS(help_event(END_AT(5000, 2000)), "\"ph\":\"X\"");
		CONTAINS(help_event(END_AT(6000, 1000)), "\"ph\":\"X\"");
	}
}

static const char *open_slice(void)
{
	*rill_json_open_slice(&help_json, help_text) = 0;
	CU_ASSERT(strlen(help_text) <= RILL_JSON_LINE_MAX);
	return help_text;
}

static void slices_left_open_are_written_as_begins_oldest_first(void)
{
	static const struct rill_thread other = { .tid = 23, .serial = 2, .name = "" };

	INIT(.slices = true);
	WRITES(BEGIN_AT(2000, .name = "b"), "");
	WRITES(BEGIN_AT(3000, .name = "c", .thread = &other, .tid = 23), "");
	WRITES(BEGIN_AT(2000, .name = "b2"), "");
	WRITES(BEGIN_AT(1000, .name = "a", .level = 1, ARGS(INT("x", 1))), "");
	CU_ASSERT_STRING_EQUAL(
		open_slice(),
		",{\"pid\":11,\"tid\":22,\"ts\":1.000,\"ph\":\"B\",\"cat\":\"cat\",\"name\":\"a\","
		"\"args\":{\"x\":1}}\n");
	CONTAINS(open_slice(), "\"ts\":2.000,\"ph\":\"B\",\"cat\":\"cat\",\"name\":\"b\",");
	CONTAINS(open_slice(), "\"ts\":2.000,\"ph\":\"B\",\"cat\":\"cat\",\"name\":\"b2\",");
	CONTAINS(open_slice(),
		 "\"tid\":23,\"ts\":3.000,\"ph\":\"B\",\"cat\":\"cat\",\"name\":\"c\",");
	CU_ASSERT_STRING_EQUAL(open_slice(), "");
	INIT();
	CU_ASSERT_STRING_EQUAL(open_slice(), "");
}

static void slices_keep_their_ids_and_thread_time(void)
{
	INIT(.slices = true);
	WRITES(BEGIN_AT(1000, .state = SCOPE | RILL_EVENT_HAS_THREAD_TIME, .thread_time_ns = 500,
			.bind_id = 7, .flags = RILL_FLAG_FLOW_OUT),
	       "");
	WRITES(END_AT(61000, 1000, .state = END | RILL_EVENT_HAS_THREAD_TIME,
		      .thread_time_ns = 10500, .flags = RILL_FLAG_FLOW_OUT),
	       ",{\"pid\":11,\"tid\":22,\"ts\":1.000,\"tts\":0.500,\"ph\":\"X\",\"cat\":\"cat\","
	       "\"name\":\"name\",\"dur\":60.000,"
	       "\"tdur\":10.000,\"bind_id\":\"0x7\",\"flow_out\":true,\"args\":{}}\n");
}

static const struct test_case cases[] = {
	T(slices_are_written_at_their_end_with_the_arguments_of_the_begin),
	T(slices_of_threads_and_signal_levels_do_not_mix),
	T(recursion_within_one_tick_ends_the_innermost_first),
	T(a_long_scope_meets_its_begin_some_ns_beside_it),
	T(a_scope_meets_its_begin_that_was_put_forward),
	T(slices_whose_end_was_lost_end_with_the_one_around_them),
	T(an_end_is_not_taken_for_that_of_another_site_in_the_same_tick),
	T(slices_with_times_of_the_callers_own),
	T(slices_without_a_place_are_B_and_E),
	T(slices_left_open_are_written_as_begins_oldest_first),
	T(slices_keep_their_ids_and_thread_time),
};

int main(int argc, char **argv)
{
	const int result = TEST_MAIN("json_slices", cases, argc, argv);

	rill_json_exit(&help_json);
	return result;
}

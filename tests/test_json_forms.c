/* SPDX-License-Identifier: MIT
 * test_json_forms.c - scopes, times and the lines that are no events, as Chrome JSON.
 */
#include "tests/json_help.h"

#include <stdio.h>

#define SCOPE RILL_EVENT_SCOPE
#define END (RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN)
#define LOST (RILL_EVENT_SCOPE | RILL_EVENT_HAS_BEGIN | RILL_EVENT_BEGIN_LOST)
#define OWN RILL_EVENT_HAS_OWN_TIME

/* ---- scopes -------------------------------------------------------------------------------- */

static void EV_2_a_scope_is_B_with_its_arguments_and_E(void)
{
	INIT();
	LINE_IS(EVENT('B', .state = SCOPE, ARGS(INT("a", 1))),
		",{\"pid\":11,\"tid\":22,\"ts\":100.007,\"ph\":\"B\",\"cat\":\"cat\","
		"\"name\":\"name\",\"args\":{\"a\":1}}");
	LINE_IS(EVENT('E', .state = END, .begin_ns = 100007, .ts_ns = 200000),
		",{\"pid\":11,\"tid\":22,\"ts\":200.000,\"ph\":\"E\",\"cat\":\"cat\","
		"\"name\":\"name\",\"args\":{}}");
}

/* Else every later slice of the thread would stand one level too deep. */
static void a_lost_end_is_made_good_by_the_end_around_it(void)
{
	const char *text;

	INIT();
	help_event(EVENT('B', .state = SCOPE, .site = 5, .name = "outer", .ts_ns = 1000));
	help_event(EVENT('B', .state = SCOPE, .site = 6, .name = "in\"ner", .ts_ns = 2000));
	help_event(EVENT('B', .state = SCOPE, .site = 7, .name = "innermost", .ts_ns = 2500));
	text = help_event(EVENT('E', .state = END, .site = 5, .name = "outer", .begin_ns = 1000, .ts_ns = 4000));
	CU_ASSERT_STRING_EQUAL(text,
			       ",{\"pid\":11,\"tid\":22,\"ts\":4.000,\"ph\":\"E\",\"cat\":\"cat\",\"name\":\"innermost\","
			       "\"args\":{}}\n"
			       ",{\"pid\":11,\"tid\":22,\"ts\":4.000,\"ph\":\"E\",\"cat\":\"cat\",\"name\":\"in\\\"ner\","
			       "\"args\":{}}\n"
			       ",{\"pid\":11,\"tid\":22,\"ts\":4.000,\"ph\":\"E\",\"cat\":\"cat\",\"name\":\"outer\","
			       "\"args\":{}}\n");
	text = help_event(EVENT('B', .state = SCOPE, .site = 5, .name = "next", .ts_ns = 5000));
	CU_ASSERT_PTR_EQUAL(strchr(text, '\n'), text + strlen(text) - 1);
	text = help_event(EVENT('E', .state = END, .site = 5, .name = "next", .begin_ns = 5000, .ts_ns = 6000));
	CU_ASSERT_PTR_EQUAL(strchr(text, '\n'), text + strlen(text) - 1);
}

static void an_end_of_its_own_keeps_its_arguments(void)
{
	INIT(.slices = true);
	CONTAINS(help_event(EVENT('B', ARGS(INT("a", 1)))),
		 "\"ph\":\"B\",\"cat\":\"cat\",\"name\":\"name\",\"args\":{\"a\":1}");
	CONTAINS(help_event(EVENT('E', ARGS(INT("ret", 2)))),
		 "\"ph\":\"E\",\"cat\":\"cat\",\"name\":\"name\",\"args\":{\"ret\":2}");
}

static void an_end_whose_begin_was_lost_is_a_whole_slice(void)
{
	for (int slices = 0; slices < 2; slices++) {
		INIT(.slices = slices);
		LINE_IS(EVENT('E', .site = 4, .state = LOST | RILL_EVENT_HAS_THREAD_TIME,
			      .begin_ns = 50000, .thread_time_ns = 9),
			",{\"pid\":11,\"tid\":22,\"ts\":50.000,\"ph\":\"X\",\"cat\":\"cat\","
			"\"name\":\"name\",\"dur\":50.007,\"args\":{}}");
	}
	CONTAINS(help_event(EVENT('E', .state = LOST, .begin_ns = 200000)),
		 "\"ts\":200.000,\"ph\":\"X\",\"cat\":\"cat\","
		 "\"name\":\"name\",\"dur\":0.000,");
	CONTAINS(help_event(EVENT('E', .state = LOST | OWN, .begin_ns = 50500, .own_time_us = 60)),
		 "\"dur\":9.500,");
}

static void a_complete_event_always_has_a_duration(void)
{
	INIT();
	CONTAINS(
		help_event(EVENT('X')),
		"\"ts\":100.007,\"ph\":\"X\",\"cat\":\"cat\",\"name\":\"name\",\"dur\":0,"
		"\"args\":{}");
	CONTAINS(
		help_event(EVENT('X', .state = RILL_EVENT_HAS_BEGIN, .begin_ns = 100000,
				 ARGS(INT("a", 1)))),
		"\"ts\":100.000,\"ph\":\"X\",\"cat\":\"cat\",\"name\":\"name\",\"dur\":0.007,"
		"\"args\":{\"a\":1}");
}

static void an_event_out_of_order_says_so(void)
{
	INIT();
	CONTAINS(help_event(EVENT('I', .state = RILL_EVENT_LATE)),
		 "\"s\":\"g\",\"late\":true,\"args\":{}}");
}

/* ---- times --------------------------------------------------------------------------------- */

#define TS_IS(event, text) CONTAINS(help_event(event), ",{\"pid\":11,\"tid\":22,\"ts\":" text ",")

static void times_have_three_decimals(void)
{
	INIT();
	TS_IS(EVENT('I', .ts_ns = 0), "0.000");
	TS_IS(EVENT('I', .ts_ns = 1), "0.001");
	TS_IS(EVENT('I', .ts_ns = 999999), "999.999");
	TS_IS(EVENT('I', .ts_ns = 1000000), "1000.000");
	TS_IS(EVENT('I', .ts_ns = 270270270093), "270270270.093");
	TS_IS(EVENT('I', .ts_ns = 270270000000), "270270000.000");
	/* The upper digits are kept; a step back must not keep the wrong ones. */
	TS_IS(EVENT('I', .ts_ns = 2000001), "2000.001");
	TS_IS(EVENT('I', .ts_ns = 270270270093), "270270270.093");
	TS_IS(EVENT('I', .ts_ns = 5), "0.005");
}

static void times_are_those_of_whole_number_arithmetic(void)
{
	uint64_t ns = 1;

	INIT();
	for (int i = 0; i < 2000; i++) {
		const uint64_t ts = ns >> (i % 40);
		char want[60];

		snprintf(want, sizeof want, "\"ts\":%llu.%03u,", (unsigned long long)(ts / 1000),
			 (unsigned)(ts % 1000));
		CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(help_event(EVENT('I', .ts_ns = ts)), want));
		ns = ns * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	}
}

static void relative_times_count_from_the_start(void)
{
	INIT(.relative_time = true, .start_ns = 5000500);
	TS_IS(EVENT('I', .ts_ns = 5000500), "0.000");
	TS_IS(EVENT('I', .ts_ns = 5002000), "1.500");
	TS_IS(EVENT('I', .ts_ns = 9005000500), "9000000.000");
	TS_IS(EVENT('I', .ts_ns = 5000499), "-0.001");
	TS_IS(EVENT('I', .ts_ns = 4999000), "-1.500");
	TS_IS(EVENT('I', .ts_ns = 0), "-5000.500");
	TS_IS(EVENT('I', .own_time_us = 5001, .state = OWN), "0.500");
	TS_IS(EVENT('I', .own_time_us = INT64_MIN, .state = OWN), "-9223372036854775808.000");
	TS_IS(EVENT('E', .state = LOST, .begin_ns = 4000500, .ts_ns = 5000501), "-1000.000");
	CONTAINS(help_text, "\"dur\":1000.001,");
}

/* ---- lines that are no events -------------------------------------------------------------- */

static const char *meta(char *end)
{
	*end = 0;
	return help_text;
}

static void MD_a_threads_name_and_order(void)
{
	const struct rill_thread plain = { .tid = 5, .name = "w\"1" };
	const struct rill_thread sorted = {
		.tid = 6, .name = "", .sort_index = -5, .has_sort_index = 1
	};
	struct rill_json *json = INIT();

	CU_ASSERT_STRING_EQUAL(
		meta(rill_json_thread(json, &plain, 0, help_text)),
		",{\"pid\":11,\"tid\":5,\"ts\":0,\"ph\":\"M\",\"cat\":\"__metadata\","
		"\"name\":\"thread_name\","
		"\"args\":{\"name\":\"w\\\"1\"}}\n");
	CU_ASSERT(strlen(help_text) <= rill_json_thread_max(&plain));
	CU_ASSERT_STRING_EQUAL(
		meta(rill_json_thread(json, &sorted, 7000, help_text)),
		",{\"pid\":11,\"tid\":6,\"ts\":7.000,\"ph\":\"M\",\"cat\":\"__metadata\","
		"\"name\":\"thread_name\","
		"\"args\":{\"name\":\"\"}}\n"
		",{\"pid\":11,\"tid\":6,\"ts\":7.000,\"ph\":\"M\",\"cat\":\"__metadata\","
		"\"name\":\"thread_sort_index\","
		"\"args\":{\"sort_index\":-5}}\n");
	CU_ASSERT(strlen(help_text) <= rill_json_thread_max(&sorted));
}

static void MD_metadata_takes_an_object_and_wraps_the_rest(void)
{
	static const struct {
		const char *args, *written;
	} cases[] = { { "{\"name\":\"prog\"}", "{\"name\":\"prog\"}" },
		      { " { \"a\" : [ 1 ] }\n", "{\"a\":[1]}" },
		      { "{}", "{}" },
		      { "5", "{\"value\":5}" },
		      { "\"x\"", "{\"value\":\"x\"}" },
		      { "[1]", "{\"value\":[1]}" },
		      { "", "{\"value\":\"\"}" },
		      { "{\"a\":", "{\"value\":\"{\\\"a\\\":\"}" },
		      { "a\nb", "{\"value\":\"a\\nb\"}" } };
	struct rill_json *json = INIT();

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char want[200];

		snprintf(want, sizeof want,
			 ",{\"pid\":11,\"tid\":11,\"ts\":0,\"ph\":\"M\",\"cat\":\"__metadata\","
			 "\"name\":\"process_name\",\"args\":%s}\n",
			 cases[i].written);
		CU_ASSERT_STRING_EQUAL(
			meta(rill_json_metadata(json, "process_name", cases[i].args, help_text)),
			want);
		CU_ASSERT(strlen(help_text) <=
			  rill_json_metadata_max("process_name", cases[i].args));
	}
}

static void losses_are_instants_on_the_thread_that_had_them(void)
{
	struct rill_gap gap = { .thread = &help_thread,
				.count = 17,
				.before_ns = 1000,
				.after_ns = 2500,
				.cause = RILL_LOST_FULL };
	struct rill_json *json = INIT();

	CU_ASSERT_STRING_EQUAL(
		meta(rill_json_gap(json, &gap, 9000, help_text)),
		",{\"pid\":11,\"tid\":22,\"ts\":2.500,\"ph\":\"I\",\"cat\":\"rill\","
		"\"name\":\"events lost\",\"s\":\"t\","
		"\"args\":{\"count\":17,\"cause\":\"ring full\",\"level\":0,\"from\":1.000,"
		"\"to\":2.500}}\n");
	gap = (struct rill_gap){ .count = UINT64_MAX, .level = 2, .cause = RILL_LOST_SINK };
	CU_ASSERT_STRING_EQUAL(
		meta(rill_json_gap(json, &gap, 9000, help_text)),
		",{\"pid\":11,\"tid\":11,\"ts\":9.000,\"ph\":\"I\",\"cat\":\"rill\","
		"\"name\":\"events lost\",\"s\":\"p\","
		"\"args\":{\"count\":18446744073709551615,\"cause\":\"sink too slow, full or "
		"failed\",\"level\":2}}\n");
	for (unsigned cause = 0; cause < RILL_CAUSES + 2; cause++) {
		gap.cause = (uint8_t)cause;
		json_object_put(help_line(meta(rill_json_gap(json, &gap, UINT64_MAX, help_text))));
		CU_ASSERT(strlen(help_text) <= RILL_JSON_LINE_MAX);
	}
}

static void the_summary_closes_the_books(void)
{
	const struct rill_stats stats = {
		.delivered = 100, .lost = { 1, 2, 3, 4, 5, 6, 7 }, .lost_total = 28, .threads = 3
	};
	struct rill_json *json = INIT();

	CU_ASSERT_STRING_EQUAL(
		meta(rill_json_summary(json, &stats, help_text)),
		",{\"pid\":11,\"tid\":11,\"ts\":0,\"ph\":\"M\",\"cat\":\"__metadata\","
		"\"argsStripped\":true,\"name\":\"rill_summary\",\"args\":{"
		"\"events\":100,\"lost\":28,\"full\":1,\"big\":2,\"deep\":3,\"no_ring\":4,"
		"\"stopped\":5,\"sink\":6,"
		"\"subscriber\":7,\"threads\":3}}\n");
	CU_ASSERT(strlen(help_text) <= RILL_JSON_LINE_MAX);
}

/* ---- texts kept per call site -------------------------------------------------------------- */

static void kept_texts_change_nothing(void)
{
	static const char *const names[] = { "one", "two \"quoted\"", "three" };
	char fresh[1000];

	for (int i = 0; i < 300; i++) {
		const char *name = names[i % 3], *category = names[i % 2];
		const struct rill_event *event =
			EVENT("BIC"[i % 3], .name = name, .category = category, .site = 1 + i % 7,
			      .flags = RILL_FLAG_SCOPE_THREAD,
			      ARGS(INT("a", i), INT(name, 2), INT("a", 3)));

		INIT();
		strcpy(fresh, help_event(EVENT(event->phase, .name = name, .category = category,
					       .flags = event->flags, .args = event->args,
					       .nargs = event->nargs)));
		INIT(.sites_max = 4);	/* ids that share an entry push each other out */
		for (int again = 0; again < 3; again++) {
			CU_ASSERT_STRING_EQUAL(help_event(event), fresh);
			help_event(EVENT('I', .site = 5 + (unsigned)again));
		}
	}
}

static void an_event_with_fewer_arguments_than_its_site_is_still_whole(void)
{
	INIT();
	CONTAINS(help_event(EVENT('B', .site = 7, ARGS(INT("a", 1), INT("b", 2)))),
		 "{\"a\":1,\"b\":2}}\n");
	CONTAINS(help_event(EVENT('B', .site = 7, ARGS(INT("a", 1)))), "{\"a\":1}}\n");
	CONTAINS(help_event(EVENT('B', .site = 7)), "\"args\":{}}\n");
}

static void a_site_with_long_texts_is_written_all_the_same(void)
{
	char name[3000];

	memset(name, '"', sizeof name - 1);
	name[sizeof name - 1] = 0;
	INIT();
	for (int again = 0; again < 3; again++) {
		struct json_object *object = help_line(help_event(EVENT(
					   'B', .name = name, .site = 2, ARGS(INT(name, 1))))),
				   *member;

		CU_ASSERT(json_object_object_get_ex(object, "name", &member));
		CU_ASSERT_STRING_EQUAL(json_object_get_string(member), name);
		json_object_put(object);
	}
}

/* ---- one file ------------------------------------------------------------------------------ */

static char *add(char *to, const struct rill_event *event)
{
	const char *text = help_event(event);

	return strcpy(to, text) + strlen(text);
}

/* A small trace of everything; also what readers other than ours are shown. */
static const char *whole_trace(char *to)
{
	static const struct rill_thread worker = { .tid = 23, .serial = 2, .name = "worker 漢" };
	const struct rill_stats stats = {
		.delivered = 12, .lost = { 3 }, .lost_total = 3, .threads = 2
	};
	const struct rill_gap gap = {
		.thread = &worker, .count = 3, .before_ns = 5000, .after_ns = 6000
	};
	struct rill_json *json = INIT();
	char *const text = to;

	to = rill_json_metadata(json, "process_name", "{\"name\":\"golden\"}", to);
	to = rill_json_thread(json, &help_thread, 0, to);
	to = rill_json_thread(json, &worker, 0, to);
	to = add(to, EVENT('B', .name = "read", .ts_ns = 1000, .state = SCOPE,
			   ARGS(TEXT("file", "/tmp/\"é\"\n"), UINT("size", 4096))));
	to = add(to, EVENT('s', .name = "hand over", .ts_ns = 1500, .id = 0x2a,
			   .flags = RILL_FLAG_HAS_ID));
	to = add(to, EVENT('C', .name = "queue", .ts_ns = 1600,
			   ARGS(INT("depth", 1), DOUBLE("load", 0.25))));
	to = add(to, EVENT('B', .name = "work", .ts_ns = 2000, .state = SCOPE, .thread = &worker,
			   .tid = 23));
	to = add(to, EVENT('f', .name = "hand over", .ts_ns = 2100, .thread = &worker, .tid = 23,
			   .id = 0x2a, .flags = RILL_FLAG_HAS_ID | RILL_FLAG_BIND_TO_ENCLOSING));
	to = add(to, EVENT('E', .name = "read", .ts_ns = 2500, .state = END, .begin_ns = 1000));
	to = add(to, EVENT('E', .name = "work", .ts_ns = 5000, .state = END, .begin_ns = 2000,
			   .thread = &worker, .tid = 23));
	to = rill_json_gap(json, &gap, 0, to);
	to = add(to, EVENT('E', .name = "cut", .ts_ns = 6000, .state = LOST, .begin_ns = 5500,
			   .thread = &worker, .tid = 23));
	to = add(to, EVENT('b', .name = "job", .ts_ns = 6100, .id = 1, .flags = RILL_FLAG_HAS_ID,
			   ARGS(JSON("how", "{\"level\": 9}"))));
	to = add(to, EVENT('e', .name = "job", .ts_ns = 7100, .id = 1, .flags = RILL_FLAG_HAS_ID));
	to = add(to, EVENT('I', .name = "done", .ts_ns = 7200, .flags = RILL_FLAG_SCOPE_PROCESS,
			   ARGS(VALUE("ok", BOOL, u, 1))));
	*rill_json_summary(json, &stats, to) = 0;
	return text;
}

static void IM_a_whole_trace_is_the_golden_one(void)
{
	static char made[8192], golden[8192];
	FILE *file = fopen("tests/golden/json_events.json", "r");
	struct json_object *parsed;
	size_t size;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);	/* run from the top folder */
	size = fread(golden, 1, sizeof golden - 1, file);
	fclose(file);
	golden[size] = 0;
	whole_trace(made);
	made[0] = RILL_JSON_ARRAY_HEAD[0];
	strcat(made, RILL_JSON_ARRAY_TAIL);
	CU_ASSERT_STRING_EQUAL(made, golden);
	parsed = help_parse(made, strlen(made));
	CU_ASSERT_EQUAL_FATAL(json_object_get_type(parsed), json_type_array);
	CU_ASSERT_EQUAL(json_object_array_length(parsed), 16);
	json_object_put(parsed);
}

static const struct test_case cases[] = {
	T(EV_2_a_scope_is_B_with_its_arguments_and_E),
	T(a_lost_end_is_made_good_by_the_end_around_it),
	T(an_end_of_its_own_keeps_its_arguments),
	T(an_end_whose_begin_was_lost_is_a_whole_slice),
	T(a_complete_event_always_has_a_duration),
	T(an_event_out_of_order_says_so),
	T(times_have_three_decimals),
	T(times_are_those_of_whole_number_arithmetic),
	T(relative_times_count_from_the_start),
	T(MD_a_threads_name_and_order),
	T(MD_metadata_takes_an_object_and_wraps_the_rest),
	T(losses_are_instants_on_the_thread_that_had_them),
	T(the_summary_closes_the_books),
	T(kept_texts_change_nothing),
	T(an_event_with_fewer_arguments_than_its_site_is_still_whole),
	T(a_site_with_long_texts_is_written_all_the_same),
	T(IM_a_whole_trace_is_the_golden_one),
};

int main(int argc, char **argv)
{
	const int result = TEST_MAIN("json_forms", cases, argc, argv);

	rill_json_exit(&help_json);
	return result;
}

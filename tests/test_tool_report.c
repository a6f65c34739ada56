/* SPDX-License-Identifier: MIT
 * test_tool_report.c - `rill report`: every kind of event, losses, files and options.
 */
#include "tests/tool_report_help.h"
#include "tool/model.h"

static void microseconds_become_nanoseconds_exactly(void)
{
	static const struct {
		const char *text;
		bool good;
		int64_t ns;
	} c[] = {
		{ "12", true, 12000 },
		{ "12.345", true, 12345 },
		{ "12.3456789", true, 12345 },
		{ "0.001", true, 1 },
		{ "-1.5", true, -1500 },
		{ ".5", true, 500 },
		{ "9007199254740.993", true, 9007199254740993 },
		{ "1.2e3", true, 1200000 },
		{ "15e-1", true, 1500 },
		{ "9223372036854775", true, 9223372036854775000 },
		{ "9223372036854776", false, 0 },
		{ "", false, 0 },
		{ "x", false, 0 },
		{ "1x", false, 0 },
		{ "-", false, 0 },
		{ "1e30", false, 0 },
	};

	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		int64_t ns = 0;

		CU_ASSERT_EQUAL(rill_us_to_ns(c[i].text, &ns), c[i].good);
		CU_ASSERT_EQUAL(ns, c[i].ns);
	}
}

/* ---- the other kinds
 * ------------------------------------------------------------------------------ */

static void AS_10_spans_match_by_category_scope_and_id(void)
{
	struct json_object *o;

	o = REPORT(
		{ 'b', "op", 0, "\"id\":\"0x1\"" },
		{ 'b', "op", 10, "\"id\":\"0x1\",\"scope\":\"other\"" },
		{ 'b', "part", 20, "\"id\":\"0x1\"" },
		{ 'n', "hint", 25, "\"id\":\"0x1\"" },
		{ 'e', "part", 30, "\"id\":\"0x1\"" },
		{ 'e', "op", 40, "\"id\":\"0x1\",\"scope\":\"other\"" },
		{ 'e', "op", 100, "\"id\":\"0x1\"" },
		{ 'e', "op", 110, "\"id\":\"0x1\"" },
		{ 'b', "open", 120, "\"id\":\"0x2\"" });
	CU_ASSERT_EQUAL(number(row(o, "spans", "op"), "total_ns"), 130000);
	CU_ASSERT_EQUAL(number(row(o, "spans", "op"), "min_ns"), 30000);
	CU_ASSERT_EQUAL(number(row(o, "spans", "part"), "total_ns"), 10000);
	CU_ASSERT_EQUAL(number(row(o, "instants", "hint"), "count"), 1);
	CU_ASSERT_EQUAL(note(o, "ends_without_begin"), 1);
	CU_ASSERT_EQUAL(note(o, "begins_without_end"), 1);
	json_object_put(o);
}

static void IM_11_local_ids_of_two_processes_are_two_spans(void)
{
	static const char text[] =
		"[{\"pid\":1,\"ts\":0,\"ph\":\"b\",\"cat\":\"c\",\"name\":\"n\",\"id2\":{\"local\":\"0x1\"}},"
		"{\"pid\":2,\"ts\":5,\"ph\":\"b\",\"cat\":\"c\",\"name\":\"n\",\"id2\":{\"local\":\"0x1\"}},"
		"{\"pid\":1,\"ts\":10,\"ph\":\"e\",\"cat\":\"c\",\"name\":\"n\",\"id2\":{\"local\":\"0x1\"}},"
		"{\"pid\":2,\"ts\":10,\"ph\":\"e\",\"cat\":\"c\",\"name\":\"n\",\"id2\":{\"local\":\"0x1\"}}]";
	struct json_object *o = report_of(text);

	CU_ASSERT_EQUAL(number(row(o, "spans", "n"), "total_ns"), 15000);
	CU_ASSERT_EQUAL(json_object_array_length(json_object_object_get(o, "threads")), 2);
	json_object_put(o);
}

static void AS_1_the_older_async_letters_match_by_name_too(void)
{
	struct json_object *o;

	o = REPORT(
		{ 'S', "a", 0, "\"id\":\"0x1\"" },
		{ 'S', "b", 5, "\"id\":\"0x1\"" },
		{ 'T', "a", 6, "\"id\":\"0x1\",\"args\":{\"step\":\"s\"}" },
		{ 'F', "a", 10, "\"id\":\"0x1\"" },
		{ 'F', "b", 20, "\"id\":\"0x1\"" });
	CU_ASSERT_EQUAL(number(row(o, "spans", "a"), "total_ns"), 10000);
	CU_ASSERT_EQUAL(number(row(o, "spans", "b"), "total_ns"), 15000);
	json_object_put(o);
}

static void counters_show_smallest_largest_and_last_of_each_series(void)
{
	struct json_object *o;

	o = REPORT(
		{ 'C', "depth", 0, "\"args\":{\"value\":3}" },
		{ 'C', "depth", 1, "\"args\":{\"value\":-2.5}" },
		{ 'C', "depth", 2, "\"args\":{\"value\":\"1\"}" },
		{ 'C', "io", 2, "\"args\":{\"in\":1,\"out\":2,\"bad\":\"x\"}" },
		{ 'C', "io", 2, "\"id\":\"0x9\",\"args\":{\"in\":7}" });
	CU_ASSERT_EQUAL(number(row(o, "counters", "depth"), "count"), 3);
	CU_ASSERT_EQUAL(
		json_object_get_double(json_object_object_get(row(o, "counters", "depth"), "min")),
		-2.5);
	CU_ASSERT_EQUAL(number(row(o, "counters", "depth"), "max"), 3);
	CU_ASSERT_EQUAL(number(row(o, "counters", "depth"), "last"), 1);
	CU_ASSERT_EQUAL(number(row(o, "counters", "io.out"), "last"), 2);
	CU_ASSERT_EQUAL(number(row(o, "counters", "io[0x9].in"), "last"), 7);
	CU_ASSERT_PTR_NULL(row(o, "counters", "io.bad"));
	json_object_put(o);
}

static void IM_5_times_may_be_texts_and_tids_may_be_missing(void)
{
	struct json_object *o = report_of(
		"[{\"pid\":\"4\",\"ts\":\"1.5\",\"ph\":\"X\",\"dur\":\"2\",\"name\":\"n\"},"
		"{\"ph\":\"X\",\"name\":\"no time\"}]");
	struct json_object *thread =
		json_object_array_get_idx(json_object_object_get(o, "threads"), 0);

	CU_ASSERT_EQUAL(number(row(o, "slices", "n"), "total_ns"), 2000);
	CU_ASSERT_EQUAL(number(thread, "pid"), 4);
	CU_ASSERT_EQUAL(number(thread, "tid"), 4);
	CU_ASSERT_EQUAL(note(o, "without_time"), 1);
	json_object_put(o);
}

static void losses_come_from_gaps_and_from_the_summary(void)
{
	struct json_object *o, *losses;
	struct tool_result r;
	static const char *const args[] = { "-", NULL };

	add("[{\"pid\":1,\"tid\":7,\"ts\":5,\"ph\":\"I\",\"cat\":\"rill\",\"name\":\"events lost\",\"s\":\"t\","
	    "\"args\":{\"count\":100000,\"cause\":\"ring full\",\"level\":0}}\n");
	event('I', "x", 6, "");
	o = report_of(trace);
	losses = json_object_object_get(o, "losses");
	CU_ASSERT_EQUAL(number(o, "lost"), 100000);
	CU_ASSERT_EQUAL(number(o, "events"), 1);
	CU_ASSERT_EQUAL(number(json_object_object_get(losses, "gap_causes"), "ring full"), 100000);
	CU_ASSERT_PTR_NOT_NULL(strstr(
		json_object_get_string(json_object_object_get(losses, "advice")), "--buffer 8M"));
	CU_ASSERT_EQUAL(
		number(json_object_array_get_idx(json_object_object_get(o, "threads"), 0), "lost"),
		100000);
	json_object_put(o);
	add(",{\"pid\":1,\"tid\":1,\"ts\":0,\"ph\":\"M\",\"cat\":\"__metadata\",\"name\":\"rill_summary\","
	    "\"args\":{\"events\":1,\"lost\":100003,\"full\":100000,\"big\":3,\"deep\":0,\"threads\":1}}]");
	r = tool_run(&rill_verb_report, args, trace, strlen(trace));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "1 events, 100003 lost, 1 threads"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "3  big"));
	tool_done(&r);
	trace[0] = 0;
}

static void several_files_are_one_trace(void)
{
	char path[2][32];
	const char *args[] = { "--json", path[0], path[1], NULL };
	struct tool_result r;
	struct json_object *o;

	for (int i = 0; i < 2; i++) {
		int fd;

		strcpy(path[i], "/tmp/rill-test-XXXXXX");
		fd = mkstemp(path[i]);
		event(i ? 'E' : 'B', "across", 10.0 * i, "");
		CU_ASSERT_EQUAL(write(fd, trace, strlen(trace)), (ssize_t)strlen(trace));
		trace[0] = 0;
		close(fd);
	}
	r = tool_run(&rill_verb_report, args, "", 0);
	o = json_tokener_parse(r.out);
	CU_ASSERT_EQUAL(number(row(o, "slices", "across"), "total_ns"), 10000);
	CU_ASSERT_EQUAL(number(o, "first_ns"), 0);
	CU_ASSERT_EQUAL(number(o, "last_ns"), 10000);
	json_object_put(o);
	tool_done(&r);
	unlink(path[0]);
	unlink(path[1]);
}

static void the_table_is_sorted_and_cut_as_asked(void)
{
	static const char *const by_name[] = { "--sort", "name", "--top", "1", "-", NULL };
	static const char *const by_count[] = { "--sort=count", "--top=2", "-", NULL };
	struct tool_result r;

	event('X', "zeta", 0, "\"dur\":100");
	event('X', "beta", 200, "\"dur\":1");
	event('X', "beta", 300, "\"dur\":1");
	event('X', "alpha", 400, "\"dur\":5");
	r = tool_run(&rill_verb_report, by_name, trace, strlen(trace));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "alpha"));
	CU_ASSERT_PTR_NULL(strstr(r.out, "zeta"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "2 more: --top 0 shows all"));
	tool_done(&r);
	r = tool_run(&rill_verb_report, by_count, trace, strlen(trace));
	CU_ASSERT_TRUE(strstr(r.out, "beta") && strstr(r.out, "alpha") &&
		       strstr(r.out, "beta") < strstr(r.out, "alpha"));
	CU_ASSERT_PTR_NULL(strstr(r.out, "zeta"));
	tool_done(&r);
	trace[0] = 0;
}

static void wrong_usage_and_files_are_named(void)
{
	TOOL_SAYS(&rill_verb_report, 2, "a FILE is wanted", "--json");
	TOOL_SAYS(&rill_verb_report, 2, "--sort 'x': total, count or name", "--sort", "x", "f");
	TOOL_SAYS(&rill_verb_report, 2, "--top '-1': a number", "--top=-1", "f");
	TOOL_SAYS(&rill_verb_report, 1, "cannot open /nonexistent", "/nonexistent");
	TOOL_SAYS(&rill_verb_report, 1, "is not a trace", "/etc/passwd");
	TOOL_SAYS(&rill_verb_report, 1, "is a program: 'rill list'", RILL_BUILD "/rill");
}

static void an_empty_file_is_an_empty_trace(void)
{
	struct json_object *o = report_of("");

	CU_ASSERT_EQUAL(number(o, "events"), 0);
	json_object_put(o);
}

static const struct test_case cases[] = {
	T(microseconds_become_nanoseconds_exactly),
	T(AS_10_spans_match_by_category_scope_and_id),
	T(IM_11_local_ids_of_two_processes_are_two_spans),
	T(AS_1_the_older_async_letters_match_by_name_too),
	T(counters_show_smallest_largest_and_last_of_each_series),
	T(IM_5_times_may_be_texts_and_tids_may_be_missing),
	T(losses_come_from_gaps_and_from_the_summary),
	T(several_files_are_one_trace),
	T(the_table_is_sorted_and_cut_as_asked),
	T(wrong_usage_and_files_are_named),
	T(an_empty_file_is_an_empty_trace),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool report", cases, argc, argv);
}

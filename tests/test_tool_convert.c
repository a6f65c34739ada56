/* SPDX-License-Identifier: MIT
 * test_tool_convert.c - `rill convert`: whatever happened to a file, what is whole in it comes
 * out, as strict JSON.
 */
#include "tests/tool_help.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <sys/stat.h>

static const char *const events[] = {
	"{\"pid\":1,\"tid\":1,\"ts\":0,\"ph\":\"M\",\"cat\":\"__metadata\",\"name\":\"process_name\",\"args\":{\"name\":\"a\"}}",
	"{\"pid\":1,\"tid\":2,\"ts\":1.001,\"ph\":\"B\",\"cat\":\"x\",\"name\":\"n\\\\\\\"}{][,\",\"args\":{\"a\":[1,{\"ph\":2}]}}",
	"{\"pid\":1,\"tid\":2,\"ts\":9007199254740993,\"ph\":\"E\",\"cat\":\"x\",\"name\":\"\xc3\xa9\xf0\x9f\x98\x80\",\"args\":{}}",
	"{\"pid\":1,\"tid\":2,\"ts\":4,\"ph\":\"I\",\"cat\":\"x\",\"name\":\"\",\"s\":\"t\",\"args\":{\"k\":\"\\u0001\\n\",\"f\":-1.5e-7}}",
};
enum { EVENTS = sizeof events / sizeof events[0] };

/* In one form; where[i] is the offset behind event i. */
static char *make(const char *head, const char *between, const char *tail, size_t *where)
{
	char *text = calloc(1, 4096);

	strcat(text, head);
	for (size_t i = 0; i < EVENTS; i++) {
		if (i)
			strcat(text, between);
		strcat(text, events[i]);
		where[i] = strlen(text);
	}
	return strcat(text, tail);
}

static struct json_object *strict(const char *text, size_t size)
{
	struct json_tokener *t = json_tokener_new_ex(100);
	struct json_object *o;

	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(t, text, (int)size + 1);
	if (json_tokener_get_error(t) != json_tokener_success) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(t);
	return o;
}

static struct json_object *list_of(struct json_object *trace)
{
	return json_object_is_type(trace, json_type_array)
		       ? trace
		       : json_object_object_get(trace, "traceEvents");
}

static struct tool_result convert(const char *text, size_t size)
{
	static const char *const args[] = { "-", "-o", "-", NULL };

	return tool_run(&rill_verb_convert, args, text, size);
}

/* The first `count` of `events`, and nothing else. */
static bool holds(const struct tool_result *r, size_t count)
{
	struct json_object *trace = strict(r->out, r->out_size),
			   *list = trace ? list_of(trace) : NULL;
	bool good = r->code == 0 && list && json_object_array_length(list) == count;

	for (size_t i = 0; good && i < count; i++) {
		struct json_object *wanted = json_tokener_parse(events[i]);

		good = json_object_equal(wanted, json_object_array_get_idx(list, i));
		json_object_put(wanted);
	}
	json_object_put(trace);
	return good;
}

static void cut_everywhere(const char *head, const char *between, const char *tail)
{
	size_t where[EVENTS], size;
	char *text = make(head, between, tail, where);

	size = strlen(text);
	for (size_t cut = 0; cut <= size; cut++) {
		struct tool_result r = convert(text, cut);
		size_t whole = 0;

		while (whole < EVENTS && where[whole] <= cut)
			whole++;
		if (!holds(&r, whole)) {
			printf("\ncut at %zu of %zu: code %d, %s%s\n", cut, size, r.code, r.err,
			       r.out);
			CU_FAIL("a cut file was not mended");
			tool_done(&r);
			break;
		}
		tool_done(&r);
	}
	CU_PASS("every cut");
	free(text);
}

static void IM_1_an_array_cut_at_any_byte_is_mended(void)
{
	cut_everywhere("[", "\n,", "\n]\n");
}

static void an_array_without_line_ends_cut_at_any_byte_is_mended(void)
{
	cut_everywhere("[", ",", "]");
}

static void IM_2_an_object_cut_at_any_byte_is_mended(void)
{
	cut_everywhere("{\"traceEvents\":[", ",", "]}");
}

static void an_object_with_blanks_and_members_cut_at_any_byte_is_mended(void)
{
	cut_everywhere("\n{ \"displayTimeUnit\" : \"ns\",\n \"traceEvents\" : [\n  ", " ,\n  ",
		       "\n ],\n \"otherData\": {\"a\":[1,2,\"]}\"]} }\n");
}

static void one_event_per_line_cut_at_any_byte_is_mended(void)
{
	size_t where[EVENTS];
	char *text = make("", "\n", "\n", where);

	/* Before its first member with "ph", nothing tells such a file from the object form. */
	for (size_t cut = where[0]; cut <= strlen(text); cut++) {
		struct tool_result r = convert(text, cut);
		size_t whole = 0;

		while (whole < EVENTS && where[whole] <= cut)
			whole++;
		CU_ASSERT_TRUE(holds(&r, whole));
		tool_done(&r);
	}
	free(text);
}

static void SE_7_a_trailing_comma_and_an_empty_event_are_left_out(void)
{
	size_t where[EVENTS];
	char *text = make("[", ",\n", ",\n{}]", where);
	struct tool_result r = convert(text, strlen(text));

	CU_ASSERT_TRUE(holds(&r, EVENTS));
	CU_ASSERT_PTR_NULL(strstr(r.err, "cut"));
	CU_ASSERT_PTR_NULL(strstr(r.err, "damaged"));
	tool_done(&r);
	free(text);
}

static void the_torn_bytes_are_counted(void)
{
	size_t where[EVENTS];
	char *text = make("[", "\n,", "\n]\n", where), wanted[64];
	struct tool_result r = convert(text, where[2] + 2 + 17);

	CU_ASSERT_TRUE(holds(&r, 3));
	snprintf(wanted, sizeof wanted, "%d bytes of a torn event", 17);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, wanted));
	tool_done(&r);
	free(text);
}

/* Any byte of an inner event overwritten: at most that event and what its damage swallows is
 * missing. */
static void damage_in_the_middle_costs_one_event_and_is_counted(void)
{
	static const char bad[] = { 0, '"', '\n', '}', '{', 'x', ']', (char)0xff };
	size_t where[EVENTS];
	char *text = make("[", "\n,", "\n]\n", where);

	for (size_t at = where[0] + 2; at < where[1]; at++) {
		for (size_t k = 0; k < sizeof bad; k++) {
			const char before = text[at];
			struct tool_result r;
			struct json_object *trace, *list,
				*last = json_tokener_parse(events[EVENTS - 1]);
			size_t count;

			text[at] = bad[k];
			r = convert(text, strlen(text) > at ? strlen(text) : where[EVENTS - 1] + 3);
			trace = strict(r.out, r.out_size);
			list = trace ? list_of(trace) : NULL;
			count = list ? json_object_array_length(list) : 0;
			CU_ASSERT_TRUE(r.code == 0 && (count == EVENTS - 1 || count == EVENTS));
			if (count)
				CU_ASSERT_TRUE(json_object_equal(
					last, json_object_array_get_idx(list, count - 1)));
			if (count == EVENTS - 1)
				CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "1 stretches"));
			json_object_put(last);
			json_object_put(trace);
			tool_done(&r);
			text[at] = before;
		}
	}
	free(text);
}

static void IM_13_broken_utf_8_is_replaced_and_raw_control_characters_are_damage(void)
{
	static const char utf8[] = "[{\"ph\":\"I\",\"name\":\"a\xff\"}]",
			  control[] = "[{\"ph\":\"I\",\"name\":\"a\001\"}]";
	struct tool_result r = convert(utf8, sizeof utf8 - 1);
	struct json_object *trace;

	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"a\xef\xbf\xbd\""));
	tool_done(&r);
	r = convert(control, sizeof control - 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "damaged"));
	trace = strict(r.out, r.out_size);
	CU_ASSERT_PTR_NOT_NULL(trace);
	json_object_put(trace);
	tool_done(&r);
}

static void joined_files_and_old_ends_in_the_middle_are_one_trace(void)
{
	char text[4096];
	struct tool_result r;

	snprintf(text, sizeof text, "[%s\n]\n[%s\n]\n,%s]", events[0], events[1], events[2]);
	r = convert(text, strlen(text));
	CU_ASSERT_TRUE(holds(&r, 3));
	tool_done(&r);
}

static void members_of_the_object_form_are_kept(void)
{
	static const char text[] =
		"{\"a\":{\"b\":[1,2]},\"traceEvents\":[],\"displayTimeUnit\":\"ns\"}";
	struct tool_result r = convert(text, sizeof text - 1);
	struct json_object *out = strict(r.out, r.out_size), *in = strict(text, sizeof text - 1);

	CU_ASSERT_TRUE(out && json_object_equal(out, in));
	json_object_put(out);
	json_object_put(in);
	tool_done(&r);
}

static char *scratch_file(const char *text, char path[32])
{
	int fd;

	strcpy(path, "/tmp/rill-test-XXXXXX");
	fd = mkstemp(path);
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return path;
}

static void the_input_is_never_overwritten(void)
{
	char path[32], other[48], text[64] = "";
	FILE *f;

	scratch_file("[{\"ph\":\"I\"}", path);
	snprintf(other, sizeof other, "%s.json", path);
	CU_ASSERT_EQUAL(link(path, other), 0);
	TOOL_SAYS(&rill_verb_convert, 2, "is the input", path, "-o", path);
	TOOL_SAYS(&rill_verb_convert, 2, "is the input", path, "-o", other);
	unlink(other);
	CU_ASSERT_EQUAL(symlink(path, other), 0);
	TOOL_SAYS(&rill_verb_convert, 2, "is the input", path, "-o", other);
	unlink(other);
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL(fgets(text, sizeof text, f));
	fclose(f);
	CU_ASSERT_STRING_EQUAL(text, "[{\"ph\":\"I\"}");
	unlink(path);
}

static void what_is_no_trace_is_refused_and_leaves_no_output(void)
{
	char path[32], out[48];
	struct stat st;

	snprintf(out, sizeof out, "/tmp/rill-test-out.%ld.json", (long)getpid());
	scratch_file("\x1f\x8b\x08 packed", path);
	TOOL_SAYS(&rill_verb_convert, 1, "compressed by gzip", path, "-o", out);
	unlink(path);
	scratch_file("hello", path);
	TOOL_SAYS(&rill_verb_convert, 1, "begins with '[' or '{'", path, "-o", out);
	unlink(path);
	CU_ASSERT_EQUAL(stat(out, &st), -1);
}

static void wrong_usage_names_cause_and_remedy(void)
{
	struct stat st;

	TOOL_SAYS(&rill_verb_convert, 2, "one input is wanted", "-o", "x");
	TOOL_SAYS(&rill_verb_convert, 2, "the output is missing: -o", "a.json");
	TOOL_SAYS(&rill_verb_convert, 2, "--to gif: there is no such format; this version of rill writes rill, json",
		  "a.json", "-o", "b", "--to", "gif");
	TOOL_SAYS(&rill_verb_convert, 2, "b.gif: its extension names no format", "a.json", "-o", "b.gif");
	TOOL_SAYS(&rill_verb_convert, 1, "cannot open /nonexistent/x: No such file",
		  "/nonexistent/x", "-o", "-");
	TOOL_SAYS(&rill_verb_convert, 1, "is a directory", "/tmp", "-o", "-");
	TOOL_SAYS(&rill_verb_convert, 1, "cannot write /nonexistent/x", "-", "-o",
		  "/nonexistent/x");
	if (stat("/dev/full", &st) == 0 && S_ISCHR(st.st_mode))
		TOOL_SAYS(&rill_verb_convert, 1, "cannot write all of /dev/full", "-", "-o",
			  "/dev/full");
}

static void foreign_spellings_stay_as_they_are(void)
{
	static const char text[] =
		"\xef\xbb\xbf [ { \"ts\" : \"12.5\" , \"ph\" : \"i\", \"big\": 18446744073709551615,"
		" \"e\": 1E+100 } , ]";
	struct tool_result r = convert(text, sizeof text - 1);

	CU_ASSERT_STRING_EQUAL(
		r.out,
		"[\n{\"ts\":\"12.5\",\"ph\":\"i\",\"big\":18446744073709551615,\"e\":1E+100}\n]\n");
	tool_done(&r);
}

static const struct test_case cases[] = {
	T(IM_1_an_array_cut_at_any_byte_is_mended),
	T(an_array_without_line_ends_cut_at_any_byte_is_mended),
	T(IM_2_an_object_cut_at_any_byte_is_mended),
	T(an_object_with_blanks_and_members_cut_at_any_byte_is_mended),
	T(one_event_per_line_cut_at_any_byte_is_mended),
	T(SE_7_a_trailing_comma_and_an_empty_event_are_left_out),
	T(the_torn_bytes_are_counted),
	T(damage_in_the_middle_costs_one_event_and_is_counted),
	T(IM_13_broken_utf_8_is_replaced_and_raw_control_characters_are_damage),
	T(joined_files_and_old_ends_in_the_middle_are_one_trace),
	T(members_of_the_object_form_are_kept),
	T(the_input_is_never_overwritten),
	T(what_is_no_trace_is_refused_and_leaves_no_output),
	T(wrong_usage_names_cause_and_remedy),
	T(foreign_spellings_stay_as_they_are),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool convert", cases, argc, argv);
}

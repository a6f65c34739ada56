/* SPDX-License-Identifier: MIT
 * test_tool_formats.c - what `rill convert` makes of a trace: packets of JSON and back, text,
 * folded stacks.
 */
#include "format/json.h"
#include "tests/tool_trace_help.h"

#include <json-c/json.h>

static struct tool_result convert(const void *bytes, size_t size, const char *to)
{
	return trace_run(&rill_verb_convert, bytes, size, "--to", to);
}

/* ---- packets to JSON ------------------------------------------------------------------------ */

static void packets_become_the_lines_that_the_formatter_writes(void)
{
	const struct rill_json_options options = { .pid = HELP_PID };
	const struct rill_event events[] = {
		EVENT('I', .ts_ns = 5000, .flags = RILL_FLAG_SCOPE_THREAD,
		      ARGS(INT("a", -7), TEXT("t", STRING, "x\"y\n"))),
		EVENT('C', .ts_ns = 6000, .site = 18,
		      ARGS(VALUE("d", F64, d, 0.1), VALUE("b", BOOL, u, 1))),
		EVENT('s', .ts_ns = 7000, .site = 19, .id = 0xabc, .flags = RILL_FLAG_HAS_ID),
		EVENT('X', .ts_ns = 9000, .begin_ns = 8000, .site = 20,
		      .state = RILL_EVENT_HAS_BEGIN),
		EVENT('b', .ts_ns = 9500, .site = 21, .id = 3, .scope = "sc",
		      .flags = RILL_FLAG_HAS_LOCAL_ID),
	};
	static char wanted[65536];
	struct rill_json json;
	char *to = wanted;
	struct tool_result r;

	CU_ASSERT_EQUAL_FATAL(rill_json_init(&json, &options), 0);
	help_begin(4096, RILL_PACKET_MAX, 0);
	CU_ASSERT_EQUAL(rill_packet_metadata(&writer, "one", "{\"value\":1}"), 0);
	CU_ASSERT_EQUAL(rill_packet_metadata(&writer, "two", "{\"value\":2}"), 0);
	to = rill_json_metadata(&json, "one", "{\"value\":1}", to);
	to = rill_json_metadata(&json, "two", "{\"value\":2}", to);
	to = rill_json_thread(&json, &help_main, 5000, to);
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		CU_ASSERT_EQUAL(help_event(&events[i]), 0);
		to = rill_json_event(&json, &events[i], to);
	}
	help_send(RILL_PACKET_LAST);
	wanted[0] = '[';
	strcpy(to, "]\n");
	r = convert(tape.bytes, tape.size, "json");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_STRING_EQUAL(r.out, wanted);
	tool_done(&r);
	rill_json_exit(&json);
}

static void with_slices_a_scope_is_one_complete_event_and_one_without_an_end_a_begin(void)
{
	const char *const args[] = { "-", "-o", "-", "--to", "json", "--slices", NULL };
	struct tool_result r;

	help_begin(4096, RILL_PACKET_MAX, 0);
	trace_begin(1000, "outer");
	trace_begin(2000, "inner");
	trace_end(5500, 2000, "inner");
	trace_begin(6000, "open");
	help_send(RILL_PACKET_LAST);
	r = tool_run(&rill_verb_convert, args, (const char *)tape.bytes, tape.size);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"ts\":2.000,\"ph\":\"X\",\"cat\":\"work\",\"name\":\"inner\",\"dur\":3.500"));
	CU_ASSERT_EQUAL(trace_count(r.out, "\"ph\":\"B\""), 2);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"ph\":\"E\""), 0);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"ph\":\"X\""), 1);
	tool_done(&r);
	r = tool_run(&rill_verb_convert, args, "[{\"ph\":\"B\",\"ts\":1}]", 19);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "--slices changes nothing"));
	tool_done(&r);
	TOOL_SAYS(&rill_verb_convert, 2, "--slices is for Chrome JSON", "x", "-o", "y.rill", "--slices");
}

static void losses_and_totals_are_in_the_json(void)
{
	const struct rill_gap gap = { .thread = &help_worker,
				      .count = 7,
				      .before_ns = 1000,
				      .after_ns = 3000,
				      .cause = RILL_LOST_FULL };
	struct rill_stats stats = {
		.delivered = 2, .lost_total = 7, .threads = 1, .lost = { [RILL_LOST_FULL] = 7 }
	};
	struct tool_result r;

	help_begin(4096, RILL_PACKET_MAX, 0);
	trace_instant(1000, "net", 1);
	CU_ASSERT_EQUAL(rill_packet_gap(&writer, &gap), 0);
	trace_instant(3000, "net", 2);
	CU_ASSERT_EQUAL(rill_packet_totals(&writer, &stats), 0);
	help_send(RILL_PACKET_LAST);
	r = convert(tape.bytes, tape.size, "json");
	CU_ASSERT_PTR_NOT_NULL(strstr(
		r.out,
		"\"name\":\"events lost\",\"s\":\"t\",\"args\":{\"count\":7,\"cause\":\"ring full\""));
	/* Totals come with the last packet's definitions, and stand behind its events. */
	CU_ASSERT_PTR_NOT_NULL(
		strstr(strstr(r.out, "\"n\":2"),
		       "\"rill_summary\",\"args\":{\"events\":2,\"lost\":7,\"full\":7"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "7 events were lost before they were written"));
	tool_done(&r);
}

/* ---- JSON to packets and back --------------------------------------------------------------- */

/* What packets can hold of each phase, kind of argument, id, flow, time. Threads get their name in
 * front of their first event. */
static const char *const lines[] = {
	"{\"pid\":7,\"tid\":7,\"ts\":0,\"ph\":\"M\",\"cat\":\"__metadata\",\"argsStripped\":true,\"name\":\"board\",\"args\":{\"value\":\"x\"}}",
	"{\"pid\":7,\"tid\":7,\"ts\":0.500,\"ph\":\"M\",\"cat\":\"__metadata\",\"name\":\"process_name\",\"args\":{\"name\":\"a\"}}",
	"{\"pid\":7,\"tid\":8,\"ts\":1.001,\"ph\":\"M\",\"cat\":\"__metadata\",\"name\":\"thread_name\",\"args\":{\"name\":\"w\\\"\"}}",
	"{\"pid\":7,\"tid\":8,\"ts\":1.001,\"ph\":\"B\",\"cat\":\"c\",\"name\":\"n\",\"args\":{\"i\":-1,\"u\":18446744073709551615,"
	"\"d\":0.1,\"b\":true,\"s\":\"\\u0001\\n\xc3\xa9\",\"j\":{\"k\":[1,null]},\"z\":null}}",
	"{\"pid\":7,\"tid\":8,\"ts\":1.002,\"tts\":0.007,\"ph\":\"E\",\"cat\":\"c\",\"name\":\"n\",\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":2.000,\"ph\":\"X\",\"cat\":\"c\",\"name\":\"x\",\"dur\":3.250,\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":2.500,\"ph\":\"I\",\"cat\":\"c\",\"name\":\"p\",\"s\":\"p\",\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":2.500,\"ph\":\"I\",\"cat\":\"c\",\"name\":\"g\",\"s\":\"g\",\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":2.600,\"ph\":\"C\",\"cat\":\"c\",\"name\":\"m\",\"args\":{\"a\":1,\"b\":2.5}}",
	"{\"pid\":7,\"tid\":8,\"ts\":3.000,\"ph\":\"b\",\"cat\":\"c\",\"name\":\"n\",\"scope\":\"s\",\"id\":\"0xffffffffffffffff\",\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":3.100,\"ph\":\"e\",\"cat\":\"c\",\"name\":\"n\",\"id2\":{\"local\":\"0x2\"},\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":3.200,\"ph\":\"n\",\"cat\":\"c\",\"name\":\"n\",\"id2\":{\"global\":\"0x3\"},\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":3.300,\"ph\":\"s\",\"cat\":\"c\",\"name\":\"f\",\"id\":\"0x4\",\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":3.400,\"ph\":\"f\",\"cat\":\"c\",\"name\":\"f\",\"id\":\"0x4\",\"bp\":\"e\",\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":3.500,\"ph\":\"X\",\"cat\":\"c\",\"name\":\"w\",\"dur\":1.000,\"bind_id\":\"0x5\",\"flow_in\":true,"
	"\"flow_out\":true,\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":4.000,\"ph\":\"N\",\"cat\":\"c\",\"name\":\"o\",\"id\":\"0x6\",\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":4.100,\"ph\":\"O\",\"cat\":\"c\",\"name\":\"o\",\"id\":\"0x6\",\"args\":{\"snapshot\":{\"v\":1}}}",
	"{\"pid\":7,\"tid\":-1,\"ts\":4.200,\"ph\":\"S\",\"cat\":\"c\",\"name\":\"o\",\"id\":\"0x6\",\"use_async_tts\":1,\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":4.300,\"ph\":\"I\",\"cat\":\"c\",\"name\":\"l\",\"s\":\"t\",\"late\":true,\"args\":{}}",
	"{\"pid\":7,\"tid\":8,\"ts\":5.000,\"ph\":\"I\",\"cat\":\"rill\",\"name\":\"events lost\",\"s\":\"t\",\"args\":{\"count\":17,"
	"\"cause\":\"sink too slow, full or failed\",\"level\":1,\"from\":4.300,\"to\":5.000}}",
	"{\"pid\":7,\"tid\":8,\"ts\":18446744073000.123,\"ph\":\"Y\",\"cat\":\"c\",\"name\":\"\",\"args\":{}}",
};
enum { LINES = sizeof lines / sizeof *lines };

static void json_comes_back_from_packets_as_it_was(void)
{
	static char text[16384];
	struct tool_result packets, back;
	struct json_object *list;

	strcpy(text, "[");
	for (unsigned i = 0; i < LINES; i++)
		sprintf(text + strlen(text), "%s%s", i ? ",\n" : "", lines[i]);
	strcat(text, "]");
	packets = convert(text, strlen(text), "rill");
	CU_ASSERT_EQUAL(packets.code, 0);
	CU_ASSERT_PTR_NULL(strstr(packets.err, "no place"));
	back = convert(packets.out, packets.out_size, "json");
	CU_ASSERT_EQUAL(back.code, 0);
	list = json_tokener_parse(back.out);
	CU_ASSERT_PTR_NOT_NULL_FATAL(list);
	CU_ASSERT_EQUAL(json_object_array_length(list), LINES + 1); /* and the totals */
	for (unsigned i = 0; i < LINES && i < json_object_array_length(list); i++) {
		struct json_object *wanted = json_tokener_parse(lines[i]),
				   *got = json_object_array_get_idx(list, i);
		const bool same = json_object_equal(wanted, got);

		CU_ASSERT_TRUE(same);
		if (!same)
			printf("\n%s\nbecame\n%s\n", lines[i], json_object_to_json_string(got));
		json_object_put(wanted);
	}
	json_object_put(list);
	tool_done(&packets);
	tool_done(&back);
}

static void what_has_no_place_in_packets_is_said_by_name(void)
{
	static const char text[] =
		"[{\"ph\":\"X\",\"ts\":1,\"dur\":2,\"tdur\":3,\"cname\":\"good\",\"name\":\"n\",\"sf\":0},"
		"{\"ph\":\"I\",\"name\":\"no time\"}]";
	struct tool_result r = convert(text, sizeof text - 1, "rill");

	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(
		r.err,
		"2 members of events have no place in rill's and are left out, or became numbers: tdur, cname"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "1 events have no usable time"));
	tool_done(&r);
}

static void each_process_of_json_is_a_stream(void)
{
	static const char text[] =
		"[{\"ph\":\"I\",\"ts\":1,\"pid\":1,\"tid\":5,\"name\":\"a\",\"s\":\"t\"},"
		"{\"ph\":\"I\",\"ts\":2,\"pid\":2,\"tid\":5,\"name\":\"b\",\"s\":\"t\"},"
		"{\"ph\":\"M\",\"ts\":0,\"pid\":2,\"tid\":5,\"name\":\"thread_name\",\"args\":{\"name\":\"two\"}}]";
	struct tool_result r = convert(text, sizeof text - 1, "rill"), t;

	t = tool_run(&rill_verb_check, (const char *const[]){ "-", NULL }, r.out, r.out_size);
	CU_ASSERT_EQUAL(t.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.out, "2 events, 2 streams"));
	tool_done(&t);
	t = convert(r.out, r.out_size, "text");
	CU_ASSERT_PTR_NOT_NULL(strstr(t.out, "2:two/5"));
	tool_done(&t);
	tool_done(&r);
}

/* Beyond a packet's size: the text is cut, and everything else is there. */
static void a_text_beyond_a_packet_is_cut_and_the_rest_stays(void)
{
	enum { SIZE = 200000 };
	char *text = malloc(SIZE + 200);
	struct tool_result r, t;
	int head = sprintf(text, "[{\"ph\":\"I\",\"ts\":1,\"name\":\"n\",\"args\":{\"t\":\"");

	memset(text + head, 'x', SIZE);
	strcpy(text + head + SIZE, "\"}},{\"ph\":\"I\",\"ts\":2,\"name\":\"after\"}]");
	r = convert(text, strlen(text), "rill");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(r.out_size > 60000 && r.out_size < 70000);
	t = convert(r.out, r.out_size, "text");
	CU_ASSERT_PTR_NOT_NULL(strstr(t.out, "xxx\xe2\x80\xa6\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(t.out, ":after I"));
	tool_done(&t);
	tool_done(&r);
	free(text);
}

/* ---- text and stacks ------------------------------------------------------------------------ */

static void text_has_time_thread_name_phase_and_arguments(void)
{
	const struct rill_event odd =
		EVENT('I', .ts_ns = 12345678901, .name = "a\033[31m\n", .id = 0x2a,
		      .flags = RILL_FLAG_HAS_ID, ARGS(INT("n", 5), TEXT("s", STRING, "a b")));
	struct tool_result r;

	help_begin(4096, RILL_PACKET_MAX, 0);
	CU_ASSERT_EQUAL(help_event(&odd), 0);
	trace_begin(12345678902, "serve");
	trace_end(12345679902, 12345678902, "serve");
	help_send(RILL_PACKET_LAST);
	r = convert(tape.bytes, tape.size, "text");
	CU_ASSERT_STRING_EQUAL(
		r.out,
		"    12.345678901 main/4711            net:a\\u001b[31m\\n I id=0x2a n=5 s=\"a b\"\n"
		"    12.345678902 main/4711            work:serve B\n"
		"    12.345679902 main/4711            work:serve E [1.000 us]\n");
	tool_done(&r);
}

static void stacks_have_their_own_time(void)
{
	struct tool_result r;

	help_begin(4096, RILL_PACKET_MAX, 0);
	for (uint64_t t = 1000; t < 4000; t += 1000) {
		trace_begin(t, "outer;1");
		trace_begin(t + 100, "inner");
		trace_end(t + 300, t + 100, "inner");
		trace_begin(t + 400, "inner");
		trace_begin(t + 450, "leaf");
		trace_end(t + 460, t + 450, "leaf");
		trace_end(t + 500, t + 400, "inner");
		trace_end(t + 900, t, "outer;1");
	}
	help_send(RILL_PACKET_LAST);
	r = convert(tape.bytes, tape.size, "folded");
	CU_ASSERT_STRING_EQUAL(
		r.out,
		"main/4711;outer,1 1800\nmain/4711;outer,1;inner 870\nmain/4711;outer,1;inner;leaf 30\n");
	tool_done(&r);
}

/* The same slices, told in order of their begin, of their end, and as begins and ends. */
static void stacks_are_the_same_in_every_order(void)
{
	static const char parents[] =
		"[{\"ph\":\"X\",\"ts\":0,\"dur\":100,\"name\":\"a\"},{\"ph\":\"X\",\"ts\":10,\"dur\":30,\"name\":\"b\"},"
		"{\"ph\":\"X\",\"ts\":15,\"dur\":5,\"name\":\"c\"},{\"ph\":\"X\",\"ts\":50,\"dur\":20,\"name\":\"b\"}]";
	static const char children[] =
		"[{\"ph\":\"X\",\"ts\":15,\"dur\":5,\"name\":\"c\"},{\"ph\":\"X\",\"ts\":10,\"dur\":30,\"name\":\"b\"},"
		"{\"ph\":\"X\",\"ts\":50,\"dur\":20,\"name\":\"b\"},{\"ph\":\"X\",\"ts\":0,\"dur\":100,\"name\":\"a\"}]";
	static const char pairs[] =
		"[{\"ph\":\"B\",\"ts\":0,\"name\":\"a\"},{\"ph\":\"B\",\"ts\":10,\"name\":\"b\"},"
		"{\"ph\":\"X\",\"ts\":15,\"dur\":5,\"name\":\"c\"},{\"ph\":\"E\",\"ts\":40},"
		"{\"ph\":\"B\",\"ts\":50,\"name\":\"b\"},{\"ph\":\"E\",\"ts\":70},{\"ph\":\"E\",\"ts\":100}]";
	static const char *const all[] = { parents, children, pairs };

	for (unsigned i = 0; i < 3; i++) {
		struct tool_result r = convert(all[i], strlen(all[i]), "folded");

		CU_ASSERT_STRING_EQUAL(r.out, "0;a 50000\n0;a;b 45000\n0;a;b;c 5000\n");
		tool_done(&r);
	}
}

/* Far more slices in a row than are kept apart, alone and below one that is told last. */
static void many_stacks_add_up_exactly(void)
{
	enum { COUNT = 20000 };
	char *text = malloc(COUNT * 80 + 200), *to = text + sprintf(text, "[");
	struct tool_result r;

	for (int i = 0; i < COUNT; i++)
		to += sprintf(to, "{\"ph\":\"X\",\"ts\":%d,\"dur\":6,\"name\":\"f%d\"},\n",
			      10 * i + 1, i % 3);
	sprintf(to, "{\"ph\":\"X\",\"ts\":0,\"dur\":%d,\"name\":\"all\"}]", 10 * COUNT);
	r = convert(text, strlen(text), "folded");
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "0;all 80000000\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "0;all;f0 40002000\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "0;all;f1 40002000\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "0;all;f2 39996000\n"));
	CU_ASSERT_EQUAL(trace_count(r.out, "\n"), 4);
	tool_done(&r);
	free(text);
}

static const struct test_case cases[] = {
	T(packets_become_the_lines_that_the_formatter_writes),
	T(with_slices_a_scope_is_one_complete_event_and_one_without_an_end_a_begin),
	T(losses_and_totals_are_in_the_json),
	T(json_comes_back_from_packets_as_it_was),
	T(what_has_no_place_in_packets_is_said_by_name),
	T(each_process_of_json_is_a_stream),
	T(a_text_beyond_a_packet_is_cut_and_the_rest_stays),
	T(text_has_time_thread_name_phase_and_arguments),
	T(stacks_have_their_own_time),
	T(stacks_are_the_same_in_every_order),
	T(many_stacks_add_up_exactly),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool formats", cases, argc, argv);
}

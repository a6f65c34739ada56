/* SPDX-License-Identifier: MIT
 * test_tool_cut.c - `rill cut` takes the part that is asked for, `rill check` tells what is not
 * there.
 */
#include "tests/tool_trace_help.h"
#include "tool/sieve.h"

static struct tool_result cut(const void *bytes, size_t size, const char *const *what,
			      const char *format)
{
	const char *args[16] = { "-", "-o", "-", "--format", format };
	unsigned n = 5;

	while (*what)
		args[n++] = *what++;
	args[n] = NULL;
	return tool_run(&rill_verb_cut, args, bytes, size);
}
#define CUT(format, ...) \
	cut(tape.bytes, tape.size, (const char *const[]){ __VA_ARGS__, NULL }, format)

static struct tool_result check(const void *bytes, size_t size)
{
	return tool_run(&rill_verb_check, (const char *const[]){ "-", NULL }, bytes, size);
}

/* ---- cut ------------------------------------------------------------------------------------ */

static void moments_are_read_with_their_units(void)
{
	static const struct {
		const char *text;
		uint64_t ns;
		bool absolute;
	} good[] = {
		{ "2", 2000000000, false },    { "2.5s", 2500000000, false },
		{ "250ms", 250000000, false }, { "1.5us", 1500, false },
		{ "7ns", 7, false },           { "@12.5", 12500000000, true },
		{ "0.0000000019", 1, false },  { "18446744073.709551615", UINT64_MAX, false },
	};
	static const char *const bad[] = { "",           "s", "-1",  "1x",
					   "1 s",        "@", "1e3", "99999999999999999999",
					   "18446744074" };
	struct rill_moment m;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		m = (struct rill_moment){ .ns = 1 };
		CU_ASSERT_TRUE(rill_moment_parse(good[i].text, &m));
		CU_ASSERT_TRUE(m.given && m.absolute == good[i].absolute);
		CU_ASSERT_EQUAL(m.ns, good[i].ns);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CU_ASSERT_FALSE(rill_moment_parse(bad[i], &m));
}

static void a_span_of_time_has_its_bounds(void)
{
	struct tool_result r;

	trace_make(100);
	r = CUT("text", "--from", "10ms", "--to", "20ms");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(trace_count(r.out, "\n"), 11);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "n=10\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "n=20\n"));
	tool_done(&r);
	r = CUT("text", "--from", "@1.090");
	CU_ASSERT_EQUAL(trace_count(r.out, "\n"), 10);
	tool_done(&r);
	r = CUT("text", "--to", "0.0005");
	CU_ASSERT_EQUAL(trace_count(r.out, "\n"), 1);
	tool_done(&r);
}

static void a_filter_takes_its_categories(void)
{
	struct tool_result r;

	trace_make(100);
	r = CUT("text", "-e", "odd");
	CU_ASSERT_EQUAL(trace_count(r.out, " odd:tick "), 50);
	CU_ASSERT_EQUAL(trace_count(r.out, "\n"), 50);
	tool_done(&r);
	r = CUT("text", "-e", "-odd", "--to", "10ms");
	CU_ASSERT_EQUAL(trace_count(r.out, " even:tick "), 6);
	CU_ASSERT_EQUAL(trace_count(r.out, "\n"), 6);
	tool_done(&r);
}

static void a_part_is_a_whole_trace_of_its_own(void)
{
	struct tool_result part, r;

	trace_make(100);
	part = CUT("rill", "--from", "10ms", "--to", "20ms");
	CU_ASSERT_EQUAL(part.code, 0);
	r = check(part.out, part.out_size);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, " 11 events, 1 streams"));
	tool_done(&r);
	r = trace_run(&rill_verb_convert, part.out, part.out_size, "--to", "json");
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"name\":\"board\",\"args\":{\"value\":\"b\"}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"thread_name\",\"args\":{\"name\":\"worker\"}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"rill_summary\",\"args\":{\"events\":11,"));
	tool_done(&r);
	tool_done(&part);
}

static void a_scope_that_ends_inside_is_kept_whole(void)
{
	struct tool_result r;

	help_begin(4096, RILL_PACKET_MAX, 0);
	trace_begin(1000, "long");
	trace_begin(2000, "short");
	trace_end(3000, 2000, "short");
	trace_end(4000, 1000, "long");
	help_send(RILL_PACKET_LAST);
	r = CUT("json", "--from", "500ns");
	CU_ASSERT_PTR_NOT_NULL(strstr(
		r.out,
		"\"ts\":1.000,\"ph\":\"X\",\"cat\":\"work\",\"name\":\"long\",\"dur\":3.000"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(r.out, "\"ts\":2.000,\"ph\":\"B\",\"cat\":\"work\",\"name\":\"short\""));
	tool_done(&r);
}

/* V8's ends have no category, and a filter must not tear pairs apart. */
static void in_json_an_end_goes_where_its_begin_went(void)
{
	static const char text[] =
		"[{\"ph\":\"B\",\"ts\":1,\"cat\":\"a\",\"name\":\"1\"},{\"ph\":\"B\",\"ts\":2,\"cat\":\"b\",\"name\":\"2\",\"cname\":\"kept\"},"
		"{\"ph\":\"E\",\"ts\":3},{\"ph\":\"E\",\"ts\":4},"
		"{\"ph\":\"M\",\"ts\":0,\"name\":\"process_name\",\"args\":{\"name\":\"p\"}},"
		"{\"ph\":\"M\",\"ts\":0,\"name\":\"rill_summary\",\"args\":{\"events\":4}}]";
	struct tool_result r =
		cut(text, sizeof text - 1, (const char *const[]){ "-e", "b", NULL }, "json");

	CU_ASSERT_STRING_EQUAL(
		r.out,
		"[\n{\"ph\":\"B\",\"ts\":2,\"cat\":\"b\",\"name\":\"2\",\"cname\":\"kept\"},\n{\"ph\":\"E\",\"ts\":3},\n"
		"{\"ph\":\"M\",\"ts\":0,\"name\":\"process_name\",\"args\":{\"name\":\"p\"}}\n]\n");
	tool_done(&r);
}

static void wrong_cuts_name_cause_and_remedy(void)
{
	TOOL_SAYS(&rill_verb_cut, 2, "what to cut is missing", "a.rill", "-o", "b.rill");
	TOOL_SAYS(&rill_verb_cut, 2, "--from 'x': a time is wanted, such as 2.5s", "a.rill", "-o",
		  "b.rill", "--from", "x");
	TOOL_SAYS(&rill_verb_cut, 2, "--from is behind --to", "a.rill", "-o", "b.rill", "--from",
		  "2", "--to", "1");
	TOOL_SAYS(&rill_verb_cut, 2, "bad filter", "a.rill", "-o", "b.rill", "-e", "a\nb");
	TOOL_SAYS(&rill_verb_cut, 2, "one input is wanted", "-o", "b.rill", "--from", "1");
}

/* ---- check ---------------------------------------------------------------------------------- */

static void a_whole_trace_has_no_findings(void)
{
	struct tool_result r;

	trace_make(100);
	r = check(tape.bytes, tape.size);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, " 100 events, 1 streams"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "-: all is there\n"));
	tool_done(&r);
}

static void every_cut_is_noticed(void)
{
	trace_make(60);
	for (size_t size = 0; size < tape.size; size++) {
		struct tool_result r = check(tape.bytes, size);

		CU_ASSERT_EQUAL(r.code, 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(r.out, !size               ? "empty: "
						     : size < tape.at[1] ? "cut: "
									 : "no end: "));
		tool_done(&r);
	}
}

static void damage_is_said_with_its_place_and_what_it_cost(void)
{
	struct tool_result r;
	char wanted[80];

	trace_make(300);
	tape.bytes[tape.at[2] + 60] ^= 1;
	r = check(tape.bytes, tape.size);
	CU_ASSERT_EQUAL(r.code, 1);
	snprintf(wanted, sizeof wanted,
		 "  offset %zu: %zu bytes: the checksum of a packet is wrong\n", tape.at[2],
		 tape.at[3] - tape.at[2]);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, wanted));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "missing: 1 packets with "));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "'rill convert' writes what is whole"));
	tool_done(&r);
}

static void losses_are_told_by_thread_and_cause_with_what_helps(void)
{
	const struct rill_gap gap = { .thread = &help_worker,
				      .count = 7,
				      .before_ns = 1000,
				      .after_ns = 3000,
				      .cause = RILL_LOST_FULL };
	struct tool_result r;

	help_begin(4096, RILL_PACKET_MAX, 0);
	trace_instant(1000, "net", 1);
	CU_ASSERT_EQUAL(rill_packet_gap(&writer, &gap), 0);
	trace_instant(3000, "net", 2);
	trace_instant(2000, "net", 3);
	help_send(RILL_PACKET_LAST);
	r = check(tape.bytes, tape.size);
	CU_ASSERT_EQUAL(r.code, 1);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(r.out, ": 0.000003000: thread worker/4712: 7 events lost: ring full\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(r.out, "lost: 7 events never reached it; record with larger rings"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "event 'tick' is earlier than the one before it"));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "note: 1 events are earlier"));
	tool_done(&r);
	r = tool_run(&rill_verb_check, (const char *const[]){ "-q", "-", NULL },
		     (const char *)tape.bytes, tape.size);
	CU_ASSERT_EQUAL(r.code, 1);
	CU_ASSERT_EQUAL(r.out_size, 0);
	tool_done(&r);
}

static void json_is_checked_too(void)
{
	static const char whole[] = "[{\"ph\":\"I\",\"ts\":1,\"name\":\"a\"}]";
	static const char lost[] =
		"[{\"ph\":\"I\",\"ts\":1,\"cat\":\"rill\",\"name\":\"events lost\",\"args\":{\"count\":3,\"cause\":\"ring full\"}}]";
	struct tool_result r = check(whole, sizeof whole - 1);

	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "Chrome JSON, 1 events"));
	tool_done(&r);
	r = check(whole, sizeof whole - 5);
	CU_ASSERT_EQUAL(r.code, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "cut: "));
	tool_done(&r);
	r = check(lost, sizeof lost - 1);
	CU_ASSERT_EQUAL(r.code, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "lost: 3 events never reached it"));
	tool_done(&r);
}

/* ---- report --------------------------------------------------------------------------------- */

static void a_report_of_packets_is_that_of_their_json(void)
{
	static const char *const args[] = { "--json", "-", NULL };
	struct tool_result json, a, b;
	char *from_a, *from_b;

	help_begin(512, RILL_PACKET_MAX, 0);
	for (uint64_t t = 1000; t < 100000; t += 1000) {
		trace_begin(t, "outer");
		trace_begin(t + 100, "inner");
		trace_instant(t + 150, "net", (int64_t)t);
		trace_end(t + 300, t + 100, "inner");
		trace_end(t + 900, t, "outer");
	}
	help_send(RILL_PACKET_LAST);
	json = trace_run(&rill_verb_convert, tape.bytes, tape.size, "--to", "json");
	a = tool_run(&rill_verb_report, args, (const char *)tape.bytes, tape.size);
	b = tool_run(&rill_verb_report, args, json.out, json.out_size);
	CU_ASSERT_EQUAL(a.code, 0);
	/* All but the number of bytes and of lines of metadata. */
	from_a = strstr(a.out, "\"lost\"");
	from_b = strstr(b.out, "\"lost\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(from_a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(from_b);
	CU_ASSERT_STRING_EQUAL(from_a, from_b);
	CU_ASSERT_PTR_NOT_NULL(strstr(
		a.out, "\"name\":\"inner\",\"count\":99,\"total_ns\":19800,\"self_ns\":19800"));
	tool_done(&json);
	tool_done(&a);
	tool_done(&b);
}

static const struct test_case cases[] = {
	T(moments_are_read_with_their_units),
	T(a_span_of_time_has_its_bounds),
	T(a_filter_takes_its_categories),
	T(a_part_is_a_whole_trace_of_its_own),
	T(a_scope_that_ends_inside_is_kept_whole),
	T(in_json_an_end_goes_where_its_begin_went),
	T(wrong_cuts_name_cause_and_remedy),
	T(a_whole_trace_has_no_findings),
	T(every_cut_is_noticed),
	T(damage_is_said_with_its_place_and_what_it_cost),
	T(losses_are_told_by_thread_and_cause_with_what_helps),
	T(json_is_checked_too),
	T(a_report_of_packets_is_that_of_their_json),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool cut", cases, argc, argv);
}

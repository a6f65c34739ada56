/* SPDX-License-Identifier: MIT
 * test_tool_ctf.c - what `rill convert` makes of a trace in the Common Trace Format: whole packets in order of
 * time, every kind described, losses counted.
 */
#define _GNU_SOURCE /* memmem */
#include "tests/ctf_help.h"

/* ---- events --------------------------------------------------------------------------------- */

static void an_event_is_its_number_time_context_facts_and_arguments(void)
{
	static const uint8_t wanted[] =
		"\x67\x12\x00\x00\x68\x12\x00\x00worker\0Inet\0" /* context */
		"\x02"                                           /* scope */
		"\x2a\x00\x00\x00\x00\x00\x00\x00";              /* n */
	struct tool_result r;
	struct seen seen;

	begin();
	help_begin(4096, RILL_PACKET_MAX, 0);
	trace_instant(UINT64_C(0x1122334455), "net", 42);
	help_send(RILL_PACKET_LAST);
	r = convert(tape.bytes, tape.size);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(count_in_streams(wanted, sizeof wanted - 1), 1);
	CU_ASSERT_EQUAL(count_in_streams("\x55\x44\x33\x22\x11\0\0\0\x67\x12", 10), 1);
	CU_ASSERT_TRUE(metadata_has("event {\n	name = \"tick\";\n"));
	CU_ASSERT_TRUE(metadata_has("	model.emf.uri = \"file:rx.c#42\";\n"));
	CU_ASSERT_TRUE(metadata_has("		i64 _n;\n"));
	tool_done(&r);
	end();
}

static void names_that_are_no_words_become_words_and_can_be_read_back(void)
{
	const struct rill_event odd =
		EVENT('I', .name = "a\"b\\\n\x7f\xff", .file = "a b\"%.c",
		      ARGS(INT("", 1), INT("Bool", 2), INT("a b", 3), INT("_x20", 4), INT("n", 5),
			   INT("n", 6), INT("\xc3\xa9", 7)));
	struct tool_result r;

	begin();
	help_begin(4096, RILL_PACKET_MAX, 0);
	CU_ASSERT_EQUAL(help_event(&odd), 0);
	help_send(RILL_PACKET_LAST);
	r = convert(tape.bytes, tape.size);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(metadata_has("	name = \"a\\\"b\\\\\\012\\177\xef\xbf\xbd\";\n"));
	CU_ASSERT_TRUE(metadata_has("\"file:a%20b%22%25.c#42\""));
	CU_ASSERT_TRUE(metadata_has(
		"i64 __x00;\n		i64 __x42ool;\n		i64 _a_x20b;\n"
		"		i64 __x5fx20;\n		i64 _n;\n		i64 _n_x00;\n"
		"		i64 __xc3_xa9;\n"));
	tool_done(&r);
	end();
}

static void texts_are_valid_and_end_at_their_end(void)
{
	const struct rill_event odd = EVENT('I', ARGS(TEXT("a", COPY,
							   "x\0y\xff"
							   "z"),
						      TEXT("b", BLOB, "\0\1\xff")));
	struct tool_result r;
	struct seen seen;

	begin();
	help_begin(4096, RILL_PACKET_MAX, 0);
	CU_ASSERT_EQUAL(help_event(&odd), 0);
	help_send(RILL_PACKET_LAST);
	r = convert(tape.bytes, tape.size);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(count_in_streams("x\xe2\x90\x80y\xef\xbf\xbdz\0\3\0\0\0\0\1\xff", 17), 1);
	tool_done(&r);
	end();
}

static void every_cut_of_a_trace_is_a_whole_trace(void)
{
	struct tool_result r;
	struct seen seen;
	unsigned events = 0;

	trace_make(60);
	for (size_t cut = 0; cut <= tape.size; cut += cut + 23 < tape.size ? 23 : 1) {
		begin();
		r = convert(tape.bytes, cut);
		if (r.code == 0) {
			CU_ASSERT_TRUE(check(&seen));
			CU_ASSERT_TRUE(count_in_streams("even\0\2", 6) +
					       count_in_streams("odd\0\2", 5) >=
				       events);
			events = count_in_streams("even\0\2", 6) + count_in_streams("odd\0\2", 5);
			end();
		} else {
			CU_ASSERT_EQUAL(access(folder, F_OK), -1);
		}
		tool_done(&r);
	}
	CU_ASSERT_EQUAL(events, 60);
}

static void a_trace_of_nothing_is_a_trace(void)
{
	struct tool_result r;
	struct seen seen;

	begin();
	r = convert("[]", 2);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(seen.streams, 0);
	tool_done(&r);
	end();
}

/* ---- time ----------------------------------------------------------------------------------- */

static void what_comes_late_stands_where_it_belongs(void)
{
	struct rill_event late =
		EVENT('I', .ts_ns = 1000, .site = 99, .name = "late", .category = "late",
		      .thread = &help_worker, .tid = 4712, .state = RILL_EVENT_LATE);
	struct tool_result r;
	struct seen seen;

	begin();
	help_begin(4096, RILL_PACKET_MAX, 0);
	trace_instant(1000, "net", 1);
	trace_instant(3000, "net", 2);
	late.ts_ns = 2000;
	CU_ASSERT_EQUAL(help_event(&late), 0);
	help_send(RILL_PACKET_LAST);
	r = convert(tape.bytes, tape.size);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_TRUE(metadata_has("u8 _late"));
	CU_ASSERT_FALSE(metadata_has("_recorded_ns"));
	CU_ASSERT_PTR_NULL(strstr(r.err, "too late"));
	tool_done(&r);
	end();
}

/* Blocks of events, each earlier than the one before, and larger than what waits to be sorted. */
static void in_blocks(unsigned blocks, bool *moved)
{
	enum { EVENTS = 700 };
	char *const text = malloc(blocks * EVENTS * 80 + 16), *to = text;
	struct tool_result r;
	struct seen seen;

	begin();
	for (unsigned i = 0; i < blocks; i++)
		for (unsigned j = 0; j < EVENTS; j++)
			to += sprintf(to,
				      "%c{\"ph\":\"I\",\"ts\":%u,\"name\":\"n\",\"cat\":\"uniq\"}",
				      to == text ? '[' : ',', (blocks - i) * 10000 + j);
	*to++ = ']';
	r = convert(text, (size_t)(to - text));
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(count_in_streams("uniq", 5), blocks * EVENTS);
	*moved = strstr(r.err, "too late") != NULL;
	CU_ASSERT_EQUAL(*moved, metadata_has("_recorded_ns"));
	tool_done(&r);
	free(text);
	end();
}

static void what_comes_very_late_goes_to_files_of_its_own_and_then_says_its_time(void)
{
	bool moved;

	in_blocks(8, &moved);
	CU_ASSERT_FALSE(moved);
	in_blocks(30, &moved);
	CU_ASSERT_TRUE(moved);
}

static void times_that_no_reader_can_add_to_the_epoch_are_moved_and_said(void)
{
	const struct rill_event far =
		EVENT('I', .ts_ns = UINT64_MAX - 5, .thread = &help_worker, .tid = 4712);
	struct tool_result r;
	struct seen seen;

	begin();
	help_begin(4096, RILL_PACKET_MAX, 0);
	trace_instant(1000, "net", 1);
	CU_ASSERT_EQUAL(help_event(&far), 0);
	help_send(RILL_PACKET_LAST);
	r = convert(tape.bytes, tape.size);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "1 events came too late, or lie more than 146 years"));
	CU_ASSERT_EQUAL(count_in_streams("\xfa\xff\xff\xff\xff\xff\xff\xff", 8), 1);
	tool_done(&r);
	end();
}

/* ---- losses --------------------------------------------------------------------------------- */

static void losses_are_counted_where_readers_look_for_them(void)
{
	const struct rill_gap first = {
		.thread = &help_main, .count = 5, .after_ns = 900, .cause = RILL_LOST_DEEP
	};
	const struct rill_gap gap = { .thread = &help_worker,
				      .count = 7,
				      .before_ns = 1000,
				      .after_ns = 3000,
				      .cause = RILL_LOST_FULL };
	struct rill_stats stats = {
		.delivered = 2,
		.lost_total = 20,
		.threads = 1,
		.lost = { [RILL_LOST_FULL] = 7, [RILL_LOST_DEEP] = 5, [RILL_LOST_SINK] = 8 },
	};
	struct tool_result r;
	struct seen seen;

	begin();
	help_begin(4096, RILL_PACKET_MAX, 0);
	CU_ASSERT_EQUAL(rill_packet_gap(&writer, &first), 0);
	trace_instant(1000, "net", 1);
	CU_ASSERT_EQUAL(rill_packet_gap(&writer, &gap), 0);
	trace_instant(3000, "net", 2);
	CU_ASSERT_EQUAL(rill_packet_totals(&writer, &stats), 0);
	help_send(RILL_PACKET_LAST);
	r = convert(tape.bytes, tape.size);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(seen.discarded, 20);
	CU_ASSERT_EQUAL(count_in_streams("ring full", 10), 1);
	CU_ASSERT_EQUAL(count_in_streams("told by the totals only", 24), 1);
	tool_done(&r);
	end();
}

static void a_part_has_its_own_losses_only(void)
{
	const struct rill_gap gap = { .thread = &help_worker,
				      .count = 7,
				      .before_ns = 1000,
				      .after_ns = 3000,
				      .cause = RILL_LOST_FULL };
	struct tool_result r;
	struct seen seen;

	begin();
	help_begin(4096, RILL_PACKET_MAX, 0);
	trace_instant(1000, "net", 1);
	CU_ASSERT_EQUAL(rill_packet_gap(&writer, &gap), 0);
	trace_instant(3000, "net", 2);
	trace_instant(5000, "net", 3);
	help_send(RILL_PACKET_LAST);
	r = tool_run(&rill_verb_cut,
		     (const char *const[]){ "-", "-o", folder, "--from", "4us", NULL },
		     (const char *)tape.bytes, tape.size);
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_TRUE(check(&seen));
	CU_ASSERT_EQUAL(seen.discarded, 0);
	tool_done(&r);
	end();
}

static const struct test_case cases[] = {
	T(an_event_is_its_number_time_context_facts_and_arguments),
	T(names_that_are_no_words_become_words_and_can_be_read_back),
	T(texts_are_valid_and_end_at_their_end),
	T(every_cut_of_a_trace_is_a_whole_trace),
	T(a_trace_of_nothing_is_a_trace),
	T(what_comes_late_stands_where_it_belongs),
	T(what_comes_very_late_goes_to_files_of_its_own_and_then_says_its_time),
	T(times_that_no_reader_can_add_to_the_epoch_are_moved_and_said),
	T(losses_are_counted_where_readers_look_for_them),
	T(a_part_has_its_own_losses_only),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool ctf", cases, argc, argv);
}

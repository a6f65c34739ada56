/* SPDX-License-Identifier: MIT
 * test_tool_merge.c - `rill merge` joins the clocks of its inputs by what they say of them, and says how
 * sure that is.
 */
#include "tests/tool_merge_help.h"

enum { MS = 1000000 };
#define S UINT64_C(1000000000)
#define WALL (UINT64_C(1700000000) * S)

/* An instant each 100 ms from second `from` to second `to`, numbered in milliseconds since `from`. */
static void put_ticks(uint64_t from, uint64_t to, const char *category)
{
	for (uint64_t ms = 0; ms <= (to - from) * 1000; ms += 100)
		trace_instant(from * S + ms * MS, category, (int64_t)ms);
}

/* a.rill: seconds 1 to 3, whose wall clock is known at both ends to 1 us. */
static void make_first(const char *boot_id)
{
	merge_board(1, S, boot_id);
	merge_snapshot(1 * S, WALL + 1 * S, 1000);
	put_ticks(1, 3, "first");
	merge_snapshot(3 * S, WALL + 3 * S, 1000);
	merge_keep("a.rill");
}

/* ---- monotonic ------------------------------------------------------------------------------ */

static void inputs_of_one_start_of_a_machine_keep_their_times(void)
{
	struct tool_result r;

	make_first(MERGE_BOOT);
	merge_board(2, 2 * S, MERGE_BOOT);
	merge_snapshot(2 * S, WALL + 5 * S, 1000); /* set meanwhile: of no matter */
	trace_instant(2 * S + 50 * MS, "second", 7777);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 0);
	HAS(r.err, "a.rill: its clock is the output's");
	HAS(r.err, "b.rill: offset +0.000000000 s, within 0 ns (CLOCK_MONOTONIC of the same start");
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(2 * S + 50 * MS));
	/* It lies between its neighbours. */
	CU_ASSERT(strstr(r.out, "n=1000\n") < strstr(r.out, "n=7777\n"));
	CU_ASSERT(strstr(r.out, "n=7777\n") < strstr(r.out, "n=1100\n"));
	tool_done(&r);
}

static void inputs_of_two_starts_share_no_monotonic_clock(void)
{
	struct tool_result r;

	make_first(MERGE_BOOT);
	merge_board(2, 2 * S, MERGE_OTHER_BOOT);
	trace_instant(2 * S, "second", 7777);
	merge_keep("b.rill");
	TOOL_SAYS(&rill_verb_merge, 1, "b.rill was recorded after another start of a machine",
		  "a.rill", "b.rill", "-o", "-", "--clock", "monotonic");
	r = MERGE("a.rill", "b.rill", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 1);
	HAS(r.err, "nothing joins the clock of b.rill to that of a.rill");
	HAS(r.err, "--offset b.rill=NS");
	tool_done(&r);
}

/* As Node's traces: nothing is said of the clock, and the times are near each other. */
static void times_that_are_near_are_taken_for_one_clock_and_that_is_said(void)
{
	struct tool_result r;

	make_first(MERGE_BOOT);
	merge_text("n.json", "{\"traceEvents\":[{\"pid\":9,\"tid\":9,\"ts\":2050000.5,\"ph\":\"I\","
			     "\"cat\":\"node\",\"name\":\"x\",\"args\":{\"n\":7777}}]}");
	r = MERGE("a.rill", "n.json", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 0);
	HAS(r.err, "n.json: offset +0.000000000 s, uncertainty unknown");
	HAS(r.err, "nothing in the inputs says that their clocks are one");
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(2 * S + 50 * MS + 500));
	tool_done(&r);
	merge_text("n.json", "[{\"pid\":9,\"tid\":9,\"ts\":205000000,\"ph\":\"I\",\"name\":\"x\"}]");
	r = MERGE("a.rill", "n.json", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 1);
	HAS(r.err, "n.json does not say what CLOCK_REALTIME was");
	tool_done(&r);
	r = MERGE("a.rill", "n.json", "--to", "text", "--clock", "monotonic");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NULL(strstr(r.err, "nothing in the inputs says"));
	tool_done(&r);
}

/* ---- realtime ------------------------------------------------------------------------------- */

static void snapshots_of_the_wall_clock_join_two_boards(void)
{
	struct tool_result r;

	make_first(MERGE_BOOT);
	merge_board(2, 500 * S, MERGE_OTHER_BOOT);
	merge_snapshot(500 * S, WALL + 2 * S + 250, 2000);
	put_ticks(500, 501, "second");
	trace_instant(501 * S, "second", 7777);
	merge_snapshot(501 * S, WALL + 3 * S + 250, 2000);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 0);
	HAS(r.err, "b.rill: offset -497.999999750 s, within 3.000 us (by CLOCK_REALTIME, 2 snapshots)");
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(3 * S + 250));
	tool_done(&r);
}

/* The second clock gains 100 us in the first second and 300 us in the next. */
static void the_offset_follows_the_snapshots(void)
{
	static const int64_t wanted[] = { 2000000000, 2499950000, 2999900000, 3499750000, 3999600000 };
	struct tool_result r;

	make_first(MERGE_BOOT);
	merge_board(2, 500 * S, NULL);
	merge_snapshot(500 * S, WALL + 2 * S, 0);
	merge_snapshot(501 * S, WALL + 3 * S - 100000, 0);
	merge_snapshot(502 * S, WALL + 4 * S - 400000, 0);
	for (int i = 0; i < 5; i++)
		trace_instant(500 * S + (uint64_t)i * 500 * MS, "second", 7770 + i);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "text", "--clock", "realtime");
	CU_ASSERT_EQUAL(r.code, 0);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(merge_time_of(r.out, 7770 + i), wanted[i]);
	HAS(r.err, "within 301.000 us, changing by -0.000400000 s (-200000 ppb)");
	tool_done(&r);
}

/* The board has no battery: its clock is wrong until the network sets it. */
static void a_clock_that_was_set_counts_as_if_it_had_been_right(void)
{
	struct tool_result r;

	make_first(MERGE_BOOT);
	merge_board(2, 500 * S, NULL);
	merge_snapshot(500 * S, 1000, 0);
	trace_instant(500 * S + 500 * MS, "second", 7777);
	merge_snapshot(501 * S, WALL + 3 * S, 0);
	trace_instant(501 * S, "second", 7778);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(2 * S + 500 * MS));
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7778), (int64_t)(3 * S));
	HAS(r.err, "b.rill: its CLOCK_REALTIME was set 1 times");
	tool_done(&r);
}

static void the_clocks_at_the_head_of_json_join_it_too(void)
{
	struct tool_result r;

	make_first(NULL);
	merge_text("b.json",
		   "[{\"pid\":5,\"tid\":5,\"ts\":0,\"ph\":\"M\",\"name\":\"clock\",\"args\":{\"monotonic\":"
		   "500000000.000,\"realtime\":1700000002000000.500}},\n"
		   "{\"pid\":5,\"tid\":5,\"ts\":500000000.000,\"ph\":\"I\",\"name\":\"x\",\"args\":{\"n\":7777}}]");
	r = MERGE("a.rill", "b.json", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(2 * S + 500));
	tool_done(&r);
	/* That clock is the output's now. */
	r = MERGE("a.rill", "b.json", "--to", "json");
	HAS(r.out, "\"clock\",\"args\":{\"monotonic\":2000000.500,\"realtime\":1700000002000000.500}");
	HAS(r.out, "\"rill_merge\",\"args\":{\"input\":\"b.json\",\"clock\":\"realtime\","
		   "\"offset_ns\":-497999999500,");
	tool_done(&r);
}

/* ts from 0 on, whatever the head says. */
static void times_from_the_start_of_a_session_are_not_taken_for_a_clock(void)
{
	struct tool_result r;

	make_first(MERGE_BOOT);
	merge_text("r.json",
		   "[{\"pid\":5,\"tid\":5,\"ts\":0,\"ph\":\"M\",\"name\":\"clock\",\"args\":{\"monotonic\":"
		   "500000000.000,\"realtime\":1700000002000000.500}},\n"
		   "{\"pid\":5,\"tid\":5,\"ts\":0,\"ph\":\"M\",\"name\":\"boot_id\",\"args\":{\"name\":\""
		   MERGE_BOOT "\"}},\n"
		   "{\"pid\":5,\"tid\":5,\"ts\":12.000,\"ph\":\"I\",\"name\":\"x\",\"args\":{\"n\":7777}}]");
	r = MERGE("a.rill", "r.json", "--to", "text", "--offset", "r.json=2000000000");
	CU_ASSERT_EQUAL(r.code, 0);
	HAS(r.err, "r.json: its times seem to count from the start of its session");
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(2 * S + 12000));
	tool_done(&r);
	TOOL_SAYS(&rill_verb_merge, 1, "does not say what CLOCK_REALTIME was", "a.rill", "r.json",
		  "-o", "-", "--clock", "realtime");
}

/* A pull that went on while the board was started anew. */
static void two_starts_in_one_input_have_each_its_own_offset(void)
{
	struct help_tape first;
	struct tool_result r;

	make_first(MERGE_BOOT);
	merge_board(2, 500 * S, MERGE_OTHER_BOOT);
	merge_snapshot(500 * S, WALL + 1 * S, 0);
	trace_instant(500 * S, "second", 7777);
	help_send(RILL_PACKET_LAST);
	first = tape;
	first.bytes = memcpy(malloc(tape.size), tape.bytes, tape.size);
	merge_board(3, 4 * S, "77777777-2222-3333-4444-555555555555");
	merge_snapshot(4 * S, WALL + 2 * S, 0);
	trace_instant(4 * S, "second", 7778);
	help_send(RILL_PACKET_LAST);
	first.bytes = realloc(first.bytes, first.size + tape.size);
	memcpy(first.bytes + first.size, tape.bytes, tape.size);
	merge_save("b.rill", first.bytes, first.size + tape.size);
	free(first.bytes);
	r = MERGE("a.rill", "b.rill", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 0);
	HAS(r.err, "b.rill (start 1): offset -499.000000000 s");
	HAS(r.err, "b.rill (start 2): offset -2.000000000 s");
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(1 * S));
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7778), (int64_t)(2 * S));
	tool_done(&r);
}

/* ---- sync ----------------------------------------------------------------------------------- */

static void a_mark_in_both_joins_them(void)
{
	struct tool_result r;

	merge_board(1, S, NULL);
	merge_mark(2 * S, "here", 1999000); /* asked at 1.999 s, answered at 2 s */
	trace_instant(3 * S, "first", 1);
	merge_keep("a.rill");
	merge_board(2, 500 * S, NULL);
	merge_mark(500 * S, "here", 0);
	trace_instant(501 * S, "second", 7777);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(3 * S - 500000));
	HAS(r.err, "b.rill: offset -498.000500000 s, within 500.000 us (by 1 clock_sync marks)");
	tool_done(&r);
	/* The issuer may as well be the other one. */
	r = MERGE("b.rill", "a.rill", "--to", "text");
	CU_ASSERT_EQUAL(merge_time_of(r.out, 1), (int64_t)(501 * S + 500000));
	tool_done(&r);
}

/* 200 ppm slow; the marks were noticed up to 10 us late. */
static void several_marks_tell_the_drift(void)
{
	static const uint64_t late[] = { 0, 10000, 0, 10000, 0, 10000 };
	char id[8];
	struct tool_result r;
	int64_t off;

	merge_board(1, S, NULL);
	for (unsigned i = 0; i < 6; i++) {
		snprintf(id, sizeof id, "%u", i);
		merge_mark((10 + i * 10) * S, id, 0);
	}
	merge_keep("a.rill");
	merge_board(2, 500 * S, NULL);
	for (unsigned i = 0; i < 6; i++) {
		snprintf(id, sizeof id, "%u", i);
		merge_mark((500 + i * 10) * S - i * 2000000 + late[i], id, 0);
	}
	trace_instant(580 * S - 16000000, "second", 7777);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "text", "--clock", "sync");
	CU_ASSERT_EQUAL(r.code, 0);
	off = merge_time_of(r.out, 7777) - (int64_t)(90 * S);
	CU_ASSERT(off > -25000 && off < 25000);
	HAS(r.err, "by 6 clock_sync marks");
	tool_done(&r);
}

static void marks_join_through_a_third_input(void)
{
	struct tool_result r;

	merge_board(1, S, NULL);
	merge_mark(2 * S, "a-b", 0);
	merge_keep("a.rill");
	merge_board(2, 500 * S, NULL);
	merge_mark(500 * S, "a-b", 0);
	merge_mark(501 * S, "b-c", 0);
	merge_keep("b.rill");
	merge_text("c.json", "[{\"ph\":\"c\",\"ts\":7000000,\"pid\":1,\"tid\":1,\"cat\":\"__metadata\",\"name\":"
			     "\"clock_sync\",\"args\":{\"sync_id\":\"b-c\"}},{\"ph\":\"I\",\"ts\":7000001,\"pid\":1,"
			     "\"tid\":1,\"name\":\"x\",\"args\":{\"n\":7777}}]");
	r = MERGE("a.rill", "c.json", "b.rill", "--to", "text", "--clock", "sync");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(3 * S + 1000));
	tool_done(&r);
	TOOL_SAYS(&rill_verb_merge, 1, "c.json has 1 clock_sync marks, but none with a sync_id that",
		  "a.rill", "c.json", "-o", "-", "--clock", "sync");
}

static void marks_that_contradict_each_other_are_refused(void)
{
	merge_board(1, S, NULL);
	merge_mark(2 * S, "1", 0);
	merge_mark(12 * S, "2", 0);
	merge_keep("a.rill");
	merge_board(2, 500 * S, NULL);
	merge_mark(500 * S, "2", 0);
	merge_mark(510 * S, "1", 0);
	merge_keep("b.rill");
	TOOL_SAYS(&rill_verb_merge, 1, "clock_sync marks of b.rill and a.rill contradict each other",
		  "a.rill", "b.rill", "-o", "-", "--clock", "sync");
}

/* The issuer's time of asking moves with the rest, so that the output can be merged again. */
static void a_mark_is_still_true_in_the_output(void)
{
	struct tool_result r, again;

	make_first(NULL);
	merge_board(2, 500 * S, NULL);
	merge_mark(500 * S, "m", 499998000);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "rill", "--offset", "b.rill=-497000000000");
	CU_ASSERT_EQUAL(r.code, 0);
	merge_save("ab.rill", r.out, r.out_size);
	tool_done(&r);
	merge_board(3, 7 * S, NULL);
	merge_mark(7 * S, "m", 0);
	trace_instant(7 * S, "third", 7777);
	merge_keep("c.rill");
	again = MERGE("ab.rill", "c.rill", "--to", "text", "--clock", "sync");
	CU_ASSERT_EQUAL(again.code, 0);
	CU_ASSERT_EQUAL(merge_time_of(again.out, 7777), (int64_t)(3 * S - 1000000));
	HAS(again.err, "within 1.000 ms");
	tool_done(&again);
}

/* ---- by hand -------------------------------------------------------------------------------- */

static void an_offset_by_hand_goes_before_all_that_is_known(void)
{
	struct tool_result r;

	make_first(MERGE_BOOT);
	merge_board(2, 2 * S, MERGE_BOOT);
	trace_instant(2 * S, "second", 7777);
	merge_keep("b=1.rill");
	r = MERGE("a.rill", "b=1.rill", "--to", "text", "--offset", "b=1.rill=-1500000");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(2 * S - 1500000));
	HAS(r.err, "offset -0.001500000 s, within 0 ns (--offset)");
	tool_done(&r);
}

/* The second board was started long before the first. */
static void no_time_comes_before_0(void)
{
	struct tool_result r;

	make_first(NULL);
	merge_board(2, 500 * S, NULL);
	trace_instant(500 * S, "second", 7777);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "text", "--offset", "b.rill=-600500000000");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(500 * MS));
	CU_ASSERT_EQUAL(merge_time_of(r.out, 2000), (int64_t)(104 * S));
	HAS(r.err, "all times are 101 s later than on that clock, so that none is before 0");
	tool_done(&r);
}

/* ---- what is wrong -------------------------------------------------------------------------- */

static void wrong_merges_name_cause_and_remedy(void)
{
	make_first(NULL);
	merge_text("n.json", "[{\"ph\":\"I\",\"ts\":1,\"pid\":1,\"tid\":1,\"name\":\"x\"}]");
#define SAYS(code, piece, ...) TOOL_SAYS(&rill_verb_merge, code, piece, __VA_ARGS__)
	SAYS(2, "two inputs or more are wanted", "a.rill", "-o", "x");
	SAYS(2, "the output is missing", "a.rill", "n.json");
	SAYS(2, "there is monotonic, realtime or sync", "a.rill", "n.json", "-o", "x", "--clock", "utc");
	SAYS(2, "FILE=NS is wanted", "a.rill", "n.json", "-o", "x.rill", "--offset", "n.json");
	SAYS(2, "FILE=NS is wanted", "a.rill", "n.json", "-o", "x.rill", "--offset", "n.json=1ms");
	SAYS(2, "none of the inputs is called b.rill", "a.rill", "n.json", "-o", "x.rill", "--offset",
	     "b.rill=1");
	SAYS(2, "a.rill and ./a.rill are one file", "a.rill", "./a.rill", "-o", "x.rill");
	SAYS(2, "n.json is an input", "a.rill", "n.json", "-o", "n.json", "--clock", "monotonic");
	SAYS(1, "cannot open none.rill", "a.rill", "none.rill", "-o", "x.rill");
	SAYS(1, "standard input is no regular file", "a.rill", "-", "-o", "x.rill");
	SAYS(1, "n.json does not say what CLOCK_REALTIME was: no --clock realtime with it", "a.rill",
	     "n.json", "-o", "x.rill", "--clock", "realtime");
	SAYS(1, "n.json has no clock_sync mark", "a.rill", "n.json", "-o", "x.rill", "--clock", "sync");
#undef SAYS
	/* Nothing was begun. */
	CU_ASSERT_NOT_EQUAL(access("x.rill", F_OK), 0);
	CU_ASSERT_NOT_EQUAL(access("x", F_OK), 0);
}

static void an_empty_input_adds_nothing(void)
{
	struct tool_result r;

	make_first(NULL);
	merge_save("empty.rill", "", 0);
	r = MERGE("empty.rill", "a.rill", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 0);
	HAS(r.err, "empty.rill is empty");
	HAS(r.err, "a.rill: its clock is the output's");
	CU_ASSERT_EQUAL(trace_count(r.out, " first:tick "), 21);
	tool_done(&r);
	merge_save("empty2.rill", "", 0);
	r = MERGE("empty.rill", "empty2.rill", "--to", "json");
	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_STRING_EQUAL(r.out, "[]\n");
	tool_done(&r);
}

/* As a serial line was captured, with what a console wrote in between. */
static void frames_of_a_line_are_merged_too(void)
{
	struct tool_result r;

	make_first(MERGE_BOOT);
	merge_board(2, 2 * S, MERGE_BOOT);
	help_send(0);
	tape.framed = true;
	tape.size = tape.packets = 0;
	help_tape_add("login: ", 7);
	rill_packet_repeat(&writer);
	help_stream();
	merge_pair("boot_id", "{\"name\":\"" MERGE_BOOT "\"}");
	trace_instant(2 * S + 50 * MS, "second", 7777);
	merge_keep("b.cap");
	r = MERGE("a.rill", "b.cap", "--to", "text");
	CU_ASSERT_EQUAL(r.code, 0);
	HAS(r.err, "b.cap: offset +0.000000000 s, within 0 ns");
	CU_ASSERT_EQUAL(merge_time_of(r.out, 7777), (int64_t)(2 * S + 50 * MS));
	tool_done(&r);
}

static void a_damaged_input_is_merged_as_far_as_it_is_whole(void)
{
	struct tool_result r;

	merge_board(1, S, NULL);
	put_ticks(1, 100, "first");
	help_send(RILL_PACKET_LAST);
	tape.bytes[tape.at[1] + 60] ^= 1;
	merge_save("b.rill", tape.bytes, tape.size - 3);
	merge_board(9, S, NULL);
	trace_instant(2 * S, "second", 7777);
	merge_keep("a.rill");
	r = MERGE("a.rill", "b.rill", "--to", "text", "--clock", "monotonic");
	CU_ASSERT_EQUAL(r.code, 0);
	HAS(r.err, "b.rill is damaged");
	HAS(r.err, "b.rill was cut");
	HAS(r.out, "n=7777\n");
	CU_ASSERT(trace_count(r.out, " first:tick ") > 0);
	tool_done(&r);
}

static const struct test_case cases[] = {
	T(inputs_of_one_start_of_a_machine_keep_their_times),
	T(inputs_of_two_starts_share_no_monotonic_clock),
	T(times_that_are_near_are_taken_for_one_clock_and_that_is_said),
	T(snapshots_of_the_wall_clock_join_two_boards),
	T(the_offset_follows_the_snapshots),
	T(a_clock_that_was_set_counts_as_if_it_had_been_right),
	T(the_clocks_at_the_head_of_json_join_it_too),
	T(times_from_the_start_of_a_session_are_not_taken_for_a_clock),
	T(two_starts_in_one_input_have_each_its_own_offset),
	T(a_mark_in_both_joins_them),
	T(several_marks_tell_the_drift),
	T(marks_join_through_a_third_input),
	T(marks_that_contradict_each_other_are_refused),
	T(a_mark_is_still_true_in_the_output),
	T(an_offset_by_hand_goes_before_all_that_is_known),
	T(no_time_comes_before_0),
	T(wrong_merges_name_cause_and_remedy),
	T(an_empty_input_adds_nothing),
	T(frames_of_a_line_are_merged_too),
	T(a_damaged_input_is_merged_as_far_as_it_is_whole),
};

int main(int argc, char **argv)
{
	int code;

	merge_begin_folder();
	code = TEST_MAIN("tool_merge", cases, argc, argv);
	if (merge_end_folder())
		return code;
	printf("%s is still there\n", merge_folder);
	return 1;
}

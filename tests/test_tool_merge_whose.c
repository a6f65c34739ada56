/* SPDX-License-Identifier: MIT
 * test_tool_merge_whose.c - in what `rill merge` writes, processes, threads and ids are told apart or
 * joined as the format says, and all that was lost is in the books.
 */
#include "format/packet_read.h"
#include "tests/tool_merge_help.h"

#define S UINT64_C(1000000000)

/* ---- processes ------------------------------------------------------------------------------ */

/* Two boards, each with its process 4711. */
static void make_boards(const char *boot_a, const char *boot_b)
{
	merge_board(1, S, boot_a);
	merge_pair("process_name", "{\"name\":\"server\"}");
	merge_snapshot(S, 5 * S, 0);
	trace_instant(S, "first", 1);
	merge_keep("a.rill");
	merge_board(2, 2 * S, boot_b);
	merge_pair("process_name", "{\"name\":\"wor\\\"ker\"}");
	merge_snapshot(S, 5 * S, 0);
	trace_instant(S, "second", 2);
	merge_keep("b.rill");
}

static void the_same_pid_on_two_boards_is_two_processes(void)
{
	struct tool_result r;

	make_boards(MERGE_BOOT, MERGE_OTHER_BOOT);
	r = MERGE("a.rill", "b.rill", "--to", "json");
	CU_ASSERT_EQUAL(r.code, 0);
	HAS(r.out, "{\"pid\":4711,\"tid\":4712,\"ts\":1000000.000,\"ph\":\"I\",\"cat\":\"first\"");
	HAS(r.out, "{\"pid\":20004711,\"tid\":4712,\"ts\":1000000.000,\"ph\":\"I\",\"cat\":\"second\"");
	HAS(r.out, "\"process_name\",\"args\":{\"name\":\"server\"}");
	HAS(r.out, "{\"pid\":20004711,\"tid\":20004711,\"ts\":0,\"ph\":\"M\",\"cat\":\"__metadata\",\"name\":"
		   "\"process_name\",\"args\":{\"name\":\"wor\\\"ker (pid 4711 of b.rill)\"}");
	HAS(r.out, "\"input\":\"b.rill\",\"clock\":\"realtime\"");
	tool_done(&r);
	/* In the other order it is the other one; both are told in packets too. */
	r = MERGE("b.rill", "a.rill", "--to", "rill");
	merge_save("ba.rill", r.out, r.out_size);
	tool_done(&r);
	r = tool_run(&rill_verb_convert, (const char *const[]){ "ba.rill", "-o", "-", NULL }, "", 0);
	HAS(r.out, "{\"pid\":4711,\"tid\":4712,\"ts\":1000000.000,\"ph\":\"I\",\"cat\":\"second\"");
	HAS(r.out, "{\"pid\":20004711,\"tid\":4712,\"ts\":1000000.000,\"ph\":\"I\",\"cat\":\"first\"");
	HAS(r.out, "\"server (pid 4711 of a.rill)\"");
	tool_done(&r);
}

static void one_machine_has_each_pid_once(void)
{
	struct tool_result r;

	make_boards(MERGE_BOOT, MERGE_BOOT);
	r = MERGE("a.rill", "b.rill", "--to", "json");
	CU_ASSERT_EQUAL(trace_count(r.out, "{\"pid\":4711,\"tid\":4712,\"ts\":1000000.000,\"ph\":\"I\""), 2);
	CU_ASSERT_EQUAL(trace_count(r.out, "20004711"), 0);
	tool_done(&r);
	make_boards(NULL, NULL); /* that it is one is what --clock monotonic says */
	r = MERGE("a.rill", "b.rill", "--to", "json", "--clock", "monotonic");
	CU_ASSERT_EQUAL(trace_count(r.out, "20004711"), 0);
	tool_done(&r);
	r = MERGE("a.rill", "b.rill", "--to", "json", "--clock", "realtime");
	CU_ASSERT(trace_count(r.out, "20004711") > 0);
	tool_done(&r);
}

/* An event on behalf of another process, which the other board has too. */
static void pids_that_events_speak_of_go_with_their_machine(void)
{
	struct rill_event e = EVENT('I', .ts_ns = S, .pid = 99, .tid = 98, .name = "of");
	struct tool_result r;

	for (int i = 0; i < 2; i++) {
		merge_board((uint64_t)i + 1, S, i ? MERGE_OTHER_BOOT : MERGE_BOOT);
		merge_snapshot(S, 5 * S, 0);
		CU_ASSERT_EQUAL(help_event(&e), 0);
		merge_keep(i ? "b.rill" : "a.rill");
	}
	r = MERGE("a.rill", "b.rill", "--to", "json");
	CU_ASSERT_EQUAL(trace_count(r.out, "{\"pid\":99,\"tid\":98,"), 1);
	CU_ASSERT_EQUAL(trace_count(r.out, "{\"pid\":20000099,\"tid\":98,"), 1);
	tool_done(&r);
}

static void a_process_that_is_renamed_keeps_its_pid_in_its_name(void)
{
	struct rill_event e = EVENT('M', .ts_ns = S, .category = "__metadata", .name = "process_name",
				    ARGS(TEXT("name", COPY, "new")));
	struct tool_result r;

	make_boards(MERGE_BOOT, MERGE_OTHER_BOOT);
	merge_board(2, 2 * S, MERGE_OTHER_BOOT);
	merge_snapshot(S, 5 * S, 0);
	CU_ASSERT_EQUAL(help_event(&e), 0);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "json");
	HAS(r.out, "\"process_name\",\"args\":{\"name\":\"new (pid 4711 of b.rill)\"}");
	HAS(r.out, "\"process_name\",\"args\":{\"name\":\"pid 4711 of b.rill\"}");
	tool_done(&r);
}

/* ---- ids ------------------------------------------------------------------------------------ */

static void put_ids(const char *board)
{
	const struct rill_event events[] = {
		EVENT('b', .ts_ns = S, .name = "plain", .id = 0x11, .flags = RILL_FLAG_HAS_ID, .site = 1),
		EVENT('b', .ts_ns = S, .name = "local", .id = 0x22, .flags = RILL_FLAG_HAS_LOCAL_ID, .site = 2),
		EVENT('b', .ts_ns = S, .name = "global", .id = 0x33, .flags = RILL_FLAG_HAS_GLOBAL_ID, .site = 3),
		EVENT('s', .ts_ns = S, .name = "flow", .id = 0x44, .flags = RILL_FLAG_HAS_ID, .site = 4),
		EVENT('X', .ts_ns = S, .name = "bound", .bind_id = 0x55, .flags = RILL_FLAG_FLOW_OUT,
		      .begin_ns = S, .state = RILL_EVENT_HAS_BEGIN, .site = 5),
		EVENT('N', .ts_ns = S, .name = "object", .id = 0x66, .flags = RILL_FLAG_HAS_ID, .site = 6),
	};

	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		CU_ASSERT_EQUAL(help_event(&events[i]), 0);
	merge_keep(board);
}

static void ids_of_two_inputs_are_the_same_only_where_they_say_so(void)
{
	struct tool_result r;

	merge_board(1, S, MERGE_BOOT);
	put_ids("a.rill");
	merge_board(2, 2 * S, MERGE_BOOT);
	put_ids("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "json");
	CU_ASSERT_EQUAL(trace_count(r.out, "\"id\":\"0x11\""), 1);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"id\":\"0x1000000000011\""), 1);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"id2\":{\"local\":\"0x22\"}"), 2);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"id2\":{\"global\":\"0x33\"}"), 2);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"id\":\"0x44\""), 1);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"id\":\"0x1000000000044\""), 1);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"bind_id\":\"0x55\""), 1);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"bind_id\":\"0x1000000000055\""), 1);
	/* Objects are those of their process, and arguments refer to them. */
	CU_ASSERT_EQUAL(trace_count(r.out, "\"id\":\"0x66\""), 2);
	HAS(r.out, "\"ids\":\"0x1000000000000\"");
	tool_done(&r);
	r = MERGE("a.rill", "b.rill", "--to", "json", "--global-ids");
	CU_ASSERT_EQUAL(trace_count(r.out, "\"id\":\"0x11\""), 2);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"id\":\"0x44\""), 2);
	CU_ASSERT_EQUAL(trace_count(r.out, "\"bind_id\":\"0x55\""), 2);
	CU_ASSERT_EQUAL(trace_count(r.out, "0x1000000000"), 0);
	tool_done(&r);
}

/* ---- parts of one stream -------------------------------------------------------------------- */

/* As a rotation leaves them: the begin in one file, the end in the next. */
static void the_files_of_a_rotation_are_one_stream_again(void)
{
	struct tool_result r;
	size_t first;

	merge_board(1, S, MERGE_BOOT);
	trace_begin(S, "long");
	help_send(0);
	first = tape.size;
	rill_packet_repeat(&writer);
	help_stream();
	trace_end(S + 5000, S, "long");
	help_send(RILL_PACKET_LAST);
	merge_save("1.rill", tape.bytes, first);
	merge_save("2.rill", tape.bytes + first, tape.size - first);
	r = MERGE("2.rill", "1.rill", "--to", "json", "--clock", "monotonic");
	HAS(r.out, "\"ts\":1000000.000,\"ph\":\"B\",\"cat\":\"work\",\"name\":\"long\"");
	HAS(r.out, "\"ts\":1000005.000,\"ph\":\"E\",\"cat\":\"work\",\"name\":\"long\"");
	tool_done(&r);
	/* Without the first, it is a whole slice. */
	merge_board(7, 3 * S, MERGE_BOOT);
	merge_keep("3.rill");
	r = MERGE("2.rill", "3.rill", "--to", "json", "--clock", "monotonic");
	HAS(r.out, "\"ts\":1000000.000,\"ph\":\"X\",\"cat\":\"work\",\"name\":\"long\",\"dur\":5.000");
	tool_done(&r);
}

/* As Node's: each file counts its threads anew. */
static void parts_in_json_share_their_threads(void)
{
	struct tool_result r;

	merge_text("1.json",
		   "[{\"pid\":5,\"tid\":6,\"ts\":1,\"ph\":\"I\",\"name\":\"x\"},{\"pid\":5,\"tid\":7,\"ts\":2,\"ph\":\"I\","
		   "\"name\":\"x\"},{\"pid\":5,\"tid\":7,\"ts\":3,\"ph\":\"M\",\"name\":\"thread_name\",\"args\":{\"name\":"
		   "\"seven\"}}]");
	merge_text("2.json",
		   "[{\"pid\":5,\"tid\":7,\"ts\":4,\"ph\":\"I\",\"name\":\"x\"},{\"pid\":5,\"tid\":6,\"ts\":5,\"ph\":\"I\","
		   "\"name\":\"x\"},{\"pid\":5,\"tid\":6,\"ts\":6,\"ph\":\"M\",\"name\":\"thread_name\",\"args\":{\"name\":"
		   "\"six\"}}]");
	r = MERGE("1.json", "2.json", "--to", "text", "--clock", "monotonic");
	CU_ASSERT_EQUAL(trace_count(r.out, " six/6 "), 2);
	CU_ASSERT_EQUAL(trace_count(r.out, " seven/7 "), 2);
	tool_done(&r);
}

/* ---- the books ------------------------------------------------------------------------------ */

struct books {
	uint64_t events, lost, causes[RILL_CAUSES + 1], delivered;
};

static void on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *e)
{
	(void)stream;
	(void)e;
	((struct books *)ctx)->events++;
}

static void on_gap(void *ctx, struct rill_packet_stream *stream, const struct rill_gap *gap)
{
	struct books *const b = ctx;

	(void)stream;
	b->lost += gap->count;
	b->causes[gap->cause < RILL_CAUSES ? gap->cause : RILL_CAUSES] += gap->count;
}

static void on_totals(void *ctx, struct rill_packet_stream *stream, const struct rill_stats *stats)
{
	(void)stream;
	((struct books *)ctx)->delivered += stats->delivered;
}

static struct books read_books(const char *bytes, size_t size)
{
	static const struct rill_packet_reader_ops ops = { .event = on_event,
							   .gap = on_gap,
							   .totals = on_totals };
	struct books b = { .events = 0 };
	struct rill_packet_reader *reader = rill_packet_reader_new(
		&(struct rill_packet_reader_options){ .framed = false }, &ops, &b);

	CU_ASSERT_EQUAL(rill_packet_reader_feed(reader, bytes, size), 0);
	CU_ASSERT_EQUAL(rill_packet_reader_end(reader), 0);
	CU_ASSERT_EQUAL(rill_packet_reader_result(reader)->missing_events, 0);
	CU_ASSERT_EQUAL(rill_packet_reader_result(reader)->lost, b.lost);
	rill_packet_reader_free(reader);
	return b;
}

/* 7 lost in the stream, 5 more that only its totals tell; in the other, packets that never came. */
static void all_that_was_lost_is_lost_in_the_output(void)
{
	const struct rill_gap gap = { .thread = &help_worker, .count = 7, .before_ns = S,
				      .after_ns = S + 1, .cause = RILL_LOST_FULL };
	struct rill_stats stats = { .delivered = 2, .lost_total = 12, .threads = 1,
				    .lost = { [RILL_LOST_FULL] = 7, [RILL_LOST_STOPPED] = 5 } };
	struct tool_result r;
	struct books b;
	uint64_t missing;

	merge_board(1, S, MERGE_BOOT);
	trace_instant(S, "first", 1);
	CU_ASSERT_EQUAL(rill_packet_gap(&writer, &gap), 0);
	trace_instant(S + 1, "first", 2);
	CU_ASSERT_EQUAL(rill_packet_totals(&writer, &stats), 0);
	merge_keep("a.rill");
	merge_board(2, 2 * S, MERGE_BOOT);
	for (int i = 0; i < 500; i++)
		trace_instant(S + (uint64_t)i, "second", i);
	help_send(RILL_PACKET_LAST);
	missing = 500;
	memmove(tape.bytes + tape.at[1], tape.bytes + tape.at[2], tape.size - tape.at[2]);
	merge_save("b.rill", tape.bytes, tape.size - (tape.at[2] - tape.at[1]));
	r = MERGE("a.rill", "b.rill", "--to", "rill");
	CU_ASSERT_EQUAL(r.code, 0);
	HAS(r.err, "b.rill: 1 packets with ");
	b = read_books(r.out, r.out_size);
	CU_ASSERT(b.events > 300);
	missing -= b.events - 2;
	CU_ASSERT(missing > 10);
	CU_ASSERT_EQUAL(b.causes[RILL_LOST_FULL], 7);
	CU_ASSERT_EQUAL(b.causes[RILL_LOST_STOPPED], 5);
	CU_ASSERT_EQUAL(b.causes[RILL_CAUSES], missing);
	CU_ASSERT_EQUAL(b.lost, 12 + missing);
	CU_ASSERT_EQUAL(b.delivered, b.events);
	tool_done(&r);
	r = MERGE("a.rill", "b.rill", "--to", "json");
	HAS(r.out, "\"count\":7,\"cause\":\"ring full\"");
	HAS(r.out, "\"count\":5,\"cause\":\"committed after the session had closed\"");
	HAS(r.out, "\"rill_summary\",\"args\":{\"events\":2,\"lost\":12,\"full\":7,");
	/* JSON of that is in the books as well. */
	merge_save("ab.json", r.out, r.out_size);
	tool_done(&r);
	r = MERGE("ab.json", "a.rill", "--to", "rill");
	CU_ASSERT_EQUAL(r.code, 0);
	b = read_books(r.out, r.out_size);
	CU_ASSERT_EQUAL(b.causes[RILL_LOST_FULL], 14);
	CU_ASSERT_EQUAL(b.causes[RILL_LOST_STOPPED], 10);
	CU_ASSERT_EQUAL(b.lost, 24 + missing);
	tool_done(&r);
}

/* The gap itself was in a packet that never came: the header of the next one still counts it. */
static void what_only_headers_count_is_lost_too(void)
{
	const struct rill_gap gap = { .thread = &help_worker, .count = 9, .cause = RILL_LOST_FULL };
	struct tool_result r;
	struct books b;

	merge_board(1, S, MERGE_BOOT);
	trace_instant(S, "first", 1);
	help_send(0);
	CU_ASSERT_EQUAL(rill_packet_gap(&writer, &gap), 0);
	trace_instant(S + 1, "first", 2);
	help_send(0);
	trace_instant(S + 2, "first", 3);
	help_send(RILL_PACKET_LAST);
	memmove(tape.bytes + tape.at[1], tape.bytes + tape.at[2], tape.size - tape.at[2]);
	merge_save("a.rill", tape.bytes, tape.size - (tape.at[2] - tape.at[1]));
	merge_board(2, 2 * S, MERGE_BOOT);
	merge_keep("b.rill");
	r = MERGE("a.rill", "b.rill", "--to", "rill", "--clock", "monotonic");
	b = read_books(r.out, r.out_size);
	CU_ASSERT_EQUAL(b.events, 2);
	CU_ASSERT_EQUAL(b.lost, 1 + 9);
	tool_done(&r);
}

static const struct test_case cases[] = {
	T(the_same_pid_on_two_boards_is_two_processes),
	T(one_machine_has_each_pid_once),
	T(pids_that_events_speak_of_go_with_their_machine),
	T(a_process_that_is_renamed_keeps_its_pid_in_its_name),
	T(ids_of_two_inputs_are_the_same_only_where_they_say_so),
	T(the_files_of_a_rotation_are_one_stream_again),
	T(parts_in_json_share_their_threads),
	T(all_that_was_lost_is_lost_in_the_output),
	T(what_only_headers_count_is_lost_too),
};

int main(int argc, char **argv)
{
	int code;

	merge_begin_folder();
	code = TEST_MAIN("tool_merge_whose", cases, argc, argv);
	if (merge_end_folder())
		return code;
	printf("%s is still there\n", merge_folder);
	return 1;
}

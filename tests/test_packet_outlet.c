/* SPDX-License-Identifier: MIT
 * test_packet_outlet.c - the outlet that writes packets, from decoded events to files: chosen by name, whole after each flush,
 * rotation, refusals, exact sums.
 */
#define _GNU_SOURCE
#include "outlet_env.h"
#include "outlet_numbered.h"

static struct help_read read_back(const char *name)
{
	struct help_read h = { .events = 0 };
	size_t size = 0;
	char *bytes = read_file(in_folder(name), &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	help_read(&h, (const uint8_t *)bytes, size);
	CU_ASSERT_EQUAL(h.result.damaged + h.result.torn_bytes + h.result.malformed + h.result.refused, 0);
	free(bytes);
	return h;
}

/* ---- which format --------------------------------------------------------------------------------- */

static void a_name_that_ends_in_rill_means_packets(void)
{
	struct rill_session_options options = { .slices = false };
	struct rill_outlet *outlet = open_file(&options, "a.${pid}.rill");
	struct help_read h;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	/* Whose stream it is stands there before the first event. */
	h = read_back("a.42.rill");
	CU_ASSERT_EQUAL(h.packets, 1);
	CU_ASSERT_EQUAL(h.metadata, 3);
	CU_ASSERT_EQUAL(h.snapshots, 1);
	CU_ASSERT_EQUAL(h.streams, 1);
	CU_ASSERT_EQUAL(outlet->ops->segments(outlet), 1);
	CU_ASSERT_STRING_EQUAL(outlet->ops->where(outlet), in_folder("a.42.rill"));
	CU_ASSERT_EQUAL(put(outlet, 'I', "x", &threads[0]), 0);
	stop(outlet);
	h = read_back("a.42.rill");
	CU_ASSERT_EQUAL(h.events, 1);
	CU_ASSERT_EQUAL(h.totals, 1);
	CU_ASSERT_EQUAL(h.counts, 1);
	CU_ASSERT_EQUAL(h.stats.delivered, 1);
}

static void the_format_may_be_asked_for_whatever_the_name(void)
{
	struct rill_session_options options = { .format = RILL_FORMAT_BINARY };
	struct rill_outlet *outlet = open_file(&options, "b.json");
	struct json_object *root;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	stop(outlet);
	CU_ASSERT_EQUAL(read_back("b.json").totals, 1);
	options.format = RILL_FORMAT_JSON;
	outlet = open_file(&options, "c.rill");
	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	stop(outlet);
	root = must_parse("c.rill");
	json_object_put(root);
	options.format = 3;
	CU_ASSERT_PTR_NULL(open_file(&options, "d.rill"));
	CU_ASSERT_STRING_EQUAL(rill_error(), "there is no format 3");
}

/* ---- events --------------------------------------------------------------------------------------- */

static void packets_are_whole_after_each_flush(void)
{
	struct rill_session_options options = { .slices = false };
	struct rill_outlet *outlet = open_file(&options, "f.rill");
	uint64_t n = 0;

	for (unsigned round = 0; round < 20; round++) {
		struct help_read h = { .check = is_numbered };
		size_t size = 0;
		char *bytes;

		for (unsigned i = 0; i < round * round * 20; i++)
			CU_ASSERT_EQUAL(put_numbered(outlet, n++), 0);
		flush(outlet);
		bytes = read_file(in_folder("f.rill"), &size);
		help_read(&h, (const uint8_t *)bytes, size);
		CU_ASSERT_EQUAL(h.events, n);
		CU_ASSERT_EQUAL(h.wrong + h.damaged + h.result.torn_bytes, 0);
		free(bytes);
	}
	stop(outlet);
	CU_ASSERT_EQUAL(read_back("f.rill").events, n);
	CU_ASSERT_EQUAL(outlet != NULL && atomic_load(&lost_events) == 0, 1);
}

static void a_program_that_rests_writes_nothing(void)
{
	struct rill_session_options options = { .slices = false };
	struct rill_outlet *outlet = open_file(&options, "rest.rill");
	uint64_t bytes;

	put_numbered(outlet, 0);
	flush(outlet);
	bytes = outlet->ops->bytes(outlet);
	for (unsigned i = 0; i < 5; i++)
		flush(outlet);
	CU_ASSERT_EQUAL(outlet->ops->bytes(outlet), bytes);
	put_numbered(outlet, 1);
	flush(outlet);
	CU_ASSERT(outlet->ops->bytes(outlet) > bytes);
	stop(outlet);
	CU_ASSERT_EQUAL(read_back("rest.rill").snapshots, 4);
}

static void names_metadata_and_losses_are_told(void)
{
	struct rill_session_options options = { .slices = false };
	struct rill_outlet *outlet = open_file(&options, "n.rill");
	struct rill_thread silent = { .tid = 8, .serial = 10, .name = "silent" };
	const struct rill_gap gap = { .thread = &silent, .count = 41, .before_ns = 7, .after_ns = 9, .cause = RILL_LOST_BIG };
	struct help_read h;

	outlet->ops->thread(outlet, &silent, 5);
	outlet->ops->gap(outlet, &gap);
	stop(outlet);
	h = read_back("n.rill");
	CU_ASSERT_EQUAL(h.threads, 1);
	CU_ASSERT_EQUAL(h.gap_count, 41);
	CU_ASSERT_EQUAL(h.result.lost, 41);
	CU_ASSERT_EQUAL(h.last_gap_thread.serial, 10);
	CU_ASSERT_PTR_NOT_NULL(strstr(h.text, "process_name={\"name\":\"test\"};"));
	CU_ASSERT_PTR_NOT_NULL(strstr(h.text, "10/0:0,41;"));
}

static void each_file_of_a_rotation_is_readable_alone_and_nothing_is_lost_between(void)
{
	struct rill_session_options options = { .rotate_events = 1000 };
	struct rill_outlet *outlet = open_file(&options, "r.${rotation}.rill");
	uint64_t sum = 0;
	char name[32];

	for (uint64_t n = 0; n < 4500; n++)
		CU_ASSERT_EQUAL(put_numbered(outlet, n), 0);
	stop(outlet);
	for (unsigned i = 1; i <= 5; i++) {
		struct help_read h;

		snprintf(name, sizeof name, "r.%u.rill", i);
		h = read_back(name);
		sum += h.events;
		CU_ASSERT_EQUAL(h.events, i < 5 ? 1000 : 500);
		CU_ASSERT_EQUAL(h.metadata, 3);
		CU_ASSERT_EQUAL(h.threads, 2);
		CU_ASSERT_EQUAL(h.result.undefined + h.result.missing_events, 0);
	}
	CU_ASSERT_EQUAL(sum, 4500);
}

static void rotated_files_one_after_the_other_are_one_stream(void)
{
	struct help_read h = { .check = is_numbered };
	size_t size = 0, part = 0;
	static char all[1 << 20];
	char name[32];

	for (unsigned i = 1; i <= 5; i++) {
		char *bytes;

		snprintf(name, sizeof name, "r.%u.rill", i);
		bytes = read_file(in_folder(name), &part);
		memcpy(all + size, bytes, part);
		size += part;
		free(bytes);
	}
	help_read(&h, (const uint8_t *)all, size);
	CU_ASSERT_EQUAL(h.events, 4500);
	CU_ASSERT_EQUAL(h.streams, 1);
	CU_ASSERT_EQUAL(h.wrong + h.result.missing_packets + h.result.refused + h.damaged, 0);
}

/* ---- an application's sink that misbehaves -------------------------------------------------------- */

struct memory {
	uint8_t bytes[4 << 20];
	size_t size;
	unsigned writes, fail_every;
	unsigned firsts, lasts;
};

static int memory_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct memory *m = ctx;

	if (m->fail_every && ++m->writes % m->fail_every == 0)
		return -EIO;
	m->firsts += (pieces & RILL_PIECE_FIRST) != 0;
	m->lasts += (pieces & RILL_PIECE_LAST) != 0;
	if (m->size + size > sizeof m->bytes)
		return -ENOSPC;
	memcpy(m->bytes + m->size, data, size);
	m->size += size;
	return 0;
}

static const struct rill_sink_ops memory_ops = { .name = "memory", .write_time_max_ms = 1, .write = memory_write };

static struct rill_outlet *open_memory(struct memory *m, unsigned fail_every)
{
	struct rill_session_options options = { .format = RILL_FORMAT_BINARY, .out = RILL_OUT_SINK,
						.sink = { &memory_ops, m }, .queue_bytes = 8192 };

	*m = (struct memory){ .fail_every = fail_every };
	return open_outlet(&options);
}

static struct memory memory;

static void what_a_sink_refuses_is_missing_in_the_stream_and_counted(void)
{
	struct rill_outlet *outlet = open_memory(&memory, 7);
	struct help_read h = { .events = 0 };
	uint64_t accepted = 0;

	for (uint64_t n = 0; n < 20000; n++)
		accepted += put_numbered(outlet, n) == 0;
	memory.fail_every = 0;
	CU_ASSERT_EQUAL(put_numbered(outlet, accepted), 0);
	stop(outlet);
	CU_ASSERT_EQUAL(accepted, 20000);
	help_read(&h, memory.bytes, memory.size);
	CU_ASSERT_EQUAL(h.damaged + h.result.undefined + h.result.malformed, 0);
	CU_ASSERT(h.missing_events > 0);
	CU_ASSERT_EQUAL(h.events + h.missing_events, 20001);
	CU_ASSERT_EQUAL(atomic_load(&lost_events), h.missing_events);
}

static void a_sink_that_refuses_often_is_not_given_much_more_for_it(void)
{
	struct rill_outlet *outlet = open_memory(&memory, 3);
	struct help_read h = { .events = 0 };
	size_t accepted = 0;

	for (uint64_t n = 0; n < 20000; n++)
		accepted += put_numbered(outlet, n) == 0;
	memory.fail_every = 0;
	stop(outlet);
	CU_ASSERT_EQUAL(accepted, 20000);
	help_read(&h, memory.bytes, memory.size);
	CU_ASSERT(h.events > 5000);
	/* A clock in the head of each round tells how many there were. */
	CU_ASSERT(h.snapshots <= 3 + memory.size / 8192);
	CU_ASSERT_EQUAL(h.damaged + h.result.malformed, 0);
}

static void a_lost_head_is_written_anew(void)
{
	struct rill_outlet *outlet = open_memory(&memory, 1);
	struct help_read h = { .events = 0 };

	memory.fail_every = 0;
	for (uint64_t n = 0; n < 100; n++)
		CU_ASSERT_EQUAL(put_numbered(outlet, n), 0);
	stop(outlet);
	CU_ASSERT_EQUAL(memory.firsts, 1);
	CU_ASSERT_EQUAL(memory.lasts, 1);
	help_read(&h, memory.bytes, memory.size);
	CU_ASSERT_EQUAL(h.events, 100);
	CU_ASSERT_EQUAL(h.metadata, 3);
	CU_ASSERT_EQUAL(h.result.undefined, 0);
}

static void an_event_larger_than_the_largest_packet_is_cut_and_one_that_stays_too_large_is_lost(void)
{
	static struct rill_value values[255];
	static char long_text[300000];
	struct rill_outlet *outlet = open_memory(&memory, 0);
	struct help_read h = { .events = 0 };
	struct rill_event big;

	memset(long_text, 'x', sizeof long_text - 1);
	for (unsigned i = 0; i < 255; i++)
		values[i] = (struct rill_value){ .name = "n", .type = RILL_TYPE_STRING, .text = long_text, .size = 100000 };
	big = make_event('I', "big", &threads[0]);
	big.args = values;
	big.nargs = 3;
	CU_ASSERT_EQUAL(outlet->ops->event(outlet, &big), 0);
	big.nargs = 255;
	CU_ASSERT_EQUAL(outlet->ops->event(outlet, &big), 0);
	CU_ASSERT_EQUAL(put_numbered(outlet, 0), 0);
	stop(outlet);
	help_read(&h, memory.bytes, memory.size);
	CU_ASSERT_EQUAL(h.events + h.gap_count, 3);
	CU_ASSERT_EQUAL(h.gap_count, atomic_load(&lost_events));
	CU_ASSERT_EQUAL(h.result.undefined + h.result.malformed + h.damaged, 0);
}

static void thousands_of_sites_and_threads_find_their_place(void)
{
	static struct rill_thread many[9000];
	struct rill_outlet *outlet = open_memory(&memory, 0);
	struct help_read h = { .events = 0 };

	for (unsigned i = 0; i < 9000; i++) {
		struct rill_event event;

		many[i] = (struct rill_thread){ .tid = 100 + i, .serial = 1 + i, .name = "t" };
		event = make_event('I', "many", &many[i]);
		event.ts_ns = 5000000000 + i;
		event.site = 16 + i % 3000;
		event.line = i % 3000;
		while (outlet->ops->event(outlet, &event) < 0)	/* the queue may be full */
			sleep_ms(1);
	}
	stop(outlet);
	help_read(&h, memory.bytes, memory.size);
	CU_ASSERT_EQUAL(h.events, 9000);
	CU_ASSERT_EQUAL(h.threads, 9000);
	CU_ASSERT_EQUAL(h.counts, 9000);
	CU_ASSERT_EQUAL(h.result.refused + h.result.undefined, 0);
}

static const struct test_case cases[] = {
	T(a_name_that_ends_in_rill_means_packets),
	T(the_format_may_be_asked_for_whatever_the_name),
	T(packets_are_whole_after_each_flush),
	T(a_program_that_rests_writes_nothing),
	T(names_metadata_and_losses_are_told),
	T(each_file_of_a_rotation_is_readable_alone_and_nothing_is_lost_between),
	T(rotated_files_one_after_the_other_are_one_stream),
	T(what_a_sink_refuses_is_missing_in_the_stream_and_counted),
	T(a_sink_that_refuses_often_is_not_given_much_more_for_it),
	T(a_lost_head_is_written_anew),
	T(an_event_larger_than_the_largest_packet_is_cut_and_one_that_stays_too_large_is_lost),
	T(thousands_of_sites_and_threads_find_their_place),
};

int main(int argc, char **argv)
{
	int code;

	make_folder(folder);
	code = TEST_MAIN("packet outlet", cases, argc, argv);
	remove_folder(folder);
	return code;
}

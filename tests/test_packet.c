/* SPDX-License-Identifier: MIT
 * test_packet.c - packets there and back: frozen bytes, every kind of event, sizes.
 */
#include "tests/packet_golden.h"
#include "tests/packet_help.h"
#include "tests/packet_random.h"

/* ---- frozen bytes --------------------------------------------------------------------------------- */

/* As `od -An -v -tx1` writes it. */
static void write_hex(FILE *file, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		fprintf(file, "%02x%c", bytes[i], i % 16 == 15 || i + 1 == size ? '\n' : ' ');
}

static size_t read_hex(FILE *file, uint8_t *bytes, size_t room)
{
	unsigned byte;
	size_t size = 0;

	while (size < room && fscanf(file, "%2x", &byte) == 1)
		bytes[size++] = (uint8_t)byte;
	return size;
}

static void the_bytes_of_version_1_are_the_golden_ones(void)
{
	static const char path[] = "tests/golden/packets_v1.hex";
	static uint8_t golden[16384];
	FILE *file;
	size_t size;

	golden_all();
	/* For a new version: a new file, made on purpose. */
	if (getenv("RILL_WRITE_GOLDEN")) {
		file = fopen(path, "w");
		write_hex(file, tape.bytes, tape.size);
		fclose(file);
	}
	file = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	size = read_hex(file, golden, sizeof golden);
	fclose(file);
	CU_ASSERT_EQUAL_FATAL(size, tape.size);
	CU_ASSERT(!memcmp(golden, tape.bytes, size));
}

/* The lines of the page that begin with an offset: "0010  d2 6c ...   what it is". */
static size_t read_example(FILE *file, uint8_t *bytes, size_t room)
{
	char line[512];
	size_t size = 0;

	while (fgets(line, sizeof line, file)) {
		char *at = line, *end;
		unsigned long offset = strtoul(line, &end, 16);

		if (end != line + 4 || line[4] != ' ' || line[5] != ' ')
			continue;
		if (offset != size)
			return 0;
		for (at = end + 2; size < room && at[0] != ' ' && at[0] != '\n'; at += 3)
			bytes[size++] = (uint8_t)strtoul(at, NULL, 16);
	}
	return size;
}

static void the_example_in_doc_format_md_is_what_the_writer_writes(void)
{
	static uint8_t shown[4096];
	FILE *file = fopen("doc/format.md", "r");
	size_t size;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	size = read_example(file, shown, sizeof shown);
	fclose(file);
	golden_small();
	CU_ASSERT_EQUAL_FATAL(size, tape.size);
	CU_ASSERT(!memcmp(shown, tape.bytes, size));
}

static void the_golden_stream_reads_back(void)
{
	struct help_read h = { .events = 0 };

	golden_all();
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, 2 + 22 + 9 + 22);
	CU_ASSERT_EQUAL(h.gaps, 2);
	CU_ASSERT_EQUAL(h.gap_count, 15);
	CU_ASSERT_EQUAL(h.result.lost, 15);
	CU_ASSERT_EQUAL(h.last_gap.cause, RILL_LOST_NO_RING);
	CU_ASSERT_PTR_NULL(h.last_gap.thread);
	CU_ASSERT_EQUAL(h.last_gap_thread.tid, 4712);
	CU_ASSERT_EQUAL(h.snapshot.realtime_ns, UINT64_C(1790000000000000000));
	CU_ASSERT_EQUAL(h.snapshot.uncertainty_ns, 85);
	CU_ASSERT_EQUAL(h.snapshot.epoch, 1);
	CU_ASSERT_EQUAL(h.totals, 1);
	CU_ASSERT_EQUAL(h.stats.delivered, 36);
	CU_ASSERT_EQUAL(h.stats.lost[RILL_LOST_FULL], 12);
	CU_ASSERT_EQUAL(h.stats.lost_total, 15);
	CU_ASSERT_EQUAL(h.threads, 2);
	CU_ASSERT_EQUAL(h.ends, 1);
	CU_ASSERT_STRING_EQUAL(h.text, "process_name={\"name\":\"golden\"};1/0:53,0;2/0:1,12;");
}

/* ---- there and back ------------------------------------------------------------------------------- */

static void round_trip(uint32_t packet_bytes, uint8_t shift, bool framed, size_t piece)
{
	struct help_read h = { .expected = kept, .count = 4096 };
	struct rill_packet_reader_options options = { .framed = framed };
	uint64_t ts_ns = 2000000000;

	seed = packet_bytes + shift;
	for (unsigned i = 0; i < 4096; i++) {
		ts_ns += next() % 50 ? next() % 3000 : next() % 100000000;
		make_event(i, next() % 40 ? ts_ns : ts_ns - 500);
	}
	give_sites(4096);
	for (unsigned i = 0; shift && i < 4096; i++) {
		kept[i].ts_ns = kept[i].ts_ns >> shift << shift;
		kept[i].begin_ns = kept[i].begin_ns >> shift << shift;
	}
	help_begin(packet_bytes, RILL_PACKET_MAX, shift);
	tape.framed = framed;
	for (unsigned i = 0; i < 4096; i++) {
		CU_ASSERT_EQUAL(help_event(&kept[i]), 0);
		if (next() % 100 == 0)
			help_send(0);
	}
	help_send(RILL_PACKET_LAST);
	help_read_with(&h, options, tape.bytes, tape.size, piece);
	CU_ASSERT_EQUAL(h.events, 4096);
	CU_ASSERT_EQUAL(h.wrong, 0);
	CU_ASSERT_EQUAL(h.result.damaged + h.result.malformed + h.result.refused + h.result.undefined, 0);
	CU_ASSERT_EQUAL(h.result.missing_events + h.result.missing_packets, 0);
}

static void any_event_comes_back_as_it_was(void)
{
	round_trip(4096, 0, false, 0);
	round_trip(512, 0, false, 7);
	round_trip(RILL_PACKET_MAX, 0, false, 4096);
}

static void on_a_line_too_and_in_a_coarser_unit(void)
{
	round_trip(512, 0, true, 1);
	round_trip(512, 10, true, 100);
	round_trip(4096, 20, false, 0);
}

/* ---- sizes ---------------------------------------------------------------------------------------- */

static char file_names[64][17];

static void make_shape(unsigned shape, uint64_t i, struct rill_event *e, struct rill_value values[3])
{
	values[0] = (struct rill_value){ .name = "a", .type = RILL_TYPE_I64, .i = (int64_t)i };
	values[1] = (struct rill_value){ .name = "b", .type = RILL_TYPE_I64, .i = (int64_t)(i % 1000) };
	values[2] = (struct rill_value){ .name = "file", .type = RILL_TYPE_STRING, .size = 16, .text = file_names[i * 7 % 64] };
	*e = EVENT('I', .ts_ns = 2000000000 + i * 40, .args = values, .nargs = (uint8_t)(shape == 2 ? 3 : shape),
		   .flags = RILL_FLAG_SCOPE_THREAD);
}

static unsigned checked_shape;

static bool is_shape(uint64_t index, const struct rill_event *event)
{
	struct rill_value values[3];
	struct rill_event wanted;

	make_shape(checked_shape, index, &wanted, values);
	return same_event(event, &wanted);
}

static double bytes_per_event(unsigned shape)
{
	enum { EVENTS = 1000000 };
	struct help_read h = { .check = is_shape };
	struct rill_value values[3];
	struct rill_event event;

	for (unsigned i = 0; i < 64; i++)
		snprintf(file_names[i], sizeof file_names[i], "/var/lib/file%03u", i);
	checked_shape = shape;
	help_begin(4096, 4096, 0);
	for (uint64_t i = 0; i < EVENTS; i++) {
		make_shape(shape, i, &event, values);
		if (help_event(&event) != 0)
			return 1e9;
	}
	help_send(RILL_PACKET_LAST);
	help_read_tape(&h);
	CU_ASSERT_EQUAL(h.events, EVENTS);
	return (double)tape.size / EVENTS;
}

static void a_million_events_have_3_or_6_or_12_bytes_each(void)
{
	static const double most[3] = { 3, 6, 12 };

	for (unsigned shape = 0; shape < 3; shape++) {
		const double bytes = bytes_per_event(shape);

		printf("    shape %u: %.3f bytes per event\n", shape, bytes);
		CU_ASSERT(bytes > 0 && bytes <= most[shape]);
	}
}

static const struct test_case cases[] = {
	T(the_bytes_of_version_1_are_the_golden_ones),
	T(the_example_in_doc_format_md_is_what_the_writer_writes),
	T(the_golden_stream_reads_back),
	T(any_event_comes_back_as_it_was),
	T(on_a_line_too_and_in_a_coarser_unit),
	T(a_million_events_have_3_or_6_or_12_bytes_each),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("packet", cases, argc, argv);
}

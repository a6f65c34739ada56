/* SPDX-License-Identifier: MIT
 * test_packet_compress.c - sessions that compress their packets: whole after each flush, exact in their sums when the sink
 * refuses, a first packet that anybody can read; and what is refused at the start.
 */
#define _GNU_SOURCE
#include "outlet_env.h"
#include "outlet_numbered.h"
#include "tool/codecs.h"

#define EACH_METHOD(how) for (enum rill_compress how = RILL_COMPRESS_LZ4; how <= RILL_COMPRESS_ZSTD; how++)

static struct help_read read_bytes(const void *bytes, size_t size, bool (*check)(uint64_t, const struct rill_event *))
{
	struct help_read h = { .check = check };

	help_read_with(&h, (struct rill_packet_reader_options){ .codecs = rill_codecs }, bytes, size, 0);
	CU_ASSERT_EQUAL(h.result.damaged + h.result.torn_bytes + h.result.malformed + h.result.refused + h.wrong, 0);
	CU_ASSERT_EQUAL(h.result.packed, 0);
	return h;
}

static struct help_read read_back(const char *name, bool (*check)(uint64_t, const struct rill_event *))
{
	struct help_read h;
	size_t size = 0;
	char *bytes = read_file(in_folder(name), &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	h = read_bytes(bytes, size, check);
	free(bytes);
	return h;
}

static size_t size_of(const char *name, struct rill_session_options options, uint64_t events)
{
	struct rill_outlet *outlet = open_file(&options, name);
	uint64_t bytes;

	CU_ASSERT_PTR_NOT_NULL_FATAL(outlet);
	for (uint64_t n = 0; n < events; n++)
		CU_ASSERT_EQUAL(put_numbered(outlet, n), 0);
	flush(outlet);
	bytes = outlet->ops->bytes(outlet);
	stop(outlet);
	CU_ASSERT_EQUAL(read_back(name, is_numbered).events, events);
	return (size_t)bytes;
}

static void files_are_smaller_and_hold_the_same(void)
{
	const size_t plain = size_of("plain.rill", (struct rill_session_options){ .slices = false }, 20000);

	EACH_METHOD(how) {
		CU_ASSERT(size_of("small.rill", (struct rill_session_options){ .compress = how }, 20000) < plain * 4 / 5);
		CU_ASSERT(size_of("large.rill", (struct rill_session_options){ .compress = how, .packet_bytes = 65536 },
				  20000) < plain * 4 / 5);
	}
}

static void they_are_whole_after_each_flush(void)
{
	EACH_METHOD(how) {
		struct rill_session_options options = { .compress = how };
		struct rill_outlet *outlet = open_file(&options, "f.rill");
		uint64_t n = 0;

		for (unsigned round = 0; round < 12; round++) {
			for (unsigned i = 0; i < round * round * 20; i++)
				CU_ASSERT_EQUAL(put_numbered(outlet, n++), 0);
			flush(outlet);
			CU_ASSERT_EQUAL(read_back("f.rill", is_numbered).events, n);
		}
		stop(outlet);
		CU_ASSERT_EQUAL(read_back("f.rill", is_numbered).events, n);
	}
}

static void each_file_of_a_rotation_is_readable_alone(void)
{
	struct rill_session_options options = { .rotate_events = 1000, .compress = RILL_COMPRESS_ZSTD };
	struct rill_outlet *outlet = open_file(&options, "r.${rotation}.rill");
	char name[32];

	for (uint64_t n = 0; n < 4500; n++)
		CU_ASSERT_EQUAL(put_numbered(outlet, n), 0);
	stop(outlet);
	for (unsigned i = 1; i <= 5; i++) {
		struct help_read h;

		snprintf(name, sizeof name, "r.%u.rill", i);
		h = read_back(name, NULL);
		CU_ASSERT_EQUAL(h.events, i < 5 ? 1000 : 500);
		CU_ASSERT_EQUAL(h.metadata, 3);
		CU_ASSERT_EQUAL(h.result.undefined + h.result.missing_events, 0);
	}
}

static void rotation_by_size_counts_the_bytes_on_the_medium(void)
{
	struct rill_session_options options = { .rotate_bytes = 16384, .compress = RILL_COMPRESS_LZ4 };
	struct rill_outlet *outlet = open_file(&options, "b.${rotation}.rill");
	size_t size = 0;
	char *bytes;

	for (uint64_t n = 0; n < 20000; n++)
		CU_ASSERT_EQUAL(put_numbered(outlet, n), 0);
	stop(outlet);
	bytes = read_file(in_folder("b.1.rill"), &size);
	free(bytes);
	CU_ASSERT(size > 16384 * 3 / 4 && size < 16384 + 8192);
}

static void a_reader_without_the_codec_knows_whose_stream_it_is_and_how_many_events_are_in_it(void)
{
	EACH_METHOD(how) {
		struct rill_session_options options = { .compress = how };
		struct rill_outlet *outlet = open_file(&options, "u.rill");
		struct help_read h = { .events = 0 };
		size_t size = 0;
		char *bytes;

		for (uint64_t n = 0; n < 5000; n++)
			put_numbered(outlet, n);
		stop(outlet);
		bytes = read_file(in_folder("u.rill"), &size);
		help_read(&h, (const uint8_t *)bytes, size);
		free(bytes);
		CU_ASSERT_EQUAL(h.metadata, 3);
		CU_ASSERT(h.result.packed > 5);
		CU_ASSERT_EQUAL(h.result.packed_methods, 1u << how);
		CU_ASSERT_EQUAL(h.events + h.missing_events + h.result.undefined, 5000);
	}
}

/* ---- a sink that refuses ----------------------------------------------------------------------------- */

static struct {
	uint8_t bytes[4 << 20];
	size_t size;
	unsigned writes, fail_every;
} memory;

static int memory_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	(void)ctx;
	(void)pieces;
	if (memory.fail_every && ++memory.writes % memory.fail_every == 0)
		return -EIO;
	if (memory.size + size > sizeof memory.bytes)
		return -ENOSPC;
	memcpy(memory.bytes + memory.size, data, size);
	memory.size += size;
	return 0;
}

static const struct rill_sink_ops memory_ops = { .name = "memory", .write_time_max_ms = 1, .write = memory_write };

static void what_a_sink_refuses_is_missing_and_counted(void)
{
	EACH_METHOD(how) {
		struct rill_session_options options = { .format = RILL_FORMAT_BINARY, .out = RILL_OUT_SINK,
							.sink = { &memory_ops, NULL }, .queue_bytes = 8192,
							.compress = how };
		struct rill_outlet *outlet = open_outlet(&options);
		struct help_read h;

		memory.size = memory.writes = 0;
		memory.fail_every = 5;
		for (uint64_t n = 0; n < 20000; n++)
			CU_ASSERT_EQUAL(put_numbered(outlet, n), 0);
		memory.fail_every = 0;
		put_numbered(outlet, 20000);
		stop(outlet);
		h = read_bytes(memory.bytes, memory.size, NULL);
		CU_ASSERT(h.missing_events > 0);
		CU_ASSERT_EQUAL(h.events + h.missing_events, 20001);
		CU_ASSERT_EQUAL(atomic_load(&lost_events), h.missing_events);
	}
}

/* ---- refused --------------------------------------------------------------------------------------- */

static void refuses(struct rill_session_options options, const char *file, const char *why)
{
	CU_ASSERT_PTR_NULL(open_file(&options, file));
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), why));
}

static void what_makes_no_sense_is_refused_with_the_remedy(void)
{
	struct rill_session_options line = { .out = RILL_OUT_FILE, .file = "serial:/dev/null", .compress = RILL_COMPRESS_LZ4 };

	refuses((struct rill_session_options){ .compress = RILL_COMPRESS_LZ4 }, "x.json", "compress is for packets");
	refuses((struct rill_session_options){ .compress = 3 }, "x.rill", "there is no compression 3");
	refuses((struct rill_session_options){ .packet_bytes = 511 }, "x.rill", "512 to 65536");
	refuses((struct rill_session_options){ .packet_bytes = 65537 }, "x.rill", "512 to 65536");
	CU_ASSERT_PTR_NULL(open_outlet(&line));
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "serial lines"));
}

static const struct test_case cases[] = {
	T(files_are_smaller_and_hold_the_same),
	T(they_are_whole_after_each_flush),
	T(each_file_of_a_rotation_is_readable_alone),
	T(rotation_by_size_counts_the_bytes_on_the_medium),
	T(a_reader_without_the_codec_knows_whose_stream_it_is_and_how_many_events_are_in_it),
	T(what_a_sink_refuses_is_missing_and_counted),
	T(what_makes_no_sense_is_refused_with_the_remedy),
};

int main(int argc, char **argv)
{
	int code;

	make_folder(folder);
	code = TEST_MAIN("packet compress", cases, argc, argv);
	remove_folder(folder);
	return code;
}

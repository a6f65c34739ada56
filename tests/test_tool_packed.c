/* SPDX-License-Identifier: MIT
 * test_tool_packed.c - the tool and compressed packets: convert there and back is byte for byte, cut and JSON come out compressed,
 * and what cannot be read is said with the remedy.
 */
#include "tests/tool_trace_help.h"
#include "tool/codecs.h"

static struct tool_result to_rill(const struct rill_verb *verb, const char *bytes, size_t size, const char *how)
{
	const char *const args[] = { "-", "-o", "-", verb == &rill_verb_cut ? "--format" : "--to", "rill", "--compress", how,
				     verb == &rill_verb_cut ? "--from" : NULL, "0.1", NULL };

	return tool_run(verb, args, bytes, size);
}

static struct tool_result text_of(const char *bytes, size_t size)
{
	return trace_run(&rill_verb_convert, bytes, size, "--to", "text");
}

static unsigned method_at(const char *bytes, size_t at)
{
	return rill_codec_method_of((uint8_t)bytes[at + RILL_PACKET_AT_VERSION]);
}

static const char *tape_bytes(void)
{
	return (const char *)tape.bytes;
}

/* ---- there and back ---------------------------------------------------------------------------------- */

static void compressed_and_made_plain_again_a_file_is_byte_for_byte_the_same(void)
{
	trace_make(20000);
	for (unsigned i = RILL_CODEC_LZ4; i <= RILL_CODEC_ZSTD; i++) {
		struct tool_result there, back, again;

		there = to_rill(&rill_verb_convert, tape_bytes(), tape.size, rill_codec_name(i));
		CU_ASSERT_EQUAL(there.code, 0);
		CU_ASSERT(there.out_size < tape.size * 4 / 5);
		back = to_rill(&rill_verb_convert, there.out, there.out_size, "none");
		CU_ASSERT_EQUAL(back.out_size, tape.size);
		CU_ASSERT(back.out_size == tape.size && !memcmp(back.out, tape.bytes, tape.size));
		/* From one method to another, and without the option as they are. */
		again = to_rill(&rill_verb_convert, there.out, there.out_size, i == RILL_CODEC_LZ4 ? "zstd" : "lz4");
		CU_ASSERT(again.code == 0 && again.out_size != there.out_size && again.out_size < tape.size * 4 / 5);
		tool_done(&again);
		again = trace_run(&rill_verb_convert, there.out, there.out_size, "--to", "rill");
		CU_ASSERT(again.out_size == there.out_size && !memcmp(again.out, there.out, there.out_size));
		tool_done(&again);
		tool_done(&back);
		tool_done(&there);
	}
}

static void what_is_read_from_them_is_the_same(void)
{
	struct tool_result plain, there, text;

	trace_make(3000);
	plain = text_of(tape_bytes(), tape.size);
	for (unsigned i = RILL_CODEC_LZ4; i <= RILL_CODEC_ZSTD; i++) {
		there = to_rill(&rill_verb_convert, tape_bytes(), tape.size, rill_codec_name(i));
		CU_ASSERT_EQUAL(method_at(there.out, 0), 0);
		text = text_of(there.out, there.out_size);
		CU_ASSERT(text.out_size > 3000 && !strcmp(text.out, plain.out));
		tool_done(&text);
		text = tool_run(&rill_verb_check, (const char *const[]){ "-", NULL }, there.out, there.out_size);
		CU_ASSERT_EQUAL(text.code, 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(text.out, "3000 events"));
		tool_done(&text);
		tool_done(&there);
	}
	tool_done(&plain);
}

static void a_part_and_json_come_out_compressed(void)
{
	struct tool_result part, json, packed, plain, text;

	trace_make(3000);
	for (unsigned i = RILL_CODEC_LZ4; i <= RILL_CODEC_ZSTD; i++) {
		part = to_rill(&rill_verb_cut, tape_bytes(), tape.size, rill_codec_name(i));
		CU_ASSERT_EQUAL(part.code, 0);
		plain = to_rill(&rill_verb_cut, tape_bytes(), tape.size, "none");
		CU_ASSERT(part.out_size < plain.out_size * 9 / 10);
		tool_done(&plain);
		text = text_of(part.out, part.out_size);
		CU_ASSERT_EQUAL(trace_count(text.out, "tick"), 2900);
		tool_done(&text);
		tool_done(&part);
		json = trace_run(&rill_verb_convert, tape.bytes, tape.size, "--to", "json");
		packed = to_rill(&rill_verb_convert, json.out, json.out_size, rill_codec_name(i));
		text = text_of(packed.out, packed.out_size);
		CU_ASSERT_EQUAL(trace_count(text.out, "tick"), 3000);
		plain = to_rill(&rill_verb_convert, json.out, json.out_size, "none");
		CU_ASSERT(packed.out_size < plain.out_size * 9 / 10);
		tool_done(&plain);
		tool_done(&text);
		tool_done(&packed);
		tool_done(&json);
	}
}

/* ---- what cannot be read ------------------------------------------------------------------------------ */

/* All but the first packet, by a method that no version has. */
static void make_unreadable(void)
{
	for (unsigned i = 1; i < tape.packets; i++) {
		const size_t end = i + 1 < tape.packets ? tape.at[i + 1] : tape.size;

		tape.bytes[tape.at[i] + RILL_PACKET_AT_VERSION] |= RILL_PACKET_PACKED;
		rill_packet_seal(tape.bytes + tape.at[i], end - tape.at[i]);
	}
}

static void what_cannot_be_unpacked_is_said_counted_and_copied(void)
{
	struct tool_result r;

	trace_make(1000);
	make_unreadable();
	r = text_of(tape_bytes(), tape.size);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "are compressed by a later method, which this build of rill cannot read"));
	CU_ASSERT_PTR_NULL(strstr(r.err, "are missing"));
	tool_done(&r);
	r = tool_run(&rill_verb_check, (const char *const[]){ "-", NULL }, tape_bytes(), tape.size);
	CU_ASSERT_EQUAL(r.code, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "compressed by a later method: this build of rill cannot read that; take a newer one"));
	CU_ASSERT_PTR_NULL(strstr(r.out, "missing:"));
	tool_done(&r);
	/* A newer rill can. */
	r = trace_run(&rill_verb_convert, tape.bytes, tape.size, "--to", "rill");
	CU_ASSERT(r.out_size == tape.size && !memcmp(r.out, tape.bytes, tape.size));
	tool_done(&r);
	r = to_rill(&rill_verb_convert, tape_bytes(), tape.size, "zstd");
	CU_ASSERT(r.out_size == tape.size && !memcmp(r.out, tape.bytes, tape.size));
	tool_done(&r);
}

static void compress_is_checked(void)
{
	TOOL_SAYS(&rill_verb_convert, 2, "lz4, zstd or none are possible", "x", "-o", "y.rill", "--compress", "gzip");
	TOOL_SAYS(&rill_verb_convert, 2, "--compress is for packets, and y.json gets json", "x", "-o", "y.json", "--compress",
		  "lz4");
	TOOL_SAYS(&rill_verb_cut, 2, "--compress is for packets", "x", "-o", "y.txt", "-e", "a", "--compress", "zstd");
}

static const struct test_case cases[] = {
	T(compressed_and_made_plain_again_a_file_is_byte_for_byte_the_same),
	T(what_is_read_from_them_is_the_same),
	T(a_part_and_json_come_out_compressed),
	T(what_cannot_be_unpacked_is_said_counted_and_copied),
	T(compress_is_checked),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool packed", cases, argc, argv);
}

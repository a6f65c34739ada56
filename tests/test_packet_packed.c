/* SPDX-License-Identifier: MIT
 * test_packet_packed.c - compressed packets: they read like plain ones, cut, damaged and hostile; without a codec they count as
 * missing.
 */
#include "format/varint.h"
#include "tests/packet_numbered.h"
#include "tests/random_help.h"
#include "tool/codecs.h"

#include <malloc.h>

/* ---- the tape, compressed ------------------------------------------------------------------------- */

static struct {
	uint8_t *bytes;
	size_t size, at[1 << 16];
	unsigned packets, plain;	/* of them, how many did not shrink */
} packed;

static const struct rill_codec *codecs_of(unsigned i)
{
	return i < RILL_CODEC_METHODS ? rill_codecs[i] : NULL;
}

#define EACH_CODEC(codec)                                                        \
	for (unsigned codec##_i = 1; codec##_i < RILL_CODEC_METHODS; codec##_i++) \
		for (const struct rill_codec *codec = codecs_of(codec##_i); codec; codec = NULL)

static size_t end_of(unsigned packet)
{
	return packet + 1 < tape.packets ? tape.at[packet + 1] : tape.size;
}

/* Packet by packet, as a writer does. */
static void pack_tape(const struct rill_codec *codec)
{
	void *const state = codec->open();
	size_t size;

	CU_ASSERT_PTR_NOT_NULL_FATAL(state);
	packed.bytes = realloc(packed.bytes, tape.size);
	packed.size = packed.plain = 0;
	packed.packets = tape.packets;
	for (unsigned i = 0; i < tape.packets; i++) {
		const size_t plain = end_of(i) - tape.at[i];
		uint8_t *const to = packed.bytes + packed.size;

		packed.at[i] = packed.size;
		size = rill_packet_pack(codec, state, tape.bytes + tape.at[i], plain, to, plain);
		CU_ASSERT(size < plain);
		if (!size) {
			memcpy(to, tape.bytes + tape.at[i], plain);
			packed.plain++;
		}
		packed.size += size ? size : plain;
	}
	free(state);
}

static void read_packed(struct help_read *h, size_t size, size_t piece)
{
	h->check = is_numbered;
	help_read_with(h, (struct rill_packet_reader_options){ .codecs = rill_codecs }, packed.bytes, size, piece);
}

/* ---- whole ---------------------------------------------------------------------------------------- */

static void compressed_packets_read_like_plain_ones(void)
{
	static const uint32_t sizes[] = { 512, 4096, 65536 };

	EACH_CODEC(codec)
		for (unsigned i = 0; i < 3; i++)
			for (size_t piece = 0; piece < 2000; piece += 999) {
				struct help_read h = { .events = 0 };

				write_numbered(sizes[i], false, 1);
				pack_tape(codec);
				CU_ASSERT(packed.size < tape.size * 4 / 5);
				CU_ASSERT_EQUAL(packed.plain, 0);
				read_packed(&h, packed.size, piece);
				CU_ASSERT_EQUAL(h.events, NUMBERED);
				CU_ASSERT_EQUAL(h.packets, tape.packets);
				CU_ASSERT_EQUAL(h.result.packed + h.result.malformed + h.damaged, 0);
				books_are_closed(&h, NUMBERED);
			}
}

/* Every size of a payload, so that the memory that a codec took at first is enough for all. */
static void packets_of_any_size_are_packed_without_more_memory(void)
{
	static uint8_t plain[RILL_PACKET_MAX], to[RILL_PACKET_MAX], back[RILL_PACKET_MAX];

	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i % 64 < 40 ? i % 7 : next() >> 20);
	plain[RILL_PACKET_AT_VERSION] = RILL_PACKET_VERSION << 4;
	EACH_CODEC(codec) {
		void *const state = codec->open();
		const size_t used = mallinfo2().uordblks + mallinfo2().hblkhd;

		for (size_t size = 600; size <= RILL_PACKET_MAX; size += 1 + size / 37) {
			const size_t got = rill_packet_pack(codec, state, plain, size, to, size);

			CU_ASSERT(got > 0 && got < size);
			CU_ASSERT_EQUAL(rill_packet_unpack(codec, to, got, back), size);
			CU_ASSERT(!memcmp(back + RILL_PACKET_HEAD, plain + RILL_PACKET_HEAD, size - RILL_PACKET_HEAD));
			CU_ASSERT_EQUAL(rill_codec_method_of(to[RILL_PACKET_AT_VERSION]), codec->method);
		}
		CU_ASSERT_EQUAL(mallinfo2().uordblks + mallinfo2().hblkhd, used);
		free(state);
	}
}

static void a_packet_that_does_not_shrink_is_left_as_it_is(void)
{
	static uint8_t noise[4096], to[sizeof noise + 1];

	EACH_CODEC(codec) {
		void *const state = codec->open();

		for (size_t i = 0; i < sizeof noise; i++)
			noise[i] = (uint8_t)(next() >> 30);
		to[sizeof noise] = 0x5a;
		CU_ASSERT_EQUAL(rill_packet_pack(codec, state, noise, sizeof noise, to, sizeof noise), 0);
		for (size_t room = 0; room < 300; room++) {
			memset(to, 0x5a, sizeof to);
			CU_ASSERT_EQUAL(rill_packet_pack(codec, state, noise, sizeof noise, to, room), 0);
			CU_ASSERT_EQUAL(to[room], 0x5a);
		}
		CU_ASSERT_EQUAL(to[sizeof noise], 0x5a);
		free(state);
	}
}

/* ---- cut and damaged ------------------------------------------------------------------------------ */

static void every_prefix_gives_the_whole_packets_before_the_cut(void)
{
	EACH_CODEC(codec) {
		write_numbered(512, false, 1);
		pack_tape(codec);
		for (size_t cut = 0; cut <= packed.size; cut += cut < 1500 ? 1 : 97) {
			struct help_read h = { .events = 0 };
			unsigned whole = 0;

			while (whole < packed.packets &&
			       (whole + 1 < packed.packets ? packed.at[whole + 1] : packed.size) <= cut)
				whole++;
			read_packed(&h, cut, 0);
			CU_ASSERT_EQUAL(h.packets, whole);
			CU_ASSERT_EQUAL(h.wrong + h.damaged + h.missing_events, 0);
			CU_ASSERT_EQUAL(h.result.torn_bytes,
					cut - (whole < packed.packets ? packed.at[whole] : packed.size));
		}
	}
}

static void a_flipped_bit_costs_the_packet_it_is_in(void)
{
	EACH_CODEC(codec) {
		write_numbered(512, false, 10);
		pack_tape(codec);
		for (size_t at = packed.at[1]; at < packed.at[packed.packets - 1]; at += 53) {
			struct help_read h = { .events = 0 };

			packed.bytes[at] ^= (uint8_t)(1u << at % 8);
			read_packed(&h, packed.size, 0);
			packed.bytes[at] ^= (uint8_t)(1u << at % 8);
			CU_ASSERT_EQUAL(h.packets, packed.packets - 1);
			CU_ASSERT_EQUAL(h.result.missing_packets, 1);
			CU_ASSERT_EQUAL(h.result.damaged, 1);
			CU_ASSERT_EQUAL(h.result.malformed, 0);
			books_are_closed(&h, NUMBERED);
		}
	}
}

/* ---- without a codec ------------------------------------------------------------------------------ */

/* Packets from..to of the tape stay plain. */
static void unreadable(unsigned method, unsigned from, unsigned to)
{
	packed.bytes = realloc(packed.bytes, tape.size);
	memcpy(packed.bytes, tape.bytes, tape.size);
	packed.size = tape.size;
	for (unsigned i = 0; i < tape.packets; i++) {
		if (i >= from && i < to)
			continue;
		packed.bytes[tape.at[i] + RILL_PACKET_AT_VERSION] |= (uint8_t)(method << 2);
		rill_packet_seal(packed.bytes + tape.at[i], end_of(i) - tape.at[i]);
	}
}

static void without_a_codec_their_events_are_known_to_be_missing(void)
{
	write_numbered(512, false, 10);
	for (unsigned method = 1; method < RILL_CODEC_METHODS; method++) {
		struct help_read h = { .check = is_numbered };

		unreadable(method, 0, tape.packets / 2);
		help_read(&h, packed.bytes, packed.size);
		CU_ASSERT_EQUAL(h.packets, tape.packets);
		CU_ASSERT_EQUAL(h.result.packed, tape.packets - tape.packets / 2);
		CU_ASSERT_EQUAL(h.result.packed_methods, 1u << method);
		CU_ASSERT_EQUAL(h.missing_packets + h.damaged + h.result.malformed, 0);
		CU_ASSERT(h.missing_events > NUMBERED / 3);
		CU_ASSERT_EQUAL(h.result.packed_events, h.missing_events);
		books_are_closed(&h, NUMBERED);
		/* The last packet is one of them, and still says that it is the last. */
		CU_ASSERT_EQUAL(h.ends, 1);
	}
}

static void what_stands_behind_unreadable_packets_is_read(void)
{
	struct help_read h = { .check = is_numbered };

	write_numbered(512, false, 10);
	unreadable(3, tape.packets / 2, tape.packets);
	help_read(&h, packed.bytes, packed.size);
	CU_ASSERT_EQUAL(h.result.packed, tape.packets / 2);
	CU_ASSERT(h.events > NUMBERED / 3);
	/* How many events the first packet held nobody can say. */
	CU_ASSERT(h.events + h.missing_events + h.result.undefined > NUMBERED - 100);
	CU_ASSERT(h.events + h.missing_events + h.result.undefined <= NUMBERED);
	CU_ASSERT_EQUAL(h.wrong, 0);
}

/* ---- hostile -------------------------------------------------------------------------------------- */

enum { VICTIM = 3 };

/* The tape with packet VICTIM replaced by one with this payload, and a right checksum. */
static void replace(unsigned method, const uint8_t *payload, size_t size)
{
	const size_t head = tape.at[VICTIM], rest = tape.size - end_of(VICTIM);
	uint8_t *at;

	packed.size = head + RILL_PACKET_HEAD + size + rest;
	packed.bytes = realloc(packed.bytes, packed.size);
	memcpy(packed.bytes, tape.bytes, head + RILL_PACKET_HEAD);
	at = packed.bytes + head;
	at[RILL_PACKET_AT_VERSION] |= (uint8_t)(method << 2);
	at[RILL_PACKET_AT_LENGTH] = (uint8_t)size;
	at[RILL_PACKET_AT_LENGTH + 1] = (uint8_t)(size >> 8);
	memcpy(at + RILL_PACKET_HEAD, payload, size);
	rill_packet_seal(at, RILL_PACKET_HEAD + size);
	memcpy(at + RILL_PACKET_HEAD + size, tape.bytes + end_of(VICTIM), rest);
}

static void is_malformed(const char *why)
{
	struct help_read h = { .events = 0 };

	read_packed(&h, packed.size, 0);
	CU_ASSERT_EQUAL(h.result.malformed, 1);
	CU_ASSERT_EQUAL(h.damaged, 1);
	CU_ASSERT_EQUAL(h.packets, tape.packets);
	CU_ASSERT(h.events > NUMBERED / 2 && h.events < NUMBERED);
	books_are_closed(&h, NUMBERED);
	if (h.result.malformed != 1)
		printf("\n    %s was taken\n", why);
}

/* Of packet VICTIM: the packed payload, with another plain size in front and bytes added behind. */
static void replace_packed(const struct rill_codec *codec, int64_t plain_size, int added)
{
	static uint8_t to[RILL_PACKET_MAX], payload[RILL_PACKET_MAX];
	const size_t plain = end_of(VICTIM) - tape.at[VICTIM];
	void *const state = codec->open();
	const size_t got = rill_packet_pack(codec, state, tape.bytes + tape.at[VICTIM], plain, to, plain);
	const uint8_t *from = to + RILL_PACKET_HEAD;
	uint64_t size = 0;
	uint8_t *end;

	free(state);
	CU_ASSERT_FATAL(got > 0);
	CU_ASSERT(rill_varint_get(&from, to + got, &size));
	end = rill_varint_put(payload, plain_size < 0 ? size + 1 + (uint64_t)plain_size : (uint64_t)plain_size);
	memcpy(end, from, (size_t)(to + got - from));
	end += to + got - from;
	for (int i = 0; i < added; i++)
		*end++ = 0;
	replace(codec->method, payload, (size_t)(end - payload) - (added < 0));
}

static void sizes_that_are_lies_are_refused(void)
{
	write_numbered(512, false, 10);
	EACH_CODEC(codec) {
		struct help_read h = { .events = 0 };
		const uint8_t endless[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 };
		const uint8_t none[] = { 0x80, 0x80, 0x80, 0x80 };

		replace_packed(codec, -1, 0); /* as it is: right */
		read_packed(&h, packed.size, 0);
		CU_ASSERT_EQUAL(h.events, NUMBERED);
		replace_packed(codec, -2, 0);
		is_malformed("a size that is one too small");
		replace_packed(codec, end_of(VICTIM) - tape.at[VICTIM] - RILL_PACKET_HEAD + 1, 0);
		is_malformed("a size that is one too large");
		replace_packed(codec, RILL_PACKET_PAYLOAD_MAX + 1, 0);
		is_malformed("64 KiB");
		replace_packed(codec, INT64_MAX, 0);
		is_malformed("2^63 bytes");
		replace_packed(codec, 0, 0);
		is_malformed("no bytes");
		replace_packed(codec, -1, 1);
		is_malformed("a byte behind");
		replace_packed(codec, -1, -1);
		is_malformed("a byte less");
		replace(codec->method, endless, sizeof endless);
		is_malformed("a size without end");
		replace(codec->method, none, sizeof none);
		is_malformed("a size that is cut");
	}
}

/* zstd knows frames that are passed over, several frames, and dictionaries; a packet has none of them. */
static void only_one_plain_frame_of_zstd_is_taken(void)
{
	static const uint8_t skippable[] = { 8, 0x50, 0x2a, 0x4d, 0x18, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint8_t old[] = { 8, 0x1e, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0 };

	if (!rill_codecs[RILL_CODEC_ZSTD]) {
		test_skip("this build has no zstd");
		return;
	}
	write_numbered(512, false, 10);
	replace(RILL_CODEC_ZSTD, skippable, sizeof skippable);
	is_malformed("a skippable frame");
	replace(RILL_CODEC_ZSTD, old, sizeof old);
	is_malformed("a frame of an old version");
}

static void mutated_payloads_with_right_checksums_do_no_harm(void)
{
	seed = 4;
	write_numbered(2048, false, 10);
	EACH_CODEC(codec) {
		uint8_t *saved;

		pack_tape(codec);
		saved = malloc(packed.size);
		memcpy(saved, packed.bytes, packed.size);
		for (unsigned round = 0; round < 400; round++) {
			struct help_read h = { .events = 0 };
			const unsigned victim = (unsigned)(next() % (packed.packets - 1));
			const size_t from = packed.at[victim], size = packed.at[victim + 1] - from;

			for (unsigned flips = 0; flips < 1 + round % 5; flips++)
				packed.bytes[from + RILL_PACKET_HEAD + next() % (size - RILL_PACKET_HEAD)] ^=
					(uint8_t)(next() >> 40);
			rill_packet_seal(packed.bytes + from, size);
			help_read_with(&h, (struct rill_packet_reader_options){ .codecs = rill_codecs }, packed.bytes,
				       packed.size, 0);
			CU_ASSERT_EQUAL(h.packets, packed.packets);
			CU_ASSERT(h.events < NUMBERED + RILL_PACKET_PAYLOAD_MAX / 2);
			memcpy(packed.bytes, saved, packed.size);
		}
		free(saved);
	}
}

/* ---- frozen --------------------------------------------------------------------------------------- */

/* Written once by LZ4 1.9.4 and zstd 1.5.4: 200 instants "tick" of category "net", 1 us apart, from 2 s on. */
static const uint8_t frozen_lz4[] = {
#include "tests/golden/packed_lz4.inc"
};
static const uint8_t frozen_zstd[] = {
#include "tests/golden/packed_zstd.inc"
};

enum { FROZEN = 200 };

static bool is_frozen(uint64_t index, const struct rill_event *e)
{
	return e->ts_ns == 2000000000 + index * 1000 && !strcmp(e->name, "tick") && !strcmp(e->category, "net") &&
	       e->nargs == 1 && e->args[0].i == (int64_t)(index % 4);
}

static void what_was_written_years_ago_is_read(void)
{
	EACH_CODEC(codec) {
		const bool lz4 = codec->method == RILL_CODEC_LZ4;
		struct help_read h = { .check = is_frozen };

		help_read_with(&h, (struct rill_packet_reader_options){ .codecs = rill_codecs },
			       lz4 ? frozen_lz4 : frozen_zstd, lz4 ? sizeof frozen_lz4 : sizeof frozen_zstd, 0);
		CU_ASSERT_EQUAL(h.events, FROZEN);
		CU_ASSERT_EQUAL(h.wrong + h.damaged + h.result.malformed, 0);
		CU_ASSERT_EQUAL(h.packets, 1);
	}
}

static const struct test_case cases[] = {
	T(compressed_packets_read_like_plain_ones),
	T(packets_of_any_size_are_packed_without_more_memory),
	T(a_packet_that_does_not_shrink_is_left_as_it_is),
	T(every_prefix_gives_the_whole_packets_before_the_cut),
	T(a_flipped_bit_costs_the_packet_it_is_in),
	T(without_a_codec_their_events_are_known_to_be_missing),
	T(what_stands_behind_unreadable_packets_is_read),
	T(sizes_that_are_lies_are_refused),
	T(only_one_plain_frame_of_zstd_is_taken),
	T(mutated_payloads_with_right_checksums_do_no_harm),
	T(what_was_written_years_ago_is_read),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("packet_packed", cases, argc, argv);
}

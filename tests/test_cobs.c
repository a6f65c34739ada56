/* SPDX-License-Identifier: MIT
 * test_cobs.c - frames without a zero byte, and the checksum of packets.
 */
#include "format/cobs.h"
#include "format/crc32c.h"
#include "tests/random_help.h"
#include "tests/test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* In memory of exactly the promised size, so that a sanitizer sees one byte too many. */
static size_t encode(const uint8_t *text, size_t size, uint8_t **frame)
{
	size_t used;

	*frame = malloc(RILL_COBS_MAX(size));
	used = rill_cobs_encode(*frame, text, size);
	CU_ASSERT(used <= RILL_COBS_MAX(size));
	CU_ASSERT_PTR_NULL(memchr(*frame, 0, used));
	return used;
}

static void there_and_back(const uint8_t *text, size_t size)
{
	uint8_t *frame;
	const size_t used = encode(text, size, &frame);
	uint8_t *plain = malloc(size + 1);

	CU_ASSERT_EQUAL_FATAL(rill_cobs_decode(plain, frame, used), size);
	CU_ASSERT(!memcmp(plain, text, size));
	/* Over itself, too. */
	CU_ASSERT_EQUAL_FATAL(rill_cobs_decode(frame, frame, used), size);
	CU_ASSERT(!memcmp(frame, text, size));
	free(frame);
	free(plain);
}

static void frames_are_those_of_the_paper(void)
{
	static const struct {
		const char *text, *frame;
		size_t size, frame_size;
	} known[] = {
		{ "", "\x01", 0, 1 },
		{ "\0", "\x01\x01", 1, 2 },
		{ "\0\0", "\x01\x01\x01", 2, 3 },
		{ "\x11\x22\0\x33", "\x03\x11\x22\x02\x33", 4, 5 },
		{ "\x11\x22\x33\x44", "\x05\x11\x22\x33\x44", 4, 5 },
		{ "\x11\0\0\0", "\x02\x11\x01\x01\x01", 4, 5 },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		uint8_t *frame;
		const size_t used = encode((const uint8_t *)known[i].text, known[i].size, &frame);

		CU_ASSERT_EQUAL(used, known[i].frame_size);
		CU_ASSERT(!memcmp(frame, known[i].frame, used));
		free(frame);
	}
}

static void any_text_comes_back(void)
{
	uint8_t text[2000];

	for (size_t size = 0; size < 1100; size++) {
		memset(text, 7, size);
		there_and_back(text, size);
		memset(text, 0, size);
		there_and_back(text, size);
		for (size_t i = 0; i < size; i++)
			text[i] = (uint8_t)(next() % (1 + size % 300) ? next() | 1 : 0);
		there_and_back(text, size);
	}
	/* Runs around the longest block, with and without a zero behind. */
	for (size_t run = 250; run < 260; run++)
		for (size_t behind = 0; behind < 4; behind++) {
			memset(text, 1, sizeof text);
			text[run] = 0;
			there_and_back(text, run + behind);
			there_and_back(text + 1, run + behind);
		}
}

static void what_is_no_frame_is_refused(void)
{
	uint8_t plain[16];

	CU_ASSERT_EQUAL(rill_cobs_decode(plain, (const uint8_t *)"", 0), SIZE_MAX);
	CU_ASSERT_EQUAL(rill_cobs_decode(plain, (const uint8_t *)"\x03\x01", 2), SIZE_MAX);
	CU_ASSERT_EQUAL(rill_cobs_decode(plain, (const uint8_t *)"\x03\x01\x00", 3), SIZE_MAX);
	CU_ASSERT_EQUAL(rill_cobs_decode(plain, (const uint8_t *)"\x01\x00", 2), SIZE_MAX);
	CU_ASSERT_EQUAL(rill_cobs_decode(plain, (const uint8_t *)"\xff\x01", 2), SIZE_MAX);
}

static uint32_t bit_by_bit(uint32_t state, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		state ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			state = state >> 1 ^ (state & 1 ? 0x82f63b78 : 0);
	}
	return state;
}

static void the_checksum_is_crc_32c(void)
{
	uint8_t bytes[64];

	CU_ASSERT_EQUAL(~rill_crc32c(RILL_CRC32C_BEGIN, (const uint8_t *)"123456789", 9), 0xe3069283);
	memset(bytes, 0, 32);	/* RFC 3720 */
	CU_ASSERT_EQUAL(~rill_crc32c(RILL_CRC32C_BEGIN, bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, 32);
	CU_ASSERT_EQUAL(~rill_crc32c(RILL_CRC32C_BEGIN, bytes, 32), 0x62a8ab43);
	/* Each entry of each table, at each position. */
	for (unsigned place = 0; place < 9; place++)
		for (unsigned value = 0; value < 256; value++) {
			memset(bytes, 0x5a, sizeof bytes);
			bytes[place] = (uint8_t)value;
			CU_ASSERT_EQUAL(rill_crc32c(value, bytes, place + 9), bit_by_bit(value, bytes, place + 9));
			CU_ASSERT_EQUAL(rill_crc32c_soft(value, bytes, place + 9), bit_by_bit(value, bytes, place + 9));
		}
}

static void it_may_be_taken_in_pieces_and_by_difference(void)
{
	static uint8_t bytes[200000];
	const uint32_t whole = (seed = 1, next(), 0);

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)next();
	for (unsigned i = 0; i < 200; i++) {
		const size_t from = next() % sizeof bytes, size = next() % (sizeof bytes - from);
		const uint32_t before = rill_crc32c(whole, bytes, from);
		const uint32_t behind = rill_crc32c(before, bytes + from, size);
		const uint32_t state = (uint32_t)next();
		/* From any state over the stretch, by the states at its two ends alone. */
		const uint32_t wanted = rill_crc32c(state, bytes + from, size);

		CU_ASSERT_EQUAL(behind, rill_crc32c(whole, bytes, from + size));
		CU_ASSERT_EQUAL(behind ^ rill_crc32c_zeros(before ^ state, size), wanted);
	}
}

static const struct test_case cases[] = {
	T(frames_are_those_of_the_paper),
	T(any_text_comes_back),
	T(what_is_no_frame_is_refused),
	T(the_checksum_is_crc_32c),
	T(it_may_be_taken_in_pieces_and_by_difference),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("cobs", cases, argc, argv);
}

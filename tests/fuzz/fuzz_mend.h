/* SPDX-License-Identifier: MIT
 * fuzz_mend.h - mutations of a stream of packets that keep its lengths and checksums right, so that they get past the
 * checksum and into the decoder. Every fourth stays as it is.
 *
 * MEND_FROM says how many bytes stand in front of the stream.
 */
#ifndef RILL_TESTS_FUZZ_FUZZ_MEND_H
#define RILL_TESTS_FUZZ_FUZZ_MEND_H

#include "format/crc32c.h"
#include "format/packet.h"
#include "format/varint.h"
#include "tests/fuzz/fuzz.h"

#ifndef MEND_FROM
#define MEND_FROM 0
#endif

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);

/* Where the next packet begins, at or behind `at`. */
static inline size_t fuzz_next_packet(const uint8_t *data, size_t at, size_t size)
{
	while (at + RILL_PACKET_HEAD + RILL_PACKET_COUNTS <= size &&
	       (data[at] != RILL_PACKET_MAGIC_0 || data[at + 1] != RILL_PACKET_MAGIC_1))
		at++;
	return at + RILL_PACKET_HEAD + RILL_PACKET_COUNTS <= size ? at : size;
}

static inline void fuzz_mend_packet(uint8_t *packet, size_t size)
{
	const size_t payload = size - RILL_PACKET_HEAD;
	uint32_t crc;

	rill_le16_put(packet + RILL_PACKET_AT_LENGTH, (uint16_t)payload);
	crc = rill_crc32c(RILL_CRC32C_BEGIN, packet, RILL_PACKET_AT_CRC);
	crc = ~rill_crc32c(crc, packet + RILL_PACKET_HEAD, payload);
	rill_le32_put(packet + RILL_PACKET_AT_CRC, crc);
}

/* A packet whose length is right as it stands keeps it; else it ends where the next begins. */
static inline void fuzz_mend(uint8_t *data, size_t size)
{
	size_t at = fuzz_next_packet(data, 0, size);

	while (at < size) {
		const size_t head = at + RILL_PACKET_HEAD + RILL_PACKET_COUNTS;
		const size_t told = at + RILL_PACKET_HEAD + rill_le16_get(data + at + RILL_PACKET_AT_LENGTH);
		size_t end = told;

		if (told < head || told > size || (told < size && data[told] != RILL_PACKET_MAGIC_0))
			end = fuzz_next_packet(data, head, size);
		if (end - at > RILL_PACKET_MAX)
			return;
		fuzz_mend_packet(data + at, end - at);
		at = fuzz_next_packet(data, end, size);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, size_max);
	if (seed % 4 && size > MEND_FROM)
		fuzz_mend(data + MEND_FROM, size - MEND_FROM);
	return size;
}

#endif

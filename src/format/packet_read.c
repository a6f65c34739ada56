/* SPDX-License-Identifier: MIT
 * packet_read.c - finds packets in a stream of bytes, or frames on a line, and passes over all else.
 *
 * Where a packet should begin and none does, the next header is looked for, byte by byte. A header
 * that noise or an attacker made may claim up to 64 KiB, and there may be one every few bytes; to
 * sum them all would take the square of the time. So from the first false one on, as far as it
 * claimed, the sums up to each byte are kept: the sum of any stretch then follows from two of them,
 * since the checksum is linear. Each byte is summed at most twice.
 */
#include "format/packet_state.h"

#include "format/cobs.h"
#include "format/crc32c.h"
#include "format/varint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	WINDOW = 160 << 10, /* more than two packets */
	FRAME_MAX = RILL_COBS_MAX(RILL_PACKET_MAX)
};
_Static_assert((int)WINDOW > 2 * (int)FRAME_MAX, "a frame or packet fits behind a half one");

static const char no_packet[] = "no packet begins here";
static const char bad_sum[] = "the checksum of a packet is wrong";
static const char cut_off[] = "a packet is cut off";
static const char bad_frame[] = "a frame is damaged";

/* ---- damage ------------------------------------------------------------------------------------- */

void rill_read_damage(struct rill_packet_reader *r, uint64_t offset, uint64_t bytes,
		      const char *why)
{
	struct rill_packet_reader_result *const result = &r->result;

	if (!result->damaged++) {
		result->damaged_at = offset;
		result->damaged_why = why;
	}
	result->damaged_bytes += bytes;
	if (r->ops.damage)
		r->ops.damage(r->ctx, offset, bytes, why);
}

static void begin_damage(struct rill_packet_reader *r, const char *why)
{
	if (r->in_damage)
		return;
	r->in_damage = true;
	r->damage_from = r->base + r->begin;
	r->damage_why = why;
	r->cut = why == cut_off;
}

static void end_damage(struct rill_packet_reader *r)
{
	if (!r->in_damage)
		return;
	r->in_damage = false;
	rill_read_damage(r, r->damage_from, r->base + r->begin - r->damage_from, r->damage_why);
}

/* ---- checksums ---------------------------------------------------------------------------------- */

static bool sum_directly(const uint8_t *packet, size_t size)
{
	uint32_t crc = rill_crc32c(RILL_CRC32C_BEGIN, packet, RILL_PACKET_AT_CRC);

	crc = ~rill_crc32c(crc, packet + RILL_PACKET_HEAD, size - RILL_PACKET_HEAD);
	return crc == rill_le32_get(packet + RILL_PACKET_AT_CRC);
}

/* The packet at `at`, in the doubtful region. */
static bool sum_by_difference(struct rill_packet_reader *r, size_t at, size_t size)
{
	const uint8_t *const packet = r->buffer + at;
	const size_t payload = at + RILL_PACKET_HEAD, end = at + size;
	uint32_t crc = rill_crc32c(RILL_CRC32C_BEGIN, packet, RILL_PACKET_AT_CRC);

	for (; r->sums_end < end; r->sums_end++)
		r->sums[r->sums_end + 1] =
			rill_crc32c(r->sums[r->sums_end], r->buffer + r->sums_end, 1);
	crc = ~(r->sums[end] ^ rill_crc32c_zeros(r->sums[payload] ^ crc, end - payload));
	if (crc == rill_le32_get(packet + RILL_PACKET_AT_CRC))
		return true;
	if (r->doubtful_end < end)
		r->doubtful_end = end;
	return false;
}

static bool sum_is_right(struct rill_packet_reader *r, size_t at, size_t size)
{
	if (at < r->doubtful_end)
		return sum_by_difference(r, at, size);
	if (sum_directly(r->buffer + at, size))
		return true;
	r->doubtful_end = at + size;
	r->sums_end = at;
	r->sums[at] = 0;
	return false;
}

/* ---- packets one after the other ---------------------------------------------------------------- */

enum found { FOUND, FOUND_MORE_WANTED, FOUND_NOTHING };

/* What begins at `at`? why: for nothing. */
static enum found probe(struct rill_packet_reader *r, size_t at, size_t *size, const char **why)
{
	const uint8_t *const bytes = r->buffer + at;
	const size_t there = r->end - at;
	size_t payload;

	*why = no_packet;
	if (bytes[0] != RILL_PACKET_MAGIC_0 || (there > 1 && bytes[1] != RILL_PACKET_MAGIC_1))
		return FOUND_NOTHING;
	if (there < RILL_PACKET_HEAD)
		return FOUND_MORE_WANTED;
	payload = rill_le16_get(bytes + RILL_PACKET_AT_LENGTH);
	if (payload < RILL_PACKET_COUNTS || bytes[RILL_PACKET_AT_VERSION] >> 4 == 0)
		return FOUND_NOTHING;
	*size = RILL_PACKET_HEAD + payload;
	if (there < *size)
		return FOUND_MORE_WANTED;
	*why = bad_sum;
	return sum_is_right(r, at, *size) ? FOUND : FOUND_NOTHING;
}

static int take(struct rill_packet_reader *r, const uint8_t *bytes, size_t size, uint64_t offset)
{
	const struct rill_packet packet = {
		.bytes = bytes,
		.size = size,
		.offset = offset,
		.base_ns = rill_le64_get(bytes + RILL_PACKET_AT_BASE),
		.written = rill_le64_get(bytes + RILL_PACKET_AT_WRITTEN),
		.lost = rill_le64_get(bytes + RILL_PACKET_AT_LOST),
		.sequence = rill_le16_get(bytes + RILL_PACKET_AT_SEQUENCE),
		.stream = bytes[RILL_PACKET_AT_STREAM],
		.flags = bytes[RILL_PACKET_AT_VERSION] & 0xf,
	};

	if (bytes[RILL_PACKET_AT_VERSION] >> 4 != RILL_PACKET_VERSION) {
		r->result.newer++;
		return 0;
	}
	return rill_read_packet(r, &packet);
}

/* To the next byte that may begin a packet. */
static void step(struct rill_packet_reader *r)
{
	const uint8_t *next;

	r->begin++;
	next = memchr(r->buffer + r->begin, RILL_PACKET_MAGIC_0, r->end - r->begin);
	r->begin = next ? (size_t)(next - r->buffer) : r->end;
}

static int take_packets(struct rill_packet_reader *r, bool at_end)
{
	int error = 0;

	while (!error && r->begin < r->end) {
		const char *why;
		size_t size;

		switch (probe(r, r->begin, &size, &why)) {
		case FOUND:
			end_damage(r);
			error = take(r, r->buffer + r->begin, size, r->base + r->begin);
			r->begin += size;
			break;
		case FOUND_MORE_WANTED:
			if (!at_end)
				return 0;
			begin_damage(r, cut_off);
			step(r);
			break;
		case FOUND_NOTHING:
			begin_damage(r, why);
			step(r);
			break;
		}
	}
	if (at_end && r->in_damage && r->cut) {
		r->result.torn_bytes += r->base + r->begin - r->damage_from;
		r->in_damage = false;
	} else if (at_end) {
		end_damage(r);
	}
	return error;
}

/* ---- frames ------------------------------------------------------------------------------------- */

static bool is_text(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] < 0x20 && !strchr("\t\n\v\f\r\033\b\a", bytes[i]))
			return false;
	return true;
}

static bool is_packet(const uint8_t *bytes, size_t size)
{
	return size >= RILL_PACKET_HEAD + RILL_PACKET_COUNTS && bytes[0] == RILL_PACKET_MAGIC_0 &&
	       bytes[1] == RILL_PACKET_MAGIC_1 && bytes[RILL_PACKET_AT_VERSION] >> 4 != 0 &&
	       rill_le16_get(bytes + RILL_PACKET_AT_LENGTH) == size - RILL_PACKET_HEAD &&
	       sum_directly(bytes, size);
}

/* What stands between two zeros: a frame, a console's text, or a damaged frame. */
static int take_piece(struct rill_packet_reader *r, size_t size, bool cut)
{
	const uint8_t *const bytes = r->buffer + r->begin;
	const uint64_t offset = r->base + r->begin;
	uint8_t *const plain = (uint8_t *)r->sums;
	const size_t plain_size =
		size <= FRAME_MAX ? rill_cobs_decode(plain, bytes, size) : SIZE_MAX;

	r->begin += size;
	if (plain_size != SIZE_MAX && is_packet(plain, plain_size))
		return take(r, plain, plain_size, offset);
	if (is_text(bytes, size)) {
		r->result.text_bytes += size;
		if (r->ops.text)
			r->ops.text(r->ctx, (const char *)bytes, size);
	} else if (cut) {
		r->result.torn_bytes += size;
	} else {
		rill_read_damage(r, offset, size, bad_frame);
	}
	return 0;
}

static int take_frames(struct rill_packet_reader *r, bool at_end)
{
	int error = 0;

	while (!error && r->begin < r->end) {
		const size_t from = r->scanned > r->begin ? r->scanned : r->begin;
		const uint8_t *const zero = memchr(r->buffer + from, 0, r->end - from);
		const size_t piece = (zero ? (size_t)(zero - r->buffer) : r->end) - r->begin;

		if (!zero && !at_end && piece <= FRAME_MAX) {
			r->scanned = r->end;
			return 0;
		}
		if (piece)
			error = take_piece(r, piece, !zero && at_end);
		r->begin += zero != NULL;
	}
	return error;
}

/* ---- the reader --------------------------------------------------------------------------------- */

/* Moves what is left to the front. */
static void compact(struct rill_packet_reader *r)
{
	const size_t left = r->end - r->begin;

	if (!r->begin)
		return;
	memmove(r->buffer, r->buffer + r->begin, left);
	if (r->doubtful_end > r->begin) {
		memmove(r->sums, r->sums + r->begin,
			(r->sums_end - r->begin + 1) * sizeof *r->sums);
		r->sums_end -= r->begin;
		r->doubtful_end -= r->begin;
	} else {
		r->doubtful_end = 0;
	}
	r->scanned = r->scanned > r->begin ? r->scanned - r->begin : 0;
	r->base += r->begin;
	r->begin = 0;
	r->end = left;
}

int rill_packet_reader_feed(struct rill_packet_reader *r, const void *bytes, size_t size)
{
	const uint8_t *from = bytes;
	int error = 0;

	while (!error && size) {
		size_t room;

		if (r->begin == r->end || r->end == WINDOW)
			compact(r);
		room = WINDOW - r->end < size ? WINDOW - r->end : size;
		memcpy(r->buffer + r->end, from, room);
		r->end += room;
		r->result.bytes += room;
		from += room;
		size -= room;
		error = r->options.framed ? take_frames(r, false) : take_packets(r, false);
	}
	return error;
}

int rill_packet_reader_end(struct rill_packet_reader *r)
{
	const int error = r->options.framed ? take_frames(r, true) : take_packets(r, true);

	rill_read_end(r);
	return error;
}

const struct rill_packet_reader_result *
rill_packet_reader_result(const struct rill_packet_reader *r)
{
	return &r->result;
}

struct rill_packet_reader *rill_packet_reader_new(const struct rill_packet_reader_options *options,
						  const struct rill_packet_reader_ops *ops,
						  void *ctx)
{
	struct rill_packet_reader *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->options = *options;
	r->ops = *ops;
	r->ctx = ctx;
	r->next_site = 1;
	if (!r->options.held_bytes_max)
		r->options.held_bytes_max = 16 << 20;
	if (!r->options.definitions_bytes_max)
		r->options.definitions_bytes_max = 64 << 20;
	r->buffer = malloc(WINDOW);
	r->sums = malloc((WINDOW + 1) * sizeof *r->sums);
	r->decoder = malloc(sizeof *r->decoder);
	if (r->buffer && r->sums && r->decoder)
		return r;
	rill_packet_reader_free(r);
	return NULL;
}

void rill_packet_reader_free(struct rill_packet_reader *r)
{
	if (!r)
		return;
	rill_read_free_streams(r);
	free(r->plain);
	free(r->decoder);
	free(r->sums);
	free(r->buffer);
	free(r);
}

int rill_packet_guess(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++) {
		if (bytes[i] != RILL_PACKET_MAGIC_0 || bytes[i + 1] != RILL_PACKET_MAGIC_1)
			continue;
		/* In a frame the header stands behind a code byte, and that behind a zero. */
		return i > 0 && bytes[i - 1] > 2 && (i == 1 || bytes[i - 2] == 0) ? 2 : 1;
	}
	return 0;
}

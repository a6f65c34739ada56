/* SPDX-License-Identifier: MIT
 * packet_close.c - a packet's begin and its end, header and checksum; and the rounds in which definitions are told again.
 */
#include "format/crc32c.h"
#include "format/packet_put.h"

void rill_packet_next(struct rill_packet_writer *w)
{
	uint8_t *const records = w->options.buffer + RILL_PACKET_HEAD + RILL_PACKET_COUNTS;

	if (w->closed)
		w->sequence++;
	w->at = records;
	if (w->options.unit_shift) {
		*w->at++ = RILL_RECORD_UNIT;
		w->at = rill_varint_put(w->at, w->options.unit_shift);
	}
	w->start = w->at;
	w->end = w->limit = w->options.buffer + w->options.packet_bytes;
	w->events = 0;
	w->flags = 0;
	w->full = w->closed = false;
	rill_packet_begin_records(w);
}

static void put_head(struct rill_packet_writer *w, size_t payload, size_t definitions)
{
	uint8_t *const head = w->options.buffer;
	const uint64_t base = (w->timed ? w->base : w->last) << w->options.unit_shift;
	uint32_t crc;

	head[0] = RILL_PACKET_MAGIC_0;
	head[1] = RILL_PACKET_MAGIC_1;
	head[RILL_PACKET_AT_VERSION] = (uint8_t)(RILL_PACKET_VERSION << 4 | w->flags);
	head[RILL_PACKET_AT_STREAM] = w->options.stream;
	rill_le16_put(head + RILL_PACKET_AT_LENGTH, (uint16_t)payload);
	rill_le16_put(head + RILL_PACKET_AT_SEQUENCE, w->sequence);
	rill_le64_put(head + RILL_PACKET_AT_BASE, base);
	rill_le64_put(head + RILL_PACKET_AT_WRITTEN, w->written);
	rill_le64_put(head + RILL_PACKET_AT_LOST, w->lost);
	rill_le16_put(head + RILL_PACKET_HEAD, w->events);
	rill_le16_put(head + RILL_PACKET_HEAD + 2, (uint16_t)definitions);
	crc = rill_crc32c(RILL_CRC32C_BEGIN, head, RILL_PACKET_AT_CRC);
	crc = ~rill_crc32c(crc, head + RILL_PACKET_HEAD, payload);
	rill_le32_put(head + RILL_PACKET_AT_CRC, crc);
}

size_t rill_packet_close(struct rill_packet_writer *w, unsigned flags)
{
	const size_t definitions = (size_t)(w->limit - w->end);
	const unsigned all = w->flags | flags;

	if (w->closed && all == w->flags)
		return w->size;
	if (rill_packet_is_empty(w) && !all)
		return 0;
	if (!w->closed)
		memmove(w->at, w->end, definitions);
	w->closed = true;
	w->flags = (uint8_t)all;
	w->size = (size_t)(w->at - w->options.buffer) + definitions;
	put_head(w, w->size - RILL_PACKET_HEAD, definitions);
	return w->size;
}

void rill_packet_init(struct rill_packet_writer *w, const struct rill_packet_options *options)
{
	memset(w, 0, sizeof *w);
	w->options = *options;
	w->text_max = UINT32_MAX;
	w->round = w->due = 1;
	rill_packet_next(w);
}

void rill_packet_repeat(struct rill_packet_writer *w)
{
	w->due = ++w->round;
}

void rill_packet_remind(struct rill_packet_writer *w)
{
	w->round++;
}

/* SPDX-License-Identifier: MIT
 * to_perfetto_packet.c - the memory of one event, texts as protobuf wants them, and the bytes of a
 * packet.
 */
#include "format/text.h"
#include "format/varint.h"
#include "to_perfetto.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

struct rill_pf_chunk {
	struct rill_pf_chunk *next;
	uint64_t bytes[];
};

void *rill_pf_alloc(struct rill_pf *p, size_t size)
{
	const size_t rounded = (size + 15) & ~(size_t)15;
	struct rill_pf_chunk *chunk;
	void *got;

	if (!p->arena)
		p->arena = rill_alloc(RILL_PF_ARENA, 1);
	if (rounded <= RILL_PF_ARENA - p->arena_used) {
		got = p->arena + p->arena_used;
		p->arena_used += rounded;
		return got;
	}
	chunk = rill_alloc(1, sizeof *chunk + size);
	chunk->next = p->chunks;
	p->chunks = chunk;
	return chunk->bytes;
}

void rill_pf_forget(struct rill_pf *p)
{
	while (p->chunks) {
		struct rill_pf_chunk *const next = p->chunks->next;

		free(p->chunks);
		p->chunks = next;
	}
	p->arena_used = 0;
}

void rill_pf_push(struct rill_pf *p, struct rill_pf_list *list, void *item)
{
	if (list->count == list->room) {
		void **const old = list->items;

		list->room = list->room ? 2 * list->room : 8;
		list->items = rill_pf_alloc(p, list->room * sizeof *list->items);
		if (list->count)
			memcpy(list->items, old, list->count * sizeof *list->items);
	}
	list->items[list->count++] = item;
}

/* ---- texts ---------------------------------------------------------------------------------- */

/* How many bytes from the start are valid UTF-8. */
static size_t valid(const char *text, size_t size)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	const uint8_t *const from = (const uint8_t *)text;
	size_t at = 0;
	unsigned skip;

	while (at < size) {
		uint64_t word;

		if (size - at >= sizeof word) {
			memcpy(&word, from + at, sizeof word);
			if (!(word & high)) {
				at += sizeof word;
				continue;
			}
		}
		if (from[at] < 0x80) {
			at++;
		} else {
			const unsigned length = rill_text_utf8(from + at, size - at, &skip);

			if (!length)
				return at;
			at += length;
		}
	}
	return at;
}

static size_t mend(char *to, const char *text, size_t size)
{
	char *const start = to;

	while (size) {
		const size_t good = valid(text, size);
		unsigned skip = 0;

		to = rill_text_bytes(to, text, good);
		text += good;
		size -= good;
		if (!size)
			break;
		rill_text_utf8((const uint8_t *)text, size, &skip);
		to = RILL_TEXT_LITERAL(to, RILL_TEXT_REPLACEMENT);
		text += skip;
		size -= skip;
	}
	return (size_t)(to - start);
}

struct ProtobufCBinaryData rill_pf_text(struct rill_pf *p, const char *text, size_t size)
{
	struct ProtobufCBinaryData data = { .len = size, .data = (uint8_t *)(uintptr_t)text };
	char *mended;

	if (valid(text, size) == size)
		return data;
	mended = rill_pf_alloc(p, size * (sizeof RILL_TEXT_REPLACEMENT - 1));
	data.len = mend(mended, text, size);
	data.data = (uint8_t *)mended;
	return data;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static size_t size_of(const struct Rill__Pf__TracePacket *packet)
{
	return rill__pf__trace_packet__get_packed_size(packet);
}

size_t rill_pf_encoded_max(const struct Rill__Pf__TracePacket *packet)
{
	return size_of(packet) + 1 + RILL_VARINT_MAX;
}

static size_t encode(struct Rill__Pf__TracePacket *packet, size_t size, uint8_t *to)
{
	enum { PACKET_TAG = 1 << 3 | 2 }; /* Trace.packet, by length */
	uint8_t *const start = to;

	*to++ = PACKET_TAG;
	to = rill_varint_put(to, size);
	return (size_t)(to - start) + rill__pf__trace_packet__pack(packet, to);
}

size_t rill_pf_encode(struct Rill__Pf__TracePacket *packet, uint8_t *to)
{
	return encode(packet, size_of(packet), to);
}

void rill_pf_send(struct rill_pf *p, struct Rill__Pf__TracePacket *packet)
{
	size_t size;
	char *to;

	packet->has_trusted_packet_sequence_id = true;
	packet->trusted_packet_sequence_id = RILL_PF_SEQUENCE;
	packet->interned_data = rill_pf_fresh(p);
	size = size_of(packet);
	to = rill_output_room(&p->out, size + 1 + RILL_VARINT_MAX);
	rill_output_commit(&p->out, to + encode(packet, size, (uint8_t *)to));
}

void rill_pf_send_fresh(struct rill_pf *p)
{
	struct Rill__Pf__TracePacket packet = RILL__PF__TRACE_PACKET__INIT;

	for (unsigned kind = 0; kind < RILL_PF_KINDS; kind++)
		if (p->names.fresh[kind].count) {
			packet.has_sequence_flags = true;
			packet.sequence_flags = RILL_PF_NEEDS_STATE;
			rill_pf_send(p, &packet);
			return;
		}
}

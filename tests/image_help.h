/* SPDX-License-Identifier: MIT
 * image_help.h - a small ring file made by hand, of any word size and order of bytes.
 *
 * One slot with one ring of four blocks; a site ("cat", "name", one u64 "n"); events with n = 0, 1, 2 ...
 */
#ifndef RILL_TESTS_IMAGE_HELP_H
#define RILL_TESTS_IMAGE_HELP_H

#include "format/crc32c.h"
#include "format/record.h"
#include "tool/image.h"

#include <rill/types.h>
#include <stdlib.h>
#include <string.h>

enum {
	MADE_RING = 1024, MADE_BLOCK = 256, MADE_DEFS = 256, MADE_DEFS_AT = 640, MADE_OWNERS_AT = MADE_DEFS_AT + MADE_DEFS,
	MADE_SLOTS_AT = MADE_OWNERS_AT + 64, MADE_SLOT = 128, MADE_DATA_AT = MADE_SLOTS_AT + MADE_SLOT,
	MADE_BYTES = MADE_DATA_AT + MADE_RING, MADE_SITE = 20,
	/* in the slot */
	MADE_COMMIT = 0, MADE_CONSUME = 8, MADE_LOST_FULL = 16, MADE_LOST_BIG = 20, MADE_STATE = 24, MADE_TID = 28, MADE_SERIAL = 32,
	MADE_NAME_SEQUENCE = 36, MADE_NAME = 40, MADE_NOTHING = 104, MADE_TICK_NS = 2
};

struct made {
	uint8_t bytes[MADE_BYTES + 1];	/* and a NUL */
	struct rill_image_head head;
	bool swap;
	uint64_t commit;
	uint64_t base, number;
	uint64_t owner;	/* of blocks from now on, or 0 */
};

/* Little-endian, and big-endian where the image is swapped: whatever machine the test runs on. */
static inline void made_put(const struct made *m, uint8_t *at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[m->swap ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

#define MADE_FIELD(m, field) made_put(m, (m)->bytes + offsetof(struct rill_image_head, field), (m)->head.field, sizeof (m)->head.field)

/* Puts the sum of a part into its bytes, if it is there. */
static inline void made_sum_part(struct made *m, unsigned kind)
{
	uint8_t *const part = m->bytes + offsetof(struct rill_image_head, part) + kind * sizeof(struct rill_image_part);
	const size_t from = offsetof(struct rill_image_part, rings);

	if (memcmp(part, "\0\0\0\0", 4))
		made_put(m, part, ~rill_crc32c(RILL_CRC32C_BEGIN, part + from, sizeof(struct rill_image_part) - from) | 1, 4);
}

static inline void made_seal_part(struct made *m, unsigned kind)
{
	MADE_FIELD(m, part[kind].crc), MADE_FIELD(m, part[kind].rings), MADE_FIELD(m, part[kind].at), MADE_FIELD(m, part[kind].bytes);
	MADE_FIELD(m, part[kind].address), MADE_FIELD(m, part[kind].slots_at), MADE_FIELD(m, part[kind].slot_bytes);
	MADE_FIELD(m, part[kind].data_at), MADE_FIELD(m, part[kind].slot_data_bytes);
	MADE_FIELD(m, part[kind].ring[0].at), MADE_FIELD(m, part[kind].ring[0].data_at), MADE_FIELD(m, part[kind].ring[0].bytes);
	MADE_FIELD(m, part[kind].ring[0].block_bytes), MADE_FIELD(m, part[kind].ring[0].kind), MADE_FIELD(m, part[kind].ring[0].level);
	made_sum_part(m, kind);
}

/* Writes the head anew, and seals it. */
static inline void made_seal(struct made *m)
{
	const size_t from = offsetof(struct rill_image_head, order);

	memcpy(m->bytes, RILL_IMAGE_MAGIC, 8);
	MADE_FIELD(m, order), MADE_FIELD(m, version), MADE_FIELD(m, word_bytes), MADE_FIELD(m, flags);
	MADE_FIELD(m, defs_at), MADE_FIELD(m, defs_bytes), MADE_FIELD(m, owners_at), MADE_FIELD(m, slots);
	MADE_FIELD(m, commit_at), MADE_FIELD(m, consume_at), MADE_FIELD(m, lost_full_at), MADE_FIELD(m, lost_big_at);
	MADE_FIELD(m, state_at), MADE_FIELD(m, tid_at), MADE_FIELD(m, serial_at), MADE_FIELD(m, name_at), MADE_FIELD(m, name_bytes);
	MADE_FIELD(m, name_sequence_at), MADE_FIELD(m, tag_at), MADE_FIELD(m, tag);
	MADE_FIELD(m, pid), MADE_FIELD(m, start_time), MADE_FIELD(m, realtime_ns), MADE_FIELD(m, monotonic_ns), MADE_FIELD(m, clock_hz);
	memcpy(m->bytes + offsetof(struct rill_image_head, program), m->head.program, sizeof m->head.program);
	m->head.crc = ~rill_crc32c(RILL_CRC32C_BEGIN, m->bytes + from, offsetof(struct rill_image_head, crc) - from);
	MADE_FIELD(m, crc), MADE_FIELD(m, defs_refused), MADE_FIELD(m, pairs), MADE_FIELD(m, pair[0].ticks), MADE_FIELD(m, pair[0].ns);
	MADE_FIELD(m, pair[1].ticks), MADE_FIELD(m, pair[1].ns);
	MADE_FIELD(m, first_ticks), MADE_FIELD(m, first_ns);
	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS; kind++)
		made_seal_part(m, kind);
}

static inline void made_define(struct made *m)
{
	static const char texts[] = "cat\0name\0file.c\0\x08n";	/* RILL_TYPE_U64 */
	uint8_t *const d = m->bytes + MADE_DEFS_AT;
	const size_t bytes = (sizeof(struct rill_image_definition) + sizeof(struct rill_image_site) + sizeof texts + 7) & ~(size_t)7;
	uint8_t *const site = d + sizeof(struct rill_image_definition);

	made_put(m, d + offsetof(struct rill_image_definition, words), bytes / 8, 2);
	d[offsetof(struct rill_image_definition, kind)] = RILL_IMAGE_DEFINE_SITE;
	made_put(m, site + offsetof(struct rill_image_site, line), 7, 4);
	made_put(m, site + offsetof(struct rill_image_site, id), MADE_SITE, 2);
	site[offsetof(struct rill_image_site, phase)] = 'I';
	site[offsetof(struct rill_image_site, nargs)] = 1;
	memcpy(site + sizeof(struct rill_image_site), texts, sizeof texts);
	made_put(m, d, (uint32_t)~rill_crc32c(rill_crc32c(RILL_CRC32C_BEGIN, m->bytes + offsetof(struct rill_image_head, tag), 4), d + 4, bytes - 4) | 1,
		 4);
}

static inline uint8_t *made_slot(struct made *m)
{
	return m->bytes + MADE_SLOTS_AT;
}

static inline uint8_t *made_at(struct made *m, uint64_t position)
{
	return m->bytes + MADE_DATA_AT + (position & (MADE_RING - 1));
}

static inline void made_commit(struct made *m, uint64_t position)
{
	made_put(m, made_slot(m) + MADE_COMMIT, position, m->head.word_bytes);
}

static inline void made_open_block(struct made *m)
{
	uint8_t *const block = made_at(m, m->commit);

	memset(block, 0, MADE_BLOCK);
	made_put(m, block + offsetof(struct rill_block, layout), RILL_LAYOUT, 4);
	made_put(m, block + offsetof(struct rill_block, sequence), (m->head.word_bytes == 8 ? m->commit : (uint32_t)m->commit) / MADE_BLOCK, 4);
	made_put(m, block + offsetof(struct rill_block, base_ticks), m->base, 8);
	made_put(m, block + offsetof(struct rill_block, base_ns), m->base * MADE_TICK_NS, 8);
	m->commit += sizeof(struct rill_block);
	if (m->owner) {
		block[sizeof(struct rill_block)] = RILL_OWNER_BYTES / 8;
		made_put(m, block + sizeof(struct rill_block) + 2, RILL_ID_OWNER, 2);
		made_put(m, block + sizeof(struct rill_block) + 8, m->owner, 8);
		m->commit += RILL_OWNER_BYTES;
	}
}

/* One more event, one million ticks behind the last. */
static inline void made_event(struct made *m)
{
	uint8_t *record;

	m->base += 1000000;
	if (m->commit % MADE_BLOCK == 0)
		made_open_block(m);
	record = made_at(m, m->commit);
	record[0] = 2;
	made_put(m, record + 2, MADE_SITE, 2);
	/* Each block is opened by its first event, at the time of that. */
	made_put(m, record + 4, 1000000 * (m->commit % MADE_BLOCK - sizeof(struct rill_block) - (m->owner ? RILL_OWNER_BYTES : 0)) / 16, 4);
	made_put(m, record + 8, m->number++, 8);
	m->commit += 16;
	made_commit(m, m->commit);
}

static inline void made_image(struct made *m, bool swap, unsigned word_bytes, unsigned events)
{
	*m = (struct made){ .swap = swap, .base = 1000000000 };
	m->head = (struct rill_image_head){
		.order = RILL_IMAGE_ORDER, .version = RILL_IMAGE_VERSION, .word_bytes = (uint8_t)word_bytes,
		.flags = RILL_IMAGE_TEXTS | RILL_IMAGE_BLOBS, .defs_at = MADE_DEFS_AT, .defs_bytes = MADE_DEFS,
		.owners_at = MADE_OWNERS_AT, .slots = 1,
		.part = { { .crc = 1, .rings = 1, .bytes = MADE_BYTES, .slots_at = MADE_SLOTS_AT, .slot_bytes = MADE_SLOT, .data_at = MADE_DATA_AT,
			    .slot_data_bytes = MADE_RING, .ring = { { .bytes = MADE_RING, .block_bytes = MADE_BLOCK } } } },
		.commit_at = MADE_COMMIT, .consume_at = MADE_CONSUME, .lost_full_at = MADE_LOST_FULL, .lost_big_at = MADE_LOST_BIG,
		.state_at = MADE_STATE, .tid_at = MADE_TID, .serial_at = MADE_SERIAL, .name_sequence_at = MADE_NAME_SEQUENCE,
		.name_at = MADE_NAME, .name_bytes = 64,
		.pid = 4711, .realtime_ns = 5, .program = "made", .first_ticks = m->base, .first_ns = m->base * MADE_TICK_NS,
	};
	m->head.pair[0].ticks = m->head.first_ticks;
	m->head.pair[0].ns = m->head.first_ns;
	made_seal(m);
	made_define(m);
	made_put(m, made_slot(m) + MADE_STATE, 1, 4);
	made_put(m, made_slot(m) + MADE_TID, 4712, 4);
	made_put(m, made_slot(m) + MADE_SERIAL, 1, 4);
	memcpy(made_slot(m) + MADE_NAME, "worker", 7);
	while (events--)
		made_event(m);
}

/* ---- as one in disk mode ---------------------------------------------------------------------------- */

enum { MADE_DISK = 3 * RILL_PAGE, MADE_DISK_DATA_AT = RILL_PAGE, MADE_TAG = 0xbeef, MADE_DISK_EVENTS = 200 };

/* One of the two pages of the ring, with half of the events. */
static inline void made_page(struct made *m, uint8_t *page, uint32_t number, bool closed)
{
	uint8_t *at = page + sizeof(struct rill_block);

	made_put(m, page + offsetof(struct rill_block, layout), RILL_LAYOUT_OF(MADE_TAG) | (closed ? RILL_LAYOUT_CLOSED : 0), 4);
	made_put(m, page + offsetof(struct rill_block, sequence), number, 4);
	made_put(m, page + offsetof(struct rill_block, base_ticks), m->base, 8);
	made_put(m, page + offsetof(struct rill_block, base_ns), m->base * MADE_TICK_NS, 8);
	at[0] = RILL_OWNER_BYTES / 8;
	made_put(m, at + 2, RILL_ID_OWNER, 2);
	made_put(m, at + 8, rill_owner(1, 4712), 8);
	for (unsigned i = 0; i < MADE_DISK_EVENTS / 2; i++) {
		at += 16;
		at[0] = 2;
		made_put(m, at + 2, MADE_SITE, 2);
		made_put(m, at + 4, 1000000 * i, 4);
		made_put(m, at + 8, m->number++, 8);
	}
	m->base += 1000000 * MADE_DISK_EVENTS / 2;
}

/* Of so many bytes; a thread's ring of two pages, the newer of which is open and lies first, and after `number` of them. */
static inline void made_disk(struct made *m, uint8_t *disk, bool swap, unsigned word_bytes, uint32_t number)
{
	struct rill_image_part *const part = &m->head.part[0];

	made_image(m, swap, word_bytes, 0);
	m->head.flags |= RILL_IMAGE_DISK;
	m->head.tag = MADE_TAG;
	m->head.tag_at = MADE_NOTHING;
	part->bytes = MADE_DISK;
	part->data_at = MADE_DISK_DATA_AT;
	part->slot_data_bytes = part->ring[0].bytes = 2 * RILL_PAGE;
	part->ring[0].block_bytes = RILL_PAGE;
	made_seal(m);
	made_define(m);
	made_put(m, made_slot(m) + MADE_NOTHING, MADE_TAG, 4);
	memset(disk, 0, MADE_DISK);
	memcpy(disk, m->bytes, MADE_DATA_AT);
	made_page(m, disk + MADE_DISK_DATA_AT + RILL_PAGE * (number % 2), number, true);
	number = word_bytes == 8 ? number + 1 : (number + 1) & UINT32_MAX / RILL_PAGE;
	made_page(m, disk + MADE_DISK_DATA_AT + RILL_PAGE * (number % 2), number, false);
}

#endif

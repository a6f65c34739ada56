/* SPDX-License-Identifier: MIT
 * image_ring.c - one ring of a ring file: which of its blocks are whole, and the records in them.
 *
 * What M3 has published is in the last block up to commit_pos, and in the blocks before it down to the oldest that still has its
 * own bytes. Each carries the number that its position gives it, which tells a block from what was at its place a round before. Bit 0 of commit_pos
 * says that the writer was inside an event, which is left out, and that it may have been opening the next block.
 */
#include "image.h"

#include "format/record.h"

#include <string.h>

/* ---- blocks ------------------------------------------------------------------------------------- */

static uint64_t position_mask(const struct rill_image *image)
{
	return image->head.word_bytes == 8 ? UINT64_MAX : UINT32_MAX;
}

static uint64_t position_at(const struct rill_image *image, const uint8_t *at)
{
	return image->head.word_bytes == 8 ? rill_image_u64(image, at) : rill_image_u32(image, at);
}

static const uint8_t *block_at(const struct rill_image_cursor *c, uint64_t position)
{
	return c->data + (position & (c->ring->bytes - 1));
}

bool rill_image_block(const struct rill_image *image, const struct rill_image_cursor *c, uint64_t position, const uint8_t **block)
{
	const uint32_t number = (uint32_t)((position & position_mask(image)) / c->ring->block_bytes);

	*block = block_at(c, position);
	return (rill_image_u32(image, *block + offsetof(struct rill_block, layout)) & ~(uint32_t)RILL_LAYOUT_CLOSED) ==
		       RILL_LAYOUT_OF(image->head.tag) &&
	       rill_image_u32(image, *block + offsetof(struct rill_block, sequence)) == number;
}

/* Of the blocks in front of the last one, so many bytes are there. */
static uint64_t whole_stream(struct rill_image *image, const struct rill_image_cursor *c, uint64_t last, bool in_event)
{
	const uint64_t consumed = position_at(image, c->header + image->head.consume_at), all = c->ring->bytes - c->ring->block_bytes;
	const uint8_t *oldest;
	uint64_t whole = all;

	/* At first there are fewer blocks than the ring holds; or positions have begun again at 0, and what lies before that is there. */
	if (last < whole && !rill_image_block(image, c, last - whole, &oldest))
		whole = last;
	/* Who is inside an event may be opening the block behind: what lay there is gone, but where it waits for the consumer. */
	if (in_event && whole == all && ((consumed - (last - whole)) & position_mask(image)) >= c->ring->block_bytes) {
		whole -= c->ring->block_bytes;
		image->result.overwritten++;
	}
	return whole;
}

static bool was_never_opened(const struct rill_image *image, const uint8_t *block)
{
	return rill_image_u32(image, block + offsetof(struct rill_block, layout)) == 0;
}

/* A block loses its number before it is overwritten, so that one that is being opened behind the last tells itself. In a ring that has not
 * gone round, those behind that one are as they were made. */
static uint64_t whole_flight(struct rill_image *image, const struct rill_image_cursor *c, uint64_t last)
{
	const uint64_t all = c->ring->bytes - c->ring->block_bytes;
	const uint8_t *oldest;
	uint64_t whole = all;

	if (rill_image_block(image, c, last - all, &oldest))
		return all;
	do
		whole -= c->ring->block_bytes;
	while (whole && was_never_opened(image, block_at(c, last - whole)));
	image->result.overwritten += whole == all - c->ring->block_bytes && !was_never_opened(image, oldest);
	return whole;
}

bool rill_image_cursor_begin(struct rill_image *image, struct rill_image_cursor *c, enum rill_image_kind kind, uint32_t slot, uint32_t ring)
{
	const struct rill_image_head *const h = &image->head;
	const struct rill_image_part *const part = &h->part[kind];
	const struct rill_image_ring *const r = &part->ring[ring];
	const uint8_t *const header = image->bytes + part->slots_at + slot * part->slot_bytes + r->at;
	const uint64_t mask = position_mask(image), commit = position_at(image, header + h->commit_at);
	uint64_t last, whole;

	*c = (struct rill_image_cursor){ .ring = r, .slot = slot, .kind = kind, .commit = commit & ~(uint64_t)1, .header = header };
	c->data = image->bytes + part->data_at + slot * part->slot_data_bytes + r->data_at;
	if (image->by_pages)
		return rill_image_pages_begin(image, c);
	if (!commit)	/* no thread has ever had it */
		return false;
	if (kind == RILL_IMAGE_STREAM)
		c->owned_from = rill_image_u64(image, image->bytes + h->owners_at + slot * sizeof(struct rill_image_owner) +
					       offsetof(struct rill_image_owner, from) + 8 * ring);
	/* As it was made, or its first block is only just being opened. */
	if (kind == RILL_IMAGE_FLIGHT && c->commit == r->bytes && was_never_opened(image, block_at(c, c->commit - r->block_bytes)))
		return false;
	last = (c->commit - 1) & mask & ~(uint64_t)(r->block_bytes - 1);
	if (c->commit & 7 || c->commit - last < sizeof(struct rill_block) || (c->commit - last) > r->block_bytes) {
		image->result.rings_rejected++;
		return false;
	}
	image->result.in_flight += commit & 1;
	whole = kind == RILL_IMAGE_FLIGHT ? whole_flight(image, c, last) : whole_stream(image, c, last, commit & 1);
	c->first = c->block = (last - whole) & mask;
	c->at = c->end = 0;
	return true;
}

/* ---- records ------------------------------------------------------------------------------------ */

static void heed_losses(struct rill_image *image, struct rill_image_cursor *c, uint32_t full, uint32_t big)
{
	if (c->any_block) {
		c->gap.full += full - c->seen_full;
		c->gap.big += big - c->seen_big;
		image->result.lost += full - c->seen_full;
		image->result.lost += big - c->seen_big;
	}
	c->seen_full = full;
	c->seen_big = big;
	c->any_block = true;
}

/* The next one that is whole. False: there is none up to commit_pos. */
static bool find_block(struct rill_image *image, struct rill_image_cursor *c)
{
	const uint64_t mask = position_mask(image);
	const uint8_t *block;

	if (image->by_pages)
		return rill_image_pages_enter(image, c);
	for (; c->block != ((c->commit + c->ring->block_bytes - 1) & mask & ~(uint64_t)(c->ring->block_bytes - 1));
	     c->block = (c->block + c->ring->block_bytes) & mask) {
		const uint64_t left = (c->commit - c->block) & mask;

		image->result.blocks++;
		if (!rill_image_block(image, c, c->block, &block)) {
			image->result.rejected_blocks++;
			image->result.rejected_bytes += c->ring->block_bytes;
			continue;
		}
		c->end = left < c->ring->block_bytes ? (uint32_t)left : c->ring->block_bytes;
		c->at = sizeof(struct rill_block);
		c->owner = 0;
		return true;
	}
	return false;
}

/* From the block at c->block on. */
static bool enter_block(struct rill_image *image, struct rill_image_cursor *c)
{
	const uint8_t *block;

	if (!find_block(image, c))
		return false;
	block = block_at(c, c->block);
	c->base = rill_image_u64(image, block + offsetof(struct rill_block, base_ticks));
	heed_losses(image, c, rill_image_u32(image, block + offsetof(struct rill_block, lost_full)),
		    rill_image_u32(image, block + offsetof(struct rill_block, lost_big)));
	return true;
}

static void leave_block(const struct rill_image *image, struct rill_image_cursor *c)
{
	c->block = (c->block + c->ring->block_bytes) & position_mask(image);
	c->at = c->end = 0;
}

static void reject_rest(struct rill_image *image, struct rill_image_cursor *c)
{
	image->result.rejected_blocks++;
	image->result.rejected_bytes += c->end - c->at;
	leave_block(image, c);
}

static bool is_event(const struct rill_image *image, const uint8_t *record)
{
	const uint16_t id = rill_image_u16(image, record + offsetof(struct rill_record, id));

	return id >= RILL_ID_SITES || id == RILL_ID_DYNAMIC || id == RILL_ID_END;
}

uint32_t rill_image_unit(const struct rill_image *image, const uint8_t *at, uint32_t left)
{
	const uint32_t words = at[offsetof(struct rill_record, words)], delta = rill_image_u32(image, at + offsetof(struct rill_record, delta));

	switch (rill_image_u16(image, at + offsetof(struct rill_record, id))) {
	case RILL_ID_ESCAPE:
	case RILL_ID_OWNER: return left >= 2 && words == 2 ? words : 0;
	case RILL_ID_LONG: return words == 1 && delta > RILL_RECORD_WORDS_MAX && delta < left && is_event(image, at + 8) ? 1 + delta : 0;
	default: return is_event(image, at) && words <= left ? words : 0;
	}
}

/* What stands at c->at: the words of a record (its header then at *record), or 0: no record, and c has moved on. */
static uint32_t look(struct rill_image *image, struct rill_image_cursor *c, const uint8_t **record)
{
	const uint8_t *const at = block_at(c, c->block) + c->at;
	const uint16_t id = rill_image_u16(image, at + offsetof(struct rill_record, id));
	const uint32_t words = rill_image_unit(image, at, (c->end - c->at) / 8);

	*record = at;
	if (id == RILL_ID_PAD) {
		leave_block(image, c);
		return 0;
	}
	if (!words) {
		reject_rest(image, c);
		return 0;
	}
	if (id == RILL_ID_ESCAPE || id == RILL_ID_OWNER) {
		*(id == RILL_ID_OWNER ? &c->owner : &c->base) = rill_image_u64(image, at + 8);
		c->at += 8 * words;
		image->result.frames += 8 * words;
		return 0;
	}
	if (id == RILL_ID_LONG) {
		*record = at + 8;
		c->at += 8;
		image->result.frames += 8;
		return words - 1;
	}
	return words;
}

bool rill_image_cursor_next(struct rill_image *image, struct rill_image_cursor *c)
{
	const uint64_t last_ticks = c->ticks, first = image->head.first_ticks;
	const bool any = c->record != NULL;

	c->gap = (struct rill_image_gap){ .before_ticks = any ? c->ticks : 0 };
	for (c->record = NULL; !c->record;) {
		if (c->at == c->end) {
			if (c->end)
				leave_block(image, c);
			if (!enter_block(image, c)) {
				if (!image->by_pages)	/* the ring's header is in another page */
					heed_losses(image, c, rill_image_u32(image, c->header + image->head.lost_full_at),
						    rill_image_u32(image, c->header + image->head.lost_big_at));
				return false;
			}
			continue;
		}
		c->words = look(image, c, &c->record);
		if (!c->words)
			c->record = NULL;
	}
	c->position = c->block + c->at;
	c->at += 8 * c->words;
	c->ticks = c->base + rill_image_u32(image, c->record + offsetof(struct rill_record, delta));
	c->clamped = any && (int64_t)(c->ticks - first) < (int64_t)(last_ticks - first);
	if (c->clamped)
		c->ticks = last_ticks;
	return true;
}

/* SPDX-License-Identifier: MIT
 * image_page.c - a ring file in disk mode, as it is found when the machine has lost its power.
 *
 * On the disk is of each page of 4096 bytes what it was at some instant: now, long ago, or never yet; then there are zeros, or what an
 * earlier file had there. No two pages are of one instant, so nothing is believed that needs two of them: of the head no more than what is sealed or
 * lies with it in its page, of definitions what their sums seal, of rings the blocks, each of which is a page, and the name of a thread where it
 * lies in one page with the thread's number.
 *
 * A block counts if it bears the tag of this file, a number that belongs to its place, and its owner. Its records are whole but for the last one, whose
 * arguments may not have been there yet; behind a block that was closed there is no such doubt.
 */
#include "image.h"
#include "tool.h"

#include "format/record.h"

#include <stdlib.h>
#include <string.h>

enum { RECORDS_AT = sizeof(struct rill_block) + RILL_OWNER_BYTES };

/* ---- which pages -------------------------------------------------------------------------------- */

bool rill_image_pages_fit(const struct rill_image_head *h)
{
	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS; kind++) {
		const struct rill_image_part *const p = &h->part[kind];

		if (p->crc && (p->data_at | p->slot_data_bytes) % RILL_PAGE)
			return false;
		for (uint32_t i = 0; p->crc && i < p->rings; i++)
			if (p->ring[i].block_bytes != RILL_PAGE || p->ring[i].data_at % RILL_PAGE)
				return false;
	}
	return true;
}

static uint32_t layout_of(const struct rill_image *image, const uint8_t *block)
{
	return rill_image_u32(image, block + offsetof(struct rill_block, layout));
}

static uint32_t number_of(const struct rill_image *image, const uint8_t *block)
{
	return rill_image_u32(image, block + offsetof(struct rill_block, sequence));
}

/* Numbers begin again behind this one. */
static uint32_t last_number(const struct rill_image *image)
{
	return image->head.word_bytes == 8 ? UINT32_MAX : UINT32_MAX / RILL_PAGE;
}

static bool counts(const struct rill_image *image, const struct rill_image_cursor *c, uint32_t place)
{
	const uint8_t *const block = c->data + (size_t)place * RILL_PAGE, *const owner = block + sizeof(struct rill_block);
	const uint32_t number = number_of(image, block);

	return (layout_of(image, block) & ~(uint32_t)RILL_LAYOUT_CLOSED) == RILL_LAYOUT_OF(image->head.tag) &&
	       number <= last_number(image) && (number & (c->ring->bytes / RILL_PAGE - 1)) == place &&
	       rill_image_u16(image, owner + offsetof(struct rill_record, id)) == RILL_ID_OWNER &&
	       owner[offsetof(struct rill_record, words)] == RILL_OWNER_BYTES / 8 && rill_image_u64(image, owner + 8);
}

/* In the order of their numbers, of which the half behind any one are later. */
static int by_number(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Between the oldest and the newest block, as far back as the ring goes. */
static uint64_t count_missing(const struct rill_image_cursor *c, const uint64_t *keys)
{
	const uint64_t newest = keys[c->page_count - 1] >> 32, all = c->ring->bytes / RILL_PAGE;
	const uint64_t oldest = keys[0] >> 32, from = newest - oldest >= all ? newest - all + 1 : oldest;
	uint64_t there = 0;

	for (uint32_t i = 0; i < c->page_count; i++)
		there += keys[i] >> 32 >= from;
	return newest - from + 1 - there;
}

bool rill_image_pages_begin(struct rill_image *image, struct rill_image_cursor *c)
{
	const uint32_t all = c->ring->bytes / RILL_PAGE, mask = last_number(image);
	uint64_t *const keys = rill_alloc(all, sizeof *keys);
	uint32_t first = 0;

	for (uint32_t place = 0; place < all; place++) {
		if (!counts(image, c, place))
			continue;
		if (!c->page_count)
			first = number_of(image, c->data + (size_t)place * RILL_PAGE) + mask / 2;
		keys[c->page_count++] = (uint64_t)((number_of(image, c->data + (size_t)place * RILL_PAGE) - first) & mask) << 32 | place;
	}
	if (c->page_count) {
		qsort(keys, c->page_count, sizeof *keys, by_number);
		image->result.pages_missing += count_missing(c, keys);
		c->pages = rill_alloc(c->page_count, sizeof *c->pages);
		for (uint32_t i = 0; i < c->page_count; i++)
			c->pages[i] = (uint32_t)keys[i];
	}
	free(keys);
	return c->page_count;
}

/* ---- what is in a page -------------------------------------------------------------------------- */

/* Where the last byte that is not zero ends, in words. */
static uint32_t written_end(const uint8_t *block)
{
	uint32_t end = RILL_PAGE;

	while (end > RECORDS_AT && !block[end - 1])
		end--;
	return (end + 7) & ~7u;
}

/* Where what is to be believed ends. */
static uint32_t records_end(struct rill_image *image, const uint8_t *block)
{
	uint32_t at = RECORDS_AT, last = RECORDS_AT, written = written_end(block), words;

	while (at < RILL_PAGE && (words = rill_image_unit(image, block + at, (RILL_PAGE - at) / 8)) != 0) {
		last = at;
		at += 8 * words;
	}
	if (written < at)
		written = at;
	image->result.free += RILL_PAGE - written;
	if (layout_of(image, block) & RILL_LAYOUT_CLOSED) {
		image->result.rejected_blocks += written != at;
		image->result.rejected_bytes += written - at;
		return at;
	}
	image->result.left_out += written - last;
	return last;
}

bool rill_image_pages_enter(struct rill_image *image, struct rill_image_cursor *c)
{
	const uint8_t *block;

	if (c->page == c->page_count)
		return false;
	c->block = (uint64_t)c->pages[c->page++] * RILL_PAGE;
	block = c->data + c->block;
	c->at = RECORDS_AT;
	c->end = records_end(image, block);
	c->owner = rill_image_u64(image, block + sizeof(struct rill_block) + 8);
	image->result.pages++;
	image->result.frames += RECORDS_AT;
	return true;
}

/* ---- whose -------------------------------------------------------------------------------------- */

const char *rill_image_pages_name(const struct rill_image *image, uint32_t slot, uint64_t owner)
{
	const struct rill_image_head *const h = &image->head;
	const uint64_t at = h->part[0].slots_at + slot * h->part[0].slot_bytes;
	const uint8_t *const bytes = image->bytes + at;
	const uint32_t where[] = { h->tag_at, h->tid_at, h->serial_at, h->name_sequence_at, h->name_at, h->name_at + h->name_bytes - 1 };

	for (unsigned i = 1; i < sizeof where / sizeof *where; i++)
		if ((at + where[i]) / RILL_PAGE != (at + where[0]) / RILL_PAGE)
			return "";
	if (rill_image_u32(image, bytes + h->tag_at) != h->tag || rill_image_u32(image, bytes + h->name_sequence_at) & 1 ||
	    rill_owner(rill_image_u32(image, bytes + h->serial_at), rill_image_u32(image, bytes + h->tid_at)) != owner)
		return "";
	return (const char *)bytes + h->name_at;
}

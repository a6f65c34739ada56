/* SPDX-License-Identifier: MIT
 * image.c - the head of a ring file.
 */
#include "image.h"

#include "format/crc32c.h"

#include <string.h>

/* ---- numbers of the writer's machine ------------------------------------------------------------ */

uint16_t rill_image_u16(const struct rill_image *image, const uint8_t *at)
{
	uint16_t n;

	memcpy(&n, at, sizeof n);
	return image->swap ? __builtin_bswap16(n) : n;
}

uint32_t rill_image_u32(const struct rill_image *image, const uint8_t *at)
{
	uint32_t n;

	memcpy(&n, at, sizeof n);
	return image->swap ? __builtin_bswap32(n) : n;
}

uint64_t rill_image_u64(const struct rill_image *image, const uint8_t *at)
{
	uint64_t n;

	memcpy(&n, at, sizeof n);
	return image->swap ? __builtin_bswap64(n) : n;
}

/* ---- the head ----------------------------------------------------------------------------------- */

static void swap_32(uint32_t *from, const uint32_t *to)
{
	for (; from <= to; from++)
		*from = __builtin_bswap32(*from);
}

static void swap_64(uint64_t *from, const uint64_t *to)
{
	for (; from <= to; from++)
		*from = __builtin_bswap64(*from);
}

_Static_assert(sizeof(struct rill_image_part) == 160 && sizeof(struct rill_image_head) == 616 &&
	       offsetof(struct rill_image_head, crc) == 232 && offsetof(struct rill_image_head, part) == 296,
	       "the layout of a ring file is the same on all machines");

static void swap_part(struct rill_image_part *p)
{
	swap_32(&p->crc, &p->rings);
	swap_64(&p->at, &p->slot_data_bytes);
	swap_32(&p->ring[0].at, &p->ring[RILL_IMAGE_RINGS_MAX - 1].level);
}

static void swap_head(struct rill_image_head *h)
{
	h->version = __builtin_bswap16(h->version);
	swap_64(&h->defs_at, &h->owners_at);
	swap_32(&h->slots, &h->tag);
	swap_64(&h->start_time, &h->clock_hz);
	swap_32(&h->crc, &h->pairs);
	swap_64(&h->pair[0].ticks, &h->first_ns);
	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS; kind++)
		swap_part(&h->part[kind]);
}

/* Lies count * bytes from `at` on in the first `size` bytes? */
static bool holds(uint64_t size, uint64_t at, uint64_t count, uint64_t bytes)
{
	return at <= size && (!bytes || count <= (size - at) / bytes);
}

static bool is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static bool ring_fits(const struct rill_image_head *h, const struct rill_image_part *p, const struct rill_image_ring *r)
{
	const uint32_t last = h->word_bytes, most = UINT32_MAX / 4;

	if (!is_power_of_two(r->bytes) || !is_power_of_two(r->block_bytes) || r->block_bytes < 128 || r->block_bytes > r->bytes / 2)
		return false;
	if (h->commit_at > most || h->consume_at > most || h->lost_full_at > most || h->lost_big_at > most)
		return false;
	return holds(p->slot_data_bytes, r->data_at, 1, r->bytes) && !(r->data_at & 7) && r->level < 8 &&
	       holds(p->slot_bytes, (uint64_t)r->at + h->commit_at, 1, last) &&
	       holds(p->slot_bytes, (uint64_t)r->at + h->consume_at, 1, last) &&
	       holds(p->slot_bytes, (uint64_t)r->at + h->lost_full_at, 1, 4) &&
	       holds(p->slot_bytes, (uint64_t)r->at + h->lost_big_at, 1, 4);
}

static bool part_fits(const struct rill_image_head *h, const struct rill_image_part *p, size_t size)
{
	if (!holds(size, p->at, p->bytes, 1) || !p->rings || p->rings > RILL_IMAGE_RINGS_MAX || p->data_at & 7 || p->slot_data_bytes & 7)
		return false;
	if (!holds(p->at + p->bytes, p->slots_at, h->slots, p->slot_bytes) ||
	    !holds(p->at + p->bytes, p->data_at, h->slots, p->slot_data_bytes))
		return false;
	for (uint32_t i = 0; i < p->rings; i++)
		if (!ring_fits(h, p, &p->ring[i]))
			return false;
	return true;
}

static bool areas_fit(const struct rill_image_head *h, size_t size)
{
	const struct rill_image_part *const first = &h->part[0];

	if (h->slots > RILL_IMAGE_SLOTS_MAX || (h->word_bytes != 4 && h->word_bytes != 8) || !first->crc || h->defs_at & 7)
		return false;
	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS; kind++)
		if (h->part[kind].crc && !part_fits(h, &h->part[kind], size))
			return false;
	return holds(size, h->defs_at, h->defs_bytes, 1) && holds(size, h->owners_at, h->slots, sizeof(struct rill_image_owner)) &&
	       holds(first->slot_bytes, h->state_at, 1, 4) && holds(first->slot_bytes, h->tid_at, 1, 4) &&
	       holds(first->slot_bytes, h->serial_at, 1, 4) && holds(first->slot_bytes, h->name_at, h->name_bytes, 1) && h->name_bytes &&
	       holds(first->slot_bytes, h->name_sequence_at, 1, 4) && holds(first->slot_bytes, h->tag_at, 1, 4) &&
	       (!(h->flags & RILL_IMAGE_DISK) || rill_image_pages_fit(h));
}

/* A part that the writer was only making when it died has no sum yet; a wrong one is damage. */
static bool parts_are_sealed(const struct rill_image_head *h, const uint8_t *bytes)
{
	const size_t from = offsetof(struct rill_image_part, rings);

	for (unsigned kind = 0; kind < RILL_IMAGE_PARTS; kind++) {
		const uint8_t *const part = bytes + offsetof(struct rill_image_head, part) + kind * sizeof(struct rill_image_part);

		if (h->part[kind].crc && h->part[kind].crc != ((uint32_t)~rill_crc32c(RILL_CRC32C_BEGIN, part + from,
										     sizeof(struct rill_image_part) - from) | 1))
			return false;
	}
	return true;
}

bool rill_image_head(const uint8_t *bytes, size_t size, struct rill_image_head *h, bool *swap, const char **why)
{
	const size_t from = offsetof(struct rill_image_head, order), to = offsetof(struct rill_image_head, crc);

	*why = "is no ring file: it does not begin as one";
	if (size < sizeof h->magic)
		return false;
	*why = "is the ring file of a program that ended in order, or died while it made the file: nothing is in it";
	for (size_t i = 0; i < sizeof h->magic; i++)
		if (bytes[i])
			*why = "is no ring file: it does not begin as one";
	if (memcmp(bytes, RILL_IMAGE_MAGIC, sizeof h->magic))
		return false;
	*why = "is a ring file that was cut inside its head";
	if (size < sizeof *h)
		return false;
	memcpy(h, bytes, sizeof *h);
	*swap = h->order != RILL_IMAGE_ORDER;
	*why = "is a ring file with a damaged head";
	if (*swap && __builtin_bswap32(h->order) != RILL_IMAGE_ORDER)
		return false;
	if (*swap)
		swap_head(h);
	if (h->version != RILL_IMAGE_VERSION) {
		*why = "is a ring file of another version of rill: read it with that";
		return false;
	}
	h->boot_id[sizeof h->boot_id - 1] = h->program[sizeof h->program - 1] = '\0';
	return h->crc == (uint32_t)~rill_crc32c(RILL_CRC32C_BEGIN, bytes + from, to - from) && parts_are_sealed(h, bytes);
}

bool rill_image_open(struct rill_image *image, const uint8_t *bytes, size_t size, const char **why)
{
	*image = (struct rill_image){ .bytes = bytes, .size = size };
	if (!rill_image_head(bytes, size, &image->head, &image->swap, why))
		return false;
	*why = "is a ring file that was cut, or whose head says what cannot be";
	if (!areas_fit(&image->head, size))
		return false;
	image->result.refused = image->head.defs_refused;
	rill_image_definitions(image);
	return true;
}

void rill_image_after_power_cut(struct rill_image *image)
{
	image->by_pages = image->result.by_pages = image->head.flags & RILL_IMAGE_DISK;
}

void rill_image_close(struct rill_image *image)
{
	rill_image_forget_definitions(image);
}

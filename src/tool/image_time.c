/* SPDX-License-Identifier: MIT
 * image_time.c - the ticks of a ring file as nanoseconds of CLOCK_MONOTONIC.
 *
 * One straight line through the pair from when the file was begun. Its slope is that to the last pair that the consumer told. Where blocks
 * go more than twice as far, since the consumer rests while there are only flight sessions, or the pair is too near, it is the least slope
 * to the clock pairs in the headers of blocks, as those are read one clock after the other and what comes in between can only make them
 * late; else what the clock itself says.
 */
#include "image.h"

#include "format/record.h"

enum { NEAR_NS = 10000000, FAR_NS = 100000 };

static double slope_to(const struct rill_image *image, uint64_t ticks, uint64_t ns)
{
	const struct rill_image_head *const h = &image->head;
	const int64_t more_ticks = (int64_t)(ticks - h->first_ticks), more_ns = (int64_t)(ns - h->first_ns);

	return more_ticks > 0 && more_ns >= FAR_NS ? (double)more_ns / (double)more_ticks : 0;
}

struct slopes {
	double least;
	uint64_t furthest_ns;
};

/* Far pairs are better than near ones: one half as far as the furthest so far does not count. */
static void heed_block(const struct rill_image *image, const uint8_t *block, struct slopes *s)
{
	const uint64_t ns = rill_image_u64(image, block + offsetof(struct rill_block, base_ns));
	const double slope = slope_to(image, rill_image_u64(image, block + offsetof(struct rill_block, base_ticks)), ns);
	const uint64_t far = ns - image->head.first_ns;

	if (slope == 0 || far < s->furthest_ns / 2)
		return;
	if (s->least == 0 || slope < s->least || far / 2 > s->furthest_ns)
		s->least = slope;
	if (far > s->furthest_ns)
		s->furthest_ns = far;
}

/* Number b, counted from the oldest. */
static bool find_block(const struct rill_image *image, const struct rill_image_cursor *c, uint32_t b, const uint8_t **block)
{
	const uint64_t position = c->first + (uint64_t)b * c->ring->block_bytes;

	if (!image->by_pages)
		return position < c->commit && rill_image_block(image, c, position, block);
	*block = b < c->page_count ? c->data + (size_t)c->pages[b] * c->ring->block_bytes : NULL;
	return *block;
}

static struct slopes slopes_of_blocks(const struct rill_image *image, struct rill_image_cursor *cursors, size_t count)
{
	struct slopes s = { 0, 0 };
	const uint8_t *block;

	for (size_t i = 0; i < count; i++)
		for (uint32_t b = 0; b < cursors[i].ring->bytes / cursors[i].ring->block_bytes; b++)
			if (find_block(image, &cursors[i], b, &block))
				heed_block(image, block, &s);
	return s;
}

void rill_image_time(struct rill_image *image, struct rill_image_cursor *cursors, size_t count)
{
	const struct rill_image_head *const h = &image->head;
	const uint64_t apart = h->first_ns - h->first_ticks;
	const unsigned told = h->pairs & 1;
	const struct slopes blocks = slopes_of_blocks(image, cursors, count);

	image->ticks_are_ns = apart < NEAR_NS;
	image->ns_per_tick = slope_to(image, h->pair[told].ticks, h->pair[told].ns);
	if (image->ns_per_tick == 0 || blocks.furthest_ns / 2 > h->pair[told].ns - h->first_ns)
		image->ns_per_tick = blocks.least;
	if (image->ns_per_tick == 0 && h->clock_hz)
		image->ns_per_tick = 1e9 / (double)h->clock_hz;
	image->result.no_rate = image->ns_per_tick == 0 && !image->ticks_are_ns;
	if (image->ns_per_tick == 0)
		image->ns_per_tick = 1;
}

/* Ticks that no clock can have had come out at the ends, so that what is in order stays so. */
uint64_t rill_image_ns(const struct rill_image *image, uint64_t ticks)
{
	const struct rill_image_head *const h = &image->head;
	const int64_t most = INT64_MAX / 4, delta = (int64_t)(ticks - h->first_ticks);
	const uint64_t from = image->ticks_are_ns ? h->first_ticks : h->first_ns, base = from < (uint64_t)most ? from : (uint64_t)most;
	const double scaled = (double)delta * image->ns_per_tick;
	int64_t more = image->ticks_are_ns ? delta : scaled < (double)-most ? -most : scaled > (double)most ? most : (int64_t)scaled;

	more = more < -most ? -most : more > most ? most : more;
	return more < 0 && (uint64_t)-more > base ? 0 : base + (uint64_t)more;
}

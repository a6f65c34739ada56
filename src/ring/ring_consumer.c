/* SPDX-License-Identifier: MIT
 * ring_consumer.c - walking the records of one ring.
 */
#include "ring/ring_consumer.h"
#include "ring/point.h"

#include <rill/clock.h>

static inline void *at(const struct rill_ring *ring, uintptr_t pos)
{
	return ring->data + (pos & (ring->size - 1));
}

void rill_cursor_release(struct rill_cursor *cursor)
{
	/* R2, release: pairs with W1. Without it our reads of the block could still be under way when the writer
	 * fills it again. */
	atomic_store_explicit(&cursor->ring->consume_pos, cursor->pos, memory_order_release);
	RILL_POINT(RELEASED);
}

/* The reader may have been away between its look at the clock and its look at the ring. */
static uint64_t ticks_since(uint64_t then)
{
	uint64_t now = rill_clock_ticks();

	return now > then ? now - then : 0;
}

bool rill_cursor_in_range(const struct rill_cursor *c, uint64_t ticks)
{
	return ticks <= c->latest || ticks - c->latest <= ticks_since(c->now);
}

/* The cursor stands at the start of a block. */
static void enter_block(struct rill_cursor *c, rill_cursor_gap *gap, void *ctx)
{
	const struct rill_block *block = at(c->ring, c->pos);
	uint32_t full = block->lost_full - c->seen_full, big = block->lost_big - c->seen_big;

	c->base = block->base_ticks;
	c->pos += sizeof *block;
	c->seen_full = block->lost_full;
	c->seen_big = block->lost_big;
	if (full || big)
		gap(ctx, c, full, big);
}

/* Where the counter has begun again each record is looked at. */
static void set_near_end(struct rill_cursor *c)
{
	uintptr_t rest = c->ring->block_size - (c->pos & (c->ring->block_size - 1)), left = c->end - c->pos;

	if (RILL_ON(CONFIG_RILL_QUICK))
		c->near_end = c->again ? NULL : (const void *)((const uint8_t *)c->record + (left < rest ? left : rest));
}

void rill_cursor_settle(struct rill_cursor *c, rill_cursor_gap *gap, void *ctx)
{
	const struct rill_record *r;
	uintptr_t block_mask = c->ring->block_size - 1;

	for (;;) {
		c->record = NULL;
		if (c->pos == c->end)
			return;
		if ((c->pos & block_mask) == 0) {
			rill_cursor_release(c);
			enter_block(c, gap, ctx);
			continue;
		}
		r = at(c->ring, c->pos);
		if (r->id == RILL_ID_PAD) {
			c->pos = (c->pos | block_mask) + 1;
			continue;
		}
		if (RILL_OWNERS && r->id == RILL_ID_OWNER) {
			c->pos += RILL_OWNER_BYTES;
			continue;
		}
		if (r->id != RILL_ID_ESCAPE)
			break;
		c->base = r->payload[0];
		c->pos += 16;
	}
	c->words = r->words;
	if (r->id == RILL_ID_LONG) {
		c->words = r->delta;
		c->pos += 8;
		r++;
	}
	c->record = r;
	c->ticks = c->base + r->delta;
	c->clamped = c->ticks < c->last_ticks;
	if (rill_cursor_in_range(c, c->ticks) == c->again) {
		c->clamped = true;
		c->ticks = c->instead;
	}
	if (c->ticks < c->last_ticks)
		c->ticks = c->last_ticks;	/* a clock that runs backwards must not run backwards in the output */
	set_near_end(c);
}

void rill_cursor_open(struct rill_cursor *c, uintptr_t end, rill_cursor_gap *gap, void *ctx)
{
	c->end = end;
	if (c->record)
		set_near_end(c);
	else
		rill_cursor_settle(c, gap, ctx);
}

/* SPDX-License-Identifier: MIT
 * ring_consumer.h - the reader's side of a ring. Only src/route includes it.
 *
 * A cursor stands on one record of one ring, or on none. It is opened up to a position that R1 read, and moves
 * record by record; escapes, pads and block headers are passed on the way. The block behind is
 * released as soon as the cursor has left it.
 */
#ifndef RILL_RING_CONSUMER_H
#define RILL_RING_CONSUMER_H

#include "ring/ring.h"

struct rill_cursor {
	struct rill_ring *ring;
	const struct rill_record *record;	/* NULL: nothing below `end` */
	uint64_t ticks;			/* of record; never below those of the record before */
	uint64_t base;
	uint64_t last_ticks;		/* of the last record passed */
	/* Up to here, records of this block follow each other and may be stepped over without a further look; NULL: none. */
	const struct rill_record *near_end;
	/* Set by the caller before rill_cursor_open(). A record from further ahead than `latest` was at `now` would keep back all that
	 * follow it, for as long as it is ahead: it gets the time `instead`, or that of the record before if that is more. Where the counter
	 * has begun again it is the other way round: what is ahead is of before, and the others come behind it. */
	uint64_t now, latest, instead;
	bool again;
	uintptr_t pos, end;
	uint32_t words;			/* of record */
	uint32_t seen_full, seen_big;	/* losses reported so far */
	bool clamped;			/* the clock went backwards at this record, or had run far ahead */
};

/* R1: commit_pos with its mark. Acquire: pairs with M1 and M3. */
static inline uintptr_t rill_ring_committed(const struct rill_ring *ring)
{
	return atomic_load_explicit(&ring->commit_pos, memory_order_acquire);
}

/* What was lost in front of the block that the cursor has entered, by cause; called from rill_cursor_open and _next. */
typedef void rill_cursor_gap(void *ctx, struct rill_cursor *cursor, uint32_t full, uint32_t big);

/* What the record says, whatever came before it. */
static inline uint64_t rill_cursor_own_ticks(const struct rill_cursor *cursor)
{
	return cursor->base + cursor->record->delta;
}

/* In the range that the caller has set: not from ahead. */
bool rill_cursor_in_range(const struct rill_cursor *cursor, uint64_t ticks);

/* Continues up to `end`, a position R1 read (its mark taken off). */
void rill_cursor_open(struct rill_cursor *cursor, uintptr_t end, rill_cursor_gap *gap, void *ctx);
/* Behind the current record: finds the next one, whatever stands between. */
void rill_cursor_settle(struct rill_cursor *cursor, rill_cursor_gap *gap, void *ctx);

/* Leaves the record; the next one below `end` becomes current. Most lie in the same block, are of the ordinary kind and not older than
 * the one before; the others are for rill_cursor_settle(). */
static inline __attribute__((always_inline)) void rill_cursor_next(struct rill_cursor *c, rill_cursor_gap *gap, void *ctx)
{
	const struct rill_record *r = (const void *)((const uint64_t *)(const void *)c->record + c->words);

	c->last_ticks = c->ticks;
	c->pos += 8 * (uintptr_t)c->words;
	if (RILL_ON(CONFIG_RILL_QUICK) && r < c->near_end && r->id >= RILL_ID_DYNAMIC) {
		uint64_t ticks = c->base + r->delta;

		if (ticks >= c->last_ticks && ticks <= c->latest) {
			c->record = r;
			c->ticks = ticks;
			c->words = r->words;
			c->clamped = false;
			return;
		}
	}
	rill_cursor_settle(c, gap, ctx);
}

/* R2: everything in front of the current record goes back to the writer. */
void rill_cursor_release(struct rill_cursor *cursor);

/* What a copy of a flight ring holds: positions from `begin` to `end`, in whole blocks but for the last one. */
struct rill_flight_found {
	uintptr_t begin, end;
	uintptr_t overwritten;	/* blocks that have made room for newer ones, */
	uintptr_t rejected;	/* ... and that did so while they were being copied */
};

/* Copies what is whole, without stopping the writer, to copy->data, which has the ring's size; sets copy's other sizes, so that a cursor can
 * walk it. */
void rill_flight_copy(const struct rill_ring *ring, struct rill_ring *copy, struct rill_flight_found *found);

/* The current record is the last below `end`. */
static inline bool rill_cursor_at_last(const struct rill_cursor *cursor)
{
	return cursor->pos + 8 * (uintptr_t)cursor->words == cursor->end;
}

#endif

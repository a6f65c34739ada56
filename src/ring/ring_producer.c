/* SPDX-License-Identifier: MIT
 * ring_producer.c - the cold step of the writer: from a full block to the next.
 */
#include "ring/ring_producer.h"
#include "ring/point.h"
#include "ring/ring_set.h"
#include "ring/wake.h"

#include "port/port.h"

#include <rill/clock.h>
#include <string.h>

static bool overwrites(const struct rill_ring *ring)
{
	return RILL_ON(CONFIG_RILL_FLIGHT) && ring->flight;
}

/* Disk mode: W4. A flight ring is made without a block. */
static void mark_closed(const struct rill_ring *ring)
{
	struct rill_block *block = rill_ring_block(ring);

	if (rill_ring_is_on_disk(ring) && block->layout)
		__atomic_store_n(&block->layout, block->layout | RILL_LAYOUT_CLOSED, __ATOMIC_RELEASE);	/* W4 */
}

/* Disk mode: what an event that was left had written must not stand behind the next one. */
static void reopen(const struct rill_ring *ring, uintptr_t pos)
{
	struct rill_block *block = rill_ring_block(ring);

	if (block->layout & RILL_LAYOUT_CLOSED) {
		__atomic_store_n(&block->layout, block->layout & ~(uint32_t)RILL_LAYOUT_CLOSED, __ATOMIC_RELAXED);
		atomic_thread_fence(memory_order_release);	/* W4 */
	}
	memset(rill_ring_at(ring, pos), 0, ring->block_end - pos);
}

/* The reader needs to know where the records of a block end. In disk mode all that is free is zero already, but for the header that a short way
 * may have begun there and left to the cold one. */
static void close_block(struct rill_ring *ring, uintptr_t pos)
{
	struct rill_record *pad = rill_ring_at(ring, pos);

	if (pos != ring->block_end) {
		pad->words = 0;
		pad->mask = 0;
		pad->id = RILL_ID_PAD;
		pad->delta = 0;
	}
	mark_closed(ring);
}

void rill_ring_close(struct rill_ring *ring)
{
	close_block(ring, atomic_load_explicit(&ring->commit_pos, memory_order_relaxed));
	rill_ring_publish(ring, ring->block_end);
}

static void put_owner(struct rill_ring *ring, uintptr_t pos)
{
	struct rill_record *r = rill_ring_at(ring, pos);

	r->words = RILL_OWNER_BYTES / 8;
	r->mask = 0;
	r->id = RILL_ID_OWNER;
	r->delta = 0;
	r->payload[0] = ring->owner;
}

static void open_block(struct rill_ring *ring, uintptr_t start, uint64_t ticks)
{
	const uint32_t number = rill_block_number(ring, start);
	struct rill_block *block;

	ring->bias = (uintptr_t)ring->data + (start & (ring->size - 1)) - start;
	ring->block_end = start + ring->block_size;
	rill_ring_set_base(ring, ticks);
	block = (struct rill_block *)(ring->bias + start);
	if (overwrites(ring) || rill_ring_is_on_disk(ring)) {
		/* No number of this block, in whichever lap: blocks in a ring are an even number. Steps INVALID to VALID of
		 * tests/model/overwrite.pml. */
		atomic_store_explicit(&block->sequence, ~number, memory_order_relaxed);
		atomic_thread_fence(memory_order_release);	/* W2: pairs with R3 */
	}
	if (rill_ring_is_on_disk(ring))
		memset(block + 1, 0, ring->block_size - sizeof *block);
	block->layout = RILL_LAYOUT_OF(RILL_ON(CONFIG_RILL_RING_FILE) ? ring->tag : 0);
	block->base_ticks = ticks;
	block->base_ns = rill_port_monotonic_ns();
	block->lost_full = atomic_load_explicit(&ring->lost[RILL_LOST_FULL], memory_order_relaxed);
	block->lost_big = atomic_load_explicit(&ring->lost[RILL_LOST_BIG], memory_order_relaxed);
	if (RILL_OWNERS && ring->owner)
		put_owner(ring, start + sizeof *block);
	RILL_POINT(UNNUMBERED);
	/* W3: pairs with R3. */
	atomic_store_explicit(&block->sequence, number, RILL_OWNERS ? memory_order_release : memory_order_relaxed);
}

void rill_ring_begin(struct rill_ring *ring)
{
	open_block(ring, 0, rill_clock_ticks());
	rill_ring_publish(ring, rill_block_begin_bytes(ring));
}

/* Opens or shuts the fast path for the new block. Control sets the flag, makes a barrier, then shuts every
 * ring: either this load sees the flag, or control's store comes behind this one. Steps OPEN to SHUT of tests/model/slow.pml. */
static void set_fast_last(struct rill_ring *ring)
{
	rill_ring_open(ring);
	rill_compiler_barrier();
	if (rill_ring_is_slow(ring) || rill_ring_has_gap(ring))
		rill_ring_shut(ring);
}

void rill_ring_recover(struct rill_ring *ring)
{
	uintptr_t pos = atomic_load_explicit(&ring->commit_pos, memory_order_relaxed) & ~(uintptr_t)1;
	uintptr_t start = (pos - 1) & ~(ring->block_size - 1);

	/* A block switch that was not published has moved these already; left so, the next record would go into one block's
	 * bytes under the other's position. */
	ring->bias = (uintptr_t)ring->data + (start & (ring->size - 1)) - start;
	ring->block_end = start + ring->block_size;
	if (rill_ring_is_on_disk(ring))
		reopen(ring, pos);
	/* Likewise a base whose escape record was not published, or half of one: a base half the range away makes the next record
	 * write a new one. */
	rill_ring_set_base(ring, rill_clock_ticks() ^ UINT64_C(1) << 63);
	set_fast_last(ring);
	RILL_POINT(RECOVERED);	/* tests/model/block.pml, step RECOVER */
	rill_ring_publish(ring, pos);
}

uintptr_t rill_ring_switch(struct rill_ring *ring, uintptr_t pos, uint64_t ticks)
{
	uintptr_t start = ring->block_end;
	/* W1, pairs with R2: the reader's loads of the old bytes come before our stores of new ones. */
	uintptr_t consumed = atomic_load_explicit(&ring->consume_pos, memory_order_acquire);
	uintptr_t used = overwrites(ring) ? 0 : start - consumed;

	if (used + ring->block_size > ring->size) {
		RILL_POINT(FULL);
		/* What comes next is lost too, be it small enough for the rest of this block: see rill_ring_has_gap(). */
		rill_ring_shut(ring);
		rill_wake(RILL_WAKE_FULL);
		return 0;
	}
	close_block(ring, pos);
	RILL_POINT(CLOSED);
	open_block(ring, start, ticks);
	set_fast_last(ring);
	RILL_POINT(OPENED);
	/* Publishes the pad and the new block's header; still in flight. Release: pairs with R1. Step SWITCH of
	 * tests/model/block.pml. */
	pos = start + rill_block_begin_bytes(ring);
	atomic_store_explicit(&ring->commit_pos, pos | 1, memory_order_release);
	rill_compiler_barrier();
	RILL_POINT(SWITCHED);
	if (used >= ring->size / 2)
		rill_wake(RILL_WAKE_HALF);
	return pos;
}

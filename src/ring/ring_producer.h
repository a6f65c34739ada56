/* SPDX-License-Identifier: MIT
 * ring_producer.h - the writer's side of a ring. Only src/emit includes it.
 *
 * The fast path of a plain event is written out in emit/emit.c; here are its steps as the cold paths use
 * them. The caller has made the ring its own (busy) and undoes that itself.
 */
#ifndef RILL_RING_PRODUCER_H
#define RILL_RING_PRODUCER_H

#include "ring/ring.h"

#define rill_compiler_barrier() atomic_signal_fence(memory_order_seq_cst)

/* M1: from here to M3 the reader knows that a record may appear with a time from now on. */
static inline __attribute__((always_inline)) uintptr_t rill_ring_mark(struct rill_ring *ring)
{
	uintptr_t p = atomic_load_explicit(&ring->commit_pos, memory_order_relaxed);

	/* Release: pairs with R1. C11 ends the release sequence of the previous M3 at this store, so that a relaxed
	 * one would let the reader see p | 1 without the bytes below p. */
	atomic_store_explicit(&ring->commit_pos, p | 1, memory_order_release);
	rill_compiler_barrier();	/* the clock is read behind M1 (I4); the reader's barrier is an interrupt */
	return p;
}

/* M3, or the undoing of M1 when pos is the position before. */
static inline __attribute__((always_inline)) void rill_ring_publish(struct rill_ring *ring, uintptr_t pos)
{
	/* Release: pairs with R1; without it the reader could see the position before the record's bytes. */
	atomic_store_explicit(&ring->commit_pos, pos, memory_order_release);
	rill_compiler_barrier();
}

/* Opens the next block for a record of `bytes`. Position behind its header, in flight already; 0: the reader has not
 * released the block (full; never in a flight ring). Wait-free. */
uintptr_t rill_ring_switch(struct rill_ring *ring, uintptr_t pos, uint64_t ticks);

/* Opens the first block of a ring that was laid out. */
void rill_ring_begin(struct rill_ring *ring);

/* Nothing more goes into the block that is open: the next event opens another. Not in flight; only the ring's owner. Wait-free. */
void rill_ring_close(struct rill_ring *ring);

/* The writer is gone from inside an event (siglongjmp, cancelled, exited) and somebody else goes on: what the event had begun
 * is undone, so that the ring stands as its last M3 left it. Only the ring's owner. Wait-free. */
void rill_ring_recover(struct rill_ring *ring);

static inline struct rill_record *rill_ring_at(const struct rill_ring *ring, uintptr_t pos)
{
	return (struct rill_record *)(ring->bias + pos);
}
/* The block that is open. */
static inline struct rill_block *rill_ring_block(const struct rill_ring *ring)
{
	return (struct rill_block *)(ring->bias + (ring->block_end - ring->block_size));
}
/* Something did not fit, into the ring or into any block, since the block was opened. Nothing more goes into it: the next block's header says how much is missing, so
 * that a record behind the loss but in front of that header would stand on the wrong side of the gap. */
static inline bool rill_ring_has_gap(const struct rill_ring *ring)
{
	const struct rill_block *open = rill_ring_block(ring);

	return open->lost_full != atomic_load_explicit(&ring->lost[RILL_LOST_FULL], memory_order_relaxed) ||
	       open->lost_big != atomic_load_explicit(&ring->lost[RILL_LOST_BIG], memory_order_relaxed);
}
/* Whatever fast_last says. */
static inline bool rill_ring_needs_block(const struct rill_ring *ring, uintptr_t p, size_t bytes)
{
	return ring->block_end - p < bytes || rill_ring_is_used_up(ring, p) || rill_ring_has_gap(ring);
}
static inline uint64_t rill_ring_base(const struct rill_ring *ring)
{
	return (uint64_t)ring->base_hi << 32 | ring->base_lo;
}
static inline void rill_ring_set_base(struct rill_ring *ring, uint64_t ticks)
{
	ring->base_lo = (uint32_t)ticks;
	ring->base_hi = (uint32_t)(ticks >> 32);
}

#endif

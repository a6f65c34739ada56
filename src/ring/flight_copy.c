/* SPDX-License-Identifier: MIT
 * flight_copy.c - reading a flight ring while its writer goes on: a copy of the blocks that stayed as they were.
 */
#include "ring/point.h"
#include "ring/ring_consumer.h"

/* Word by word, and without the sanitizer's eyes: the writer may be changing what is read, and then it does not count. */
__attribute__((no_sanitize("thread"))) static void copy_words(uint8_t *to, const uint8_t *from, size_t bytes)
{
	const volatile uint64_t *source = (const volatile uint64_t *)(const void *)from;
	uint64_t *target = (uint64_t *)(void *)to;

	for (size_t i = 0; i < bytes / 8; i++)
		target[i] = source[i];
}

/* The block that begins at `start`, up to `end`. False: it is not that one any more. R3; steps SEQ0 to SEQ1 of
 * tests/model/overwrite.pml. */
static bool copy_block(const struct rill_ring *ring, uintptr_t start, uintptr_t end, uint8_t *to)
{
	const size_t at = start & (ring->size - 1);
	const struct rill_block *block = (const struct rill_block *)(const void *)(ring->data + at);
	const uint32_t number = rill_block_number(ring, start);

	/* Acquire: pairs with W3. */
	if (atomic_load_explicit(&block->sequence, memory_order_acquire) != number)
		return false;
	RILL_POINT(NUMBERED);
	copy_words(to + at, ring->data + at, end - start);
	RILL_POINT(COPIED);
	/* Pairs with W2: if a byte of the next lap was copied, the number is not the expected one any more. */
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&block->sequence, memory_order_relaxed) == number;
}

void rill_flight_copy(const struct rill_ring *ring, struct rill_ring *copy, struct rill_flight_found *found)
{
	/* R1. A mark says that a record is being written behind that position. */
	const uintptr_t end = rill_ring_committed(ring) & ~(uintptr_t)1;
	const uintptr_t newest = (end - 1) & ~(ring->block_size - 1), oldest = newest + ring->block_size - ring->size;
	uintptr_t start = newest + ring->block_size;

	*found = (struct rill_flight_found){ .end = end };
	copy->size = ring->size;
	copy->block_size = ring->block_size;
	copy->level = ring->level;
	copy->flight = true;
	/* From the newest on backwards: the writer takes the oldest one first, so that what is left lies without a hole. */
	while (rill_pos_after(start, oldest) && copy_block(ring, start - ring->block_size, start - ring->block_size == newest ? end : start, copy->data))
		start -= ring->block_size;
	found->begin = rill_pos_after(end, start) ? start : end;
	/* In the first lap, and on 32-bit machines in that behind each 4 GiB, nothing is said to be missing. */
	if (oldest < ring->size)
		return;
	found->overwritten = (oldest - ring->size) / ring->block_size;
	found->rejected = (start - oldest) / ring->block_size;
}

/* SPDX-License-Identifier: MIT
 * flight.c - the pool of flight rings.
 */
#include "ring/flight.h"

#include "port/port.h"
#include "ring/ring_file.h"
#include "ring/ring_producer.h"
#include "ring/ring_set.h"

#include <errno.h>
#include <stddef.h>

enum {
	BLOCK_MIN = 1024, BLOCK_MAX = 16384,
	DISK_BYTES_MIN = 2 * RILL_PAGE * (CONFIG_RILL_LEVELS == 1 ? 1 : 2 * (CONFIG_RILL_LEVELS - 1))
};

/* Published last: who sees the pool (rill_flight_of()) sees its rings. NULL: there is none. */
static _Atomic(struct rill_flight *) pool;
static size_t thread_bytes;

static size_t level_bytes(unsigned level)
{
	if (CONFIG_RILL_LEVELS == 1)
		return thread_bytes;
	return level ? thread_bytes / 2 / (CONFIG_RILL_LEVELS > 1 ? CONFIG_RILL_LEVELS - 1 : 1) : thread_bytes / 2;
}

/* An eighth of the ring, so that not much is missing while the oldest is written again; but a small one has four blocks only, since no
 * event is larger than a block. */
static size_t level_block(unsigned level)
{
	size_t bytes = level_bytes(level), block = bytes / 8;

	if (rill_ring_tag())
		return RILL_PAGE;
	if (block < BLOCK_MIN)
		block = bytes / 4 < BLOCK_MIN ? bytes / 4 : BLOCK_MIN;
	return block < BLOCK_MAX ? block : BLOCK_MAX;
}

size_t rill_flight_block_min(void)
{
	return level_block(CONFIG_RILL_LEVELS - 1);
}

struct rill_flight *rill_flight_of(uint32_t index)
{
	/* Acquire: pairs with rill_flight_create(). */
	struct rill_flight *first = atomic_load_explicit(&pool, memory_order_acquire);

	return first ? &first[index] : NULL;
}

size_t rill_flight_bytes(void)
{
	return rill_flight_of(0) ? thread_bytes : 0;
}

/* Behind the slots. */
static uint8_t *data_of(struct rill_flight *first)
{
	return (uint8_t *)first + rill_ring_data_at(rill_ring_geometry.slots * sizeof *first);
}

/* The ring stands at the end of its last block, in which there is nothing: the first event opens the first block, and no byte of it
 * is touched before. */
static void init(struct rill_flight *flight, unsigned level, uint8_t *data)
{
	struct rill_ring *ring = &flight->ring[level];

	ring->flight = true;
	ring->tag = rill_ring_tag();
	rill_ring_lay_out(ring, level, data, level_bytes(level), level_block(level));
	ring->block_end = ring->size;
	atomic_store_explicit(&ring->commit_pos, ring->size, memory_order_relaxed);
	rill_ring_open(ring);	/* up to block_end, where it stands */
}

static struct rill_flight *take_pages(size_t slots, size_t size, int *error)
{
	const size_t heads = slots * sizeof(struct rill_flight);
	struct rill_flight *const first = slots <= (SIZE_MAX - heads) / size ? rill_port_pages(heads + slots * size) : NULL;

	if (!first)
		*error = rill_fail(ENOMEM, "no address space for the flight rings of %zu threads, of %zu bytes each: ask for fewer threads "
				   "(threads_max) or less memory (flight_bytes)", slots, size);
	return first;
}

int rill_flight_create(uint64_t bytes)
{
	const size_t slots = rill_ring_geometry.slots;
	struct rill_image_part part = { .slot_bytes = sizeof(struct rill_flight) };
	int error = 0;
	size_t size = RILL_FLIGHT_BYTES_MIN;
	struct rill_flight *first;
	uint8_t *data;

	if (bytes < RILL_FLIGHT_BYTES_MIN || bytes > RILL_FLIGHT_BYTES_MAX)
		return rill_fail(EINVAL, "flight rings of %llu bytes for each thread are out of range: 4 KiB to 1 GiB",
				 (unsigned long long)bytes);
	while (2 * size <= bytes)
		size *= 2;
	if (rill_flight_bytes())
		return size == thread_bytes ? 0 :
			rill_fail(EBUSY, "the flight rings exist already, with %zu bytes for each thread: ask for as many, or for another "
				  "size before the first flight session", thread_bytes);
	thread_bytes = size;
	if (rill_ring_tag() && level_bytes(CONFIG_RILL_LEVELS - 1) < 2 * RILL_PAGE)
		return rill_fail(EINVAL, "flight rings of %zu bytes for each thread are too small for disk mode, where each of the %d has two "
				 "pages of %d at least: ask for %d", size, CONFIG_RILL_LEVELS, RILL_PAGE, DISK_BYTES_MIN);
	part.slot_data_bytes = size;
	if (RILL_ON(CONFIG_RILL_RING_FILE))
		rill_ring_file_describe(&part, RILL_IMAGE_FLIGHT, offsetof(struct rill_flight, ring), level_bytes, level_block);
	first = RILL_ON(CONFIG_RILL_RING_FILE) ? rill_ring_file_add(&part, &error) : take_pages(slots, size, &error);
	if (!first)
		return error;
	data = data_of(first);
	for (uint32_t i = 0; i < slots; i++)
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; data += level_bytes(level), level++)
			init(&first[i], level, data);
	if (RILL_ON(CONFIG_RILL_RING_FILE))
		rill_ring_file_show(&part);
	atomic_store_explicit(&pool, first, memory_order_release);	/* pairs with rill_flight_of() */
	return 0;
}

void rill_flight_take_over(uint32_t index, uint64_t owner)
{
	struct rill_flight *flight = rill_flight_of(index);

	for (unsigned level = 0; flight && level < CONFIG_RILL_LEVELS; level++) {
		struct rill_ring *ring = &flight->ring[level];

		ring->owner = owner;
		rill_ring_recover(ring);	/* the owner before may have ended inside an event */
		rill_ring_close(ring);
		atomic_store_explicit(&ring->busy, 0, memory_order_relaxed);
	}
}

void rill_flight_reset(void)
{
	struct rill_flight *left = atomic_load_explicit(&pool, memory_order_relaxed);

	if (left)
		rill_port_pages_empty(data_of(left), rill_ring_geometry.slots * thread_bytes);
	atomic_store_explicit(&pool, NULL, memory_order_relaxed);
}

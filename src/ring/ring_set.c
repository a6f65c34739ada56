/* SPDX-License-Identifier: MIT
 * ring_set.c - the pool of rings.
 */
#include "ring/ring_set.h"

#include "port/port.h"
#include "ring/flight.h"
#include "ring/point.h"
#include "ring/ring_file.h"
#include "ring/ring_producer.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum { SLOTS_MAX = CONFIG_RILL_THREADS_LIMIT, WORD_BITS = 32 };

struct rill_ring_geometry rill_ring_geometry = {
	.ring_bytes = CONFIG_RILL_BUFFER_BYTES,
	.nested_bytes = CONFIG_RILL_NESTED_BYTES,
	.block_bytes = CONFIG_RILL_BLOCK_BYTES,
	.slots = CONFIG_RILL_THREADS_MAX,
};
_Atomic uint32_t rill_ring_slow;
_Atomic bool rill_ring_set_held;

/* Published last: a thread that sees it (first_slot()) also sees the geometry it was made by. NULL: no pool. */
static _Atomic(struct rill_slot *) slots;
static _Atomic uint32_t claimed[(SLOTS_MAX + WORD_BITS - 1) / WORD_BITS];
static _Atomic uint32_t used;

/* Acquire: pairs with rill_ring_set_create(). A thread may emit at the very moment at which the first session starts; the enabled
 * bytes that called it are relaxed and order nothing. */
static struct rill_slot *first_slot(void)
{
	return atomic_load_explicit(&slots, memory_order_acquire);
}

/* ---- geometry ------------------------------------------------------------------------------------- */

static size_t power_of_two(uint64_t x)
{
	size_t p = 256;

	while (p < x)
		p *= 2;
	return p;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t level_bytes(unsigned level)
{
	const struct rill_ring_geometry *g = &rill_ring_geometry;

	return level ? smaller(g->nested_bytes, g->ring_bytes) : g->ring_bytes;
}

static size_t level_block(unsigned level)
{
	return smaller(rill_ring_geometry.block_bytes, level_bytes(level) / 2);
}

static size_t slot_data_bytes(void)
{
	size_t sum = 0;

	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
		sum += level_bytes(level);
	return sum;
}

static size_t slot_bytes(void)
{
	return sizeof(struct rill_slot) + slot_data_bytes();
}

static uint8_t *data_of(struct rill_slot *first)
{
	return (uint8_t *)first + rill_ring_data_at(rill_ring_geometry.slots * sizeof *first);
}

size_t rill_ring_set_bytes(void)
{
	return rill_ring_geometry.slots * slot_bytes();
}

/* As many threads as a pool of fixed size has room for; false: none. */
static bool fit_pool(void)
{
	size_t most = rill_port_pages_max() / slot_bytes();

	if (rill_ring_geometry.slots > most)
		rill_ring_geometry.slots = (uint32_t)most;
	return most > 0;
}

int rill_ring_geometry_set(const struct rill_config *c)
{
	const struct rill_ring_geometry before = rill_ring_geometry;
	struct rill_ring_geometry g = before;

	if (c->buffer_bytes && (c->buffer_bytes < 512 || c->buffer_bytes > UINT64_C(1) << 30))
		return rill_fail(EINVAL, "a ring of %llu bytes is out of range: 512 bytes to 1 GiB",
				 (unsigned long long)c->buffer_bytes);
	if (c->block_bytes && (c->block_bytes < 256 || c->block_bytes > 65536 || (c->block_bytes & (c->block_bytes - 1))))
		return rill_fail(EINVAL, "a block of %llu bytes is not a power of two from 256 to 65536",
				 (unsigned long long)c->block_bytes);
	if (RILL_ON(CONFIG_RILL_RING_FILE) && c->ring_disk && c->block_bytes && c->block_bytes != RILL_PAGE)
		return rill_fail(EINVAL, "a block of %llu bytes does not go with ring_disk, where each is a page of %d: leave block_bytes 0",
				 (unsigned long long)c->block_bytes, RILL_PAGE);
	if (c->threads_max > SLOTS_MAX)
		return rill_fail(EINVAL, "room for %u threads is out of range: 1 to %d", c->threads_max, SLOTS_MAX);
	if (c->buffer_bytes)
		g.ring_bytes = power_of_two(c->buffer_bytes);
	if (c->block_bytes)
		g.block_bytes = (size_t)c->block_bytes;
	else	/* eight blocks at least where the ring allows it: overwriting and hand-over stay fine-grained */
		g.block_bytes = smaller(CONFIG_RILL_BLOCK_BYTES, g.ring_bytes / 8 < 256 ? 256 : g.ring_bytes / 8);
	if (c->threads_max)
		g.slots = c->threads_max;
	g.prefault = c->prefault;
	if (g.block_bytes > g.ring_bytes / 2)
		return rill_fail(EINVAL, "a block of %zu bytes is more than half of a ring of %zu bytes", g.block_bytes,
				 g.ring_bytes);
	if (first_slot())
		return rill_fail(EBUSY, "the rings exist already: their size is set before the first session");
	rill_ring_geometry = g;
	if (c->threads_max > rill_port_pages_max() / slot_bytes()) {
		rill_ring_geometry = before;
		return rill_fail(EINVAL, "room for %u threads with rings of %zu bytes is more than this static build has: %zu bytes "
				 "(CONFIG_RILL_STATIC_RINGS_BYTES)", c->threads_max, g.ring_bytes, rill_port_pages_max());
	}
	return 0;
}

/* ---- the pool ------------------------------------------------------------------------------------- */

static void init_ring(struct rill_ring *ring, unsigned level, uint8_t *bytes, uint64_t owner)
{
	struct rill_block *block = (struct rill_block *)bytes;

	rill_ring_lay_out(ring, level, bytes, level_bytes(level), level_block(level));
	atomic_store_explicit(&ring->consume_pos, 0, memory_order_relaxed);
	if (rill_ring_tag()) {
		ring->tag = rill_ring_tag();
		ring->owner = owner;
		rill_ring_begin(ring);
		return;
	}
	ring->block_end = ring->block_size;
	block->layout = RILL_LAYOUT;
	atomic_store_explicit(&ring->commit_pos, sizeof *block, memory_order_relaxed);
}

/* In disk mode a block is of one thread. */
static void take_over(struct rill_ring *ring, uint64_t owner)
{
	rill_ring_recover(ring);	/* the owner before may have ended inside an event */
	if (!rill_ring_is_on_disk(ring))
		return;
	ring->owner = owner;
	rill_ring_close(ring);
}

/* What the reader of an image has to know of the pool. */
static void describe(struct rill_image_head *h)
{
	struct rill_image_part *const part = &h->part[RILL_IMAGE_STREAM];

	h->flags = (RILL_ON(CONFIG_RILL_ARG_TEXTS) ? RILL_IMAGE_TEXTS : 0) | (RILL_ON(CONFIG_RILL_ARG_BLOBS) ? RILL_IMAGE_BLOBS : 0);
	h->slots = rill_ring_geometry.slots;
	part->slot_bytes = sizeof(struct rill_slot);
	part->slot_data_bytes = slot_data_bytes();
	rill_ring_file_describe(part, RILL_IMAGE_STREAM, offsetof(struct rill_slot, ring), level_bytes, level_block);
	h->commit_at = offsetof(struct rill_ring, commit_pos);
	h->consume_at = offsetof(struct rill_ring, consume_pos);
	h->lost_full_at = offsetof(struct rill_ring, lost[RILL_LOST_FULL]);
	h->lost_big_at = offsetof(struct rill_ring, lost[RILL_LOST_BIG]);
	h->state_at = offsetof(struct rill_slot, state);
	h->tid_at = offsetof(struct rill_slot, tid);
	h->serial_at = offsetof(struct rill_slot, serial);
	h->name_at = offsetof(struct rill_slot, name);
	h->name_bytes = RILL_THREAD_NAME_MAX;
	h->name_sequence_at = offsetof(struct rill_slot, name_sequence);
	h->tag_at = offsetof(struct rill_slot, tag);
}

static int create_image(void)
{
	struct rill_image_head head = { .slots = 0 };
	int error;
	void *pool;

	if (rill_ring_file_wanted() && rill_ring_geometry.slots == CONFIG_RILL_THREADS_MAX)
		rill_ring_geometry.slots = rill_ring_file_slots(rill_ring_geometry.slots);
	describe(&head);
	pool = rill_ring_file_create(&head, &error);
	if (!pool)
		return error;
	atomic_store_explicit(&slots, pool, memory_order_release);	/* pairs with first_slot() */
	return 0;
}

int rill_ring_set_create(void)
{
	void *pool;

	if (first_slot())
		return 0;
	if (RILL_ON(CONFIG_RILL_RING_FILE))
		return create_image();
	if (!fit_pool())
		return rill_fail(ENOMEM, "a thread's rings take %zu bytes, and this static build has %zu for all: ask for smaller "
				 "ones, or for more by CONFIG_RILL_STATIC_RINGS_BYTES", slot_bytes(), rill_port_pages_max());
	pool = rill_port_pages(rill_ring_set_bytes());
	if (!pool && rill_port_pages_max() != SIZE_MAX)
		return rill_fail(ENOMEM, "the rings of this static build were given out already: the child of a fork has none");
	if (!pool)
		return rill_fail(ENOMEM, "no address space for %u rings of %zu bytes: ask for fewer threads or smaller rings",
				 rill_ring_geometry.slots, rill_ring_geometry.ring_bytes);
	atomic_store_explicit(&slots, pool, memory_order_release);	/* pairs with first_slot() */
	return 0;
}

bool rill_ring_set_exists(void)
{
	return first_slot() != NULL;
}

void rill_ring_set_reset(void)
{
	struct rill_slot *left = first_slot();

	if (!left)
		return;
	/* The fork may have come from a handler that interrupted an event, even one that had only just learnt its ring: that event goes on
	 * writing there, and the slots must stay as they are. What the blocks held is not needed for that. */
	rill_port_pages_empty(data_of(left), rill_ring_geometry.slots * slot_data_bytes());
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		rill_flight_reset();
	atomic_store_explicit(&slots, NULL, memory_order_relaxed);
	memset((void *)claimed, 0, sizeof claimed);
	atomic_store(&used, 0);
}

uint32_t rill_slots_used(void)
{
	/* Acquire, pairs with the raise in rill_slot_claim(): the slots below are reachable. */
	return atomic_load_explicit(&used, memory_order_acquire);
}

struct rill_slot *rill_slot_at(uint32_t index)
{
	return &first_slot()[index];
}

/* Its last page, too, which it shares with what comes behind it. */
static void prefault(const struct rill_ring *ring)
{
	volatile uint8_t *const data = ring->data;

	for (size_t i = 0; i < ring->size; i += 4096)
		data[i] = data[i];
	data[ring->size - 1] = data[ring->size - 1];
}

/* A slot's first owner lays its rings out; later owners go on where the one before stopped, so that positions, and with them the
 * reader's cursors, never jump. */
static void prepare(struct rill_slot *slot, uint32_t index, uint64_t owner)
{
	uint8_t *bytes = data_of(first_slot()) + index * slot_data_bytes();

	bool first = !slot->ring[0].data;

	slot->index = index;
	slot->tag = rill_ring_tag();
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; bytes += level_bytes(level), level++)
		if (first)
			init_ring(&slot->ring[level], level, bytes, owner);
		else
			take_over(&slot->ring[level], owner);
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++) {
		struct rill_ring *ring = &slot->ring[level];

		if (rill_ring_geometry.prefault)
			prefault(ring);
		if (RILL_ON(CONFIG_RILL_RING_FILE))
			rill_ring_file_owner(index, level, atomic_load_explicit(&ring->commit_pos, memory_order_relaxed));
		atomic_store_explicit(&ring->busy, 0, memory_order_relaxed);
		rill_ring_open(ring);
	}
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		rill_flight_take_over(index, owner);
}

bool rill_slot_is_free(void)
{
	uint32_t count = rill_ring_geometry.slots, taken = 0;

	for (uint32_t w = 0; first_slot() && w * WORD_BITS < count; w++)
		taken += (uint32_t)__builtin_popcount(atomic_load_explicit(&claimed[w], memory_order_relaxed));
	return first_slot() && taken < count;
}

struct rill_slot *rill_slot_claim(uint64_t owner)
{
	uint32_t count = rill_ring_geometry.slots;

	if (!first_slot())
		return NULL;
	for (uint32_t w = 0; w * WORD_BITS < count; w++) {
		uint32_t word = atomic_load_explicit(&claimed[w], memory_order_relaxed);

		while (~word) {
			uint32_t bit = (uint32_t)__builtin_ctz(~word), index = w * WORD_BITS + bit, top;

			if (index >= count)
				return NULL;
			/* Acquire: pairs with the release in rill_slot_free(); the reader is done with the slot. Step CLAIM of
			 * tests/model/slot.pml. */
			if (!atomic_compare_exchange_weak_explicit(&claimed[w], &word, word | UINT32_C(1) << bit,
								   memory_order_acquire, memory_order_relaxed))
				continue;
			RILL_POINT(CLAIMED);
			prepare(rill_slot_at(index), index, owner);
			/* Release: pairs with rill_slots_used(). The reader skips the slot until it is LIVE. */
			top = atomic_load_explicit(&used, memory_order_relaxed);
			while (top <= index && !atomic_compare_exchange_weak_explicit(&used, &top, index + 1, memory_order_release,
										      memory_order_relaxed))
				;
			RILL_POINT(READY);
			return rill_slot_at(index);
		}
	}
	return NULL;
}

void rill_slot_publish(struct rill_slot *slot)
{
	/* Control may have missed this slot when it shut the fast paths: the same look again as in set_fast_last(). */
	atomic_signal_fence(memory_order_seq_cst);
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
		if (rill_ring_is_slow(&slot->ring[level]))
			rill_ring_shut(&slot->ring[level]);
	/* Release: pairs with the consumer's acquire of state; tid, serial and name are set. Step LIVE of tests/model/slot.pml. */
	atomic_store_explicit(&slot->state, RILL_SLOT_LIVE, memory_order_release);
}

void rill_slot_free(struct rill_slot *slot)
{
	uint32_t bit = UINT32_C(1) << slot->index % WORD_BITS;

	atomic_store_explicit(&slot->state, RILL_SLOT_FREE, memory_order_relaxed);
	/* Release: pairs with the acquire in rill_slot_claim(). */
	atomic_fetch_and_explicit(&claimed[slot->index / WORD_BITS], ~bit, memory_order_release);
}

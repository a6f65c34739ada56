/* SPDX-License-Identifier: MIT
 * wrap.c - positions and block numbers that begin just below 2^31 or 2^32 and run over it, again and again.
 *
 * Nothing in rill sets a position, so this moves the rings by hand between two rounds, while their writers stand still, everything is
 * drained, and the drain role is held: what is moved is every position of the ring and of its reader by the same distance, a multiple of
 * the ring's size.
 */
#include "stress.h"

#include "ring/ring_set.h"
#include "route/feed.h"
#include "route/route.h"

#include <pthread.h>
#include <stdlib.h>

enum { PRODUCERS = 4, BLOCKS_BELOW_MAX = 40 };

static pthread_barrier_t barrier;
static bool over;
static uint32_t events_per_round;
static struct stress_watch watch;
static uintptr_t moved_to[64];	/* where the open blocks of the rings of level 0 began when they were moved */
static uint64_t passed;		/* rings that ran over the edge */

static void *produce(void *arg)
{
	uint32_t context = stress_context_new(STRESS_ALL), random = stress_seed((uint32_t)(uintptr_t)arg);

	stress_emit(context);
	pthread_barrier_wait(&barrier);		/* it has its rings, and is in none */
	for (;;) {
		pthread_barrier_wait(&barrier);	/* the round begins */
		if (over)
			return NULL;
		for (uint32_t i = 0; i < events_per_round; i++) {
			stress_emit(context);
			if (stress_below(&random, 500) == 0)
				stress_sleep_us(50);
		}
		pthread_barrier_wait(&barrier);	/* and is over */
	}
}

static uintptr_t open_block(const struct rill_ring *ring)
{
	return (atomic_load(&ring->commit_pos) - 1) & ~(ring->block_size - 1);
}

static void move_ring(struct rill_ring *ring, struct rill_cursor *cursor, uintptr_t to)
{
	uintptr_t pos = atomic_load(&ring->commit_pos), distance = (to - pos) & ~(ring->size - 1);
	uintptr_t start = open_block(ring);

	if ((pos & 1) || cursor->record || cursor->pos != pos) {
		stress_fail("a ring is not at rest");
		return;
	}
	/* The header of the block that stands open: its number is that of its position. */
	((struct rill_block *)(ring->bias + start))->sequence = rill_block_number(ring, start + distance);
	ring->bias -= distance;
	ring->block_end += distance;
	atomic_store(&ring->fast_last, atomic_load(&ring->fast_last) + distance);
	atomic_store(&ring->commit_pos, pos + distance);
	atomic_store(&ring->consume_pos, atomic_load(&ring->consume_pos) + distance);
	cursor->pos += distance;
	cursor->end += distance;
}

static uint32_t opened_since(const struct rill_ring *ring, uintptr_t moved)
{
	return (uint32_t)((open_block(ring) - moved) / ring->block_size);
}

/* The blocks that were opened since: each has the number of its position, over the edge too. */
static void check_blocks(const struct rill_ring *ring, uintptr_t moved)
{
	uintptr_t start = open_block(ring);
	uint32_t opened = opened_since(ring, moved), in_ring = (uint32_t)(ring->size / ring->block_size);

	for (uint32_t i = 0; i <= opened && i < in_ring; i++, start -= ring->block_size) {
		const struct rill_block *block = (const void *)(ring->data + (start & (ring->size - 1)));

		if (block->sequence != rill_block_number(ring, start))
			stress_fail("block number %u where %u must be", block->sequence, rill_block_number(ring, start));
	}
}

/* Every ring stands a few blocks below an edge, of positions or, where these are large enough, of block numbers. */
static void move_all(uint32_t *random)
{
	static const uint64_t edges[] = { UINT64_C(1) << 31, UINT64_C(1) << 32 };
	uint64_t edge = edges[stress_below(random, 2)];
	bool of_numbers = sizeof(uintptr_t) == 8 && stress_below(random, 2);

	rill_route_lock();
	for (uint32_t i = 0; i < rill_slots_used() && i < 64; i++) {
		struct rill_feed *f = rill_feed_of(i);

		if (!f)
			continue;
		for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++) {
			struct rill_ring *ring = &f->slot->ring[level];
			uint64_t below = ring->block_size * (uint64_t)(1 + stress_below(random, BLOCKS_BELOW_MAX));

			move_ring(ring, &f->level[level].cursor, (uintptr_t)(edge * (of_numbers ? ring->block_size : 1) - below));
		}
		moved_to[i] = open_block(&f->slot->ring[0]);
	}
	rill_route_unlock();
}

static void check_all(void)
{
	rill_route_lock();
	for (uint32_t i = 0; i < rill_slots_used() && i < 64; i++) {
		struct rill_feed *f = rill_feed_of(i);

		if (!f)
			continue;
		check_blocks(&f->slot->ring[0], moved_to[i]);
		passed += opened_since(&f->slot->ring[0], moved_to[i]) >= BLOCKS_BELOW_MAX;
	}
	rill_route_unlock();
}

static void rounds(uint64_t wanted, uint32_t *random)
{
	while (atomic_load(&watch.events) < wanted) {
		if (rill_session_flush(watch.session, 60000) != 0) {
			stress_fail("flush: %s", rill_error());
			return;
		}
		move_all(random);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		check_all();
	}
}

void stress_wrap(const struct stress_scenario *self)
{
	uint64_t wanted = stress_part(self->amount, 100000);
	uint32_t random = stress_seed(0);
	pthread_t threads[PRODUCERS];

	/* More than lie below the edge, at 16 bytes and more each. */
	events_per_round = 2 * BLOCKS_BELOW_MAX * self->block_bytes / 16;
	if (!stress_configure(self->ring_bytes, self->block_bytes, 8, 0) || !stress_watch_start(&watch, "stress"))
		return;
	pthread_barrier_init(&barrier, NULL, PRODUCERS + 1);
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		if (pthread_create(&threads[i], NULL, produce, (void *)(i + 1)) != 0)
			abort();
	pthread_barrier_wait(&barrier);
	rounds(wanted, &random);
	over = true;
	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	stress_watch_finish(&watch);
	stress_watch_free(&watch);
	STRESS_NEED(passed > 0);
	stress_note("rings-over-an-edge=%llu", (unsigned long long)passed);
}

/* SPDX-License-Identifier: MIT
 * ring_set.h - the pool: all rings of all threads, allocated before the first event.
 *
 *     pool: [ slot 0 | slot 1 | ... | slot n-1 ] [ data of slot 0: level 0, 1, 2 | data of slot 1 | ... ]
 *
 * A slot is what one thread has: a ring per signal level and its loss counters. Threads claim slots by a compare-and-swap
 * on a bitmap (no malloc, signal-safe); the consumer frees a slot when its thread is gone and its rings are
 * empty. Pages that no thread has touched cost nothing.
 *
 * Life of a slot:  FREE -> (thread claims its bit) -> LIVE -> (consumer: thread gone, drained) -> FREE
 */
#ifndef RILL_RING_RING_SET_H
#define RILL_RING_RING_SET_H

#include "ring/ring.h"

#include <rill/session.h>

enum { RILL_SLOT_FREE, RILL_SLOT_LIVE };
enum { RILL_THREAD_NAME_MAX = 64 };

struct rill_slot {
	struct rill_ring ring[CONFIG_RILL_LEVELS];
	/* Pairs acquire by the consumer with release by the thread that attached: everything below is set before LIVE. */
	_Atomic uint32_t state;
	uint32_t index, tag;		/* tag: as of its rings */
	uint32_t tid, serial;
	_Atomic uint32_t exiting;	/* a hint: the thread's exit hook ran */
	_Atomic uint32_t lost_deep;	/* several levels may count: atomic adds */
	_Atomic uint32_t lost_deep_session[RILL_SESSION_BITS];
	/* Guards the thread's name, and on a disk tid and serial, too: odd while they are being written. */
	_Atomic uint32_t name_sequence;
	_Atomic int32_t sort_index;
	_Atomic bool has_sort_index;
	_Atomic char name[RILL_THREAD_NAME_MAX];
};

/* Sizes as they will be used; settled by rill_ring_set_configure() and fixed by the first rill_ring_set_create(). */
struct rill_ring_geometry {
	size_t ring_bytes, nested_bytes, block_bytes;
	uint32_t slots;
	bool prefault;
};
extern struct rill_ring_geometry rill_ring_geometry;

/* Checks and rounds the values (0: as built). -EINVAL with rill_error(). */
int rill_ring_geometry_set(const struct rill_config *config);

/* Reserves the pool; 0 or -ENOMEM. Idempotent. Not from a signal handler. */
int rill_ring_set_create(void);
bool rill_ring_set_exists(void);
size_t rill_ring_set_bytes(void);	/* address space of the whole pool */

/* A free slot whose rings are ready for this owner (rill_owner()), or NULL. Any thread, signal handlers too; lock-free. The caller
 * fills in tid, name ... and then calls rill_slot_publish(). */
struct rill_slot *rill_slot_claim(uint64_t owner);
bool rill_slot_is_free(void);	/* a claim made just now would succeed */
void rill_slot_publish(struct rill_slot *slot);
/* The consumer: nobody writes into it any more and it is drained. */
void rill_slot_free(struct rill_slot *slot);

/* Slots that were ever claimed lie below this index. */
uint32_t rill_slots_used(void);
struct rill_slot *rill_slot_at(uint32_t index);

/* Events take the cold path: all of them (thread CPU time), or those that would go into a stream or a flight ring without a further
 * look, since there are sessions of the other kind. See set_fast_last() in ring_producer.c. */
enum { RILL_SLOW_TIME = 1, RILL_SLOW_STREAM = 2, RILL_SLOW_FLIGHT = 4 };
extern _Atomic uint32_t rill_ring_slow;
static inline bool rill_ring_is_slow(const struct rill_ring *ring)
{
	const uint32_t kind = !RILL_ON(CONFIG_RILL_FLIGHT) ? 0 : ring->flight ? RILL_SLOW_FLIGHT : RILL_SLOW_STREAM;

	return (RILL_ON(CONFIG_RILL_THREAD_TIME) || RILL_ON(CONFIG_RILL_FLIGHT)) &&
	       (atomic_load_explicit(&rill_ring_slow, memory_order_relaxed) & (RILL_SLOW_TIME | kind));
}

/* While it is held, no block is opened: what finds no room in the one that is open, or goes the cold way, is lost and counted as for a
 * full ring. Who holds it and then makes a barrier (rill_port_barrier()) finds all blocks below the commit_pos that it reads as they
 * are, but the oldest of a ring in flight. */
extern _Atomic bool rill_ring_set_held;
static inline bool rill_ring_set_is_held(void)
{
	return atomic_load_explicit(&rill_ring_set_held, memory_order_relaxed);
}

/* After fork in the child: there is no pool, and the next one is new. Who may still be writing into the old one can go on; of that
 * only address space and the slots that were used are left. */
void rill_ring_set_reset(void);

#endif

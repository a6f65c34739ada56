/* SPDX-License-Identifier: MIT
 * flight.h - the second set of rings: they keep the newest events of each thread, and nobody empties them.
 *
 *     pool: [ rings of slot 0: level 0, 1, 2 | of slot 1 | ... ] [ data of slot 0: level 0, 1, 2 | data of slot 1 | ... ]
 *
 * A flight ring is as in ring.h, but its writer takes the oldest block for the next one without asking. It is made for every slot of
 * the pool of stream rings, when the first flight session starts; data come with a thread's first events. Where ring files are built in,
 * it is the second part of the pool's image.
 *
 * While there are sessions of both kinds, an event goes the cold way, which writes it into both rings of its level, or into the one
 * that somebody wants it in (emit/record.c). Else all events go into rings of one kind, and the hot path need not know of which
 * (rill_own_ring).
 *
 * A slot's next owner begins with a new block, and each block says whose it is: what a thread has left stays there until it is overwritten.
 */
#ifndef RILL_RING_FLIGHT_H
#define RILL_RING_FLIGHT_H

#include "ring/ring.h"

struct rill_flight {
	struct rill_ring ring[CONFIG_RILL_LEVELS];
};

enum { RILL_FLIGHT_BYTES_MIN = 4096, RILL_FLIGHT_BYTES_MAX = 1 << 30 };

/* The rings of all slots of the pool, which exists. A thread's take `bytes`, or the next smaller power of two: half of that its own events, the rest
 * those of its handlers. 0 or -errno with rill_error(): they exist and have another size. Control's lock. */
int rill_flight_create(uint64_t bytes);
size_t rill_flight_bytes(void);		/* of a thread's rings; 0: there are none */
size_t rill_flight_block_min(void);	/* the smallest block; there are rings */

/* The rings of a slot; NULL: there are none. Any thread, signal handlers too. */
struct rill_flight *rill_flight_of(uint32_t slot_index);

/* The slot has a new owner (rill_owner()), who calls it. */
void rill_flight_take_over(uint32_t slot_index, uint64_t owner);

/* After fork in the child: as rill_ring_set_reset(). */
void rill_flight_reset(void);

#endif

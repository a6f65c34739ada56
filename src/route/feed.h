/* SPDX-License-Identifier: MIT
 * feed.h - the reader's side of one slot: cursors, losses seen so far, and whose it is.
 */
#ifndef RILL_ROUTE_FEED_H
#define RILL_ROUTE_FEED_H

#include "ring/ring_consumer.h"
#include "ring/ring_set.h"
#include "route/route.h"

struct rill_feed;

struct rill_feed_level {
	struct rill_cursor cursor;
	struct rill_feed *feed;
	const struct rill_thread *thread;	/* of feed, in this pass */
	uintptr_t held_pos;		/* commit_pos with its mark as of held_since_ns */
	uint64_t held_since_ns;		/* 0: not in flight */
	bool in_flight;			/* in this pass */
	/* Sessions that began while an event was under way here, at old_pos or before: it may have been meant for the one that had
	 * the bit before. */
	uint8_t old_bits;
	uintptr_t old_pos;
	uint32_t seen[RILL_RING_LOSSES][RILL_SESSION_BITS];
	uint64_t records, bytes;	/* read so far: mean size of a record */
	uint32_t quick;			/* records that the quick session took in this pass */
	uint64_t lost_full;		/* of the present owner */
};

struct rill_feed {
	struct rill_slot *slot;
	struct rill_thread *thread;	/* NULL: the slot has no owner now */
	uint32_t serial, name_sequence;
	uint64_t start_time;
	bool gone;			/* the thread has ended: the slot is freed when its rings are empty */
	uint32_t seen_deep[RILL_SESSION_BITS];
	uint64_t high_bytes;
	struct rill_feed_level level[CONFIG_RILL_LEVELS];
};

/* The feed of a slot, made on first sight and renewed when the slot has a new owner; NULL: slot free, or no memory (the slot waits). */
struct rill_feed *rill_feed_of(uint32_t slot_index);

/* The feeds that have an owner, in the order of tid: that of slots would be another one each time. */
extern struct rill_feed *rill_feeds_ordered[CONFIG_RILL_THREADS_LIMIT];
extern uint32_t rill_feeds_ordered_count;

/* The slot's owner. Thread and name are one object, to be freed. A rename makes a new object: outlets may still hold the old one. *sequence
 * 0: the name is just being written and is empty for now; no name that was written has this number. NULL: no memory. */
struct rill_thread *rill_feed_make_thread(const struct rill_slot *slot, uint32_t generation, uint32_t *sequence);

/* Bytes that wait in its ring for the thread itself; those of signal handlers are small. */
uint64_t rill_feed_fill(const struct rill_feed *feed);

/* Has the thread been renamed? Then thread->name and generation are new. */
bool rill_feed_renamed(struct rill_feed *feed);

/* Looks whether threads have ended, by their exit hooks' hints, and by asking the system every second. */
void rill_feeds_look_for_gone(uint64_t now_ns);
/* Frees the slot if its thread has ended and nothing is left in it. */
void rill_feed_reclaim(struct rill_feed *feed);

uint64_t rill_feeds_seen(void);	/* threads so far */
void rill_feeds_reset(void);

#endif

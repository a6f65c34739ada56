/* SPDX-License-Identifier: MIT
 * merge.h - the order of many cursors: a tree of losers, whose winner has the next record of the stream.
 *
 *                     best                    Each leaf is a ring with its first record, each node keeps the loser of the two that
 *                      |                      met there, and the winner goes on upwards. When the winner has moved on, it plays again on
 *                   node[1]                   the way from its leaf to the top: log2(rings) comparisons, whatever the order.
 *                  /       \
 *            node[2]       node[3]            The runner-up lost against the winner somewhere on that way: up to its time the
 *            /     \       /     \            winner goes on alone, without a look at the tree.
 *         leaf 0  leaf 1 leaf 2 leaf 3
 *
 * A player is one number: the time since the earliest record of the pass, and below it the leaf's. Leaves stand in the order of tid
 * and level, so that equal times are decided by the number too, and a comparison is one minimum without a branch.
 */
#ifndef RILL_ROUTE_MERGE_H
#define RILL_ROUTE_MERGE_H

#include "route/feed.h"

enum { RILL_MERGE_LEAF_BITS = 14 };
_Static_assert(CONFIG_RILL_THREADS_LIMIT * CONFIG_RILL_LEVELS <= 1 << RILL_MERGE_LEAF_BITS, "a leaf's number has so many bits");

/* Times of one pass lie closer together than this: days, by any counter. What does not waits for a pass that begins later. */
#define RILL_MERGE_SPAN ((UINT64_C(1) << (64 - RILL_MERGE_LEAF_BITS)) - 2)
#define RILL_MERGE_FAR (RILL_MERGE_SPAN << RILL_MERGE_LEAF_BITS)	/* players from here on cannot be compared */
#define RILL_MERGE_NOBODY UINT64_MAX

struct rill_merge {
	struct rill_feed_level **leaves;
	uint64_t *nodes;	/* of the losers, from 1 on; the leaves lie in the same memory */
	uint64_t best;		/* the winner; RILL_MERGE_NOBODY: there is no record left */
	uint64_t epoch;		/* times count from here */
	uint32_t count, room;
};

/* Room for all rings there can be, before the first is added; false: no memory. */
bool rill_merge_reserve(struct rill_merge *m, uint32_t room);
/* A ring that has a record. Rings come in the order of tid, then level. */
void rill_merge_add(struct rill_merge *m, struct rill_feed_level *feed);
/* A leaf goes on its way to the top; by a node where nobody has come along yet it does not go on. */
void rill_merge_play(struct rill_merge *m, uint32_t leaf);
/* All are there: the first round is played. */
void rill_merge_begin(struct rill_merge *m);

static inline uint64_t rill_merge_far_ticks(const struct rill_merge *m)
{
	return m->epoch + RILL_MERGE_SPAN - 1;
}

static inline uint64_t rill_merge_player(const struct rill_merge *m, uint32_t leaf)
{
	const struct rill_cursor *c = &m->leaves[leaf]->cursor;
	uint64_t time = c->ticks - m->epoch;

	if (!c->record)
		return RILL_MERGE_NOBODY;
	return (time < RILL_MERGE_SPAN ? time + 1 : RILL_MERGE_SPAN) << RILL_MERGE_LEAF_BITS | leaf;
}

static inline uint32_t rill_merge_leaf(uint64_t player)
{
	return (uint32_t)player & ((1u << RILL_MERGE_LEAF_BITS) - 1);
}

static inline struct rill_feed_level *rill_merge_winner(const struct rill_merge *m)
{
	return m->leaves[rill_merge_leaf(m->best)];
}

/* The winner's records before this time come before everybody else's. */
static inline uint64_t rill_merge_stop(const struct rill_merge *m)
{
	uint32_t leaf = rill_merge_leaf(m->best);
	uint64_t second = RILL_MERGE_NOBODY;

	for (uint32_t i = (m->count + leaf) / 2; i; i /= 2)
		second = m->nodes[i] < second ? m->nodes[i] : second;
	if (second == RILL_MERGE_NOBODY)
		return UINT64_MAX;
	return (second >> RILL_MERGE_LEAF_BITS) - 1 + m->epoch + (leaf < rill_merge_leaf(second));
}

/* The winner's cursor has moved, or has no record any more. */
static inline void rill_merge_replay(struct rill_merge *m)
{
	uint32_t leaf = rill_merge_leaf(m->best);
	uint64_t best;

	if (!RILL_ON(CONFIG_RILL_QUICK)) {
		rill_merge_play(m, leaf);
		return;
	}
	best = rill_merge_player(m, leaf);
	for (uint32_t i = (m->count + leaf) / 2; i; i /= 2) {
		uint64_t other = m->nodes[i];

		m->nodes[i] = other < best ? best : other;
		best = other < best ? other : best;
	}
	m->best = best;
}

#endif

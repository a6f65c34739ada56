/* SPDX-License-Identifier: MIT
 * merge.h - the order of many cursors: a heap whose top is the next record of the stream.
 */
#ifndef RILL_ROUTE_MERGE_H
#define RILL_ROUTE_MERGE_H

#include "route/feed.h"

/* Equal times are ordered by tid, then level; within a ring the sequence is the ring's own. */
struct rill_merge_item {
	uint64_t ticks;
	uint32_t tid, level;
	struct rill_feed_level *feed;
};

struct rill_merge {
	struct rill_merge_item *items;
	uint32_t count, room;
};

/* Room for all rings there can be; false: no memory. */
bool rill_merge_reserve(struct rill_merge *m, uint32_t room);
void rill_merge_add(struct rill_merge *m, struct rill_feed_level *feed);
/* The top's cursor has moved (or has no record any more): restores the order. */
void rill_merge_fix_top(struct rill_merge *m);
/* The item behind the top, or NULL: as long as the top's cursor stays before it, no fixing is needed. */
const struct rill_merge_item *rill_merge_second(const struct rill_merge *m);
bool rill_merge_before(const struct rill_merge_item *a, const struct rill_merge_item *b);

#endif

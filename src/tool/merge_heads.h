/* SPDX-License-Identifier: MIT
 * merge_heads.h - which of several queues has the record with the lowest key: a binary heap of their
 * heads. Of equal keys the queue with the lower number comes first.
 */
#ifndef RILL_TOOL_MERGE_HEADS_H
#define RILL_TOOL_MERGE_HEADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rill_merge_head {
	uint64_t key;
	uint32_t queue;
};

/* Zeroed: empty. */
struct rill_merge_heads {
	struct rill_merge_head *items;
	size_t count, room;
};

void rill_merge_heads_put(struct rill_merge_heads *heads, uint64_t key, uint32_t queue);
/* The first one. There must be one. */
static inline uint32_t rill_merge_heads_first(const struct rill_merge_heads *heads)
{
	return heads->items[0].queue;
}
/* The first one has another key now. */
void rill_merge_heads_change(struct rill_merge_heads *heads, uint64_t key);
/* The first one's queue is empty. */
void rill_merge_heads_remove(struct rill_merge_heads *heads);
void rill_merge_heads_free(struct rill_merge_heads *heads);

#endif

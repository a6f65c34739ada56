/* SPDX-License-Identifier: MIT
 * stacks.h - which slice lies in which, as one tree of names: what flame graphs are drawn from.
 *
 * Each thread has a tree of its own below its name. Slices come as begin and end, or whole: parents
 * first (in order of their begin) or children first (in order of their end). Memory is bounded:
 * beyond RILL_STACKS_MAX different stacks, further ones share the name "(other)".
 */
#ifndef RILL_TOOL_STACKS_H
#define RILL_TOOL_STACKS_H

#include "table.h"

#include <stdbool.h>
#include <stdint.h>

enum { RILL_STACKS_MAX = 1 << 19 };

struct rill_stack_node {
	const char *name; /* NULL: of several slices side by side, whose children these are */
	struct rill_stack_node *children, *next;
	int64_t self_ns;
	unsigned child_count, height;
};

struct rill_stack_lane;

struct rill_stacks {
	struct rill_table names;
	size_t name_bytes;
	struct rill_stack_lane **lanes;
	unsigned lane_count, lane_room;
	unsigned nodes;
	uint64_t unmatched; /* ends without a begin, begins without an end */
};

struct rill_stack_lane *rill_stacks_lane(struct rill_stacks *stacks, const char *name);
void rill_stacks_name(struct rill_stacks *stacks, struct rill_stack_lane *lane, const char *name);

void rill_stacks_begin(struct rill_stacks *stacks, struct rill_stack_lane *lane, const char *name,
		       uint64_t ns);
void rill_stacks_end(struct rill_stacks *stacks, struct rill_stack_lane *lane, const char *name,
		     uint64_t ns);
void rill_stacks_whole(struct rill_stacks *stacks, struct rill_stack_lane *lane, const char *name,
		       uint64_t from_ns, uint64_t to_ns);

/* The tree of lanes[i], below its name; nothing may be added afterwards. */
const struct rill_stack_node *rill_stacks_tree(struct rill_stacks *stacks, unsigned i);
void rill_stacks_free(struct rill_stacks *stacks);

#endif

/* SPDX-License-Identifier: MIT
 * stacks.c - which slice lies in which, as one tree of names.
 *
 * A slice that nothing open encloses may still get a parent that is told later (children first), so
 * it waits, with what lies in it, in a list in order of arrival:
 *
 *     a new slice covers the newest of the list   its children, unless they have a parent already
 *     the newest covers the new slice             it is the parent (parents first)
 *
 * When the list is full, the older half is joined in pairs: their children can still get a parent
 * together.
 */
#include "stacks.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum {
	WAITING_MAX = 1024,
	DEPTH_MAX = 1000,    /* of what is walked by recursion */
	CHILDREN_MAX = 2048, /* of one node: they are searched one by one */
	NAMES_MAX = 65536,
	NAMES_BYTES_MAX = 32 << 20
};

struct waiting {
	struct rill_stack_node *node;
	uint64_t from_ns, to_ns;
	unsigned depth;
	bool has_parent; /* then node belongs to a tree that waits, or to one that is open */
};

struct open {
	struct rill_stack_node *node;
	uint64_t from_ns;
};

struct rill_stack_lane {
	struct rill_stack_node root;
	struct open open[DEPTH_MAX];
	unsigned depth; /* may exceed DEPTH_MAX */
	struct waiting *waiting;
	unsigned waiting_count, waiting_room;
};

/* ---- names and nodes ------------------------------------------------------------------------ */

static const char *intern(struct rill_stacks *s, const char *name)
{
	const size_t size = strlen(name) + 1;
	void **place = rill_table_find(&s->names, name, size);

	if (place)
		return *place;
	if ((s->names.count >= NAMES_MAX || s->name_bytes + size > NAMES_BYTES_MAX) && strcmp(name, "(other)"))
		return intern(s, "(other)");
	s->name_bytes += size;
	place = rill_table_put(&s->names, name, size);
	return *place = rill_text("%s", name);
}

static struct rill_stack_node *new_node(struct rill_stacks *s, const char *name)
{
	struct rill_stack_node *node = rill_alloc(1, sizeof *node);

	node->name = name;
	node->height = 1;
	s->nodes++;
	return node;
}

static void link_child(struct rill_stack_node *parent, struct rill_stack_node *child)
{
	child->next = parent->children;
	parent->children = child;
	parent->child_count++;
}

/* Moved to the front: what comes often is found soon. NULL: there is none. */
static struct rill_stack_node *find_child(struct rill_stack_node *parent, const char *name)
{
	struct rill_stack_node **at = &parent->children, *child;

	while (*at && (*at)->name != name)
		at = &(*at)->next;
	child = *at;
	if (!child)
		return NULL;
	*at = child->next;
	child->next = parent->children;
	parent->children = child;
	return child;
}

/* The child of that name, or "(other)" where there are too many. */
static struct rill_stack_node *child_of(struct rill_stacks *s, struct rill_stack_node *parent,
					const char *name)
{
	struct rill_stack_node *child = find_child(parent, name);

	if (child)
		return child;
	if (parent->child_count >= CHILDREN_MAX || s->nodes >= RILL_STACKS_MAX) {
		name = intern(s, "(other)");
		child = find_child(parent, name);
	}
	if (!child) {
		child = new_node(s, name);
		link_child(parent, child);
	}
	return child;
}

static int64_t total(const struct rill_stack_node *node)
{
	int64_t sum = node->self_ns;

	for (const struct rill_stack_node *c = node->children; c; c = c->next)
		sum += total(c);
	return sum;
}

static void free_node(struct rill_stacks *s, struct rill_stack_node *node)
{
	while (node->children) {
		struct rill_stack_node *const c = node->children;

		node->children = c->next;
		free_node(s, c);
	}
	free(node);
	s->nodes--;
}

static void adopt(struct rill_stacks *s, struct rill_stack_node *parent,
		  struct rill_stack_node *child);

/* The children of from move to node. */
static void move_children(struct rill_stacks *s, struct rill_stack_node *node,
			  struct rill_stack_node *from)
{
	while (from->children) {
		struct rill_stack_node *const c = from->children;

		from->children = c->next;
		adopt(s, node, c);
	}
	from->child_count = 0;
}

/* Makes child, which belongs to nobody, one of parent's. It is gone if there was one of its name.
 * */
static void adopt(struct rill_stacks *s, struct rill_stack_node *parent,
		  struct rill_stack_node *child)
{
	struct rill_stack_node *same = child->name ? find_child(parent, child->name) : parent;

	if (child->height >= DEPTH_MAX) {
		parent->self_ns += total(child);
		free_node(s, child);
		return;
	}
	if (!same && parent->child_count >= CHILDREN_MAX)
		same = child_of(s, parent, child->name);
	if (parent->height <= child->height)
		parent->height = child->height + (child->name != NULL);
	if (!same) {
		link_child(parent, child);
		return;
	}
	same->self_ns += child->self_ns;
	move_children(s, same, child);
	free_node(s, child);
}

/* ---- slices that wait ----------------------------------------------------------------------- */

static int64_t length(uint64_t from_ns, uint64_t to_ns)
{
	const uint64_t ns = to_ns > from_ns ? to_ns - from_ns : 0;

	return ns > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)ns;
}

static bool covers(uint64_t from_ns, uint64_t to_ns, const struct waiting *w)
{
	return from_ns <= w->from_ns && w->to_ns <= to_ns;
}

/* What lies in [from, to] and has no parent becomes the node's. */
static void gather(struct rill_stacks *s, struct rill_stack_lane *lane,
		   struct rill_stack_node *node, uint64_t from_ns, uint64_t to_ns)
{
	for (; lane->waiting_count; lane->waiting_count--) {
		struct waiting *const top = &lane->waiting[lane->waiting_count - 1];

		if (covers(from_ns, to_ns, top)) {
			if (top->has_parent)
				continue;
			node->self_ns -= top->node->name ? length(top->from_ns, top->to_ns)
							 : total(top->node);
			adopt(s, node, top->node);
		} else if (!top->has_parent || top->to_ns > from_ns) {
			break; /* else: over, its parent is known, and nobody asks for it again */
		}
	}
}

/* Two neighbours as one, without a name. b may be NULL. */
static struct waiting joined(struct rill_stacks *s, const struct waiting *a,
			     const struct waiting *b)
{
	struct waiting both = { .node = new_node(s, NULL),
				.from_ns = a->from_ns,
				.to_ns = a->to_ns };

	if (!a->has_parent)
		adopt(s, both.node, a->node);
	if (!b)
		return both;
	if (b->from_ns < both.from_ns)
		both.from_ns = b->from_ns;
	if (b->to_ns > both.to_ns)
		both.to_ns = b->to_ns;
	if (!b->has_parent)
		adopt(s, both.node, b->node);
	return both;
}

/* Joins those in front of `end` in pairs. */
static void join_front(struct rill_stacks *s, struct rill_stack_lane *lane, unsigned end)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < end; i += 2)
		lane->waiting[kept++] =
			joined(s, &lane->waiting[i], i + 1 < end ? &lane->waiting[i + 1] : NULL);
	memmove(lane->waiting + kept, lane->waiting + end,
		(lane->waiting_count - end) * sizeof *lane->waiting);
	lane->waiting_count -= end - kept;
}

static void make_room(struct rill_stacks *s, struct rill_stack_lane *lane)
{
	unsigned half = WAITING_MAX / 2;

	if (lane->waiting_count < lane->waiting_room)
		return;
	if (lane->waiting_room < WAITING_MAX) {
		lane->waiting_room = lane->waiting_room ? 2 * lane->waiting_room : 16;
		lane->waiting = rill_grow(lane->waiting, lane->waiting_room, sizeof *lane->waiting);
		return;
	}
	/* Joining moves nodes: one that stays in the list must not have its parent among the
	 * joined. */
	while (half && lane->waiting[half].has_parent)
		half--;
	if (half > 1) {
		join_front(s, lane, half);
		return;
	}
	/* One slice and what is in it: they are in its tree already, and need not be here. */
	half = WAITING_MAX / 2;
	memmove(lane->waiting + 1, lane->waiting + 1 + half,
		(lane->waiting_count - 1 - half) * sizeof *lane->waiting);
	lane->waiting_count -= half;
}

/* A slice that is over, and in no open one's tree yet. */
static void complete(struct rill_stacks *s, struct rill_stack_lane *lane,
		     struct rill_stack_node *node, uint64_t from_ns, uint64_t to_ns)
{
	struct waiting new = { .node = node, .from_ns = from_ns, .to_ns = to_ns }, *top;

	node->self_ns += length(from_ns, to_ns);
	gather(s, lane, node, from_ns, to_ns);
	top = lane->waiting_count ? &lane->waiting[lane->waiting_count - 1] : NULL;
	if (top && top->node->name && top->from_ns <= from_ns && to_ns <= top->to_ns &&
	    top->depth < DEPTH_MAX) {
		const char *const name = node->name;

		top->node->self_ns -= length(from_ns, to_ns);
		adopt(s, top->node, node);
		new.node = child_of(s, top->node, name);
		new.depth = top->depth + 1;
		new.has_parent = true;
	}
	make_room(s, lane);
	lane->waiting[lane->waiting_count++] = new;
}

/* ---- slices --------------------------------------------------------------------------------- */

void rill_stacks_begin(struct rill_stacks *s, struct rill_stack_lane *lane, const char *name,
		       uint64_t ns)
{
	const char *const known = intern(s, name);
	struct open *const top = &lane->open[lane->depth < DEPTH_MAX ? lane->depth : 0];

	if (lane->depth++ >= DEPTH_MAX)
		return;
	*top = (struct open){ .from_ns = ns };
	top->node = lane->depth > 1 ? child_of(s, top[-1].node, known) : new_node(s, known);
}

static void close_top(struct rill_stacks *s, struct rill_stack_lane *lane, uint64_t ns)
{
	const struct open top = lane->open[--lane->depth];

	if (lane->depth == 0) {
		complete(s, lane, top.node, top.from_ns, ns);
		return;
	}
	top.node->self_ns += length(top.from_ns, ns);
	lane->open[lane->depth - 1].node->self_ns -= length(top.from_ns, ns);
	gather(s, lane, top.node, top.from_ns, ns);
}

/* The innermost of its name; those inside it lost their ends. Without such a one it is the
 * innermost. */
void rill_stacks_end(struct rill_stacks *s, struct rill_stack_lane *lane, const char *name,
		     uint64_t ns)
{
	unsigned at = lane->depth;

	if (at == 0 || at > DEPTH_MAX) {
		lane->depth -= at != 0;
		s->unmatched += at == 0;
		return;
	}
	while (*name && at && lane->open[at - 1].node->name != intern(s, name))
		at--;
	if (at == 0)
		at = lane->depth;
	s->unmatched += lane->depth - at;
	while (lane->depth >= at)
		close_top(s, lane, ns);
}

void rill_stacks_whole(struct rill_stacks *s, struct rill_stack_lane *lane, const char *name,
		       uint64_t from_ns, uint64_t to_ns)
{
	complete(s, lane, new_node(s, intern(s, name)), from_ns, to_ns);
}

/* ---- threads -------------------------------------------------------------------------------- */

struct rill_stack_lane *rill_stacks_lane(struct rill_stacks *s, const char *name)
{
	struct rill_stack_lane *lane = rill_alloc(1, sizeof *lane);

	if (s->lane_count == s->lane_room) {
		s->lane_room = s->lane_room ? 2 * s->lane_room : 16;
		s->lanes = rill_grow(s->lanes, s->lane_room, sizeof *s->lanes);
	}
	s->lanes[s->lane_count++] = lane;
	rill_stacks_name(s, lane, name);
	return lane;
}

void rill_stacks_name(struct rill_stacks *s, struct rill_stack_lane *lane, const char *name)
{
	lane->root.name = intern(s, name);
}

/* What is still open has no length: its children stay, its own time is unknown. */
static void close_open(struct rill_stacks *s, struct rill_stack_lane *lane)
{
	if (lane->depth == 0)
		return;
	s->unmatched += lane->depth;
	for (unsigned i = 0; i < lane->depth && i < DEPTH_MAX; i++)
		lane->open[i].node->self_ns = 0;
	gather(s, lane, lane->open[0].node, lane->open[0].from_ns, UINT64_MAX);
	lane->open[0].node->self_ns = 0;
	adopt(s, &lane->root, lane->open[0].node);
	lane->depth = 0;
}

const struct rill_stack_node *rill_stacks_tree(struct rill_stacks *s, unsigned i)
{
	struct rill_stack_lane *const lane = s->lanes[i];

	close_open(s, lane);
	gather(s, lane, &lane->root, 0, UINT64_MAX);
	lane->root.self_ns = 0;
	return &lane->root;
}

void rill_stacks_free(struct rill_stacks *s)
{
	for (unsigned i = 0; i < s->lane_count; i++) {
		rill_stacks_tree(s, i);
		while (s->lanes[i]->root.children) {
			struct rill_stack_node *const c = s->lanes[i]->root.children;

			s->lanes[i]->root.children = c->next;
			free_node(s, c);
		}
		free(s->lanes[i]->waiting);
		free(s->lanes[i]);
	}
	free(s->lanes);
	rill_table_free(&s->names, free);
	*s = (struct rill_stacks){ .lane_count = 0 };
}

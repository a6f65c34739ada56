/* SPDX-License-Identifier: MIT
 * merge.c - setting up the tree of losers for a pass.
 */
#include "route/merge.h"

#include <stdlib.h>

/* A node where nobody has come along yet. No player has this number, since times begin at 1. */
enum { VACANT = 0 };

bool rill_merge_reserve(struct rill_merge *m, uint32_t room)
{
	uint64_t *nodes;

	if (m->room >= room)
		return true;
	nodes = realloc(m->nodes, room * (sizeof *nodes + sizeof *m->leaves));
	if (!nodes)
		return false;
	m->nodes = nodes;
	m->leaves = (struct rill_feed_level **)(void *)(nodes + room);
	m->room = room;
	return true;
}

void rill_merge_add(struct rill_merge *m, struct rill_feed_level *feed)
{
	m->leaves[m->count++] = feed;
}

/* The first of two to come to a node waits there for the other. */
void rill_merge_play(struct rill_merge *m, uint32_t leaf)
{
	uint64_t player = rill_merge_player(m, leaf);

	for (uint32_t i = (m->count + leaf) / 2; i; i /= 2) {
		uint64_t other = m->nodes[i];

		if (other == VACANT) {
			m->nodes[i] = player;
			return;
		}
		m->nodes[i] = other < player ? player : other;
		player = other < player ? other : player;
	}
	m->best = player;
}

void rill_merge_begin(struct rill_merge *m)
{
	m->best = RILL_MERGE_NOBODY;
	m->epoch = UINT64_MAX;
	for (uint32_t i = 0; i < m->count; i++) {
		m->nodes[i] = VACANT;
		if (m->leaves[i]->cursor.ticks < m->epoch)
			m->epoch = m->leaves[i]->cursor.ticks;
	}
	for (uint32_t i = 0; i < m->count; i++)
		rill_merge_play(m, i);
}

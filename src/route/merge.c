/* SPDX-License-Identifier: MIT
 * merge.c - a binary heap of cursors.
 */
#include "route/merge.h"

#include <stdlib.h>

bool rill_merge_reserve(struct rill_merge *m, uint32_t room)
{
	struct rill_merge_item *items;

	if (m->room >= room)
		return true;
	items = realloc(m->items, room * sizeof *items);
	if (!items)
		return false;
	m->items = items;
	m->room = room;
	return true;
}

bool rill_merge_before(const struct rill_merge_item *a, const struct rill_merge_item *b)
{
	if (a->ticks != b->ticks)
		return a->ticks < b->ticks;
	return a->tid != b->tid ? a->tid < b->tid : a->level < b->level;
}

static void swap(struct rill_merge_item *a, struct rill_merge_item *b)
{
	struct rill_merge_item t = *a;

	*a = *b;
	*b = t;
}

void rill_merge_add(struct rill_merge *m, struct rill_feed_level *feed)
{
	uint32_t i = m->count++;

	m->items[i] = (struct rill_merge_item){ feed->cursor.ticks, feed->feed->slot->tid, feed->cursor.ring->level, feed };
	for (; i && rill_merge_before(&m->items[i], &m->items[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&m->items[i], &m->items[(i - 1) / 2]);
}

static uint32_t first_child(const struct rill_merge *m, uint32_t i)
{
	uint32_t left = 2 * i + 1, right = left + 1;

	return right < m->count && rill_merge_before(&m->items[right], &m->items[left]) ? right : left;
}

void rill_merge_fix_top(struct rill_merge *m)
{
	struct rill_merge_item *top = &m->items[0];
	uint32_t i = 0, child;

	if (!top->feed->cursor.record)
		*top = m->items[--m->count];
	else
		top->ticks = top->feed->cursor.ticks;
	for (; (child = first_child(m, i)) < m->count && rill_merge_before(&m->items[child], &m->items[i]); i = child)
		swap(&m->items[child], &m->items[i]);
}

const struct rill_merge_item *rill_merge_second(const struct rill_merge *m)
{
	return m->count > 1 ? &m->items[first_child(m, 0)] : NULL;
}

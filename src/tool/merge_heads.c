/* SPDX-License-Identifier: MIT
 * merge_heads.c - which of several queues has the record with the lowest key.
 */
#include "merge_heads.h"
#include "tool.h"

#include <stdlib.h>

static bool is_before(const struct rill_merge_head *a, const struct rill_merge_head *b)
{
	return a->key != b->key ? a->key < b->key : a->queue < b->queue;
}

static void swap(struct rill_merge_head *a, struct rill_merge_head *b)
{
	const struct rill_merge_head other = *a;

	*a = *b;
	*b = other;
}

static void sink(struct rill_merge_heads *h)
{
	for (size_t at = 0, child; (child = 2 * at + 1) < h->count; at = child) {
		if (child + 1 < h->count && is_before(&h->items[child + 1], &h->items[child]))
			child++;
		if (!is_before(&h->items[child], &h->items[at]))
			return;
		swap(&h->items[child], &h->items[at]);
	}
}

void rill_merge_heads_put(struct rill_merge_heads *h, uint64_t key, uint32_t queue)
{
	size_t at = h->count++;

	if (h->count > h->room) {
		h->room = 2 * h->count;
		h->items = rill_grow(h->items, h->room, sizeof *h->items);
	}
	h->items[at] = (struct rill_merge_head){ key, queue };
	for (; at && is_before(&h->items[at], &h->items[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&h->items[at], &h->items[(at - 1) / 2]);
}

void rill_merge_heads_change(struct rill_merge_heads *h, uint64_t key)
{
	h->items[0].key = key;
	sink(h);
}

void rill_merge_heads_remove(struct rill_merge_heads *h)
{
	h->items[0] = h->items[--h->count];
	sink(h);
}

void rill_merge_heads_free(struct rill_merge_heads *h)
{
	free(h->items);
	*h = (struct rill_merge_heads){ .items = NULL };
}

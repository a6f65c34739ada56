/* SPDX-License-Identifier: MIT
 * table.c - a hash table from byte strings to pointers: open addressing, at most two thirds full.
 */
#include "table.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static uint64_t hash_of(const void *key, size_t size)
{
	static uint64_t seed;
	const unsigned char *at = key;
	uint64_t hash;

	/* Without randomness the table still works; only a file made to slow it down would find
	 * it weak. */
	while (!seed)
		if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
			seed = UINT64_C(0x9e3779b97f4a7c15);
	hash = seed ^ size;
	for (; size >= 8; size -= 8, at += 8) {
		uint64_t word;

		memcpy(&word, at, 8);
		hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	while (size--)
		hash = (hash ^ *at++) * UINT64_C(0x100000001b3);
	hash = (hash ^ hash >> 29) * UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 32;
}

/* Where the key is, or the free place where it would go. */
static size_t place(const struct rill_table *t, const void *key, size_t size, uint64_t hash)
{
	size_t at = hash & (t->room - 1);

	while (t->items[at].key && (t->items[at].hash != hash || t->items[at].size != size ||
				    memcmp(t->items[at].key, key, size)))
		at = (at + 1) & (t->room - 1);
	return at;
}

static void widen(struct rill_table *t)
{
	struct rill_table old = *t;

	t->room = old.room ? 2 * old.room : 64;
	t->items = rill_alloc(t->room, sizeof t->items[0]);
	for (size_t i = 0; i < old.room; i++)
		if (old.items[i].key)
			t->items[place(t, old.items[i].key, old.items[i].size, old.items[i].hash)] =
				old.items[i];
	free(old.items);
}

void **rill_table_find(const struct rill_table *t, const void *key, size_t size)
{
	size_t at;

	if (!t->count)
		return NULL;
	at = place(t, key, size, hash_of(key, size));
	return t->items[at].key ? &t->items[at].value : NULL;
}

void **rill_table_put(struct rill_table *t, const void *key, size_t size)
{
	const uint64_t hash = hash_of(key, size);
	struct rill_table_item *item;

	if (3 * (t->count + 1) > 2 * t->room)
		widen(t);
	item = &t->items[place(t, key, size, hash)];
	if (!item->key) {
		*item = (struct rill_table_item){ rill_alloc(size + 1, 1), size, hash, NULL };
		memcpy(item->key, key, size);
		t->count++;
	}
	return &item->value;
}

void rill_table_remove(struct rill_table *t, const void *key, size_t size)
{
	const size_t mask = t->room - 1;
	size_t hole, at;

	if (!t->count)
		return;
	hole = place(t, key, size, hash_of(key, size));
	if (!t->items[hole].key)
		return;
	free(t->items[hole].key);
	t->count--;
	/* What was pushed behind the removed item by it must move up, or it would not be found
	 * any more. */
	for (at = (hole + 1) & mask; t->items[at].key; at = (at + 1) & mask) {
		const size_t home = t->items[at].hash & mask;

		if (((at - home) & mask) >= ((at - hole) & mask)) {
			t->items[hole] = t->items[at];
			hole = at;
		}
	}
	t->items[hole].key = NULL;
}

void rill_table_free(struct rill_table *t, void (*free_value)(void *value))
{
	for (size_t i = 0; i < t->room; i++) {
		if (!t->items[i].key)
			continue;
		free(t->items[i].key);
		if (free_value)
			free_value(t->items[i].value);
	}
	free(t->items);
	*t = (struct rill_table){ 0 };
}

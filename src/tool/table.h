/* SPDX-License-Identifier: MIT
 * table.h - a hash table from byte strings to pointers, for the tool.
 *
 * Keys are copied. The hash is seeded anew in each run, so that no file can be made to hit one
 * chain.
 */
#ifndef RILL_TOOL_TABLE_H
#define RILL_TOOL_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct rill_table_item {
	char *key; /* NULL: free */
	size_t size;
	uint64_t hash;
	void *value;
};

struct rill_table {
	struct rill_table_item *items;
	size_t room, count; /* room is a power of two */
};

/* The place of the key's value, NULL if it is not there. Valid until the next change. */
void **rill_table_find(const struct rill_table *table, const void *key, size_t size);

/* Likewise, added with a value of NULL if it was not there. */
void **rill_table_put(struct rill_table *table, const void *key, size_t size);

void rill_table_remove(struct rill_table *table, const void *key, size_t size);

/* Frees keys and table, and the values through free_value if that is given. */
void rill_table_free(struct rill_table *table, void (*free_value)(void *value));

#endif

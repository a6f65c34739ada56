/* SPDX-License-Identifier: MIT
 * named.c - a hash set of threads by serial number, with the generation of the name that was given.
 */
#include "sink/named.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 64, SLOTS_MAX = 32768 };

/* The slot of serial, or the free one where it belongs. There is always a free one. */
static struct rill_named_slot *find(const struct rill_named *named, uint32_t serial)
{
	/* Serials are handed out in sequence: no need to mix. */
	uint32_t i = serial & (named->size - 1);

	while (named->slots[i].used && named->slots[i].serial != serial)
		i = (i + 1) & (named->size - 1);
	return &named->slots[i];
}

bool rill_named_has(const struct rill_named *named, const struct rill_thread *thread)
{
	const struct rill_named_slot *slot;

	if (named->size == 0)
		return false;
	slot = find(named, thread->serial);
	return slot->used && slot->generation == thread->generation;
}

void rill_named_clear(struct rill_named *named)
{
	if (named->used)
		memset(named->slots, 0, named->size * sizeof(*named->slots));
	named->used = 0;
}

static bool grow(struct rill_named *named)
{
	struct rill_named bigger = { .size = named->size ? 2 * named->size : SLOTS_MIN,
				     .used = named->used };

	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (uint32_t i = 0; i < named->size; i++)
		if (named->slots[i].used)
			*find(&bigger, named->slots[i].serial) = named->slots[i];
	free(named->slots);
	*named = bigger;
	return true;
}

void rill_named_add(struct rill_named *named, const struct rill_thread *thread)
{
	struct rill_named_slot *slot;

	if (2 * (named->used + 1) > named->size && (named->size >= SLOTS_MAX || !grow(named))) {
		if (named->size == 0)
			return;
		rill_named_clear(named);
	}
	slot = find(named, thread->serial);
	named->used += !slot->used;
	*slot = (struct rill_named_slot){ thread->serial, thread->generation, true };
}

void rill_named_free(struct rill_named *named)
{
	free(named->slots);
	*named = (struct rill_named){ .size = 0 };
}

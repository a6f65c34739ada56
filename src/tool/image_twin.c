/* SPDX-License-Identifier: MIT
 * image_twin.c - events that a stream and a flight session wanted stand in a ring of each kind, and are told once.
 *
 * Both records are the same but for who wanted them, and have the same time; their levels may differ, as a handler may come when one ring
 * of its thread is taken and the other not yet. The stream's comes first, and is remembered until others
 * have taken its place: no more events than that can have one time and still be told apart from their twins.
 */
#include "image.h"
#include "tool.h"

#include "format/record.h"

#include <stdlib.h>
#include <string.h>

enum { REMEMBERED = 64 };

struct told {
	uint64_t ticks;
	const uint8_t *record;	/* NULL: none, or its twin was met */
	uint32_t words;
};

/* Of one slot. */
struct rill_image_twins {
	struct told told[REMEMBERED];
	unsigned next;
};

struct rill_image_twins **rill_image_twins_new(const struct rill_image *image)
{
	return image->head.part[RILL_IMAGE_FLIGHT].crc ? rill_alloc((size_t)image->head.slots + 1, sizeof(struct rill_image_twins *)) : NULL;
}

void rill_image_twins_free(const struct rill_image *image, struct rill_image_twins **twins)
{
	for (size_t i = 0; twins && i < image->head.slots; i++)
		free(twins[i]);
	free(twins);
}

static void remember(struct rill_image_twins **at, const struct rill_image_cursor *c)
{
	if (!*at)
		*at = rill_alloc(1, sizeof **at);
	(*at)->told[(*at)->next++ % REMEMBERED] = (struct told){ c->ticks, c->record, c->words };
}

static bool meet(struct rill_image_twins *twins, const struct rill_image_cursor *c)
{
	const size_t id = offsetof(struct rill_record, id), payload = sizeof(struct rill_record);

	for (unsigned i = 0; twins && i < REMEMBERED; i++) {
		struct told *const t = &twins->told[(twins->next + i) % REMEMBERED];	/* the oldest first: both rings have one order */

		if (t->record && t->ticks == c->ticks && t->words == c->words && !memcmp(t->record + id, c->record + id, 2) &&
		    !memcmp(t->record + payload, c->record + payload, 8 * (size_t)c->words - payload)) {
			t->record = NULL;
			return true;
		}
	}
	return false;
}

bool rill_image_twin_was_told(struct rill_image_twins **twins, const struct rill_image_cursor *c)
{
	if (!twins)
		return false;
	if (c->kind == RILL_IMAGE_FLIGHT)
		return meet(twins[c->slot], c);
	remember(&twins[c->slot], c);
	return false;
}

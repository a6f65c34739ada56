/* SPDX-License-Identifier: MIT
 * object_sites.c - the call sites of objects that are loaded, by the note that rill/object.h leaves in them.
 */
#define _GNU_SOURCE
#include "port/linux/note.h"
#include "port/port.h"

#include <string.h>

struct wanted {
	unsigned index;
	const void **from, **to;
};

/* The distance at `place` counts from there. Without sites in the object both symbols are 0, so both come out the same. */
static const void *target(const uint8_t *place)
{
	int32_t distance;

	memcpy(&distance, place, sizeof distance);
	return (const void *)((uintptr_t)place + (uintptr_t)(intptr_t)distance);
}

static int look(struct dl_phdr_info *object, size_t info_size, void *ctx)
{
	struct wanted *w = ctx;
	const uint8_t *place;
	size_t size;

	(void)info_size;
	place = rill_linux_note(object, "rill", RILL_PORT_NOTE_SITES, &size);
	if (!place || size != 8 || w->index--)
		return 0;
	*w->from = target(place);
	*w->to = target(place + 4);
	return 1;
}

bool rill_port_object_sites(unsigned index, const void **from, const void **to)
{
	return dl_iterate_phdr(look, &(struct wanted){ index, from, to }) != 0;
}

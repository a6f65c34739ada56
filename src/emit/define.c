/* SPDX-License-Identifier: MIT
 * define.c - call sites and category groups, as the reader of a ring file gets them (format/image.h).
 */
#include "emit/define.h"

#include "emit/category.h"
#include "port/rcu.h"
#include "ring/ring.h"
#include "ring/ring_file.h"

#include <string.h>

static struct rill_ring_file_part text_part(const char *text)
{
	return (struct rill_ring_file_part){ text, strlen(text) + 1 };
}

void rill_site_define(uint16_t id, const struct rill_site_entry *e)
{
	const struct rill_image_site site = { .line = e->line, .id = id, .flags = e->flags, .phase = e->phase, .nargs = e->nargs };
	const char *end = e->args;

	if (!rill_ring_file_is_open())
		return;
	for (unsigned i = 0; i < e->nargs; i++)
		end += 1 + strlen(end + 1) + 1;
	const struct rill_ring_file_part parts[] = { { &site, sizeof site }, text_part(e->category), text_part(e->name),
						     text_part(e->file), { e->args, (size_t)(end - e->args) } };

	rill_ring_file_define(RILL_IMAGE_DEFINE_SITE, parts, sizeof parts / sizeof *parts);
}

void rill_category_define(uint16_t id, const char *text)
{
	const struct rill_image_category category = { .id = id };
	const struct rill_ring_file_part parts[] = { { &category, sizeof category }, text_part(text) };

	rill_ring_file_define(RILL_IMAGE_DEFINE_CATEGORY, parts, sizeof parts / sizeof *parts);
}

void rill_define_all(void)
{
	rill_sites_lock();
	rcu_read_lock();
	for (uint32_t i = 0; i < rill_site_count(); i++)
		rill_site_define((uint16_t)(RILL_ID_SITES + i), rill_site_entry((uint16_t)(RILL_ID_SITES + i)));
	rcu_read_unlock();
	rill_sites_unlock();
	/* Sequentially consistent, pairs with the look at the file in rill_ring_file_define(): a group that is not counted here yet finds
	 * the file. */
	for (uint32_t i = 0; RILL_ON(CONFIG_RILL_DYNAMIC) && i < rill_category_count(); i++)
		if (*rill_category_text((uint16_t)i))
			rill_category_define((uint16_t)i, rill_category_text((uint16_t)i));
}

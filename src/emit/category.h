/* SPDX-License-Identifier: MIT
 * category.h - the registry of category groups, and the table that says who wants them.
 *
 * The registry only grows: a group's text, its number and its enabled byte are permanent. Look-up and insertion are
 * lock-free and usable in signal handlers. Who wants a group is computed from the table: immutable, published
 * with RCU, freed after a grace period. The byte is that result, cached; the table's publisher rewrites
 * all bytes behind the publication, and whoever inserts a group computes its byte again if the table
 * changed meanwhile, so no byte can stay behind.
 */
#ifndef RILL_EMIT_CATEGORY_H
#define RILL_EMIT_CATEGORY_H

#include "config.h"

#include <rill/dynamic.h>

/* Made by control. decide() gives the enabled byte of a site, or of a group (name NULL: could any event of it be wanted?). */
struct rill_table {
	uint8_t (*decide)(const struct rill_table *table, const char *group, const char *name);
	void (*release)(struct rill_table *table);	/* behind the grace period */
};

/* Publishes table (NULL: nobody wants anything), rewrites every group's byte, and frees the one before after a grace period. The present
 * one again: what was struck out in it is asked by nobody any more when this returns. Control only, under its lock. */
void rill_table_publish(struct rill_table *table);
/* The enabled byte by the present table. Any thread. */
uint8_t rill_table_decide(const char *group, const char *name);

/* The number of a group, registering it; RILL_NO_CATEGORY when there is no room. Lock-free. */
#define RILL_NO_CATEGORY UINT16_MAX
uint16_t rill_category_id(const char *group);
uint16_t rill_category_id_of(const uint8_t *enabled);	/* inverse of rill_category() */
const char *rill_category_text(uint16_t id);		/* "" for an unknown id */
uint32_t rill_category_count(void);
uint8_t rill_category_byte(uint16_t id);

/* How many insertions found no room. */
uint32_t rill_category_refused(void);

#endif

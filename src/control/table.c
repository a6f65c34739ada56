/* SPDX-License-Identifier: MIT
 * table.c - from the running sessions to the immutable table of who wants what, and the enabled bytes.
 */
#include "control/session_private.h"
#include "emit/category.h"
#include "emit/loss.h"
#include "emit/record.h"
#include "emit/site.h"
#include "port/port.h"
#include "route/route.h"

#include <errno.h>
#include <stdlib.h>
#include <urcu-bp.h>

struct row {
	uint8_t mask;
	const struct rill_filter *filter;
};

struct table {
	struct rill_table base;
	uint32_t count;
	struct row rows[];
};

static uint8_t decide(const struct rill_table *base, const char *group, const char *name)
{
	const struct table *t = (const struct table *)base;
	uint8_t mask = 0;

	for (uint32_t i = 0; i < t->count; i++) {
		const struct row *row = &t->rows[i];

		if (mask & row->mask)
			continue;
		if (name ? rill_filter_wants(row->filter, group, name) : rill_filter_group(row->filter, group))
			mask |= row->mask;
	}
	return mask;
}

static void release(struct rill_table *base)
{
	free(base);
}

static uint8_t mask_of(const struct rill_session *s)
{
	return (uint8_t)(1u << s->route.bit);
}

int rill_control_publish_table(void)
{
	struct table *t = malloc(sizeof *t + rill_control.running * sizeof t->rows[0]);
	uint8_t bits = 0;

	if (!t)
		return rill_fail(ENOMEM, "no memory for the table of sessions");
	t->base = (struct rill_table){ decide, release };
	t->count = 0;
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		const struct rill_session *s = rill_control.sessions[i];

		if (!s || s->stopping || s->excluded)
			continue;
		t->rows[t->count++] = (struct row){ mask_of(s), s->filter };
		bits |= mask_of(s);
	}
	if (rill_route_has_early())	/* ends of scopes that were begun before the first session */
		bits |= 1u << RILL_BIT_SHARED;
	__atomic_store_n(&rill_running_bits, bits, __ATOMIC_RELAXED);
	rill_table_publish(&t->base);
	rill_sites_refresh();
	return 0;
}

int rill_control_publish_list(void)
{
	struct rill_route_list *list = calloc(1, sizeof *list + CONFIG_RILL_SHARED_SESSIONS_MAX * sizeof list->shared[0]);

	if (!list)
		return rill_fail(ENOMEM, "no memory for the list of sessions");
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		struct rill_session *s = rill_control.sessions[i];

		if (!s || !s->route.outlet)
			continue;
		if (s->route.bit == RILL_BIT_SHARED)
			list->shared[list->shared_count++] = &s->route;
		else
			list->direct[s->route.bit] = &s->route;
	}
	rill_route_publish(list);
	return 0;
}

/* SPDX-License-Identifier: MIT
 * table.c - from the running sessions to the immutable table of who wants what, and the enabled bytes.
 */
#include "control/early.h"
#include "control/session_private.h"
#include "emit/category.h"
#include "emit/loss.h"
#include "emit/record.h"
#include "emit/site.h"
#include "port/port.h"
#include "port/rcu.h"
#include "route/route.h"

#include <errno.h>
#include <stdlib.h>

struct row {
	uint8_t mask;	/* 0: struck out; accessed atomically */
	const struct rill_filter *filter;
};

struct table {
	struct rill_table base;
	uint32_t count;
	struct row rows[];
};

static struct table *published;	/* NULL: none was yet; guarded by control's lock */

static uint8_t decide(const struct rill_table *base, const char *group, const char *name)
{
	const struct table *t = (const struct table *)base;
	uint8_t mask = 0;

	for (uint32_t i = 0; i < t->count; i++) {
		const struct row *row = &t->rows[i];
		uint8_t bit = __atomic_load_n(&row->mask, __ATOMIC_RELAXED);

		if (!bit || (mask & bit))
			continue;
		if (name ? rill_filter_wants(row->filter, group, name) : rill_filter_group(row->filter, group))
			mask |= bit;
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

static bool wants_events(const struct rill_session *s)
{
	return s && !s->stopping && !s->excluded;
}

static struct row *row_of(const struct rill_filter *filter)
{
	for (uint32_t i = 0; published && i < published->count; i++)
		if (published->rows[i].filter == filter && published->rows[i].mask)
			return &published->rows[i];
	return NULL;
}

/* Out of memory: the sessions that have gone are struck out of the present table, if that is all there is to do. Step STRIKE of
 * tests/model/rcu.pml. */
static bool strike_out(void)
{
	struct row *kept[RILL_SESSIONS_MAX] = { NULL };
	uint32_t count = 0;

	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		const struct rill_session *s = rill_control.sessions[i];

		if (!wants_events(s))
			continue;
		kept[count] = row_of(s->filter);
		if (!kept[count++])
			return false;
	}
	for (uint32_t i = 0; published && i < published->count; i++) {
		bool keep = false;

		for (uint32_t k = 0; k < count; k++)
			keep |= kept[k] == &published->rows[i];
		if (!keep)
			__atomic_store_n(&published->rows[i].mask, 0, __ATOMIC_RELAXED);
	}
	return true;
}

static struct table *new_table(void)
{
	struct table *t = malloc(sizeof *t + rill_control.running * sizeof t->rows[0]);

	if (!t)
		return NULL;
	t->base = (struct rill_table){ decide, release };
	t->count = 0;
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		const struct rill_session *s = rill_control.sessions[i];

		if (wants_events(s))
			t->rows[t->count++] = (struct row){ mask_of(s), s->filter };
	}
	return t;
}

int rill_control_publish_table(void)
{
	struct table *t = new_table();
	uint8_t bits = 0;

	if (!t && !strike_out())
		return rill_fail(ENOMEM, "no memory for the table of sessions");
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++)
		if (wants_events(rill_control.sessions[i]))
			bits |= mask_of(rill_control.sessions[i]);
	if (RILL_ON(CONFIG_RILL_EARLY) && rill_early_ends())	/* ends of scopes that were begun before the first session */
		bits |= 1u << RILL_BIT_SHARED;
	__atomic_store_n(&rill_running_bits, bits, __ATOMIC_RELAXED);
	if (t) {
		published = t;
		rill_table_publish(&t->base);
	} else if (published) {
		/* Twice: a byte that was computed before by somebody who stores it only now finds the same table, and stays for the
		 * second time round. */
		rill_table_publish(&published->base);
		rill_table_publish(&published->base);
	}
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

		if (!s || !s->route.outlet || (RILL_ON(CONFIG_RILL_FLIGHT) && s->flight))
			continue;
		if (s->route.bit == RILL_BIT_SHARED)
			list->shared[list->shared_count++] = &s->route;
		else
			list->direct[s->route.bit] = &s->route;
	}
	rill_route_publish(list);
	return 0;
}

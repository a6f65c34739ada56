/* SPDX-License-Identifier: MIT
 * inventory.c - what there is to record, and what each thread has recorded.
 */
#include "control/session_private.h"
#include "control/uncancelled.h"
#include "emit/category.h"
#include "emit/site.h"
#include "port/port.h"
#include "port/rcu.h"
#include "ring/ring.h"
#include "route/feed.h"
#include "route/route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int most_losses_first(const void *a, const void *b)
{
	const struct rill_thread_stats *x = a, *y = b;

	if (x->lost != y->lost)
		return x->lost < y->lost ? 1 : -1;
	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

int rill_session_thread_stats(struct rill_session *session, struct rill_thread_stats *out, size_t max)
{
	RILL_UNCANCELLED;
	struct rill_session *s = rill_session_get(session);
	struct rill_thread_stats *all;
	uint32_t count = 0;

	if (!s)
		return -ENOENT;
	rill_route_lock();
	all = calloc(s->route.thread_count + 1, sizeof *all);
	for (uint32_t i = 0; all && i < s->route.thread_room; i++)
		if (s->route.threads[i].serial)
			all[count++] = s->route.threads[i];
	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		const struct rill_feed *f = rill_feed_of(i);

		for (uint32_t t = 0; f && t < count; t++)
			if (all[t].serial == f->serial)
				all[t].ring_high_bytes = f->high_bytes;
	}
	rill_route_unlock();
	rill_session_put(s);
	if (!all)
		return rill_fail(ENOMEM, "no memory for the threads' statistics");
	qsort(all, count, sizeof *all, most_losses_first);
	if (max)	/* out may be NULL: then only the number is asked for */
		memcpy(out, all, (count < max ? count : max) * sizeof *all);
	free(all);
	return (int)count;
}

/* ---- what there is -------------------------------------------------------------------------------- */

int rill_categories(void (*take)(void *ctx, const char *group, uint8_t sessions), void *ctx)
{
	uint32_t count = rill_category_count(), given = 0;

	for (uint32_t i = 0; i < count; i++) {
		const char *text = rill_category_text((uint16_t)i);

		if (!text[0] && i)
			continue;	/* a number that is just being given */
		given++;
		if (take)
			take(ctx, text, rill_category_byte((uint16_t)i));
	}
	return (int)given;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int rill_enabled_categories(struct rill_session *session, char *text, size_t size)
{
	RILL_UNCANCELLED;
	struct rill_session *s = session ? rill_session_get(session) : NULL;
	uint32_t count = rill_category_count(), found = 0;
	const char **names = malloc((count + 1) * sizeof *names);
	size_t length = 0;

	if (session && !s) {
		free(names);
		return -ENOENT;
	}
	rcu_read_lock();	/* the session's filter may be replaced meanwhile */
	for (uint32_t i = 0; names && i < count; i++) {
		const char *name = rill_category_text((uint16_t)i);

		if (name[0] && (s ? s->route.wants(&s->route, name, NULL) : rill_category_byte((uint16_t)i) != 0))
			names[found++] = name;
	}
	rcu_read_unlock();
	if (s)
		rill_session_put(s);
	if (!names)
		return rill_fail(ENOMEM, "no memory for the list of categories");
	qsort(names, found, sizeof *names, by_text);
	if (size)
		text[0] = '\0';
	for (uint32_t i = 0; i < found; i++)
		length += (size_t)snprintf(length < size ? text + length : NULL, length < size ? size - length : 0, "%s%s",
					   i ? "," : "", names[i]);
	free(names);
	return (int)length;
}

int rill_call_sites(void (*take)(void *ctx, const struct rill_site_info *site), void *ctx)
{
	RILL_UNCANCELLED;
	uint32_t count = rill_site_count();

	for (uint32_t i = 0; take && i < count; i++) {
		uint16_t id = (uint16_t)(RILL_ID_SITES + i);
		struct rill_site_info info = { .id = id, .sessions = rill_site_byte(id) };
		/* A copy, since take is not to run in a read section: what waits for its end would wait for itself. */
		struct rill_site_entry *e = rill_site_entry_copy(id);

		if (!e)
			return rill_fail(ENOMEM, "no memory for the texts of a call site");
		info.category = e->category;
		info.name = e->name;
		info.file = e->file;
		info.line = e->line;
		info.phase = (char)e->phase;
		take(ctx, &info);
		free(e);
	}
	return (int)count;
}

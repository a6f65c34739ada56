/* SPDX-License-Identifier: MIT
 * merge_group.c - one stream of the output of `rill merge`: threads, scopes, metadata, and the books.
 */
#include "merge_group.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 65536, SCOPES_MAX = 65536, PAIRS_BYTES_MAX = 256 << 10 };

/* ---- threads -------------------------------------------------------------------------------- */

static void take_name(struct rill_thread *t, const struct rill_thread *news)
{
	if (strcmp(t->name, news->name)) {
		free((char *)t->name);
		t->name = rill_text("%s", news->name);
	}
	t->has_sort_index = news->has_sort_index;
	t->sort_index = news->sort_index;
}

static bool differs(const struct rill_thread *t, const struct rill_thread *news)
{
	return strcmp(t->name, news->name) || t->has_sort_index != news->has_sort_index ||
	       t->sort_index != news->sort_index;
}

/* Each file in JSON counts from 1: threads are known by their tid, and what is said last holds. */
static void heed_json(struct rill_thread *t, const struct rill_thread *news)
{
	if (!(*news->name || news->has_sort_index) || !differs(t, news))
		return;
	take_name(t, news);
	t->generation++;
}

const struct rill_thread *rill_merge_group_thread(struct rill_merge_group *g,
						  const struct rill_merge_record *r)
{
	const struct rill_thread *const news = &r->thread;
	const uint32_t key = g->json ? news->tid : news->serial;
	struct rill_thread *t;
	void **place;

	if (!r->has_thread)
		return NULL;
	place = rill_table_find(&g->threads, &key, sizeof key);
	if (!place && g->threads.count == THREADS_MAX)
		return g->json ? NULL : news;
	if (!place)
		place = rill_table_put(&g->threads, &key, sizeof key);
	t = *place;
	if (!t) {
		*place = t = rill_alloc(1, sizeof *t);
		*t = *news;
		t->name = rill_text("%s", news->name);
		t->serial = g->json ? ++g->serial_count : news->serial;
	} else if (g->json) {
		heed_json(t, news);
	} else if (news->generation > t->generation) {
		take_name(t, news);
		t->generation = news->generation;
	}
	return t;
}

/* ---- scopes --------------------------------------------------------------------------------- */

void rill_merge_group_scope(struct rill_merge_group *g, struct rill_event *e)
{
	const bool ends = e->phase == 'E' && e->state & RILL_EVENT_HAS_BEGIN;
	const uint64_t key[2] = { e->thread ? e->thread->serial : 0,
				  ends ? e->begin_ns : e->ts_ns };

	if (g->members < 2 || !(e->state & RILL_EVENT_SCOPE))
		return;
	if (e->phase == 'B' && g->scopes.count < SCOPES_MAX) {
		rill_table_put(&g->scopes, key, sizeof key);
	} else if (ends && rill_table_find(&g->scopes, key, sizeof key)) {
		rill_table_remove(&g->scopes, key, sizeof key);
		e->state &= (uint16_t)~RILL_EVENT_BEGIN_LOST;
	}
}

/* ---- metadata ------------------------------------------------------------------------------- */

bool rill_merge_group_is_news(struct rill_merge_group *g, const char *name, const char *args)
{
	void **place = rill_table_find(&g->pairs, name, strlen(name));

	if (place && !strcmp(*place, args))
		return false;
	g->pair_bytes += strlen(name) + strlen(args);
	if (g->pair_bytes > PAIRS_BYTES_MAX)
		return true; /* told again is better than not told */
	place = rill_table_put(&g->pairs, name, strlen(name));
	free(*place);
	*place = rill_text("%s", args);
	return true;
}

/* ---- the books ------------------------------------------------------------------------------ */

struct rill_merge_book *rill_merge_group_book(struct rill_merge_group *g, uint64_t identity)
{
	for (size_t i = 0; i < g->book_count; i++)
		if (g->books[i].identity == identity)
			return &g->books[i];
	if (!(g->book_count & (g->book_count - 1)))
		g->books = rill_grow(g->books, g->book_count ? 2 * g->book_count : 1,
				     sizeof *g->books);
	g->books[g->book_count] = (struct rill_merge_book){ .identity = identity };
	return &g->books[g->book_count++];
}

static uint64_t less(uint64_t all, uint64_t part)
{
	return all > part ? all - part : 0;
}

/* What the sink lost is told in the totals, but it counts as written in the headers: then it is
 * missing, and told as that. */
static uint64_t lost_by(const struct rill_merge_group *g, const struct rill_merge_book *b)
{
	const uint64_t at_end = g->json ? b->stats.lost_total
					: less(b->stats.delivered + b->stats.lost_total, b->written);

	return b->lost > at_end ? b->lost : at_end;
}

/* Of all causes. */
static uint64_t untold(const struct rill_merge_group *g)
{
	uint64_t lost = 0, told = 0;

	for (size_t i = 0; i < g->book_count; i++)
		lost += lost_by(g, &g->books[i]);
	for (unsigned i = 0; i <= RILL_CAUSES; i++)
		told += g->gaps[i];
	return less(lost, told);
}

uint64_t rill_merge_group_untold(const struct rill_merge_group *g, unsigned cause)
{
	const uint64_t most = untold(g);
	uint64_t lost = 0;

	if (cause == RILL_CAUSES)
		return most;
	for (size_t i = 0; i < g->book_count; i++)
		lost += g->books[i].stats.lost[cause];
	lost = less(lost, g->gaps[cause]);
	return lost < most ? lost : most;
}

bool rill_merge_group_totals(const struct rill_merge_group *g, struct rill_stats *stats)
{
	bool any = false;

	*stats = (struct rill_stats){ .delivered = 0 };
	for (size_t i = 0; i < g->book_count; i++) {
		const struct rill_stats *const s = &g->books[i].stats;

		any |= g->books[i].has_stats;
		stats->delivered += s->delivered;
		stats->lost_total += s->lost_total;
		stats->bytes += s->bytes;
		stats->segments += s->segments;
		stats->threads = s->threads > stats->threads ? s->threads : stats->threads;
		for (unsigned j = 0; j < RILL_CAUSES; j++)
			stats->lost[j] += s->lost[j];
	}
	return any;
}

static void free_thread(void *value)
{
	free((char *)((struct rill_thread *)value)->name);
	free(value);
}

void rill_merge_group_free(struct rill_merge_group *g)
{
	rill_table_free(&g->threads, free_thread);
	rill_table_free(&g->scopes, NULL);
	rill_table_free(&g->pairs, free);
	free(g->books);
	free(g->session);
	free(g->version);
	*g = (struct rill_merge_group){ .open = false };
}

/* SPDX-License-Identifier: MIT
 * to_ctf_whose.c - whose file an event belongs to.
 *
 * The number of files is bounded, for a reader has all of them open. Threads that come when all but
 * a few are taken share those few, and each event says whose it is.
 */
#include "to_ctf.h"
#include "tool.h"

#include <stdlib.h>

struct rill_ctf_source *rill_ctf_source_of(struct rill_ctf_sources *k, uint32_t stream,
					   uint32_t serial, struct rill_ctf_source **list)
{
	const uint32_t key[2] = { stream, serial };
	struct rill_ctf_source *source;
	void **place;

	if (k->last && k->last->stream == stream && k->last->serial == serial)
		return k->last;
	place = rill_table_find(&k->table, key, sizeof key);
	if (place)
		return k->last = *place;
	if (k->files >= RILL_CTF_FILES_MAX - RILL_CTF_LANES)
		return &k->shared;
	source = rill_alloc(1, sizeof *source);
	source->stream = stream;
	source->serial = serial;
	source->next = *list;
	*list = source;
	*rill_table_put(&k->table, key, sizeof key) = source;
	return k->last = source;
}

/* NULL: it has as many as it may. */
static struct rill_ctf_lane *add_lane(struct rill_ctf_sources *k, struct rill_ctf_source *source)
{
	/* The last few are kept for those who share. */
	const uint32_t kept = source == &k->shared ? 0 : RILL_CTF_LANES - k->shared.lane_count;

	if (source->lane_count == RILL_CTF_LANES || k->files + kept >= RILL_CTF_FILES_MAX)
		return NULL;
	source->lanes[source->lane_count].number = k->files++;
	return &source->lanes[source->lane_count++];
}

struct rill_ctf_lane *rill_ctf_first_lane(struct rill_ctf_sources *k,
					  struct rill_ctf_source *source)
{
	struct rill_ctf_lane *const lane = source->lane_count ? source->lanes : add_lane(k, source);

	return lane ? lane : rill_ctf_first_lane(k, &k->shared);
}

struct rill_ctf_lane *rill_ctf_lane_for(struct rill_ctf_sources *k, struct rill_ctf_source *source,
					uint64_t *ts_ns)
{
	struct rill_ctf_lane *lane;

	if (*ts_ns > RILL_CTF_TIME_MAX)
		*ts_ns = RILL_CTF_TIME_MAX;
	for (unsigned i = 0; i < source->lane_count; i++)
		if (*ts_ns >= source->lanes[i].out_ns)
			return &source->lanes[i];
	lane = add_lane(k, source);
	if (lane)
		return lane;
	if (source != &k->shared)
		return rill_ctf_lane_for(k, &k->shared, ts_ns);
	lane = &source->lanes[0];
	for (unsigned i = 1; i < source->lane_count; i++)
		if (source->lanes[i].out_ns < lane->out_ns)
			lane = &source->lanes[i];
	*ts_ns = lane->out_ns;
	return lane;
}

static void flush(struct rill_ctf_sources *k, struct rill_ctf_source *source)
{
	for (unsigned i = 0; i < source->lane_count; i++)
		rill_ctf_lane_flush(&source->lanes[i], &k->out);
}

void rill_ctf_sources_flush(struct rill_ctf_sources *k, struct rill_ctf_source *list)
{
	for (; list; list = list->next)
		flush(k, list);
}

static void free_lanes(struct rill_ctf_source *source)
{
	for (unsigned i = 0; i < source->lane_count; i++)
		rill_ctf_lane_free(&source->lanes[i]);
}

void rill_ctf_sources_end(struct rill_ctf_sources *k, struct rill_ctf_source *list)
{
	struct rill_ctf_source *next;

	for (; list; list = next) {
		const uint32_t key[2] = { list->stream, list->serial };

		next = list->next;
		flush(k, list);
		free_lanes(list);
		rill_table_remove(&k->table, key, sizeof key);
		if (k->last == list)
			k->last = NULL;
		free(list);
	}
}

void rill_ctf_sources_free(struct rill_ctf_sources *k)
{
	free_lanes(&k->shared);
	rill_table_free(&k->table, NULL);
	free(k->out.packet);
}

/* SPDX-License-Identifier: MIT
 * merge_clock.c - which clocks the inputs of `rill merge` were stamped with, and by what they are
 * joined.
 */
#include "merge_clock.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { NS_PER_SECOND = 1000000000, APART_MAX_S = 60 };

const char *rill_merge_way_name(enum rill_merge_way way)
{
	static const char *const names[] = { "best", "monotonic", "realtime", "sync", "by hand" };

	return names[way];
}

const struct rill_merge_clock *rill_merge_clock_of(const struct rill_merge_clocks *k,
						   uint32_t input, uint32_t stream)
{
	const struct rill_merge_input *const in = &k->inputs[input];

	/* A file that has grown since it was looked at may have streams that were not there. */
	return &k->clocks[in->clock + (stream < in->look.stream_count
					       ? in->look.streams[stream]->clock
					       : in->clock_count - 1)];
}

/* ---- which clocks there are ----------------------------------------------------------------- */

static struct rill_merge_clock *add_clock(struct rill_merge_clocks *k, uint32_t input,
					  const char *boot_id)
{
	struct rill_merge_clock *c;

	if (!(k->count & (k->count - 1)))
		k->clocks = rill_grow(k->clocks, k->count ? 2 * k->count : 1, sizeof *k->clocks);
	c = &k->clocks[k->count++];
	*c = (struct rill_merge_clock){ .input = input,
					.number = k->inputs[input].clock_count++,
					.boot_id = boot_id };
	return c;
}

static uint32_t clock_for(struct rill_merge_clocks *k, uint32_t input,
			  const struct rill_look_stream *s, bool merged)
{
	struct rill_merge_input *const in = &k->inputs[input];

	for (uint32_t i = 0; i < in->clock_count; i++) {
		struct rill_merge_clock *const c = &k->clocks[in->clock + i];

		if (merged || !*s->boot_id || !*c->boot_id || !strcmp(s->boot_id, c->boot_id)) {
			if (!*c->boot_id)
				c->boot_id = s->boot_id;
			return i;
		}
	}
	return add_clock(k, input, s->boot_id)->number;
}

static void add_times(struct rill_merge_clock *c, const struct rill_look_stream *s)
{
	if (!s->any)
		return;
	if (!c->any || s->first_ns < c->first_ns)
		c->first_ns = s->first_ns;
	if (!c->any || s->last_ns > c->last_ns)
		c->last_ns = s->last_ns;
	c->any = true;
}

/* All programs of one start of a machine see the same clocks. Of streams that do not say which start
 * it was, the first one's word counts. */
static void add_samples(struct rill_merge_clock *c, const struct rill_look_stream *s)
{
	if (c->sample_count && (!*s->boot_id || strcmp(s->boot_id, c->boot_id)))
		return;
	if (c->sample_count + s->sample_count > c->sample_room) {
		c->sample_room = 2 * (c->sample_count + s->sample_count);
		c->samples = rill_grow(c->samples, c->sample_room, sizeof *c->samples);
	}
	if (s->sample_count)
		memcpy(c->samples + c->sample_count, s->samples,
		       s->sample_count * sizeof *s->samples);
	c->sample_count += s->sample_count;
}

static int compare(const void *left, const void *right)
{
	const struct rill_look_sample *const a = left, *const b = right;

	return a->ns < b->ns ? -1 : a->ns > b->ns;
}

static void find_clocks(struct rill_merge_clocks *k, uint32_t input)
{
	struct rill_merge_input *const in = &k->inputs[input];
	bool merged = false;

	in->clock = (uint32_t)k->count;
	for (size_t i = 0; i < in->look.stream_count; i++)
		merged |= in->look.streams[i]->merged;
	if (!in->look.stream_count)
		add_clock(k, input, "");
	for (size_t i = 0; i < in->look.stream_count; i++) {
		struct rill_look_stream *const s = in->look.streams[i];
		struct rill_merge_clock *c;

		s->clock = clock_for(k, input, s, merged);
		c = &k->clocks[in->clock + s->clock];
		add_times(c, s);
		add_samples(c, s);
	}
	for (uint32_t i = 0; i < in->clock_count; i++) {
		struct rill_merge_clock *const c = &k->clocks[in->clock + i];

		if (c->sample_count)
			qsort(c->samples, c->sample_count, sizeof *c->samples, compare);
		rill_merge_take_steps(c);
	}
}

/* ---- by what they can be joined ------------------------------------------------------------- */

static const struct rill_merge_clock *first_of(const struct rill_merge_clocks *k)
{
	return &k->clocks[k->first];
}

/* Has this one to be joined by what the traces say? */
static bool is_open(const struct rill_merge_clocks *k, const struct rill_merge_clock *c)
{
	return c != first_of(k) && c->any && !k->inputs[c->input].by_hand;
}

static bool is_same_boot(const struct rill_merge_clocks *k, const struct rill_merge_clock *c)
{
	return *c->boot_id && !strcmp(c->boot_id, first_of(k)->boot_id);
}

static bool is_other_boot(const struct rill_merge_clocks *k, const struct rill_merge_clock *c)
{
	return *c->boot_id && *first_of(k)->boot_id && !is_same_boot(k, c);
}

/* Times of two machines are hardly ever this close: they count from the start of each. */
static bool looks_the_same(const struct rill_merge_clocks *k, const struct rill_merge_clock *c)
{
	const uint64_t apart = (uint64_t)APART_MAX_S * NS_PER_SECOND;
	const struct rill_merge_clock *const f = first_of(k);

	return !is_other_boot(k, c) && f->any && c->first_ns <= f->last_ns + apart &&
	       f->first_ns <= c->last_ns + apart;
}

static bool has_samples(const struct rill_merge_clocks *k, const struct rill_merge_clock *c)
{
	return c->sample_count && first_of(k)->sample_count;
}

static bool all(const struct rill_merge_clocks *k,
		bool (*can)(const struct rill_merge_clocks *k, const struct rill_merge_clock *c))
{
	for (size_t i = 0; i < k->count; i++)
		if (is_open(k, &k->clocks[i]) && !can(k, &k->clocks[i]))
			return false;
	return true;
}

/* ---- joining them --------------------------------------------------------------------------- */

static const char *path_of(const struct rill_merge_clocks *k, const struct rill_merge_clock *c)
{
	return k->inputs[c->input].look.path;
}

/* way: what was asked for. */
static int join_monotonic(struct rill_merge_clocks *k, enum rill_merge_way way)
{
	for (size_t i = 0; i < k->count; i++) {
		struct rill_merge_clock *const c = &k->clocks[i];

		if (!c->any && !is_other_boot(k, c))
			c->way = RILL_MERGE_MONOTONIC; /* nothing to join, but it is one of them */
		if (!is_open(k, c))
			continue;
		if (is_other_boot(k, c)) {
			rill_say("%s was recorded after another start of a machine than %s, so they "
				 "share no CLOCK_MONOTONIC: --clock realtime, --clock sync or "
				 "--offset %s=NS",
				 path_of(k, c), path_of(k, first_of(k)), path_of(k, c));
			return RILL_EXIT_FAILED;
		}
		c->settled = true;
		c->certain = is_same_boot(k, c);
		c->way = RILL_MERGE_MONOTONIC;
		k->assumed |= !c->certain && way == RILL_MERGE_BEST;
	}
	return 0;
}

static int join_realtime(struct rill_merge_clocks *k)
{
	for (size_t i = 0; i < k->count; i++) {
		struct rill_merge_clock *const c = &k->clocks[i];

		if (!is_open(k, c))
			continue;
		if (!has_samples(k, c)) {
			const struct rill_merge_clock *const without =
				c->sample_count ? first_of(k) : c;

			rill_say("%s does not say what CLOCK_REALTIME was: no --clock realtime with "
				 "it (--clock monotonic if all are of one machine, --clock sync, or "
				 "--offset FILE=NS)",
				 path_of(k, without));
			return RILL_EXIT_FAILED;
		}
		rill_merge_fit_realtime(c, first_of(k));
		c->settled = true;
		c->way = RILL_MERGE_REALTIME;
	}
	return 0;
}

static bool is_settled(const struct rill_merge_clocks *k, size_t i)
{
	return i == k->first || k->clocks[i].settled;
}

/* The pair of a settled clock and another one that has most marks in common; 0: there is none. */
static size_t find_next_sync(const struct rill_merge_clocks *k, uint32_t *clock, uint32_t *settled)
{
	size_t most = 0;

	for (uint32_t i = 0; i < k->count; i++) {
		if (!is_open(k, &k->clocks[i]) || k->clocks[i].settled)
			continue;
		for (uint32_t j = 0; j < k->count; j++) {
			const size_t count =
				is_settled(k, j) ? rill_merge_common_marks(k, i, j) : 0;

			if (count <= most)
				continue;
			most = count;
			*clock = i;
			*settled = j;
		}
	}
	return most;
}

static int join_sync(struct rill_merge_clocks *k)
{
	uint32_t clock, settled;
	int code = 0;

	while (!code && find_next_sync(k, &clock, &settled)) {
		code = rill_merge_fit_sync(k, clock, settled);
		k->clocks[clock].settled = true;
		k->clocks[clock].way = RILL_MERGE_SYNC;
	}
	return code;
}

static const struct rill_merge_clock *find_open(const struct rill_merge_clocks *k)
{
	for (size_t i = 0; i < k->count; i++)
		if (is_open(k, &k->clocks[i]) && !k->clocks[i].settled)
			return &k->clocks[i];
	return NULL;
}

static int refuse_sync(const struct rill_merge_clocks *k, const struct rill_merge_clock *c)
{
	const size_t marks = k->inputs[c->input].look.mark_count;

	if (marks)
		rill_say("%s has %zu clock_sync marks, but none with a sync_id that the other "
			 "inputs have: --offset %s=NS, or another --clock",
			 path_of(k, c), marks, path_of(k, c));
	else
		rill_say("%s has no clock_sync mark (an event of phase c with a sync_id, issued in "
			 "both traces): --offset %s=NS, or another --clock",
			 path_of(k, c), path_of(k, c));
	return RILL_EXIT_FAILED;
}

/* Forgets what was tried. */
static void open_again(struct rill_merge_clocks *k)
{
	for (size_t i = 0; i < k->count; i++) {
		struct rill_merge_clock *const c = &k->clocks[i];

		if (!is_open(k, c))
			continue;
		rill_line_free(&c->line);
		c->settled = c->certain = false;
		c->uncertainty_ns = 0;
	}
}

static int refuse_all(const struct rill_merge_clocks *k)
{
	const struct rill_merge_clock *c = NULL;

	for (size_t i = 0; i < k->count && !c; i++)
		if (is_open(k, &k->clocks[i]) && !has_samples(k, &k->clocks[i]) &&
		    !looks_the_same(k, &k->clocks[i]))
			c = &k->clocks[i];
	if (!c)
		c = find_open(k);
	rill_say("nothing joins the clock of %s to that of %s: %s does not say what CLOCK_REALTIME "
		 "was, no clock_sync mark is in both, and their times are far apart; --clock "
		 "monotonic if they are of one machine, else --offset %s=NS",
		 path_of(k, c), path_of(k, first_of(k)),
		 c->sample_count ? path_of(k, first_of(k)) : path_of(k, c), path_of(k, c));
	return RILL_EXIT_FAILED;
}

/* The surest first. */
static int join_best(struct rill_merge_clocks *k)
{
	int code;

	k->way = RILL_MERGE_MONOTONIC;
	if (all(k, is_same_boot))
		return join_monotonic(k, RILL_MERGE_BEST);
	k->way = RILL_MERGE_SYNC;
	code = join_sync(k);
	if (code || !find_open(k))
		return code;
	open_again(k);
	k->way = RILL_MERGE_REALTIME;
	if (all(k, has_samples))
		return join_realtime(k);
	k->way = RILL_MERGE_MONOTONIC;
	if (all(k, looks_the_same))
		return join_monotonic(k, RILL_MERGE_BEST);
	return refuse_all(k);
}

static int join(struct rill_merge_clocks *k, enum rill_merge_way way)
{
	int code;

	k->way = way;
	switch (way) {
	case RILL_MERGE_MONOTONIC: return join_monotonic(k, way);
	case RILL_MERGE_REALTIME: return join_realtime(k);
	case RILL_MERGE_SYNC:
		code = join_sync(k);
		return code || !find_open(k) ? code : refuse_sync(k, find_open(k));
	default: return join_best(k);
	}
}

/* ---- all of them ---------------------------------------------------------------------------- */

static void join_by_hand(struct rill_merge_clocks *k)
{
	for (size_t i = 0; i < k->count; i++) {
		struct rill_merge_clock *const c = &k->clocks[i];

		if (!k->inputs[c->input].by_hand)
			continue;
		rill_line_add(&c->line, 0, k->inputs[c->input].offset_ns);
		c->settled = c->certain = true;
		c->way = RILL_MERGE_BY_HAND;
	}
}

/* No time can be before 0: if one would be, all are moved by whole seconds. */
static void shift_all(struct rill_merge_clocks *k)
{
	int64_t least = 0;

	for (size_t i = 0; i < k->count; i++) {
		const struct rill_merge_clock *const c = &k->clocks[i];
		const int64_t first =
			(int64_t)(c->first_ns & INT64_MAX) + rill_line_offset(&c->line, c->first_ns);

		if (c->any && first < least)
			least = first;
	}
	k->shift_ns = (-least + NS_PER_SECOND - 1) / NS_PER_SECOND * NS_PER_SECOND;
	for (size_t i = 0; i < k->count; i++)
		k->clocks[i].line.shift_ns = k->shift_ns;
}

int rill_merge_clocks_find(struct rill_merge_clocks *k, enum rill_merge_way way)
{
	int code;

	for (uint32_t i = 0; i < k->input_count; i++)
		find_clocks(k, i);
	while (k->first + 1 < k->count && !k->clocks[k->first].any)
		k->first++;
	if (!k->clocks[k->first].any)
		k->first = 0;
	k->clocks[k->first].settled = k->clocks[k->first].certain = true;
	join_by_hand(k);
	code = join(k, way);
	if (!code)
		shift_all(k);
	return code;
}

void rill_merge_clocks_free(struct rill_merge_clocks *k)
{
	for (size_t i = 0; i < k->count; i++) {
		rill_line_free(&k->clocks[i].line);
		free(k->clocks[i].samples);
	}
	free(k->clocks);
}

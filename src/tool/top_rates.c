/* SPDX-License-Identifier: MIT
 * top_rates.c - what has changed in a model since it was looked at last.
 */
#include "top.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

/* ---- order ---------------------------------------------------------------------------------------- */

static int by_name(const struct rill_top_row *a, const struct rill_top_row *b)
{
	const int order = strcmp(a->row->name, b->row->name);

	return order ? order : strcmp(a->row->category, b->row->category);
}

static int compare_names(const void *left, const void *right)
{
	return by_name(left, right);
}

static int compare_events(const void *left, const void *right)
{
	const struct rill_top_row *const a = left, *const b = right;

	return a->count != b->count ? (a->count < b->count) - (a->count > b->count) : by_name(a, b);
}

static int compare_self(const void *left, const void *right)
{
	const struct rill_top_row *const a = left, *const b = right;

	return a->self_ns != b->self_ns ? (a->self_ns < b->self_ns) - (a->self_ns > b->self_ns) : compare_events(left, right);
}

static int compare_lanes(const void *left, const void *right)
{
	const struct rill_top_lane *const a = left, *const b = right;

	if (a->events != b->events)
		return (a->events < b->events) - (a->events > b->events);
	return a->lane->tid != b->lane->tid ? (a->lane->tid > b->lane->tid) - (a->lane->tid < b->lane->tid)
					    : (a->lane->pid > b->lane->pid) - (a->lane->pid < b->lane->pid);
}

void rill_top_sort(struct rill_top *t)
{
	static int (*const orders[])(const void *, const void *) = {
		[RILL_TOP_BY_EVENTS] = compare_events,
		[RILL_TOP_BY_SELF] = compare_self,
		[RILL_TOP_BY_NAME] = compare_names,
	};

	if (t->row_count)
		qsort(t->rows, t->row_count, sizeof *t->rows, orders[t->order]);
	if (t->lane_count)
		qsort(t->lanes, t->lane_count, sizeof *t->lanes, compare_lanes);
}

/* ---- differences ---------------------------------------------------------------------------------- */

static void make_room(struct rill_top *t, const struct rill_model *m)
{
	const size_t rows = t->past_row_room, lanes = t->past_lane_room;

	if (m->row_room > rows) {
		t->past_row_room = m->row_room;
		t->past_rows = rill_grow(t->past_rows, m->row_room, sizeof *t->past_rows);
		t->rows = rill_grow(t->rows, m->row_room, sizeof *t->rows);
		memset(t->past_rows + rows, 0, (m->row_room - rows) * sizeof *t->past_rows);
	}
	if (m->lane_room > lanes) {
		t->past_lane_room = m->lane_room;
		t->past_lanes = rill_grow(t->past_lanes, m->lane_room, sizeof *t->past_lanes);
		t->lanes = rill_grow(t->lanes, m->lane_room, sizeof *t->lanes);
		memset(t->past_lanes + lanes, 0, (m->lane_room - lanes) * sizeof *t->past_lanes);
	}
}

/* Self time is taken off a slice when those inside it are found: in a period it may be less than nothing. */
static int64_t since(int64_t now, int64_t past)
{
	int64_t difference;

	return __builtin_sub_overflow(now, past, &difference) || difference < 0 ? 0 : difference;
}

static void look_at_rows(struct rill_top *t, const struct rill_model *m)
{
	t->row_count = 0;
	for (size_t i = 0; i < m->row_count; i++) {
		const struct rill_row *const row = m->rows[i];
		struct rill_top_row *const past = &t->past_rows[i];

		if (row->count != past->count)
			t->rows[t->row_count++] = (struct rill_top_row){ row, row->count - past->count, since(row->self_ns, past->self_ns) };
		*past = (struct rill_top_row){ row, row->count, row->self_ns };
	}
}

static void look_at_lanes(struct rill_top *t, const struct rill_model *m)
{
	t->lane_count = 0;
	for (size_t i = 0; i < m->lane_count; i++) {
		const struct rill_lane *const lane = m->lanes[i];
		struct rill_top_lane *const past = &t->past_lanes[i];

		if (lane->events != past->events || lane->lost != past->lost)
			t->lanes[t->lane_count++] = (struct rill_top_lane){ lane, lane->events - past->events, lane->lost - past->lost,
									    since(lane->busy_ns, past->busy_ns) };
		*past = (struct rill_top_lane){ lane, lane->events, lane->lost, lane->busy_ns };
	}
}

void rill_top_look(struct rill_top *t, const struct rill_model *m, uint64_t period_ns)
{
	const uint64_t lost = rill_model_lost(m);

	make_room(t, m);
	look_at_rows(t, m);
	look_at_lanes(t, m);
	t->period_ns = period_ns;
	t->events = m->events - t->past_events;
	t->lost = lost > t->past_lost ? lost - t->past_lost : 0;
	t->past_events = m->events;
	t->past_lost = lost;
	rill_top_sort(t);
}

void rill_top_look_at_all(struct rill_top *t, const struct rill_model *m)
{
	if (t->past_rows)
		memset(t->past_rows, 0, t->past_row_room * sizeof *t->past_rows);
	if (t->past_lanes)
		memset(t->past_lanes, 0, t->past_lane_room * sizeof *t->past_lanes);
	t->past_events = t->past_lost = 0;
	rill_top_look(t, m, m->any_time ? (uint64_t)m->last_ns - (uint64_t)m->first_ns : 0);
}

void rill_top_free(struct rill_top *t)
{
	free(t->rows);
	free(t->lanes);
	free(t->rings);
	free(t->past_rows);
	free(t->past_lanes);
}

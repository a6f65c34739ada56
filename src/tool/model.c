/* SPDX-License-Identifier: MIT
 * model.c - takes the events of a trace one by one and adds each to its row and its thread.
 */
#include "model_take.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 3 * RILL_MODEL_TEXT_MAX };

/* ---- rows and lanes
 * ------------------------------------------------------------------------------- */

struct rill_row *rill_model_row(struct rill_model *m, enum rill_kind kind, const char *category,
				const char *name)
{
	char key[KEY_MAX];
	const size_t category_size = strlen(category) + 1, name_size = strlen(name);
	const size_t size = 1 + category_size + name_size;
	struct rill_row *row;
	void **place;

	key[0] = (char)kind;
	memcpy(key + 1, category, category_size);
	memcpy(key + 1 + category_size, name, name_size);
	place = rill_table_find(&m->row_table, key, size);
	if (place)
		return *place;
	if (m->row_count >= RILL_ROWS_MAX && strcmp(name, "(other names)")) {
		m->rows_full = true;
		return rill_model_row(m, kind, "", "(other names)");
	}
	if (m->row_count == m->row_room) {
		m->row_room = m->row_room ? 2 * m->row_room : 64;
		m->rows = rill_grow(m->rows, m->row_room, sizeof m->rows[0]);
	}
	row = rill_alloc(1, sizeof *row);
	row->kind = kind;
	row->category = rill_text("%s", category);
	row->name = rill_text("%s", name);
	m->rows[m->row_count++] = row;
	*rill_table_put(&m->row_table, key, size) = row;
	return row;
}

struct rill_lane *rill_model_lane(struct rill_model *m, int64_t pid, int64_t tid)
{
	int64_t key[2] = { pid, tid };
	void **place = rill_table_find(&m->lane_table, key, sizeof key);
	struct rill_lane *lane;

	if (place)
		return *place;
	if (m->lane_count >= RILL_LANES_MAX && (pid != -1 || tid != -1)) {
		m->lanes_full = true;
		return rill_model_lane(m, -1, -1);
	}
	if (m->lane_count == m->lane_room) {
		m->lane_room = m->lane_room ? 2 * m->lane_room : 16;
		m->lanes = rill_grow(m->lanes, m->lane_room, sizeof m->lanes[0]);
	}
	lane = rill_alloc(1, sizeof *lane);
	lane->pid = pid;
	lane->tid = tid;
	m->lanes[m->lane_count++] = lane;
	*rill_table_put(&m->lane_table, key, sizeof key) = lane;
	return lane;
}

void rill_model_name(struct rill_model *m, int64_t pid, int64_t tid, const char *name)
{
	struct rill_lane *const lane = rill_model_lane(m, pid, tid);

	free(lane->name);
	lane->name = rill_text("%s", name);
}

/* ---- events ------------------------------------------------------------------------------------ */

/* A row per series. The usual single series "value" goes by the counter's name alone. */
void rill_model_series(struct rill_model *m, const struct rill_model_fields *f, const char *key, double number)
{
	const bool plain = !strcmp(key, "value");
	char series[2 * RILL_MODEL_TEXT_MAX + 8];
	struct rill_row *row;

	snprintf(series, sizeof series, "%s%s%.100s%s%s%.200s", f->name, *f->id ? "[" : "", f->id,
		 *f->id ? "]" : "", plain ? "" : ".", plain ? "" : key);
	row = rill_model_row(m, RILL_KIND_COUNTER, f->category, series);
	if (!row->count++ || number < row->low)
		row->low = number;
	if (row->count == 1 || number > row->high)
		row->high = number;
	row->last = number;
}
/* Spans match by category and id whatever the name; the older S and F by the name as well. */
static void take_span(struct rill_model *m, const struct rill_model_fields *f)
{
	const bool old = f->phase == 'S' || f->phase == 'F';
	char key[KEY_MAX + 64];
	const int size = snprintf(key, sizeof key, "%d %lld %s%c%s%c%s", old,
				  f->local_id ? (long long)f->pid : -1, f->category, 0, f->id, 0,
				  old ? f->name : "");

	if (f->phase == 'b' || f->phase == 'S')
		rill_span_begin(m, key, (size_t)size,
				rill_model_row(m, RILL_KIND_SPAN, f->category, f->name), f->ts);
	else
		rill_span_end(m, key, (size_t)size, f->name, f->ts);
}

static struct rill_row *row_of(struct rill_model *m, enum rill_kind kind, const struct rill_model_fields *f)
{
	struct rill_row *row;

	if (f->row && *f->row && (*f->row)->kind == kind)
		return *f->row;
	row = rill_model_row(m, kind, f->category, f->name);
	if (f->row)
		*f->row = row;
	return row;
}

static void take_slice(struct rill_model *m, struct rill_lane *lane, const struct rill_model_fields *f)
{
	struct rill_row *row;

	if (f->phase == 'E') {
		rill_slice_end(m, lane, f->name, f->ts);
		return;
	}
	row = row_of(m, RILL_KIND_SLICE, f);
	if (f->phase == 'B')
		rill_slice_begin(m, lane, row, f->ts);
	else if (f->has_duration)
		rill_slice_complete(lane, row, f->ts, f->duration > 0 ? f->duration : 0);
	else
		m->begins_unended++;
}

static enum rill_kind kind_of(char phase)
{
	switch (phase) {
	case 'B':
	case 'E':
	case 'X': return RILL_KIND_SLICE;
	case 'b':
	case 'e':
	case 'S':
	case 'F': return RILL_KIND_SPAN;
	case 'C': return RILL_KIND_COUNTER;
	case 'I':
	case 'i':
	case 'R':
	case 'n':
	case 'T':
	case 'p': return RILL_KIND_INSTANT;
	case 's':
	case 't':
	case 'f': return RILL_KIND_FLOW;
	case 'N':
	case 'O':
	case 'D': return RILL_KIND_OBJECT;
	default: return RILL_KIND_OTHER;
	}
}

static void take_time(struct rill_model *m, const struct rill_model_fields *f)
{
	int64_t end = f->ts;

	if (!f->has_ts) {
		m->without_time++;
		return;
	}
	if (f->phase == 'X' && f->has_duration && f->duration > 0 &&
	    __builtin_add_overflow(f->ts, f->duration, &end))
		end = INT64_MAX;
	if (!m->any_time || f->ts < m->first_ns)
		m->first_ns = f->ts;
	if (!m->any_time || end > m->last_ns)
		m->last_ns = end;
	m->any_time = true;
}

bool rill_model_take(struct rill_model *m, const struct rill_model_fields *f)
{
	struct rill_lane *const lane = rill_model_lane(m, f->pid, f->tid);
	const enum rill_kind kind = kind_of(f->phase);

	m->events++;
	m->kind_events[kind]++;
	m->complete += f->phase == 'X';
	lane->events++;
	take_time(m, f);
	if (kind == RILL_KIND_SLICE)
		take_slice(m, lane, f);
	else if (kind == RILL_KIND_SPAN)
		take_span(m, f);
	else if (kind != RILL_KIND_COUNTER)
		row_of(m, kind, f)->count++;
	return kind == RILL_KIND_COUNTER;
}

/* ---- the end
 * -------------------------------------------------------------------------------------- */

void rill_model_end(struct rill_model *m)
{
	for (size_t i = 0; i < m->lane_count; i++)
		m->begins_unended += m->lanes[i]->begun_count;
	rill_spans_end_all(m);
}

static void free_row(void *value)
{
	struct rill_row *row = value;

	rill_sketch_free(&row->time);
	free(row->category);
	free(row->name);
	free(row);
}

static void free_lane(void *value)
{
	struct rill_lane *lane = value;

	free(lane->name);
	free(lane->begun);
	free(lane->intervals);
	free(lane);
}

void rill_model_free(struct rill_model *m)
{
	rill_spans_end_all(m);
	rill_table_free(&m->row_table, free_row);
	rill_table_free(&m->lane_table, free_lane);
	free(m->rows);
	free(m->lanes);
	*m = (struct rill_model){ 0 };
}

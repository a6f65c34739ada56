/* SPDX-License-Identifier: MIT
 * model.c - takes the events of a trace one by one and adds each to its row and its thread.
 */
#include "model.h"
#include "format/text.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 400, KEY_MAX = 3 * NAME_MAX_BYTES };

/* One event's fields, as far as a report wants them. Texts are cut to NAME_MAX_BYTES. */
struct fields {
	char phase;
	char category[NAME_MAX_BYTES + 1], name[NAME_MAX_BYTES + 1], id[NAME_MAX_BYTES + 1];
	bool has_ts, has_duration, local_id;
	int64_t ts, duration, pid, tid;
	struct json_object *args;
};

/* ---- reading fields
 * ------------------------------------------------------------------------------- */

bool rill_us_to_ns(const char *text, int64_t *ns)
{
	const bool negative = *text == '-';
	int64_t value = 0, step = 1000;
	bool digits = false, fraction = false;

	for (text += negative; (*text >= '0' && *text <= '9') || (*text == '.' && !fraction);
	     text++) {
		if (*text == '.') {
			fraction = true;
			continue;
		}
		digits = true;
		if (fraction) {
			step /= 10; /* what is below a nanosecond is dropped */
			value += (*text - '0') * step;
		} else if (__builtin_mul_overflow(value, 10, &value) ||
			   __builtin_add_overflow(value, (*text - '0') * INT64_C(1000), &value)) {
			return false;
		}
	}
	if (!digits)
		return false;
	if (*text == 'e' || *text == 'E') {
		int power = atoi(text + 1);

		for (; power > 0 && value; power--)
			if (__builtin_mul_overflow(value, 10, &value))
				return false;
		for (; power < 0 && value; power++)
			value /= 10;
	} else if (*text) {
		return false;
	}
	*ns = negative ? -value : value;
	return true;
}

static bool time_of(struct json_object *event, const char *key, int64_t *ns)
{
	struct json_object *value;

	if (!json_object_object_get_ex(event, key, &value))
		return false;
	switch (json_object_get_type(value)) {
	case json_type_int:
	case json_type_double:
	case json_type_string: return rill_us_to_ns(json_object_get_string(value), ns);
	default: return false;
	}
}

static bool number_of(struct json_object *event, const char *key, int64_t *number)
{
	struct json_object *value;

	if (!json_object_object_get_ex(event, key, &value))
		return false;
	*number = json_object_get_int64(value); /* also of a text of digits */
	return true;
}

static void text_of(struct json_object *object, const char *key, char text[NAME_MAX_BYTES + 1])
{
	struct json_object *value;
	const char *from = "";
	size_t size;

	if (json_object_object_get_ex(object, key, &value) && value &&
	    !json_object_is_type(value, json_type_object) &&
	    !json_object_is_type(value, json_type_array))
		from = json_object_get_string(value);
	size = strnlen(from, NAME_MAX_BYTES + 1);
	if (size > NAME_MAX_BYTES)
		size = rill_text_whole(from, NAME_MAX_BYTES);
	memcpy(text, from, size);
	text[size] = 0;
}

/* id, or id2 {local or global}; behind its scope. */
static void id_of(struct json_object *event, struct fields *f)
{
	char scope[NAME_MAX_BYTES + 1], id[NAME_MAX_BYTES + 1];
	struct json_object *id2;

	text_of(event, "id", id);
	if (!*id && json_object_object_get_ex(event, "id2", &id2) &&
	    json_object_is_type(id2, json_type_object)) {
		text_of(id2, "global", id);
		if (!*id) {
			text_of(id2, "local", id);
			f->local_id = true;
		}
	}
	text_of(event, "scope", scope);
	snprintf(f->id, sizeof f->id, "%.150s%s%.200s", scope, *scope ? "/" : "", id);
}

static bool fields_of(struct json_object *event, struct fields *f)
{
	struct json_object *phase;

	if (!json_object_object_get_ex(event, "ph", &phase) ||
	    !json_object_is_type(phase, json_type_string) || !*json_object_get_string(phase))
		return false;
	memset(f, 0, offsetof(struct fields, args));
	f->phase = *json_object_get_string(phase);
	text_of(event, "cat", f->category);
	text_of(event, "name", f->name);
	id_of(event, f);
	f->has_ts = time_of(event, "ts", &f->ts);
	f->has_duration = time_of(event, "dur", &f->duration);
	number_of(event, "pid", &f->pid);
	if (!number_of(event, "tid", &f->tid))
		f->tid = f->pid;
	if (!json_object_object_get_ex(event, "args", &f->args) ||
	    !json_object_is_type(f->args, json_type_object))
		f->args = NULL;
	return true;
}

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

static struct rill_lane *lane_of(struct rill_model *m, int64_t pid, int64_t tid)
{
	int64_t key[2] = { pid, tid };
	void **place = rill_table_find(&m->lane_table, key, sizeof key);
	struct rill_lane *lane;

	if (place)
		return *place;
	if (m->lane_count >= RILL_LANES_MAX && (pid != -1 || tid != -1)) {
		m->lanes_full = true;
		return lane_of(m, -1, -1);
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

/* ---- events
 * --------------------------------------------------------------------------------------- */

static void take_metadata(struct rill_model *m, const struct fields *f)
{
	char name[NAME_MAX_BYTES + 1];
	struct rill_lane *lane;

	m->metadata++;
	if (!f->args || rill_loss_summary(&m->losses, f->name, f->args) ||
	    strcmp(f->name, "thread_name"))
		return;
	text_of(f->args, "name", name);
	lane = lane_of(m, f->pid, f->tid);
	free(lane->name);
	lane->name = rill_text("%s", name);
}

static bool counter_value(struct json_object *value, double *number)
{
	const char *text;
	char *end;

	switch (json_object_get_type(value)) {
	case json_type_int:
	case json_type_double: *number = json_object_get_double(value); return true;
	case json_type_string:
		text = json_object_get_string(value);
		*number = strtod(text, &end);
		return *text && !*end;
	default: return false;
	}
}

/* A row per series. The usual single series "value" goes by the counter's name alone. */
static void take_counter(struct rill_model *m, const struct fields *f)
{
	char series[2 * NAME_MAX_BYTES + 8];

	if (!f->args)
		return;
	json_object_object_foreach(f->args, key, value)
	{
		const bool plain = !strcmp(key, "value");
		struct rill_row *row;
		double number;

		if (!counter_value(value, &number))
			continue;
		snprintf(series, sizeof series, "%s%s%.100s%s%s%.200s", f->name, *f->id ? "[" : "",
			 f->id, *f->id ? "]" : "", plain ? "" : ".", plain ? "" : key);
		row = rill_model_row(m, RILL_KIND_COUNTER, f->category, series);
		if (!row->count++ || number < row->low)
			row->low = number;
		if (row->count == 1 || number > row->high)
			row->high = number;
		row->last = number;
	}
}

/* Spans match by category and id whatever the name; the older S and F by the name as well. */
static void take_span(struct rill_model *m, const struct fields *f)
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

static void take_slice(struct rill_model *m, struct rill_lane *lane, const struct fields *f)
{
	struct rill_row *row;

	if (f->phase == 'E') {
		rill_slice_end(m, lane, f->name, f->ts);
		return;
	}
	row = rill_model_row(m, RILL_KIND_SLICE, f->category, f->name);
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

static void take_time(struct rill_model *m, const struct fields *f)
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

bool rill_model_event(struct rill_model *m, struct json_object *event)
{
	struct rill_lane *lane;
	struct fields f;
	enum rill_kind kind;
	uint64_t lost;

	if (!fields_of(event, &f))
		return false;
	if (f.phase == 'M') {
		take_metadata(m, &f);
		return true;
	}
	lane = lane_of(m, f.pid, f.tid);
	if (rill_loss_gap(&m->losses, f.category, f.name, f.args, &lost)) {
		lane->lost += lost;
		return true;
	}
	kind = kind_of(f.phase);
	m->events++;
	m->kind_events[kind]++;
	lane->events++;
	take_time(m, &f);
	if (kind == RILL_KIND_SLICE)
		take_slice(m, lane, &f);
	else if (kind == RILL_KIND_SPAN)
		take_span(m, &f);
	else if (kind == RILL_KIND_COUNTER)
		take_counter(m, &f);
	else
		rill_model_row(m, kind, f.category, f.name)->count++;
	return true;
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

/* SPDX-License-Identifier: MIT
 * model_json.c - an event in JSON as the model takes it.
 */
#include "model_take.h"
#include "format/text.h"
#include "json_in.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The texts of one event. */
struct texts {
	char category[RILL_MODEL_TEXT_MAX + 1], name[RILL_MODEL_TEXT_MAX + 1],
		id[RILL_MODEL_TEXT_MAX + 1];
	struct json_object *args;
};

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

static void text_of(struct json_object *object, const char *key, char text[RILL_MODEL_TEXT_MAX + 1])
{
	struct json_object *value;
	const char *from = "";
	size_t size;

	if (json_object_object_get_ex(object, key, &value) && value &&
	    !json_object_is_type(value, json_type_object) &&
	    !json_object_is_type(value, json_type_array))
		from = json_object_get_string(value);
	size = strnlen(from, RILL_MODEL_TEXT_MAX + 1);
	if (size > RILL_MODEL_TEXT_MAX)
		size = rill_text_whole(from, RILL_MODEL_TEXT_MAX);
	memcpy(text, from, size);
	text[size] = 0;
}

/* id, or id2 {local or global}; behind its scope. */
static void id_of(struct json_object *event, struct rill_model_fields *f,
		  char to[RILL_MODEL_TEXT_MAX + 1])
{
	char scope[RILL_MODEL_TEXT_MAX + 1], id[RILL_MODEL_TEXT_MAX + 1];
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
	snprintf(to, RILL_MODEL_TEXT_MAX + 1, "%.150s%s%.200s", scope, *scope ? "/" : "", id);
}

static bool fields_of(struct json_object *event, struct rill_model_fields *f, struct texts *t)
{
	struct json_object *phase;

	if (!json_object_object_get_ex(event, "ph", &phase) ||
	    !json_object_is_type(phase, json_type_string) || !*json_object_get_string(phase))
		return false;
	*f = (struct rill_model_fields){
		.phase = *json_object_get_string(phase),
		.category = t->category,
		.name = t->name,
		.id = t->id,
	};
	text_of(event, "cat", t->category);
	text_of(event, "name", t->name);
	id_of(event, f, t->id);
	f->has_ts = time_of(event, "ts", &f->ts);
	f->has_duration = time_of(event, "dur", &f->duration);
	number_of(event, "pid", &f->pid);
	if (!number_of(event, "tid", &f->tid))
		f->tid = f->pid;
	if (!json_object_object_get_ex(event, "args", &t->args) ||
	    !json_object_is_type(t->args, json_type_object))
		t->args = NULL;
	return true;
}

static void take_metadata(struct rill_model *m, const struct rill_model_fields *f,
			  struct json_object *args)
{
	char name[RILL_MODEL_TEXT_MAX + 1];

	m->metadata++;
	if (!args || rill_loss_summary(&m->losses, f->name, args) || strcmp(f->name, "thread_name"))
		return;
	text_of(args, "name", name);
	rill_model_name(m, f->pid, f->tid, name);
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

bool rill_model_event(struct rill_model *m, struct json_object *event)
{
	struct rill_model_fields f;
	struct texts t;
	uint64_t lost;

	if (!fields_of(event, &f, &t))
		return false;
	if (f.phase == 'M') {
		take_metadata(m, &f, t.args);
		return true;
	}
	if (rill_loss_gap(&m->losses, f.category, f.name, t.args, &lost)) {
		rill_model_lane(m, f.pid, f.tid)->lost += lost;
		return true;
	}
	if (!rill_model_take(m, &f) || !t.args)
		return true;
	json_object_object_foreach(t.args, key, value)
	{
		double number;

		if (counter_value(value, &number))
			rill_model_series(m, &f, key, number);
	}
	return true;
}

bool rill_model_text(struct rill_model *m, struct json_tokener *tokener, const char *text,
		     size_t size)
{
	struct json_object *event;
	bool good;

	event = rill_json_parse(tokener, text, size);
	good = event && json_object_is_type(event, json_type_object) && rill_model_event(m, event);
	json_object_put(event);
	return good;
}

/* SPDX-License-Identifier: MIT
 * from_json_event.c - the members of one event in JSON as fields of struct rill_event.
 *
 * A complete slice (X) has its time at its begin in JSON and at its end in rill. Times before
 * 0 are kept as the caller's own, in whole microseconds.
 */
#include "from_json.h"
#include "model.h"

#include <stdlib.h>
#include <string.h>

/* What more than one member says. */
struct times {
	int64_t ts_ns, dur_ns;
	bool has_phase, has_ts, has_dur;
	char scope; /* "s": g, p or t */
};

/* ---- single members ------------------------------------------------------------------------- */

static bool time_of(struct json_object *value, int64_t *ns)
{
	switch (json_object_get_type(value)) {
	case json_type_int:
	case json_type_double:
	case json_type_string: return rill_us_to_ns(json_object_get_string(value), ns);
	default: return false;
	}
}

static const char *text_of(struct json_object *value)
{
	return json_object_is_type(value, json_type_object) ||
			       json_object_is_type(value, json_type_array) || !value
		       ? ""
		       : json_object_get_string(value);
}

/* Ids are texts by nature, mostly of a number. One that is none becomes a number that nothing else
 * is likely to have. */
static uint64_t id_of(struct rill_from_json *from, struct json_object *value, const char *member)
{
	const char *const text = text_of(value);
	uint64_t id, hash = UINT64_C(0xcbf29ce484222325);
	char *end;

	if (json_object_is_type(value, json_type_int))
		return (uint64_t)json_object_get_int64(value);
	if (*text >= '0' && *text <= '9') {
		id = strtoull(text, &end, text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10);
		if (!*end)
			return id;
	}
	rill_from_json_leave_out(from, member);
	for (const char *at = text; *at; at++) /* FNV-1a */
		hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
	return hash;
}

static void take_id2(struct rill_from_json *from, struct json_object *value)
{
	struct json_object *id;

	if (json_object_object_get_ex(value, "local", &id)) {
		from->event.id = id_of(from, id, "id2");
		from->event.flags |= RILL_FLAG_HAS_LOCAL_ID;
	} else if (json_object_object_get_ex(value, "global", &id)) {
		from->event.id = id_of(from, id, "id2");
		from->event.flags |= RILL_FLAG_HAS_GLOBAL_ID;
	}
}

static void take_flag(struct rill_from_json *from, struct json_object *value, uint32_t flag)
{
	if (json_object_get_boolean(value))
		from->event.flags |= flag;
}

/* ---- arguments ------------------------------------------------------------------------------ */

static void take_value(struct rill_value *v, const char *name, struct json_object *value)
{
	int64_t i;

	*v = (struct rill_value){ .name = name };
	switch (json_object_get_type(value)) {
	case json_type_boolean:
		v->type = RILL_TYPE_BOOL;
		v->u = json_object_get_boolean(value);
		return;
	case json_type_int:
		i = json_object_get_int64(value);
		v->type = i == INT64_MAX ? RILL_TYPE_U64
					 : RILL_TYPE_I64; /* beyond it, json-c says INT64_MAX */
		if (v->type == RILL_TYPE_U64)
			v->u = json_object_get_uint64(value);
		else
			v->i = i;
		return;
	case json_type_double:
		v->type = RILL_TYPE_F64;
		v->d = json_object_get_double(value);
		return;
	case json_type_string:
		v->type = RILL_TYPE_COPY;
		v->text = json_object_get_string(value);
		v->size = (uint32_t)json_object_get_string_len(value);
		return;
	default:
		v->type = RILL_TYPE_JSON;
		v->text = json_object_to_json_string_ext(
			value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		v->size = (uint32_t)strlen(v->text);
	}
}

static void take_args(struct rill_from_json *from, struct json_object *value)
{
	unsigned count = 0;

	if (!json_object_is_type(value, json_type_object)) {
		rill_from_json_leave_out(from, "args");
		return;
	}
	from->args = value;
	json_object_object_foreach(value, name, one)
	{
		if (count == RILL_FROM_ARGS_MAX) {
			rill_from_json_leave_out(from, "args");
			break;
		}
		take_value(&from->values[count++], name, one);
	}
	from->event.nargs = (uint8_t)count;
}

/* ---- all members ---------------------------------------------------------------------------- */

enum member {
	PH,
	CAT,
	NAME,
	PID,
	TID,
	TS,
	TTS,
	DUR,
	ARGS,
	ID,
	ID2,
	SCOPE,
	BIND_ID,
	FLOW_IN,
	FLOW_OUT,
	BP,
	S,
	ASYNC_TTS,
	LATE,
	NOTHING /* says nothing that is not clear without it */
};

static const struct {
	const char *name;
	enum member member;
} members[] = {
	{ "pid", PID },
	{ "tid", TID },
	{ "ts", TS },
	{ "ph", PH },
	{ "cat", CAT },
	{ "name", NAME },
	{ "args", ARGS },
	{ "dur", DUR },
	{ "tts", TTS },
	{ "id", ID },
	{ "id2", ID2 },
	{ "scope", SCOPE },
	{ "s", S },
	{ "bp", BP },
	{ "bind_id", BIND_ID },
	{ "flow_in", FLOW_IN },
	{ "flow_out", FLOW_OUT },
	{ "use_async_tts", ASYNC_TTS },
	{ "late", LATE },
	{ "argsStripped", NOTHING },
};

static void take_member(struct rill_from_json *from, struct times *t, enum member member,
			struct json_object *value)
{
	struct rill_event *const e = &from->event;
	int64_t ns;

	switch (member) {
	case PH: /* one may be U+0000 */
		e->phase = *text_of(value);
		t->has_phase = json_object_get_type(value) == json_type_string &&
			       json_object_get_string_len(value) > 0;
		break;
	case CAT: e->category = text_of(value); break;
	case NAME: e->name = text_of(value); break;
	case PID: from->pid = json_object_get_int64(value); break;
	case TID:
		from->tid = json_object_get_int64(value);
		from->has_tid = true;
		break;
	case TS: t->has_ts = time_of(value, &t->ts_ns); break;
	case DUR: t->has_dur = time_of(value, &t->dur_ns); break;
	case TTS:
		if (time_of(value, &ns) && ns > 0) { /* V8 writes 0 where there is none */
			e->thread_time_ns = (uint64_t)ns;
			e->state |= RILL_EVENT_HAS_THREAD_TIME;
		}
		break;
	case ARGS: take_args(from, value); break;
	case ID:
		e->id = id_of(from, value, "id");
		e->flags |= RILL_FLAG_HAS_ID;
		break;
	case ID2: take_id2(from, value); break;
	case SCOPE: e->scope = text_of(value); break;
	case BIND_ID: e->bind_id = id_of(from, value, "bind_id"); break;
	case FLOW_IN: take_flag(from, value, RILL_FLAG_FLOW_IN); break;
	case FLOW_OUT: take_flag(from, value, RILL_FLAG_FLOW_OUT); break;
	case BP:
		if (*text_of(value) == 'e')
			e->flags |= RILL_FLAG_BIND_TO_ENCLOSING;
		break;
	case S: t->scope = *text_of(value); break;
	case ASYNC_TTS: take_flag(from, value, RILL_FLAG_ASYNC_TTS); break;
	case LATE:
		if (json_object_get_boolean(value))
			e->state |= RILL_EVENT_LATE;
		break;
	case NOTHING: break;
	}
}

static void take_unknown(struct rill_from_json *from, const char *name, struct json_object *value)
{
	/* V8 writes a tdur of 0 with every event. */
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) != 0)
		rill_from_json_leave_out(from, name);
}

static void take_times(struct rill_from_json *from, const struct times *t)
{
	struct rill_event *const e = &from->event;
	const bool slice = e->phase == 'X' && t->has_dur;
	const uint64_t dur_ns = slice && t->dur_ns > 0 ? (uint64_t)t->dur_ns : 0;

	from->has_ts = t->has_ts;
	if (t->has_ts && t->ts_ns >= 0) {
		e->begin_ns = slice ? (uint64_t)t->ts_ns : 0;
		e->ts_ns = (uint64_t)t->ts_ns + dur_ns;
		e->state |= slice ? RILL_EVENT_HAS_BEGIN : 0;
	} else if (t->has_ts) {
		e->own_time_us = t->ts_ns / 1000;
		e->state |= RILL_EVENT_HAS_OWN_TIME;
		e->flags |= RILL_FLAG_EXPLICIT_TIMESTAMP;
	} else {
		e->ts_ns = from->last_ns;
		from->left_out->times += e->phase != 'M';
	}
}

static uint32_t scope_flag(char scope)
{
	return scope == 'g' ? RILL_FLAG_SCOPE_GLOBAL
	       : scope == 'p'
		       ? RILL_FLAG_SCOPE_PROCESS
		       : RILL_FLAG_SCOPE_THREAD; /* as readers take it where nothing is said */
}

bool rill_from_json_members(struct rill_from_json *from)
{
	struct times t = { .has_ts = false };

	from->event = (struct rill_event){ .category = "", .name = "", .args = from->values };
	from->args = NULL;
	from->pid = from->tid = 0;
	from->has_tid = false;
	json_object_object_foreach(from->object, name, value)
	{
		unsigned i = 0;

		while (i < sizeof members / sizeof *members && strcmp(members[i].name, name))
			i++;
		if (i < sizeof members / sizeof *members)
			take_member(from, &t, members[i].member, value);
		else
			take_unknown(from, name, value);
	}
	if (!t.has_phase)
		return false;
	if (!from->has_tid)
		from->tid = from->pid;
	if (from->event.phase == 'I' || from->event.phase == 'i' || from->event.phase == 'R')
		from->event.flags |= scope_flag(t.scope);
	take_times(from, &t);
	return true;
}

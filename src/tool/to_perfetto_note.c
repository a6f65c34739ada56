/* SPDX-License-Identifier: MIT
 * to_perfetto_note.c - arguments as debug annotations, each with its own type.
 *
 * Bytes become text, "hex:00ff"; a text that was cut ends in U+2026; a null pointer to text is
 * "NULL". JSON stays as it is, if it is valid, and a text otherwise.
 */
#include "format/text.h"
#include "to_perfetto.h"

#include <string.h>

static struct Rill__Pf__DebugAnnotation *add(struct rill_pf *p, struct rill_pf_build *b,
					     const char *key, uint64_t number)
{
	struct Rill__Pf__DebugAnnotation *const note = rill_pf_alloc(p, sizeof *note);

	*note = (struct Rill__Pf__DebugAnnotation)RILL__PF__DEBUG_ANNOTATION__INIT;
	if (number) {
		note->name_field_case = RILL__PF__DEBUG_ANNOTATION__NAME_FIELD_NAME_IID;
		note->name_iid = number;
	} else {
		note->name_field_case = RILL__PF__DEBUG_ANNOTATION__NAME_FIELD_NAME;
		note->name = rill_pf_text(p, key, strlen(key));
	}
	rill_pf_push(p, &b->notes, note);
	return note;
}

static struct Rill__Pf__DebugAnnotation *add_key(struct rill_pf *p, struct rill_pf_build *b,
						 const char *key)
{
	return add(p, b, key, rill_pf_number(p, RILL_PF_KEY, key));
}

/* ---- values --------------------------------------------------------------------------------- */

static void set_text(struct rill_pf *p, struct Rill__Pf__DebugAnnotation *note, const char *text,
		     size_t size)
{
	note->value_case = RILL__PF__DEBUG_ANNOTATION__VALUE_STRING_VALUE;
	note->string_value = rill_pf_text(p, text, size);
}

static void set_string(struct rill_pf *p, struct Rill__Pf__DebugAnnotation *note,
		       const struct rill_value *v)
{
	char *text;
	size_t whole;

	if (v->null || !v->cut) {
		set_text(p, note, v->null ? "NULL" : v->text, v->null ? 4 : v->size);
		return;
	}
	whole = rill_text_whole(v->text, v->size);
	text = rill_pf_alloc(p, whole + sizeof RILL_TEXT_ELLIPSIS);
	memcpy(text, v->text, whole);
	memcpy(text + whole, RILL_TEXT_ELLIPSIS, sizeof RILL_TEXT_ELLIPSIS - 1);
	set_text(p, note, text, whole + sizeof RILL_TEXT_ELLIPSIS - 1);
}

static void set_blob(struct rill_pf *p, struct Rill__Pf__DebugAnnotation *note,
		     const struct rill_value *v)
{
	char *const text = rill_pf_alloc(p, 2 * (size_t)v->size + 16);
	char *to = RILL_TEXT_LITERAL(text, "hex:");

	for (uint32_t i = 0; i < v->size; i++) {
		*to++ = "0123456789abcdef"[v->blob[i] >> 4];
		*to++ = "0123456789abcdef"[v->blob[i] & 15];
	}
	if (v->cut)
		to = RILL_TEXT_LITERAL(to, RILL_TEXT_ELLIPSIS);
	set_text(p, note, text, (size_t)(to - text));
}

static bool set_json(struct rill_pf *p, struct Rill__Pf__DebugAnnotation *note, const char *json,
		     size_t size)
{
	char *const text = rill_pf_alloc(p, 3 * size + 1), *end = rill_text_json(text, json, size);

	if (!end)
		return false;
	note->value_case = RILL__PF__DEBUG_ANNOTATION__VALUE_LEGACY_JSON_VALUE;
	note->legacy_json_value = (struct ProtobufCBinaryData){ .len = (size_t)(end - text),
								.data = (uint8_t *)text };
	return true;
}

static void set_int(struct Rill__Pf__DebugAnnotation *note, int64_t value)
{
	note->value_case = RILL__PF__DEBUG_ANNOTATION__VALUE_INT_VALUE;
	note->int_value = value;
}

static void set_uint(struct Rill__Pf__DebugAnnotation *note, uint64_t value)
{
	note->value_case = RILL__PF__DEBUG_ANNOTATION__VALUE_UINT_VALUE;
	note->uint_value = value;
}

static void set_pointer(struct Rill__Pf__DebugAnnotation *note, uint64_t value)
{
	note->value_case = RILL__PF__DEBUG_ANNOTATION__VALUE_POINTER_VALUE;
	note->pointer_value = value;
}

static void set_bool(struct Rill__Pf__DebugAnnotation *note, bool value)
{
	note->value_case = RILL__PF__DEBUG_ANNOTATION__VALUE_BOOL_VALUE;
	note->bool_value = value;
}

void rill_pf_note(struct rill_pf *p, struct rill_pf_build *b, const struct rill_value *v,
		  uint64_t key)
{
	struct Rill__Pf__DebugAnnotation *const note = add(p, b, v->name, key);

	switch (v->type) {
	case RILL_TYPE_I8:
	case RILL_TYPE_I16:
	case RILL_TYPE_I32:
	case RILL_TYPE_I64: set_int(note, v->i); break;
	case RILL_TYPE_U8:
	case RILL_TYPE_U16:
	case RILL_TYPE_U32:
	case RILL_TYPE_U64: set_uint(note, v->u); break;
	case RILL_TYPE_BOOL: set_bool(note, v->u != 0); break;
	case RILL_TYPE_F32:
	case RILL_TYPE_F64:
		note->value_case = RILL__PF__DEBUG_ANNOTATION__VALUE_DOUBLE_VALUE;
		note->double_value = v->d;
		break;
	case RILL_TYPE_POINTER: set_pointer(note, v->u); break;
	case RILL_TYPE_BLOB: set_blob(p, note, v); break;
	case RILL_TYPE_JSON:
		if (v->cut || v->null || !set_json(p, note, v->text, v->size))
			set_string(p, note, v);
		break;
	case RILL_TYPE_STRING:
	case RILL_TYPE_COPY: set_string(p, note, v); break;
	default: break; /* a kind of a newer rill: the name is still worth showing */
	}
}

/* ---- what is no argument -------------------------------------------------------------------- */

void rill_pf_note_uint(struct rill_pf *p, struct rill_pf_build *b, const char *key, uint64_t value)
{
	set_uint(add_key(p, b, key), value);
}

void rill_pf_note_int(struct rill_pf *p, struct rill_pf_build *b, const char *key, int64_t value)
{
	set_int(add_key(p, b, key), value);
}

void rill_pf_note_id(struct rill_pf *p, struct rill_pf_build *b, const char *key, uint64_t value)
{
	set_pointer(add_key(p, b, key), value);
}

void rill_pf_note_true(struct rill_pf *p, struct rill_pf_build *b, const char *key)
{
	set_bool(add_key(p, b, key), true);
}

void rill_pf_note_text(struct rill_pf *p, struct rill_pf_build *b, const char *key, const char *text)
{
	set_text(p, add_key(p, b, key), text, strlen(text));
}

void rill_pf_note_json(struct rill_pf *p, struct rill_pf_build *b, const char *key, const char *json)
{
	struct Rill__Pf__DebugAnnotation *const note = add_key(p, b, key);

	if (!set_json(p, note, json, strlen(json)))
		set_text(p, note, json, strlen(json));
}

/* SPDX-License-Identifier: MIT
 * to_ctf_event.c - the bytes of one event, as to_ctf_text.c describes them.
 */
#include "format/json_line.h"
#include "format/varint.h"
#include "to_ctf.h"

#include <string.h>

enum {
	FIXED_MAX = 256, /* all but texts and arguments */
	UTF8_MAX = 3,    /* of one byte that is no UTF-8 */
	MASK_BITS = 64
};

/* ---- texts ---------------------------------------------------------------------------------- */

/* A NUL ends a text, and a reader in Python refuses what is no UTF-8: these become U+2400 and
 * U+FFFD. */
static uint8_t *put_text(uint8_t *to, const char *text, size_t size)
{
	const uint8_t *at = (const uint8_t *)text, *const end = at + size;
	unsigned length, skip;

	while (at < end) {
		if (*at && *at < 0x80) {
			*to++ = *at++;
			continue;
		}
		length = *at ? rill_text_utf8(at, (size_t)(end - at), &skip) : 0;
		if (length) {
			memcpy(to, at, length);
			to += length;
			at += length;
		} else {
			memcpy(to, *at ? RILL_TEXT_REPLACEMENT : "\xe2\x90\x80", 3);
			to += 3;
			at += *at ? skip : 1;
		}
	}
	*to++ = '\0';
	return to;
}

static size_t name_size(const char *text)
{
	const size_t size = strnlen(text, RILL_CTF_TEXT_MAX + 1);

	return size <= RILL_CTF_TEXT_MAX ? size : rill_text_whole(text, RILL_CTF_TEXT_MAX);
}

static uint8_t *put_name(uint8_t *to, const char *text)
{
	return put_text(to, text, name_size(text));
}

static uint8_t *put_procname(uint8_t *to, const struct rill_thread *thread)
{
	const char *const name = thread ? thread->name : "";
	const size_t size = strnlen(name, RILL_CTF_PROCNAME_MAX + 1);

	return put_text(to, name,
			size <= RILL_CTF_PROCNAME_MAX
				? size
				: rill_text_whole(name, RILL_CTF_PROCNAME_MAX));
}

/* ---- facts ---------------------------------------------------------------------------------- */

/* A bit for each argument that is NULL, or (cuts) was cut. */
static uint64_t mask_of(const struct rill_event *e, bool cuts)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < e->nargs; i++) {
		const struct rill_value *const v = &e->args[i];

		if (cuts ? v->cut || rill_ctf_is_long(v) : v->null)
			mask |= UINT64_C(1) << (i < MASK_BITS ? i : MASK_BITS - 1);
	}
	return mask;
}

static uint8_t *put_bit(uint8_t *to, bool bit)
{
	*to++ = bit;
	return to;
}

static uint8_t *put_fact(uint8_t *to, const struct rill_event *e, enum rill_ctf_fact fact)
{
	switch (fact) {
	case RILL_CTF_ID:
	case RILL_CTF_LOCAL_ID:
	case RILL_CTF_GLOBAL_ID: return rill_le64_put(to, e->id);
	case RILL_CTF_ID_SCOPE: return put_name(to, e->scope ? e->scope : "");
	case RILL_CTF_BIND_ID: return rill_le64_put(to, e->bind_id);
	case RILL_CTF_FLOW: *to = (uint8_t)(e->flags >> 8 & 3); return to + 1;
	case RILL_CTF_ENCLOSING: return put_bit(to, e->flags & RILL_FLAG_BIND_TO_ENCLOSING);
	case RILL_CTF_SCOPE: *to = (uint8_t)(e->flags >> 3 & 3); return to + 1;
	case RILL_CTF_BEGIN: return rill_le64_put(to, e->begin_ns);
	case RILL_CTF_OWN_TIME: return rill_le64_put(to, (uint64_t)e->own_time_us);
	case RILL_CTF_THREAD_TIME: return rill_le64_put(to, e->thread_time_ns);
	case RILL_CTF_EMITTER: return rill_le32_put(to, e->thread ? e->thread->tid : e->tid);
	case RILL_CTF_NESTED: return put_bit(to, e->state & RILL_EVENT_SCOPE);
	case RILL_CTF_DYNAMIC: return put_bit(to, e->state & RILL_EVENT_DYNAMIC);
	case RILL_CTF_LATE: return put_bit(to, e->state & RILL_EVENT_LATE);
	case RILL_CTF_CLAMPED: return put_bit(to, e->state & RILL_EVENT_CLAMPED);
	case RILL_CTF_BEGIN_LOST: return put_bit(to, e->state & RILL_EVENT_BEGIN_LOST);
	case RILL_CTF_LEVEL: *to = e->level; return to + 1;
	case RILL_CTF_NULLS: return rill_le64_put(to, mask_of(e, false));
	case RILL_CTF_CUTS: return rill_le64_put(to, mask_of(e, true));
	case RILL_CTF_RECORDED: return rill_le64_put(to, e->ts_ns);
	case RILL_CTF_FLAGS:
	case RILL_CTF_FACTS: break;
	}
	return rill_le32_put(to, e->flags);
}

/* ---- arguments ------------------------------------------------------------------------------ */

static uint8_t *put_float(uint8_t *to, double value)
{
	const float narrow = (float)value;
	uint32_t bits;

	memcpy(&bits, &narrow, sizeof bits);
	return rill_le32_put(to, bits);
}

static uint8_t *put_double(uint8_t *to, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	return rill_le64_put(to, bits);
}

/* What is written of it. */
static struct rill_value shortened(const struct rill_value *value)
{
	struct rill_value v = *value;

	if (!rill_ctf_is_long(value))
		return v;
	v.cut = 1;
	v.size = RILL_CTF_TEXT_MAX;
	if (v.type != RILL_TYPE_BLOB)
		v.size = (uint32_t)rill_text_whole(v.text, RILL_CTF_TEXT_MAX);
	return v;
}

static uint8_t *put_value(uint8_t *to, const struct rill_value *v)
{
	switch (v->type) {
	case RILL_TYPE_I8:
	case RILL_TYPE_U8: *to = (uint8_t)v->u; return to + 1;
	case RILL_TYPE_BOOL: return put_bit(to, v->u);
	case RILL_TYPE_I16:
	case RILL_TYPE_U16: return rill_le16_put(to, (uint16_t)v->u);
	case RILL_TYPE_I32:
	case RILL_TYPE_U32: return rill_le32_put(to, (uint32_t)v->u);
	case RILL_TYPE_F32: return put_float(to, v->d);
	case RILL_TYPE_F64: return put_double(to, v->d);
	case RILL_TYPE_STRING:
	case RILL_TYPE_COPY:
	case RILL_TYPE_JSON: return put_text(to, v->text, v->size);
	case RILL_TYPE_BLOB:
		to = rill_le32_put(to, v->size);
		memcpy(to, v->blob, v->size);
		return to + v->size;
	default: return rill_le64_put(to, v->u); /* I64, U64, POINTER, what a newer rill knows */
	}
}

static bool has_bytes(const struct rill_value *v)
{
	return v->type >= RILL_TYPE_STRING && v->type <= RILL_TYPE_JSON;
}

/* One text: {"a":1,"b":"x"} */
static uint8_t *put_as_json(uint8_t *from, const struct rill_event *e)
{
	char *to = (char *)from;

	*to++ = '{';
	for (unsigned i = 0; i < e->nargs; i++) {
		const struct rill_value v = shortened(&e->args[i]);

		if (i)
			*to++ = ',';
		*to++ = '"';
		to = rill_text_escaped(to, v.name, name_size(v.name));
		to = RILL_TEXT_LITERAL(to, "\":");
		to = rill_json_put_value(to, &v);
	}
	*to++ = '}';
	*to++ = '\0';
	return (uint8_t *)to;
}

static uint8_t *put_other(uint8_t *to, const struct rill_event *e)
{
	to = put_name(to, e->name);
	to = put_name(to, e->file ? e->file : "");
	to = rill_le32_put(to, e->line);
	return put_as_json(to, e);
}

/* ---- the event ------------------------------------------------------------------------------ */

size_t rill_ctf_event_max(const struct rill_ctf_entry *entry)
{
	const struct rill_event *const e = entry->event;
	const bool other = entry->class->other;
	size_t size = FIXED_MAX + UTF8_MAX * (RILL_CTF_PROCNAME_MAX + name_size(e->category));

	if (e->scope)
		size += UTF8_MAX * name_size(e->scope);
	if (other)
		size += UTF8_MAX * (name_size(e->name) + name_size(e->file ? e->file : ""));
	for (unsigned i = 0; i < e->nargs; i++) {
		const struct rill_value v = shortened(&e->args[i]);

		if (other)
			size += RILL_TEXT_ESCAPE_MAX * name_size(v.name) + rill_json_value_max(&v) +
				8;
		else
			size += 8 + (has_bytes(&v) ? UTF8_MAX * (size_t)v.size : 0);
	}
	return size;
}

uint8_t *rill_ctf_put_event(uint8_t *to, const struct rill_ctf_entry *entry)
{
	const struct rill_ctf_class *const c = entry->class;
	const struct rill_event *const e = entry->event;

	to = rill_le32_put(to, c->id);
	to = rill_le64_put(to, entry->ts_ns);
	to = rill_le32_put(to, e->pid);
	to = rill_le32_put(to, e->tid);
	to = put_procname(to, e->thread);
	*to++ = (uint8_t)e->phase;
	to = put_name(to, e->category);
	for (unsigned i = 0; i < RILL_CTF_FACTS; i++)
		if (c->facts >> i & 1)
			to = put_fact(to, e, (enum rill_ctf_fact)i);
	if (c->other)
		return put_other(to, e);
	for (unsigned i = 0; i < c->nargs; i++) {
		const struct rill_value v = shortened(&e->args[i]);

		to = put_value(to, &v);
	}
	return to;
}

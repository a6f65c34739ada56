/* SPDX-License-Identifier: MIT
 * packet_write.c - the packet under way: events as records, strings said once.
 *
 * An event without arguments is two bytes: its form, and the time since the event before.
 *
 * Room is looked at before an event is begun: `spare` bytes for everything of limited size; what
 * is left is `text_room`, which each text takes from. An event that finds none leaves the packet
 * as it was, but for strings it may have numbered; so nothing more may go in, and the packet is
 * closed.
 */
#include "config.h"
#include "format/packet_put.h"

#include <errno.h>

enum {
	/* Thread, mark, step back, form, time: what may stand in front of fields and arguments. */
	FRONT_MAX = (1 + 5) + (1 + 2) + (1 + RILL_VARINT_MAX) + 5 + RILL_VARINT_MAX,
	FIELDS_MAX = 7 * RILL_VARINT_MAX,
	NUMBER_MAX = RILL_VARINT_MAX,
	TEXT_HEAD_MAX = 1 + 3, /* mark of one that is cut, size */
	/* Of an event that carries its form: phase, flags, state, fields, site, line, number of arguments. */
	CARRIED_MAX = 1 + 5 + 2 + 2 + 5 + 5 + 2,
	LOOKS_MAX = 8 /* for a string */
};

/* ---- room ------------------------------------------------------------------------------------- */

static int more_room(struct rill_packet_writer *w)
{
	uint8_t *const most = w->options.buffer + w->options.buffer_bytes;

	if (!rill_packet_is_empty(w)) {
		w->full = true;
		return -ENOBUFS;
	}
	if (w->limit == most)
		return -EMSGSIZE;
	w->end = w->limit = most;
	rill_packet_begin_records(w);
	return 0;
}

int rill_packet_make_room(struct rill_packet_writer *w, size_t size)
{
	int error = w->full || w->closed ? -ENOBUFS : 0;

	while (!error && (size_t)(w->end - w->at) < size)
		error = more_room(w);
	return error;
}

/* ---- strings ---------------------------------------------------------------------------------- */

/* The same on all processors: it decides which strings are said again. */
static unsigned hash(const uint8_t *text, size_t size)
{
	uint8_t small[8] = { 0 };
	uint64_t first, last;

	if (size >= 8) {
		first = rill_le64_get(text);
		last = rill_le64_get(text + size - 8);
	} else {
		memcpy(small, text, size);
		first = last = rill_le64_get(small);
	}
	first = (first ^ size) * UINT64_C(0x9e3779b97f4a7c15) ^ last;
	return (unsigned)(first * UINT64_C(0xc2b2ae3d27d4eb4f) >> 56);
}
_Static_assert(RILL_PACKET_STRINGS <= 256, "the hash has 8 bits");

static uint8_t *put_literal(struct rill_packet_writer *w, uint8_t *p, const uint8_t *text,
			    size_t size, struct rill_packet_seen *seen)
{
	p = rill_varint_put(p, (uint64_t)size << 1 | 1);
	if (w->strings < RILL_PACKET_NUMBERED_MAX) {
		seen->packet = w->packet;
		seen->at = (uint16_t)(p - w->options.buffer - RILL_PACKET_HEAD);
		seen->size = (uint16_t)size;
		seen->number = (uint16_t)w->strings++;
	}
	memcpy(p, text, size);
	return p + size;
}

/* Where the string is, or may go. Few places are tried: a string that finds none is said again. */
static struct rill_packet_seen *look_up(struct rill_packet_writer *w, const uint8_t *text,
					size_t size, bool *found)
{
	const uint8_t *const payload = w->options.buffer + RILL_PACKET_HEAD;
	unsigned slot = hash(text, size);

	for (unsigned tries = 0; tries < LOOKS_MAX; tries++, slot++) {
		struct rill_packet_seen *const seen = &w->seen[slot % RILL_PACKET_STRINGS];

		*found = seen->packet == w->packet;
		if (!*found)
			return seen;
		if (seen->size == size && !memcmp(payload + seen->at, text, size))
			return seen;
	}
	*found = false;
	return &w->seen[slot % RILL_PACKET_STRINGS];
}

static uint8_t *put_cut(struct rill_packet_writer *w, uint8_t *p, const char *text, size_t size)
{
	if (size > w->text_max)
		size = rill_text_whole(text, w->text_max);
	p = rill_varint_put(p, RILL_STRING_CUT << 1);
	p = rill_varint_put(p, size);
	memcpy(p, text, size);
	return p + size;
}

/* NULL: no room. */
static uint8_t *put_string(struct rill_packet_writer *w, uint8_t *p, const char *text, size_t size,
			   bool cut)
{
	const size_t most = size < w->text_max ? size : w->text_max;
	const uint8_t *const bytes = (const uint8_t *)text, *const from = p;
	struct rill_packet_seen *seen;
	bool found;

	if (TEXT_HEAD_MAX + most > w->text_room)
		return NULL;
	if (cut || size > w->text_max) {
		p = put_cut(w, p, text, size);
	} else {
		seen = look_up(w, bytes, size, &found);
		p = found ? rill_varint_put(p, (RILL_STRING_SEEN + seen->number) << 1)
			  : put_literal(w, p, bytes, size, seen);
	}
	w->text_room -= (size_t)(p - from);
	return p;
}

static uint8_t *put_name(struct rill_packet_writer *w, uint8_t *p, const char *name)
{
	if (!p)
		return NULL;
	name = rill_packet_or_empty(name);
	return put_string(w, p, name, strlen(name), false);
}

/* size << 2, null, cut; then the bytes. */
static uint8_t *put_blob(struct rill_packet_writer *w, uint8_t *p, const struct rill_value *v)
{
	const size_t size = v->size < w->text_max ? v->size : w->text_max;
	const bool cut = v->cut || size < v->size;

	if (TEXT_HEAD_MAX + size > w->text_room)
		return NULL;
	w->text_room -= TEXT_HEAD_MAX + size;
	p = rill_varint_put(p, (uint64_t)size << 2 | (v->null ? 2 : 0) | cut);
	if (size)
		memcpy(p, v->blob, size);
	return p + size;
}

/* ---- one event -------------------------------------------------------------------------------- */

static uint8_t *put_value(struct rill_packet_writer *w, uint8_t *p, const struct rill_value *v)
{
	uint64_t bits;
	uint32_t bits32;
	float f;

	switch (v->type) {
	case RILL_TYPE_I8:
	case RILL_TYPE_I16:
	case RILL_TYPE_I32:
	case RILL_TYPE_I64: return rill_varint_put(p, rill_zigzag(v->i));
	case RILL_TYPE_F32:
		f = (float)v->d;
		memcpy(&bits32, &f, sizeof bits32);
		return rill_le32_put(p, bits32);
	case RILL_TYPE_F64: memcpy(&bits, &v->d, sizeof bits); return rill_le64_put(p, bits);
	case RILL_TYPE_STRING:
	case RILL_TYPE_COPY:
	case RILL_TYPE_JSON:
		if (v->null || !RILL_ON(CONFIG_RILL_ARG_TEXTS))
			return rill_varint_put(p, RILL_STRING_NULL << 1);
		return put_string(w, p, v->text, v->size, v->cut);
	case RILL_TYPE_BLOB:
		if (RILL_ON(CONFIG_RILL_ARG_BLOBS))
			return put_blob(w, p, v);
		return rill_varint_put(p, 0);
	default: return rill_varint_put(p, v->u);
	}
}

static uint8_t *put_fields(struct rill_packet_writer *w, uint8_t *p, const struct rill_event *e,
			   unsigned fields)
{
	const unsigned shift = w->options.unit_shift;
	const uint64_t now = e->ts_ns >> shift, begin = e->begin_ns >> shift;

	if (fields & RILL_FIELD_ID)
		p = rill_varint_put(p, e->id);
	if (fields & RILL_FIELD_SCOPE)
		p = put_name(w, p, e->scope);
	if (!p)
		return NULL;
	if (fields & RILL_FIELD_BIND)
		p = rill_varint_put(p, e->bind_id);
	if (fields & RILL_FIELD_PLACE) {
		p = rill_varint_put(p, e->pid);
		p = rill_varint_put(p, e->tid);
	}
	if (fields & RILL_FIELD_BEGIN)
		p = rill_varint_put(p, now - begin);
	if (fields & RILL_FIELD_OWN_TIME)
		p = rill_varint_put(p, rill_zigzag(e->own_time_us));
	if (fields & RILL_FIELD_THREAD_TIME)
		p = rill_varint_put(p, e->thread_time_ns);
	return p;
}

/* What is not the same for all events of a form: the thread, marks, a time before the last. */
static inline __attribute__((always_inline)) uint8_t *put_changes(struct rill_packet_writer *w, uint8_t *p, const struct rill_event *e,
			    uint64_t now)
{
	const uint32_t serial = e->thread ? e->thread->serial : 0;
	const unsigned marks = (e->state & RILL_PACKET_MARKS) | (unsigned)e->level
									<< RILL_PACKET_LEVEL_SHIFT;

	if (serial != w->serial) {
		*p++ = RILL_RECORD_THREAD;
		p = rill_varint_put(p, serial);
		w->serial = serial;
	}
	if (marks) {
		*p++ = RILL_RECORD_MARK;
		p = rill_varint_put(p, marks);
	}
	if (!w->timed) {
		w->timed = true;
		w->base = w->last = now;
	} else if (now < w->last) {
		*p++ = RILL_RECORD_BACK;
		p = rill_varint_put(p, w->last - now);
		w->last = now;
	}
	return p;
}

/* The form itself, in an event that has none with a number. */
static uint8_t *put_form(struct rill_packet_writer *w, uint8_t *p, const struct rill_event *e,
			 unsigned fields)
{
	*p++ = (uint8_t)e->phase;
	p = rill_varint_put(p, e->flags);
	p = rill_varint_put(p, e->state & RILL_PACKET_STATE);
	p = rill_varint_put(p, fields);
	p = rill_varint_put(p, e->site);
	p = rill_varint_put(p, e->line);
	p = rill_varint_put(p, e->nargs);
	p = put_name(w, p, e->category);
	p = put_name(w, p, e->name);
	return put_name(w, p, e->file);
}

/* NULL: no room. */
static inline __attribute__((always_inline)) uint8_t *
put_event(struct rill_packet_writer *w, const struct rill_event *e,
	  const struct rill_packet_form *form, size_t spare)
{
	const uint64_t now = e->ts_ns >> w->options.unit_shift;
	const unsigned fields = form ? form->fields : rill_packet_fields(w, e);
	uint8_t *p = put_changes(w, w->at, e, now);

	w->text_room = (size_t)(w->end - w->at) - spare;
	p = rill_varint_put(p, form ? RILL_RECORD_FORMS + form->number - 1 : RILL_RECORD_EVENT);
	p = rill_varint_put(p, now - w->last);
	w->last = now;
	if (!form)
		p = put_form(w, p, e, fields);
	if (p && fields)
		p = put_fields(w, p, e, fields);
	for (unsigned i = 0; p && i < e->nargs; i++) {
		if (!form) {
			*p++ = e->args[i].type;
			p = put_name(w, p, e->args[i].name);
		}
		if (p)
			p = put_value(w, p, &e->args[i]);
	}
	return p;
}

static size_t spare_of(const struct rill_event *e, const struct rill_packet_form *form)
{
	const unsigned fields = form ? form->fields : UINT8_MAX;

	return FRONT_MAX + (fields ? (unsigned)FIELDS_MAX : 0) +
	       e->nargs * (size_t)(NUMBER_MAX + !form) + (form ? 0 : (size_t)CARRIED_MAX);
}

/* The largest packet is too small: what may each text have? 0: nothing helps. */
static uint32_t share_of(const struct rill_packet_writer *w, const struct rill_event *e,
			 const struct rill_packet_form *form, size_t spare)
{
	const size_t room = (size_t)(w->end - w->at);
	size_t texts = (form ? 0 : 3 + (size_t)e->nargs) + (e->scope != NULL), share;

	for (unsigned i = 0; i < e->nargs; i++)
		texts += e->args[i].type >= RILL_TYPE_STRING && e->args[i].type <= RILL_TYPE_JSON;
	if (!texts || room <= spare)
		return 0;
	share = (room - spare) / texts;
	return share > TEXT_HEAD_MAX ? (uint32_t)share - TEXT_HEAD_MAX : 0;
}

/* The packet has no room for the event as it is. */
static uint8_t *put_anyhow(struct rill_packet_writer *w, const struct rill_event *e,
			   const struct rill_packet_form *form, size_t spare, int *error)
{
	uint8_t *p = NULL;

	while (!p) {
		*error = more_room(w);
		if (*error)
			break;
		p = rill_packet_make_room(w, spare) ? NULL : put_event(w, e, form, spare);
	}
	if (*error != -EMSGSIZE)
		return p;
	w->text_max = share_of(w, e, form, spare);
	rill_packet_begin_records(w);
	p = w->text_max ? put_event(w, e, form, spare) : NULL;
	w->text_max = UINT32_MAX;
	if (p)
		*error = 0;
	else
		rill_packet_begin_records(w);
	return p;
}

static bool is_present(const struct rill_packet_writer *w, const struct rill_thread *thread)
{
	return thread == w->thread && w->entry && w->entry->serial == thread->serial &&
	       thread->generation == w->entry->generation && w->entry->told == w->round;
}

static inline __attribute__((always_inline)) void count(struct rill_packet_writer *w, const struct rill_event *e, uint8_t *end)
{
	w->at = end;
	w->events++;
	w->written++;
	if (e->thread) {
		w->entry->written++;
		w->entry->changed = true;
	}
}

/* Everything is looked at. */
static __attribute__((noinline)) int put_any(struct rill_packet_writer *w, const struct rill_event *e, struct rill_packet_form **form)
{
	size_t spare;
	uint8_t *p;
	int error;

	if (w->full || w->closed)
		return -ENOBUFS;
	if (e->thread && !is_present(w, e->thread)) {
		error = rill_packet_thread(w, e->thread);
		if (error)
			return error;
	}
	error = rill_packet_find_form(w, e, form);
	if (error)
		return error;
	spare = spare_of(e, *form);
	p = (size_t)(w->end - w->at) >= spare ? put_event(w, e, *form, spare) : NULL;
	if (!p) {
		p = put_anyhow(w, e, *form, spare, &error);
		if (!p)
			return error;
	}
	count(w, e, p);
	return 0;
}

int rill_packet_event(struct rill_packet_writer *w, const struct rill_event *e)
{
	struct rill_packet_form *form;

	return put_any(w, e, &form);
}

/* Its form is known and told, its thread too, and there is room for all but texts. */
static inline __attribute__((always_inline)) bool is_ready(const struct rill_packet_writer *w, const struct rill_event *e,
							   const struct rill_packet_like *like)
{
	return !w->full && !w->closed && like->form->told == w->round && (size_t)(w->end - w->at) >= like->spare &&
	       (!e->thread || is_present(w, e->thread));
}

/* Here too an event that found no room for a text has left its thread and time behind: nothing may follow it in this packet. */
static __attribute__((noinline)) int put_like_anyhow(struct rill_packet_writer *w, const struct rill_event *e, const struct rill_packet_like *like)
{
	int error = 0;
	uint8_t *const p = put_anyhow(w, e, like->form, like->spare, &error);

	if (!p)
		return error;
	count(w, e, p);
	return 0;
}

int rill_packet_event_like(struct rill_packet_writer *w, const struct rill_event *e, uint64_t kind)
{
	/* The begin and the end of a scope differ in a bit far up. */
	struct rill_packet_like *const like = &w->likes[(kind ^ kind >> 13) % RILL_PACKET_LIKES];
	struct rill_packet_form *form = NULL;
	uint8_t *p;
	int error;

	if (kind && like->kind == kind && is_ready(w, e, like)) {
		p = put_event(w, e, like->form, like->spare);
		if (!p)
			return put_like_anyhow(w, e, like);
		count(w, e, p);
		return 0;
	}
	error = put_any(w, e, &form);
	/* A form that was refused has no number yet, and its place may become another's. */
	if (kind && form && !error)
		*like = (struct rill_packet_like){ kind, form, spare_of(e, form) };
	return error;
}

/* SPDX-License-Identifier: MIT
 * packet_decode.c - the records of one packet as events and gaps.
 *
 * Every step is bounded by the packet's end, and nothing in it is believed: a number that means nothing ends the
 * packet as malformed, and one that means nothing yet makes it wait.
 */
#include "format/packet_state.h"
#include "format/packet_take.h"

#include <string.h>

struct work {
	struct rill_packet_reader *r;
	struct rill_read_stream *s;
	struct rill_held *held;
	struct rill_taker t;
	uint64_t now;   /* units */
	unsigned shift; /* a unit is 2^shift ns */
	const struct rill_thread *thread;
	struct rill_thread unknown; /* where its definition never came */
	uint32_t marks, strings;
	char *arena;
	uint32_t index; /* of the next event or gap */
	bool anyhow, waits, timed;
};

/* ---- strings -------------------------------------------------------------------------------------- */

struct string {
	const char *text;
	uint32_t size;
	bool null, cut;
};

/* With a NUL behind it, in the arena. */
static struct rill_read_string copy(struct work *w, uint64_t size)
{
	const uint8_t *const bytes = rill_take_bytes(&w->t, size);
	struct rill_read_string string = { w->arena, 0 };

	if (!bytes)
		return (struct rill_read_string){ "", 0 };
	memcpy(w->arena, bytes, (size_t)size);
	w->arena[size] = '\0';
	w->arena += size + 1;
	string.size = (uint32_t)size;
	return string;
}

static struct string take_string(struct work *w)
{
	struct rill_read_string *const known = w->r->decoder->strings;
	const uint64_t head = rill_take(&w->t), code = head >> 1;
	struct string result = { "", 0, false, false };
	struct rill_read_string string = { "", 0 };

	if (head & 1) {
		string = copy(w, code);
		if (w->strings < RILL_PACKET_NUMBERED_MAX && !w->t.bad)
			known[w->strings++] = string;
	} else if (code == RILL_STRING_CUT) {
		string = copy(w, rill_take(&w->t));
		result.cut = true;
	} else if (code == RILL_STRING_NULL) {
		result.null = true;
	} else if (code - RILL_STRING_SEEN < w->strings) {
		string = known[code - RILL_STRING_SEEN];
	} else {
		w->t.bad = true;
	}
	result.text = string.text;
	result.size = string.size;
	return result;
}

/* ---- values and fields ---------------------------------------------------------------------------- */

static void take_number_of_bits(struct work *w, struct rill_value *v)
{
	const uint8_t *const bytes = rill_take_bytes(&w->t, v->type == RILL_TYPE_F32 ? 4 : 8);
	uint64_t bits;
	uint32_t bits32;
	float f;

	if (!bytes)
		return;
	if (v->type == RILL_TYPE_F32) {
		bits32 = rill_le32_get(bytes);
		memcpy(&f, &bits32, sizeof f);
		v->d = (double)f;
	} else {
		bits = rill_le64_get(bytes);
		memcpy(&v->d, &bits, sizeof v->d);
	}
}

static void take_text_value(struct work *w, struct rill_value *v)
{
	const struct string string = take_string(w);

	v->text = string.text;
	v->size = string.size;
	v->null = string.null;
	v->cut = string.cut;
}

static void take_blob(struct work *w, struct rill_value *v)
{
	const uint64_t head = rill_take(&w->t);
	const uint8_t *const bytes = rill_take_bytes(&w->t, head >> 2);

	v->blob = bytes ? bytes : (const uint8_t *)"";
	v->size = bytes ? (uint32_t)(head >> 2) : 0;
	v->null = (head & 2) != 0;
	v->cut = head & 1;
}

static void take_value(struct work *w, struct rill_value *v, uint8_t type, const char *name)
{
	*v = (struct rill_value){ .name = name, .type = type };
	switch (type) {
	case RILL_TYPE_I8:
	case RILL_TYPE_I16:
	case RILL_TYPE_I32:
	case RILL_TYPE_I64: v->i = rill_unzigzag(rill_take(&w->t)); break;
	case RILL_TYPE_F32:
	case RILL_TYPE_F64: take_number_of_bits(w, v); break;
	case RILL_TYPE_STRING:
	case RILL_TYPE_COPY:
	case RILL_TYPE_JSON: take_text_value(w, v); break;
	case RILL_TYPE_BLOB: take_blob(w, v); break;
	default: v->u = rill_take(&w->t); break;
	}
}

static void take_fields(struct work *w, struct rill_event *e, unsigned fields)
{
	struct rill_taker *const t = &w->t;

	if (fields & RILL_FIELD_ID)
		e->id = rill_take(t);
	if (fields & RILL_FIELD_SCOPE)
		e->scope = take_string(w).text;
	if (fields & RILL_FIELD_BIND)
		e->bind_id = rill_take(t);
	if (fields & RILL_FIELD_PLACE) {
		e->pid = (uint32_t)rill_take(t);
		e->tid = (uint32_t)rill_take(t);
	}
	if (fields & RILL_FIELD_BEGIN)
		e->begin_ns = (w->now - rill_take(t)) << w->shift;
	if (fields & RILL_FIELD_OWN_TIME)
		e->own_time_us = rill_unzigzag(rill_take(t));
	if (fields & RILL_FIELD_THREAD_TIME)
		e->thread_time_ns = rill_take(t);
}

/* ---- events --------------------------------------------------------------------------------------- */

static bool is_new(struct work *w)
{
	return !w->t.bad && w->index++ >= w->held->delivered;
}

static void deliver(struct work *w, struct rill_event *e)
{
	w->timed = true;
	e->state |= (uint16_t)(w->marks & RILL_PACKET_MARKS);
	e->level = (uint8_t)(w->marks >> RILL_PACKET_LEVEL_SHIFT);
	w->marks = 0;
	if (!is_new(w))
		return;
	if (w->held->events == w->held->packet.events) { /* more than the packet says */
		w->t.bad = true;
		return;
	}
	w->held->delivered++;
	w->held->events++;
	w->s->known.events++;
	w->r->result.events++;
	if (w->r->ops.event)
		w->r->ops.event(w->r->ctx, &w->s->known, e);
}

/* What every event has, whatever its form. */
static void begin_event(struct work *w, struct rill_event *e)
{
	w->now += rill_take(&w->t);
	e->ts_ns = w->now << w->shift;
	e->thread = w->thread;
	e->tid = w->thread ? w->thread->tid : 0;
	e->pid = w->s->known.origin.pid;
	e->args = w->r->decoder->values;
}

static void take_event(struct work *w, const struct rill_read_form *form)
{
	struct rill_event e = form->event;

	begin_event(w, &e);
	if (form->fields)
		take_fields(w, &e, form->fields);
	for (unsigned i = 0; i < form->nargs; i++)
		take_value(w, &w->r->decoder->values[i], form->args[i].type, form->args[i].name);
	deliver(w, &e);
}

static void take_carried_event(struct work *w)
{
	struct rill_event e = { .site = 0 };
	struct rill_taker *const t = &w->t;
	uint64_t state, fields, nargs;

	begin_event(w, &e);
	e.phase = (char)rill_take_byte(t);
	e.flags = (uint32_t)rill_take(t);
	state = rill_take(t);
	fields = rill_take(t);
	rill_take(t); /* the site in the traced process: 0, or one of too many */
	e.line = (uint32_t)rill_take(t);
	nargs = rill_take(t);
	if (fields > UINT8_MAX || nargs > UINT8_MAX) {
		t->bad = true;
		return;
	}
	e.state = (uint16_t)((state & RILL_PACKET_STATE) | (fields & RILL_FIELDS_OF_STATE));
	e.nargs = (uint8_t)nargs;
	e.category = take_string(w).text;
	e.name = take_string(w).text;
	e.file = take_string(w).text;
	if (!*e.file)
		e.file = NULL;
	take_fields(w, &e, (unsigned)fields);
	for (unsigned i = 0; i < nargs && !t->bad; i++) {
		const uint8_t type = rill_take_byte(t);
		const char *const name = take_string(w).text;

		take_value(w, &w->r->decoder->values[i], type, name);
	}
	deliver(w, &e);
}

/* ---- records -------------------------------------------------------------------------------------- */

static void wait_for(struct work *w, enum rill_read_need kind, uint64_t number)
{
	w->held->needs = kind;
	w->held->needs_number = (uint32_t)number;
	w->waits = true;
}

/* The thread of that serial. Where it is not known and nothing can be waited for, one that has no name. */
static const struct rill_thread *find_thread(struct work *w, uint64_t serial)
{
	const struct rill_thread *thread;

	if (serial == 0)
		return NULL;
	if (serial > UINT32_MAX) {
		w->t.bad = true;
		return NULL;
	}
	thread = rill_read_find_thread(w->s, (uint32_t)serial);
	if (thread)
		return thread;
	if (!w->anyhow) {
		wait_for(w, RILL_NEEDS_THREAD, serial);
		return NULL;
	}
	w->unknown = (struct rill_thread){ .serial = (uint32_t)serial, .name = "" };
	return &w->unknown;
}

static void take_gap(struct work *w, struct rill_taker *t)
{
	const struct rill_thread *const thread = find_thread(w, rill_take(t));
	struct rill_gap gap = { .thread = thread };
	uint64_t cause;

	gap.level = (uint8_t)rill_take(t);
	cause = rill_take(t);
	gap.cause = cause < RILL_CAUSES ? (uint8_t)cause : RILL_CAUSES;
	gap.count = rill_take(t);
	gap.before_ns = rill_take(t);
	gap.after_ns = rill_take(t);
	if (t->bad)
		w->t.bad = true;
	if (w->waits || !is_new(w))
		return;
	w->held->delivered++;
	w->r->result.gaps++;
	if (w->r->ops.gap)
		w->r->ops.gap(w->r->ctx, &w->s->known, &gap);
}

static void take_sized(struct work *w, uint64_t kind)
{
	const uint64_t size = rill_take(&w->t);
	const uint8_t *const bytes = rill_take_bytes(&w->t, size);
	struct rill_taker body = { bytes, w->t.at, false };

	if (bytes && kind == RILL_RECORD_GAP)
		take_gap(w, &body);
}

static void take_unit(struct work *w)
{
	const uint64_t shift = rill_take(&w->t);

	if (shift > RILL_PACKET_SHIFT_MAX || w->timed) {
		w->t.bad = true;
		return;
	}
	w->shift = (unsigned)shift;
	if (shift > w->s->known.unit_shift)
		w->s->known.unit_shift = (uint8_t)shift;
	w->now = w->held->packet.base_ns >> shift;
}

static void take_other(struct work *w, uint64_t kind)
{
	switch (kind) {
	case RILL_RECORD_PAD: break;
	case RILL_RECORD_THREAD: w->thread = find_thread(w, rill_take(&w->t)); break;
	case RILL_RECORD_BACK: w->now -= rill_take(&w->t); break;
	case RILL_RECORD_MARK: w->marks = (uint32_t)rill_take(&w->t); break;
	case RILL_RECORD_EVENT: take_carried_event(w); break;
	case RILL_RECORD_UNIT: take_unit(w); break;
	default:
		if (kind >= RILL_RECORD_SIZED)
			take_sized(w, kind);
		else
			w->t.bad = true;
	}
}

enum rill_decoded_state rill_read_records(struct rill_packet_reader *r, struct rill_read_stream *s,
					  struct rill_held *held, bool anyhow)
{
	const uint8_t *const bytes = held->packet.bytes;
	const size_t front = RILL_PACKET_HEAD + RILL_PACKET_COUNTS;
	const size_t back = rill_le16_get(bytes + RILL_PACKET_HEAD + 2);
	struct work w = {
		.r = r,
		.s = s,
		.held = held,
		.t = { bytes + front, bytes + held->packet.size, false },
		.now = held->packet.base_ns,
		.arena = r->decoder->arena,
		.anyhow = anyhow,
	};

	if (front + back > held->packet.size)
		return RILL_DECODE_MALFORMED;
	w.t.end -= back;
	/* Without it nobody knows whose the events are. */
	if (!s->known.has_origin && !anyhow)
		wait_for(&w, RILL_NEEDS_ORIGIN, 0);
	while (w.t.at < w.t.end && !w.waits && !w.t.bad) {
		const uint64_t kind = rill_take(&w.t), form = kind - RILL_RECORD_FORMS;

		if (kind < RILL_RECORD_FORMS)
			take_other(&w, kind);
		else if (form < s->forms_room && s->forms[form])
			take_event(&w, s->forms[form]);
		else if (form >= RILL_PACKET_FORM_MAX)
			w.t.bad = true;
		else
			wait_for(&w, RILL_NEEDS_FORM, form);
	}
	if (w.waits)
		return RILL_DECODE_WAITS;
	return w.t.bad || held->events != held->packet.events ? RILL_DECODE_MALFORMED
							      : RILL_DECODED;
}

/* SPDX-License-Identifier: MIT
 * packet_plain_put.c - events, losses and definitions into the packet under way, in the plainest way.
 *
 * The form of an event has the number of its call site, twice: the next one is the end of a scope that begins there. Strings have no
 * numbers. An event whose fields are others than those its form was told with carries its form.
 */
#include "sink/packet_plain.h"

#include "format/varint.h"
#include "port/port.h"

#include <string.h>

enum {
	ROUND_BYTES = 64 << 10,
	TEXT_HEAD = 4,		/* mark of one that is cut, and the size */
	/* Of an event: thread, mark, step back, form, time, the form itself without texts, and fields. */
	FRONT = 6 + 3 + 11 + 6 + 10 + 20 + 7 * RILL_VARINT_MAX,
	DEFINITION_HEAD = 4,
	TEXT_MAX = 40,		/* of names */
	TOLD = 0x80		/* beside the fields of a form */
};
_Static_assert((RILL_FIELD_ID | RILL_FIELD_SCOPE | RILL_FIELD_BIND | RILL_FIELD_PLACE | RILL_FIELDS_OF_STATE) < TOLD, "fields have seven bits");

/* ---- definitions ---------------------------------------------------------------------------------- */

static size_t length_of(const char *name, size_t most)
{
	return name ? strnlen(name, most) : 0;
}

/* What the names of an event may need in its form, none longer than most. */
static size_t names_size(const struct rill_event *e, size_t most)
{
	size_t sum = length_of(e->category, most) + length_of(e->name, most) + length_of(e->file, most);

	for (unsigned i = 0; i < e->nargs; i++)
		sum += length_of(e->args[i].name, most);
	return sum + (3 + (size_t)e->nargs) * (TEXT_HEAD + 1);
}

/* The longest that each may be, so that they fit an empty packet beside so much. */
static size_t name_max(const struct rill_plain *o, const struct rill_event *e, size_t fixed)
{
	const size_t room = o->room - RILL_PACKET_HEAD - RILL_PACKET_COUNTS;
	const size_t each = fixed < room ? (room - fixed) / (3 + (size_t)e->nargs) : 0;

	if (fixed + names_size(e, TEXT_MAX) <= room)
		return TEXT_MAX;
	return each > TEXT_HEAD + 1 ? each - TEXT_HEAD - 1 : 0;
}

static uint8_t *put_name(uint8_t *p, const char *name, size_t most)
{
	size_t size = length_of(name, most);

	while (size == most && size && ((uint8_t)name[size] & 0xc0) == 0x80)
		size--;		/* cut between characters, not inside one */
	*p++ = (uint8_t)size;
	memcpy(p, name ? name : "", size);
	return p + size;
}

/* It was written behind the records, where there is room to let its size be known, and moves to the others. */
static void defined(struct rill_plain *o, enum rill_packet_definition kind, const uint8_t *body_end)
{
	const size_t size = (size_t)(body_end - o->at);

	o->end -= size;
	memmove(o->end, o->at, size);
	o->end -= 1 + rill_varint_size(size);
	o->end[0] = (uint8_t)kind;
	rill_varint_put(o->end + 1, size);
}

static void define_numbers(struct rill_plain *o, enum rill_packet_definition kind, unsigned count, const uint64_t *numbers)
{
	uint8_t *p;

	if (!rill_plain_room(o, DEFINITION_HEAD + count * RILL_VARINT_MAX))
		return;
	p = o->at;
	for (unsigned i = 0; i < count; i++)
		p = rill_varint_put(p, numbers[i]);
	defined(o, kind, p);
}

void rill_plain_define_thread(struct rill_plain *o, const struct rill_thread *t)
{
	uint8_t *p;

	if (!rill_plain_room(o, DEFINITION_HEAD + 5 * RILL_VARINT_MAX + 1 + TEXT_MAX))
		return;
	p = rill_varint_put(o->at, t->serial);
	p = rill_varint_put(p, t->tid);
	p = rill_varint_put(p, t->generation);
	*p++ = t->has_sort_index;
	p = rill_varint_put(p, rill_zigzag(t->sort_index));
	defined(o, RILL_DEFINE_THREAD, put_name(p, t->name, TEXT_MAX));
	o->threads[t->serial % RILL_PLAIN_THREADS] = t->serial;
}

static uint8_t *put_form(uint8_t *p, const struct rill_event *e, unsigned fields)
{
	*p++ = (uint8_t)e->phase;
	p = rill_varint_put(p, e->flags);
	p = rill_varint_put(p, e->state & RILL_PACKET_STATE);
	*p++ = (uint8_t)fields;
	p = rill_varint_put(p, e->site);
	p = rill_varint_put(p, e->line);
	*p++ = e->nargs;
	return p;
}

static void define_form(struct rill_plain *o, const struct rill_event *e, uint32_t number, unsigned fields)
{
	const size_t fixed = DEFINITION_HEAD + FRONT, most = name_max(o, e, fixed);
	uint8_t *p;

	if (!rill_plain_room(o, fixed + names_size(e, most)))
		return;
	p = rill_varint_put(o->at, number);
	p = put_form(p, e, fields);
	p = put_name(p, e->category, most);
	p = put_name(p, e->name, most);
	p = put_name(p, e->file, most);
	for (unsigned i = 0; i < e->nargs; i++) {
		*p++ = e->args[i].type;
		p = put_name(p, e->args[i].name, most);
	}
	defined(o, RILL_DEFINE_FORM, p);
	o->forms[number] = (uint8_t)(TOLD | fields);
	if (e->phase == 'B' && (e->state & RILL_EVENT_SCOPE))	/* its plain end has the next number */
		o->forms[number + 1] = (uint8_t)(TOLD | RILL_FIELD_BEGIN | (fields & RILL_FIELD_THREAD_TIME));
}

void rill_plain_define_snapshot(struct rill_plain *o)
{
	const uint64_t before = rill_port_monotonic_ns();
	uint64_t all[] = { before, rill_port_raw_ns(), rill_port_boottime_ns(), rill_port_realtime_ns(), rill_clock()->read_ordered(), 0, 0 };

	all[5] = (rill_port_monotonic_ns() - before) / 2 + 1;
	all[0] += all[5];
	define_numbers(o, RILL_DEFINE_SNAPSHOT, sizeof all / sizeof *all, all);
	o->told_written = o->written;
}

void rill_plain_define_totals(struct rill_plain *o, const struct rill_stats *stats)
{
	uint64_t all[3 + RILL_CAUSES] = { stats->delivered, stats->threads, RILL_CAUSES };

	memcpy(all + 3, stats->lost, sizeof stats->lost);
	define_numbers(o, RILL_DEFINE_TOTALS, 3 + RILL_CAUSES, all);
}

static void define_metadata(void *outlet, const char *name, const char *args_json)
{
	struct rill_plain *o = outlet;
	const size_t size = strlen(args_json);
	uint8_t *p;

	if (!rill_plain_room(o, DEFINITION_HEAD + TEXT_MAX + 5 + size))
		return;		/* what no packet can hold is left out */
	p = rill_varint_put(put_name(o->at, name, TEXT_MAX), size);
	memcpy(p, args_json, size);
	defined(o, RILL_DEFINE_METADATA, p + size);
}

void rill_plain_head(struct rill_plain *o)
{
	uint8_t *p;

	if (o->round_bytes >= ROUND_BYTES)
		rill_plain_begin_round(o);
	if (o->headed || !rill_plain_room(o, DEFINITION_HEAD + 8 + 2 * RILL_VARINT_MAX + 2 * (TEXT_MAX + 1)))
		return;
	o->headed = true;
	p = rill_le64_put(o->at, o->identity);
	p = rill_varint_put(p, o->env.pid);
	p = rill_varint_put(p, o->env.start_ns);
	p = put_name(p, o->env.session_name, TEXT_MAX);
	defined(o, RILL_DEFINE_STREAM, put_name(p, RILL_VERSION, TEXT_MAX));
	if (RILL_ON(CONFIG_RILL_METADATA))
		o->env.each_metadata(define_metadata, o);
	rill_plain_define_snapshot(o);
}

static void tell_thread(struct rill_plain *o, const struct rill_thread *thread)
{
	rill_plain_head(o);
	if (thread && o->threads[thread->serial % RILL_PLAIN_THREADS] != thread->serial)
		rill_plain_define_thread(o, thread);
}

/* ---- events --------------------------------------------------------------------------------------- */

static bool has_text(const struct rill_value *v)
{
	return RILL_TAILS && v->type >= RILL_TYPE_STRING && v->type <= RILL_TYPE_JSON;
}

/* Texts without numbers; longer than most they are cut. */
static uint8_t *put_text(uint8_t *p, const struct rill_value *v, size_t most)
{
	size_t size = v->size < most ? v->size : most;
	const bool cut = v->cut || size < v->size;

	if (RILL_ON(CONFIG_RILL_ARG_BLOBS) && v->type == RILL_TYPE_BLOB) {
		p = rill_varint_put(p, (uint64_t)size << 2 | (v->null ? 2u : 0) | cut);
	} else if (v->null) {
		*p++ = RILL_STRING_NULL << 1;
		return p;
	} else {
		while (size && size < v->size && ((uint8_t)v->text[size] & 0xc0) == 0x80)
			size--;
		if (cut)
			*p++ = RILL_STRING_CUT << 1;
		p = rill_varint_put(p, cut ? size : size << 1 | 1);
	}
	memcpy(p, v->text, size);
	return p + size;
}

static uint8_t *put_value(uint8_t *p, const struct rill_value *v, size_t most)
{
	uint64_t bits;
	uint32_t bits32;
	float f;

	if (has_text(v))
		return put_text(p, v, most);
	if (v->type <= RILL_TYPE_I64)
		return rill_varint_put(p, rill_zigzag(v->i));
	if (v->type == RILL_TYPE_F32) {
		f = (float)v->d;
		memcpy(&bits32, &f, sizeof bits32);
		return rill_le32_put(p, bits32);
	}
	memcpy(&bits, &v->u, sizeof bits);
	return v->type == RILL_TYPE_F64 ? rill_le64_put(p, bits) : rill_varint_put(p, bits);
}

static unsigned fields_of(const struct rill_plain *o, const struct rill_event *e)
{
	const bool elsewhere = e->pid != o->env.pid || e->tid != (e->thread ? e->thread->tid : 0);

	return (e->state & RILL_FIELDS_OF_STATE) | (e->id ? RILL_FIELD_ID : 0u) | (e->scope ? RILL_FIELD_SCOPE : 0u) |
	       (e->bind_id ? RILL_FIELD_BIND : 0u) | (elsewhere ? RILL_FIELD_PLACE : 0u);
}

static uint8_t *put_short(uint8_t *p, const char *text, size_t longest)
{
	const struct rill_value v = { .type = RILL_TYPE_STRING, .size = (uint32_t)(text ? strlen(text) : 0), .text = text ? text : "" };

	return put_text(p, &v, longest);
}

static uint8_t *put_fields(uint8_t *p, const struct rill_event *e, unsigned fields)
{
	if (fields & RILL_FIELD_ID)
		p = rill_varint_put(p, e->id);
	if (fields & RILL_FIELD_SCOPE)
		p = put_short(p, e->scope, TEXT_MAX);
	if (fields & RILL_FIELD_BIND)
		p = rill_varint_put(p, e->bind_id);
	if (fields & RILL_FIELD_PLACE)
		p = rill_varint_put(rill_varint_put(p, e->pid), e->tid);
	if (fields & RILL_FIELD_BEGIN)
		p = rill_varint_put(p, e->ts_ns - e->begin_ns);
	if (fields & RILL_FIELD_OWN_TIME)
		p = rill_varint_put(p, rill_zigzag(e->own_time_us));
	if (fields & RILL_FIELD_THREAD_TIME)
		p = rill_varint_put(p, e->thread_time_ns);
	return p;
}

/* What is not the same for all events of a form. */
static uint8_t *put_changes(struct rill_plain *o, uint8_t *p, const struct rill_event *e)
{
	const uint32_t serial = e->thread ? e->thread->serial : 0;
	const unsigned marks = (e->state & RILL_PACKET_MARKS) | (unsigned)e->level << RILL_PACKET_LEVEL_SHIFT;

	if (serial != o->serial) {
		*p++ = RILL_RECORD_THREAD;
		p = rill_varint_put(p, serial);
		o->serial = serial;
	}
	if (marks) {
		*p++ = RILL_RECORD_MARK;
		p = rill_varint_put(p, marks);
	}
	if (!o->timed)
		o->base = o->last = e->ts_ns;
	o->timed = true;
	if (e->ts_ns < o->last) {
		*p++ = RILL_RECORD_BACK;
		p = rill_varint_put(p, o->last - e->ts_ns);
		o->last = e->ts_ns;
	}
	return p;
}

/* The number of the event's form, told by now; RILL_PLAIN_FORMS: it has none, or its fields differ, and carries its form. */
static uint32_t form_of(struct rill_plain *o, const struct rill_event *e, unsigned fields)
{
	uint32_t number = 2 * e->site + (e->phase == 'E' && (fields & RILL_FIELD_BEGIN));

	if (!e->site || number >= RILL_PLAIN_FORMS)
		return RILL_PLAIN_FORMS;
	if (!o->forms[number])
		define_form(o, e, number, fields);
	return o->forms[number] == (TOLD | fields) ? number : (uint32_t)RILL_PLAIN_FORMS;
}

/* The longest that each text may be, so that the event fits. */
static size_t text_max(const struct rill_plain *o, const struct rill_event *e, size_t fixed)
{
	const size_t room = o->room - RILL_PACKET_HEAD - RILL_PACKET_COUNTS;
	size_t sum = 0, texts = 0;

	for (unsigned i = 0; i < e->nargs; i++)
		if (has_text(&e->args[i])) {
			sum += e->args[i].size;
			texts++;
		}
	return !texts || fixed + sum <= room ? SIZE_MAX : (room - fixed) / texts;
}

int rill_plain_event(struct rill_outlet *outlet, const struct rill_event *e)
{
	struct rill_plain *o = rill_plain(outlet);
	const unsigned fields = fields_of(o, e);
	size_t fixed = FRONT + e->nargs * (size_t)RILL_VARINT_MAX + (e->scope ? TEXT_MAX + TEXT_HEAD : 0u), names, most, size;
	uint32_t form;
	uint8_t *p;

	tell_thread(o, e->thread);
	form = form_of(o, e, fields);
	names = name_max(o, e, fixed);
	if (form == RILL_PLAIN_FORMS)
		fixed += names_size(e, names);
	most = text_max(o, e, fixed);
	size = fixed;
	for (unsigned i = 0; i < e->nargs; i++)
		if (has_text(&e->args[i]))
			size += e->args[i].size < most ? e->args[i].size : most;
	if (!rill_plain_room(o, size)) {
		o->env.lost(o->env.session, 1);
		return 0;
	}
	p = put_changes(o, o->at, e);
	p = rill_varint_put(p, form == RILL_PLAIN_FORMS ? (uint32_t)RILL_RECORD_EVENT : RILL_RECORD_FORMS + form);
	p = rill_varint_put(p, e->ts_ns - o->last);
	o->last = e->ts_ns;
	if (form == RILL_PLAIN_FORMS) {
		p = put_form(p, e, fields);
		p = put_short(put_short(put_short(p, e->category, names), e->name, names), e->file, names);
	}
	p = put_fields(p, e, fields);
	for (unsigned i = 0; i < e->nargs; i++) {
		if (form == RILL_PLAIN_FORMS) {
			*p++ = e->args[i].type;
			p = put_short(p, e->args[i].name, names);
		}
		p = put_value(p, &e->args[i], most);
	}
	o->at = p;
	o->events++;
	o->written++;
	return 0;
}

void rill_plain_gap(struct rill_outlet *outlet, const struct rill_gap *g)
{
	struct rill_plain *o = rill_plain(outlet);
	const uint64_t all[] = { g->thread ? g->thread->serial : 0, g->level, g->cause, g->count, g->before_ns, g->after_ns };
	uint8_t *p;

	tell_thread(o, g->thread);
	if (!rill_plain_room(o, 2 + 6 * RILL_VARINT_MAX))
		return;
	p = o->at + 2;
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		p = rill_varint_put(p, all[i]);
	o->at[0] = RILL_RECORD_GAP;
	o->at[1] = (uint8_t)(p - o->at - 2);
	o->at = p;
	o->lost += g->count;
}

void rill_plain_thread(struct rill_outlet *outlet, const struct rill_thread *thread, uint64_t ts_ns)
{
	(void)ts_ns;
	rill_plain_head(rill_plain(outlet));
	rill_plain_define_thread(rill_plain(outlet), thread);
}

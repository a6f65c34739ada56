/* SPDX-License-Identifier: MIT
 * packet_form.c - which form an event has: what is the same for all events of one kind from one call
 * site is defined once, and the events then carry a number.
 *
 * The table is hashed by site and phase. It only grows, for a number keeps its meaning.
 */
#include "format/packet_put.h"

#include <errno.h>

static uint32_t place_of(uint32_t site, char phase)
{
	/* The begin and the end of a scope share their site. */
	return ((site << 1 | (phase == 'E')) * UINT32_C(0x9e3779b1)) >> 15;
}

static inline bool is_form(const struct rill_packet_form *f, const struct rill_event *e,
			   unsigned fields)
{
	/* One test in place of six: they are all true nearly always. */
	if ((f->site ^ e->site) | (f->flags ^ e->flags) | (uint32_t)(f->phase ^ (uint8_t)e->phase) |
	    (f->fields ^ fields) | (uint32_t)(f->nargs ^ e->nargs) |
	    (f->state ^ (e->state & (uint32_t)RILL_PACKET_STATE)))
		return false;
	for (unsigned i = 0; i < e->nargs; i++)
		if (f->types[i] != e->args[i].type)
			return false;
	return true;
}

/* The form, or the free place where it belongs. There is always one: the table is never full. */
static inline struct rill_packet_form *look_up(const struct rill_packet_writer *w,
					const struct rill_event *e, unsigned fields)
{
	const uint32_t mask = w->options.forms_size - 1;
	uint32_t i = place_of(e->site, e->phase) & mask;

	while (w->options.forms[i].number && !is_form(&w->options.forms[i], e, fields))
		i = (i + 1) & mask;
	return &w->options.forms[i];
}

/* ---- definitions ------------------------------------------------------------------------------ */

/* Number, flags, site, line, state and fields; phase and number of arguments. */
enum { NUMBERS_MAX = 4 * 5 + 2 * 2 + 1 + 2 };

/* What the texts of a definition may need, none longer than most. */
static size_t texts_max(const struct rill_event *e, size_t most)
{
	const char *const names[] = { e->category, e->name, e->file };
	size_t sum = 0;

	for (unsigned i = 0; i < 3 + (unsigned)e->nargs; i++) {
		const char *text = i < 3 ? names[i] : e->args[i - 3].name;
		const size_t size = strlen(rill_packet_or_empty(text));

		sum += 1 + RILL_TEXT_SIZE_MAX + (size < most ? size : most);
	}
	return sum;
}

static uint8_t *put_name(uint8_t *p, const char *name, size_t most)
{
	name = rill_packet_or_empty(name);
	return rill_packet_put_text(p, name, strlen(name), most);
}

static uint8_t *put_body(uint8_t *p, const struct rill_packet_form *f, const struct rill_event *e,
			 size_t most)
{
	p = rill_varint_put(p, f->number - 1);
	*p++ = f->phase;
	p = rill_varint_put(p, f->flags);
	p = rill_varint_put(p, f->state);
	p = rill_varint_put(p, f->fields);
	p = rill_varint_put(p, f->site);
	p = rill_varint_put(p, e->line);
	p = rill_varint_put(p, f->nargs);
	p = put_name(p, e->category, most);
	p = put_name(p, e->name, most);
	p = put_name(p, e->file, most);
	for (unsigned i = 0; i < e->nargs; i++) {
		*p++ = f->types[i];
		p = put_name(p, e->args[i].name, most);
	}
	return p;
}

/* Names that no packet can hold are cut, each to the same length. */
static int define(struct rill_packet_writer *w, struct rill_packet_form *f,
		  const struct rill_event *e)
{
	size_t most = SIZE_MAX, room;
	uint8_t *p;
	int error;

	p = rill_packet_define(w, NUMBERS_MAX + texts_max(e, most), &error);
	if (error == -EMSGSIZE) {
		room = (size_t)(w->end - w->at) - RILL_DEFINITION_HEAD_MAX - NUMBERS_MAX;
		most = room / (3 + (unsigned)e->nargs) - 1 - RILL_TEXT_SIZE_MAX;
		p = rill_packet_define(w, NUMBERS_MAX + texts_max(e, most), &error);
	}
	if (!p)
		return error;
	rill_packet_defined(w, RILL_DEFINE_FORM, put_body(p, f, e, most));
	f->told = w->round;
	return 0;
}

/* ---- forms ------------------------------------------------------------------------------------ */

static void fill(struct rill_packet_form *f, const struct rill_event *e, unsigned fields,
		 uint32_t number)
{
	*f = (struct rill_packet_form){
		.site = e->site,
		.flags = e->flags,
		.number = number,
		.phase = (uint8_t)e->phase,
		.fields = (uint8_t)fields,
		.state = (uint8_t)(e->state & RILL_PACKET_STATE),
		.nargs = e->nargs,
	};
	for (unsigned i = 0; i < e->nargs; i++)
		f->types[i] = e->args[i].type;
}

static bool begins_scope(const struct rill_event *e)
{
	return e->phase == 'B' && (e->state & RILL_EVENT_SCOPE);
}

/* Some places must stay free: for the end of a scope, and for look_up() to stop at soon. */
static bool has_place(const struct rill_packet_writer *w)
{
	return w->forms + 2 <= w->options.forms_size / 8 * 7 &&
	       w->next_number + 2 <= RILL_PACKET_FORM_MAX;
}

/* f, a begin, was defined: that stands for the plain end of the scope too, with the next number. An end
 * that came before its first begin has a number of its own. */
static void end_is_told(struct rill_packet_writer *w, const struct rill_packet_form *f,
			const struct rill_event *e)
{
	const struct rill_event end = {
		.site = e->site,
		.flags = e->flags,
		.state = e->state & RILL_PACKET_STATE,
		.phase = 'E',
	};
	const unsigned fields = RILL_FIELD_BEGIN | (f->fields & RILL_FIELD_THREAD_TIME);
	struct rill_packet_form *const place = look_up(w, &end, fields);

	if (!place->number) {
		fill(place, &end, fields, f->number + 1);
		w->forms++;
	}
	if (place->number == f->number + 1)
		place->told = w->round;
}

static int add(struct rill_packet_writer *w, struct rill_packet_form *f, const struct rill_event *e,
	       unsigned fields)
{
	struct rill_packet_form new_form;
	int error;

	fill(&new_form, e, fields, w->next_number + 1);
	error = define(w, &new_form, e);
	if (error)
		return error;
	*f = new_form;
	w->forms++;
	w->next_number += 1 + begins_scope(e);
	return 0;
}

int rill_packet_find_form(struct rill_packet_writer *w, const struct rill_event *e,
			  struct rill_packet_form **form)
{
	const unsigned fields = rill_packet_fields(w, e);
	const int64_t credit = w->credit;
	struct rill_packet_form *f;
	int error;

	*form = NULL;
	if (e->site == 0 || e->nargs > RILL_PACKET_ARGS_MAX)
		return 0;
	f = look_up(w, e, fields);
	if (!f->number && !has_place(w))
		return 0;
	*form = f;
	if (f->told == w->round || !rill_packet_is_due(w, f->told))
		return 0;
	if (f->told) {
		error = define(w, f, e);
	} else {
		error = f->number ? define(w, f, e) : add(w, f, e, fields);
		w->credit = credit;
	}
	if (!error && begins_scope(e))
		end_is_told(w, f, e);
	return error;
}

bool rill_packet_forms_full(const struct rill_packet_writer *w)
{
	return w->forms >= w->options.forms_size / 4 * 3 &&
	       w->next_number + 2 <= RILL_PACKET_FORM_MAX;
}

void rill_packet_move_forms(struct rill_packet_writer *w, struct rill_packet_form *forms,
			    uint32_t size)
{
	const struct rill_packet_form *const old = w->options.forms;
	const uint32_t old_size = w->options.forms_size;

	for (uint32_t i = 0; i < old_size; i++) {
		uint32_t at = place_of(old[i].site, (char)old[i].phase) & (size - 1);

		if (!old[i].number)
			continue;
		while (forms[at].number)
			at = (at + 1) & (size - 1);
		forms[at] = old[i];
	}
	w->options.forms = forms;
	w->options.forms_size = size;
	memset(w->likes, 0, sizeof w->likes);
}

/* SPDX-License-Identifier: MIT
 * packet_define_read.c - definitions as they come out of packets: forms, threads, metadata, clocks, totals.
 *
 * Most definitions have been seen before, since a stream repeats them. One that gives a number another
 * meaning is refused: the first one holds. All memory is charged to one budget.
 */
#include "format/packet_state.h"
#include "format/packet_take.h"

#include <stdlib.h>
#include <string.h>

/* ---- memory --------------------------------------------------------------------------------------- */

/* Zeroed; NULL: beyond the budget. */
void *rill_read_charge(struct rill_packet_reader *r, size_t size)
{
	void *memory = NULL;

	if (size <= r->options.definitions_bytes_max - r->definitions_bytes)
		memory = calloc(1, size);
	if (memory)
		r->definitions_bytes += size;
	else
		r->result.refused++;
	return memory;
}

void rill_read_discharge(struct rill_packet_reader *r, void *memory, size_t size)
{
	if (memory)
		r->definitions_bytes -= size;
	free(memory);
}

/* A text that is still in the packet. */
struct text {
	const uint8_t *bytes;
	size_t size;
};

static struct text take_text(struct rill_taker *t)
{
	const uint64_t size = rill_take(t);
	const uint8_t *const bytes = rill_take_bytes(t, size);

	return (struct text){ bytes, bytes ? (size_t)size : 0 };
}

/* Looks at no more of either than the shorter has: a known text may be long, and there may be
 * many short ones to compare it with. */
static bool is_same(const char *known, const struct text *text)
{
	return strnlen(known, text->size + 1) == text->size && !memcmp(known, text->bytes, text->size);
}

/* Copies it with a NUL behind, and moves *to on. */
static const char *keep(char **to, const struct text *text)
{
	char *const copy = *to;

	if (text->size)
		memcpy(copy, text->bytes, text->size);
	*to += text->size + 1;
	return copy;
}

/* ---- forms ---------------------------------------------------------------------------------------- */

struct form_body {
	uint64_t number, flags, state, fields, site, line, nargs;
	uint32_t of_begin; /* event.site of the begin whose end this is; 0: of none */
	uint8_t phase;
	struct text category, name, file;
	struct rill_taker args;
	size_t size; /* of the memory it takes */
};

/* False: malformed. */
static bool take_form(struct rill_taker *t, struct form_body *b)
{
	b->number = rill_take(t);
	b->phase = rill_take_byte(t);
	b->flags = rill_take(t);
	b->state = rill_take(t);
	b->fields = rill_take(t);
	b->site = rill_take(t);
	b->of_begin = 0;
	b->line = rill_take(t);
	b->nargs = rill_take(t);
	b->category = take_text(t);
	b->name = take_text(t);
	b->file = take_text(t);
	b->args = *t;
	b->size =
		sizeof(struct rill_read_form) + b->category.size + b->name.size + b->file.size + 3;
	b->state &= RILL_PACKET_STATE; /* a newer writer may know more */
	if (t->bad || b->nargs > UINT8_MAX)
		return false;
	for (uint64_t i = 0; i < b->nargs; i++) {
		rill_take_byte(t);
		b->size += sizeof(struct rill_read_arg) + take_text(t).size + 1;
	}
	return !t->bad;
}

static bool has_place(struct rill_packet_reader *r, struct rill_read_stream *s, uint32_t number)
{
	uint32_t room = s->forms_room ? s->forms_room : 64;
	struct rill_read_form **forms;

	if (number < s->forms_room)
		return true;
	while (room <= number)
		room *= 2;
	forms = rill_read_charge(r, room * sizeof *forms);
	if (!forms)
		return false;
	if (s->forms_room)
		memcpy(forms, s->forms, s->forms_room * sizeof *forms);
	rill_read_discharge(r, s->forms, s->forms_room * sizeof *forms);
	s->forms = forms;
	s->forms_room = room;
	return true;
}

static bool is_same_form(const struct rill_read_form *f, const struct form_body *b)
{
	const struct rill_event *const e = &f->event;
	struct rill_taker args = b->args;

	if ((uint8_t)e->phase != b->phase || e->flags != b->flags ||
	    (e->state & RILL_PACKET_STATE) != b->state || f->fields != b->fields ||
	    f->site != b->site || e->line != b->line || f->nargs != b->nargs ||
	    !is_same(e->category, &b->category) || !is_same(e->name, &b->name) ||
	    !is_same(e->file ? e->file : "", &b->file))
		return false;
	for (unsigned i = 0; i < f->nargs; i++) {
		const uint8_t type = rill_take_byte(&args);
		const struct text name = take_text(&args);

		if (type != f->args[i].type || !is_same(f->args[i].name, &name))
			return false;
	}
	return true;
}

static void define_form(struct rill_packet_reader *r, struct rill_read_stream *s,
			const struct form_body *b)
{
	struct rill_taker args = b->args;
	struct rill_read_form *f;
	char *texts;

	if (!has_place(r, s, (uint32_t)b->number))
		return;
	if (s->forms[b->number]) {
		r->result.refused += !is_same_form(s->forms[b->number], b);
		return;
	}
	f = rill_read_charge(r, b->size);
	if (!f)
		return;
	texts = (char *)&f->args[b->nargs];
	f->size = (uint32_t)b->size;
	f->site = (uint32_t)b->site;
	f->fields = (uint8_t)b->fields;
	f->nargs = (uint8_t)b->nargs;
	f->event = (struct rill_event){
		.category = keep(&texts, &b->category),
		.name = keep(&texts, &b->name),
		.site = b->of_begin ? b->of_begin : r->next_site++,
		.line = (uint32_t)b->line,
		.flags = (uint32_t)b->flags,
		.state = (uint16_t)(b->state | (b->fields & RILL_FIELDS_OF_STATE)),
		.nargs = (uint8_t)b->nargs,
		.phase = (char)b->phase,
	};
	f->event.file = b->file.size ? keep(&texts, &b->file) : NULL;
	for (unsigned i = 0; i < f->nargs; i++) {
		struct text name;

		f->args[i].type = rill_take_byte(&args);
		name = take_text(&args);
		f->args[i].name = keep(&texts, &name);
	}
	s->forms[b->number] = f;
}

static bool read_form(struct rill_packet_reader *r, struct rill_read_stream *s,
		      struct rill_taker *t)
{
	struct form_body b;

	if (!take_form(t, &b))
		return false;
	/* Of a field that is not known nobody can say where it ends. */
	if (b.number >= RILL_PACKET_FORM_MAX || b.fields > UINT8_MAX) {
		r->result.refused++;
		return true;
	}
	define_form(r, s, &b);
	if (b.phase != 'B' || !(b.state & RILL_EVENT_SCOPE))
		return true;
	/* The begin of a scope stands for its end too. */
	b.of_begin = b.number < s->forms_room && s->forms[b.number] ? s->forms[b.number]->event.site : 0;
	b.number++;
	b.phase = 'E';
	b.fields = RILL_FIELD_BEGIN | (b.fields & RILL_FIELD_THREAD_TIME);
	b.nargs = 0;
	b.size = sizeof(struct rill_read_form) + b.category.size + b.name.size + b.file.size + 3;
	if (b.number < RILL_PACKET_FORM_MAX)
		define_form(r, s, &b);
	return true;
}

/* ---- threads -------------------------------------------------------------------------------------- */

static bool read_thread(struct rill_packet_reader *r, struct rill_read_stream *s,
			struct rill_taker *t)
{
	const uint64_t serial = rill_take(t), tid = rill_take(t), generation = rill_take(t);
	const uint64_t has_sort_index = rill_take(t), sort_index = rill_take(t);
	const struct text name = take_text(t);
	struct rill_read_thread **place, *thread;
	const uint32_t size = (uint32_t)(sizeof *thread + name.size + 1);
	char *text;

	if (t->bad || serial == 0 || serial > UINT32_MAX || tid > UINT32_MAX)
		return false;
	place = rill_read_place_thread(r, s, (uint32_t)serial);
	if (!place)
		return true;
	/* The newest name holds, in whatever order packets come. */
	if (*place && (*place)->thread.generation >= (uint32_t)generation)
		return true;
	thread = rill_read_charge(r, size);
	if (!thread)
		return true;
	text = (char *)(thread + 1);
	thread->size = size;
	thread->thread = (struct rill_thread){
		.tid = (uint32_t)tid,
		.serial = (uint32_t)serial,
		.generation = (uint32_t)generation,
		.has_sort_index = has_sort_index != 0,
		.sort_index = (int32_t)rill_unzigzag(sort_index),
		.name = keep(&text, &name),
	};
	s->thread_count += !*place;
	if (*place) {
		struct rill_read_thread *const old = *place;

		thread->next = old->next;
		rill_read_discharge(r, old, old->size);
	}
	*place = thread;
	if (r->ops.thread)
		r->ops.thread(r->ctx, &s->known, &thread->thread);
	return true;
}

static bool read_counts(struct rill_packet_reader *r, struct rill_read_stream *s,
			struct rill_taker *t)
{
	struct rill_packet_counts counts;

	counts.serial = (uint32_t)rill_take(t);
	counts.part = (uint32_t)rill_take(t);
	counts.written = rill_take(t);
	counts.lost = rill_take(t);
	if (!t->bad && r->ops.counts)
		r->ops.counts(r->ctx, &s->known, &counts);
	return !t->bad;
}

/* ---- the stream ----------------------------------------------------------------------------------- */

static bool read_stream(struct rill_packet_reader *r, struct rill_read_stream *s,
			struct rill_taker *t)
{
	const uint64_t identity = rill_take_le64(t), pid = rill_take(t), start_ns = rill_take(t);
	const struct text session = take_text(t), version = take_text(t);
	char *at;

	if (t->bad)
		return false;
	if (s->known.has_origin)
		return true;
	s->texts = at = rill_read_charge(r, session.size + version.size + 2);
	if (!at)
		return true;
	s->texts_size = session.size + version.size + 2;
	s->known.origin = (struct rill_packet_origin){
		.identity = identity,
		.start_ns = start_ns,
		.pid = (uint32_t)pid,
		.session = keep(&at, &session),
		.version = keep(&at, &version),
	};
	s->known.has_origin = true;
	if (r->ops.stream)
		r->ops.stream(r->ctx, &s->known);
	return true;
}

static bool read_metadata(struct rill_packet_reader *r, struct rill_read_stream *s,
			  struct rill_taker *t)
{
	const struct text name = take_text(t), args = take_text(t);
	struct rill_read_pair **place = &s->pairs, *pair;
	char *texts;

	if (t->bad)
		return false;
	while (*place && ((*place)->name_size != name.size || !is_same((*place)->name, &name)))
		place = &(*place)->next;
	if (*place && is_same((*place)->args, &args))
		return true;
	if (!*place && s->pair_count == RILL_PAIRS_MAX) {
		r->result.refused++;
		return true;
	}
	pair = rill_read_charge(r, sizeof *pair + name.size + args.size + 2);
	if (!pair)
		return true;
	texts = (char *)(pair + 1);
	pair->size = (uint32_t)(sizeof *pair + name.size + args.size + 2);
	pair->name_size = (uint32_t)name.size;
	pair->name = keep(&texts, &name);
	pair->args = keep(&texts, &args);
	s->pair_count += !*place;
	if (*place) {
		struct rill_read_pair *const old = *place;

		pair->next = old->next;
		rill_read_discharge(r, old, old->size);
	}
	*place = pair;
	if (r->ops.metadata)
		r->ops.metadata(r->ctx, &s->known, pair->name, pair->args);
	return true;
}

static bool read_snapshot(struct rill_packet_reader *r, struct rill_read_stream *s,
			  struct rill_taker *t)
{
	struct rill_packet_snapshot snapshot;

	snapshot.monotonic_ns = rill_take(t);
	snapshot.raw_ns = rill_take(t);
	snapshot.boottime_ns = rill_take(t);
	snapshot.realtime_ns = rill_take(t);
	snapshot.ticks = rill_take(t);
	snapshot.uncertainty_ns = rill_take(t);
	snapshot.epoch = (uint32_t)rill_take(t);
	if (!t->bad && r->ops.snapshot)
		r->ops.snapshot(r->ctx, &s->known, &snapshot);
	return !t->bad;
}

static bool read_totals(struct rill_packet_reader *r, struct rill_read_stream *s,
			struct rill_taker *t)
{
	struct rill_stats stats = { .delivered = rill_take(t), .threads = (uint32_t)rill_take(t) };
	const uint64_t causes = rill_take(t);

	for (uint64_t i = 0; i < causes && !t->bad; i++) {
		const uint64_t lost = rill_take(t);

		/* A newer writer may know more causes: they count, without a name. */
		if (i < RILL_CAUSES)
			stats.lost[i] = lost;
		stats.lost_total += lost;
	}
	if (!t->bad && r->ops.totals)
		r->ops.totals(r->ctx, &s->known, &stats);
	return !t->bad;
}

/* ---- all of a packet ------------------------------------------------------------------------------ */

static bool read_one(struct rill_packet_reader *r, struct rill_read_stream *s, uint64_t kind,
		     struct rill_taker *body)
{
	switch (kind) {
	case RILL_DEFINE_STREAM: return read_stream(r, s, body);
	case RILL_DEFINE_FORM: return read_form(r, s, body);
	case RILL_DEFINE_THREAD: return read_thread(r, s, body);
	case RILL_DEFINE_COUNTS: return read_counts(r, s, body);
	case RILL_DEFINE_SNAPSHOT: return read_snapshot(r, s, body);
	case RILL_DEFINE_METADATA: return read_metadata(r, s, body);
	case RILL_DEFINE_TOTALS: return read_totals(r, s, body);
	default: return true;
	}
}

/* Each was put in front of the one before: they are read from the last to the first, so in the order in which they
 * were made. */
bool rill_read_definitions(struct rill_packet_reader *r, struct rill_read_stream *s,
			   const uint8_t *at, const uint8_t *end)
{
	struct rill_taker t = { at, end, false };
	uint16_t *const places = r->decoder->places;
	unsigned count = 0;

	while (t.at < t.end) {
		places[count++] = (uint16_t)(t.at - at);
		rill_take(&t);
		rill_take_bytes(&t, rill_take(&t));
		if (t.bad)
			return false;
	}
	while (count) {
		struct rill_taker one = { at + places[--count], end, false };
		const uint64_t kind = rill_take(&one), size = rill_take(&one);
		struct rill_taker body = { one.at, one.at + size, false };

		if (!read_one(r, s, kind, &body))
			return false;
	}
	return true;
}

void rill_read_forget(struct rill_packet_reader *r, struct rill_read_stream *s)
{
	for (uint32_t i = 0; i < s->forms_room; i++)
		if (s->forms[i])
			rill_read_discharge(r, s->forms[i], s->forms[i]->size);
	rill_read_discharge(r, s->forms, s->forms_room * sizeof *s->forms);
	rill_read_forget_threads(r, s);
	while (s->pairs) {
		struct rill_read_pair *const old = s->pairs;

		s->pairs = old->next;
		rill_read_discharge(r, old, old->size);
	}
	rill_read_discharge(r, s->texts, s->texts_size);
	s->known.has_origin = false;
	s->known.origin = (struct rill_packet_origin){ .session = "", .version = "" };
	s->texts = NULL;
	s->forms = NULL;
	s->forms_room = 0;
}

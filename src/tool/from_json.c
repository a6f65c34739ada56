/* SPDX-License-Identifier: MIT
 * from_json.c - Chrome JSON as the stream of events that packets give.
 *
 * Metadata become what they were made of: names of threads, pairs of a process, and what rill wrote
 * about lost events becomes gaps and totals again.
 */
#include "from_json.h"
#include "format/causes.h"
#include "json_in.h"
#include "format/text.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

void rill_from_json_leave_out(struct rill_from_json *from, const char *name)
{
	struct rill_intake_left_out *const left = from->left_out;
	enum { NAME_MAX_BYTES = sizeof left->names[0] - 1 };

	left->members++;
	for (unsigned i = 0; i < RILL_INTAKE_NAMES; i++) {
		if (!*left->names[i])
			strncpy(left->names[i], name, NAME_MAX_BYTES);
		if (!strncmp(left->names[i], name, NAME_MAX_BYTES))
			return;
	}
}

/* ---- what rill wrote about losses ----------------------------------------------------------- */

static const struct rill_value *arg(const struct rill_event *e, const char *name)
{
	for (unsigned i = 0; i < e->nargs; i++)
		if (!strcmp(e->args[i].name, name))
			return &e->args[i];
	return NULL;
}

static uint64_t number_arg(const struct rill_event *e, const char *name)
{
	const struct rill_value *const v = arg(e, name);

	return v && v->type == RILL_TYPE_I64 && v->i > 0 ? (uint64_t)v->i : 0;
}

static uint64_t time_arg(const struct rill_event *e, const char *name)
{
	const struct rill_value *const v = arg(e, name);

	if (v && v->type == RILL_TYPE_F64)
		return v->d > 0 && v->d < 1e15 ? (uint64_t)(v->d * 1000 + 0.5) : 0;
	return number_arg(e, name) * 1000;
}

static bool is_gap(const struct rill_event *e)
{
	const struct rill_value *const cause = arg(e, "cause");

	return (e->phase == 'I' || e->phase == 'i') && !strcmp(e->category, "rill") &&
	       !strcmp(e->name, "events lost") && number_arg(e, "count") && cause &&
	       cause->type == RILL_TYPE_COPY;
}

static void tell_gap(struct rill_from_json *from, struct rill_from_process *p,
		     const struct rill_from_thread *t)
{
	const struct rill_event *const e = &from->event;
	const bool of_a_thread = (e->flags & RILL_FLAG_SCOPE_MASK) == RILL_FLAG_SCOPE_THREAD;
	struct rill_gap gap = {
		.thread = t && of_a_thread ? &t->thread : NULL,
		.count = number_arg(e, "count"),
		.before_ns = time_arg(e, "from"),
		.after_ns = time_arg(e, "to"),
		.level = (uint8_t)number_arg(e, "level"),
		.cause = RILL_CAUSES,
	};

	for (uint8_t i = 0; i < RILL_CAUSES; i++)
		if (!strcmp(arg(e, "cause")->text, rill_causes[i].text))
			gap.cause = i;
	p->known.lost += gap.count;
	if (from->ops.gap)
		from->ops.gap(from->ctx, &p->known, &gap);
}

static void keep_totals(const struct rill_event *e, struct rill_from_process *p)
{
	struct rill_stats *const s = &p->totals;

	p->has_totals = true;
	s->delivered += number_arg(e, "events");
	s->lost_total += number_arg(e, "lost");
	s->threads += (uint32_t)number_arg(e, "threads");
	for (unsigned i = 0; i < RILL_CAUSES; i++)
		s->lost[i] += number_arg(e, rill_causes[i].key);
}

/* ---- metadata ------------------------------------------------------------------------------- */

/* False: all names together would be too much. */
static bool keep_name(struct rill_from_json *from, struct rill_from_thread *t, const char *name)
{
	const size_t old = t->name ? strlen(t->name) : 0, size = strlen(name);

	if (from->name_bytes - old + size > RILL_FROM_NAMES_BYTES_MAX)
		return false;
	from->name_bytes += size - old;
	free(t->name);
	t->name = rill_text("%s", name);
	t->thread.name = t->name;
	return true;
}

static void name_thread(struct rill_from_json *from, struct rill_from_process *p)
{
	struct rill_from_thread *const t = rill_from_json_thread(from, from->pid, from->tid);
	const struct rill_event *const e = &from->event;
	const struct rill_value *const name = arg(e, "name"), *const order = arg(e, "sort_index");

	if (!t)
		return;
	if (!strcmp(e->name, "thread_name") && name && name->type == RILL_TYPE_COPY) {
		if (!keep_name(from, t, name->text)) {
			rill_from_json_leave_out(from, e->name);
			return;
		}
	} else if (!strcmp(e->name, "thread_sort_index") && order && order->type == RILL_TYPE_I64) {
		t->thread.has_sort_index = 1;
		t->thread.sort_index = (int32_t)order->i;
	}
	t->thread.generation++;
	if (from->ops.thread)
		from->ops.thread(from->ctx, &p->known, &t->thread);
}

static const char *plain(struct json_object *object)
{
	return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Metadata that say no time hold for the whole process; others are events, as rill itself writes
 * them. False: it is one. */
static bool take_metadata(struct rill_from_json *from)
{
	struct rill_from_process *const p = rill_from_json_process(from, from->pid);
	const struct rill_event *const e = &from->event;
	bool taken = true;

	if (!strcmp(e->name, "thread_name") || !strcmp(e->name, "thread_sort_index"))
		name_thread(from, p);
	else if (!strcmp(e->name, "rill_summary"))
		keep_totals(e, p);
	else if (from->has_ts && e->ts_ns)
		taken = false;
	else if (from->ops.metadata)
		from->ops.metadata(from->ctx, &p->known, e->name,
				   from->args ? plain(from->args) : "{}");
	return taken;
}

/* ---- texts ---------------------------------------------------------------------------------- */

/* Checks the text by the letter, and mends what is no UTF-8. NULL also: too much for the memory. */
static struct json_object *parse(struct rill_from_json *from, const char *text, size_t size)
{
	char *end;

	if (from->clean_room < 3 * size + 1) {
		from->clean_room = 3 * size + 4096;
		from->clean = rill_grow(from->clean, from->clean_room, 1);
	}
	end = rill_text_json(from->clean, text, size);
	/* Mended, it may be three times as long. */
	if (!end || end - from->clean > RILL_READER_EVENT_MAX)
		return NULL;
	return rill_json_parse(from->tokener, from->clean, (size_t)(end - from->clean));
}

static bool take_object(struct rill_from_json *from, const char *text, size_t size)
{
	json_object_put(from->object);
	from->object = parse(from, text, size);
	return from->object && json_object_is_type(from->object, json_type_object) &&
	       rill_from_json_members(from);
}

static void complete(struct rill_from_json *from, const struct rill_from_thread *t)
{
	struct rill_event *const e = &from->event;

	e->pid = (uint32_t)from->pid;
	e->tid = (uint32_t)from->tid; /* -1, nobody in particular, is UINT32_MAX as in rill */
	e->thread = t ? &t->thread : NULL;
}

const struct rill_event *rill_from_json_look(struct rill_from_json *from, const char *text,
					     size_t size)
{
	if (!take_object(from, text, size) || from->event.phase == 'M')
		return NULL;
	complete(from, NULL);
	return &from->event;
}

bool rill_from_json_event(struct rill_from_json *from, const char *text, size_t size)
{
	struct rill_from_process *p;
	struct rill_from_thread *t;

	if (!take_object(from, text, size))
		return false;
	if (from->event.phase == 'M' && take_metadata(from))
		return true;
	p = rill_from_json_process(from, from->pid);
	t = rill_from_json_thread(from, from->pid, from->tid);
	from->last_ns = from->event.ts_ns;
	if (is_gap(&from->event)) {
		tell_gap(from, p, t);
		return true;
	}
	rill_from_json_site(from);
	complete(from, t);
	p->known.events++;
	p->known.written++;
	if (from->ops.event)
		from->ops.event(from->ctx, &p->known, &from->event);
	return true;
}

bool rill_from_json_member(struct rill_from_json *from, const char *text, size_t size)
{
	char *const object = rill_text("{%.*s}", (int)size, text);
	struct json_object *members = parse(from, object, size + 2);
	bool good = members != NULL;

	if (good && from->ops.metadata) {
		struct rill_from_process *const p =
			from->process_count ? from->processes[0] : rill_from_json_process(from, 0);

		json_object_object_foreach(members, name, value)
			from->ops.metadata(from->ctx, &p->known, name, plain(value));
	}
	json_object_put(members);
	free(object);
	return good;
}

/* ---- the reader ----------------------------------------------------------------------------- */

struct rill_from_json *rill_from_json_new(const struct rill_packet_reader_ops *ops, void *ctx,
					  struct rill_intake_left_out *left_out)
{
	struct rill_from_json *from = rill_alloc(1, sizeof *from);

	from->ops = *ops;
	from->ctx = ctx;
	from->left_out = left_out;
	from->tokener = json_tokener_new_ex(128); /* deeper than the reader lets pass */
	if (!from->tokener) {
		rill_say("out of memory");
		exit(RILL_EXIT_FAILED);
	}
	return from;
}

void rill_from_json_end(struct rill_from_json *from)
{
	for (unsigned i = 0; i < from->process_count; i++) {
		struct rill_from_process *const p = from->processes[i];

		if (p->has_totals && from->ops.totals)
			from->ops.totals(from->ctx, &p->known, &p->totals);
		if (from->ops.end)
			from->ops.end(from->ctx, &p->known);
	}
}

static void free_thread(void *value)
{
	free(((struct rill_from_thread *)value)->name);
	free(value);
}

void rill_from_json_free(struct rill_from_json *from)
{
	rill_table_free(&from->process_table, free);
	rill_table_free(&from->thread_table, free_thread);
	rill_table_free(&from->site_table, free);
	json_object_put(from->object);
	json_tokener_free(from->tokener);
	free(from->clean);
	free(from);
}

/* SPDX-License-Identifier: MIT
 * merge_record.c - what an input said, in one piece of memory.
 */
#include "merge_record.h"
#include "tool.h"

#include <string.h>

/* Visits all pointers to bytes in a record, but for those in an event's values. */
typedef void visit(void *ctx, const char **text);

static void visit_texts(struct rill_merge_record *r, visit *one, void *ctx)
{
	if (r->has_thread)
		one(ctx, &r->thread.name);
	switch (r->kind) {
	case RILL_MERGE_EVENT:
		one(ctx, &r->event.category);
		one(ctx, &r->event.name);
		one(ctx, &r->event.scope);
		one(ctx, &r->event.file);
		break;
	case RILL_MERGE_STREAM:
	case RILL_MERGE_END:
		one(ctx, &r->known.origin.session);
		one(ctx, &r->known.origin.version);
		break;
	case RILL_MERGE_METADATA:
		one(ctx, &r->pair.name);
		one(ctx, &r->pair.args);
		break;
	default: break;
	}
}

static bool is_bytes(const struct rill_value *v)
{
	return v->type == RILL_TYPE_STRING || v->type == RILL_TYPE_COPY ||
	       v->type == RILL_TYPE_BLOB || v->type == RILL_TYPE_JSON;
}

static size_t values_size(const struct rill_merge_record *r)
{
	return r->kind == RILL_MERGE_EVENT ? r->event.nargs * sizeof *r->event.args : 0;
}

/* ---- size ----------------------------------------------------------------------------------- */

static void add_size(void *ctx, const char **text)
{
	if (*text)
		*(size_t *)ctx += strlen(*text) + 1;
}

size_t rill_merge_record_size(const struct rill_merge_record *record)
{
	struct rill_merge_record r = *record;
	size_t size = sizeof r + values_size(&r);

	visit_texts(&r, add_size, &size);
	for (unsigned i = 0; r.kind == RILL_MERGE_EVENT && i < r.event.nargs; i++) {
		const struct rill_value *const v = &r.event.args[i];

		size += strlen(v->name) + 1;
		if (is_bytes(v) && v->text)
			size += (size_t)v->size + 1;
	}
	return (size + 7) & ~(size_t)7;
}

/* ---- put ------------------------------------------------------------------------------------ */

struct put {
	uint8_t *start, *at;
};

static const char *put_bytes(struct put *p, const char *bytes, size_t size)
{
	const size_t offset = (size_t)(p->at - p->start);

	memcpy(p->at, bytes, size);
	p->at[size] = '\0';
	p->at += size + 1;
	return (const char *)(uintptr_t)offset;
}

static void put_text(void *ctx, const char **text)
{
	if (*text)
		*text = put_bytes(ctx, *text, strlen(*text));
}

static void put_values(struct put *p, struct rill_event *e)
{
	const size_t offset = (size_t)(p->at - p->start);
	struct rill_value *const values = (struct rill_value *)(void *)p->at;

	memcpy(values, e->args, e->nargs * sizeof *values);
	p->at += e->nargs * sizeof *values;
	for (unsigned i = 0; i < e->nargs; i++) {
		struct rill_value *const v = &values[i];

		put_text(p, &v->name);
		if (is_bytes(v) && v->text)
			v->text = put_bytes(p, v->text, v->size);
	}
	e->args = (const struct rill_value *)(uintptr_t)offset;
}

size_t rill_merge_record_put(struct rill_merge_store *store, const struct rill_merge_record *record)
{
	const size_t size = rill_merge_record_size(record), where = store->used;
	struct rill_merge_record *r;
	struct put p;

	if (store->room - where < size) {
		store->room = 2 * (where + size);
		store->bytes = rill_grow(store->bytes, store->room, 1);
	}
	p.start = store->bytes + where;
	p.at = p.start + sizeof *r;
	r = (struct rill_merge_record *)(void *)p.start;
	*r = *record;
	r->size = (uint32_t)size;
	if (r->kind == RILL_MERGE_EVENT && r->event.nargs)
		put_values(&p, &r->event);
	visit_texts(r, put_text, &p);
	memset(p.at, 0, size - (size_t)(p.at - p.start));
	store->used += size;
	return where;
}

/* ---- raise ---------------------------------------------------------------------------------- */

static void raise_text(void *ctx, const char **text)
{
	if (*text)
		*text = (const char *)ctx + (uintptr_t)*text;
}

void rill_merge_record_raise(struct rill_merge_record *r)
{
	struct rill_value *values;

	visit_texts(r, raise_text, r);
	if (r->kind == RILL_MERGE_GAP)
		r->gap.thread = r->has_thread ? &r->thread : NULL;
	if (r->kind != RILL_MERGE_EVENT)
		return;
	r->event.thread = r->has_thread ? &r->thread : NULL;
	if (!r->event.nargs)
		return;
	values = (struct rill_value *)(void *)((char *)r + (uintptr_t)r->event.args);
	for (unsigned i = 0; i < r->event.nargs; i++) {
		raise_text(r, &values[i].name);
		if (is_bytes(&values[i]))
			raise_text(r, &values[i].text);
	}
	r->event.args = values;
}

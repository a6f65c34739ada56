/* SPDX-License-Identifier: MIT
 * image_read.c - all rings of a ring file as one stream, in the order of their times.
 */
#define _GNU_SOURCE /* tdestroy */
#include "image.h"
#include "tool.h"

#include "format/record.h"

#include <json-c/json_object.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Threads: the present one of each slot, and who was there before. */
struct known_thread {
	struct rill_thread thread;
	char name[256];
	bool told;
};

/* One of those whose blocks say that they are of another thread than the slot's, or that nobody else may say it. */
struct former {
	uint64_t owner;	/* first: by_owner() */
	struct rill_thread thread;
	char name[256];
};

struct reading {
	struct rill_image *image;
	const struct rill_packet_reader_ops *ops;
	void *ctx;
	struct rill_packet_stream stream;
	struct rill_image_cursor *cursors;
	struct rill_image_cursor **heap;	/* the earliest first */
	size_t count;
	struct known_thread *threads;	/* two for each slot */
	void *formers;	/* a tree of struct former */
	struct rill_image_twins **twins;
	struct rill_image_event event;
};

/* ---- whose -------------------------------------------------------------------------------------- */

static int by_owner(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static struct rill_thread *former_of(struct reading *r, uint64_t owner, const char *name, size_t size)
{
	struct former *const *const found = tfind(&owner, &r->formers, by_owner);
	struct former *f;

	if (found)
		return &(*found)->thread;
	f = rill_alloc(1, sizeof *f);
	*f = (struct former){ owner, { .serial = (uint32_t)(owner >> 32), .tid = (uint32_t)owner, .name = f->name }, { 0 } };
	memcpy(f->name, name, strnlen(name, size < sizeof f->name ? size : sizeof f->name - 1));
	if (!tsearch(f, &r->formers, by_owner))
		rill_alloc(SIZE_MAX, 1);	/* no memory: this says so, and ends */
	if (r->ops->thread && *f->name)
		r->ops->thread(r->ctx, &r->stream, &f->thread);
	return &f->thread;
}

/* Its thread may have died while it wrote it: then that is neither the old one nor the new. */
static const char *name_in(const struct rill_image *image, const uint8_t *slot)
{
	return rill_image_u32(image, slot + image->head.name_sequence_at) & 1 ? "" : (const char *)slot + image->head.name_at;
}

static struct rill_thread *thread_of(struct reading *r, const struct rill_image_cursor *c)
{
	const struct rill_image *const image = r->image;
	const struct rill_image_head *const h = &image->head;
	const uint8_t *const slot = image->bytes + h->part[0].slots_at + c->slot * h->part[0].slot_bytes;
	const bool before = !c->owner && c->position < c->owned_from;
	struct known_thread *const t = &r->threads[2 * (size_t)c->slot + before];
	const size_t size = h->name_bytes < sizeof t->name ? h->name_bytes : sizeof t->name - 1;
	const char *const name = before ? "(ended before)" : name_in(image, slot);

	if (image->by_pages)
		return former_of(r, c->owner, rill_image_pages_name(image, c->slot, c->owner), h->name_bytes);
	if (c->owner && (uint32_t)(c->owner >> 32) != rill_image_u32(image, slot + h->serial_at))
		return former_of(r, c->owner, "(ended before)", SIZE_MAX);
	if (t->told)
		return &t->thread;
	t->told = true;
	t->thread.name = t->name;
	/* Serials are the process's, from 1 on; threads that are gone get some of their own. */
	t->thread.serial = before ? UINT32_MAX - c->slot : rill_image_u32(image, slot + h->serial_at);
	t->thread.tid = before ? 0 : rill_image_u32(image, slot + h->tid_at);
	memcpy(t->name, name, strnlen(name, before ? SIZE_MAX : size));
	if (r->ops->thread && *t->name)
		r->ops->thread(r->ctx, &r->stream, &t->thread);
	return &t->thread;
}

static void tell_process(struct reading *r)
{
	const struct rill_image_head *const h = &r->image->head;
	const struct rill_packet_snapshot snapshot = { .monotonic_ns = h->monotonic_ns, .realtime_ns = h->realtime_ns,
						       .ticks = h->first_ticks };
	struct json_object *args = json_object_new_object();

	r->stream = (struct rill_packet_stream){
		.number = 1, .has_origin = true, .first_ns = h->first_ns, .base_ns = h->first_ns,
		.origin = { .identity = (h->start_time + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ h->pid ^ h->realtime_ns,
			    .start_ns = h->first_ns, .pid = h->pid, .session = h->program, .version = "" },
	};
	if (r->ops->stream)
		r->ops->stream(r->ctx, &r->stream);
	json_object_object_add(args, "name", json_object_new_string(h->program));
	if (r->ops->metadata)
		r->ops->metadata(r->ctx, &r->stream, "process_name",
				 json_object_to_json_string_ext(args, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(args);
	if (r->ops->snapshot)
		r->ops->snapshot(r->ctx, &r->stream, &snapshot);
}

/* ---- the merge ---------------------------------------------------------------------------------- */

static bool is_earlier(const struct rill_image *image, const struct rill_image_cursor *a, const struct rill_image_cursor *b)
{
	const uint64_t from = image->head.first_ticks;

	if (a->ticks != b->ticks)
		return (int64_t)(a->ticks - from) < (int64_t)(b->ticks - from);
	if (a->slot != b->slot)
		return a->slot < b->slot;
	return a->kind != b->kind ? a->kind < b->kind : a->ring->level < b->ring->level;
}

static void sink_down(struct reading *r, size_t at)
{
	struct rill_image_cursor *const c = r->heap[at];

	for (size_t child; (child = 2 * at + 1) < r->count; at = child) {
		if (child + 1 < r->count && is_earlier(r->image, r->heap[child + 1], r->heap[child]))
			child++;
		if (!is_earlier(r->image, r->heap[child], c))
			break;
		r->heap[at] = r->heap[child];
		r->heap[child] = c;
	}
}

static void tell_one_gap(struct reading *r, const struct rill_image_cursor *c, enum rill_cause cause, uint64_t count)
{
	struct rill_gap gap = { .thread = thread_of(r, c), .count = count, .level = (uint8_t)c->ring->level,
				.cause = (uint8_t)cause };

	if (!count)
		return;
	gap.before_ns = c->gap.before_ticks ? rill_image_ns(r->image, c->gap.before_ticks) : 0;
	gap.after_ns = c->record ? rill_image_ns(r->image, c->ticks) : 0;
	r->stream.lost += count;
	if (r->ops->gap)
		r->ops->gap(r->ctx, &r->stream, &gap);
}

static void tell_gap(struct reading *r, const struct rill_image_cursor *c)
{
	tell_one_gap(r, c, RILL_LOST_FULL, c->gap.full);
	tell_one_gap(r, c, RILL_LOST_BIG, c->gap.big);
}

static void tell_event(struct reading *r, const struct rill_image_cursor *c)
{
	struct rill_event *const e = &r->event.event;
	const struct rill_thread *t;

	tell_gap(r, c);
	if (rill_image_twin_was_told(r->twins, c)) {
		r->image->result.told += 8 * (uint64_t)c->words;
		return;
	}
	switch (rill_image_event(r->image, c, &r->event)) {
	case RILL_IMAGE_UNKNOWN:
		r->image->result.unknown++;
		r->image->result.untold += 8 * (uint64_t)c->words;
		return;
	case RILL_IMAGE_BAD: r->image->result.rejected_bytes += 8 * (uint64_t)c->words; return;
	default: break;
	}
	r->image->result.told += 8 * (uint64_t)c->words;
	t = thread_of(r, c);
	e->thread = t;
	e->tid = e->tid ? e->tid : t->tid;
	e->pid = e->flags & RILL_FLAG_HAS_PROCESS_ID ? e->pid : r->image->head.pid;
	e->state |= c->clamped ? RILL_EVENT_CLAMPED : 0;
	r->stream.events++;
	r->stream.written++;
	r->image->result.events++;
	if (r->ops->event)
		r->ops->event(r->ctx, &r->stream, e);
}

static void begin_all(struct reading *r)
{
	const struct rill_image_head *const h = &r->image->head;

	for (enum rill_image_kind kind = 0; kind < RILL_IMAGE_PARTS; kind++)
		for (uint32_t slot = 0; h->part[kind].crc && slot < h->slots; slot++)
			for (uint32_t ring = 0; ring < h->part[kind].rings; ring++)
				r->count += rill_image_cursor_begin(r->image, &r->cursors[r->count], kind, slot, ring);
	rill_image_time(r->image, r->cursors, r->count);
}

static void merge(struct reading *r)
{
	const size_t rings = r->count;

	r->count = 0;
	for (size_t i = 0; i < rings; i++) {
		if (rill_image_cursor_next(r->image, &r->cursors[i]))
			r->heap[r->count++] = &r->cursors[i];
		else
			tell_gap(r, &r->cursors[i]);
	}
	for (size_t at = r->count / 2; at-- > 0;)
		sink_down(r, at);
	while (r->count) {
		struct rill_image_cursor *const c = r->heap[0];

		tell_event(r, c);
		if (!rill_image_cursor_next(r->image, c)) {
			tell_gap(r, c);
			r->heap[0] = r->heap[--r->count];
		}
		if (r->count)
			sink_down(r, 0);
	}
}

void rill_image_read(struct rill_image *image, const struct rill_packet_reader_ops *ops, void *ctx)
{
	const size_t rings = (size_t)image->head.slots * RILL_IMAGE_PARTS * RILL_IMAGE_RINGS_MAX;
	struct reading *const r = rill_alloc(1, sizeof *r);

	r->image = image;
	r->ops = ops;
	r->ctx = ctx;
	r->cursors = rill_alloc(rings + 1, sizeof *r->cursors);
	r->heap = rill_alloc(rings + 1, sizeof(struct rill_image_cursor *));
	r->threads = rill_alloc(2 * (size_t)image->head.slots + 1, sizeof *r->threads);
	r->twins = rill_image_twins_new(image);
	tell_process(r);
	begin_all(r);
	merge(r);
	if (ops->end)
		ops->end(ctx, &r->stream);
	rill_image_twins_free(image, r->twins);
	tdestroy(r->formers, free);
	for (size_t i = 0; i < rings; i++)
		free(r->cursors[i].pages);
	free(r->threads);
	free(r->heap);
	free(r->cursors);
	free(r);
}

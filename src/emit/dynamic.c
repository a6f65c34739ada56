/* SPDX-License-Identifier: MIT
 * dynamic.c - events whose names are known only at run time.
 */
#include "format/dynamic.h"

#include "emit/category.h"
#include "emit/record.h"
#include "ring/point.h"

#include <rill/clock.h>
#include <string.h>

enum { FIELDS_MAX = 8, KEY_MAX = 200, NARGS_MAX = 240, FLAGS_MASK = 0x3fff };

/* A handle: the lower 56 bits of the begin's ticks, and who got it. The upper bits are the present time's, as long as a slice does not
 * last 2^56 ticks (more than half a year). */
#define HANDLE_TICKS_MASK ((UINT64_C(1) << 56) - 1)
#define HANDLE(ticks, mask) ((uint64_t)(ticks) << 8 | (mask))

/* The fields of an event as nameless entries in front of its arguments. */
struct fields {
	unsigned count;
	struct rill_arg arg[FIELDS_MAX];
};

static void add_field(struct fields *f, enum rill_type type, uint64_t word)
{
	f->arg[f->count++] = (struct rill_arg){ .type = (uint8_t)type, .word = word };
}

static void add_id(struct fields *f, const struct rill_dynamic *e)
{
	const uint32_t any = RILL_FLAG_HAS_ID | RILL_FLAG_HAS_LOCAL_ID | RILL_FLAG_HAS_GLOBAL_ID | RILL_FLAG_HAS_CONTEXT_ID;
	unsigned kind = e->flags & RILL_FLAG_HAS_LOCAL_ID ? 1 : e->flags & RILL_FLAG_HAS_GLOBAL_ID ? 2 : 0;

	if (!(e->flags & any))
		return;
	add_field(f, (enum rill_type)((e->scope ? RILL_TYPE_ID_SCOPED : RILL_TYPE_ID) + kind), e->id);
	if (e->scope) {
		f->arg[f->count - 1].tail = e->scope;
		f->arg[f->count - 1].size = (uint32_t)strlen(e->scope);
	}
}

static void collect(struct fields *f, const struct rill_dynamic *e)
{
	f->count = 0;
	add_id(f, e);
	if (e->flags & (RILL_FLAG_FLOW_IN | RILL_FLAG_FLOW_OUT))
		add_field(f, RILL_TYPE_BIND_ID, e->bind_id);
	if (e->flags & RILL_FLAG_EXPLICIT_TIMESTAMP)
		add_field(f, RILL_TYPE_TIME_US, (uint64_t)e->time_us);
	if (e->flags & RILL_FLAG_HAS_PROCESS_ID)
		add_field(f, RILL_TYPE_PID, (uint64_t)(int64_t)e->pid);
	if (e->tid)
		add_field(f, RILL_TYPE_TID, (uint64_t)(int64_t)e->tid);
}

static size_t key_size(const char *key)
{
	size_t size = key ? strlen(key) : 0;

	return (size < KEY_MAX ? size : KEY_MAX) + 1;
}

static size_t padded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static uint64_t *put_key(uint64_t *to, uint8_t type, const char *key)
{
	size_t size = key_size(key);

	*to++ = type | (uint64_t)size << 8;
	to[padded(size) / 8 - 1] = 0;
	memcpy(to, key ? key : "", size - 1);
	((char *)to)[size - 1] = '\0';
	return to + padded(size) / 8;
}

/* Writes head, name, fields and arguments; `extra` are further fields (the begin that an end closes). */
static bool write_event(const struct rill_dynamic *e, char phase, uint32_t flags, struct fields *f, const struct rill_want *want,
			struct rill_writing *w)
{
	size_t name_size = e->name ? strlen(e->name) : 0, fixed = 8 + 8 * f->count, bytes;
	struct rill_arg name = { .type = RILL_TYPE_STRING, .tail = e->name ? e->name : "", .size = (uint32_t)name_size };
	const struct rill_part parts[] = { { 1, &name }, { f->count, f->arg }, { e->nargs, e->args } };
	uint32_t share;
	uint64_t *to;

	for (unsigned i = 0; i < e->nargs; i++)
		fixed += 8 + padded(key_size(e->arg_names ? e->arg_names[i] : NULL));
	bytes = rill_parts_size(sizeof parts / sizeof *parts, parts, fixed, &share);
	if (!rill_record_begin(w, want, bytes))
		return false;
	to = w->payload;
	*to++ = RILL_DYNAMIC_HEAD(phase, f->count + e->nargs, want->category, flags);
	to = rill_put_arg(to, &name, share);
	RILL_POINT(NAMED);
	for (unsigned i = 0; i < f->count; i++) {
		*to++ = f->arg[i].type;
		to = rill_put_arg(to, &f->arg[i], share);
	}
	for (unsigned i = 0; i < e->nargs; i++) {
		to = put_key(to, e->args[i].type, e->arg_names ? e->arg_names[i] : NULL);
		to = rill_put_arg(to, &e->args[i], share);
	}
	rill_record_commit(w);
	return true;
}

/* What a phase 'X' becomes: the begin of a scope, to be closed by its handle. Bits that are no enum rill_flag would be
 * taken for ours. */
static uint32_t begin_flags(const struct rill_dynamic *e)
{
	return (e->flags & FLAGS_MASK) | (e->phase == 'X' ? RILL_SITE_SCOPE : 0);
}

/* False: lost and counted, or w->mask is 0, since it was off, or went off on the way. */
static bool add_event(const struct rill_dynamic *e, struct rill_writing *w)
{
	struct rill_want want = { e->enabled, 0xff, RILL_ID_DYNAMIC, rill_category_id_of(e->enabled) };
	struct fields f;

	w->mask = 0;
	if (e->nargs > NARGS_MAX || (e->nargs && !e->args) || want.category == RILL_NO_CATEGORY || !__atomic_load_n(e->enabled, __ATOMIC_RELAXED))
		return false;
	collect(&f, e);
	return write_event(e, e->phase == 'X' ? 'B' : e->phase, begin_flags(e), &f, &want, w);
}

uint64_t rill_add_event(const struct rill_dynamic *e)
{
	struct rill_writing w;

	return add_event(e, &w) ? HANDLE(w.ticks, w.mask) : 0;
}

void rill_add_event_to_all(const struct rill_dynamic *e)
{
	const struct rill_want want = { &rill_running_bits, 0xff, RILL_ID_DYNAMIC, rill_category_id_of(e->enabled) };
	struct rill_writing w;
	struct fields f;

	if (want.category == RILL_NO_CATEGORY)
		return;
	collect(&f, e);
	write_event(e, e->phase, e->flags & FLAGS_MASK, &f, &want, &w);
}

/* The end goes to those sessions that got the begin and still run, whatever became of the category. */
static void end_event(const struct rill_dynamic *e, uint64_t handle, struct fields *f)
{
	struct rill_want want = { &rill_running_bits, (uint8_t)handle, RILL_ID_DYNAMIC, rill_category_id_of(e->enabled) };
	uint64_t now = rill_clock_ticks(), since = (now - (handle >> 8)) & HANDLE_TICKS_MASK;
	struct rill_writing w;

	if (!handle || want.category == RILL_NO_CATEGORY)
		return;
	add_field(f, RILL_TYPE_BEGIN, now - since);
	write_event(e, 'E', e->flags | RILL_SITE_SCOPE, f, &want, &w);
}

void rill_end_event(const uint8_t *enabled, const char *name, uint64_t handle)
{
	struct rill_dynamic e = { .enabled = enabled, .name = name };
	struct fields f = { .count = 0 };

	end_event(&e, handle, &f);
}

void rill_end_event_at(const uint8_t *enabled, const char *name, uint64_t handle, int32_t tid, int64_t now_us, int64_t thread_now_us)
{
	struct rill_dynamic e = { .enabled = enabled, .name = name, .time_us = now_us, .tid = tid,
				  .flags = RILL_FLAG_EXPLICIT_TIMESTAMP };
	struct fields f;

	collect(&f, &e);
	if (thread_now_us > 0)
		add_field(&f, RILL_TYPE_THREAD_TIME_NS, (uint64_t)thread_now_us * 1000);
	end_event(&e, handle, &f);
}

bool rill_emit(char phase, const char *category, const char *name, uint64_t id, unsigned flags, unsigned nargs,
	       const char *const *arg_names, const struct rill_arg *args)
{
	struct rill_dynamic e = { .enabled = rill_category(category), .name = name, .phase = phase, .id = id, .flags = flags,
				  .arg_names = arg_names, .args = args };
	struct rill_writing w;

	if (args)
		e.nargs = (uint8_t)(nargs < NARGS_MAX ? nargs : NARGS_MAX);
	if (add_event(&e, &w) && phase == 'X')	/* nobody else has the handle: left open, it would swallow all slices behind it */
		rill_end_event(e.enabled, name, HANDLE(w.ticks, w.mask));
	return w.mask != 0;
}

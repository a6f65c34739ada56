/* SPDX-License-Identifier: MIT
 * trace_event.c - the C functions behind the TRACE_EVENT_API_* names of trace_event_api.h.
 *
 * Turns Chromium's argument words into struct rill_arg and hands the event to dynamic.c.
 * Convertables are asked here, before the record is begun: they may take their time and emit
 * events themselves.
 */
#include <rill/session.h>
#include <rill/trace.h>
#include <rill/trace_event_api.h>

#include "port/port.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ARGS_MAX = 240,		/* as in dynamic.c */
	TEXT_MAX = 60000,	/* of all convertables of one event */
	TEXT_FIRST = 1024,	/* without the heap */
	DEPTH_MAX = 4		/* convertables whose append() emits events with convertables ... */
};
/* The flags a caller may set; the bits above mean something else in a record. */
#define FLAGS_MASK 0x3fffu

/* The texts of an event's convertables, one behind the other. */
struct gathered {
	struct rill_text text;	/* first: append() gets a pointer to it */
	char *bytes;
	size_t size, room;
	bool cut;
	char first[TEXT_FIRST];
};

static __thread unsigned depth __attribute__((tls_model("initial-exec")));

static bool grow(struct gathered *g, size_t wanted)
{
	size_t room = g->room;
	char *bytes;

	while (room < wanted)
		room *= 2;
	bytes = realloc(g->bytes == g->first ? NULL : g->bytes, room);
	if (!bytes)
		return false;
	if (g->bytes == g->first)
		memcpy(bytes, g->first, g->size);
	g->bytes = bytes;
	g->room = room;
	return true;
}

static void gather(struct rill_text *text, const char *bytes, size_t size)
{
	struct gathered *g = (struct gathered *)text;

	if (g->cut || !size)
		return;
	if (size > TEXT_MAX - g->size) {
		size = TEXT_MAX - g->size;
		g->cut = true;
	}
	if (size > g->room - g->size && !grow(g, g->size + size)) {
		size = g->room - g->size;
		g->cut = true;
	}
	memcpy(g->bytes + g->size, bytes, size);
	g->size += size;
}

/* Takes one convertable's text, and leaves in arg where it begins and its size. Text that is cut
 * is no JSON any more, so it becomes a string. */
static void take_convertable(struct gathered *g, struct rill_convertable *c, struct rill_arg *arg)
{
	static const char dots[] = "...";

	arg->type = RILL_TYPE_JSON;
	arg->word = g->size;
	if (depth >= DEPTH_MAX) {
		gather(&g->text, "\"(nested too deep)\"", strlen("\"(nested too deep)\""));
	} else if (c && c->append) {
		depth++;
		c->append(c, &g->text);
		depth--;
	}
	if (g->size == arg->word)
		gather(&g->text, "null", 4);
	if (g->cut) {
		arg->type = RILL_TYPE_COPY;
		if (g->size - arg->word >= sizeof dots - 1)
			memcpy(g->bytes + g->size - (sizeof dots - 1), dots, sizeof dots - 1);
	}
	arg->size = (uint32_t)(g->size - arg->word);
}

static void take_text(struct rill_arg *arg, uint64_t word, enum rill_type type)
{
	const char *text = (const char *)(uintptr_t)word;
	size_t size = text ? strlen(text) : 0;

	arg->type = (uint8_t)type;
	arg->tail = text;
	arg->size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static void take_word(struct rill_arg *arg, uint64_t word, enum rill_type type)
{
	arg->type = (uint8_t)type;
	arg->word = word;
}

static void take(struct gathered *g, uint8_t type, uint64_t word, bool copy, struct rill_arg *arg)
{
	*arg = (struct rill_arg){ .type = RILL_TYPE_NONE };
	switch (type) {
	case TRACE_VALUE_TYPE_BOOL: take_word(arg, word != 0, RILL_TYPE_BOOL); break;
	case TRACE_VALUE_TYPE_INT: take_word(arg, word, RILL_TYPE_I64); break;
	case TRACE_VALUE_TYPE_DOUBLE: take_word(arg, word, RILL_TYPE_F64); break;
	case TRACE_VALUE_TYPE_POINTER: take_word(arg, word, RILL_TYPE_POINTER); break;
	case TRACE_VALUE_TYPE_STRING:
		take_text(arg, word, copy ? RILL_TYPE_COPY : RILL_TYPE_STRING);
		break;
	case TRACE_VALUE_TYPE_COPY_STRING: take_text(arg, word, RILL_TYPE_COPY); break;
	case TRACE_VALUE_TYPE_CONVERTABLE:
		take_convertable(g, (struct rill_convertable *)(uintptr_t)word, arg);
		break;
	default: take_word(arg, word, RILL_TYPE_U64);	/* UINT, and types not known here */
	}
}

static void destroy_convertables(int count, const uint8_t *types, const uint64_t *words)
{
	for (int i = 0; i < count; i++) {
		struct rill_convertable *c = (struct rill_convertable *)(uintptr_t)words[i];

		if (types[i] == TRACE_VALUE_TYPE_CONVERTABLE && c && c->destroy)
			c->destroy(c);
	}
}

/* Records the event with its arguments. Separate from the caller so that only events that are on
 * need the stack for it. */
static __attribute__((noinline)) uint64_t add(struct rill_dynamic *e, int count,
					      const uint8_t *types, const uint64_t *words)
{
	struct gathered g = { .text = { gather }, .bytes = g.first, .room = TEXT_FIRST };
	struct rill_arg args[count ? count : 1];	/* count <= ARGS_MAX: at most 6 KiB */
	uint64_t handle;

	for (int i = 0; i < count; i++)
		take(&g, types[i], words[i], e->flags & RILL_FLAG_COPY, &args[i]);
	/* Only now: the texts may have moved while they grew. */
	for (int i = 0; i < count; i++)
		if (types[i] == TRACE_VALUE_TYPE_CONVERTABLE) {
			args[i].tail = g.bytes + args[i].word;
			args[i].word = 0;
		}
	e->args = args;
	e->nargs = (uint8_t)count;
	handle = rill_add_event(e);
	if (g.bytes != g.first)
		free(g.bytes);
	return handle;
}

uint64_t rill_trace_event_add(char phase, const uint8_t *enabled, const char *name,
			      const char *scope, uint64_t id, uint64_t bind_id, int num_args,
			      const char *const *arg_names, const uint8_t *arg_types,
			      const uint64_t *arg_values, unsigned flags, int32_t pid,
			      int32_t tid, int64_t time_us)
{
	const bool mangle = flags & TRACE_EVENT_FLAG_MANGLE_ID;
	const int given = num_args > 0 && arg_types && arg_values ? num_args : 0;
	struct rill_dynamic e = {
		.enabled = enabled, .name = name, .scope = scope, .phase = phase,
		.arg_names = arg_names,
		.id = mangle ? rill_trace_event_mangle(id) : id,
		.bind_id = mangle ? rill_trace_event_mangle(bind_id) : bind_id,
		.time_us = time_us, .flags = flags & FLAGS_MASK, .pid = pid, .tid = tid,
	};
	uint64_t handle = 0;

	if (enabled && __atomic_load_n(enabled, __ATOMIC_RELAXED))
		handle = add(&e, given < ARGS_MAX ? given : ARGS_MAX, arg_types, arg_values);
	destroy_convertables(given, arg_types, arg_values);
	return handle;
}

/* The process id, spread over the whole word, so that the pointers of processes alike do not
 * meet. */
uint64_t rill_trace_event_mangle(uint64_t id)
{
	uint64_t x = (uint64_t)getpid() * UINT64_C(0x9e3779b97f4a7c15);

	return id ^ x ^ x >> 29;
}

int32_t rill_trace_event_thread_id(void)
{
	return (int32_t)rill_port_tid();
}

const struct rill_trace_event_api *rill_trace_event_api(void)
{
	static const struct rill_trace_event_api api = {
		.size = sizeof api,
		.version = RILL_TRACE_EVENT_API_VERSION,
		.category = rill_category,
		.category_name = rill_category_name,
		.traces_recorded = rill_traces_recorded,
		.add = rill_trace_event_add,
		.end = rill_end_event,
		.end_at = rill_end_event_at,
		.mangle = rill_trace_event_mangle,
		.thread_id = rill_trace_event_thread_id,
	};

	return &api;
}

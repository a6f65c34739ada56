/* SPDX-License-Identifier: MIT
 * trace_event_double.h - an embedder's tracer: own definitions of all TRACE_EVENT_API_* names,
 * which keep what the macros of trace_event.h hand over. C and C++. Include it instead of
 * <rill/trace_event.h>.
 */
#ifndef RILL_TESTS_TRACE_EVENT_DOUBLE_H
#define RILL_TESTS_TRACE_EVENT_DOUBLE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum how { HOW_PLAIN, HOW_AT, HOW_FOR, HOW_PROCESS, HOW_METADATA };

struct seen {
	enum how how;
	char phase, category[64], name[64], scope[64], args[512];
	uint64_t id, bind;
	unsigned flags;
	int tid, pid, nargs;
	int64_t time_us;
};

enum { SEEN_MAX = 16, CATEGORIES_MAX = 16 };
static struct {
	struct seen event[SEEN_MAX];
	int count, lookups, ends, recording;
	uint64_t ended;		/* the last handle */
	int64_t ended_us;
	struct {
		char text[64];
		uint8_t on;
	} category[CATEGORIES_MAX];
	int categories;
} seen;

static void seen_clear(void)
{
	seen.count = seen.lookups = seen.ends = 0;
	seen.ended = 0;
}

static const uint8_t *double_category(const char *group)
{
	int i = 0;

	seen.lookups++;
	while (i < seen.categories && strcmp(seen.category[i].text, group))
		i++;
	if (i == seen.categories && i < CATEGORIES_MAX) {
		snprintf(seen.category[i].text, sizeof seen.category[i].text, "%s", group);
		seen.categories++;
	}
	return &seen.category[i].on;
}

static void double_switch(const char *group, bool on)
{
	uint8_t *byte = (uint8_t *)double_category(group);

	seen.lookups--;
	__atomic_store_n(byte, on, __ATOMIC_RELAXED);
}

static const char *double_category_name(const uint8_t *on)
{
	for (int i = 0; i < seen.categories; i++)
		if (&seen.category[i].on == on)
			return seen.category[i].text;
	return "?";
}

static void double_convertable(char *to, size_t size, uint64_t word);

static void double_value(char *to, size_t size, uint8_t type, uint64_t word)
{
	static const char letters[] = "?buidpscj";
	const char *text = (const char *)(uintptr_t)word;
	double d;

	*to++ = type < sizeof letters - 1 ? letters[type] : '?';
	memcpy(&d, &word, sizeof d);
	switch (type) {
	case 1: case 2: snprintf(to, size - 1, "%" PRIu64, word); break;
	case 3: snprintf(to, size - 1, "%" PRId64, (int64_t)word); break;
	case 4: snprintf(to, size - 1, "%g", d); break;
	case 5: snprintf(to, size - 1, "%" PRIx64, word); break;
	case 6: case 7: snprintf(to, size - 1, "%s", text ? text : "(null)"); break;
	default: double_convertable(to, size - 1, word);
	}
}

static uint64_t double_add(enum how how, char phase, const uint8_t *on, const char *name,
			   const char *scope, uint64_t id, uint64_t bind, int nargs,
			   const char *const *names, const uint8_t *types, const uint64_t *words,
			   unsigned flags, int pid, int tid, int64_t time_us)
{
	struct seen *s = &seen.event[seen.count < SEEN_MAX ? seen.count : SEEN_MAX - 1];

	memset(s, 0, sizeof *s);
	s->how = how;
	s->phase = phase;
	snprintf(s->category, sizeof s->category, "%s", double_category_name(on));
	snprintf(s->name, sizeof s->name, "%s", name);
	snprintf(s->scope, sizeof s->scope, "%s", scope ? scope : "");
	s->id = id;
	s->bind = bind;
	s->flags = flags;
	s->pid = pid;
	s->tid = tid;
	s->time_us = time_us;
	s->nargs = nargs;
	for (int i = 0; i < nargs; i++) {
		char *to = s->args + strlen(s->args), value[256];

		double_value(value, sizeof value, types[i], words[i]);
		snprintf(to, sizeof s->args - (size_t)(to - s->args), "%s%s=%s", i ? " " : "",
			 names[i], value);
	}
	return (uint64_t)++seen.count;
}

static void double_end(uint64_t handle, int64_t now_us)
{
	seen.ends++;
	seen.ended = handle;
	seen.ended_us = now_us;
}

#define TRACE_EVENT_API_GET_CATEGORY_GROUP_ENABLED(group) double_category(group)
#define TRACE_EVENT_API_GET_CATEGORY_GROUP_NAME(on) double_category_name(on)
#define TRACE_EVENT_API_GET_NUM_TRACES_RECORDED() seen.recording
#define TRACE_EVENT_API_ADD_TRACE_EVENT(                                                        \
	ph, on, name, scope, id, bind, n, names, types, words, flags)                           \
	double_add(HOW_PLAIN, ph, on, name, scope, id, bind, n, names, types, words, flags,     \
		   0, 0, 0)
#define TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_TIMESTAMP(                                         \
	ph, on, name, scope, id, bind, n, names, types, words, flags, ts)                       \
	double_add(HOW_AT, ph, on, name, scope, id, bind, n, names, types, words, flags,        \
		   0, 0, ts)
#define TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_THREAD_ID_AND_TIMESTAMP(                           \
	ph, on, name, scope, id, bind, n, names, types, words, flags, tid, ts)                  \
	double_add(HOW_FOR, ph, on, name, scope, id, bind, n, names, types, words, flags,       \
		   0, tid, ts)
#define TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_PROCESS_ID(                                        \
	ph, on, name, scope, id, bind, n, names, types, words, flags, pid)                      \
	double_add(HOW_PROCESS, ph, on, name, scope, id, bind, n, names, types, words, flags,   \
		   pid, -1, 0)
#define TRACE_EVENT_API_ADD_METADATA_EVENT(on, name, n, names, types, words, flags)             \
	double_add(HOW_METADATA, 'M', on, name, NULL, 0, 0, n, names, types, words, flags, 0, 0, 0)
#define TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION(on, name, handle) double_end(handle, 0)
#define TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION_EXPLICIT(on, name, handle, tid, now,        \
							     thread_now)                        \
	double_end(handle, now)
#define TRACE_EVENT_API_MANGLE_ID(id) ((id) ^ 0xff)
#define TRACE_EVENT_API_CURRENT_THREAD_ID 77

#include <rill/trace_event.h>

/* A test's category and event name, and its first two events. */
#define CAT "cat"
#define NAME "name"
static const struct seen *const first __attribute__((unused)) = &seen.event[0];
static const struct seen *const second __attribute__((unused)) = &seen.event[1];

static void start(void)
{
	double_switch(CAT, true);
	seen_clear();
}

/* As the real API does: ask once, destroy once. */
struct double_text {
	struct rill_text text;
	char *to;
	size_t size;
};
static void double_append(struct rill_text *text, const char *bytes, size_t size)
{
	struct double_text *t = (struct double_text *)(void *)text;

	if (size >= t->size)
		size = t->size - 1;
	memcpy(t->to, bytes, size);
	t->to += size;
	t->size -= size;
	*t->to = '\0';
}
static void double_convertable(char *to, size_t size, uint64_t word)
{
	struct rill_convertable *c = (struct rill_convertable *)(uintptr_t)word;
	struct double_text t = { { double_append }, to, size };

	*to = '\0';
	if (!c)
		return;
	c->append(c, &t.text);
	if (c->destroy)
		c->destroy(c);
}

#endif

/* SPDX-License-Identifier: MIT
 * trace_event_live.h - runs a piece of code under two sessions, one with a subscriber and one
 * that writes JSON, and keeps what both received. C and C++.
 */
#ifndef RILL_TESTS_TRACE_EVENT_LIVE_H
#define RILL_TESTS_TRACE_EVENT_LIVE_H

#ifdef __cplusplus
extern "C" {
#endif
#include "tests/test.h"
#ifdef __cplusplus
}
#endif

#include <inttypes.h>
#include <stdarg.h>
#include <rill/session.h>
#include <rill/trace_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct got_event {
	char phase, category[64], name[64], scope[64], args[1024];
	uint64_t ts_ns, begin_ns, id, bind_id;
	int64_t own_time_us;
	uint32_t flags, tid, pid;
	uint16_t state;
};

enum { GOT_MAX = 64, GOT_JSON_MAX = 1 << 20 };
static struct {
	struct got_event event[GOT_MAX];
	int count;
	char json[GOT_JSON_MAX];	/* what the JSON session wrote */
	FILE *out;
	struct rill_session *subscriber, *file;
} got;

static void got_value(char *to, size_t size, const struct rill_value *v)
{
	const char *text = v->null ? "(null)" : v->text;

	switch (v->type) {
	case RILL_TYPE_BOOL: snprintf(to, size, "%s=b%" PRIu64, v->name, v->u); break;
	case RILL_TYPE_I64: snprintf(to, size, "%s=i%" PRId64, v->name, v->i); break;
	case RILL_TYPE_U64: snprintf(to, size, "%s=u%" PRIu64, v->name, v->u); break;
	case RILL_TYPE_F64: snprintf(to, size, "%s=d%g", v->name, v->d); break;
	case RILL_TYPE_POINTER: snprintf(to, size, "%s=p%" PRIx64, v->name, v->u); break;
	case RILL_TYPE_STRING: snprintf(to, size, "%s=s%s", v->name, text); break;
	case RILL_TYPE_COPY: snprintf(to, size, "%s=c%s", v->name, text); break;
	case RILL_TYPE_JSON: snprintf(to, size, "%s=j%s", v->name, v->text); break;
	default: snprintf(to, size, "%s=?%u", v->name, v->type);
	}
}

static void got_take(const struct rill_event *e)
{
	struct got_event *g = &got.event[got.count < GOT_MAX ? got.count : GOT_MAX - 1];

	memset(g, 0, sizeof *g);
	g->phase = e->phase;
	snprintf(g->category, sizeof g->category, "%s", e->category);
	snprintf(g->name, sizeof g->name, "%s", e->name);
	snprintf(g->scope, sizeof g->scope, "%s", e->scope ? e->scope : "");
	g->ts_ns = e->ts_ns;
	g->begin_ns = e->begin_ns;
	g->id = e->id;
	g->bind_id = e->bind_id;
	g->own_time_us = e->own_time_us;
	g->flags = e->flags;
	g->tid = e->tid;
	g->pid = e->pid;
	g->state = e->state;
	for (unsigned i = 0; i < e->nargs; i++) {
		size_t used = strlen(g->args);

		if (i && used < sizeof g->args - 1)
			g->args[used++] = ' ';
		got_value(g->args + used, sizeof g->args - used, &e->args[i]);
	}
	got.count++;
}

static void got_batch(void *ctx, const struct rill_batch *batch)
{
	(void)ctx;
	for (const struct rill_event *e = batch->events; e < batch->events + batch->count; e++)
		if (strcmp(e->category, "__metadata") || e->phase == 'c')
			got_take(e);
}

static void record_start(const char *filter)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;

	got.count = 0;
	got.json[0] = '\0';
	options.filter = filter;
	options.out = RILL_OUT_SUBSCRIBER;
	options.subscriber = got_batch;
	CU_ASSERT_EQUAL_FATAL(rill_session_start(&options, &got.subscriber), 0);
	got.out = tmpfile();
	CU_ASSERT_PTR_NOT_NULL_FATAL(got.out);
	options.out = RILL_OUT_FD;
	options.subscriber = NULL;
	options.fd = fileno(got.out);
	CU_ASSERT_EQUAL_FATAL(rill_session_start(&options, &got.file), 0);
}

static void record_stop(void)
{
	ssize_t size;

	CU_ASSERT_EQUAL(rill_session_stop(got.subscriber), 0);
	CU_ASSERT_EQUAL(rill_session_stop(got.file), 0);
	size = pread(fileno(got.out), got.json, sizeof got.json - 1, 0);
	fclose(got.out);
	CU_ASSERT(size > 0);
	got.json[size > 0 ? size : 0] = '\0';
}

/* Is there a line of JSON that holds all these pieces? NULL ends them. */
static bool json_line_with(const char *first, ...)
{
	for (const char *line = got.json; *line;) {
		const char *end = strchr(line, '\n'), *piece = first;
		char *text = end ? strndup(line, (size_t)(end - line)) : strdup(line);
		bool all = true;
		va_list pieces;

		va_start(pieces, first);
		for (; piece && all; piece = va_arg(pieces, const char *))
			all = strstr(text, piece) != NULL;
		va_end(pieces);
		free(text);
		if (all)
			return true;
		line = end ? end + 1 : line + strlen(line);
	}
	fprintf(stderr, "no line with %s ... in:\n%s\n", first, got.json);
	return false;
}

#endif

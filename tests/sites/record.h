/* SPDX-License-Identifier: MIT
 * record.h - runs a function while a session records it, and compares what the session received, event by event, with a
 * text written beside the function. Used by the programs of the build matrix, in C and in C++.
 */
#ifndef RILL_SITES_RECORD_H
#define RILL_SITES_RECORD_H

#include <inttypes.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

static struct {
	char text[8192];	/* of all events so far: "B outer(x=1) E outer " */
	FILE *sites;		/* a line for each event's site, as `rill list` knows it */
	int bad;
} recorded;

static inline void record_add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void record_add(const char *format, ...)
{
	size_t used = strlen(recorded.text);
	va_list values;

	va_start(values, format);
	vsnprintf(recorded.text + used, sizeof recorded.text - used, format, values);
	va_end(values);
}

static inline const char *record_type(uint8_t type)
{
	static const char *const words[] = {
		"none", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "float", "double",
		"pointer", "string", "string", "bytes",
	};
	return type < sizeof words / sizeof words[0] ? words[type] : "other";
}

static inline void record_value(const struct rill_value *v)
{
	record_add("%s=", v->name);
	if (v->null)
		record_add("(null)");
	else if (v->type <= RILL_TYPE_I64)
		record_add("%" PRId64, v->i);
	else if (v->type <= RILL_TYPE_U64)
		record_add("%" PRIu64, v->u);
	else if (v->type == RILL_TYPE_BOOL)
		record_add("%s", v->u == 1 ? "true" : v->u == 0 ? "false" : "odd");
	else if (v->type <= RILL_TYPE_F64)
		record_add("%g", v->d);
	else if (v->type == RILL_TYPE_POINTER)
		record_add("0x%" PRIx64, v->u);
	else if (v->type == RILL_TYPE_BLOB)
		for (uint32_t i = 0; i < v->size; i++)
			record_add("%02x", v->blob[i]);
	else
		record_add("'%.*s'", (int)v->size, v->text);
}

static inline void record_event(const struct rill_event *e)
{
	record_add("%c %s", e->phase, e->name);
	if (e->id)
		record_add("#%s%s%" PRIx64, e->scope ? e->scope : "", e->scope ? "/" : "", e->id);
	if (e->nargs)
		record_add("(");
	for (unsigned i = 0; i < e->nargs; i++) {
		record_add("%s", i ? " " : "");
		record_value(&e->args[i]);
	}
	record_add("%s ", e->nargs ? ")" : "");
}

/* The end of a scope has no site of its own. */
static inline void record_site(const struct rill_event *e)
{
	if (!recorded.sites || (e->phase == 'E' && (e->state & RILL_EVENT_SCOPE)))
		return;
	fprintf(recorded.sites, "%s|%c|%s|", e->category, e->phase, e->name);
	for (unsigned i = 0; i < e->nargs; i++)
		fprintf(recorded.sites, "%s%s:%s", i ? " " : "", e->args[i].name, record_type(e->args[i].type));
	fprintf(recorded.sites, "|%s:%" PRIu32 "\n", e->file, e->line);
}

static inline void record_batch(void *ctx, const struct rill_batch *batch)
{
	(void)ctx;
	for (size_t i = 0; i < batch->count; i++)
		if (strcmp(batch->events[i].category, "__metadata")) {
			record_event(&batch->events[i]);
			record_site(&batch->events[i]);
		}
}

/* For the many events of pressure.h. */
static inline void record_sites_only(void *ctx, const struct rill_batch *batch)
{
	(void)ctx;
	for (size_t i = 0; i < batch->count; i++)
		if (strcmp(batch->events[i].category, "__metadata"))
			record_site(&batch->events[i]);
}

static inline struct rill_session *record_start(const char *filter, rill_subscriber *subscriber)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;

	options.filter = filter;
	options.out = RILL_OUT_SUBSCRIBER;
	options.subscriber = subscriber;
	if (rill_session_start(&options, &session) < 0) {
		printf("no session: %s\n", rill_error());
		exit(2);
	}
	return session;
}

static inline void record_stop(struct rill_session *session)
{
	struct rill_stats stats;

	/* Everything so far: nothing may be lost that the text below would not show. */
	if (rill_session_flush(session, 10000) < 0 || rill_session_stats(session, &stats) < 0 || stats.lost_total) {
		printf("events were lost\n");
		recorded.bad++;
	}
	rill_session_stop(session);
}

static inline void record_expect(const char *what, const char *expected)
{
	if (strcmp(recorded.text, expected)) {
		printf("%s: expected\n  %s\ngot\n  %s\n", what, expected, recorded.text);
		recorded.bad++;
	}
	recorded.text[0] = '\0';
}

#define RECORD(filter, function, expected)                                                         \
	do {                                                                                       \
		struct rill_session *session_ = record_start(filter, record_batch);                \
		function();                                                                        \
		record_stop(session_);                                                             \
		record_expect(#function, expected);                                                \
	} while (0)

#endif

/* SPDX-License-Identifier: MIT
 * conformance_help.h - records a piece of code from its call sites to a JSON text, and reads that
 * text back with a parser that is not ours.
 *
 *     trace_start("cat");
 *     TRACE_EVENT_INSTANT0("cat", "name", TRACE_EVENT_SCOPE_THREAD);
 *     trace_stop();
 *     IS("name", "ph", "\"I\"");
 *
 * One trace at a time; it lives until the next trace_start().
 */
#ifndef RILL_TESTS_CONFORMANCE_HELP_H
#define RILL_TESTS_CONFORMANCE_HELP_H

#include "tests/test.h"

#include <json-c/json.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <rill/trace_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	struct rill_session *session;
	struct rill_stats stats; /* shortly before the stop */
	FILE *out;
	char *text;
	size_t size;
	struct json_object *events; /* all of them, metadata too; NULL: the text is no JSON */
} trace;

/* A whole JSON text by the letter, or NULL. */
static inline struct json_object *parse_strictly(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(64);
	struct json_object *parsed;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	while (size && text[size - 1] == '\n')
		size--;
	parsed = json_tokener_parse_ex(tokener, text, (int)size);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) < size) {
		fprintf(stderr, "at byte %zu of %zu: %s\n", json_tokener_get_parse_end(tokener),
			size, json_tokener_error_desc(json_tokener_get_error(tokener)));
		json_object_put(parsed);
		parsed = NULL;
	}
	json_tokener_free(tokener);
	return parsed;
}

static inline void trace_forget(void)
{
	free(trace.text);
	json_object_put(trace.events);
	memset(&trace, 0, sizeof trace);
}

/* Into options.file if it is set, else into a file without a name. */
static inline void trace_start_with(struct rill_session_options options)
{
	trace_forget();
	trace.out = options.file ? NULL : tmpfile();
	if (trace.out) {
		options.out = RILL_OUT_FD;
		options.fd = fileno(trace.out);
	}
	if (rill_session_start(&options, &trace.session))
		fprintf(stderr, "%s\n", rill_error());
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace.session);
	if (options.file)
		trace.out = fopen(rill_session_where(trace.session), "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace.out);
}

static inline void trace_start(const char *filter)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;

	options.filter = filter;
	trace_start_with(options);
}

static inline void trace_read(void)
{
	const off_t size = lseek(fileno(trace.out), 0, SEEK_END);

	CU_ASSERT_FATAL(size > 0);
	free(trace.text);
	json_object_put(trace.events);
	trace.text = calloc(1, (size_t)size + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace.text);
	trace.size = (size_t)pread(fileno(trace.out), trace.text, (size_t)size, 0);
	trace.events = parse_strictly(trace.text, trace.size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace.events);
}

static inline void trace_stop(void)
{
	rill_session_stats(trace.session, &trace.stats);
	CU_ASSERT_EQUAL(rill_session_stop(trace.session), 0);
	trace_read();
	fclose(trace.out);
}

/* ---- what stands in it ----------------------------------------------------------------------- */

static inline const char *text_of(struct json_object *event, const char *key)
{
	struct json_object *member;

	return json_object_object_get_ex(event, key, &member) ? json_object_get_string(member) : "";
}

/* The event of that name and phase (0: any), the nth from 0; NULL: there are fewer. */
static inline struct json_object *find_event(const char *name, char phase, int nth)
{
	for (size_t i = 0; i < json_object_array_length(trace.events); i++) {
		struct json_object *event = json_object_array_get_idx(trace.events, i);

		if (!strcmp(text_of(event, "name"), name) &&
		    (!phase || text_of(event, "ph")[0] == phase) && nth-- == 0)
			return event;
	}
	return NULL;
}

static inline int count_events(const char *name)
{
	int count = 0;

	while (find_event(name, 0, count))
		count++;
	return count;
}

/* Events of the test: all but those about the trace itself. */
static inline int count_own(void)
{
	int count = 0;

	for (size_t i = 0; i < json_object_array_length(trace.events); i++)
		count += strcmp(text_of(json_object_array_get_idx(trace.events, i), "cat"),
				"__metadata") != 0;
	return count;
}

/* Members as JSON text; "" for one that is not there. */
static inline const char *member_of(struct json_object *event, const char *key)
{
	struct json_object *member;

	if (!event || !json_object_object_get_ex(event, key, &member))
		return "";
	return json_object_to_json_string_ext(member, JSON_C_TO_STRING_PLAIN |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
}

static inline bool member_is(struct json_object *event, const char *key, const char *wanted)
{
	const char *got = member_of(event, key);

	if (strcmp(got, wanted))
		fprintf(stderr, "%s is '%s', not '%s'\n", key, got, wanted);
	return !strcmp(got, wanted);
}

static inline double number_of(struct json_object *event, const char *key)
{
	struct json_object *member;

	return json_object_object_get_ex(event, key, &member) ? json_object_get_double(member) : -1;
}

#define IS(name, key, wanted) CU_ASSERT_TRUE(member_is(find_event(name, 0, 0), key, wanted))
#define PHASE_IS(name, phase, key, wanted) \
	CU_ASSERT_TRUE(member_is(find_event(name, phase, 0), key, wanted))
#define HAS_TEXT(piece) CU_ASSERT_PTR_NOT_NULL(strstr(trace.text, piece))

#endif

/* SPDX-License-Identifier: MIT
 * tool_report_help.h - builds a small trace event by event, and looks into the report of it.
 */
#ifndef RILL_TESTS_TOOL_REPORT_HELP_H
#define RILL_TESTS_TOOL_REPORT_HELP_H

#include "tests/tool_help.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

static char trace[1 << 20];

static inline void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void add(const char *format, ...)
{
	const size_t used = strlen(trace);
	va_list args;

	va_start(args, format);
	vsnprintf(trace + used, sizeof trace - used, format, args);
	va_end(args);
}

static inline void event(char phase, const char *name, double ts_us, const char *more)
{
	add("%c{\"pid\":1,\"tid\":7,\"ts\":%.3f,\"ph\":\"%c\",\"cat\":\"c\",\"name\":\"%s\"%s%s}\n",
	    *trace ? ',' : '[', ts_us, phase, name, *more ? "," : "", more);
}

static inline struct json_object *report_of(const char *text)
{
	static const char *const args[] = { "--json", "-", NULL };
	struct tool_result r = tool_run(&rill_verb_report, args, text, strlen(text));
	struct json_object *o = json_tokener_parse(r.out);

	CU_ASSERT_EQUAL(r.code, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	tool_done(&r);
	return o;
}

static inline struct json_object *report(void)
{
	struct json_object *o = report_of(trace);

	trace[0] = 0;
	return o;
}

/* The report of a trace of these events; the last one has no name. */
struct small_event {
	char phase;
	const char *name;
	double ts_us;
	const char *more;
};

static inline struct json_object *report_of_events(const struct small_event *e)
{
	for (; e->name; e++)
		event(e->phase, e->name, e->ts_us, e->more);
	return report();
}
#define REPORT(...) report_of_events((const struct small_event[]){ __VA_ARGS__, { .name = NULL } })

static inline struct json_object *row(struct json_object *report, const char *kind,
				      const char *name)
{
	struct json_object *list = json_object_object_get(report, kind);

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *r = json_object_array_get_idx(list, i);

		if (!strcmp(json_object_get_string(json_object_object_get(r, "name")), name))
			return r;
	}
	return NULL;
}

static inline int64_t number(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return -1;
	return json_object_get_int64(value);
}

static inline int64_t note(struct json_object *report, const char *key)
{
	return number(json_object_object_get(report, "notes"), key);
}

#endif

/* SPDX-License-Identifier: MIT
 * json_help.h - what the tests of the JSON format share: making events, and reading lines back
 * strictly.
 */
#ifndef RILL_TESTS_JSON_HELP_H
#define RILL_TESTS_JSON_HELP_H

#include "format/json.h"
#include "tests/test.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static const struct rill_thread help_thread = { .tid = 22, .serial = 1, .name = "main" };

/* The events below are written as what differs from a usual one. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* An event of thread 22 in process 11 at 100.007 us, to be overwritten by further fields. */
#define EVENT(letter, ...)                             \
	(&(struct rill_event){ .phase = letter,        \
			       .pid = 11,              \
			       .tid = 22,              \
			       .ts_ns = 100007,        \
			       .category = "cat",      \
			       .name = "name",         \
			       .thread = &help_thread, \
			       ##__VA_ARGS__ })
#define ARGS(...)                                                                                  \
	.args = (const struct rill_value[]){ __VA_ARGS__ },                                        \
	.nargs = sizeof((const struct rill_value[]){ __VA_ARGS__ }) / sizeof(struct rill_value)
#define VALUE(key, kind, field, value) { .name = key, .type = RILL_TYPE_##kind, .field = value }
#define INT(key, value) VALUE(key, I64, i, value)
#define UINT(key, value) VALUE(key, U64, u, value)
#define DOUBLE(key, value) VALUE(key, F64, d, value)
#define TEXT_SIZED(key, kind, bytes, length)                                         \
	{                                                                            \
		.name = key, .type = RILL_TYPE_##kind, .text = bytes, .size = length \
	}
#define TEXT(key, literal) TEXT_SIZED(key, STRING, literal, sizeof(literal) - 1)
#define JSON(key, literal) TEXT_SIZED(key, JSON, literal, sizeof(literal) - 1)

/* The writer most tests need; a new one forgets everything. */
static struct rill_json help_json;
static inline struct rill_json *help_init(struct rill_json_options options)
{
	rill_json_exit(&help_json);
	options.pid = options.pid ? options.pid : 11;
	CU_ASSERT_EQUAL_FATAL(rill_json_init(&help_json, &options), 0);
	return &help_json;
}
#define INIT(...) help_init((struct rill_json_options){ .pid = 11, ##__VA_ARGS__ })

/* Text of one call, in memory of exactly the promised size so that a sanitizer sees one byte
 * too many. */
static char help_text[1 << 20];
static inline const char *help_event(const struct rill_event *event)
{
	const size_t max = rill_json_event_max(&help_json, event);
	char *to = malloc(max);
	const size_t size = (size_t)(rill_json_event(&help_json, event, to) - to);

	CU_ASSERT_FATAL(size <= max && size < sizeof help_text);
	memcpy(help_text, to, size);
	help_text[size] = 0;
	free(to);
	return help_text;
}

/* A whole JSON text, by the letter; NULL when it is not. */
static inline struct json_object *help_parse(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(100);
	struct json_object *parsed;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	parsed = json_tokener_parse_ex(tokener, text, (int)size);
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		parsed = json_tokener_parse_ex(tokener, "", 1);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) < size) {
		json_object_put(parsed);
		parsed = NULL;
	}
	json_tokener_free(tokener);
	return parsed;
}

/* One line: a comma, an object, a newline and nothing more. The object, to be put by the caller. */
static inline struct json_object *help_line(const char *line)
{
	const size_t size = strlen(line);
	struct json_object *object;

	CU_ASSERT_FATAL(size > 4 && line[0] == ',' && line[1] == '{' &&
			strchr(line, '\n') == line + size - 1);
	object = help_parse(line + 1, size - 2);
	CU_ASSERT_FATAL(json_object_is_type(object, json_type_object));
	return object;
}

/* The text of one member of an event's line ("args": its arguments), as JSON; "" when it has
 * none. */
static inline const char *help_member(const struct rill_event *event, const char *key)
{
	static char member[1 << 16];
	struct json_object *object = help_line(help_event(event)), *found;

	member[0] = 0;
	if (json_object_object_get_ex(object, key, &found))
		strncpy(member,
			json_object_to_json_string_ext(found, JSON_C_TO_STRING_NOSLASHESCAPE |
								      JSON_C_TO_STRING_PLAIN),
			sizeof member - 1);
	json_object_put(object);
	return member;
}

#define LINE_IS(event, text) CU_ASSERT_STRING_EQUAL(help_event(event), text "\n")
#define MEMBER_IS(event, key, text) CU_ASSERT_STRING_EQUAL(help_member(event, key), text)
#define HAS_NO(event, key) CU_ASSERT_STRING_EQUAL(help_member(event, key), "")
#define CONTAINS(text, part) CU_ASSERT_PTR_NOT_NULL(strstr(text, part))

#endif

/* SPDX-License-Identifier: MIT
 * json_in.c - JSON texts as objects in memory, as long as they do not take too much of it.
 */
#include "json_in.h"

#include <string.h>

/* What json-c 0.16 takes for each, on 64-bit machines, with what malloc adds. */
enum {
	OBJECT_BYTES = 850,
	ARRAY_BYTES = 380,
	MEMBER_BYTES = 250, /* its key, its place in the table, a small value */
	ELEMENT_BYTES = 75,
	SMALL = 64 << 10 /* texts of this size cannot be too much */
};
_Static_assert(SMALL / 2 * (int)OBJECT_BYTES < (int)RILL_JSON_OBJECTS_BYTES_MAX, "the shortest object is {}");

/* Behind the string whose quote is at `at`. */
static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		at += *at == '\\';
	return at + 1;
}

static size_t weigh(const char *at, const char *end)
{
	size_t bytes = 0;

	while (at < end) {
		switch (*at) {
		case '"': at = skip_string(at, end); continue;
		case '{': bytes += OBJECT_BYTES; break;
		case '[': bytes += ARRAY_BYTES; break;
		case ':': bytes += MEMBER_BYTES; break;
		case ',': bytes += ELEMENT_BYTES; break;
		}
		at++;
	}
	return bytes;
}

struct json_object *rill_json_parse(struct json_tokener *tokener, const char *text, size_t size)
{
	if (size > SMALL && weigh(text, text + size) > RILL_JSON_OBJECTS_BYTES_MAX)
		return NULL;
	json_tokener_reset(tokener);
	return json_tokener_parse_ex(tokener, text, (int)size);
}

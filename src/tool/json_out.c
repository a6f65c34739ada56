/* SPDX-License-Identifier: MIT
 * json_out.c - building JSON output out of texts and numbers that come from files.
 */
#include "json_out.h"
#include "format/text.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rill_out_text(struct json_object *to, const char *key, const char *text)
{
	const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
	char *clean = rill_alloc(3 * (size_t)(end - at) + 1, 1), *put = clean;

	while (at < end) {
		unsigned skip, size = rill_text_utf8(at, (size_t)(end - at), &skip);

		put = size ? rill_text_bytes(put, (const char *)at, size)
			   : RILL_TEXT_LITERAL(put, RILL_TEXT_REPLACEMENT);
		at += size ? size : skip;
	}
	json_object_object_add(to, key, json_object_new_string_len(clean, (int)(put - clean)));
	free(clean);
}

void rill_out_number(struct json_object *to, const char *key, int64_t number)
{
	json_object_object_add(to, key, json_object_new_int64(number));
}

void rill_out_count(struct json_object *to, const char *key, uint64_t number)
{
	json_object_object_add(to, key, json_object_new_uint64(number));
}

void rill_out_element(struct json_object *object, bool first)
{
	printf("%s\n%s", first ? "" : ",", rill_out_line(object));
	json_object_put(object);
}

const char *rill_out_line(struct json_object *object)
{
	return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
}

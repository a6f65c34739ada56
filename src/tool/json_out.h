/* SPDX-License-Identifier: MIT
 * json_out.h - building JSON output out of texts and numbers that come from files.
 */
#ifndef RILL_TOOL_JSON_OUT_H
#define RILL_TOOL_JSON_OUT_H

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stdint.h>

/* json-c writes strings as they are: broken UTF-8 in a name would break the output. It becomes
 * U+FFFD. */
void rill_out_text(struct json_object *to, const char *key, const char *text);
void rill_out_number(struct json_object *to, const char *key, int64_t number);
void rill_out_count(struct json_object *to, const char *key, uint64_t number);

/* The next one of an array whose "[" is written; it is freed. */
void rill_out_element(struct json_object *object, bool first);

/* On one line; a "/" stays a "/". */
const char *rill_out_line(struct json_object *object);

#endif

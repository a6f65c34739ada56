/* SPDX-License-Identifier: MIT
 * json_in.h - JSON texts as objects in memory, as long as they do not take too much of it.
 */
#ifndef RILL_TOOL_JSON_IN_H
#define RILL_TOOL_JSON_IN_H

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <stddef.h>

/* Of one text, with all that is in it. An array of empty objects, "{},{},...", takes three hundred times its own
 * size, so a text may be short enough to be read and still be refused here. */
enum { RILL_JSON_OBJECTS_BYTES_MAX = 64 << 20 };

/* NULL: it is not JSON, or its objects would take more than that. */
struct json_object *rill_json_parse(struct json_tokener *tokener, const char *text, size_t size);

#endif

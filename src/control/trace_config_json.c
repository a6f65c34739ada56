/* SPDX-License-Identifier: MIT
 * trace_config_json.c - reads a trace configuration from JSON, with json-c.
 *
 * The text comes from outside (environment, DevTools, a file): its size, depth and every type
 * are checked, and what is wrong is left out rather than guessed.
 */
#include "control/trace_config.h"

#include "format/text.h"
#include "port/port.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 256 << 10, DEPTH_MAX = 16, KEY_MAX = 64 };

/* ---- fields of an object --------------------------------------------------------------------- */

/* The value of a key in either spelling, if it has this type; else NULL. The snake_case one
 * goes first. */
static json_object *field(json_object *object, const char *key, enum json_type type)
{
	json_object *value = NULL;
	char snake[KEY_MAX];

	if (!json_object_object_get_ex(object, key, &value)) {
		json_object_object_foreach(
			object, camel,
			candidate) if (rill_from_camel_case(camel, '_', snake, sizeof(snake)) &&
				       strcmp(snake, key) == 0) value = candidate;
	}
	return value && json_object_is_type(value, type) ? value : NULL;
}

/* A string as a C string; NULL also when it holds a NUL, which no name of anything here may. */
static const char *plain_string(json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

static const char *string_field(json_object *object, const char *key)
{
	json_object *value = field(object, key, json_type_string);

	return value ? plain_string(value) : NULL;
}

static bool flag_field(json_object *object, const char *key)
{
	json_object *value = field(object, key, json_type_boolean);

	return value && json_object_get_boolean(value);
}

/* An integer from min to max; false: there is none. */
static bool integer(json_object *value, int64_t min, int64_t max, int64_t *number)
{
	if (!value || !json_object_is_type(value, json_type_int))
		return false;
	*number = json_object_get_int64(value);
	/* Beyond INT64_MAX json-c gives that very number: such a value is out of every range. */
	return *number >= min && *number <= max && json_object_get_uint64(value) <= INT64_MAX;
}

static bool integer_field(json_object *object, const char *key, int64_t min, int64_t max,
			  int64_t *number)
{
	return integer(field(object, key, json_type_int), min, max, number);
}

/* Adds each string of a list under a key; other elements are ignored. */
static int take_names(json_object *object, const char *key, struct rill_names *names,
		      int (*add)(struct rill_names *names, const char *text, size_t length))
{
	json_object *list = field(object, key, json_type_array);
	int err = 0;

	for (size_t i = 0; list && i < json_object_array_length(list) && !err; i++) {
		const char *text = plain_string(json_object_array_get_idx(list, i));

		if (text)
			err = add(names, text, strlen(text));
	}
	return err;
}

static int take_categories(json_object *object, struct rill_category_lists *lists)
{
	json_object *list = field(object, "included_categories", json_type_array);
	int err = 0;

	for (size_t i = 0; list && i < json_object_array_length(list) && !err; i++) {
		const char *text = plain_string(json_object_array_get_idx(list, i));

		if (text)
			err = rill_category_lists_include(lists, text, strlen(text));
	}
	return err ? err
		   : take_names(object, "excluded_categories", &lists->excluded, rill_names_add);
}

/* ---- filter_args: kept as they are, but with sorted keys ------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_object *sorted(json_object *value);

static json_object *sorted_array(json_object *array)
{
	json_object *copy = json_object_new_array();

	for (size_t i = 0; copy && i < json_object_array_length(array); i++)
		json_object_array_add(copy, sorted(json_object_array_get_idx(array, i)));
	return copy;
}

static json_object *sorted_object(json_object *object)
{
	size_t count = (size_t)json_object_object_length(object), i = 0;
	const char **keys = calloc(count + 1, sizeof(*keys));
	json_object *copy = keys ? json_object_new_object() : NULL;

	if (!copy) {
		free(keys);
		return NULL;
	}
	json_object_object_foreach(object, key, value)
	{
		(void)value;
		keys[i++] = key;
	}
	qsort(keys, count, sizeof(*keys), by_text);
	for (i = 0; i < count; i++)
		json_object_object_add(copy, keys[i],
				       sorted(json_object_object_get(object, keys[i])));
	free(keys);
	return copy;
}

/* A copy with sorted keys; DEPTH_MAX bounds the recursion. Numbers keep the text they were read
 * from. */
static json_object *sorted(json_object *value)
{
	if (json_object_is_type(value, json_type_object))
		return sorted_object(value);
	if (json_object_is_type(value, json_type_array))
		return sorted_array(value);
	return json_object_get(value);
}

static int take_args(json_object *object, struct rill_event_filter *filter)
{
	json_object *args = field(object, "filter_args", json_type_object), *copy;
	const char *text;
	int err;

	if (!args || !json_object_object_length(args))
		return 0;
	copy = sorted_object(args);
	if (!copy)
		return -ENOMEM;
	text = json_object_to_json_string_ext(copy, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE);
	filter->args = text ? strdup(text) : NULL;
	json_object_put(copy);
	if (!filter->args)
		return -ENOMEM;
	/* The older name of the list is still what many harnesses send. */
	filter->has_allowed = field(args, "event_name_allowlist", json_type_array) ||
			      field(args, "event_name_whitelist", json_type_array);
	err = take_names(args, "event_name_allowlist", &filter->allowed, rill_names_add_once);
	return err ? err
		   : take_names(args, "event_name_whitelist", &filter->allowed,
				rill_names_add_once);
}

static int take_event_filter(json_object *object, struct rill_trace_config *config)
{
	struct rill_event_filter filter = { 0 };
	const char *predicate;
	int err;

	if (!json_object_is_type(object, json_type_object))
		return 0;
	predicate = string_field(object, "filter_predicate");
	if (!predicate)
		return 0;
	filter.predicate = strdup(predicate);
	err = filter.predicate ? take_categories(object, &filter.categories) : -ENOMEM;
	if (!err)
		err = take_args(object, &filter);
	if (!err)
		return rill_trace_config_add_event_filter(config, &filter);
	rill_event_filter_clear(&filter);
	return err;
}

static int take_event_filters(json_object *object, struct rill_trace_config *config)
{
	json_object *list = field(object, "event_filters", json_type_array);
	int err = 0;

	for (size_t i = 0; list && i < json_object_array_length(list) && !err; i++)
		err = take_event_filter(json_object_array_get_idx(list, i), config);
	return err;
}

/* ---- the other groups of fields -------------------------------------------------------------- */

static int take_pids(json_object *object, struct rill_trace_config *config)
{
	json_object *list = field(object, "included_process_ids", json_type_array);
	int64_t pid;
	int err = 0;

	for (size_t i = 0; list && i < json_object_array_length(list) && !err; i++)
		if (integer(json_object_array_get_idx(list, i), INT32_MIN, INT32_MAX, &pid))
			err = rill_trace_config_add_pid(config, (int32_t)pid);
	return err;
}

/* The place of a name in a table; -1: not there. */
static int find(const char *name, const char *const *table, int count)
{
	for (int i = 0; name && i < count; i++)
		if (strcmp(name, table[i]) == 0)
			return i;
	return -1;
}

static void take_dump_modes(json_object *object, struct rill_memory_dump *dump)
{
	json_object *list = field(object, "allowed_dump_modes", json_type_array);

	if (!list)
		return;
	dump->modes = 0;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name = plain_string(json_object_array_get_idx(list, i));
		int mode = find(name, rill_dump_mode_names, RILL_DUMP_MODES);

		if (mode >= 0)
			dump->modes |= 1u << mode;
	}
}

/* A trigger without a time of at least 1 ms or without a known mode is left out: there is
 * nothing to do at a time. */
static int take_trigger(json_object *object, struct rill_memory_dump *dump)
{
	const char *type_name;
	int64_t interval;
	int mode, type = RILL_DUMP_PERIODIC_INTERVAL;

	if (!json_object_is_type(object, json_type_object))
		return 0;
	/* The older form has only periodic dumps. */
	if (integer_field(object, "min_time_between_dumps_ms", 1, UINT32_MAX, &interval)) {
		type_name = string_field(object, "type");
		if (type_name)
			type = find(type_name, rill_dump_type_names, RILL_DUMP_TYPES);
	} else if (!integer_field(object, "periodic_interval_ms", 1, UINT32_MAX, &interval)) {
		return 0;
	}
	mode = find(string_field(object, "mode"), rill_dump_mode_names, RILL_DUMP_MODES);
	if (mode < 0 || type < 0)
		return 0;
	return rill_memory_dump_add_trigger(dump, &(struct rill_dump_trigger){
							  .type = (enum rill_dump_type)type,
							  .mode = (enum rill_dump_mode)mode,
							  .min_time_between_ms = (uint32_t)interval,
						  });
}

static int take_memory_dump(json_object *object, struct rill_memory_dump *dump)
{
	json_object *config = field(object, "memory_dump_config", json_type_object), *list, *heap;
	int64_t threshold;
	int err = 0;

	if (!config)
		return 0;
	take_dump_modes(config, dump);
	list = field(config, "triggers", json_type_array);
	for (size_t i = 0; list && i < json_object_array_length(list) && !err; i++)
		err = take_trigger(json_object_array_get_idx(list, i), dump);
	heap = field(config, "heap_profiler_options", json_type_object);
	if (heap && integer_field(heap, "breakdown_threshold_bytes", 0, UINT32_MAX, &threshold))
		dump->breakdown_threshold_bytes = (uint32_t)threshold;
	return err;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void take_mode(json_object *object, struct rill_trace_config *config)
{
	const char *name = string_field(object, "record_mode");

	if (name)
		rill_record_mode_by_name(name, &config->record_mode);
}

static uint64_t size_field(json_object *object, const char *key)
{
	int64_t size;

	return integer_field(object, key, 1, INT64_MAX, &size) ? (uint64_t)size : 0;
}

static int take_chromium(json_object *object, struct rill_trace_config *config)
{
	int err = take_categories(object, &config->categories);

	config->buffer_events = size_field(object, "trace_buffer_size_in_events");
	config->buffer_kb = size_field(object, "trace_buffer_size_in_kb");
	config->package_name_filter = flag_field(object, "enable_package_name_filter");
	if (!err && config->systrace)
		err = take_names(object, "enable_systrace_events", &config->systrace_events,
				 rill_names_add_once);
	if (!err)
		err = take_names(object, "histogram_names", &config->histogram_names,
				 rill_names_add_once);
	if (!err)
		err = take_pids(object, config);
	if (!err)
		err = take_event_filters(object, config);
	if (!err && rill_trace_config_names(config, RILL_MEMORY_INFRA))
		err = take_memory_dump(object, &config->memory_dump);
	return err;
}

static int take_all(json_object *object, struct rill_trace_config *config)
{
	take_mode(object, config);
	config->systrace = flag_field(object, "enable_systrace");
	config->argument_filter = flag_field(object, "enable_argument_filter");
	if (config->match == RILL_MATCH_CHROMIUM)
		return take_chromium(object, config);
	return take_names(object, "included_categories", &config->categories.included,
			  rill_names_add);
}

/* json-c lets pass what no other reader would: 'single quotes', NaN, "1." */
static bool is_strict_json(const char *text, size_t length)
{
	char *copy = malloc(length * 3 + 1);
	bool strict = copy && rill_text_json(copy, text, length);

	free(copy);
	return strict;
}

static json_object *parse_object(const char *text, size_t length, const char **why, size_t *where)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	json_object *object;
	enum json_tokener_error err;

	*why = "no memory for it";
	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* With the NUL, so that a number at the very end is known to be whole. */
	object = json_tokener_parse_ex(tokener, text, (int)length + 1);
	err = json_tokener_get_error(tokener);
	*why = err == json_tokener_success ? "not an object" : json_tokener_error_desc(err);
	*where = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	return object;
}

/* The parsed text, or NULL and what is wrong with it, where. */
static json_object *parse(const char *text, const char **why, size_t *where)
{
	size_t length = strnlen(text, TEXT_MAX + 1);
	json_object *object;

	*where = 0;
	*why = "longer than 256 KiB";
	if (length > TEXT_MAX)
		return NULL;
	object = parse_object(text, length, why, where);
	if (json_object_is_type(object, json_type_object)) {
		if (is_strict_json(text, length))
			return object;
		*why = "not JSON by the letter (RFC 8259)";
		*where = 0;
	}
	json_object_put(object);
	return NULL;
}

int rill_trace_config_from_json(const char *text, enum rill_match match,
				struct rill_trace_config **out)
{
	const char *why;
	size_t where;
	json_object *object = parse(text, &why, &where);
	int err;

	if (!object) {
		err = rill_trace_config_default(match, out);
		if (err)
			return err;
		rill_fail(EINVAL,
			  "trace configuration: %s (byte %zu); the default one is used. It has to "
			  "be a JSON object, as in {\"included_categories\":[\"net\"]}",
			  why, where);
		return 1;
	}
	err = rill_trace_config_new(match, out);
	if (!err)
		err = take_all(object, *out);
	json_object_put(object);
	if (!err)
		return 0;
	rill_trace_config_free(*out);
	*out = NULL;
	return rill_fail(ENOMEM, "no memory for a trace configuration");
}

/* SPDX-License-Identifier: MIT
 * trace_config_text.c - a trace configuration as text: the options string both ways, and JSON out.
 *
 * JSON is written here by hand: the keys are few, they have to be sorted, and a target that is
 * built without a JSON reader can still report its configuration. Nothing depends on the locale:
 * only integers and bytes are written.
 */
#include "control/trace_config.h"

#include "format/text.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const rill_record_mode_names[RILL_RECORD_MODES] = {
	[RILL_RECORD_UNTIL_FULL] = "record-until-full",
	[RILL_RECORD_CONTINUOUSLY] = "record-continuously",
	[RILL_RECORD_AS_MUCH_AS_POSSIBLE] = "record-as-much-as-possible",
	[RILL_RECORD_TO_CONSOLE] = "trace-to-console",
};

const char *const rill_dump_mode_names[RILL_DUMP_MODES] = {
	[RILL_DUMP_BACKGROUND] = "background",
	[RILL_DUMP_LIGHT] = "light",
	[RILL_DUMP_DETAILED] = "detailed",
};

const char *const rill_dump_type_names[RILL_DUMP_TYPES] = {
	[RILL_DUMP_PERIODIC_INTERVAL] = "periodic_interval",
	[RILL_DUMP_PEAK_MEMORY_USAGE] = "peak_memory_usage",
};

bool rill_from_camel_case(const char *camel, char separator, char *text, size_t size)
{
	size_t at = 0;

	for (; *camel; camel++) {
		bool capital = *camel >= 'A' && *camel <= 'Z';

		if (at + 2 >= size)
			return false;
		if (capital)
			text[at++] = separator;
		text[at++] = capital ? (char)(*camel - 'A' + 'a') : *camel;
	}
	if (at >= size)
		return false;
	text[at] = '\0';
	return true;
}

bool rill_record_mode_by_name(const char *name, enum rill_record_mode *mode)
{
	char kebab[40];

	if (!rill_from_camel_case(name, '-', kebab, sizeof(kebab)))
		return false;
	/* The DevTools protocol has its own word for this one. */
	if (strcmp(kebab, "echo-to-console") == 0) {
		*mode = RILL_RECORD_TO_CONSOLE;
		return true;
	}
	for (int i = 0; i < RILL_RECORD_MODES; i++) {
		if (strcmp(kebab, rill_record_mode_names[i]) != 0)
			continue;
		*mode = (enum rill_record_mode)i;
		return true;
	}
	return false;
}

/* ---- options in ------------------------------------------------------------------------------ */

struct word {
	const char *text;
	size_t length;
};

static struct word trimmed(const char *text, size_t length)
{
	while (length && rill_is_blank(text[0])) {
		text++;
		length--;
	}
	while (length && rill_is_blank(text[length - 1]))
		length--;
	return (struct word){ text, length };
}

static bool is(struct word word, const char *text)
{
	return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

/* What is no UTF-8 becomes U+FFFD here, as it does in JSON: there two names that differ in nothing else would be one. */
static int take_systrace_event(struct rill_trace_config *config, const char *text, size_t length)
{
	char *const name = malloc(length * (sizeof RILL_TEXT_REPLACEMENT - 1)), *to = name;
	unsigned bytes, skip;
	int err;

	if (!name)
		return -ENOMEM;
	for (size_t at = 0; at < length; at += skip) {
		bytes = rill_text_utf8((const uint8_t *)text + at, length - at, &skip);
		to = bytes ? rill_text_bytes(to, text + at, bytes) : RILL_TEXT_LITERAL(to, RILL_TEXT_REPLACEMENT);
	}
	err = rill_names_add_once(&config->systrace_events, name, (size_t)(to - name));
	free(name);
	return err;
}

/* The list behind "enable-systrace=": names between blanks. */
static int take_systrace_events(struct rill_trace_config *config, struct word list)
{
	int err = 0;

	while (list.length && !err) {
		size_t length = 0;

		while (length < list.length && !rill_is_blank(list.text[length]))
			length++;
		if (length)
			err = take_systrace_event(config, list.text, length);
		list = trimmed(list.text + length, list.length - length);
	}
	return err;
}

static int take_option(struct rill_trace_config *config, struct word word)
{
	static const char systrace[] = "enable-systrace";
	size_t prefix = sizeof(systrace) - 1;
	struct word rest;

	for (int i = 0; i < RILL_RECORD_MODES; i++)
		if (is(word, rill_record_mode_names[i]))
			config->record_mode = (enum rill_record_mode)i;
	if (is(word, "enable-argument-filter"))
		config->argument_filter = true;
	if (word.length < prefix || memcmp(word.text, systrace, prefix) != 0)
		return 0;
	rest = trimmed(word.text + prefix, word.length - prefix);
	if (rest.length && rest.text[0] != '=')
		return 0; /* another word that begins the same */
	config->systrace = true;
	return rest.length ? take_systrace_events(config, trimmed(rest.text + 1, rest.length - 1))
			   : 0;
}

static int take_options(struct rill_trace_config *config, const char *options)
{
	int err = 0;

	while (options && !err) {
		size_t length = strcspn(options, ",");

		err = take_option(config, trimmed(options, length));
		options = options[length] ? options + length + 1 : NULL;
	}
	return err;
}

static int take_categories(struct rill_trace_config *config, const char *text)
{
	struct rill_category_lists *lists = &config->categories;
	const struct rill_names *included, *disabled, *excluded;
	struct rill_filter *filter;
	int err = rill_filter_parse(text, RILL_MATCH_CHROMIUM, &filter);

	if (err)
		return err;
	rill_filter_lists(filter, &included, &disabled, &excluded);
	err = rill_names_append(&lists->included, included);
	if (!err)
		err = rill_names_append(&lists->disabled, disabled);
	if (!err)
		err = rill_names_append(&lists->excluded, excluded);
	rill_filter_free(filter);
	return err;
}

int rill_trace_config_from_strings(const char *categories, const char *options,
				   struct rill_trace_config **out)
{
	int err = rill_trace_config_new(RILL_MATCH_CHROMIUM, out);

	if (err)
		return err;
	err = take_categories(*out, categories);
	if (!err)
		err = take_options(*out, options);
	if (err) {
		rill_trace_config_free(*out);
		*out = NULL;
	}
	return err == -ENOMEM ? rill_fail(ENOMEM, "no memory for a trace configuration") : err;
}

/* ---- text out -------------------------------------------------------------------------------- */

/* A text that grows; after a failed allocation it only remembers that. */
struct buffer {
	char *text;
	size_t length, room;
	bool failed;
};

/* Room for count more bytes and a NUL; false: there is none. */
static bool make_room(struct buffer *b, size_t count)
{
	size_t room = (b->length + count + 1) * 2;
	char *text;

	if (b->failed || b->length + count + 1 <= b->room)
		return !b->failed;
	text = realloc(b->text, room);
	b->failed = !text;
	if (b->failed)
		return false;
	b->text = text;
	b->room = room;
	return true;
}

static void end_at(struct buffer *b, const char *end)
{
	b->length = (size_t)(end - b->text);
	b->text[b->length] = '\0';
}

static void put_bytes(struct buffer *b, const char *bytes, size_t count)
{
	if (make_room(b, count))
		end_at(b, rill_text_bytes(b->text + b->length, bytes, count));
}

static void put(struct buffer *b, const char *text)
{
	put_bytes(b, text, strlen(text));
}

static void put_number(struct buffer *b, int64_t number)
{
	if (make_room(b, RILL_TEXT_U64_MAX))
		end_at(b, rill_text_i64(b->text + b->length, number));
}

static int give(struct buffer *b, char **text)
{
	*text = b->failed ? NULL : b->text;
	if (!b->failed)
		return 0;
	free(b->text);
	return rill_fail(ENOMEM, "no memory for the text of a trace configuration");
}

static void put_string(struct buffer *b, const char *text, size_t length)
{
	put(b, "\"");
	if (make_room(b, length * RILL_TEXT_ESCAPE_MAX))
		end_at(b, rill_text_escaped(b->text + b->length, text, length));
	put(b, "\"");
}

static void put_text(struct buffer *b, const char *text)
{
	put_string(b, text, strlen(text));
}

/* A key, with the comma that separates it from what stands before it in its object. */
static void put_key(struct buffer *b, const char *key)
{
	if (b->length && b->text[b->length - 1] != '{')
		put(b, ",");
	put_text(b, key);
	put(b, ":");
}

static void put_flag(struct buffer *b, const char *key, bool flag)
{
	put_key(b, key);
	put(b, flag ? "true" : "false");
}

static void separate(struct buffer *b)
{
	if (b->length && b->text[b->length - 1] != '[')
		put(b, ",");
}

static void put_names(struct buffer *b, const struct rill_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		separate(b);
		put_string(b, names->v[i].text, names->v[i].length);
	}
}

/* One list of all the names in both, under a key; left out when there is none. */
static void put_list(struct buffer *b, const char *key, const struct rill_names *names,
		     const struct rill_names *more)
{
	if (!names->count && !(more && more->count))
		return;
	put_key(b, key);
	put(b, "[");
	put_names(b, names);
	if (more)
		put_names(b, more);
	put(b, "]");
}

static void put_event_filters(struct buffer *b, const struct rill_trace_config *config)
{
	if (!config->event_filter_count)
		return;
	put_key(b, "event_filters");
	put(b, "[");
	for (size_t i = 0; i < config->event_filter_count; i++) {
		const struct rill_event_filter *filter = &config->event_filters[i];

		separate(b);
		put(b, "{");
		put_list(b, "excluded_categories", &filter->categories.excluded, NULL);
		if (filter->args) {
			put_key(b, "filter_args");
			put(b, filter->args);
		}
		put_key(b, "filter_predicate");
		put_text(b, filter->predicate);
		put_list(b, "included_categories", &filter->categories.included,
			 &filter->categories.disabled);
		put(b, "}");
	}
	put(b, "]");
}

static void put_pids(struct buffer *b, const struct rill_trace_config *config)
{
	if (!config->pid_count)
		return;
	put_key(b, "included_process_ids");
	put(b, "[");
	for (size_t i = 0; i < config->pid_count; i++) {
		separate(b);
		put_number(b, config->pids[i]);
	}
	put(b, "]");
}

static void put_triggers(struct buffer *b, const struct rill_memory_dump *dump)
{
	put_key(b, "triggers");
	put(b, "[");
	for (size_t i = 0; i < dump->trigger_count; i++) {
		separate(b);
		put(b, "{");
		put_key(b, "min_time_between_dumps_ms");
		put_number(b, dump->triggers[i].min_time_between_ms);
		put_key(b, "mode");
		put_text(b, rill_dump_mode_names[dump->triggers[i].mode]);
		put_key(b, "type");
		put_text(b, rill_dump_type_names[dump->triggers[i].type]);
		put(b, "}");
	}
	put(b, "]");
}

static void put_memory_dump(struct buffer *b, const struct rill_memory_dump *dump)
{
	put_key(b, "memory_dump_config");
	put(b, "{");
	put_key(b, "allowed_dump_modes");
	put(b, "[");
	for (int i = 0; i < RILL_DUMP_MODES; i++) {
		if (!(dump->modes & 1u << i))
			continue;
		separate(b);
		put_text(b, rill_dump_mode_names[i]);
	}
	put(b, "]");
	if (dump->breakdown_threshold_bytes != RILL_BREAKDOWN_THRESHOLD_BYTES) {
		put_key(b, "heap_profiler_options");
		put(b, "{");
		put_key(b, "breakdown_threshold_bytes");
		put_number(b, dump->breakdown_threshold_bytes);
		put(b, "}");
	}
	/* An empty list is written too: it says that there are no periodic dumps. */
	put_triggers(b, dump);
	put(b, "}");
}

static void put_size(struct buffer *b, const char *key, uint64_t size)
{
	if (!size)
		return;
	put_key(b, key);
	put_number(b, (int64_t)size);
}

int rill_trace_config_json(const struct rill_trace_config *config, char **text)
{
	struct buffer b = { 0 };

	put(&b, "{");
	put_flag(&b, "enable_argument_filter", config->argument_filter);
	put_flag(&b, "enable_package_name_filter", config->package_name_filter);
	put_flag(&b, "enable_systrace", config->systrace);
	put_list(&b, "enable_systrace_events", &config->systrace_events, NULL);
	put_event_filters(&b, config);
	put_list(&b, "excluded_categories", &config->categories.excluded, NULL);
	put_list(&b, "histogram_names", &config->histogram_names, NULL);
	put_list(&b, "included_categories", &config->categories.included,
		 &config->categories.disabled);
	put_pids(&b, config);
	if (rill_trace_config_names(config, RILL_MEMORY_INFRA) &&
	    config->match == RILL_MATCH_CHROMIUM)
		put_memory_dump(&b, &config->memory_dump);
	put_key(&b, "record_mode");
	put_text(&b, rill_record_mode_names[config->record_mode]);
	put_size(&b, "trace_buffer_size_in_events", config->buffer_events);
	put_size(&b, "trace_buffer_size_in_kb", config->buffer_kb);
	put(&b, "}");
	return give(&b, text);
}

int rill_trace_config_options(const struct rill_trace_config *config, char **text)
{
	struct buffer b = { 0 };

	put(&b, rill_record_mode_names[config->record_mode]);
	if (config->systrace) {
		put(&b, ",enable-systrace");
		for (size_t i = 0; i < config->systrace_events.count; i++) {
			put(&b, i ? " " : "=");
			put_bytes(&b, config->systrace_events.v[i].text,
				  config->systrace_events.v[i].length);
		}
	}
	if (config->argument_filter)
		put(&b, ",enable-argument-filter");
	return give(&b, text);
}

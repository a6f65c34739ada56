/* SPDX-License-Identifier: MIT
 * trace_config.c - the data of a trace configuration: making, changing, asking.
 *
 * The text forms are in trace_config_text.c, the JSON reader is in trace_config_json.c.
 */
#include "control/trace_config.h"

#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_DUMP_MODES = (1 << RILL_DUMP_MODES) - 1 };

static int no_memory(void)
{
	return rill_fail(ENOMEM,
			 "no memory for a trace configuration: free some, or use a shorter one");
}

/* ---- making ---------------------------------------------------------------------------------- */

int rill_trace_config_new(enum rill_match match, struct rill_trace_config **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return no_memory();
	(*out)->match = match;
	(*out)->memory_dump.modes = ALL_DUMP_MODES;
	(*out)->memory_dump.breakdown_threshold_bytes = RILL_BREAKDOWN_THRESHOLD_BYTES;
	return 0;
}

int rill_trace_config_default(enum rill_match match, struct rill_trace_config **out)
{
	int err = rill_trace_config_new(match, out);

	if (!err && match == RILL_MATCH_EXACT)
		err = rill_trace_config_include(*out, "v8");
	if (err) {
		rill_trace_config_free(*out);
		*out = NULL;
	}
	return err;
}

static void free_lists(struct rill_category_lists *lists)
{
	rill_names_free(&lists->included);
	rill_names_free(&lists->disabled);
	rill_names_free(&lists->excluded);
}

void rill_event_filter_clear(struct rill_event_filter *filter)
{
	free(filter->predicate);
	free(filter->args);
	free_lists(&filter->categories);
	rill_names_free(&filter->allowed);
	*filter = (struct rill_event_filter){ 0 };
}

void rill_trace_config_free(struct rill_trace_config *config)
{
	if (!config)
		return;
	rill_names_free(&config->systrace_events);
	rill_names_free(&config->histogram_names);
	free_lists(&config->categories);
	free(config->pids);
	free(config->memory_dump.triggers);
	for (size_t i = 0; i < config->event_filter_count; i++)
		rill_event_filter_clear(&config->event_filters[i]);
	free(config->event_filters);
	free(config);
}

/* ---- changing -------------------------------------------------------------------------------- */

int rill_category_lists_include(struct rill_category_lists *lists, const char *name, size_t length)
{
	size_t prefix = sizeof(RILL_DISABLED_BY_DEFAULT) - 1;
	bool disabled = length >= prefix && memcmp(name, RILL_DISABLED_BY_DEFAULT, prefix) == 0;

	return rill_names_add(disabled ? &lists->disabled : &lists->included, name, length);
}

int rill_trace_config_include(struct rill_trace_config *config, const char *category)
{
	struct rill_category_lists *lists = &config->categories;
	size_t length = strlen(category);
	int err = config->match == RILL_MATCH_EXACT
			  ? rill_names_add(&lists->included, category, length)
			  : rill_category_lists_include(lists, category, length);

	return err ? no_memory() : 0;
}

int rill_trace_config_add_pid(struct rill_trace_config *config, int32_t pid)
{
	size_t at = 0;
	int32_t *pids;

	while (at < config->pid_count && config->pids[at] < pid)
		at++;
	if (at < config->pid_count && config->pids[at] == pid)
		return 0;
	pids = realloc(config->pids, (config->pid_count + 1) * sizeof(*pids));
	if (!pids)
		return no_memory();
	config->pids = pids;
	memmove(&pids[at + 1], &pids[at], (config->pid_count - at) * sizeof(*pids));
	pids[at] = pid;
	config->pid_count++;
	return 0;
}

int rill_memory_dump_add_trigger(struct rill_memory_dump *dump,
				 const struct rill_dump_trigger *trigger)
{
	struct rill_dump_trigger *triggers =
		realloc(dump->triggers, (dump->trigger_count + 1) * sizeof(*triggers));

	if (!triggers)
		return no_memory();
	dump->triggers = triggers;
	triggers[dump->trigger_count++] = *trigger;
	return 0;
}

int rill_trace_config_add_event_filter(struct rill_trace_config *config,
				       struct rill_event_filter *filter)
{
	struct rill_event_filter *filters =
		realloc(config->event_filters, (config->event_filter_count + 1) * sizeof(*filters));

	if (!filters) {
		rill_event_filter_clear(filter);
		return no_memory();
	}
	config->event_filters = filters;
	filters[config->event_filter_count++] = *filter;
	*filter = (struct rill_event_filter){ 0 };
	return 0;
}

static int append_once(struct rill_names *names, const struct rill_names *more)
{
	for (size_t i = 0; i < more->count; i++) {
		int err = rill_names_add_once(names, more->v[i].text, more->v[i].length);

		if (err)
			return err;
	}
	return 0;
}

static int append_lists(struct rill_category_lists *lists, const struct rill_category_lists *more)
{
	int err = rill_names_append(&lists->included, &more->included);

	if (!err)
		err = rill_names_append(&lists->disabled, &more->disabled);
	if (!err)
		err = rill_names_append(&lists->excluded, &more->excluded);
	return err;
}

static int merge_categories(struct rill_trace_config *config, const struct rill_trace_config *more)
{
	static const struct rill_names none;
	struct rill_category_lists *lists = &config->categories, add = more->categories;

	/* V8's empty list is nothing; Chromium's is everything, and everything with anything is
	 * everything. */
	if (config->match == RILL_MATCH_CHROMIUM &&
	    (!lists->included.count || !add.included.count)) {
		rill_names_free(&lists->included);
		add.included = none;
	}
	return append_lists(lists, &add);
}

static int merge_pids(struct rill_trace_config *config, const struct rill_trace_config *more)
{
	int err = 0;

	if (!config->pid_count || !more->pid_count) {
		config->pid_count = 0;
		return 0;
	}
	for (size_t i = 0; i < more->pid_count && !err; i++)
		err = rill_trace_config_add_pid(config, more->pids[i]);
	return err;
}

static int merge_memory_dump(struct rill_memory_dump *dump, const struct rill_memory_dump *more)
{
	int err = 0;

	dump->modes |= more->modes;
	if (more->breakdown_threshold_bytes < dump->breakdown_threshold_bytes)
		dump->breakdown_threshold_bytes = more->breakdown_threshold_bytes;
	for (size_t i = 0; i < more->trigger_count && !err; i++)
		err = rill_memory_dump_add_trigger(dump, &more->triggers[i]);
	return err;
}

static int copy_event_filter(const struct rill_event_filter *from, struct rill_event_filter *to)
{
	int err;

	*to = (struct rill_event_filter){ .has_allowed = from->has_allowed };
	to->predicate = strdup(from->predicate);
	to->args = from->args ? strdup(from->args) : NULL;
	if (!to->predicate || (from->args && !to->args))
		return -ENOMEM;
	err = append_lists(&to->categories, &from->categories);
	return err ? err : rill_names_append(&to->allowed, &from->allowed);
}

static int merge_event_filters(struct rill_trace_config *config,
			       const struct rill_trace_config *more)
{
	for (size_t i = 0; i < more->event_filter_count; i++) {
		struct rill_event_filter copy;
		int err = copy_event_filter(&more->event_filters[i], &copy);

		if (err)
			rill_event_filter_clear(&copy);
		else
			err = rill_trace_config_add_event_filter(config, &copy);
		if (err)
			return err;
	}
	return 0;
}

static bool same_recording(const struct rill_trace_config *a, const struct rill_trace_config *b)
{
	return a->record_mode == b->record_mode && a->buffer_events == b->buffer_events &&
	       a->buffer_kb == b->buffer_kb && a->systrace == b->systrace &&
	       a->argument_filter == b->argument_filter &&
	       a->package_name_filter == b->package_name_filter;
}

int rill_trace_config_merge(struct rill_trace_config *config, const struct rill_trace_config *more)
{
	int err;

	if (config->match != more->match)
		return rill_fail(EINVAL, "a configuration of Chromium's kind and one of V8's "
					 "cannot be merged: use one kind");
	err = merge_categories(config, more);
	if (!err)
		err = merge_pids(config, more);
	if (!err)
		err = merge_memory_dump(&config->memory_dump, &more->memory_dump);
	if (!err)
		err = merge_event_filters(config, more);
	if (!err)
		err = append_once(&config->histogram_names, &more->histogram_names);
	if (err)
		return err == -ENOMEM ? no_memory() : err;
	return same_recording(config, more) ? 0 : 1;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int build(const struct rill_category_lists *lists, enum rill_match match,
		 struct rill_filter **out)
{
	return rill_filter_build(match, &lists->included, &lists->disabled, &lists->excluded, out);
}

/* An event filter without an allow-list names a predicate rill does not have: it lets every
 * event pass. */
static int add_rules(const struct rill_trace_config *config, struct rill_filter *filter)
{
	for (size_t i = 0; i < config->event_filter_count; i++) {
		const struct rill_event_filter *rule = &config->event_filters[i];
		struct rill_filter *categories;
		int err;

		if (!rule->has_allowed)
			continue;
		err = build(&rule->categories, RILL_MATCH_CHROMIUM, &categories);
		if (!err)
			err = rill_filter_add_rule(filter, categories, &rule->allowed);
		rill_filter_free(categories);
		if (err)
			return err;
	}
	return 0;
}

int rill_trace_config_filter(const struct rill_trace_config *config, struct rill_filter **out)
{
	int err = build(&config->categories, config->match, out);

	if (!err)
		err = add_rules(config, *out);
	if (err) {
		rill_filter_free(*out);
		*out = NULL;
	}
	return err;
}

bool rill_trace_config_wants_pid(const struct rill_trace_config *config, int32_t pid)
{
	for (size_t i = 0; i < config->pid_count; i++)
		if (config->pids[i] == pid)
			return true;
	return !config->pid_count;
}

bool rill_trace_config_names(const struct rill_trace_config *config, const char *category)
{
	const struct rill_category_lists *lists = &config->categories;
	size_t length = strlen(category);

	if (config->match == RILL_MATCH_EXACT)
		return rill_names_have(&lists->included, category, length);
	if (rill_names_match(&lists->disabled, category, length))
		return true;
	if (strncmp(category, RILL_DISABLED_BY_DEFAULT, sizeof(RILL_DISABLED_BY_DEFAULT) - 1) == 0)
		return false;
	return rill_names_match(&lists->included, category, length);
}

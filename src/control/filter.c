/* SPDX-License-Identifier: MIT
 * filter.c - asks a filter: is a group on, does an event pass, what is its text.
 *
 * Building and changing filters is in filter_build.c.
 */
#include "control/filter.h"

#include "control/filter_private.h"
#include "control/pattern.h"

#include <string.h>

static bool is_disabled_by_default(const char *name, size_t length)
{
	size_t prefix = sizeof(RILL_DISABLED_BY_DEFAULT) - 1;

	return length >= prefix && memcmp(name, RILL_DISABLED_BY_DEFAULT, prefix) == 0;
}

/* One name of a group, by Chromium's rules, without the fallback to everything. */
static bool category_on(const struct rill_filter *filter, const char *name, size_t length)
{
	if (rill_names_match(&filter->disabled, name, length))
		return true;
	if (is_disabled_by_default(name, length))
		return false;
	return rill_names_match(&filter->included, name, length);
}

/* Steps over the names between commas; false: none left. Empty names are not skipped. */
static bool next_name(const char **group, const char **name, size_t *length)
{
	if (!*group)
		return false;
	*name = *group;
	*length = strcspn(*group, ",");
	*group = (*name)[*length] ? *name + *length + 1 : NULL;
	return true;
}

static bool chromium_group(const struct rill_filter *filter, const char *group)
{
	bool fallback = false;
	const char *name;
	size_t length;

	while (next_name(&group, &name, &length)) {
		if (!length)
			continue;
		if (category_on(filter, name, length))
			return true;
		if (filter->everything && !fallback && !is_disabled_by_default(name, length))
			fallback = !rill_names_match(&filter->excluded, name, length);
	}
	return fallback;
}

static bool exact_group(const struct rill_filter *filter, const char *group)
{
	const char *name;
	size_t length;

	while (next_name(&group, &name, &length))
		if (rill_names_have(&filter->included, name, length))
			return true;
	return false;
}

static bool is_metadata(const char *group)
{
	return strcmp(group, RILL_METADATA_GROUP) == 0;
}

bool rill_filter_group(const struct rill_filter *filter, const char *group)
{
	if (is_metadata(group))
		return true;
	return filter->match == RILL_MATCH_EXACT ? exact_group(filter, group)
						 : chromium_group(filter, group);
}

bool rill_filter_event(const struct rill_filter *filter, const char *name)
{
	size_t length = strlen(name);

	if (rill_names_match(&filter->events_excluded, name, length))
		return false;
	return !filter->events_included.count ||
	       rill_names_match(&filter->events_included, name, length);
}

bool rill_filter_has_events(const struct rill_filter *filter)
{
	return filter->events_included.count || filter->events_excluded.count || filter->rule_count;
}

bool rill_filter_has_rule(const struct rill_filter *filter, const char *group)
{
	if (is_metadata(group))
		return false;
	for (size_t i = 0; i < filter->rule_count; i++)
		if (rill_filter_group(filter->rules[i].categories, group))
			return true;
	return false;
}

static bool rules_pass(const struct rill_filter *filter, const char *group, const char *name)
{
	size_t length = strlen(name);
	bool pass = true;

	for (size_t i = 0; i < filter->rule_count; i++) {
		if (!rill_filter_group(filter->rules[i].categories, group))
			continue;
		if (rill_names_have(&filter->rules[i].allowed, name, length))
			return true;
		pass = false;
	}
	return pass;
}

bool rill_filter_wants(const struct rill_filter *filter, const char *group, const char *name)
{
	/* Names of threads and processes belong to every session, or no viewer can label its
	 * rows. */
	if (is_metadata(group))
		return true;
	return rill_filter_group(filter, group) && rill_filter_event(filter, name) &&
	       rules_pass(filter, group, name);
}

/* ---- text ------------------------------------------------------------------------------------ */

struct writer {
	char *text;
	size_t size, length;
};

static void put(struct writer *w, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++, w->length++)
		if (w->length + 1 < w->size)
			w->text[w->length] = bytes[i];
}

static void put_name(struct writer *w, const char *mark, const char *name, size_t length)
{
	if (w->length)
		put(w, ",", 1);
	put(w, mark, strlen(mark));
	put(w, name, length);
}

static void put_names(struct writer *w, const char *mark, const struct rill_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		put_name(w, mark, names->v[i].text, names->v[i].length);
}

size_t rill_filter_text(const struct rill_filter *filter, char *text, size_t size)
{
	struct writer w = { text, size, 0 };
	bool chromium = filter->match == RILL_MATCH_CHROMIUM;

	/* Included names alone would say "only these". */
	if (filter->everything && filter->included.count)
		put_name(&w, "", "*", 1);
	put_names(&w, "", &filter->included);
	put_names(&w, "", &filter->disabled);
	put_names(&w, "-", &filter->excluded);
	/* The last included name was removed: no name at all would say "everything". */
	if (chromium && !filter->everything && !filter->included.count &&
	    !rill_filter_excludes_all(filter))
		put_name(&w, "-", "*", 1);
	if (size)
		text[w.length < size ? w.length : size - 1] = '\0';
	return w.length;
}

void rill_filter_lists(const struct rill_filter *filter, const struct rill_names **included,
		       const struct rill_names **disabled, const struct rill_names **excluded)
{
	*included = &filter->included;
	*disabled = &filter->disabled;
	*excluded = &filter->excluded;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool has_same_rule(const struct rill_filter *filter, const struct rill_rule *rule)
{
	for (size_t i = 0; i < filter->rule_count; i++)
		if (rill_filter_equal(filter->rules[i].categories, rule->categories) &&
		    rill_names_same(&filter->rules[i].allowed, &rule->allowed))
			return true;
	return false;
}

static bool covers_rules(const struct rill_filter *all, const struct rill_filter *part)
{
	for (size_t i = 0; i < part->rule_count; i++)
		if (!has_same_rule(all, &part->rules[i]))
			return false;
	return true;
}

bool rill_filter_equal(const struct rill_filter *a, const struct rill_filter *b)
{
	return a->match == b->match && a->everything == b->everything &&
	       rill_names_same(&a->included, &b->included) &&
	       rill_names_same(&a->disabled, &b->disabled) &&
	       rill_names_same(&a->excluded, &b->excluded) &&
	       rill_names_same(&a->events_included, &b->events_included) &&
	       rill_names_same(&a->events_excluded, &b->events_excluded) && covers_rules(a, b) &&
	       covers_rules(b, a);
}

bool rill_category_allowed(const char *name)
{
	size_t length = strlen(name);

	return length && !rill_is_blank(name[0]) && !rill_is_blank(name[length - 1]);
}

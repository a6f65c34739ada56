/* SPDX-License-Identifier: MIT
 * filter_build.c - builds filters from text and lists, and makes changed ones of them.
 */
#include "control/filter_private.h"
#include "control/pattern.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(void)
{
	return rill_fail(ENOMEM, "no memory for a filter: free some, or use a shorter filter");
}

bool rill_filter_excludes_all(const struct rill_filter *filter)
{
	for (size_t i = 0; i < filter->excluded.count; i++)
		if (rill_pattern_everything(filter->excluded.v[i].text,
					    filter->excluded.v[i].length))
			return true;
	return false;
}

void rill_filter_free(struct rill_filter *filter)
{
	if (!filter)
		return;
	rill_names_free(&filter->included);
	rill_names_free(&filter->disabled);
	rill_names_free(&filter->excluded);
	rill_names_free(&filter->events_included);
	rill_names_free(&filter->events_excluded);
	for (size_t i = 0; i < filter->rule_count; i++) {
		/* One level deep: a rule's own filter has no rules. */
		rill_filter_free(filter->rules[i].categories);
		rill_names_free(&filter->rules[i].allowed);
	}
	free(filter->rules);
	free(filter);
}

static int make(enum rill_match match, struct rill_filter **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return no_memory();
	(*out)->match = match;
	return 0;
}

/* Hands over a finished filter, or frees it and returns err. */
static int finish(int err, struct rill_filter *filter, struct rill_filter **out)
{
	*out = err ? NULL : filter;
	if (err)
		rill_filter_free(filter);
	return err == -ENOMEM ? no_memory() : err;
}

/* ---- text into names ------------------------------------------------------------------------- */

/* A name as it stands in the text, for messages: its place, counted from 1, and its bytes. */
struct token {
	const char *text;
	size_t length;
	unsigned place;
	const char *what; /* "filter", "event names" */
};

enum { SHOWN_MAX = 60 };

static int shown(size_t length)
{
	return length < SHOWN_MAX ? (int)length : SHOWN_MAX;
}

static int check_token(const struct token *token)
{
	if (token->length > RILL_FILTER_NAME_MAX)
		return rill_fail(EINVAL,
				 "%s: name %u, '%.*s...', has %zu bytes: shorten it to %d at most",
				 token->what, token->place, shown(token->length), token->text,
				 token->length, RILL_FILTER_NAME_MAX);
	for (size_t i = 0; i < token->length; i++) {
		unsigned char c = (unsigned char)token->text[i];

		if (c < ' ' || c == 0x7f)
			return rill_fail(EINVAL,
					 "%s: name %u holds the control character 0x%02x "
					 "behind '%.*s': take it out",
					 token->what, token->place, c, shown(i), token->text);
	}
	return 0;
}

static int check_text(const char *text, const char *what)
{
	size_t length = strnlen(text, RILL_FILTER_TEXT_MAX + 1);

	if (length > RILL_FILTER_TEXT_MAX)
		return rill_fail(EINVAL,
				 "%s: longer than %d bytes: use wildcards, as in 'net*', "
				 "instead of single names",
				 what, RILL_FILTER_TEXT_MAX);
	return 0;
}

static void trim(struct token *token)
{
	while (token->length && rill_is_blank(token->text[0])) {
		token->text++;
		token->length--;
	}
	while (token->length && rill_is_blank(token->text[token->length - 1]))
		token->length--;
}

/* Takes the '-' off a token that has one. -EINVAL: nothing is left. */
static int take_minus(struct token *token, bool *minus)
{
	*minus = token->length && token->text[0] == '-';
	if (!*minus)
		return 0;
	token->text++;
	token->length--;
	trim(token);
	if (!token->length)
		return rill_fail(EINVAL,
				 "%s: name %u is a '-' alone: write the name to leave out "
				 "directly behind it",
				 token->what, token->place);
	return 0;
}

/* Calls take for every name that is not empty; stops at its first error. */
static int each_token(const char *text, const char *what, bool trimmed,
		      int (*take)(void *ctx, struct token *token), void *ctx)
{
	struct token token = { .what = what };
	int err = check_text(text, what);

	for (const char *at = text; at && !err;) {
		token.text = at;
		token.length = strcspn(at, ",");
		token.place++;
		at = at[token.length] ? at + token.length + 1 : NULL;
		if (trimmed)
			trim(&token);
		if (!token.length)
			continue;
		err = check_token(&token);
		if (!err)
			err = take(ctx, &token);
	}
	return err;
}

static int take_exact(void *ctx, struct token *token)
{
	struct rill_filter *filter = ctx;

	return rill_names_add(&filter->included, token->text, token->length);
}

static int take_chromium(void *ctx, struct token *token)
{
	struct rill_filter *filter = ctx;
	size_t prefix = sizeof(RILL_DISABLED_BY_DEFAULT) - 1;
	bool minus;
	int err = take_minus(token, &minus);

	if (err)
		return err;
	if (minus)
		return rill_names_add(&filter->excluded, token->text, token->length);
	if (strncmp(token->text, RILL_DISABLED_BY_DEFAULT, prefix) == 0)
		return rill_names_add(&filter->disabled, token->text, token->length);
	return rill_names_add(&filter->included, token->text, token->length);
}

static int take_event(void *ctx, struct token *token)
{
	struct rill_filter *filter = ctx;
	bool minus;
	int err = take_minus(token, &minus);

	if (err)
		return err;
	return rill_names_add(minus ? &filter->events_excluded : &filter->events_included,
			      token->text, token->length);
}

/* ---- building -------------------------------------------------------------------------------- */

static void settle(struct rill_filter *filter, bool everything)
{
	filter->everything = everything && filter->match == RILL_MATCH_CHROMIUM &&
			     !rill_filter_excludes_all(filter);
}

int rill_filter_parse(const char *text, enum rill_match match, struct rill_filter **out)
{
	bool chromium = match == RILL_MATCH_CHROMIUM;
	struct rill_filter *filter;
	int err = make(match, &filter);

	*out = NULL;
	if (err)
		return err;
	err = each_token(text ? text : "", "filter", chromium,
			 chromium ? take_chromium : take_exact, filter);
	settle(filter, !filter->included.count);
	return finish(err, filter, out);
}

/* Lists come from a configuration, where one name may be longer than the text form allows; only
 * a pattern must be short enough to be matched. */
static int check_patterns(const struct rill_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->v[i].special && names->v[i].length > RILL_PATTERN_MAX)
			return rill_fail(
				EINVAL,
				"category pattern '%.*s...' has %zu bytes: shorten it to %d at "
				"most",
				shown(names->v[i].length), names->v[i].text, names->v[i].length,
				RILL_PATTERN_MAX);
	return 0;
}

static int append_lists(struct rill_filter *filter, const struct rill_names *included,
			const struct rill_names *disabled, const struct rill_names *excluded)
{
	int err = rill_names_append(&filter->included, included);

	if (!err)
		err = rill_names_append(&filter->disabled, disabled);
	if (!err)
		err = rill_names_append(&filter->excluded, excluded);
	return err;
}

int rill_filter_build(enum rill_match match, const struct rill_names *included,
		      const struct rill_names *disabled, const struct rill_names *excluded,
		      struct rill_filter **out)
{
	struct rill_filter *filter;
	int err = make(match, &filter);

	*out = NULL;
	if (err)
		return err;
	if (match == RILL_MATCH_CHROMIUM)
		err = check_patterns(included);
	if (!err)
		err = check_patterns(disabled);
	if (!err)
		err = check_patterns(excluded);
	if (!err)
		err = append_lists(filter, included, disabled, excluded);
	settle(filter, !filter->included.count);
	return finish(err, filter, out);
}

int rill_filter_set_events(struct rill_filter *filter, const char *patterns)
{
	struct rill_filter fresh = { 0 };
	int err = each_token(patterns ? patterns : "", "event names", true, take_event, &fresh);

	if (!err) {
		struct rill_names included = filter->events_included,
				  excluded = filter->events_excluded;

		filter->events_included = fresh.events_included;
		filter->events_excluded = fresh.events_excluded;
		fresh.events_included = included;
		fresh.events_excluded = excluded;
	}
	rill_names_free(&fresh.events_included);
	rill_names_free(&fresh.events_excluded);
	return err == -ENOMEM ? no_memory() : err;
}

int rill_filter_add_rule(struct rill_filter *filter, const struct rill_filter *categories,
			 const struct rill_names *allowed)
{
	struct rill_rule rule = { 0 }, *rules;
	int err = rill_filter_clone(categories, &rule.categories);

	if (!err)
		err = rill_names_append(&rule.allowed, allowed);
	rules = err ? NULL : realloc(filter->rules, (filter->rule_count + 1) * sizeof(*rules));
	if (!rules) {
		rill_filter_free(rule.categories);
		rill_names_free(&rule.allowed);
		return no_memory();
	}
	filter->rules = rules;
	filter->rules[filter->rule_count++] = rule;
	return 0;
}

static int append_rules(struct rill_filter *filter, const struct rill_filter *more)
{
	for (size_t i = 0; i < more->rule_count; i++) {
		int err = rill_filter_add_rule(filter, more->rules[i].categories,
					       &more->rules[i].allowed);

		if (err)
			return err;
	}
	return 0;
}

static int append_events(struct rill_filter *filter, const struct rill_filter *more)
{
	int err = rill_names_append(&filter->events_included, &more->events_included);

	return err ? err : rill_names_append(&filter->events_excluded, &more->events_excluded);
}

int rill_filter_clone(const struct rill_filter *filter, struct rill_filter **out)
{
	struct rill_filter *copy;
	int err = make(filter->match, &copy);

	*out = NULL;
	if (err)
		return err;
	copy->everything = filter->everything;
	err = append_lists(copy, &filter->included, &filter->disabled, &filter->excluded);
	if (!err)
		err = append_events(copy, filter);
	if (!err)
		err = append_rules(copy, filter);
	return finish(err, copy, out);
}

/* ---- changing -------------------------------------------------------------------------------- */

/* Event names join as categories do: names to let through stay only if both have some. */
static int merge_events(struct rill_filter *filter, const struct rill_filter *b)
{
	if (filter->events_included.count && b->events_included.count)
		return append_events(filter, b);
	rill_names_free(&filter->events_included);
	return rill_names_append(&filter->events_excluded, &b->events_excluded);
}

int rill_filter_merge(const struct rill_filter *a, const struct rill_filter *b,
		      struct rill_filter **out)
{
	static const struct rill_names none;
	struct rill_filter *filter;
	bool both = a->included.count && b->included.count;
	int err;

	*out = NULL;
	if (a->match != b->match)
		return rill_fail(EINVAL, "a filter with wildcards and one of exact names "
					 "cannot be merged: use one kind");
	err = rill_filter_clone(a, &filter);
	if (err)
		return err;
	/* Exact names have no "everything" that an empty list could stand for. */
	if (!both && a->match == RILL_MATCH_CHROMIUM)
		rill_names_free(&filter->included);
	else
		both = true;
	err = append_lists(filter, both ? &b->included : &none, &b->disabled, &b->excluded);
	if (!err)
		err = merge_events(filter, b);
	if (!err)
		err = append_rules(filter, b);
	settle(filter, a->everything || b->everything);
	return finish(err, filter, out);
}

static bool has_names(const struct rill_filter *filter)
{
	return filter->included.count || filter->disabled.count || filter->excluded.count;
}

/* Parses a change to a filter; *change is NULL on failure. */
static int parse_change(const struct rill_filter *filter, const char *text,
			struct rill_filter **change)
{
	int err = rill_filter_parse(text, filter->match, change);

	if (err || has_names(*change))
		return err;
	rill_filter_free(*change);
	*change = NULL;
	return rill_fail(EINVAL,
			 "the list of categories is empty: name at least one, as in 'net,disk*'");
}

int rill_filter_add(const struct rill_filter *filter, const char *text, struct rill_filter **out)
{
	struct rill_filter *change, *copy;
	int err = parse_change(filter, text, &change);

	*out = NULL;
	if (err)
		return err;
	err = rill_filter_clone(filter, &copy);
	if (!err) {
		err = append_lists(copy, &change->included, &change->disabled, &change->excluded);
		settle(copy, filter->everything);
		err = finish(err, copy, out);
	}
	rill_filter_free(change);
	return err;
}

static int remove_names(struct rill_names *from, const struct rill_names *what, bool everything)
{
	const char *remedy = everything ? "everything is; to leave it out, enable it with '-' "
					  "in front" :
					  "give the name as it was enabled";

	for (size_t i = 0; i < what->count; i++)
		if (!rill_names_remove(from, what->v[i].text, what->v[i].length))
			return rill_fail(ENOENT,
					 "category '%.*s' cannot be disabled, it is not enabled "
					 "by that name: %s",
					 shown(what->v[i].length), what->v[i].text, remedy);
	return 0;
}

int rill_filter_remove(const struct rill_filter *filter, const char *text, struct rill_filter **out)
{
	struct rill_filter *change, *copy = NULL;
	int err = parse_change(filter, text, &change);

	*out = NULL;
	if (err)
		return err;
	if (change->excluded.count)
		err = rill_fail(EINVAL,
				"'-%.*s' cannot be disabled: to lift an exclusion, enable the "
				"name without '-'",
				shown(change->excluded.v[0].length), change->excluded.v[0].text);
	if (!err)
		err = rill_filter_clone(filter, &copy);
	if (!err)
		err = remove_names(&copy->included, &change->included, copy->everything);
	if (!err)
		err = remove_names(&copy->disabled, &change->disabled, copy->everything);
	rill_filter_free(change);
	return finish(err, copy, out);
}

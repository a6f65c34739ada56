/* SPDX-License-Identifier: MIT
 * filter_hint.c - category filters as the tool's verbs take them, and help when one matches
 * nothing.
 */
#include "filter_hint.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

char *rill_filter_join(char *old, const char *more)
{
	char *joined = rill_text("%s%s%s", old ? old : "", old ? "," : "", more);

	free(old);
	return joined;
}

int rill_filter_check(const struct rill_verb *verb, const char *text, struct rill_filter **filter)
{
	if (rill_filter_parse(text, RILL_MATCH_CHROMIUM, filter) == 0)
		return 0;
	return rill_usage(verb, "bad filter '%s': %s", text, rill_error());
}

/* Calls take for each name in a comma-separated list, without blanks around it. */
static void each_name(const char *list, void (*take)(void *ctx, const char *name), void *ctx)
{
	char *copy = rill_text("%s", list), *rest = copy, *name;

	while ((name = strsep(&rest, ","))) {
		name += strspn(name, " \t");
		name[strcspn(name, " \t")] = 0;
		if (*name)
			take(ctx, name);
	}
	free(copy);
}

struct search {
	struct rill_nearest nearest;
	struct rill_names names; /* what nearest points into */
};

static void collect(void *ctx, const char *name)
{
	struct search *s = ctx;

	if (rill_names_add_once(&s->names, name, strlen(name)) < 0)
		rill_say("out of memory");
}

static void look(void *ctx, const char *name)
{
	struct search *s = ctx;

	if (*name == '-')
		return;
	for (size_t i = 0; i < s->names.count; i++)
		rill_nearest_offer(&s->nearest, name, s->names.v[i].text);
}

void rill_filter_say_nothing(const char *filter, const char *const *groups, size_t count,
			     const char *program)
{
	struct search s = { 0 };
	const struct rill_nearest *n = &s.nearest;

	for (size_t i = 0; i < count; i++)
		each_name(groups[i], collect, &s);
	each_name(filter, look, &s);
	if (n->count)
		rill_say(
			"the filter '%s' matches none of the categories of %s: did you mean %s%s%s%s%s? ('rill list %s' "
			"shows them)",
			filter, program, n->word[0], n->count > 1 ? ", " : "",
			n->count > 1 ? n->word[1] : "", n->count > 2 ? ", " : "",
			n->count > 2 ? n->word[2] : "", program);
	else
		rill_say(
			"the filter '%s' matches none of the %zu categories of %s: 'rill list %s' shows them",
			filter, s.names.count, program, program);
	rill_names_free(&s.names);
}

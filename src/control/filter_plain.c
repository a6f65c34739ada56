/* SPDX-License-Identifier: MIT
 * filter_plain.c - filters as plain lists of names, in place of filter.c and filter_build.c where the configuration leaves wildcards
 * and event names out.
 *
 * The text is a list of category names, split at commas, blanks around a name removed. A group is on when one of its names is in the
 * list. Without a list, or where it holds "*", everything is on that is not disabled by default (V8's rules: nothing). "-*" is nothing.
 */
#include "control/filter.h"

#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct rill_filter {
	bool everything;	/* but what is disabled by default */
	char names[];		/* with a comma behind each */
};

/* ---- lists ----------------------------------------------------------------------------------- */

/* Steps over the names between commas, blanks around them left out; false: none left. */
static bool next_name(const char **list, const char **name, size_t *length)
{
	size_t size;

	*list += strspn(*list, ", ");
	*name = *list;
	size = strcspn(*list, ",");
	*list += size;
	while (size && (*name)[size - 1] == ' ')
		size--;
	*length = size;
	return size != 0;
}

/* Where the name stands in the list; NULL: it does not. */
static const char *find(const char *list, const char *name, size_t length)
{
	const char *there;
	size_t size;

	while (next_name(&list, &there, &size))
		if (size == length && !memcmp(there, name, size))
			return there;
	return NULL;
}

static bool is_disabled_by_default(const char *name)
{
	return !strncmp(name, RILL_DISABLED_BY_DEFAULT, sizeof(RILL_DISABLED_BY_DEFAULT) - 1);
}

/* ---- asking ---------------------------------------------------------------------------------- */

bool rill_filter_group(const struct rill_filter *filter, const char *group)
{
	const char *name;
	size_t length;

	if (!strcmp(group, RILL_METADATA_GROUP))
		return true;
	while (next_name(&group, &name, &length))
		if ((filter->everything && !is_disabled_by_default(name)) || find(filter->names, name, length))
			return true;
	return false;
}

bool rill_filter_wants(const struct rill_filter *filter, const char *group, const char *name)
{
	(void)name;
	return rill_filter_group(filter, group);
}

bool rill_filter_has_events(const struct rill_filter *filter)
{
	(void)filter;
	return false;
}

size_t rill_filter_text(const struct rill_filter *filter, char *text, size_t size)
{
	const char *const mark = filter->everything ? "*" : "-*";
	const size_t names = strlen(filter->names), length = names ? names - 1 : strlen(mark);

	if (size) {
		const size_t shown = length < size ? length : size - 1;

		memcpy(text, names ? filter->names : mark, shown);
		text[shown] = '\0';
	}
	return length;
}

/* ---- building and changing ------------------------------------------------------------------- */

static int refuse(const char *name, size_t length)
{
	return rill_fail(EINVAL, "'%.*s' in the filter: this librill takes plain names only, it was built without CONFIG_RILL_FILTERS",
			 (int)length, name);
}

static bool is_plain(const char *name, size_t length)
{
	return name[0] != '-' && !memchr(name, '*', length) && !memchr(name, '?', length);
}

/* Another filter with the names of text behind those that are there. */
static int build(bool everything, const char *old, const char *text, struct rill_filter **out)
{
	const size_t used = strlen(old);
	struct rill_filter *f = malloc(sizeof *f + used + strlen(text) + 2);
	const char *name;
	char *end;
	size_t length;

	*out = NULL;
	if (!f)
		return rill_fail(ENOMEM, "no memory for a filter");
	f->everything = everything;
	memcpy(f->names, old, used);
	end = f->names + used;
	while (next_name(&text, &name, &length)) {
		if (length == 1 && *name == '*') {
			f->everything = true;
		} else if (is_plain(name, length)) {
			memcpy(end, name, length);
			end += length;
			*end++ = ',';
		} else if (length != 2 || memcmp(name, "-*", 2)) {
			free(f);
			return refuse(name, length);
		}
	}
	*end = '\0';
	*out = f;
	return 0;
}

int rill_filter_parse(const char *text, enum rill_match match, struct rill_filter **out)
{
	const char *rest = text ? text : "", *name;
	size_t length;

	return build(match == RILL_MATCH_CHROMIUM && !next_name(&rest, &name, &length), "", text ? text : "", out);
}

int rill_filter_set_events(struct rill_filter *filter, const char *patterns)
{
	(void)filter;
	return patterns && *patterns ? refuse(patterns, strlen(patterns)) : 0;
}

int rill_filter_add(const struct rill_filter *filter, const char *text, struct rill_filter **out)
{
	return build(filter->everything, filter->names, text, out);
}

/* Each name once: what is there twice stays on. */
int rill_filter_remove(const struct rill_filter *filter, const char *text, struct rill_filter **out)
{
	int error = build(filter->everything, filter->names, "", out);
	const char *name;
	size_t length;

	while (!error && next_name(&text, &name, &length)) {
		char *there = (char *)find((*out)->names, name, length);

		if (!there) {
			free(*out);
			*out = NULL;
			return rill_fail(ENOENT, "'%.*s' is not enabled by name", (int)length, name);
		}
		memmove(there, there + length + 1, strlen(there + length + 1) + 1);
	}
	return error;
}

void rill_filter_free(struct rill_filter *filter)
{
	free(filter);
}

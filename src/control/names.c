/* SPDX-License-Identifier: MIT
 * names.c - lists of names.
 */
#include "control/names.h"

#include "control/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_room(struct rill_names *names)
{
	size_t room = names->room ? names->room * 2 : 8;
	struct rill_name *v;

	if (names->count < names->room)
		return 0;
	v = realloc(names->v, room * sizeof(*v));
	if (!v)
		return -ENOMEM;
	names->v = v;
	names->room = room;
	return 0;
}

int rill_names_add(struct rill_names *names, const char *text, size_t length)
{
	struct rill_name *name;
	int err = make_room(names);

	if (err)
		return err;
	name = &names->v[names->count];
	name->text = malloc(length + 1);
	if (!name->text)
		return -ENOMEM;
	memcpy(name->text, text, length);
	name->text[length] = '\0';
	name->length = length;
	name->special = rill_pattern_special(text, length);
	names->count++;
	return 0;
}

int rill_names_append(struct rill_names *names, const struct rill_names *more)
{
	for (size_t i = 0; i < more->count; i++) {
		int err = rill_names_add(names, more->v[i].text, more->v[i].length);

		if (err)
			return err;
	}
	return 0;
}

int rill_names_add_once(struct rill_names *names, const char *text, size_t length)
{
	return rill_names_have(names, text, length) ? 0 : rill_names_add(names, text, length);
}

static bool equals(const struct rill_name *name, const char *text, size_t length)
{
	return name->length == length && memcmp(name->text, text, length) == 0;
}

bool rill_names_remove(struct rill_names *names, const char *text, size_t length)
{
	for (size_t i = names->count; i-- > 0;) {
		if (!equals(&names->v[i], text, length))
			continue;
		free(names->v[i].text);
		names->count--;
		memmove(&names->v[i], &names->v[i + 1], (names->count - i) * sizeof(names->v[0]));
		return true;
	}
	return false;
}

bool rill_names_have(const struct rill_names *names, const char *text, size_t length)
{
	for (size_t i = 0; i < names->count; i++)
		if (equals(&names->v[i], text, length))
			return true;
	return false;
}

bool rill_names_match(const struct rill_names *names, const char *text, size_t length)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct rill_name *name = &names->v[i];

		if (name->special ? rill_pattern_match(name->text, name->length, text, length)
				  : equals(name, text, length))
			return true;
	}
	return false;
}

static bool covers(const struct rill_names *all, const struct rill_names *part)
{
	for (size_t i = 0; i < part->count; i++)
		if (!rill_names_have(all, part->v[i].text, part->v[i].length))
			return false;
	return true;
}

bool rill_names_same(const struct rill_names *a, const struct rill_names *b)
{
	return covers(a, b) && covers(b, a);
}

bool rill_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void rill_names_free(struct rill_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->v[i].text);
	free(names->v);
	*names = (struct rill_names){ 0 };
}

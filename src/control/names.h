/* SPDX-License-Identifier: MIT
 * names.h - a list of names: category patterns, event names, histogram names.
 *
 * A list keeps its order and may hold a name several times. A list of all zero bytes is empty.
 */
#ifndef RILL_CONTROL_NAMES_H
#define RILL_CONTROL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct rill_name {
	char *text;	/* ends with NUL */
	size_t length;
	bool special;	/* holds wildcards or a backslash: see pattern.h */
};

struct rill_names {
	struct rill_name *v;
	size_t count, room;
};

/* Appends a copy of length bytes. -ENOMEM. */
int rill_names_add(struct rill_names *names, const char *text, size_t length);

/* Appends copies of all of more. -ENOMEM: what was appended before stays. */
int rill_names_append(struct rill_names *names, const struct rill_names *more);

/* As rill_names_add(), unless it is there already. */
int rill_names_add_once(struct rill_names *names, const char *text, size_t length);

/* Takes out the last one that equals the text; false: there is none. */
bool rill_names_remove(struct rill_names *names, const char *text, size_t length);

/* Is there one that equals the text, byte by byte? */
bool rill_names_have(const struct rill_names *names, const char *text, size_t length);

/* Is there one that, as a pattern, matches the text? */
bool rill_names_match(const struct rill_names *names, const char *text, size_t length);

/* Do both hold the same names, in any order and however often? */
bool rill_names_same(const struct rill_names *a, const struct rill_names *b);

/* ASCII white space, whatever the locale. */
bool rill_is_blank(char c);

/* Empties the list. */
void rill_names_free(struct rill_names *names);

#endif

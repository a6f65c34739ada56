/* SPDX-License-Identifier: MIT
 * filter_help.h - what the tests of filters share: shorter ways to ask, and random texts.
 */
#ifndef RILL_TEST_FILTER_HELP_H
#define RILL_TEST_FILTER_HELP_H

#include "control/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline struct rill_filter *parse(const char *text, enum rill_match match)
{
	struct rill_filter *filter;

	if (rill_filter_parse(text, match, &filter) != 0) {
		fprintf(stderr, "'%s': %s\n", text, rill_error());
		abort();
	}
	return filter;
}

/* Is the group on under the filter text? */
static inline bool on(const char *text, const char *group)
{
	struct rill_filter *filter = parse(text, RILL_MATCH_CHROMIUM);
	bool is_on = rill_filter_group(filter, group);

	rill_filter_free(filter);
	return is_on;
}

static inline bool exact_on(const char *text, const char *group)
{
	struct rill_filter *filter = parse(text, RILL_MATCH_EXACT);
	bool is_on = rill_filter_group(filter, group);

	rill_filter_free(filter);
	return is_on;
}

/* Does the filter's text equal `expected`? */
static inline bool has_text(const struct rill_filter *filter, const char *expected)
{
	char text[512];
	size_t length = rill_filter_text(filter, text, sizeof(text));

	if (length == strlen(text) && strcmp(text, expected) == 0)
		return true;
	fprintf(stderr, "text is '%s', not '%s'\n", text, expected);
	return false;
}

/* ---- random texts ---------------------------------------------------------------------------- */

/* Numbers that look random, the same ones in every run. */
static inline uint32_t random_below(uint32_t limit)
{
	static uint32_t state = 12345;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % limit;
}

static inline void random_text(char *text, size_t max, const char *letters)
{
	size_t length = random_below((uint32_t)max), count = strlen(letters);

	for (size_t i = 0; i < length; i++)
		text[i] = letters[random_below((uint32_t)count)];
	text[length] = '\0';
}

/* All ways through pattern and text, one by one. */
static inline bool slow_match(const char *pattern, const char *text)
{
	if (!*pattern)
		return !*text;
	if (*pattern == '*')
		return slow_match(pattern + 1, text) || (*text && slow_match(pattern, text + 1));
	if (*pattern == '?')
		return slow_match(pattern + 1, text) ||
		       (*text && slow_match(pattern + 1, text + 1));
	if (*pattern == '\\')
		return pattern[1] ? *text == pattern[1] && slow_match(pattern + 2, text + 1)
				  : !*text;
	return *pattern == *text && slow_match(pattern + 1, text + 1);
}

#endif

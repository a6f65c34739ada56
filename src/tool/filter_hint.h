/* SPDX-License-Identifier: MIT
 * filter_hint.h - category filters as the tool's verbs take them, and help when one matches
 * nothing.
 */
#ifndef RILL_TOOL_FILTER_HINT_H
#define RILL_TOOL_FILTER_HINT_H

#include "control/filter.h"
#include "tool.h"

/* Adds the value of one -e to what earlier ones gave, joined by a comma. Frees old, returns the
 * new text. */
char *rill_filter_join(char *old, const char *more);

/* 0, or RILL_EXIT_USAGE after a message. */
int rill_filter_check(const struct rill_verb *verb, const char *text, struct rill_filter **filter);

/* Says that the filter matches none of the program's categories, and which of them are near to
 * what it names. */
void rill_filter_say_nothing(const char *filter, const char *const *groups, size_t count,
			     const char *program);

#endif

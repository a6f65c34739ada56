/* SPDX-License-Identifier: MIT
 * pattern.h - wildcard patterns, as category filters and event-name filters use them.
 *
 *     *   any number of characters, none included
 *     ?   zero or one character (one UTF-8 code point, not one byte)
 *     \c  the character c itself, also where c is a wildcard
 *
 * A pattern matches a whole text, never a part of it. Case matters.
 */
#ifndef RILL_CONTROL_PATTERN_H
#define RILL_CONTROL_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Longest pattern with wildcards, in bytes. It bounds the stack of a match (4 KiB) and its time. */
enum { RILL_PATTERN_MAX = 1024 };

/* Does the text hold anything that is special in a pattern? If not, a pattern is compared byte
 * by byte. */
bool rill_pattern_special(const char *pattern, size_t length);

/* True for a pattern of stars alone: it matches everything. */
bool rill_pattern_everything(const char *pattern, size_t length);

/* Takes at most length * (pattern_length + 1) steps, whatever the pattern; no recursion, no
 * allocation. A pattern longer than RILL_PATTERN_MAX matches nothing. */
bool rill_pattern_match(const char *pattern, size_t pattern_length, const char *text,
			size_t length);

#endif

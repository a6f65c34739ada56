/* SPDX-License-Identifier: MIT
 * pattern.c - matches a text against a wildcard pattern in bounded time.
 *
 * Backtracking over stars takes time that grows with every wildcard, and because '?' may also
 * match nothing, the usual trick of going back only to the last star is not enough. So all the
 * places in the pattern where the match could stand are followed at once: a list of offsets into
 * the pattern, moved on by one character of the text at a time.
 */
#include "control/pattern.h"

#include "format/text.h"

#include <stdint.h>
#include <string.h>

/* Offsets into the pattern, strictly ascending. */
struct places {
	size_t count;
	uint16_t at[RILL_PATTERN_MAX + 1];
};
_Static_assert(RILL_PATTERN_MAX < UINT16_MAX, "an offset must fit in struct places");

struct pattern {
	const char *text;
	size_t length;
};

static bool is_wildcard(char c)
{
	return c == '*' || c == '?';
}

bool rill_pattern_special(const char *pattern, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (is_wildcard(pattern[i]) || pattern[i] == '\\')
			return true;
	return false;
}

bool rill_pattern_everything(const char *pattern, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (pattern[i] != '*')
			return false;
	return length > 0;
}

/* Bytes of the character at text; a byte that is no valid UTF-8 counts as a character of its
 * own. */
static size_t character_bytes(const char *text, size_t left)
{
	unsigned skip, bytes = rill_text_utf8((const uint8_t *)text, left, &skip);

	return bytes ? bytes : 1;
}

/* Adds offset `at`, and what can be reached from there without a character: a wildcard may
 * match nothing.
 *
 * Offsets are offered in ascending order and each brings the whole run of wildcards behind it;
 * so whatever is not beyond the last one listed is listed already, with its run. That keeps one
 * step linear in the pattern. */
static void reach(const struct pattern *pattern, size_t at, struct places *places)
{
	if (places->count && places->at[places->count - 1] >= at)
		return;
	places->at[places->count++] = (uint16_t)at;
	while (at < pattern->length && is_wildcard(pattern->text[at]))
		places->at[places->count++] = (uint16_t)++at;
}

/* Moves place `at` over one character of the text. */
static void advance(const struct pattern *pattern, size_t at, const char *character, size_t bytes,
		    struct places *next)
{
	const char *p = pattern->text + at;
	size_t left = pattern->length - at, escape;

	if (!left)
		return;
	if (*p == '*') {
		reach(pattern, at, next);
		return;
	}
	if (*p == '?') {
		reach(pattern, at + 1, next);
		return;
	}
	escape = *p == '\\';
	if (left - escape >= bytes && memcmp(p + escape, character, bytes) == 0 &&
	    character_bytes(p + escape, left - escape) == bytes)
		reach(pattern, at + escape + bytes, next);
}

/* A backslash at the very end of a pattern quotes nothing and matches nothing. */
static bool at_end(const struct pattern *pattern, const struct places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		size_t left = pattern->length - places->at[i];

		if (left == 0 || (left == 1 && pattern->text[places->at[i]] == '\\'))
			return true;
	}
	return false;
}

static bool match_places(const struct pattern *pattern, const char *text, size_t length)
{
	struct places places[2], *now = &places[0], *next = &places[1];

	now->count = 0;
	reach(pattern, 0, now);
	while (length && now->count) {
		size_t bytes = character_bytes(text, length);
		struct places *spare = now;

		next->count = 0;
		for (size_t i = 0; i < now->count; i++)
			advance(pattern, now->at[i], text, bytes, next);
		now = next;
		next = spare;
		text += bytes;
		length -= bytes;
	}
	return at_end(pattern, now);
}

bool rill_pattern_match(const char *pattern, size_t pattern_length, const char *text, size_t length)
{
	struct pattern rest = { pattern, pattern_length };

	if (pattern_length > RILL_PATTERN_MAX)
		return false;
	/* Nearly every pattern is a plain beginning with a star behind it. */
	while (rest.length && length && !is_wildcard(*rest.text) && *rest.text != '\\') {
		/* A character of several bytes is left whole for match_places(). */
		if ((unsigned char)*rest.text >= 0x80)
			break;
		if (*rest.text != *text)
			return false;
		rest.text++;
		rest.length--;
		text++;
		length--;
	}
	if (rill_pattern_everything(rest.text, rest.length))
		return true;
	return match_places(&rest, text, length);
}

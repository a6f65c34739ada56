/* SPDX-License-Identifier: MIT
 * words.h - the small change of text: sizes, times and counts for people, similar names, safe
 * printing.
 */
#ifndef RILL_TOOL_WORDS_H
#define RILL_TOOL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* "512", "512k", "4M", "1G" (powers of 1024; K, KiB, MB and so on as well). -EINVAL: no size;
 * -ERANGE: beyond 64 bits. */
int rill_parse_size(const char *text, uint64_t *bytes);

/* Decimal digits only, from low to high. -EINVAL or -ERANGE. */
int rill_parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *number);

/* Texts of a bounded length, returned by value so that one printf can hold several. */
struct rill_word {
	char text[32];
};
struct rill_word rill_bytes_word(uint64_t bytes); /* "1.2 MB": decimal, as file managers have it */
struct rill_word rill_size_word(uint64_t bytes);  /* "512k": as --buffer reads it */
struct rill_word rill_time_word(uint64_t ns);     /* "12.3 us" */

/* The up to three words nearest to the wanted one, best first; words too far away are not kept. */
struct rill_nearest {
	const char *word[3];
	unsigned distance[3];
	unsigned count;
};
void rill_nearest_offer(struct rill_nearest *nearest, const char *wanted, const char *word);

/* Writes text so that a terminal shows it: control characters and broken UTF-8 as \xNN. Returns
 * the columns used. */
size_t rill_put_safe(FILE *out, const char *text);
/* How many columns that would be. */
size_t rill_safe_width(const char *text);

#endif

/* SPDX-License-Identifier: MIT
 * words.c - sizes, times and counts for people, similar names, safe printing.
 */
#include "words.h"

#include <errno.h>
#include <string.h>

static int digit_run(const char **text, uint64_t *number)
{
	const char *at = *text;

	if (*at < '0' || *at > '9')
		return -EINVAL;
	for (*number = 0; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(*at - '0'), number))
			return -ERANGE;
	*text = at;
	return 0;
}

int rill_parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "kmgt";
	const char *unit;
	int error = digit_run(&text, bytes);

	if (error)
		return error;
	if (*text && *text != 'B' && *text != 'b') {
		unit = memchr(units, *text | 0x20, sizeof units - 1);
		if (!unit)
			return -EINVAL;
		text++;
		for (const char *u = units; u <= unit; u++)
			if (__builtin_mul_overflow(*bytes, 1024, bytes))
				return -ERANGE;
		if (*text == 'i')
			text++;
	}
	if (*text == 'B' || *text == 'b')
		text++;
	return *text ? -EINVAL : 0;
}

int rill_parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *number)
{
	int error = digit_run(&text, number);

	if (error)
		return error;
	if (*text)
		return -EINVAL;
	return *number < low || *number > high ? -ERANGE : 0;
}

/* value in units of step, with one decimal below 100: integers only, so that no locale matters. */
static void put_scaled(struct rill_word *w, uint64_t value, uint64_t step, const char *unit)
{
	uint64_t whole = value / step, tenth = value % step / (step / 10);

	if (whole < 100)
		snprintf(w->text, sizeof w->text, "%llu.%llu %s", (unsigned long long)whole,
			 (unsigned long long)tenth, unit);
	else
		snprintf(w->text, sizeof w->text, "%llu %s", (unsigned long long)whole, unit);
}

struct rill_word rill_bytes_word(uint64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	struct rill_word w;
	uint64_t step = 1000;
	size_t u = 0;

	if (bytes < 1000) {
		snprintf(w.text, sizeof w.text, "%u bytes", (unsigned)bytes);
		return w;
	}
	while (u + 1 < sizeof units / sizeof units[0] && bytes >= step * 1000) {
		step *= 1000;
		u++;
	}
	put_scaled(&w, bytes, step, units[u]);
	return w;
}

struct rill_word rill_size_word(uint64_t bytes)
{
	static const char units[] = { 0, 'k', 'M', 'G', 'T' };
	struct rill_word w;
	size_t u = 0;

	while (u + 1 < sizeof units && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		u++;
	}
	if (u)
		snprintf(w.text, sizeof w.text, "%llu%c", (unsigned long long)bytes, units[u]);
	else
		snprintf(w.text, sizeof w.text, "%llu", (unsigned long long)bytes);
	return w;
}

struct rill_word rill_time_word(uint64_t ns)
{
	struct rill_word w;

	if (ns < 1000)
		snprintf(w.text, sizeof w.text, "%u ns", (unsigned)ns);
	else if (ns < 1000000)
		put_scaled(&w, ns, 1000, "us");
	else if (ns < UINT64_C(1000000000))
		put_scaled(&w, ns, 1000000, "ms");
	else
		put_scaled(&w, ns, UINT64_C(1000000000), "s");
	return w;
}

/* ---- similar names
 * -------------------------------------------------------------------------------- */

enum { WORD_MAX = 63 };

/* Insertions, deletions, replacements and swaps of neighbours (Damerau-Levenshtein, restricted). */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[3][WORD_MAX + 2];
	size_t la = strnlen(a, WORD_MAX), lb = strnlen(b, WORD_MAX);

	for (size_t j = 0; j <= lb; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[la % 3][lb];
}

void rill_nearest_offer(struct rill_nearest *n, const char *wanted, const char *word)
{
	size_t longest = strlen(wanted) > strlen(word) ? strlen(wanted) : strlen(word);
	unsigned d = distance(wanted, word), at;
	bool part = strlen(wanted) >= 3 && (strstr(word, wanted) || strstr(wanted, word)) && *word;

	if (part)
		d = d > 1 ? 1 : d;
	if (d > 1 + longest / 3)
		return;
	for (at = 0; at < n->count; at++)
		if (!strcmp(n->word[at], word))
			return;
	for (at = n->count; at > 0 && n->distance[at - 1] > d; at--)
		if (at < 3) {
			n->word[at] = n->word[at - 1];
			n->distance[at] = n->distance[at - 1];
		}
	if (at == 3)
		return;
	n->word[at] = word;
	n->distance[at] = d;
	if (n->count < 3)
		n->count++;
}

/* ---- safe printing
 * -------------------------------------------------------------------------------- */

/* Length of the well-formed, printable UTF-8 character at s, or 0. C1 control characters count as
 * broken. */
static size_t character(const unsigned char *s)
{
	uint32_t c;

	if (s[0] >= 0x20 && s[0] < 0x7f)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf && (s[1] & 0xc0) == 0x80)
		return s[0] == 0xc2 && s[1] < 0xa0 ? 0 : 2;
	if ((s[0] & 0xf0) == 0xe0 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80) {
		c = (uint32_t)(s[0] & 15) << 12 | (uint32_t)(s[1] & 63) << 6 | (s[2] & 63);
		/* Surrogates, and the marks that turn the direction of text (they would reorder a
		 * table). */
		if (c < 0x800 || (c >= 0xd800 && c <= 0xdfff) || (c >= 0x202a && c <= 0x202e) ||
		    (c >= 0x2066 && c <= 0x2069))
			return 0;
		return 3;
	}
	if (s[0] >= 0xf0 && s[0] <= 0xf4 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80 &&
	    (s[3] & 0xc0) == 0x80) {
		c = (uint32_t)(s[0] & 7) << 18 | (uint32_t)(s[1] & 63) << 12;
		return c < 0x10000 || c > 0x10ffff ? 0 : 4;
	}
	return 0;
}

size_t rill_put_safe(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t columns = 0;

	while (*s) {
		size_t length = character(s);

		if (length) {
			if (out)
				fwrite(s, 1, length, out);
			columns++;
			s += length;
			continue;
		}
		if (out)
			fprintf(out, "\\x%02x", *s);
		columns += 4;
		s++;
	}
	return columns;
}

size_t rill_safe_width(const char *text)
{
	return rill_put_safe(NULL, text);
}

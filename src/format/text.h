/* SPDX-License-Identifier: MIT
 * text.h - numbers and strings as JSON text, appended to a buffer of the caller's.
 *
 * Every function writes at `to` and returns where the text ends; none writes a NUL, allocates,
 * or looks at the locale's decimal point. How much room each one needs is said beside it;
 * nothing behind the returned end is touched, but by rill_text_steps().
 *
 *     text.c           digit tables, hexadecimal, escaped strings, UTF-8
 *     text_double.c    doubles and floats, as short as they can be and still read back the same
 *     text_json.c      JSON that somebody else wrote: checked, then copied
 */
#ifndef RILL_FORMAT_TEXT_H
#define RILL_FORMAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	RILL_TEXT_U64_MAX = 20,
	RILL_TEXT_HEX_MAX = 18,		/* "0x" and 16 digits */
	RILL_TEXT_DOUBLE_MAX = 26,	/* "-1.2345678901234567e+308"; "-0.000012345678901234567" */
	RILL_TEXT_ESCAPE_MAX = 6,	/* text of one byte of a string: \u001f */
	RILL_TEXT_JSON_DEPTH_MAX = 64	/* of foreign JSON: some readers give up not far above */
};

extern const char rill_text_pairs[200];		/* "00" "01" ... "99" */
extern const uint64_t rill_text_powers[20];	/* 10^0 ... 10^19 */

/* How many decimal digits value has; 1 for 0. 1233/4096 is log10(2), exact enough up to 64 bits. */
static inline unsigned rill_text_digits(uint64_t value)
{
	const unsigned guess = ((64u - (unsigned)__builtin_clzll(value | 1)) * 1233) >> 12;

	return guess + (guess < 20 && value >= rill_text_powers[guess]) + (value == 0);
}

/* Exactly two digits of a number below 100. */
static inline char *rill_text_pair(char *to, unsigned value)
{
	memcpy(to, rill_text_pairs + 2 * value, 2);
	return to + 2;
}

/* Decimal; at most RILL_TEXT_U64_MAX bytes. */
static inline char *rill_text_u64(char *to, uint64_t value)
{
	char *const end = to + rill_text_digits(value);
	char *at = end;
	uint32_t rest;

	/* 64-bit division is a function call on 32-bit processors: leave it as soon as the rest
	 * is small. */
	for (; value > UINT32_MAX; value /= 100)
		rill_text_pair(at -= 2, (unsigned)(value % 100));
	for (rest = (uint32_t)value; rest >= 100; rest /= 100)
		rill_text_pair(at -= 2, rest % 100);
	if (rest >= 10)
		rill_text_pair(at - 2, rest);
	else
		at[-1] = (char)('0' + rest);
	return end;
}

/* At most RILL_TEXT_U64_MAX bytes: the sign takes the place of a digit. */
static inline char *rill_text_i64(char *to, int64_t value)
{
	if (value >= 0)
		return rill_text_u64(to, (uint64_t)value);
	*to = '-';
	return rill_text_u64(to + 1, -(uint64_t)value);
}

/* Bytes as they are, without their NUL. */
static inline char *rill_text_bytes(char *to, const char *from, size_t size)
{
	memcpy(to, from, size);
	return to + size;
}
/* The same in steps of a fixed size, which need no call: up to a step more is read and written than size says. */
enum { RILL_TEXT_STEP = 16 };
static inline char *rill_text_steps(char *to, const char *from, size_t size)
{
	for (size_t done = 0; done < size; done += RILL_TEXT_STEP)
		memcpy(to + done, from + done, RILL_TEXT_STEP);
	return to + size;
}

#define RILL_TEXT_LITERAL(to, literal) rill_text_bytes(to, literal, sizeof(literal) - 1)

/* 0x2a, lower case, without leading zeros; at most RILL_TEXT_HEX_MAX bytes. */
char *rill_text_hex(char *to, uint64_t value);

/* Shortest text that reads back as the same double (float): 0.1, 21.37, 1e+100, 3.0, -0.0. A
 * value that is no number is quoted, since JSON has no word for it: "NaN", "Infinity",
 * "-Infinity". At most RILL_TEXT_DOUBLE_MAX bytes. */
char *rill_text_double(char *to, double value);
char *rill_text_float(char *to, float value);

/* The inside of a JSON string, without the quotes. Control characters, quote and backslash are
 * escaped; valid UTF-8 stays as it is; each invalid stretch (maximal subpart) becomes U+FFFD.
 * At most RILL_TEXT_ESCAPE_MAX bytes per byte. */
char *rill_text_escaped(char *to, const char *text, size_t size);

/* "text" with its quotes; NULL counts as "". */
char *rill_text_quoted(char *to, const char *text);

/* A whole JSON text, copied without white space between its parts, so that it stays on one
 * line. Surrogate escapes become UTF-8, invalid UTF-8 becomes U+FFFD. NULL: it is not JSON by
 * the letter of RFC 8259, or nests deeper than RILL_TEXT_JSON_DEPTH_MAX. Needs 3 bytes per
 * byte, also when it returns NULL. */
char *rill_text_json(char *to, const char *text, size_t size);

/* Length of the UTF-8 character at text, 1 to 4, or 0 when there is none; then *skip is the
 * length of the invalid stretch (at least 1) that stands for one U+FFFD. size is at least 1. */
unsigned rill_text_utf8(const uint8_t *text, size_t size, unsigned *skip);

/* size without the beginnings of a character at the end of text: what a cut at an arbitrary
 * byte left over. */
size_t rill_text_whole(const char *text, size_t size);

/* True if no byte of the word needs a second look: no control character, quote, backslash, or
 * part of a UTF-8 character. A borrow can only come out of a byte that is itself a hit, so the
 * answer for the word is exact. */
static inline bool rill_text_plain_word(uint64_t word)
{
	const uint64_t one = UINT64_C(0x0101010101010101);
	const uint64_t quote = word ^ (one * '"'), backslash = word ^ (one * '\\');

	return !(((word - one * 0x20) | (quote - one) | (backslash - one) | word) & (one << 7));
}

/* Copies whole plain words from *text and moves it on; what is left begins with something else,
 * or is below 8 bytes. */
static inline char *rill_text_plain_words(char *to, const uint8_t **text, const uint8_t *end)
{
	while (end - *text >= 8) {
		uint64_t word;

		memcpy(&word, *text, 8);
		if (!rill_text_plain_word(word))
			break;
		memcpy(to, &word, 8);
		to += 8;
		*text += 8;
	}
	return to;
}

/* U+FFFD, and the three dots U+2026 behind a text that was cut. */
#define RILL_TEXT_REPLACEMENT "\xef\xbf\xbd"
#define RILL_TEXT_ELLIPSIS "\xe2\x80\xa6"

#endif

/* SPDX-License-Identifier: MIT
 * text.c - digit tables, hexadecimal, escaped strings and UTF-8 for the text formats.
 */
#include "format/text.h"

const char rill_text_pairs[200] =
	"00010203040506070809" "10111213141516171819" "20212223242526272829" "30313233343536373839"
	"40414243444546474849" "50515253545556575859" "60616263646566676869" "70717273747576777879"
	"80818283848586878889" "90919293949596979899";

const uint64_t rill_text_powers[20] = {
	UINT64_C(1), UINT64_C(10), UINT64_C(100), UINT64_C(1000), UINT64_C(10000), UINT64_C(100000),
	UINT64_C(1000000), UINT64_C(10000000), UINT64_C(100000000), UINT64_C(1000000000),
	UINT64_C(10000000000), UINT64_C(100000000000), UINT64_C(1000000000000),
	UINT64_C(10000000000000), UINT64_C(100000000000000), UINT64_C(1000000000000000),
	UINT64_C(10000000000000000), UINT64_C(100000000000000000), UINT64_C(1000000000000000000),
	UINT64_C(10000000000000000000)
};

char *rill_text_hex(char *to, uint64_t value)
{
	const unsigned digits = (67u - (unsigned)__builtin_clzll(value | 1)) / 4;

	to = RILL_TEXT_LITERAL(to, "0x");
	for (unsigned i = digits; i--; value >>= 4)
		to[i] = "0123456789abcdef"[value & 15];
	return to + digits;
}

/* What may follow a first byte (Unicode, table 3-7): how many more, and the range of the second
 * byte, which shuts out overlong forms, surrogates and everything above U+10FFFF. */
static unsigned utf8_follows(uint8_t first, uint8_t *low, uint8_t *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef) {
		if (first == 0xe0)
			*low = 0xa0;
		if (first == 0xed)
			*high = 0x9f;
		return 2;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		if (first == 0xf0)
			*low = 0x90;
		if (first == 0xf4)
			*high = 0x8f;
		return 3;
	}
	return 0;
}

unsigned rill_text_utf8(const uint8_t *text, size_t size, unsigned *skip)
{
	uint8_t low, high;
	unsigned follows, i;

	*skip = 1;
	if (text[0] < 0x80)
		return 1;
	follows = utf8_follows(text[0], &low, &high);
	for (i = 1; i <= follows; i++) {
		if (i == size || text[i] < low || text[i] > high)
			break;
		low = 0x80;
		high = 0xbf;
	}
	*skip = i;
	return follows && i > follows ? follows + 1 : 0;
}

size_t rill_text_whole(const char *text, size_t size)
{
	const size_t back_max = size < 3 ? size : 3;

	for (size_t back = 1; back <= back_max; back++) {
		const uint8_t *at = (const uint8_t *)text + size - back;
		uint8_t low, high;
		unsigned skip;

		if ((*at & 0xc0) == 0x80)
			continue;	/* not a first byte: look further back */
		if (utf8_follows(*at, &low, &high) >= back && !rill_text_utf8(at, back, &skip) &&
		    skip == back)
			return size - back;
		break;
	}
	return size;
}

/* One byte below 0x80. */
static char *put_ascii(char *to, uint8_t c)
{
	static const char letters[] = "btn\0fr";	/* for 8 to 13; 11 has none */

	if (c >= 0x20 && c != '"' && c != '\\') {
		*to = (char)c;
		return to + 1;
	}
	*to++ = '\\';
	if (c >= 0x20) {
		*to = (char)c;
	} else if (c >= 8 && c <= 13 && letters[c - 8]) {
		*to = letters[c - 8];
	} else {
		to = RILL_TEXT_LITERAL(to, "u00");
		*to++ = (char)('0' + (c >> 4));
		*to = "0123456789abcdef"[c & 15];
	}
	return to + 1;
}

char *rill_text_escaped(char *to, const char *text, size_t size)
{
	const uint8_t *at = (const uint8_t *)text, *const end = at + size;

	for (;;) {
		unsigned length, skip;

		to = rill_text_plain_words(to, &at, end);
		if (at == end)
			return to;
		if (*at < 0x80) {
			to = put_ascii(to, *at++);
			continue;
		}
		length = rill_text_utf8(at, (size_t)(end - at), &skip);
		if (length)
			to = rill_text_bytes(to, (const char *)at, length);
		else
			to = RILL_TEXT_LITERAL(to, RILL_TEXT_REPLACEMENT);
		at += skip;
	}
}

char *rill_text_quoted(char *to, const char *text)
{
	*to++ = '"';
	if (text)
		to = rill_text_escaped(to, text, strlen(text));
	*to++ = '"';
	return to;
}

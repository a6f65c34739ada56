/* SPDX-License-Identifier: MIT
 * scan.c - finds the end of one JSON value in text that arrives in pieces.
 */
#include "scan.h"

#include <string.h>

enum expect { VALUE, VALUE_OR_CLOSE, KEY, KEY_OR_CLOSE, COLON, COMMA_OR_CLOSE };
enum mode { BETWEEN, STRING, WORD };

/* Bytes that cannot be passed over inside a string: its end, escapes, control characters. */
static const unsigned char special[256] = {
	[0] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,         1,
	1,       1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, ['"'] = 1, ['\\'] = 1,
};

void rill_scan_begin(struct rill_scan *scan)
{
	memset(scan, 0, sizeof *scan);
}

static bool in_array(const struct rill_scan *s)
{
	return s->arrays >> (s->depth - 1) & 1;
}

static void after_value(struct rill_scan *s)
{
	s->mode = BETWEEN;
	s->expect = COMMA_OR_CLOSE;
}

static bool open_level(struct rill_scan *s, bool array)
{
	if (s->depth == RILL_SCAN_DEPTH_MAX)
		return false;
	s->arrays &= ~(UINT64_C(1) << s->depth);
	s->arrays |= (uint64_t)array << s->depth;
	s->phase_next = false;
	s->depth++;
	s->expect = array ? VALUE_OR_CLOSE : KEY_OR_CLOSE;
	return true;
}

static bool close_level(struct rill_scan *s, bool array)
{
	if (!s->depth || in_array(s) != array ||
	    (s->expect != COMMA_OR_CLOSE && s->expect != (array ? VALUE_OR_CLOSE : KEY_OR_CLOSE)))
		return false;
	s->depth--;
	after_value(s);
	return true;
}

static bool word_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == 'E' || c == '+' ||
	       c == '-' || c == '.';
}

static bool begin_string(struct rill_scan *s)
{
	s->key = s->expect == KEY || s->expect == KEY_OR_CLOSE;
	if (!s->key && s->expect != VALUE && s->expect != VALUE_OR_CLOSE)
		return false;
	s->phase |= s->phase_next && !s->key;
	s->phase_next = false;
	s->mode = STRING;
	s->escape = 0;
	s->key_size = 0;
	return true;
}

static void end_string(struct rill_scan *s)
{
	if (!s->key) {
		after_value(s);
		return;
	}
	s->phase_next = s->depth == 1 && s->key_size == 2 && !memcmp(s->key_text, "ph", 2);
	s->mode = BETWEEN;
	s->expect = COLON;
}

static bool hex_digit(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* One byte that is special, or belongs to an escape. */
static bool string_byte(struct rill_scan *s, char c)
{
	if (s->escape == 5) { /* the letter behind the backslash */
		s->escape = c == 'u' ? 4 : 0;
		return c && strchr("\"\\/bfnrtu", c);
	}
	if (s->escape) {
		s->escape--;
		return hex_digit(c);
	}
	if (c == '\\') {
		s->escape = 5;
		s->key_size = 3; /* an escaped key is not looked into */
	} else if (c == '"') {
		end_string(s);
	} else {
		return false; /* a control character */
	}
	return true;
}

/* Bytes of the string from text on; returns how many were taken, *good false at a byte that
 * cannot be. */
static size_t string_run(struct rill_scan *s, const char *text, size_t size, bool *good)
{
	size_t at = 0;

	*good = true;
	while (at < size && s->mode == STRING) {
		const size_t from = at;

		if (!s->escape)
			while (at < size && !special[(unsigned char)text[at]])
				at++;
		for (size_t i = from; s->key && i < at && s->key_size < 3; i++, s->key_size++)
			if (s->key_size < 2)
				s->key_text[s->key_size] = text[i];
		if (at == size)
			break;
		*good = string_byte(s, text[at]);
		if (!*good)
			break;
		at++;
	}
	return at;
}

static bool between_byte(struct rill_scan *s, char c)
{
	const bool value = s->expect == VALUE || s->expect == VALUE_OR_CLOSE;

	switch (c) {
	case ' ':
	case '\t':
	case '\n':
	case '\r': return true;
	case '"': return begin_string(s);
	case '{':
	case '[': return value && open_level(s, c == '[');
	case '}':
	case ']': return close_level(s, c == ']');
	case ':':
		if (s->expect != COLON)
			return false;
		s->expect = VALUE;
		return true;
	case ',':
		if (s->expect != COMMA_OR_CLOSE || !s->depth)
			return false;
		s->expect = in_array(s) ? VALUE : KEY;
		return true;
	default:
		if (!value || !word_byte(c))
			return false;
		s->mode = WORD;
		return true;
	}
}

size_t rill_scan(struct rill_scan *s, const char *text, size_t size, enum rill_scan_state *state)
{
	size_t at = 0;
	bool good = true;

	*state = RILL_SCAN_MORE;
	while (at < size && good) {
		if (s->mode == STRING) {
			at += string_run(s, text + at, size - at, &good);
		} else if (s->mode == WORD && word_byte(text[at])) {
			at++;
			continue;
		} else if (s->mode == WORD) {
			after_value(s);
		} else {
			good = between_byte(s, text[at]);
			at += good;
		}
		if (good && s->depth == 0 && s->mode == BETWEEN && s->expect == COMMA_OR_CLOSE) {
			*state = RILL_SCAN_DONE;
			return at;
		}
	}
	if (!good)
		*state = RILL_SCAN_BAD;
	return at;
}

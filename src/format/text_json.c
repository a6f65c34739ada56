/* SPDX-License-Identifier: MIT
 * text_json.c - JSON that an application hands over as text: checked, then copied into the trace.
 *
 * One event that carries something else would make the whole file unreadable, so nothing is
 * believed. The reader is a loop over states with one bit per open bracket; its time is linear
 * and its memory fixed.
 */
#include "format/text.h"

enum state {
	WANT_VALUE,
	WANT_VALUE_OR_END,	/* behind [ */
	WANT_KEY,
	WANT_KEY_OR_END,	/* behind { */
	AFTER_VALUE
};

struct copy {
	const uint8_t *at, *end;
	char *to;
	enum state state;
	unsigned depth;
	uint64_t objects;	/* bit n: the bracket at depth n is a { */
};
_Static_assert(RILL_TEXT_JSON_DEPTH_MAX <= 64, "one bit of copy.objects per open bracket");

static bool is_digit(const struct copy *c)
{
	return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static void take(struct copy *c)
{
	*c->to++ = (char)*c->at++;
}

static bool digits(struct copy *c)
{
	if (!is_digit(c))
		return false;
	while (is_digit(c))
		take(c);
	return true;
}

static bool number(struct copy *c)
{
	if (*c->at == '-')
		take(c);
	if (is_digit(c) && *c->at == '0')
		take(c);
	else if (!digits(c))
		return false;
	if (c->at < c->end && *c->at == '.') {
		take(c);
		if (!digits(c))
			return false;
	}
	if (c->at < c->end && (*c->at | 0x20) == 'e') {
		take(c);
		if (c->at < c->end && (*c->at == '+' || *c->at == '-'))
			take(c);
		return digits(c);
	}
	return true;
}

static bool word(struct copy *c, const char *text)
{
	const size_t size = strlen(text);

	if ((size_t)(c->end - c->at) < size || memcmp(c->at, text, size))
		return false;
	c->to = rill_text_bytes(c->to, text, size);
	c->at += size;
	return true;
}

/* The four digits of the escape \uXXXX at `at`, or -1. */
static int unit(const uint8_t *at, const uint8_t *end)
{
	int value = 0;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		const uint8_t c = at[i], lower = c | 0x20;

		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if (lower >= 'a' && lower <= 'f')
			value = value * 16 + (lower - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* Half characters: trace_processor of Perfetto never ends on an escaped pair, and half a pair
 * is no text at all. */
static void surrogate(struct copy *c, int high)
{
	const int low = unit(c->at + 6, c->end);

	if (high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
		const unsigned top = (unsigned)high - 0xd800, bottom = (unsigned)low - 0xdc00;
		const unsigned code = 0x10000 + (top << 10) + bottom;

		*c->to++ = (char)(0xf0 | (code >> 18));
		*c->to++ = (char)(0x80 | ((code >> 12) & 0x3f));
		*c->to++ = (char)(0x80 | ((code >> 6) & 0x3f));
		*c->to++ = (char)(0x80 | (code & 0x3f));
		c->at += 12;
		return;
	}
	c->to = RILL_TEXT_LITERAL(c->to, RILL_TEXT_REPLACEMENT);
	c->at += 6;
}

static bool escape(struct copy *c)
{
	int value;

	if (c->end - c->at < 2)
		return false;
	if (c->at[1] != 'u') {
		if (!c->at[1] || !strchr("\"\\/bfnrt", c->at[1]))
			return false;
		take(c);
		take(c);
		return true;
	}
	value = unit(c->at, c->end);
	if (value < 0)
		return false;
	if (value >= 0xd800 && value <= 0xdfff) {
		surrogate(c, value);
		return true;
	}
	c->to = rill_text_bytes(c->to, (const char *)c->at, 6);
	c->at += 6;
	return true;
}

/* From behind the opening quote to behind the closing one. */
static bool string(struct copy *c)
{
	take(c);
	for (;;) {
		unsigned length, skip;

		c->to = rill_text_plain_words(c->to, &c->at, c->end);
		if (c->at == c->end || *c->at < 0x20)
			return false;
		if (*c->at == '"') {
			take(c);
			return true;
		}
		if (*c->at == '\\') {
			if (!escape(c))
				return false;
			continue;
		}
		length = rill_text_utf8(c->at, (size_t)(c->end - c->at), &skip);
		if (length)
			c->to = rill_text_bytes(c->to, (const char *)c->at, length);
		else
			c->to = RILL_TEXT_LITERAL(c->to, RILL_TEXT_REPLACEMENT);
		c->at += skip;
	}
}

static void skip_space(struct copy *c)
{
	while (c->at < c->end &&
	       (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
		c->at++;
}

static bool open_bracket(struct copy *c)
{
	const bool object = *c->at == '{';

	if (c->depth == RILL_TEXT_JSON_DEPTH_MAX)
		return false;
	c->objects &= ~(UINT64_C(1) << c->depth);
	c->objects |= (uint64_t)object << c->depth;
	c->depth++;
	c->state = object ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
	take(c);
	return true;
}

static bool close_bracket(struct copy *c, bool object)
{
	if (!c->depth || ((c->objects >> (c->depth - 1)) & 1) != object)
		return false;
	c->depth--;
	c->state = AFTER_VALUE;
	take(c);
	return true;
}

static bool value(struct copy *c)
{
	c->state = AFTER_VALUE;
	switch (*c->at) {
	case '{':
	case '[':
		return open_bracket(c);
	case '"':
		return string(c);
	case 't':
		return word(c, "true");
	case 'f':
		return word(c, "false");
	case 'n':
		return word(c, "null");
	default:
		return number(c);
	}
}

static bool key(struct copy *c)
{
	if (*c->at != '"' || !string(c))
		return false;
	skip_space(c);
	if (c->at == c->end || *c->at != ':')
		return false;
	take(c);
	c->state = WANT_VALUE;
	return true;
}

static bool after_value(struct copy *c)
{
	const uint8_t next = *c->at;

	if (next == ']' || next == '}')
		return close_bracket(c, next == '}');
	if (next != ',' || !c->depth)
		return false;
	c->state = (c->objects >> (c->depth - 1)) & 1 ? WANT_KEY : WANT_VALUE;
	take(c);
	return true;
}

static bool step(struct copy *c)
{
	switch (c->state) {
	case WANT_VALUE_OR_END:
		if (*c->at == ']')
			return close_bracket(c, false);
		return value(c);
	case WANT_VALUE:
		return value(c);
	case WANT_KEY_OR_END:
		if (*c->at == '}')
			return close_bracket(c, true);
		return key(c);
	case WANT_KEY:
		return key(c);
	default:
		return after_value(c);
	}
}

char *rill_text_json(char *to, const char *text, size_t size)
{
	const uint8_t *const from = (const uint8_t *)text;
	struct copy c = { .at = from, .end = from + size, .to = to };

	for (skip_space(&c); c.at < c.end; skip_space(&c))
		if (!step(&c))
			return NULL;
	return c.state == AFTER_VALUE && !c.depth ? c.to : NULL;
}

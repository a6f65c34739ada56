/* SPDX-License-Identifier: MIT
 * remote_text.c - writing and reading the packets of the control socket.
 */
#include "format/remote_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing -------------------------------------------------------------------------------------- */

void rill_remote_begin(struct rill_remote_packet *p, const char *word)
{
	p->used = 0;
	p->cut = false;
	p->used += (size_t)snprintf(p->text, sizeof p->text, "%s\n", word);
}

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c != 0x7f && c != '%';
}

void rill_remote_put(struct rill_remote_packet *p, const char *key, const char *value)
{
	static const char digits[] = "0123456789ABCDEF";
	const size_t length = strlen(key);
	char *at = p->text + p->used;
	const char *const end = p->text + sizeof p->text - 4;	/* of an escape, and the end of the line */

	if (end - at <= (ptrdiff_t)length + 1) {
		p->cut = true;
		return;
	}
	memcpy(at, key, length);
	at += length;
	*at++ = '=';
	for (; *value && at < end; value++) {
		const unsigned char c = (unsigned char)*value;

		if (is_plain(c)) {
			*at++ = (char)c;
		} else {
			*at++ = '%';
			*at++ = digits[c >> 4];
			*at++ = digits[c & 15];
		}
	}
	p->cut |= *value != '\0';
	*at++ = '\n';
	p->used = (size_t)(at - p->text);
}

void rill_remote_put_number(struct rill_remote_packet *p, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	rill_remote_put(p, key, text);
}

/* ---- reading -------------------------------------------------------------------------------------- */

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place: it gets no longer. False: there is an escape that is none, or one of NUL. */
static bool unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text != '%') {
			*to++ = *text;
			continue;
		}
		if (digit(text[1]) < 0 || digit(text[2]) < 0 || (text[1] == '0' && text[2] == '0'))
			return false;
		*to++ = (char)(digit(text[1]) << 4 | digit(text[2]));
		text += 2;
	}
	*to = '\0';
	return true;
}

static const char *take_pair(char *line, struct rill_remote_words *w)
{
	char *const value = strchr(line, '=');

	if (!value || value == line)
		return "a line is no pair of key and value";
	if (w->count == RILL_REMOTE_PAIRS)
		return "there are too many pairs";
	*value = '\0';
	if (!unescape(value + 1))
		return "a value has a % that is no escape like %0A";
	w->pair[w->count].key = line;
	w->pair[w->count++].value = value + 1;
	return NULL;
}

const char *rill_remote_parse(char *bytes, size_t size, struct rill_remote_words *w)
{
	const char *wrong = NULL;
	char *line = bytes, *end;

	w->count = 0;
	w->word = bytes;
	if (memchr(bytes, '\0', size))
		return "there is a byte 0 in it";
	bytes[size] = '\0';
	if (!size || bytes[size - 1] != '\n' || bytes[0] == '\n')
		return "it has no line, or the last one has no end";
	for (; *line && !wrong; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		if (line != bytes)
			wrong = take_pair(line, w);
	}
	return wrong;
}

const char *rill_remote_value(const struct rill_remote_words *w, const char *key)
{
	for (unsigned i = 0; i < w->count; i++)
		if (strcmp(w->pair[i].key, key) == 0)
			return w->pair[i].value;
	return NULL;
}

uint64_t rill_remote_number(const struct rill_remote_words *w, const char *key)
{
	const char *const value = rill_remote_value(w, key);

	return value ? strtoull(value, NULL, 10) : 0;
}

/* SPDX-License-Identifier: MIT
 * message.c - what rill tells people: one line on stderr, or a sentence for rill_error().
 *
 * Both are given in somebody else's program. So nothing here allocates, waits for a reader of
 * stderr, or lets a SIGPIPE reach the application; names that came from outside cannot steer a
 * terminal; and a message that repeats itself is held back and counted.
 */
#include "control/message_line.h"
#include "control/uncancelled.h"
#include "port/port.h"

#include <errno.h>
#include <rill/session.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
	SENTENCE_BYTES = 512,
	FORMATS_MAX = 64,	/* counted one by one; further ones share the last place */
	BURST_MAX = 5,
	QUIET_SECONDS = 10
};

/* ---- a text that shows every byte ------------------------------------------------------------ */

/* Length of the UTF-8 sequence at text if it may be shown as it is, else 0. U+0080 to U+009F
 * steer terminals. */
static size_t shown_length(const unsigned char *text)
{
	size_t length = text[0] < 0xc2 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	if (text[0] < 0x80)
		return text[0] >= 0x20 && text[0] != 0x7f;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xc2 && text[1] < 0xa0) || (text[0] == 0xe0 && text[1] < 0xa0) ||
	    (text[0] == 0xed && text[1] > 0x9f) || (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

/* Appends text to line[used..size), other bytes as \xNN. What does not fit is replaced by "..."
 * at the end. */
static size_t append_shown(char *line, size_t used, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *t = (const unsigned char *)text;
	const size_t end = size - sizeof("...");

	while (*t) {
		size_t length = shown_length(t), needed = length ? length : 4;

		if (used + needed > end) {
			memcpy(line + used, "...", 3);
			used += 3;
			break;
		}
		if (length) {
			memcpy(line + used, t, length);
		} else {
			const char escape[4] = { '\\', 'x', hex[*t >> 4], hex[*t & 15] };

			memcpy(line + used, escape, 4);
		}
		used += needed;
		t += length ? length : 1;
	}
	line[used] = '\0';
	return used;
}

/* vsnprintf may cut in the middle of a character: far behind what the line can hold, so that is
 * never seen. */
static void format_shown(char *line, size_t used, size_t size, const char *format, va_list args)
{
	char raw[2 * SENTENCE_BYTES];

	if (vsnprintf(raw, sizeof(raw), format, args) < 0)
		raw[0] = '\0';
	append_shown(line, used, size, raw[0] ? raw : format);
}

/* ---- the sentence of the last failure -------------------------------------------------------- */

static _Thread_local char sentence[SENTENCE_BYTES];

int rill_fail(int code, const char *format, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, format);
	format_shown(sentence, 0, sizeof(sentence), format, args);
	va_end(args);
	errno = saved;
	return -code;
}

const char *rill_error(void)
{
	return sentence;
}

/* ---- how often ------------------------------------------------------------------------------- */

struct counted {
	_Atomic(const char *) format;
	_Atomic uint32_t shown, held_back, last_second;
};
static struct counted counted[FORMATS_MAX];

static struct counted *find_counted(const char *format)
{
	for (size_t i = 0; i < FORMATS_MAX - 1; i++) {
		const char *there = NULL;

		if (atomic_compare_exchange_strong(&counted[i].format, &there, format) ||
		    there == format)
			return &counted[i];
	}
	return &counted[FORMATS_MAX - 1];
}

/* May this one be shown? held_back: how many before it were not. */
static bool its_turn(struct counted *c, uint32_t *held_back)
{
	uint32_t now = (uint32_t)(rill_port_monotonic_ns() / 1000000000);
	uint32_t last = atomic_load(&c->last_second);

	*held_back = 0;
	if (atomic_load(&c->shown) < BURST_MAX && atomic_fetch_add(&c->shown, 1) < BURST_MAX) {
		atomic_store(&c->last_second, now);
		return true;
	}
	/* Whoever wins the exchange speaks for all. */
	if (now - last >= QUIET_SECONDS &&
	    atomic_compare_exchange_strong(&c->last_second, &last, now)) {
		*held_back = atomic_exchange(&c->held_back, 0);
		return true;
	}
	atomic_fetch_add(&c->held_back, 1);
	return false;
}

static bool quiet(void)
{
	static atomic_int known;	/* 0: not asked yet, 1: speak, 2: be quiet */
	int answer = atomic_load(&known);

	if (!answer) {
		const char *value = rill_port_env("RILL_QUIET");

		answer = value && *value && strcmp(value, "0") ? 2 : 1;
		atomic_store(&known, answer);
	}
	return answer == 2;
}

/* ---- the line -------------------------------------------------------------------------------- */

void rill_warn(const char *format, ...)
{
	RILL_UNCANCELLED;
	/* Below PIPE_BUF, so that lines of several processes in one pipe do not mix. */
	char line[SENTENCE_BYTES + 64] = "rill: ";
	struct counted *c = find_counted(format);
	int saved = errno;
	uint32_t held_back;
	size_t length;
	va_list args;

	if (quiet() || !its_turn(c, &held_back))
		return;
	va_start(args, format);
	format_shown(line, strlen(line), SENTENCE_BYTES, format, args);
	va_end(args);
	length = strlen(line);
	if (held_back)
		length += (size_t)snprintf(line + length, sizeof(line) - length,
					   " (%lu more like this were held back)",
					   (unsigned long)held_back);
	line[length++] = '\n';
	if (!rill_message_line(line, length))
		atomic_fetch_add(&c->held_back, held_back + 1);
	errno = saved;
}

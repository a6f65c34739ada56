/* SPDX-License-Identifier: MIT
 * message.c - what the tool says on stderr, memory that cannot run out quietly, and the end of
 * stdout.
 */
#define _GNU_SOURCE /* vasprintf */
#include "tool.h"
#include "words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *format_text(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0) {
		fputs("rill: out of memory\n", stderr);
		exit(RILL_EXIT_FAILED);
	}
	return text;
}

static void put_line(const char *text)
{
	fputs("rill: ", stderr);
	rill_put_safe(stderr, text);
	fputc('\n', stderr);
}

void rill_say(const char *format, ...)
{
	va_list args;
	char *text;

	fflush(stdout);
	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	put_line(text);
	free(text);
}

int rill_usage(const struct rill_verb *verb, const char *format, ...)
{
	va_list args;
	char *text, *line;

	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	line = rill_text("%s: %s (see 'rill help %s')", verb->name, text, verb->name);
	put_line(line);
	free(line);
	free(text);
	return RILL_EXIT_USAGE;
}

int rill_finish_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	/* A reader that has seen enough (`rill list X | head`) is no error worth a message. */
	if (errno != EPIPE)
		rill_say("cannot write the output: %s", strerror(errno));
	return RILL_EXIT_FAILED;
}

static void *or_end(void *new)
{
	if (!new) {
		rill_say("out of memory");
		exit(RILL_EXIT_FAILED);
	}
	return new;
}

void *rill_grow(void *old, size_t count, size_t size)
{
	return or_end(reallocarray(old, count ? count : 1, size));
}

/* Large zeroed memory takes room only where it is written. */
void *rill_alloc(size_t count, size_t size)
{
	return or_end(calloc(count ? count : 1, size));
}

char *rill_text(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	return text;
}

/* SPDX-License-Identifier: MIT
 * options.c - reads the options of a verb. Errors name the option, the cause and the nearest
 * right name.
 *
 * As GNU programs have it: -e VALUE, -eVALUE, --name VALUE, --name=VALUE, options before and behind
 * operands, "--" ends them. Long names are never shortened, so that adding an option breaks no
 * script.
 */
#include "tool.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

struct reader {
	const struct rill_verb *verb;
	void *ctx;
	int argc, at;
	char **argv;
};

static const struct rill_option *by_letter(const struct rill_verb *verb, char letter)
{
	for (const struct rill_option *o = verb->options; o && o->id; o++)
		if (o->id == letter)
			return o;
	return NULL;
}

static const struct rill_option *by_name(const struct rill_verb *verb, const char *name,
					 size_t length)
{
	for (const struct rill_option *o = verb->options; o && o->id; o++)
		if (strlen(o->name) == length && !memcmp(o->name, name, length))
			return o;
	return NULL;
}

static int unknown(const struct rill_verb *verb, const char *name, size_t length)
{
	struct rill_nearest nearest = { 0 };
	char given[64];

	snprintf(given, sizeof given, "%.*s",
		 (int)(length < sizeof given ? length : sizeof given - 1), name);
	for (const struct rill_option *o = verb->options; o && o->id; o++)
		rill_nearest_offer(&nearest, given, o->name);
	if (nearest.count)
		return rill_usage(verb, "unknown option '--%s': did you mean '--%s'?", given,
				  nearest.word[0]);
	return rill_usage(verb, "unknown option '--%s'", given);
}

/* The value of an option that wants one: attached, or the next argument. */
static int give(struct reader *r, const struct rill_option *o, const char *attached)
{
	const char *value = attached;

	if (!o->value && attached)
		return rill_usage(r->verb, "option '--%s' takes no value, but '%s' was given",
				  o->name, attached);
	if (o->value && !value) {
		if (r->at + 1 >= r->argc)
			return rill_usage(r->verb, "option '--%s' needs a value: --%s %s", o->name,
					  o->name, o->value);
		value = r->argv[++r->at];
	}
	return r->verb->take(r->ctx, o->id, value);
}

static int take_long(struct reader *r, const char *text)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	const struct rill_option *o = by_name(r->verb, text, length);

	if (!o)
		return unknown(r->verb, text, length);
	return give(r, o, equals ? equals + 1 : NULL);
}

static int take_letters(struct reader *r, const char *text)
{
	for (; *text; text++) {
		const struct rill_option *o = by_letter(r->verb, *text);
		int code;

		if (!o)
			return rill_usage(r->verb, "unknown option '-%c'", *text);
		if (o->value)
			return give(r, o, text[1] ? text + 1 : NULL);
		code = give(r, o, NULL);
		if (code)
			return code;
	}
	return 0;
}

int rill_options(const struct rill_verb *verb, void *ctx, int *argc, char **argv)
{
	struct reader r = { verb, ctx, *argc, 0, argv };
	int kept = 0;

	for (; r.at < r.argc; r.at++) {
		const char *a = argv[r.at];
		int code;

		if (!strcmp(a, "--")) {
			r.at++;
			break;
		}
		if (!strcmp(a, "--help") || (!strcmp(a, "-h") && !by_letter(verb, 'h'))) {
			fputs(verb->help, stdout);
			return rill_finish_output(RILL_EXIT_OK);
		}
		if (a[0] != '-' || !a[1]) {
			if (verb->operands_first)
				break;
			argv[kept++] = argv[r.at];
			continue;
		}
		code = a[1] == '-' ? take_long(&r, a + 2) : take_letters(&r, a + 1);
		if (code)
			return code;
	}
	while (r.at < r.argc)
		argv[kept++] = argv[r.at++];
	argv[kept] = NULL; /* record hands argv to the program */
	*argc = kept;
	return -1;
}

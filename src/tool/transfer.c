/* SPDX-License-Identifier: MIT
 * transfer.c - from an input to an output in some format.
 */
#include "transfer.h"
#include "codecs.h"
#include "site_names.h"

#include <stdlib.h>
#include <string.h>

int rill_transfer_compress(const struct rill_verb *verb, struct rill_transfer *t, const char *how)
{
	t->compress_given = true;
	return rill_codec_option(verb, how, &t->compress);
}

int rill_transfer_take_option(void *ctx, int id, const char *value)
{
	struct rill_transfer *t = ctx;

	switch (id) {
	case 'o': t->out = value; break;
	case 'q': t->quiet = true; break;
	case RILL_TRANSFER_SLICES: t->slices = true; break;
	case RILL_EXE: return rill_names_exe(t->verb, value);
	case RILL_TRANSFER_COMPRESS: return rill_transfer_compress(t->verb, t, value);
	default: t->format_name = value;
	}
	return 0;
}

static int check_options(const struct rill_verb *verb, const struct rill_transfer *t)
{
	if (t->compress_given && t->format != &rill_format_rill)
		return rill_usage(verb, "--compress is for packets, and %s gets %s: leave it out, or add --to rill",
				  t->out, t->format->name);
	if (t->slices && t->format != &rill_format_json)
		return rill_usage(verb, "--slices is for Chrome JSON, and %s gets %s: leave it out, or add --to json",
				  t->out, t->format->name);
	return 0;
}

int rill_transfer_format(const struct rill_verb *verb, struct rill_transfer *t, const char *to)
{
	char *names;

	t->format = to ? rill_format_by_name(to) : rill_format_by_path(t->out);
	if (!to && !t->format && !rill_format_has_extension(t->out))
		t->format = &rill_format_json; /* what most programs read */
	if (t->format)
		return check_options(verb, t);
	names = rill_format_names();
	if (to)
		rill_usage(verb, "--to %s: there is no such format; this version of rill writes %s",
			   to, names);
	else
		rill_usage(verb,
			   "%s: its extension names no format that this version of rill writes: %s",
			   t->out, names);
	free(names);
	return RILL_EXIT_USAGE;
}

static bool is_part(const struct rill_transfer *t)
{
	return t->from.given || t->to.given || t->filter;
}

/* Another part of the same trace shall be another stream, the same part the same. */
static uint64_t salt_of(const struct rill_transfer *t)
{
	const uint64_t prime = UINT64_C(0x100000001b3);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char text[4096];

	if (!is_part(t))
		return 0;
	hash = (hash ^ t->from.ns) * prime ^ t->from.absolute;
	hash = (hash ^ (t->to.given ? t->to.ns : UINT64_MAX)) * prime ^ t->to.absolute;
	if (t->filter) {
		rill_filter_text(t->filter, text, sizeof text);
		for (const char *at = text; *at; at++)
			hash = (hash ^ (uint8_t)*at) * prime;
	}
	return hash ? hash : 1;
}

int rill_transfer_open(struct rill_transfer *t)
{
	struct rill_format_options options = { .path = t->out,
					       .salt = salt_of(t),
					       .console = t->console,
					       .slices = t->slices,
					       .live = t->input_options.live,
					       .compress_given = t->compress_given,
					       .compress = t->compress,
					       .growth = t->growth };
	int code = rill_input_open(&t->input, t->in, &t->input_options);

	if (code)
		return code;
	options.input = &t->input.st;
	t->state = t->format->open(&options, &code);
	if (!t->state) {
		rill_input_close(&t->input);
		return code;
	}
	t->written = t->state;
	t->input.give_up = &t->written->broken;
	if (is_part(t))
		t->sieve = rill_sieve_new(&t->from, &t->to, t->filter, &t->format->ops, t->state);
	return 0;
}

int rill_transfer_run(struct rill_transfer *t)
{
	int code = rill_intake_run(&t->input, t->sieve ? rill_sieve_ops(t->sieve) : &t->format->ops,
				   t->sieve ? (void *)t->sieve : t->state, &t->result);
	int closed;

	/* The reason of a broken output is said when it is closed. */
	t->at_end = *t->written;
	t->written = NULL;
	rill_input_close(&t->input);
	closed = t->format->close(t->state,
				  code == 0 || t->at_end.events);
	rill_sieve_free(t->sieve);
	rill_filter_free(t->filter);
	if (!code && !closed) {
		rill_say_faults(t->in, &t->result);
		rill_names_say();
	}
	return code ? code : closed;
}

/* SPDX-License-Identifier: MIT
 * cut.c - `rill cut`: a part of a trace, by time and by category.
 */
#include "codecs.h"
#include "filter_hint.h"
#include "transfer.h"

#include <stdlib.h>
#include <string.h>

static const char help_text[] =
	"usage: rill cut IN -o OUT [--from TIME] [--to TIME] [-e FILTER]\n"
	"\n"
	"Writes a part of the trace IN to OUT: what lies between two times, what a filter wants, or both. Names, metadata\n"
	"and clocks are kept. A scope that began before the part is kept as a whole slice if it ends inside.\n"
	"\n"
	"      --from TIME      from this time on; TIME is 2.5s, 250ms, 10us or 7ns after the first event (a plain\n"
	"                       number is seconds), or @12.5 on the trace's own clock, as rill tail shows it\n"
	"      --to TIME        up to this time\n"
	"  -e, --filter FILTER  these categories: net,disk* or -net.rx; several add up\n"
	"  -o, --output OUT     the file to write; - is standard output; never IN itself\n"
	"      --format FORMAT  rill, json, perfetto, ctf, text or folded, whatever OUT is called\n" RILL_CODEC_HELP
	"  -q, --quiet          say nothing when all went well\n"
	"\n"
	"IN may be - for standard input. Exit code: 0 done, 1 failed, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill cut long.rill -o start.rill --to 2s\n"
	"  rill cut long.rill -o net.json --from 61.5 --to 62 -e net\n";

enum { FROM = 256, TO, FORMAT, COMPRESS };

static const struct rill_option options[] = {
	{ FROM, "from", "TIME" }, { TO, "to", "TIME" },           { 'e', "filter", "FILTER" },
	{ 'o', "output", "OUT" }, { FORMAT, "format", "FORMAT" }, { COMPRESS, "compress", "HOW" },
	{ 'q', "quiet", NULL },   { 0, NULL, NULL },
};

struct cut {
	struct rill_transfer transfer;
	const char *format;
	char *filter;
};

static int take_moment(struct rill_moment *moment, const char *name, const char *value)
{
	if (rill_moment_parse(value, moment))
		return 0;
	return rill_usage(&rill_verb_cut,
			  "--%s '%s': a time is wanted, such as 2.5s, 250ms or @12.5", name, value);
}

static int take_option(void *ctx, int id, const char *value)
{
	struct cut *c = ctx;

	switch (id) {
	case FROM: return take_moment(&c->transfer.from, "from", value);
	case TO: return take_moment(&c->transfer.to, "to", value);
	case 'e': c->filter = rill_filter_join(c->filter, value); return 0;
	case 'o': c->transfer.out = value; return 0;
	case 'q': c->transfer.quiet = true; return 0;
	case COMPRESS: return rill_transfer_compress(&rill_verb_cut, &c->transfer, value);
	default: c->format = value; return 0;
	}
}

static int check(const struct rill_verb *verb, struct cut *c, int argc, char **argv)
{
	struct rill_transfer *const t = &c->transfer;

	if (argc != 1)
		return rill_usage(verb, "one input is wanted (rill cut IN -o OUT), %d were given",
				  argc);
	if (!t->out)
		return rill_usage(verb,
				  "the output is missing: -o FILE, or -o - for standard output");
	if (!t->from.given && !t->to.given && !c->filter)
		return rill_usage(
			verb,
			"what to cut is missing: --from, --to or -e ('rill convert' takes everything)");
	if (t->from.given && t->to.given && t->from.absolute == t->to.absolute &&
	    t->from.ns > t->to.ns)
		return rill_usage(verb, "--from is behind --to: nothing lies between them");
	t->in = argv[0];
	return rill_transfer_format(verb, t, c->format);
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct cut c = { .format = NULL };
	struct rill_transfer *const t = &c.transfer;
	int code = rill_options(verb, &c, &argc, argv);

	if (code < 0)
		code = check(verb, &c, argc, argv);
	else
		argc = 0; /* help was shown, or an option was wrong */
	if (!code && argc && c.filter)
		code = rill_filter_check(verb, c.filter, &t->filter);
	free(c.filter);
	if (code || !argc)
		return code;
	code = rill_transfer_open(t);
	if (!code)
		code = rill_transfer_run(t);
	if (!code && !t->quiet)
		rill_say("%s: %llu events", t->out, (unsigned long long)t->at_end.events);
	return code;
}

const struct rill_verb rill_verb_cut = {
	"cut",       "write a part of a trace, by time and category",
	help_text,   options,
	take_option, run,
	0,
};

/* SPDX-License-Identifier: MIT
 * convert.c - `rill convert`: writes a trace anew, whole, in the format that is asked for.
 */
#include "codecs.h"
#include "site_names.h"
#include "transfer.h"

#include <string.h>

static const char help_text[] =
	"usage: rill convert IN -o OUT [--to FORMAT]\n"
	"\n"
	"Writes the trace IN to OUT, in the format that OUT's extension or --to names. Reads rill packets (files, and what\n"
	"was captured from a serial line) and Chrome JSON by rill or others (array form, object form, one event per line),\n"
	"recognised by their content. What is cut or damaged is mended: every whole packet or event is kept, the rest is\n"
	"passed over and said. Memory does not grow with the trace.\n"
	"\n"
	"  rill     .rill    binary packets, the smallest form; from packets, they are copied as they are\n"
	"  json     .json    Chrome JSON for ui.perfetto.dev, chrome://tracing and others\n"
	"  text     .txt     one line for each event, as rill tail shows them\n"
	"  perfetto .pftrace Perfetto's protobuf, for ui.perfetto.dev and trace_processor: smaller than JSON, and exact\n"
	"  ctf      .ctf     a folder in the Common Trace Format 1.8, for babeltrace2 and Trace Compass\n"
	"  folded   .folded  stacks with their own nanoseconds, for flame graphs and speedscope\n"
	"\n"
	"  -o, --output OUT     the file to write; - is standard output; never IN itself\n"
	"      --to FORMAT      one of these, whatever OUT is called; json where it has no extension\n"
	"      --slices         json, from packets: each scope as one X event at its end, instead of B and E\n" RILL_CODEC_HELP
	RILL_EXE_HELP
	"  -q, --quiet          say nothing when all went well\n"
	"\n"
	"IN may be - for standard input. Exit code: 0 done, 1 failed, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill convert board.rill -o board.json\n"
	"  rill convert board.rill -o board.pftrace\n"
	"  rill convert cut.json -o whole.json\n"
	"  rill convert board.rill -o board.ctf && babeltrace2 board.ctf\n"
	"  zcat t.json.gz | rill convert - -o t.rill\n"
	"  rill convert board.rill -o small.rill --compress zstd\n"
	"  rill convert t.rill -o - --to folded | flamegraph.pl >t.svg\n";

static bool is_whole(const struct rill_intake_result *r)
{
	if (r->kind == RILL_INTAKE_JSON)
		return r->json.closed && !r->json.torn_bytes && !r->json.damaged;
	return !r->packets.torn_bytes && !r->packets.damaged;
}

static const struct rill_option options[] = {
	RILL_TRANSFER_OPTIONS,
	{ 0, NULL, NULL },
};

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct rill_transfer transfer = { .verb = verb }, *const t = &transfer;
	int code = rill_options(verb, t, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1)
		return rill_usage(
			verb, "one input is wanted (rill convert IN -o OUT), %d were given", argc);
	if (!t->out)
		return rill_usage(verb,
				  "the output is missing: -o FILE, or -o - for standard output");
	t->in = argv[0];
	code = rill_transfer_format(verb, t, t->format_name);
	if (!code)
		code = rill_transfer_open(t);
	if (!code)
		code = rill_transfer_run(t);
	if (!code && !t->quiet)
		rill_say("%s: %llu events%s", t->out, (unsigned long long)t->at_end.events,
			 is_whole(&t->result) ? ", nothing to mend" : ", mended");
	return code;
}

const struct rill_verb rill_verb_convert = {
	"convert",   "write a trace anew in another format; mends what was cut",
	help_text, options,
	rill_transfer_take_option, run,
	0,
};

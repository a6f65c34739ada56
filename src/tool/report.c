/* SPDX-License-Identifier: MIT
 * report.c - `rill report`: where the time of a trace went, by name and by thread, and what was
 * lost.
 */
#include "report.h"
#include "model_read.h"
#include "site_names.h"
#include "tool.h"
#include "words.h"

#include <string.h>

static const char help_text[] =
	"usage: rill report [OPTIONS] FILE...\n"
	"\n"
	"Sums up a trace: rill packets, or Chrome JSON by rill or others; - is standard input. Several files (segments\n"
	"of one trace) count as one. Memory does not grow with the trace.\n"
	"\n"
	"  slices    count, total and self time (total without slices inside it), min, mean, median, 99 %, max\n"
	"  spans     asynchronous operations, matched by their ids\n"
	"  counters  count, smallest, largest and last value of each series\n"
	"  threads   events, time inside slices, lost events\n"
	"\n"
	"Percentiles are at most 1 % off; everything else is exact.\n"
	"\n"
	"      --sort ORDER     total (the default), count or name\n"
	"      --top N          rows of each kind: 30 unless said; 0 is all\n"
	"      --json           for programs: one object, times in nanoseconds, all rows unless --top\n"
	RILL_EXE_HELP
	"\n"
	"Exit code: 0 done, 1 a file cannot be read or is no trace, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill report rill.4711.1.json\n"
	"  rill report --sort count --top 5 t.json\n"
	"  rill report --json t.json | jq '.slices[] | select(.p99_ns > 1e6) | .name'\n";

enum { SORT = 256, TOP, JSON, TOP_DEFAULT = 30 };

static const struct rill_option options[] = {
	{ SORT, "sort", "ORDER" },
	{ TOP, "top", "N" },
	{ JSON, "json", NULL },
	RILL_EXE_OPTION,
	{ 0, NULL, NULL },
};

struct command {
	struct rill_report report;
	struct rill_model_taker taker;
	bool json, top_given;
};

static int take_option(void *ctx, int id, const char *value)
{
	static const char *const orders[] = { "total", "count", "name" };
	struct command *c = ctx;

	if (id == RILL_EXE)
		return rill_names_exe(&rill_verb_report, value);
	if (id == JSON) {
		c->json = true;
		return 0;
	}
	if (id == TOP) {
		c->top_given = true;
		if (rill_parse_number(value, 0, 1000000, &c->report.top) == 0)
			return 0;
		return rill_usage(&rill_verb_report,
				  "--top '%s': a number from 0 to 1000000 is wanted", value);
	}
	for (unsigned i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		if (strcmp(value, orders[i]))
			continue;
		c->report.order = (enum rill_report_order)i;
		return 0;
	}
	return rill_usage(&rill_verb_report, "--sort '%s': total, count or name is wanted", value);
}

static void add_up(struct rill_report *report, const struct rill_intake_result *one)
{
	const bool json = one->kind == RILL_INTAKE_JSON || one->kind == RILL_INTAKE_NOTHING;

	report->bytes += json ? one->json.bytes : one->packets.bytes;
	report->damaged += json ? one->json.damaged : one->packets.damaged;
	report->damaged_bytes += json ? one->json.damaged_bytes : one->packets.damaged_bytes;
	report->torn_bytes += json ? one->json.torn_bytes : one->packets.torn_bytes;
	report->undefined += one->packets.undefined;
	report->cut_files += json ? !one->json.closed : one->packets.torn_bytes != 0;
}

static int read_files(struct command *c)
{
	for (unsigned i = 0; i < c->report.file_count; i++) {
		struct rill_intake_result one;
		const int code = rill_model_read(&c->taker, c->report.files[i], &one);

		if (code)
			return code;
		add_up(&c->report, &one);
	}
	rill_model_end(&c->taker.model);
	return RILL_EXIT_OK;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct command c = { 0 };
	int code = rill_options(verb, &c, &argc, argv);

	if (code >= 0)
		return code;
	if (argc < 1)
		return rill_usage(verb, "a FILE is wanted");
	if (!c.top_given)
		c.report.top = c.json ? 0 : TOP_DEFAULT;
	c.report.files = argv;
	c.report.file_count = (unsigned)argc;
	code = read_files(&c);
	if (code == RILL_EXIT_OK) {
		if (c.json)
			rill_report_put_json(&c.report, &c.taker.model);
		else
			rill_report_put_text(&c.report, &c.taker.model);
		code = rill_finish_output(code);
		rill_names_say();
	}
	rill_model_taker_free(&c.taker);
	return code;
}

const struct rill_verb rill_verb_report = {
	"report", "sum up a trace: where the time went", help_text, options, take_option, run, 0,
};

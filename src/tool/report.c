/* SPDX-License-Identifier: MIT
 * report.c - `rill report`: where the time of a trace went, by name and by thread, and what was
 * lost.
 */
#include "report.h"
#include "tool.h"
#include "words.h"

#include <json-c/json_tokener.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill report [OPTIONS] FILE...\n"
	"\n"
	"Sums up a trace in Chrome JSON, by rill or others; - is standard input. Several files (segments of one\n"
	"trace) count as one. Memory does not grow with the trace.\n"
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
	{ 0, NULL, NULL },
};

struct command {
	struct rill_report report;
	struct rill_model model;
	struct json_tokener *tokener;
	bool json, top_given;
};

static int take_option(void *ctx, int id, const char *value)
{
	static const char *const orders[] = { "total", "count", "name" };
	struct command *c = ctx;

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

static bool take_event(void *ctx, const char *text, size_t size)
{
	struct command *c = ctx;
	struct json_object *event;
	bool good;

	json_tokener_reset(c->tokener);
	event = json_tokener_parse_ex(c->tokener, text, (int)size);
	good = event && json_object_is_type(event, json_type_object) &&
	       rill_model_event(&c->model, event);
	json_object_put(event);
	return good;
}

static void add_up(struct rill_report *report, const struct rill_reader_result *one)
{
	struct rill_reader_result *all = &report->read;

	all->bytes += one->bytes;
	all->events += one->events;
	all->damaged += one->damaged;
	all->damaged_bytes += one->damaged_bytes;
	all->torn_bytes += one->torn_bytes;
	report->cut_files += !one->closed;
}

static int read_files(struct command *c)
{
	static const struct rill_reader_ops ops = { .event = take_event };

	for (unsigned i = 0; i < c->report.file_count; i++) {
		struct rill_reader_result one;
		struct rill_progress progress;
		uint64_t size;
		int fd = rill_reader_open(c->report.files[i], &size), code;

		if (fd < 0)
			return RILL_EXIT_FAILED;
		rill_progress_begin(&progress, c->report.files[i], size);
		code = rill_reader_run(c->report.files[i], fd, &ops, c, &progress, &one);
		rill_progress_end(&progress);
		close(fd);
		if (code)
			return code;
		add_up(&c->report, &one);
	}
	rill_model_end(&c->model);
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
	c.tokener = json_tokener_new_ex(128); /* deeper than the reader lets pass */
	if (!c.tokener)
		code = RILL_EXIT_FAILED;
	else
		code = read_files(&c);
	if (code == RILL_EXIT_OK) {
		if (c.json)
			rill_report_put_json(&c.report, &c.model);
		else
			rill_report_put_text(&c.report, &c.model);
		code = rill_finish_output(code);
	}
	if (c.tokener)
		json_tokener_free(c.tokener);
	rill_model_free(&c.model);
	return code;
}

const struct rill_verb rill_verb_report = {
	"report", "sum up a trace: where the time went", help_text, options, take_option, run, 0,
};

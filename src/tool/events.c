/* SPDX-License-Identifier: MIT
 * events.c - `rill events`: what a running program can record, and what of it is on.
 */
#include "filter_hint.h"
#include "json_out.h"
#include "remote.h"
#include "words.h"

#include <inttypes.h>
#include <json-c/json_object.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
	"usage: rill events [-e FILTER] [--json] PID|SOCKET\n"
	"\n"
	"Lists the call sites of a running program that has a control socket (started with RILL_CONTROL=1, see rill(7)): the sessions\n"
	"that each is on for (- for none), phase, category, name, and where it stands in the source. Sites of libraries are there as\n"
	"soon as these are loaded.\n"
	"\n"
	"  -e, --filter FILTER  these categories: net,disk* or -net.rx; several add up\n"
	"      --json           for programs: an array of objects\n"
	"\n"
	"Exit code: 0 listed, 1 the program cannot be reached, 2 wrong usage.\n"
	"\n"
	"example:\n"
	"  rill events -e 'net*' $(pidof server)\n";

enum { JSON = 256 };

static const struct rill_option options[] = { { 'e', "filter", "FILTER" }, { JSON, "json", NULL }, { 0, NULL, NULL } };

enum { SESSIONS, PHASE, CATEGORY, NAME, PLACE, COLUMNS };
static const char *const heads[COLUMNS] = { "ON FOR", "PHASE", "CATEGORY", "NAME", "PLACE" };

struct site {
	char *column[COLUMNS];
	char *file;
	uint64_t line;
};

struct events {
	char *text;	/* of the filter */
	struct rill_filter *filter;
	bool json;
	struct site *v;
	size_t count;
};

static int take_option(void *ctx, int id, const char *value)
{
	struct events *const e = ctx;

	if (id == 'e')
		e->text = rill_filter_join(e->text, value);
	else
		e->json = true;
	return 0;
}

/* ---- asking --------------------------------------------------------------------------------------- */

static char *copy_of(const struct rill_remote_words *line, const char *key)
{
	return rill_text("%s", rill_remote_text(line, key));
}

static void take_line(void *of, const struct rill_remote_words *line)
{
	struct events *const e = of;
	const char *const category = rill_remote_value(line, "category");
	struct site *s;

	if (strcmp(line->word, "site") != 0 || !category || (e->filter && !rill_filter_group(e->filter, category)))
		return;
	e->v = rill_grow(e->v, e->count + 1, sizeof *e->v);
	s = &e->v[e->count++];
	s->column[SESSIONS] = copy_of(line, "sessions");
	s->column[PHASE] = copy_of(line, "phase");
	s->column[CATEGORY] = copy_of(line, "category");
	s->column[NAME] = copy_of(line, "name");
	s->file = copy_of(line, "file");
	s->line = rill_remote_number(line, "line");
	s->column[PLACE] = s->line ? rill_text("%s:%" PRIu64, s->file, s->line) : rill_text("%s", s->file);
}

static int by_name(const void *a, const void *b)
{
	const struct site *const x = a, *const y = b;
	int order = strcmp(x->column[CATEGORY], y->column[CATEGORY]);

	order = order ? order : strcmp(x->column[NAME], y->column[NAME]);
	order = order ? order : strcmp(x->file, y->file);
	return order ? order : x->line < y->line ? -1 : x->line > y->line;
}

/* ---- output --------------------------------------------------------------------------------------- */

static void put_cell(const char *text, size_t width)
{
	size_t used = rill_put_safe(stdout, *text ? text : "-");

	for (; used < width + 2; used++)
		putchar(' ');
}

static void put_table(const struct events *e)
{
	size_t width[COLUMNS], on = 0;

	for (unsigned c = 0; c < COLUMNS; c++) {
		width[c] = strlen(heads[c]);
		for (size_t i = 0; i < e->count; i++)
			if (rill_safe_width(e->v[i].column[c]) > width[c])
				width[c] = rill_safe_width(e->v[i].column[c]);
		if (c < PLACE)
			put_cell(heads[c], width[c]);
	}
	puts(heads[PLACE]);
	for (size_t i = 0; i < e->count; i++) {
		for (unsigned c = 0; c < PLACE; c++)
			put_cell(e->v[i].column[c], width[c]);
		rill_put_safe(stdout, e->v[i].column[PLACE]);
		putchar('\n');
		on += e->v[i].column[SESSIONS][0] != '\0';
	}
	printf("%zu event%s, %zu of them on\n", e->count, e->count == 1 ? "" : "s", on);
}

static void put_json(const struct events *e)
{
	putchar('[');
	for (size_t i = 0; i < e->count; i++) {
		const struct site *const s = &e->v[i];
		struct json_object *const o = json_object_new_object();

		rill_out_text(o, "category", s->column[CATEGORY]);
		rill_out_text(o, "name", s->column[NAME]);
		rill_out_text(o, "phase", s->column[PHASE]);
		rill_out_text(o, "file", s->file);
		rill_out_count(o, "line", s->line);
		rill_out_text(o, "sessions", s->column[SESSIONS]);
		rill_out_element(o, i == 0);
	}
	puts("\n]");
}

/* ---- the verb ------------------------------------------------------------------------------------- */

static int show(struct rill_remote *r, struct events *e)
{
	int code;

	rill_remote_begin(&r->request, "events");
	code = rill_remote_ask(r, -1, take_line, e);
	if (code)
		return code;
	if (e->count)
		qsort(e->v, e->count, sizeof *e->v, by_name);
	if (e->json)
		put_json(e);
	else
		put_table(e);
	return 0;
}

static void free_all(struct events *e)
{
	for (size_t i = 0; i < e->count; i++) {
		for (unsigned c = 0; c < COLUMNS; c++)
			free(e->v[i].column[c]);
		free(e->v[i].file);
	}
	free(e->v);
	free(e->text);
	rill_filter_free(e->filter);
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct rill_remote *const r = rill_alloc(1, sizeof *r);
	struct events e = { NULL, NULL, false, NULL, 0 };
	int code = rill_options(verb, &e, &argc, argv);

	if (code < 0)
		code = rill_remote_one(verb, argc);
	if (code < 0 && e.text && (code = rill_filter_check(verb, e.text, &e.filter)) == 0)
		code = -1;
	if (code < 0 && (code = rill_remote_open(verb, r, argv[0])) == 0) {
		code = rill_finish_output(show(r, &e));
		rill_remote_close(r);
	}
	free_all(&e);
	free(r);
	return code;
}

const struct rill_verb rill_verb_events = {
	"events", "list what a running program can record", help_text, options, take_option, run, 0,
};

/* SPDX-License-Identifier: MIT
 * status.c - `rill status`: the sessions of a running program, and their books.
 */
#include "json_out.h"
#include "remote.h"
#include "words.h"

#include <inttypes.h>
#include <json-c/json_object.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
	"usage: rill status [--json] PID|SOCKET\n"
	"\n"
	"Shows the sessions of a running program that has a control socket (started with RILL_CONTROL=1, see rill(7)): kind, events\n"
	"written, events lost and why, bytes, who began it, its filter, and where it writes.\n"
	"\n"
	"      --json           for programs: one object\n"
	"\n"
	"Exit code: 0 shown, 1 the program cannot be reached, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill status $(pidof server)\n"
	"  rill status /run/server/rill.sock\n";

enum { JSON = 256 };

static const struct rill_option options[] = { { JSON, "json", NULL }, { 0, NULL, NULL } };

static int take_option(void *ctx, int id, const char *value)
{
	(void)id, (void)value;
	*(bool *)ctx = true;
	return 0;
}

/* ---- for people ----------------------------------------------------------------------------------- */

static void put_named(const char *label, const char *value)
{
	printf("  %-10s", label);
	rill_put_safe(stdout, value);
	putchar('\n');
}

static void put_losses(const struct rill_remote_words *line)
{
	const char *before = " (";

	printf("  lost      %s", rill_remote_text(line, "lost"));
	for (unsigned i = 0; i < line->count; i++) {
		if (strncmp(line->pair[i].key, "lost_", 5) != 0)
			continue;
		fputs(before, stdout);
		rill_put_safe(stdout, line->pair[i].key + 5);
		printf(" %" PRIu64, rill_remote_number(line, line->pair[i].key));
		before = ", ";
	}
	puts(*before == ',' ? ")" : "");
}

static void put_line(void *of, const struct rill_remote_words *line)
{
	unsigned *const sessions = of;

	if (strcmp(line->word, "process") == 0) {
		printf("process %s, ", rill_remote_text(line, "pid"));
		rill_put_safe(stdout, rill_remote_text(line, "name"));
		printf(", librill %s\n", rill_remote_text(line, "version"));
	} else if (strcmp(line->word, "session") == 0) {
		++*sessions;
		printf("session ");
		rill_put_safe(stdout, rill_remote_text(line, "name"));
		putchar('\n');
		put_named("kind", rill_remote_text(line, "kind"));
		put_named("begun by", rill_remote_text(line, "owner"));
		put_named("filter", *rill_remote_text(line, "filter") ? rill_remote_text(line, "filter") : "(all but those that are off by default)");
		put_named("to", rill_remote_text(line, "where"));
		put_named("events", rill_remote_text(line, "events"));
		put_losses(line);
		put_named("bytes", rill_bytes_word(rill_remote_number(line, "bytes")).text);
	}
}

/* ---- for programs --------------------------------------------------------------------------------- */

static bool is_number(const char *value)
{
	return *value && strspn(value, "0123456789") == strlen(value);
}

/* Numbers by what their key is: a session may be called 42. */
static void add(struct json_object *to, const char *key, const char *value)
{
	static const char *const texts[] = { "name", "kind", "owner", "filter", "where", "version" };
	bool text = !is_number(value);

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		text |= strcmp(key, texts[i]) == 0;
	if (text)
		rill_out_text(to, key, value);
	else
		rill_out_count(to, key, strtoull(value, NULL, 10));
}

static void take_line(void *of, const struct rill_remote_words *line)
{
	struct json_object *const process = of;
	struct json_object *to = process, *sessions;

	if (strcmp(line->word, "session") == 0) {
		if (!json_object_object_get_ex(process, "sessions", &sessions))
			return;
		to = json_object_new_object();
		json_object_array_add(sessions, to);
	} else if (strcmp(line->word, "process") != 0) {
		return;
	}
	for (unsigned i = 0; i < line->count; i++)
		if (to != process || strcmp(line->pair[i].key, "sessions") != 0)
			add(to, line->pair[i].key, line->pair[i].value);
}

/* ---- the verb ------------------------------------------------------------------------------------- */

static int show_json(struct rill_remote *r)
{
	struct json_object *const process = json_object_new_object();
	int code;

	json_object_object_add(process, "sessions", json_object_new_array());
	code = rill_remote_ask(r, -1, take_line, process);
	if (!code)
		puts(rill_out_line(process));
	json_object_put(process);
	return code;
}

static int show(struct rill_remote *r)
{
	unsigned sessions = 0;
	const int code = rill_remote_ask(r, -1, put_line, &sessions);

	if (!code && !sessions)
		puts("no session is running");
	return code;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct rill_remote *const r = rill_alloc(1, sizeof *r);
	bool json = false;
	int code = rill_options(verb, &json, &argc, argv);

	if (code < 0)
		code = rill_remote_one(verb, argc);
	if (code < 0 && (code = rill_remote_open(verb, r, argv[0])) == 0) {
		rill_remote_begin(&r->request, "status");
		code = rill_finish_output(json ? show_json(r) : show(r));
		rill_remote_close(r);
	}
	free(r);
	return code;
}

const struct rill_verb rill_verb_status = {
	"status", "show the sessions of a running program", help_text, options, take_option, run, 0,
};

/* SPDX-License-Identifier: MIT
 * list.c - `rill list`: every event that a program or library can write, read from its file.
 */
#include "dead.h"
#include "filter_hint.h"
#include "json_out.h"
#include "program.h"
#include "sites.h"
#include "tool.h"
#include "words.h"

#include <errno.h>
#include <rill/site.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
	"usage: rill list [-e FILTER] [--json] PROGRAM|LIBRARY\n"
	"       rill list --dead [FOLDER] [--remove [--older AGE]]\n"
	"\n"
	"Shows every event that the file can write, without running it: category, phase, name, arguments\n"
	"with their types, and where in the source. Reads ELF files of any processor, stripped ones too. A\n"
	"program's shared libraries have lists of their own.\n"
	"\n"
	"  -e, --filter FILTER  only what this filter would record: 'net,-net.rx', 'disk*'\n"
	"      --json           for programs: an array of objects\n"
	"      --dead           instead: the ring files in FOLDER (that of RILL_RING_FILE, or /dev/shm), each with its state, the\n"
	"                       program's pid, when it made the file, its memory, program and path. 'rill extract' reads them\n"
	"      --remove         removes those of dead programs, never of living ones\n"
	"      --older AGE      only if made longer ago: 30s, 10m, 12h, 7d\n"
	"\n"
	"Exit code: 0 listed, 1 no events or no such file, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill list ./server\n"
	"  rill list -e net /usr/lib/libfetch.so\n"
	"  rill list --dead /run/rill --remove --older 7d\n";

enum { JSON = 256, DEAD, REMOVE, OLDER };

static const struct rill_option options[] = {
	{ 'e', "filter", "FILTER" },
	{ JSON, "json", NULL },
	{ DEAD, "dead", NULL },
	{ REMOVE, "remove", NULL },
	{ OLDER, "older", "AGE" },
	{ 0, NULL, NULL },
};

struct list {
	char *filter_text;
	struct rill_filter *filter;
	bool json, dead, remove;
	uint64_t older_s; /* UINT64_MAX: not given */
};

static int take_age(struct list *l, const char *text)
{
	static const char units[] = "smhd";
	static const uint64_t seconds[] = { 1, 60, 3600, 86400 };
	char *end;
	const unsigned long number = strtoul(text, &end, 10);
	const char *const unit = *end ? strchr(units, *end) : units;

	if (*text < '0' || *text > '9' || !unit || (*end && end[1]) || number > 1000000)
		return rill_usage(&rill_verb_list, "--older %s is no age like 30s, 10m, 12h or 7d", text);
	l->older_s = number * seconds[unit - units];
	return 0;
}

static int take_option(void *ctx, int id, const char *value)
{
	struct list *l = ctx;

	switch (id) {
	case JSON: l->json = true; break;
	case DEAD: l->dead = true; break;
	case REMOVE: l->remove = true; break;
	case OLDER: return take_age(l, value);
	default: l->filter_text = rill_filter_join(l->filter_text, value);
	}
	return 0;
}

/* --dead has options of its own, and an operand that may be left out. */
static int list_dead(const struct rill_verb *verb, const struct list *l, int argc, char **argv)
{
	const bool older = l->older_s != UINT64_MAX;

	if (l->json || l->filter_text)
		return rill_usage(verb, "--json and --filter are for programs, not for --dead");
	if (argc > 1)
		return rill_usage(verb, "--dead takes one FOLDER, %d were given", argc);
	if (older && !l->remove)
		return rill_usage(verb, "--older says which are removed: add --remove");
	return rill_finish_output(rill_list_dead(argc ? argv[0] : rill_ring_files_folder(), l->remove, older ? l->older_s : 0));
}

/* ---- output
 * --------------------------------------------------------------------------------------- */

static const char *phase_text(const struct rill_listed_site *s, char letter[2])
{
	const char *word = rill_phase_word(s->phase, s->flags & RILL_SITE_SCOPE);

	letter[0] = s->phase;
	letter[1] = 0;
	return word ? word : letter;
}

static char *args_text(const struct rill_listed_site *s)
{
	char *text = rill_text("%s", "");

	for (unsigned i = 0; i < s->arg_count; i++) {
		const char *type = rill_type_word(s->args[i].type);
		char *longer;

		if (s->args[i].type >= RILL_TYPE_ID)
			continue;
		longer =
			type ? rill_text("%s%s%s:%s", text, *text ? " " : "", s->args[i].name, type)
			     : rill_text("%s%s%s:type%u", text, *text ? " " : "", s->args[i].name,
					 s->args[i].type);
		free(text);
		text = longer;
	}
	return text;
}

static void put_column(const char *text, size_t width)
{
	size_t used = rill_put_safe(stdout, text);

	printf("%*s", (int)(used < width ? width - used : 0) + 2, "");
}

static void widen(size_t *width, const char *text, size_t most)
{
	const size_t w = rill_safe_width(text);

	if (w > *width)
		*width = w < most ? w : most;
}

/* A program that was compiled with -DRILL_NO_FILE_LINE does not say. */
static bool has_place(const struct rill_listed_site *s)
{
	return *s->file || s->line;
}

static void put_place(const struct rill_listed_site *s)
{
	if (!has_place(s)) {
		puts("-");
		return;
	}
	rill_put_safe(stdout, s->file);
	printf(":%u\n", s->line);
}

static void put_table(const struct rill_site_list *list)
{
	size_t category = 8, phase = 5, name = 4, args = 4;
	char letter[2];

	for (size_t i = 0; i < list->count; i++) {
		char *text = args_text(list->v[i]);

		widen(&category, list->v[i]->category, 32);
		widen(&phase, phase_text(list->v[i], letter), 16);
		widen(&name, list->v[i]->name, 40);
		widen(&args, text, 48);
		free(text);
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct rill_listed_site *s = list->v[i];
		char *text = args_text(s);

		put_column(s->category, category);
		put_column(s->name, name);
		put_column(phase_text(s, letter), phase);
		put_column(*text ? text : "-", args);
		put_place(s);
		free(text);
	}
}

static struct json_object *json_of(const struct rill_listed_site *s)
{
	struct json_object *site = json_object_new_object(), *args = json_object_new_array();
	const char phase[2] = { s->phase, 0 };
	char letter[2];

	rill_out_text(site, "category", s->category);
	rill_out_text(site, "name", s->name);
	rill_out_text(site, "phase", phase);
	rill_out_text(site, "kind", phase_text(s, letter));
	for (unsigned i = 0; i < s->arg_count; i++) {
		struct json_object *arg;
		const char *type = rill_type_word(s->args[i].type);

		if (s->args[i].type >= RILL_TYPE_ID)
			continue;
		arg = json_object_new_object();
		rill_out_text(arg, "name", s->args[i].name);
		rill_out_text(arg, "type", type ? type : "unknown");
		json_object_array_add(args, arg);
	}
	json_object_object_add(site, "args", args);
	if (has_place(s)) {
		rill_out_text(site, "file", s->file);
		rill_out_number(site, "line", s->line);
	}
	rill_out_number(site, "copies", s->copies);
	return site;
}

static void put_json(const struct rill_site_list *list)
{
	putchar('[');
	for (size_t i = 0; i < list->count; i++)
		rill_out_element(json_of(list->v[i]), i == 0);
	puts("\n]");
}

/* ---- reasons
 * -------------------------------------------------------------------------------------- */

static void say_no_elf(const char *path)
{
	char *interpreter = rill_program_interpreter(path);

	if (interpreter)
		rill_say(
			"%s is a script of %s and has no events of its own: list the programs that it runs",
			path, interpreter);
	else
		rill_say("%s is no ELF file: name a program or a shared library", path);
	free(interpreter);
}

static void say_none(struct rill_elf *elf, const char *path, enum rill_sites_state state)
{
	switch (state) {
	case RILL_SITES_STRIPPED:
		rill_say(
			"%s has no section table (sstrip?), so its events cannot be listed: use the file as it was linked",
			path);
		break;
	case RILL_SITES_OBJECT:
		rill_say("%s is an object file: its events can be listed once it is linked", path);
		break;
	case RILL_SITES_DEBUG_FILE:
		rill_say("%s holds debug information only: list the program that it belongs to",
			 path);
		break;
	default:
		if (rill_elf_needs(elf, "librill.so"))
			rill_say(
				"%s uses librill.so but has no rill events of its own: they may be in a library that it "
				"links (list that), or it was built with RILL_DISABLED",
				path);
		else
			rill_say(
				"%s has no rill events: no macro of <rill/trace.h> is in it, or it was built with "
				"RILL_DISABLED, or the events are in a shared library (list that)",
				path);
	}
}

/* Leaves only what the filter wants. False after a message: nothing is left. */
static bool restrict_to_filter(struct rill_site_list *list, const struct list *l, const char *path)
{
	const char **groups = rill_alloc(list->count, sizeof *groups);
	const size_t all = list->count;
	size_t kept = 0;

	for (size_t i = 0; i < all; i++) {
		struct rill_listed_site *site = list->v[i];

		groups[i] = site->category;
		if (rill_filter_group(l->filter, site->category)) {
			list->v[i] = list->v[kept];
			list->v[kept++] = site;
		}
	}
	/* The others stay behind in the list, so that they are freed with it. */
	if (!kept)
		rill_filter_say_nothing(l->filter_text, groups, all, path);
	free(groups);
	list->count = kept;
	return kept != 0;
}

/* ---- the verb
 * ------------------------------------------------------------------------------------- */

static int list_elf(const struct list *l, struct rill_elf *elf, const char *path)
{
	struct rill_site_list list;
	const enum rill_sites_state state = rill_sites_read(elf, &list);
	const size_t all = list.count;
	int code = RILL_EXIT_FAILED;

	if (list.broken)
		rill_say("%s: %zu descriptors of events are damaged and left out", path,
			 list.broken);
	if (!list.count) {
		if (!list.broken)
			say_none(elf, path, state);
	} else if (!l->filter || restrict_to_filter(&list, l, path)) {
		rill_sites_sort(&list);
		if (l->json)
			put_json(&list);
		else
			put_table(&list);
		code = RILL_EXIT_OK;
	}
	list.count = all;
	rill_sites_free(&list);
	return code;
}

static int list_file(const struct list *l, const char *name)
{
	struct rill_elf elf;
	char *found = NULL;
	int code = RILL_EXIT_FAILED;
	enum rill_elf_error error = rill_elf_open(&elf, name);

	/* A plain name may be that of a program in PATH. */
	if (error == RILL_ELF_UNREADABLE && errno == ENOENT && !strchr(name, '/')) {
		rill_elf_close(&elf);
		found = rill_program_find(name);
		error = rill_elf_open(&elf, found ? found : name);
	}
	switch (error) {
	case RILL_ELF_OK: code = list_elf(l, &elf, found ? found : name); break;
	case RILL_ELF_UNREADABLE: rill_say("cannot read %s: %s", name, strerror(errno)); break;
	case RILL_ELF_NO_ELF: say_no_elf(found ? found : name); break;
	case RILL_ELF_BROKEN:
		rill_say("%s begins like an ELF file, but its headers are cut or damaged",
			 found ? found : name);
		break;
	}
	rill_elf_close(&elf);
	free(found);
	return code;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct list l = { .older_s = UINT64_MAX };
	int code = rill_options(verb, &l, &argc, argv);

	if (code < 0 && l.dead)
		code = list_dead(verb, &l, argc, argv);
	if (code < 0 && (l.remove || l.older_s != UINT64_MAX))
		code = rill_usage(verb, "--remove and --older are for ring files: add --dead");
	if (code < 0 && argc != 1)
		code = rill_usage(verb, "one PROGRAM or LIBRARY is wanted, %d were given", argc);
	if (code < 0 && l.filter_text &&
	    (code = rill_filter_check(verb, l.filter_text, &l.filter)) == 0)
		code = -1;
	if (code < 0)
		code = rill_finish_output(list_file(&l, argv[0]));
	rill_filter_free(l.filter);
	free(l.filter_text);
	return code;
}

const struct rill_verb rill_verb_list = {
	"list", "show every event that a program can write", help_text, options, take_option, run,
	0,
};

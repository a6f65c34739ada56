/* SPDX-License-Identifier: MIT
 * main.c - the program `rill`: finds the verb and hands over.
 */
#include "config.h"
#include "tool.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

static const struct rill_verb *const verbs[] = {
	&rill_verb_record, &rill_verb_list,  &rill_verb_report, &rill_verb_pull,   &rill_verb_tail, &rill_verb_top, &rill_verb_relay,
	&rill_verb_snapshot, &rill_verb_extract, &rill_verb_convert, &rill_verb_cut, &rill_verb_merge, &rill_verb_check,  &rill_verb_forward,
	&rill_verb_doctor, &rill_verb_ps, &rill_verb_status, &rill_verb_events, &rill_verb_start, &rill_verb_stop, &rill_verb_flush,
	&rill_verb_enable, &rill_verb_disable,
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void put_help(FILE *out)
{
	fputs("usage: rill VERB [OPTIONS] ...\n\n", out);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(out, "  %-9s %s\n", verbs[i]->name, verbs[i]->summary);
	fputs("  help      this text, or the help of a verb: rill help VERB\n"
	      "  version   the version\n"
	      "\n"
	      "examples:\n"
	      "  rill record -- ./server --port 80       run a program, write rill.PID.1.json\n"
	      "  rill record -e 'net,-net.rx' -o t.json -- ./server\n"
	      "  rill list ./server                      every event the program can write\n"
	      "  rill report t.json                      where the time went\n"
	      "  rill convert t.rill -o t.json           what viewers read; mends what was cut\n",
	      out);
}

static const struct rill_verb *find(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
	return NULL;
}

static int unknown(const char *name)
{
	struct rill_nearest nearest = { 0 };

	for (size_t i = 0; i < VERBS; i++)
		rill_nearest_offer(&nearest, name, verbs[i]->name);
	rill_nearest_offer(&nearest, name, "help");
	rill_nearest_offer(&nearest, name, "version");
	if (nearest.count)
		rill_say("there is no verb '%s': did you mean 'rill %s'? ('rill help' lists them)",
			 name, nearest.word[0]);
	else
		rill_say("there is no verb '%s': 'rill help' lists them", name);
	return RILL_EXIT_USAGE;
}

static int help(int argc, char **argv)
{
	const struct rill_verb *verb;

	if (argc < 1) {
		put_help(stdout);
		return rill_finish_output(RILL_EXIT_OK);
	}
	verb = find(argv[0]);
	if (!verb)
		return unknown(argv[0]);
	fputs(verb->help, stdout);
	return rill_finish_output(RILL_EXIT_OK);
}

int main(int argc, char **argv)
{
	const struct rill_verb *verb;

	if (argc < 2) {
		/* Nothing was asked for: the help is an answer to a mistake, so it goes to
		 * stderr. */
		put_help(stderr);
		return RILL_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help(argc - 2, argv + 2);
	if (!strcmp(argv[1], "version") || !strcmp(argv[1], "--version") ||
	    !strcmp(argv[1], "-V")) {
		puts("rill " RILL_VERSION);
		return rill_finish_output(RILL_EXIT_OK);
	}
	verb = find(argv[1]);
	if (!verb)
		return unknown(argv[1]);
	return verb->run(verb, argc - 2, argv + 2);
}

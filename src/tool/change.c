/* SPDX-License-Identifier: MIT
 * change.c - `rill stop`, `rill flush`, `rill enable` and `rill disable`: what can be done to the sessions of a running program.
 */
#include "filter_hint.h"
#include "remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REACH                                                                                                                  \
	"of a running program that has a control socket (started with\n"                                                       \
	"RILL_CONTROL=1, see rill(7))"
#define OPTIONS_HELP                                                                                                           \
	"\n"                                                                                                                   \
	"  -n, --name NAME      only the sessions that are called so\n"                                                        \
	"  -q, --quiet          say nothing when all went well\n"                                                              \
	"\n"                                                                                                                   \
	"Exit code: 0 done, 1 not done, 2 wrong usage.\n"                                                                      \
	"\n"

static const char stop_text[] =
	"usage: rill stop [-n NAME] PID|SOCKET\n"
	"\n"
	"Ends the sessions " REACH " that were begun by rill start, or by RILL_TRACE.\n"
	"Their traces are complete then. Those that the program has begun by itself are its own.\n" OPTIONS_HELP
	"examples:\n"
	"  rill stop $(pidof server)\n"
	"  rill stop -n net 4711\n";
static const char flush_text[] =
	"usage: rill flush [-n NAME] PID|SOCKET\n"
	"\n"
	"Everything that the sessions " REACH " have recorded so far\n"
	"is in their files when this ends.\n" OPTIONS_HELP
	"example:\n"
	"  rill flush $(pidof server)\n";
static const char enable_text[] =
	"usage: rill enable [-n NAME] PID|SOCKET FILTER\n"
	"\n"
	"Adds categories to the sessions " REACH ". A category that\n"
	"was enabled twice needs two rill disable.\n" OPTIONS_HELP
	"examples:\n"
	"  rill enable $(pidof server) disabled-by-default-net\n"
	"  rill enable -n long 4711 'disk*'\n";
static const char disable_text[] =
	"usage: rill disable [-n NAME] PID|SOCKET FILTER\n"
	"\n"
	"Takes categories from the sessions " REACH ".\n" OPTIONS_HELP
	"example:\n"
	"  rill disable $(pidof server) net.rx\n";

static const struct rill_option options[] = { { 'n', "name", "NAME" }, { 'q', "quiet", NULL }, { 0, NULL, NULL } };

struct change {
	const char *name;
	bool quiet;
};

static int take_option(void *ctx, int id, const char *value)
{
	struct change *c = ctx;

	if (id == 'q')
		c->quiet = true;
	else
		c->name = value;
	return 0;
}

static int ask(struct rill_remote *r, const struct rill_verb *verb, const struct change *c, const char *filter)
{
	uint64_t sessions;
	int code;

	rill_remote_begin(&r->request, verb->name);
	if (c->name)
		rill_remote_put(&r->request, "name", c->name);
	if (filter)
		rill_remote_put(&r->request, "filter", filter);
	code = rill_remote_ask(r, -1, NULL, NULL);
	if (code || c->quiet)
		return code;
	sessions = rill_remote_number(&r->reply, "sessions");
	if (sessions)
		rill_say("%s: %" PRIu64 " session%s of process %s", verb->name, sessions, sessions == 1 ? "" : "s", r->who);
	else
		rill_say("process %s has no session that this could be done to", r->who);
	return code;
}

static int run_any(const struct rill_verb *verb, int argc, char **argv, bool wants_filter)
{
	struct rill_remote *const r = rill_alloc(1, sizeof *r);
	struct rill_filter *filter = NULL;
	struct change c = { NULL, false };
	int code = rill_options(verb, &c, &argc, argv);

	if (code < 0 && !wants_filter)
		code = rill_remote_one(verb, argc);
	else if (code < 0 && argc != 2)
		code = rill_usage(verb, "a PID (or the path of a control socket) and a FILTER are wanted");
	if (code < 0 && wants_filter && (code = rill_filter_check(verb, argv[1], &filter)) == 0)
		code = -1;
	rill_filter_free(filter);
	if (code < 0 && (code = rill_remote_open(verb, r, argv[0])) == 0) {
		code = ask(r, verb, &c, wants_filter ? argv[1] : NULL);
		rill_remote_close(r);
	}
	free(r);
	return code;
}

static int run_plain(const struct rill_verb *verb, int argc, char **argv)
{
	return run_any(verb, argc, argv, false);
}

static int run_with_filter(const struct rill_verb *verb, int argc, char **argv)
{
	return run_any(verb, argc, argv, true);
}

const struct rill_verb rill_verb_stop = {
	"stop", "end sessions of a running program", stop_text, options, take_option, run_plain, 0,
};
const struct rill_verb rill_verb_flush = {
	"flush", "have a running program write what it has recorded", flush_text, options, take_option, run_plain, 0,
};
const struct rill_verb rill_verb_enable = {
	"enable", "add categories to sessions of a running program", enable_text, options, take_option, run_with_filter, 0,
};
const struct rill_verb rill_verb_disable = {
	"disable", "take categories from sessions of a running program", disable_text, options, take_option, run_with_filter, 0,
};

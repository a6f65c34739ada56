/* SPDX-License-Identifier: MIT
 * start.c - `rill start`: begins a session in a running program.
 *
 * The file is opened here and its descriptor passed: it belongs to who asks, and lies where he says, whatever folder or user the program
 * has.
 */
#include "filter_hint.h"
#include "remote.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill start [-e FILTER] -o OUT [-n NAME] [--events NAMES] [--option OPTION]... PID|SOCKET\n"
	"\n"
	"Begins a session in a running program that has a control socket (started with RILL_CONTROL=1, see rill(7)). The program goes on,\n"
	"and the session with it, until rill stop, or until the program ends.\n"
	"\n"
	"  -e, --filter FILTER  categories: 'net,-net.rx', 'disk*'; without it all but those that are off by default\n"
	"  -o, --output OUT     the file to write: JSON, or packets if its name ends in .rill\n"
	"  -n, --name NAME      what the session is called ('control')\n"
	"      --events NAMES   only events of these names: 'read*,-read_slow'\n"
	"      --option OPTION  as in RILL_OPTIONS: slices, flush_ms=200, thread_time, ... (rill(7))\n"
	"  -q, --quiet          say nothing when all went well\n"
	"\n"
	"Exit code: 0 it records, 1 it does not, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill start -e net -o net.json $(pidof server)\n"
	"  rill stop $(pidof server)\n";

enum { EVENTS = 256, OPTION };

static const struct rill_option options[] = {
	{ 'e', "filter", "FILTER" },
	{ 'o', "output", "OUT" },
	{ 'n', "name", "NAME" },
	{ EVENTS, "events", "NAMES" },
	{ OPTION, "option", "OPTION" },
	{ 'q', "quiet", NULL },
	{ 0, NULL, NULL },
};

struct start {
	char *filter;
	const char *out, *name, *events;
	const char *option[RILL_REMOTE_PAIRS / 2];
	unsigned option_count;
	bool quiet;
};

static int take_option(void *ctx, int id, const char *value)
{
	struct start *s = ctx;

	switch (id) {
	case 'o': s->out = value; return 0;
	case 'n': s->name = value; return 0;
	case 'q': s->quiet = true; return 0;
	case EVENTS: s->events = value; return 0;
	case 'e': s->filter = rill_filter_join(s->filter, value); return 0;
	default: break;
	}
	if (s->option_count == sizeof s->option / sizeof *s->option)
		return rill_usage(&rill_verb_start, "--option was given more than %u times", s->option_count);
	s->option[s->option_count++] = value;
	return 0;
}

static bool is_binary(const char *path)
{
	const size_t length = strlen(path);

	return length > 5 && strcmp(path + length - 5, ".rill") == 0;
}

/* path: as the program may say it, whatever its folder is. */
static void write_request(struct rill_remote *r, const struct start *s, const char *path)
{
	rill_remote_begin(&r->request, "start");
	rill_remote_put(&r->request, "name", s->name);
	rill_remote_put(&r->request, "filter", s->filter ? s->filter : "");
	if (s->events)
		rill_remote_put(&r->request, "events", s->events);
	rill_remote_put(&r->request, "format", is_binary(s->out) ? "binary" : "json");
	rill_remote_put(&r->request, "out", path);
	rill_remote_put(&r->request, "stay", "1");
	for (unsigned i = 0; i < s->option_count; i++)
		rill_remote_put(&r->request, "option", s->option[i]);
}

/* A new file does not stay where the program refuses. */
static int begin(struct rill_remote *r, const struct start *s)
{
	const bool existed = access(s->out, F_OK) == 0;
	const int fd = open(s->out, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	struct stat st;
	char *path;
	int code;

	if (fd < 0 || fstat(fd, &st) < 0 || (S_ISREG(st.st_mode) && ftruncate(fd, 0) < 0)) {
		rill_say("cannot write %s: %s", s->out, strerror(errno));
		if (fd >= 0)
			close(fd);
		return RILL_EXIT_FAILED;
	}
	path = realpath(s->out, NULL);
	write_request(r, s, path ? path : s->out);
	free(path);
	code = rill_remote_ask(r, fd, NULL, NULL);
	close(fd);
	if (code && !existed)
		unlink(s->out);
	else if (!code && !s->quiet)
		rill_say("session '%s' of process %s writes to %s until 'rill stop %s'", s->name, r->who, s->out, r->who);
	return code;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct rill_remote *const r = rill_alloc(1, sizeof *r);
	struct start s = { .name = "control" };
	struct rill_filter *filter = NULL;
	int code = rill_options(verb, &s, &argc, argv);

	if (code < 0)
		code = rill_remote_one(verb, argc);
	if (code < 0 && !s.out)
		code = rill_usage(verb, "where to? -o OUT is missing");
	if (code < 0 && s.filter && (code = rill_filter_check(verb, s.filter, &filter)) == 0)
		code = -1;
	rill_filter_free(filter);
	if (code < 0 && (code = rill_remote_open(verb, r, argv[0])) == 0) {
		code = begin(r, &s);
		rill_remote_close(r);
	}
	free(s.filter);
	free(r);
	return code;
}

const struct rill_verb rill_verb_start = {
	"start", "begin a session in a running program", help_text, options, take_option, run, 0,
};

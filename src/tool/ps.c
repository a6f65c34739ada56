/* SPDX-License-Identifier: MIT
 * ps.c - `rill ps`: the programs that can be told from outside what to trace.
 */
#include "json_out.h"
#include "remote.h"
#include "words.h"

#include "port/port.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <json-c/json_object.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill ps [--json]\n"
	"\n"
	"Lists the running programs of this user that have a control socket (started with RILL_CONTROL=1, see rill(7)): PID,\n"
	"sessions, events written, events lost, version of librill, and name. rill status PID tells more.\n"
	"\n"
	"      --json           for programs: an array of objects\n"
	"\n"
	"Exit code: 0 listed, also where there are none; 2 wrong usage.\n"
	"\n"
	"example:\n"
	"  RILL_CONTROL=1 ./server & rill ps\n";

enum { JSON = 256, PATIENCE_MS = 1000 };

static const struct rill_option options[] = { { JSON, "json", NULL }, { 0, NULL, NULL } };

static int take_option(void *ctx, int id, const char *value)
{
	(void)id, (void)value;
	*(bool *)ctx = true;
	return 0;
}

struct process {
	uint64_t pid, sessions, events, lost;
	char *name, *version;
};

struct processes {
	struct process *v;
	size_t count;
};

static bool has(const struct processes *all, uint64_t pid)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->v[i].pid == pid)
			return true;
	return false;
}

/* ---- asking --------------------------------------------------------------------------------------- */

static char *copy_of(const struct rill_remote_words *line, const char *key)
{
	const char *const value = rill_remote_text(line, key);

	return rill_text("%s", *value ? value : "?");
}

static void take_line(void *of, const struct rill_remote_words *line)
{
	struct process *const p = of;

	if (strcmp(line->word, "process") == 0 && !p->name) {
		p->pid = rill_remote_number(line, "pid");
		p->name = copy_of(line, "name");
		p->version = copy_of(line, "version");
	} else if (strcmp(line->word, "session") == 0) {
		p->sessions++;
		p->events += rill_remote_number(line, "events");
		p->lost += rill_remote_number(line, "lost");
	}
}

static void ask_one(struct processes *all, const char *path)
{
	struct rill_remote *const r = rill_alloc(1, sizeof *r);
	struct process p = { .pid = 0 };
	const int error = rill_remote_open_path(r, path);

	/* Its program was killed. */
	if (error == -ECONNREFUSED)
		unlink(path);
	if (!error) {
		r->patience_ms = PATIENCE_MS;
		rill_remote_begin(&r->request, "status");
		if (!rill_remote_ask_quietly(r, take_line, &p) || !p.name) {
			rill_say("the program at %s does not answer: it may be stopped, or about to end", path);
		} else if (!has(all, p.pid)) {	/* two ways may lead to one folder */
			all->v = rill_grow(all->v, all->count + 1, sizeof *all->v);
			all->v[all->count++] = p;
			p.name = p.version = NULL;
		}
		rill_remote_close(r);
	}
	free(p.name);
	free(p.version);
	free(r);
}

static void ask_folder(struct processes *all, const char *path)
{
	const int fd = rill_port_control_open_folder(path, geteuid());
	DIR *const folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char *socket;
	int end;

	while (folder && (entry = readdir(folder)) != NULL) {
		end = 0;
		if (sscanf(entry->d_name, "%*u.sock%n", &end) < 0 || !end || entry->d_name[end])
			continue;
		socket = rill_text("%s/%s", path, entry->d_name);
		ask_one(all, socket);
		free(socket);
	}
	if (folder)
		closedir(folder);
}

static int by_pid(const void *a, const void *b)
{
	const struct process *const x = a, *const y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* ---- output --------------------------------------------------------------------------------------- */

static void put_table(const struct processes *all)
{
	printf("%7s %8s %12s %8s  %-9s %s\n", "PID", "SESSIONS", "EVENTS", "LOST", "RILL", "NAME");
	for (size_t i = 0; i < all->count; i++) {
		const struct process *const p = &all->v[i];

		printf("%7" PRIu64 " %8" PRIu64 " %12" PRIu64 " %8" PRIu64 "  %-9s ", p->pid, p->sessions, p->events, p->lost, p->version);
		rill_put_safe(stdout, p->name);
		putchar('\n');
	}
}

static void put_json(const struct processes *all)
{
	putchar('[');
	for (size_t i = 0; i < all->count; i++) {
		const struct process *const p = &all->v[i];
		struct json_object *const o = json_object_new_object();

		rill_out_count(o, "pid", p->pid);
		rill_out_text(o, "name", p->name);
		rill_out_text(o, "version", p->version);
		rill_out_count(o, "sessions", p->sessions);
		rill_out_count(o, "events", p->events);
		rill_out_count(o, "lost", p->lost);
		rill_out_element(o, i == 0);
	}
	puts("\n]");
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct processes all = { NULL, 0 };
	char folder[256];
	bool json = false;
	const int code = rill_options(verb, &json, &argc, argv);

	if (code >= 0)
		return code;
	if (argc)
		return rill_usage(verb, "no operand is wanted, %d were given (rill status PID tells of one program)", argc);
	for (unsigned which = 0; which < RILL_PORT_CONTROL_FOLDERS; which++)
		if (rill_port_control_folder(which, geteuid(), folder, sizeof folder))
			ask_folder(&all, folder);
	if (all.count)
		qsort(all.v, all.count, sizeof *all.v, by_pid);
	if (json)
		put_json(&all);
	else if (all.count)
		put_table(&all);
	else
		rill_say("no program of this user has a control socket: start one with RILL_CONTROL=1 in its environment");
	for (size_t i = 0; i < all.count; i++) {
		free(all.v[i].name);
		free(all.v[i].version);
	}
	free(all.v);
	return rill_finish_output(RILL_EXIT_OK);
}

const struct rill_verb rill_verb_ps = {
	"ps", "list the programs that can be controlled", help_text, options, take_option, run, 0,
};

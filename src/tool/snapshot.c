/* SPDX-License-Identifier: MIT
 * snapshot.c - `rill snapshot`: asks a running program for what its flight session has.
 *
 * rill's consumer there says in the name of its thread, which everybody may read, by which signal it is asked, the number of its last
 * snapshot and what became of it: "rill/12.7" is written, "rill/12*7" under way, "rill/12!7" has failed. A snapshot with a higher number
 * than that was begun after we looked. A program that has a control socket is asked by that.
 */
#define _GNU_SOURCE
#include "remote.h"
#include "words.h"

#include "port/port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char help_text[] =
	"usage: rill snapshot [-t SECONDS] PID\n"
	"\n"
	"Asks a running program that has a flight session for a snapshot, which it writes to a file of its own, and waits until that is\n"
	"written. The program goes on meanwhile. It must have been started so that a signal asks for snapshots:\n"
	"rill record --flight 256k --snapshot-signal 12, or RILL_OPTIONS=flight_bytes=256k,snapshot_signal=12; or have a control\n"
	"socket (RILL_CONTROL=1). See rill(7).\n"
	"\n"
	"  -t, --timeout SECONDS    wait no longer, 1 to 3600 (30)\n"
	"  -q, --quiet              say nothing when all went well\n"
	"\n"
	"Exit code: 0 it is written, 1 it is not, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill snapshot 4711\n"
	"  rill snapshot $(pidof server)\n";

enum { NUMBERS = 1000000, PAUSE_NS = 2000000, BEGIN_PAUSES = 150, GONE_PAUSES = 50, NAME_BYTES = 16 };

struct snapshot {
	uint64_t timeout_s;
	bool quiet;
	uint64_t pid;
	uint32_t consumer;	/* its tid */
	unsigned signal, number;
	char state;
};

static const struct rill_option options[] = { { 't', "timeout", "SECONDS" }, { 'q', "quiet", NULL }, { 0, NULL, NULL } };

static int take_option(void *ctx, int id, const char *value)
{
	struct snapshot *s = ctx;

	if (id == 'q') {
		s->quiet = true;
		return 0;
	}
	if (rill_parse_number(value, 1, 3600, &s->timeout_s) == 0)
		return 0;
	return rill_usage(&rill_verb_snapshot, "--timeout '%s': seconds from 1 to 3600 are wanted", value);
}

/* ---- what /proc says ------------------------------------------------------------------------------ */

/* Reads the name of that thread. False: it is no consumer that has a signal. */
static bool read_name(struct snapshot *s, uint32_t tid)
{
	char name[NAME_BYTES];
	int end = 0;

	rill_port_thread_comm((uint32_t)s->pid, tid, name, sizeof name);
	return sscanf(name, "rill/%2u%c%6u%n", &s->signal, &s->state, &s->number, &end) == 3 && !name[end] && strchr(".*!", s->state);
}

/* The mask of a line of a thread's status; 0: there is none. */
static uint64_t read_mask(uint64_t pid, const char *tid, const char *line)
{
	char *path = rill_text("/proc/%" PRIu64 "/task/%s/status", pid, tid), text[256];
	FILE *f = fopen(path, "re");
	uint64_t mask = 0;

	while (f && fgets(text, sizeof text, f))
		if (strncmp(text, line, strlen(line)) == 0)
			mask = strtoull(text + strlen(line), NULL, 16);
	if (f)
		fclose(f);
	free(path);
	return mask;
}

/* The signals that the process catches, and that none of its threads lets in. */
struct signals {
	uint64_t caught, blocked;
};

/* Looks at all threads, which are listed in the order of their making: one that the consumer has made has its name, too, until it takes its
 * own. False: there is no such process. */
static bool look(struct snapshot *s, struct signals *signals)
{
	char *path = rill_text("/proc/%" PRIu64 "/task", s->pid);
	DIR *tasks = opendir(path);
	struct dirent *entry;

	free(path);
	*signals = (struct signals){ 0, UINT64_MAX };
	while (tasks && (entry = readdir(tasks)) != NULL) {
		const uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);
		struct snapshot found = *s;

		if (!tid)
			continue;
		signals->caught |= read_mask(s->pid, entry->d_name, "SigCgt:");
		signals->blocked &= read_mask(s->pid, entry->d_name, "SigBlk:");
		if (!s->consumer && read_name(&found, tid)) {
			*s = found;
			s->consumer = tid;
		}
	}
	if (tasks)
		closedir(tasks);
	return tasks != NULL;
}

static int not_asked(const struct snapshot *s, const char *why)
{
	rill_say("process %" PRIu64 " %s", s->pid, why);
	return RILL_EXIT_FAILED;
}

/* The program may be just beginning. */
static int find(struct snapshot *s)
{
	const struct timespec pause = { 0, PAUSE_NS };
	struct signals signals = { 0, 0 };
	uint64_t bit;

	for (int i = 0; i < BEGIN_PAUSES && !s->consumer; i++) {
		if (i)
			nanosleep(&pause, NULL);
		if (!look(s, &signals)) {
			rill_say("there is no process %" PRIu64, s->pid);
			return RILL_EXIT_FAILED;
		}
	}
	if (!s->consumer || !s->signal || s->signal > 64)
		return not_asked(s, "has no flight session that a signal asks: start it by rill record --flight 256k --snapshot-signal 12, or with "
				    "RILL_OPTIONS=flight_bytes=256k,snapshot_signal=12 (see rill(7))");
	bit = UINT64_C(1) << (s->signal - 1);
	if (!(signals.caught & bit))
		return not_asked(s, "has replaced rill's handler of the signal that was to ask for snapshots: take another one for snapshot_signal");
	if (signals.blocked & bit)
		return not_asked(s, "blocks the signal that is to ask for snapshots in all its threads: take another one for snapshot_signal");
	return RILL_EXIT_OK;
}

/* ---- which file it is ----------------------------------------------------------------------------- */

static char *read_all(const char *path)
{
	size_t size = 0, room = 0;
	char *text = NULL;
	FILE *f = fopen(path, "re");

	do {
		if (room - size < 2)
			text = rill_grow(text, room += 65536, 1);
		size += f ? fread(text + size, 1, room - size - 2, f) : 0;
	} while (f && !feof(f) && !ferror(f));
	text[size] = text[size + 1] = '\0';	/* an empty variable ends the list */
	if (f)
		fclose(f);
	return text;
}

static const char *variable(const char *environment, const char *name)
{
	const size_t length = strlen(name);

	for (const char *at = environment; *at; at += strlen(at) + 1)
		if (strncmp(at, name, length) == 0 && at[length] == '=')
			return at + length + 1;
	return NULL;
}

static char *replaced(char *text, const char *word, const char *by)
{
	char *at, *with;

	while ((at = strstr(text, word)) != NULL) {
		with = rill_text("%.*s%s%s", (int)(at - text), text, by, at + strlen(word));
		free(text);
		text = with;
	}
	return text;
}

/* As the program's environment has it, if that is ours to read and the file is there. NULL: not known. */
static char *file_of(const struct snapshot *s)
{
	char *path = rill_text("/proc/%" PRIu64 "/environ", s->pid), *environment = read_all(path), here[4096];
	const char *pattern = variable(environment, "RILL_FILE");
	char *number = rill_text("%u", s->number), *pid = rill_text("%" PRIu64, s->pid), *file;
	struct stat st;
	ssize_t length;

	free(path);
	path = rill_text("/proc/%" PRIu64 "/cwd", s->pid);
	length = readlink(path, here, sizeof here - 1);
	file = rill_text("%.*s%s%s", length > 0 && (!pattern || pattern[0] != '/') ? (int)length : 0, here,
			 pattern && pattern[0] == '/' ? "" : "/", pattern ? pattern : "rill.${pid}.${rotation}.json");
	file = replaced(replaced(file, "${rotation}", number), "${pid}", pid);
	if (!variable(environment, "RILL_TRACE") || stat(file, &st) < 0 || !S_ISREG(st.st_mode)) {
		free(file);
		file = NULL;
	}
	free(pid);
	free(number);
	free(path);
	free(environment);
	return file;
}

/* ---- asking --------------------------------------------------------------------------------------- */

static int say_written(const struct snapshot *s)
{
	char *file = s->quiet ? NULL : file_of(s);

	if (file)
		rill_say("snapshot %u of process %" PRIu64 ": %s", s->number, s->pid, file);
	else if (!s->quiet)
		rill_say("snapshot %u of process %" PRIu64 " is written to where its options say", s->number, s->pid);
	free(file);
	return RILL_EXIT_OK;
}

static int wait_for(struct snapshot *s)
{
	const struct timespec pause = { 0, PAUSE_NS };
	const uint64_t until_ns = rill_port_monotonic_ns() + s->timeout_s * 1000000000;
	const unsigned before = s->number;
	int gone = 0;

	while (rill_port_monotonic_ns() < until_ns) {
		const bool there = read_name(s, s->consumer);

		/* A name that is just being changed may be read as half of either. */
		gone = there ? 0 : gone + 1;
		if (gone == GONE_PAUSES)
			return not_asked(s, "has ended, or its flight session has, before the snapshot was written");
		if (there && s->state != '*' && s->number != before && (s->number - before + NUMBERS) % NUMBERS < NUMBERS / 2) {
			if (s->state == '.')
				return say_written(s);
			rill_say("snapshot %u of process %" PRIu64 " could not be written: the program's standard error says why", s->number,
				 s->pid);
			return RILL_EXIT_FAILED;
		}
		nanosleep(&pause, NULL);
	}
	rill_say("process %" PRIu64 " has not written a snapshot within %" PRIu64 " s: it may be stopped, or where it writes to is slow (--timeout)",
		 s->pid, s->timeout_s);
	return RILL_EXIT_FAILED;
}

/* By its control socket. False: it has none. */
static bool ask_socket(struct snapshot *s, const char *who, int *code)
{
	struct rill_remote *const r = rill_alloc(1, sizeof *r);
	uint32_t uid;
	const bool open = rill_remote_open_pid(r, (uint32_t)s->pid, &uid) == 0;

	r->who = who;
	if (open) {
		r->patience_ms = (int)s->timeout_s * 1000;
		rill_remote_begin(&r->request, "snapshot");
		*code = rill_remote_ask(r, -1, NULL, NULL);
		s->number = (unsigned)rill_remote_number(&r->reply, "number");
		if (!*code)
			*code = say_written(s);
		rill_remote_close(r);
	}
	free(r);
	return open;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct snapshot s = { .timeout_s = 30 };
	int code = rill_options(verb, &s, &argc, argv);

	if (code >= 0)
		return code;
	if (argc != 1)
		return rill_usage(verb, "the PID of one process is wanted, %d were given", argc);
	if (rill_parse_number(argv[0], 1, INT32_MAX, &s.pid) != 0)
		return rill_usage(verb, "'%s' is no PID: a number is wanted, such as $(pidof server) gives", argv[0]);
	if (ask_socket(&s, argv[0], &code))
		return code;
	code = find(&s);
	if (code)
		return code;
	if (kill((pid_t)s.pid, (int)s.signal) == 0)
		return wait_for(&s);
	rill_say("cannot ask process %" PRIu64 ": %s%s", s.pid, strerror(errno), errno == EPERM ? " (be its user, or root)" : "");
	return RILL_EXIT_FAILED;
}

const struct rill_verb rill_verb_snapshot = {
	"snapshot", "ask a running program for its last events", help_text, options, take_option, run, 0,
};

/* SPDX-License-Identifier: MIT
 * extract.c - `rill extract`: makes a trace of the rings that a process left behind in its ring file or its core file.
 */
#include "codecs.h"
#include "dead.h"
#include "site_names.h"
#include "transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char help_text[] =
	"usage: rill extract RINGFILE|COREFILE|PID|FOLDER -o OUT [--to FORMAT]\n"
	"\n"
	"Reads the rings that a program had in a file (RILL_RING_FILE, see rill(7)) when it was killed, and writes all events\n"
	"that are in them as a trace, in the order of their times. What the trace file of the program has may be in it once\n"
	"more: the rings keep events until they are overwritten. RINGFILE may come from another machine.\n"
	"COREFILE is the core file of a program, of any processor: the rings are found in its memory.\n"
	"\n"
	"PID is that of the program, whose ring file is looked for in the folder that RILL_RING_FILE names, else in /dev/shm.\n"
	"Of a FOLDER the newest ring file of a dead program is taken.\n"
	"\n"
	"After a power cut (RILL_OPTIONS=ring_disk, see rill(7)) a ring file on a disk is read page by page, as it may have of each\n"
	"page an older state than of another, or nothing: what is told is right, and what is missing or may not have been\n"
	"finished is said in bytes.\n"
	"\n"
	"  -o, --output OUT     the file to write; - is standard output; never what is read\n"
	"      --after WHAT     kill or power-cut: what the machine of a file with ring_disk has seen. By itself: a power cut, unless\n"
	"                       this machine has been running since the program began\n"
	"      --to FORMAT      rill, json, text, perfetto, ctf or folded, whatever OUT is called (see rill convert)\n"
	"      --slices         json: each scope as one X event at its end, instead of B and E\n" RILL_CODEC_HELP
	RILL_EXE_HELP
	"  -q, --quiet          say nothing when all went well\n"
	"\n"
	"What is read is not changed, and the program of a ring file may still be running. Exit code: 0 done, 1 failed, 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill extract /dev/shm/server.4711.ring -o last.json\n"
	"  rill extract 4711 -o last.pftrace\n"
	"  rill extract core.4711 -o last.json\n"
	"  rill extract /dev/shm -o - --to text | tail\n";

enum { AFTER = RILL_TRANSFER_OTHER };

static int take_option(void *ctx, int id, const char *value)
{
	struct rill_transfer *t = ctx;

	if (id != AFTER)
		return rill_transfer_take_option(ctx, id, value);
	if (strcmp(value, "kill") != 0 && strcmp(value, "power-cut") != 0)
		return rill_usage(t->verb, "--after %s: kill or power-cut is wanted", value);
	t->input_options.after = strcmp(value, "kill") ? RILL_AFTER_POWER_CUT : RILL_AFTER_KILL;
	return 0;
}

static const struct rill_option options[] = {
	RILL_TRANSFER_OPTIONS,
	{ AFTER, "after", "WHAT" },
	{ 0, NULL, NULL },
};

/* The newest file of this process, or (pid 0) of any that is dead. NULL after a message. */
static char *newest_in(const char *folder, uint64_t pid)
{
	struct rill_ring_files files;
	char *found = NULL;

	if (!rill_ring_files_find(folder, &files))
		return NULL;
	for (size_t i = files.count; i-- > 0 && !found;)
		if (files.v[i].whole && (pid ? files.v[i].head.pid == pid : !files.v[i].living))
			found = rill_text("%s", files.v[i].path);
	if (!found && pid)
		rill_say("no ring file of process %llu is in %s: name the file, or see rill list --dead FOLDER",
			 (unsigned long long)pid, folder);
	else if (!found)
		rill_say("no ring file of a dead program is in %s", folder);
	rill_ring_files_free(&files);
	return found;
}

/* What the operand stands for; NULL after a message. */
static char *find_file(const char *operand)
{
	char *end;
	const uint64_t pid = strtoul(operand, &end, 10);
	struct stat st;

	if (stat(operand, &st) == 0)
		return S_ISDIR(st.st_mode) ? newest_in(operand, 0) : rill_text("%s", operand);
	if (pid && !*end)
		return newest_in(rill_ring_files_folder(), pid);
	rill_say("cannot read %s: %s", operand, strerror(errno));
	return NULL;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct rill_transfer transfer = { .verb = verb }, *const t = &transfer;
	int code = rill_options(verb, t, &argc, argv);
	char *file;

	if (code >= 0)
		return code;
	if (argc != 1)
		return rill_usage(verb, "one ring file, core file, pid or folder is wanted (rill extract RINGFILE -o OUT), %d were given", argc);
	if (!t->out)
		return rill_usage(verb, "the output is missing: -o FILE, or -o - for standard output");
	code = rill_transfer_format(verb, t, t->format_name);
	if (code)
		return code;
	file = find_file(argv[0]);
	if (!file)
		return RILL_EXIT_FAILED;
	t->in = file;
	t->input_options.rings = true;
	code = rill_transfer_open(t);
	if (!code)
		code = rill_transfer_run(t);
	if (!code && !t->quiet)
		rill_say("%s: %llu events from %s", t->out, (unsigned long long)t->at_end.events, file);
	free(file);
	return code;
}

const struct rill_verb rill_verb_extract = {
	"extract",   "make a trace of what a killed program had in its rings",
	help_text, options,
	take_option, run,
	0,
};

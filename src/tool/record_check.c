/* SPDX-License-Identifier: MIT
 * record_check.c - what `rill record` refuses before it starts the program: better now than an
 * hour later.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#include "program.h"
#include "record.h"
#include "sink/address.h"
#include "tool.h"

#include <errno.h>
#include <rill/session.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int rill_record_check_program(struct rill_record *r)
{
	r->program = rill_program_find(r->name);
	if (!r->program) {
		switch (errno) {
		case EACCES:
			rill_say(
				"cannot run '%s': it is not executable (chmod +x, or name the interpreter)",
				r->name);
			break;
		case EISDIR: rill_say("cannot run '%s': it is a directory", r->name); break;
		case ENOENT:
			rill_say(
				"cannot run '%s': %s", r->name,
				strchr(r->name, '/')
					? "there is no such file"
					: "no program of this name in PATH (for one in this directory write ./NAME)");
			break;
		default: rill_say("cannot run '%s': %s", r->name, strerror(errno));
		}
		return RILL_EXIT_FAILED;
	}
	if (rill_program_is_privileged(r->program)) {
		rill_say(
			"%s is set-uid, set-gid or has capabilities: such programs ignore RILL_*, so nothing would be "
			"recorded; run it as its owner, or a copy without these bits",
			r->program);
		return RILL_EXIT_FAILED;
	}
	return 0;
}

static int check_folder(const char *folder, const char *output)
{
	struct stat st;

	if (strstr(folder, "${"))
		return 0; /* known only in the process */
	if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode)) {
		rill_say(
			"cannot write %s: there is no directory %s (mkdir -p it, or give -o another place)",
			output, folder);
		return RILL_EXIT_FAILED;
	}
	if (access(folder, W_OK | X_OK) < 0) {
		rill_say(
			"cannot write %s: directory %s: %s (give -o a place that you may write to)",
			output, folder, strerror(errno));
		return RILL_EXIT_FAILED;
	}
	return 0;
}

/* A file that is there already, under exactly this name. */
static int check_file(const char *path, const char *output)
{
	struct stat st;

	if (strstr(path, "${") || lstat(path, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode)) {
		rill_say("cannot write %s: it is a directory (give -o a file in it)", output);
		return RILL_EXIT_FAILED;
	}
	if (S_ISLNK(st.st_mode)) {
		rill_say(
			"cannot write %s: it is a symbolic link, and rill follows none (give -o the file itself)",
			output);
		return RILL_EXIT_FAILED;
	}
	if (access(path, W_OK) < 0) {
		rill_say("cannot write %s: %s (remove it, or give -o another name)", output,
			 strerror(errno));
		return RILL_EXIT_FAILED;
	}
	return 0;
}

static int check_path(struct rill_record *r, const char *output)
{
	char *here = output[0] == '/' ? NULL : getcwd(NULL, 0), *folder;
	int code;

	if (output[0] != '/' && !here) {
		rill_say("the current directory is gone: give -o an absolute path");
		return RILL_EXIT_FAILED;
	}
	r->pattern =
		rill_text("%s%s%s", here ? here : "", here && strcmp(here, "/") ? "/" : "", output);
	free(here);
	folder = rill_text("%.*s", (int)(strrchr(r->pattern, '/') - r->pattern), r->pattern);
	if (strlen(r->pattern) >= 4096) {
		rill_say("cannot write %s: the path is too long", output);
		code = RILL_EXIT_FAILED;
	} else {
		code = check_folder(*folder ? folder : "/", output);
	}
	if (!code)
		code = check_file(r->pattern, output);
	free(folder);
	return code;
}

/* The library's names of places that are no files. 0 or an exit code; -1: a file. */
static int check_address(struct rill_record *r, const char *output)
{
	struct rill_address address;
	int code = -1;

	if (rill_address_parse(output, &address) < 0)
		code = rill_usage(&rill_verb_record, "-o %s", rill_error());
	else if (address.kind == RILL_ADDRESS_MEMORY && !address.dump)
		code = rill_usage(&rill_verb_record,
				  "-o %s: the memory goes with the program; say where it is to be written then: "
				  "%s?dump=FILE",
				  output, output);
	else if (address.kind != RILL_ADDRESS_FILE)
		code = 0;
	rill_address_free(&address);
	if (code == 0) {
		r->addressed = true;
		r->pattern = rill_text("%s", output);
	}
	return code;
}

int rill_record_check_output(struct rill_record *r)
{
	const char *output = r->output ? r->output : "rill.${pid}.${rotation}.json";
	const int code = check_address(r, output);

	return code < 0 ? check_path(r, output) : code;
}

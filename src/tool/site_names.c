/* SPDX-License-Identifier: MIT
 * site_names.c - names for the events of programs that were compiled with -DRILL_STRIP_NAMES.
 */
#include "site_names.h"
#include "elf_names.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECTS_MAX = 256, TAG_MAX = 40 };

/* A file of names, or an object that the trace speaks of and whose names were not found. */
struct object {
	char tag[TAG_MAX];  /* its build id, as the traces have it */
	char base[TAG_MAX]; /* its file's name, for objects without one */
	struct rill_elf_names names;
	uint64_t unnamed; /* events */
};

static struct object objects[OBJECTS_MAX];
static unsigned object_count;
static bool given;

/* ---- files ---------------------------------------------------------------------------------- */

static bool add_file(struct rill_elf *elf, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct object *o = &objects[object_count];

	if (object_count == OBJECTS_MAX || !rill_elf_names_read(elf, &o->names))
		return false;
	rill_elf_build_id(elf, o->tag);
	strncpy(o->base, slash ? slash + 1 : path, TAG_MAX - 1);
	object_count++;
	return true;
}

int rill_names_exe(const struct rill_verb *verb, const char *path)
{
	struct rill_elf elf;
	const enum rill_elf_error error = rill_elf_open(&elf, path);
	const bool unreadable = error == RILL_ELF_UNREADABLE;
	const int why = errno;
	bool taken = error == RILL_ELF_OK && add_file(&elf, path);

	rill_elf_close(&elf);
	given = true;
	if (taken)
		return 0;
	if (unreadable)
		return rill_usage(verb, "--exe %s: cannot be read: %s", path, strerror(why));
	if (error != RILL_ELF_OK)
		return rill_usage(verb, "--exe %s: a program, a shared library or a debug file is wanted", path);
	return rill_usage(verb,
			  "--exe %s: no names of call sites are in it: name the file as it was linked from files compiled with "
			  "-DRILL_STRIP_NAMES, before it was stripped, or its debug file",
			  path);
}

bool rill_names_given(void)
{
	return given;
}

/* Where debuggers look: /usr/lib/debug/.build-id/AB/CDEF....debug */
static bool find_file(const char *tag)
{
	char *pattern;
	glob_t found;
	bool taken = false;

	if (strlen(tag) != RILL_BUILD_ID_DIGITS || strspn(tag, "0123456789abcdef") != RILL_BUILD_ID_DIGITS)
		return false;
	pattern = rill_text("/usr/lib/debug/.build-id/%.2s/%s*.debug", tag, tag + 2);
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc && !taken; i++) {
			struct rill_elf elf;

			taken = rill_elf_open(&elf, found.gl_pathv[i]) == RILL_ELF_OK && add_file(&elf, found.gl_pathv[i]);
			rill_elf_close(&elf);
		}
		globfree(&found);
	}
	free(pattern);
	return taken;
}

static bool is_called(const struct object *o, const char *tag)
{
	return !strcmp(o->tag, tag) || (!o->tag[0] && !strcmp(o->base, tag));
}

static struct object *find(const char *tag)
{
	static unsigned last;

	if (last < object_count && is_called(&objects[last], tag))
		return &objects[last];
	for (unsigned i = 0; i < object_count; i++)
		if (is_called(&objects[i], tag)) {
			last = i;
			return &objects[i];
		}
	if (!find_file(tag)) {
		if (object_count == OBJECTS_MAX)
			return NULL;
		strncpy(objects[object_count++].tag, tag, TAG_MAX - 1);
	}
	return &objects[object_count - 1];
}

/* ---- events --------------------------------------------------------------------------------- */

static void name_args(const struct rill_event *event, const struct rill_site_texts *texts, struct rill_named_event *named)
{
	const char *key = texts->args;
	unsigned at = 0;

	if (event->nargs > RILL_NAMED_ARGS_MAX)
		return;
	memcpy(named->args, event->args, event->nargs * sizeof named->args[0]);
	for (unsigned i = 0; i < texts->arg_count && at < event->nargs; i++) {
		const uint8_t type = (uint8_t)*key;

		if (type < RILL_TYPE_ID)
			named->args[at++].name = key + 1;
		key += 1 + strlen(key + 1) + 1;
	}
	named->event.args = named->args;
}

const struct rill_event *rill_names_event(const struct rill_event *event, struct rill_named_event *named)
{
	const struct rill_site_texts *texts;
	struct object *object;
	unsigned long number;
	char *end;

	if (!event->name || strncmp(event->name, "site:", 5))
		return event;
	number = strtoul(event->name + 5, &end, 10);
	if (*end != '@' || end == event->name + 5 || strlen(end + 1) >= TAG_MAX)
		return event;
	object = find(end + 1);
	texts = object && number < object->names.count ? &object->names.sites[number] : NULL;
	if (!texts || !texts->name) {
		if (object)
			object->unnamed++;
		return event;
	}
	named->event = *event;
	named->event.name = texts->name;
	if (!event->file || !*event->file)
		named->event.file = texts->file;
	name_args(event, texts, named);
	return &named->event;
}

void rill_names_say(void)
{
	for (unsigned i = 0; i < object_count; i++) {
		const struct object *o = &objects[i];

		if (o->unnamed)
			rill_say("%llu events are called site:NUMBER@%s, as their names are not in the traced program "
				 "(-DRILL_STRIP_NAMES): give its file, with this build id, by --exe",
				 (unsigned long long)o->unnamed, o->tag[0] ? o->tag : o->base);
	}
}

/* SPDX-License-Identifier: MIT
 * format.c - the table of formats that the tool writes, by name and by extension.
 */
#include "config.h"
#include "format.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

static const struct rill_output_format *const formats[] = {
	&rill_format_rill,
	&rill_format_json,
	&rill_format_ctf,
	&rill_format_text,
	&rill_format_folded,
	RILL_ON(CONFIG_RILL_PERFETTO) ? &rill_format_perfetto : NULL,
};
enum { FORMATS = sizeof formats / sizeof *formats };

void *rill_format_open(const struct rill_format_options *options, size_t size, size_t output_at,
		       int *code)
{
	struct rill_written *const state = rill_alloc(1, size);
	struct rill_output *const out = (struct rill_output *)((char *)state + output_at);

	*code = rill_output_open(out, options->path, options->input);
	if (*code) {
		free(state);
		return NULL;
	}
	out->broken = &state->broken;
	return state;
}

const struct rill_output_format *rill_format_by_name(const char *name)
{
	for (unsigned i = 0; i < FORMATS; i++)
		if (formats[i] && !strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

/* With its dot, *size bytes; NULL: none. Slashes at the end are those that a shell completes folders
 * with. */
static const char *extension_of(const char *path, int *size)
{
	size_t end = strlen(path), at;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (at = end; at && path[at - 1] != '/' && path[at - 1] != '.'; at--)
		;
	*size = (int)(end - at) + 1;
	return at && path[at - 1] == '.' ? path + at - 1 : NULL;
}

bool rill_format_has_extension(const char *path)
{
	int size;

	return extension_of(path, &size) != NULL;
}

const struct rill_output_format *rill_format_by_path(const char *path)
{
	int size;
	const char *const dot = extension_of(path, &size);
	char *wanted = dot ? rill_text("%.*s.", size, dot) : NULL;
	const struct rill_output_format *found = NULL;

	for (unsigned i = 0; wanted && i < FORMATS; i++)
		if (formats[i] && strstr(formats[i]->extensions, wanted))
			found = formats[i];
	free(wanted);
	return found;
}

char *rill_format_names(void)
{
	unsigned left = 0;
	char *names = NULL;

	for (unsigned i = 0; i < FORMATS; i++)
		left += formats[i] != NULL;
	for (unsigned i = 0; i < FORMATS; i++) {
		char *const shorter = names;

		if (!formats[i])
			continue;
		names = rill_text("%s%s%s", shorter ? shorter : "",
				  !shorter   ? ""
				  : left > 1 ? ", "
					     : " or ",
				  formats[i]->name);
		free(shorter);
		left--;
	}
	return names;
}

/* SPDX-License-Identifier: MIT
 * format.c - the table of formats that the tool writes, by name and by extension.
 */
#include "format.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

static const struct rill_output_format *const formats[] = {
	&rill_format_rill,
	&rill_format_json,
	&rill_format_text,
	&rill_format_folded,
};
enum { FORMATS = sizeof formats / sizeof *formats };

const struct rill_output_format *rill_format_by_name(const char *name)
{
	for (unsigned i = 0; i < FORMATS; i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

/* With its dot; NULL: none. */
static const char *extension_of(const char *path)
{
	const char *const name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	return strrchr(name, '.');
}

bool rill_format_has_extension(const char *path)
{
	return extension_of(path) != NULL;
}

const struct rill_output_format *rill_format_by_path(const char *path)
{
	const char *const dot = extension_of(path);
	char *wanted = dot ? rill_text("%s.", dot) : NULL;
	const struct rill_output_format *found = NULL;

	for (unsigned i = 0; wanted && i < FORMATS; i++)
		if (strstr(formats[i]->extensions, wanted))
			found = formats[i];
	free(wanted);
	return found;
}

char *rill_format_names(void)
{
	char *names = rill_text("%s", formats[0]->name);

	for (unsigned i = 1; i < FORMATS; i++) {
		char *longer = rill_text("%s%s%s", names, i + 1 < FORMATS ? ", " : " or ",
					 formats[i]->name);

		free(names);
		names = longer;
	}
	return names;
}

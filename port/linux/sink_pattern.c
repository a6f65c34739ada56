/* SPDX-License-Identifier: MIT
 * sink_pattern.c - expands ${pid}, ${rotation} and ${name} in the pattern of a file's name.
 */
#include "port/linux/sink_pattern.h"

#include "port/port.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *rill_pattern_absolute(const char *pattern, int *error)
{
	char directory[PATH_MAX];
	char *absolute;

	*error = 0;
	if (pattern[0] == '\0') {
		*error = rill_fail(
			EINVAL,
			"the name of the trace file is empty: give one, or none for the default");
		return NULL;
	}
	if (pattern[0] == '/')
		directory[0] = '\0';
	else if (!getcwd(directory, sizeof(directory))) {
		*error = rill_fail(
			errno,
			"the current directory cannot be found (%s): give '%s' as an absolute path",
			strerror(errno), pattern);
		return NULL;
	}
	absolute = malloc(strlen(directory) + strlen(pattern) + 2);
	if (!absolute) {
		*error = rill_fail(ENOMEM, "no memory for the name of the trace file");
		return NULL;
	}
	sprintf(absolute, "%s%s%s", directory, directory[0] && directory[1] ? "/" : "", pattern);
	return absolute;
}

/* The length of the place holder at `at` and, in *value, what it stands for; 0: none is there. */
static size_t holder(const char *at, const char *const values[3], const char **value)
{
	static const char *const names[3] = { "${pid}", "${rotation}", "${name}" };

	for (unsigned i = 0; i < 3; i++) {
		size_t size = strlen(names[i]);

		if (strncmp(at, names[i], size) == 0) {
			*value = values[i];
			return size;
		}
	}
	return 0;
}

/* Writes to `to` unless it is NULL; returns the length either way. */
static size_t expand(char *to, const char *pattern, const char *const values[3])
{
	size_t length = 0;

	while (*pattern) {
		const char *value;
		size_t skip = holder(pattern, values, &value), size = skip ? strlen(value) : 1;

		if (to)
			memcpy(to + length, skip ? value : pattern, size);
		length += size;
		pattern += skip ? skip : 1;
	}
	return length;
}

char *rill_pattern_expand(const char *pattern, const char *name, uint32_t pid, uint32_t rotation)
{
	char pid_text[12], rotation_text[12], *name_text = strdup(name ? name : "");
	const char *values[3] = { pid_text, rotation_text, name_text };
	char *path = NULL;
	size_t length;

	if (!name_text)
		return NULL;
	for (char *c = name_text; *c; c++)
		if (*c == '/')
			*c = '_';
	sprintf(pid_text, "%u", (unsigned)pid);
	sprintf(rotation_text, "%u", (unsigned)rotation);
	length = expand(NULL, pattern, values);
	path = malloc(length + 1);
	if (path) {
		expand(path, pattern, values);
		path[length] = '\0';
	}
	free(name_text);
	return path;
}

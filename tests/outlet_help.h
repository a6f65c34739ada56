/* SPDX-License-Identifier: MIT
 * outlet_help.h - what the tests of outlets and sinks share: a strict JSON parser that is not
 * ours, files, waiting.
 */
#ifndef RILL_TESTS_OUTLET_HELP_H
#define RILL_TESTS_OUTLET_HELP_H

#include <fcntl.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The parsed text, or NULL when it is not exactly one JSON value. To be put by
 * json_object_put(). */
static inline struct json_object *parse_strict(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(32);
	struct json_object *value;
	size_t end;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tokener, text, (int)size);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(value);
		value = NULL;
	}
	end = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	for (; value && end < size; end++)
		if (!strchr(" \t\r\n", text[end])) {
			json_object_put(value);
			value = NULL;
		}
	return value;
}

/* The array of events of either form, NULL if there is none. Still part of root. */
static inline struct json_object *events_of(struct json_object *root)
{
	struct json_object *list = root;

	if (json_object_is_type(root, json_type_object) &&
	    !json_object_object_get_ex(root, "traceEvents", &list))
		return NULL;
	return json_object_is_type(list, json_type_array) ? list : NULL;
}

static inline const char *text_of(struct json_object *event, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(event, key, &value) ? json_object_get_string(value) : "";
}

/* How many events have this name; NULL: any but metadata. */
static inline size_t count_named(struct json_object *root, const char *name)
{
	struct json_object *list = events_of(root);
	size_t count = 0;

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *event = json_object_array_get_idx(list, i);

		count += name ? !strcmp(text_of(event, "name"), name)
			      : strcmp(text_of(event, "ph"), "M") != 0;
	}
	return count;
}

/* The file's content with a NUL behind it; NULL if it cannot be read. To be freed. */
static inline char *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	char *text;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return NULL;
	text = malloc((size_t)stat.st_size + 1);
	*size = 0;
	while (*size < (size_t)stat.st_size) {
		ssize_t n = read(fd, text + *size, (size_t)stat.st_size - *size);

		if (n <= 0)
			break;
		*size += (size_t)n;
	}
	text[*size] = '\0';
	close(fd);
	return text;
}

static inline struct json_object *parse_file(const char *path)
{
	size_t size;
	char *text = read_file(path, &size);
	struct json_object *root = text ? parse_strict(text, size) : NULL;

	free(text);
	return root;
}

/* A new empty folder. */
static inline void make_folder(char path[64])
{
	const char *base = getenv("TMPDIR");

	snprintf(path, 64, "%.40s/rill-test-XXXXXX", base && strlen(base) < 40 ? base : "/tmp");
	if (!mkdtemp(path))
		abort();
}

static inline void remove_folder(const char *path)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	if (system(command) != 0)
		abort();
}

static inline void sleep_ms(unsigned ms)
{
	struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&time, NULL);
}

static inline int descriptors_open(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

#endif

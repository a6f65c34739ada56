/* SPDX-License-Identifier: MIT
 * outcome.c - what became of a recording, as the traced processes told in RILL_STATUS_FILE.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#define _GNU_SOURCE /* getline */
#include "outcome.h"
#include "model_read.h"
#include "port/linux/sink_pattern.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PROCESSES_MAX = 4096, GROUPS_MAX = 65536 };

/* The value behind " key=" in a line; 0 if it is not there. */
static uint64_t value(const char *line, const char *key)
{
	const size_t length = strlen(key);

	for (const char *at = strchr(line, ' '); at; at = strchr(at + 1, ' '))
		if (!strncmp(at + 1, key, length) && at[1 + length] == '=')
			return strtoull(at + 2 + length, NULL, 10);
	return 0;
}

/* The rest of the line behind " key=": a text that may hold blanks is always last. */
static const char *rest(const char *line, const char *key)
{
	char *pattern = rill_text(" %s=", key), *at = strstr(line, pattern);

	at = at ? at + strlen(pattern) : NULL;
	free(pattern);
	return at;
}

/* The process of that pid that is still running, or a new one. NULL: too many. */
static struct rill_traced *process(struct rill_outcome *o, uint64_t pid, bool new)
{
	for (size_t i = o->process_count; !new &&i > 0; i--)
		if (o->processes[i - 1].pid == pid && !o->processes[i - 1].ended)
			return &o->processes[i - 1];
	if (o->process_count == PROCESSES_MAX)
		return NULL;
	o->processes = rill_grow(o->processes, o->process_count + 1, sizeof o->processes[0]);
	o->processes[o->process_count] = (struct rill_traced){ .pid = pid };
	return &o->processes[o->process_count++];
}

/* Events that were committed behind the end of their session, which could not count them any more. */
static void take_stopped(struct rill_outcome *o, const char *line)
{
	for (size_t i = o->process_count; i > 0; i--) {
		struct rill_traced *p = &o->processes[i - 1];

		if (p->pid != value(line, "pid"))
			continue;
		p->late += value(line, "events");
		return;
	}
}

static void take_file(struct rill_traced *p, const char *line)
{
	const char *file = rest(line, "file");

	if (!file || !*file)
		return;
	free(p->file);
	p->file = rill_text("%s", file);
}

static void take_stop(struct rill_traced *p, const char *line)
{
	p->ended = true;
	p->events = value(line, "events");
	p->lost = value(line, "lost");
	p->full = value(line, "full");
	p->big = value(line, "big");
	p->deep = value(line, "deep");
	p->no_ring = value(line, "no_ring");
	p->stopped = value(line, "stopped");
	p->sink = value(line, "sink");
	p->subscriber = value(line, "subscriber");
	p->threads = value(line, "threads");
	p->bytes = value(line, "bytes");
	p->segments = value(line, "segments");
	p->buffer = value(line, "buffer");
	p->need = value(line, "need");
}

static void keep(char ***list, size_t *count, const char *text)
{
	if (*count == GROUPS_MAX)
		return;
	*list = rill_grow(*list, *count + 1, sizeof **list);
	(*list)[(*count)++] = rill_text("%s", text);
}

static void take_line(struct rill_outcome *o, const char *line)
{
	struct rill_traced *p;

	if (!strncmp(line, "start ", 6) && (p = process(o, value(line, "pid"), true))) {
		p->sites = value(line, "sites");
		p->categories = value(line, "categories");
		take_file(p, line);
	} else if (!strncmp(line, "stop ", 5) && (p = process(o, value(line, "pid"), false))) {
		take_stop(p, line);
		take_file(p, line);
	} else if (!strncmp(line, "stopped ", 8)) {
		take_stopped(o, line);
	} else if (!strncmp(line, "category ", 9)) {
		keep(&o->groups, &o->group_count, line + 9);
	} else if (!strncmp(line, "error ", 6) && rest(line, "text")) {
		keep(&o->errors, &o->error_count, rest(line, "text"));
	}
}

void rill_outcome_read(struct rill_outcome *o, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	*o = (struct rill_outcome){ 0 };
	if (!file)
		return;
	while ((size = getline(&line, &room, file)) > 0) {
		if (line[size - 1] == '\n')
			line[size - 1] = 0;
		take_line(o, line);
	}
	for (size_t i = 0; i < o->process_count; i++) {
		o->processes[i].lost += o->processes[i].late;
		o->processes[i].stopped += o->processes[i].late;
	}
	free(line);
	fclose(file);
}

void rill_outcome_free(struct rill_outcome *o)
{
	for (size_t i = 0; i < o->process_count; i++)
		free(o->processes[i].file);
	for (size_t i = 0; i < o->group_count; i++)
		free(o->groups[i]);
	for (size_t i = 0; i < o->error_count; i++)
		free(o->errors[i]);
	free(o->processes);
	free(o->groups);
	free(o->errors);
}

/* ---- processes that were killed
 * ------------------------------------------------------------------- */

static bool count_file(struct rill_model_taker *c, const char *path)
{
	struct rill_intake_result result;

	return rill_model_read(c, path, &result) == 0;
}

/* The name in a file that the pattern was expanded to: pid and rotation are known. NULL: another
 * pattern. */
static char *name_in(const char *pattern, const struct rill_traced *p)
{
	static const char mark[] = "\001"; /* in no path */
	char *without = rill_pattern_expand(pattern, "", (uint32_t)p->pid, 1);
	char *with = rill_pattern_expand(pattern, mark, (uint32_t)p->pid, 1), *name = NULL, *same;
	const size_t length = strlen(p->file), fixed = without ? strlen(without) : 0;

	if (with && without && length >= fixed) {
		const size_t places = strlen(with) - fixed;

		name = rill_text("%.*s", places ? (int)((length - fixed) / places) : 0,
				 p->file + strcspn(with, mark));
	}
	same = name ? rill_pattern_expand(pattern, name, (uint32_t)p->pid, 1) : NULL;
	if (!same || strcmp(same, p->file)) {
		free(name);
		name = NULL;
	}
	free(same);
	free(with);
	free(without);
	return name;
}

static bool is_of_this_run(const char *path, const struct timespec *since, uint64_t *size)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_mtim.tv_sec < since->tv_sec ||
	    (st.st_mtim.tv_sec == since->tv_sec && st.st_mtim.tv_nsec < since->tv_nsec))
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

/* The files behind the first one, which is p->file. The last of them becomes p->file. */
static void count_further_files(struct rill_model_taker *c, struct rill_traced *p, const char *pattern,
				const struct timespec *since)
{
	char *name = strstr(pattern, "${rotation}") ? name_in(pattern, p) : NULL;
	uint64_t size;

	while (name) {
		char *path = rill_pattern_expand(pattern, name, (uint32_t)p->pid,
						 (uint32_t)p->segments + 1);

		if (!path || !is_of_this_run(path, since, &size) || !count_file(c, path)) {
			free(path);
			break;
		}
		free(p->file);
		p->file = path;
		p->segments++;
		p->bytes += size;
	}
	free(name);
}

static void count_files(struct rill_traced *p, const char *pattern, const struct timespec *since)
{
	struct rill_model_taker c = { .tokener = NULL };

	p->counted = count_file(&c, p->file);
	if (p->counted) {
		p->segments = 1;
		count_further_files(&c, p, pattern, since);
		p->events = c.model.events;
		p->lost = rill_model_lost(&c.model) + p->late;
		p->threads = 0;
		for (size_t i = 0; i < c.model.lane_count; i++)
			p->threads += c.model.lanes[i]->events || c.model.lanes[i]->lost;
	}
	rill_model_taker_free(&c);
}

void rill_outcome_look_at_files(struct rill_outcome *o, const char *pattern,
				const struct timespec *since)
{
	struct stat st;

	for (size_t i = 0; i < o->process_count; i++) {
		struct rill_traced *p = &o->processes[i];

		if (!p->file || stat(p->file, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		/* The process could not know how its last bytes (the end, padding of pages) would
		 * add up. */
		if (p->segments <= 1)
			p->bytes = (uint64_t)st.st_size;
		if (!p->ended)
			count_files(p, pattern, since);
	}
}

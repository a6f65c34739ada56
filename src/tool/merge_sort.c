/* SPDX-License-Identifier: MIT
 * merge_sort.c - records in the order of their keys, by way of temporary files.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#define _GNU_SOURCE          /* mkostemp */
#include "merge_sort.h"
#include "merge_heads.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FAN = 16,          /* runs of one level that become one of the next */
	RUNS_MAX = 16 * FAN, /* sixteen levels: more than any disk holds */
	READ_BYTES = 32 << 10 /* kept for each file that is open */
};

/* A sorted file; `record` is its head. */
struct run {
	FILE *file;
	unsigned level;
	struct rill_merge_record *record;
	size_t room;
};

/* A record in memory. */
struct item {
	uint64_t key;
	size_t at;
};

struct rill_merge_sort {
	size_t run_bytes;
	struct rill_merge_store store;
	struct item *items;
	size_t item_count, item_room, next;
	struct run runs[RUNS_MAX]; /* the oldest first: their levels fall */
	unsigned run_count, written;
	struct rill_merge_heads heads; /* of runs; RUNS_MAX: what is in memory */
	bool taken;                    /* the first of heads was handed out */
	int code;
};

struct rill_merge_sort *rill_merge_sort_new(size_t run_bytes)
{
	struct rill_merge_sort *s = rill_alloc(1, sizeof *s);

	s->run_bytes = run_bytes;
	return s;
}

/* ---- files ---------------------------------------------------------------------------------- */

static void fail(struct rill_merge_sort *s, const char *what)
{
	if (s->code)
		return;
	rill_say("cannot %s a temporary file: %s (TMPDIR=FOLDER chooses another place)", what,
		 strerror(errno));
	s->code = RILL_EXIT_FAILED;
}

static FILE *open_run(struct rill_merge_sort *s)
{
	const char *const folder = getenv("TMPDIR");
	char *const path = rill_text("%s/rill-merge-XXXXXX", folder && *folder ? folder : "/var/tmp");
	const int fd = mkostemp(path, O_CLOEXEC);
	FILE *file = NULL;

	if (fd >= 0) {
		unlink(path);
		file = fdopen(fd, "w+b");
	}
	if (file)
		setvbuf(file, NULL, _IOFBF, READ_BYTES);
	else
		fail(s, "make");
	if (!file && fd >= 0)
		close(fd);
	free(path);
	return file;
}

static void write_record(struct rill_merge_sort *s, FILE *file, const void *record, size_t size)
{
	if (!s->code && fwrite(record, size, 1, file) != 1)
		fail(s, "write");
}

/* Its next record is read, or there is none. */
static bool read_record(struct rill_merge_sort *s, struct run *run)
{
	struct rill_merge_record head;

	if (s->code || fread(&head, sizeof head, 1, run->file) != 1) {
		if (!s->code && ferror(run->file))
			fail(s, "read");
		return false;
	}
	if (run->room < head.size) {
		run->room = 2 * (size_t)head.size;
		run->record = rill_grow(run->record, run->room, 1);
	}
	memcpy(run->record, &head, sizeof head);
	if (head.size > sizeof head &&
	    fread(run->record + 1, head.size - sizeof head, 1, run->file) != 1) {
		fail(s, "read");
		return false;
	}
	return true;
}

static void close_run(struct run *run)
{
	fclose(run->file);
	free(run->record);
	*run = (struct run){ .file = NULL };
}

/* Written to its end: from here on it is read. */
static void add_run(struct rill_merge_sort *s, FILE *file, unsigned level)
{
	if (!s->code && fflush(file) != 0)
		fail(s, "write");
	rewind(file);
	s->runs[s->run_count++] = (struct run){ .file = file, .level = level };
	s->written++;
}

/* ---- runs ----------------------------------------------------------------------------------- */

/* The last FAN runs are of one level: they become one of the next. */
static void join_runs(struct rill_merge_sort *s)
{
	struct run *const runs = &s->runs[s->run_count - FAN];
	struct rill_merge_heads heads = { .items = NULL };
	const unsigned level = runs->level + 1;
	FILE *const file = open_run(s);

	for (uint32_t i = 0; i < FAN; i++)
		if (read_record(s, &runs[i]))
			rill_merge_heads_put(&heads, runs[i].record->key, i);
	while (heads.count && !s->code) {
		struct run *const run = &runs[rill_merge_heads_first(&heads)];

		write_record(s, file, run->record, run->record->size);
		if (read_record(s, run))
			rill_merge_heads_change(&heads, run->record->key);
		else
			rill_merge_heads_remove(&heads);
	}
	rill_merge_heads_free(&heads);
	for (unsigned i = 0; i < FAN; i++)
		close_run(&runs[i]);
	s->run_count -= FAN;
	if (file)
		add_run(s, file, level);
}

static bool has_many_of_one_level(const struct rill_merge_sort *s)
{
	return s->run_count >= FAN &&
	       s->runs[s->run_count - FAN].level == s->runs[s->run_count - 1].level;
}

static int compare(const void *left, const void *right)
{
	const struct item *const a = left, *const b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at; /* as they came */
}

static void sort_items(struct rill_merge_sort *s)
{
	if (s->item_count)
		qsort(s->items, s->item_count, sizeof *s->items, compare);
}

static void write_run(struct rill_merge_sort *s)
{
	FILE *const file = s->item_count && !s->code ? open_run(s) : NULL;

	sort_items(s);
	for (size_t i = 0; i < s->item_count && file; i++) {
		const void *const record = s->store.bytes + s->items[i].at;

		write_record(s, file, record, ((const struct rill_merge_record *)record)->size);
	}
	s->store.used = s->item_count = 0;
	if (file)
		add_run(s, file, 0);
	while (!s->code && has_many_of_one_level(s))
		join_runs(s);
}

/* ---- from outside --------------------------------------------------------------------------- */

void rill_merge_sort_put(struct rill_merge_sort *s, const struct rill_merge_record *record)
{
	if (s->item_count && s->store.used + rill_merge_record_size(record) +
					     (s->item_count + 1) * sizeof *s->items >
				     s->run_bytes)
		write_run(s);
	if (s->code)
		return;
	if (s->item_count == s->item_room) {
		s->item_room = s->item_room ? 2 * s->item_room : 1024;
		s->items = rill_grow(s->items, s->item_room, sizeof *s->items);
	}
	s->items[s->item_count].key = record->key;
	s->items[s->item_count++].at = rill_merge_record_put(&s->store, record);
}

void rill_merge_sort_end(struct rill_merge_sort *s, bool to_file)
{
	if (to_file) {
		write_run(s);
		free(s->store.bytes);
		free(s->items);
		s->store = (struct rill_merge_store){ .bytes = NULL };
		s->items = NULL;
	}
	sort_items(s);
	for (uint32_t i = 0; i < s->run_count; i++)
		if (read_record(s, &s->runs[i]))
			rill_merge_heads_put(&s->heads, s->runs[i].record->key, i);
	if (s->item_count)
		rill_merge_heads_put(&s->heads, s->items[0].key, RUNS_MAX);
}

/* The record that was handed out last is no longer wanted. */
static void go_on(struct rill_merge_sort *s)
{
	const uint32_t first = rill_merge_heads_first(&s->heads);

	if (first == RUNS_MAX && ++s->next < s->item_count)
		rill_merge_heads_change(&s->heads, s->items[s->next].key);
	else if (first != RUNS_MAX && read_record(s, &s->runs[first]))
		rill_merge_heads_change(&s->heads, s->runs[first].record->key);
	else
		rill_merge_heads_remove(&s->heads);
}

struct rill_merge_record *rill_merge_sort_next(struct rill_merge_sort *s)
{
	struct rill_merge_record *r;
	uint32_t first;

	if (s->taken)
		go_on(s);
	s->taken = s->heads.count && !s->code;
	if (!s->taken)
		return NULL;
	first = rill_merge_heads_first(&s->heads);
	r = first == RUNS_MAX ? (void *)(s->store.bytes + s->items[s->next].at)
			      : s->runs[first].record;
	rill_merge_record_raise(r);
	return r;
}

int rill_merge_sort_failed(const struct rill_merge_sort *s)
{
	return s->code;
}

unsigned rill_merge_sort_runs(const struct rill_merge_sort *s)
{
	return s->written;
}

void rill_merge_sort_free(struct rill_merge_sort *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->run_count; i++)
		close_run(&s->runs[i]);
	rill_merge_heads_free(&s->heads);
	free(s->store.bytes);
	free(s->items);
	free(s);
}

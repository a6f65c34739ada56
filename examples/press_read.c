/* SPDX-License-Identifier: MIT
 * press_read.c - the reader of press: walks the paths and cuts what it finds into chunks.
 */
#include "press_pipe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH_MAX = 512 };

struct source {
	const char *path;
	const char *link;	/* what a symbolic link points at, else NULL */
	struct stat st;
	uint64_t id;
	bool damaged;		/* it was complained about already */
	int fd;			/* -1: an entry without data */
};

static void complain(struct pipe *pipe, const char *path, const char *what, int code)
{
	RILL_INSTANT("press", "error", "path", path, "what", what, "errno", code);
	fprintf(stderr, "press: %s: %s%s%s\n", path, what, code ? ": " : "",
		code ? strerror(code) : "");
	pipe->totals->failed++;
}

/* Fills to[] from the file; what it lacks of the size in its header becomes zeros, as with tar. */
static void read_data(struct pipe *pipe, struct source *source, unsigned char *to, size_t bytes)
{
	size_t used = 0;

	while (used < bytes) {
		const ssize_t got = read(source->fd, to + used, bytes - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (!source->damaged && got < 0)
				complain(pipe, source->path, "cannot be read", errno);
			else if (!source->damaged)
				complain(pipe, source->path, "got shorter while it was read", 0);
			source->damaged = true;
			memset(to + used, 0, bytes - used);
			return;
		}
		used += (size_t)got;
	}
}

static struct chunk *next_chunk(struct pipe *pipe, uint64_t file)
{
	struct chunk *const chunk = queue_take(&pipe->free);

	chunk->number = ++pipe->chunk_next;
	chunk->file = file;
	chunk->deflated = false;
	chunk->in_bytes = 0;
	return chunk;
}

static void hand_over(struct pipe *pipe, struct chunk *chunk)
{
	RILL_FLOW_BEGIN("press", "chunk", chunk->number);
	queue_put(&pipe->order, chunk);
	queue_put(&pipe->work, chunk);
}

/* One chunk of a source: its header if it is the first one, then as much data as fits. Returns
 * the data's size. */
static uint64_t read_chunk(struct pipe *pipe, struct source *source, uint64_t left, bool first)
{
	struct chunk *const chunk = next_chunk(pipe, source->id);

	RILL_SCOPE("press", "read", "path", source->path, "left", left);
	if (first)
		chunk->in_bytes =
			press_tar_header(chunk->in, source->path, source->link, &source->st);

	const size_t room = sizeof(chunk->in) - chunk->in_bytes;
	const size_t bytes = left < room ? (size_t)left : room;
	const size_t padded = press_round_up(bytes);	/* fits too: room is whole blocks */
	read_data(pipe, source, chunk->in + chunk->in_bytes, bytes);
	memset(chunk->in + chunk->in_bytes + bytes, 0, padded - bytes);
	chunk->in_bytes += padded;
	chunk->last = bytes == left;
	hand_over(pipe, chunk);
	return bytes;
}

static void read_source(struct pipe *pipe, struct source *source)
{
	uint64_t left = source->fd < 0 ? 0 : (uint64_t)source->st.st_size;
	bool first = true;

	do {
		left -= read_chunk(pipe, source, left, first);
		first = false;
	} while (left && !atomic_load_explicit(&pipe->broken, memory_order_relaxed));
}

static void read_file(struct pipe *pipe, const char *path)
{
	/* Not blocking: what was a file a moment ago may be a FIFO now. */
	const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct source source = { .path = path, .fd = fd };

	if (source.fd < 0 || fstat(source.fd, &source.st) < 0) {
		complain(pipe, path, "cannot be opened", errno);
	} else if (!S_ISREG(source.st.st_mode)) {
		complain(pipe, path, "is no regular file any more", 0);
	} else if (source.st.st_dev == pipe->out_st.st_dev &&
		   source.st.st_ino == pipe->out_st.st_ino) {
		complain(pipe, path, "is the archive itself, left out", 0);
	} else {
		const uint64_t bytes = (uint64_t)source.st.st_size;

		source.id = ++pipe->file_next;
		RILL_ASYNC_BEGIN("press", "file", source.id, "path", path, "bytes", bytes);
		RILL_SCOPE("press", "file", "path", path, "bytes", bytes);
		read_source(pipe, &source);
		pipe->totals->files++;
	}
	if (source.fd >= 0)
		close(source.fd);
}

static void read_link(struct pipe *pipe, const char *path, const struct stat *st)
{
	char target[PATH_MAX];
	struct source source = { .path = path, .link = target, .st = *st, .fd = -1 };
	const ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0) {
		complain(pipe, path, "cannot be read", errno);
		return;
	}
	target[length] = '\0';
	read_source(pipe, &source);
	pipe->totals->others++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);	/* the same in every locale */
}

static int no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

static void walk(struct pipe *pipe, char *path, size_t length, unsigned depth);

/* path[] has PATH_MAX bytes and is given back as it was. */
static void walk_directory(struct pipe *pipe, char *path, size_t length, const struct stat *st,
			   unsigned depth)
{
	RILL_SCOPE("press", "directory", "path", path);
	struct dirent **entries;
	const int count = scandir(path, &entries, no_dots, by_name);

	if (count < 0) {
		complain(pipe, path, "cannot be listed", errno);
		return;
	}
	if (length + 1 < PATH_MAX && path[length - 1] != '/')
		memcpy(path + length++, "/", 2);
	read_source(pipe, &(struct source){ .path = path, .st = *st, .fd = -1 });
	pipe->totals->others++;
	for (int i = 0; i < count; i++) {
		const size_t added = strlen(entries[i]->d_name);

		if (length + added >= PATH_MAX) {
			complain(pipe, path, "a name in it makes the path too long", ENAMETOOLONG);
		} else if (!atomic_load_explicit(&pipe->broken, memory_order_relaxed)) {
			memcpy(path + length, entries[i]->d_name, added + 1);
			walk(pipe, path, length + added, depth + 1);
		}
		path[length] = '\0';
		free(entries[i]);
	}
	free(entries);
}

static void walk(struct pipe *pipe, char *path, size_t length, unsigned depth)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		complain(pipe, path, "cannot be found", errno);
	else if (S_ISREG(st.st_mode))
		read_file(pipe, path);
	else if (S_ISLNK(st.st_mode))
		read_link(pipe, path, &st);
	else if (!S_ISDIR(st.st_mode))
		complain(pipe, path, "is neither file, directory nor link, left out", 0);
	else if (depth == DEPTH_MAX)
		complain(pipe, path, "lies too deep", ELOOP);
	else
		walk_directory(pipe, path, length, &st, depth);
}

/* The two blocks of zeros that end a tar. */
static void read_end_mark(struct pipe *pipe)
{
	struct chunk *const chunk = next_chunk(pipe, 0);

	RILL_SCOPE("press", "end");
	chunk->in_bytes = 2 * PRESS_BLOCK_BYTES;
	memset(chunk->in, 0, chunk->in_bytes);
	hand_over(pipe, chunk);
}

void *press_reader(void *arg)
{
	struct pipe *const pipe = arg;
	char path[PATH_MAX];

	rill_thread_name("reader");
	rill_thread_sort_index(1);
	RILL_SCOPE("press", "reader");
	for (char *const *p = pipe->paths; *p; p++) {
		const size_t length = strlen(*p);

		if (!length || length >= sizeof(path)) {
			complain(pipe, *p, "cannot be a path", length ? ENAMETOOLONG : ENOENT);
			continue;
		}
		memcpy(path, *p, length + 1);
		walk(pipe, path, length, 0);
	}
	read_end_mark(pipe);
	queue_close(&pipe->work);
	queue_close(&pipe->order);
	return NULL;
}

/* SPDX-License-Identifier: MIT
 * sink_kept.c - deletes the oldest files of a rotating sink.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "port/linux/sink_kept.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_room(struct rill_kept *k)
{
	const unsigned room = k->room ? 2 * k->room : 16;
	struct rill_kept_file *files;

	if (k->count < k->room)
		return true;
	files = realloc(k->files, room * sizeof *files);
	if (!files)
		return false;
	k->files = files;
	k->room = room;
	return true;
}

void rill_kept_add(struct rill_kept *k, const char *path, int fd)
{
	struct rill_kept_file file;
	struct stat stat;

	if (!k->max_bytes || fstat(fd, &stat) < 0 || !make_room(k))
		return;
	file = (struct rill_kept_file){ strdup(path), (uint64_t)stat.st_size, stat.st_dev, stat.st_ino };
	if (!file.path)
		return;
	k->files[k->count++] = file;
	k->bytes += file.size;
}

static void delete_oldest(struct rill_kept *k)
{
	const struct rill_kept_file oldest = k->files[0];
	struct stat stat;

	if (lstat(oldest.path, &stat) == 0 && stat.st_dev == oldest.device && stat.st_ino == oldest.inode)
		unlink(oldest.path);
	free(oldest.path);
	k->bytes -= oldest.size;
	k->count--;
	memmove(k->files, k->files + 1, k->count * sizeof *k->files);
}

void rill_kept_trim(struct rill_kept *k, uint64_t present)
{
	while (k->max_bytes && k->count && k->bytes + present > k->max_bytes)
		delete_oldest(k);
}

void rill_kept_free(struct rill_kept *k)
{
	for (unsigned i = 0; i < k->count; i++)
		free(k->files[i].path);
	free(k->files);
	*k = (struct rill_kept){ .count = 0 };
}

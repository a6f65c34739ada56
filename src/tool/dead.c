/* SPDX-License-Identifier: MIT
 * dead.c - finds ring files, and says whose they are.
 *
 * A process holds a lock on its ring file for as long as it lives. A program that has closed the descriptor has none, so that a
 * process with the file's pid, start and boot is taken for it, too. A file is dead only when neither says otherwise.
 */
#include "dead.h"
#include "image.h"
#include "tool.h"
#include "words.h"

#include "port/port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- one ---------------------------------------------------------------------------------------- */

static bool is_living(int fd, const struct rill_image_head *h)
{
	char boot_id[RILL_PORT_BOOT_ID_BYTES];

	if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return true;
	flock(fd, LOCK_UN);
	rill_port_boot_id(boot_id);
	return h->pid && h->start_time && !strcmp(boot_id, h->boot_id) &&
	       rill_port_thread_start_time(h->pid, h->pid) == h->start_time;
}

static bool looks_unfinished(const char *path, const uint8_t *bytes, size_t size)
{
	const size_t length = strlen(path);

	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return length > 5 && !strcmp(path + length - 5, ".ring");
}

bool rill_ring_file_look(const char *path, struct rill_ring_file *f)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint8_t bytes[sizeof f->head];
	const char *why;
	struct stat st;
	ssize_t got;

	*f = (struct rill_ring_file){ .whole = false };
	if (fd < 0)
		return false;
	got = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? pread(fd, bytes, sizeof bytes, 0) : -1;
	f->whole = got > 0 && rill_image_head(bytes, (size_t)got, &f->head, &f->foreign, &why);
	if (!f->whole)
		f->head = (struct rill_image_head){ .pid = 0 };
	if (got < 0 || (!f->whole && !looks_unfinished(path, bytes, (size_t)got))) {
		close(fd);
		errno = 0;
		return false;
	}
	f->living = is_living(fd, &f->head);
	f->bytes = (uint64_t)st.st_size;
	f->taken_bytes = (uint64_t)st.st_blocks * 512;
	f->changed_s = f->whole ? (int64_t)(f->head.realtime_ns / 1000000000) : st.st_mtime;
	f->path = rill_text("%s", path);
	close(fd);
	return true;
}

/* ---- those in a folder -------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const int64_t one = ((const struct rill_ring_file *)a)->changed_s, other = ((const struct rill_ring_file *)b)->changed_s;

	return (one > other) - (one < other);
}

const char *rill_ring_files_folder(void)
{
	const char *given = rill_port_env("RILL_RING_FILE");
	struct stat st;

	return given && stat(given, &st) == 0 && S_ISDIR(st.st_mode) ? given : "/dev/shm";
}

bool rill_ring_files_find(const char *folder, struct rill_ring_files *files)
{
	DIR *const dir = opendir(folder);
	struct dirent *entry;

	*files = (struct rill_ring_files){ NULL, 0 };
	if (!dir) {
		rill_say("cannot look into %s: %s", folder, strerror(errno));
		return false;
	}
	while ((entry = readdir(dir)) != NULL) {
		char *const path = rill_text("%s/%s", folder, entry->d_name);
		struct rill_ring_file file;

		if (rill_ring_file_look(path, &file)) {
			files->v = rill_grow(files->v, files->count + 1, sizeof *files->v);
			files->v[files->count++] = file;
		}
		free(path);
	}
	closedir(dir);
	if (files->count)
		qsort(files->v, files->count, sizeof *files->v, by_time);
	return true;
}

void rill_ring_files_free(struct rill_ring_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->v[i].path);
	free(files->v);
}

/* ---- rill list --dead --------------------------------------------------------------------------- */

static void put_line(const struct rill_ring_file *f)
{
	const time_t at = (time_t)f->changed_s;
	char when[32] = "-";
	struct tm tm;

	if (localtime_r(&at, &tm))
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	printf("%-8s %8u  %-19s %7llu KiB  ", f->living ? "living" : f->whole ? "dead" : "unmade", f->head.pid, when,
	       (unsigned long long)f->taken_bytes / 1024);
	rill_put_safe(stdout, f->whole ? f->head.program : "-");
	fputs("  ", stdout);
	rill_put_safe(stdout, f->path);
	putchar('\n');
}

/* Between the look and this nobody can have begun to live in it: a new program makes a new file. */
static int remove_one(const struct rill_ring_file *f)
{
	if (unlink(f->path) == 0) {
		printf("removed  ");
		rill_put_safe(stdout, f->path);
		putchar('\n');
		return RILL_EXIT_OK;
	}
	rill_say("cannot remove %s: %s", f->path, strerror(errno));
	return RILL_EXIT_FAILED;
}

int rill_list_dead(const char *folder, bool remove, uint64_t older_s)
{
	struct rill_ring_files files;
	const int64_t now = time(NULL);
	int code = RILL_EXIT_OK;

	if (!rill_ring_files_find(folder, &files))
		return RILL_EXIT_FAILED;
	for (size_t i = 0; i < files.count; i++) {
		const struct rill_ring_file *const f = &files.v[i];

		if (!remove)
			put_line(f);
		else if (!f->living && now - f->changed_s >= 0 && (uint64_t)(now - f->changed_s) >= older_s &&
			 remove_one(f) != RILL_EXIT_OK)
			code = RILL_EXIT_FAILED;
	}
	if (!files.count)
		rill_say("no ring files in %s", folder);
	rill_ring_files_free(&files);
	return code;
}

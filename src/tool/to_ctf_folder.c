/* SPDX-License-Identifier: MIT
 * to_ctf_folder.c - the folder of a CTF trace: what may be written over, whole writes or none.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#define _GNU_SOURCE          /* O_DIRECTORY, O_NOFOLLOW */
#include "to_ctf.h"
#include "tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what is there already ------------------------------------------------------------------ */

static bool is_stream(const char *name)
{
	return !strncmp(name, "stream_", 7) && name[7] &&
	       strspn(name + 7, "0123456789") == strlen(name + 7);
}

static bool is_ours(const char *name)
{
	return is_stream(name) || !strcmp(name, "metadata") || !strcmp(name, "metadata.new");
}

/* False: it was not written by rill. */
static bool has_signature(int folder)
{
	char head[sizeof RILL_CTF_SIGNATURE - 1];
	const int fd = openat(folder, "metadata", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const ssize_t got = fd < 0 ? -1 : read(fd, head, sizeof head);

	if (fd >= 0)
		close(fd);
	return got == (ssize_t)sizeof head && !memcmp(head, RILL_CTF_SIGNATURE, sizeof head);
}

/* Calls take for each name but . and .. until it says false, which is returned then. */
static bool each_name(int folder, bool (*take)(int folder, const char *name, const void *arg),
		      const void *arg)
{
	const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool good = names != NULL;

	if (!names && fd >= 0)
		close(fd);
	while (good && (entry = readdir(names)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			good = take(folder, entry->d_name, arg);
	if (names)
		closedir(names);
	return good;
}

static bool is_nothing(int folder, const char *name, const void *arg)
{
	(void)folder, (void)name, (void)arg;
	return false;
}

static bool is_old_trace(int folder, const char *name, const void *input)
{
	const struct stat *const in = input;
	struct stat st;

	if (!is_ours(name) || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return false;
	return !in || st.st_ino != in->st_ino || st.st_dev != in->st_dev;
}

static bool remove_stream(int folder, const char *name, const void *arg)
{
	(void)arg;
	return !is_ours(name) || !strcmp(name, "metadata") || unlinkat(folder, name, 0) == 0;
}

/* "metadata" goes last: a stop in between leaves a smaller trace, which may be written over. */
static bool remove_all(int folder)
{
	return each_name(folder, remove_stream, NULL) &&
	       (unlinkat(folder, "metadata", 0) == 0 || errno == ENOENT);
}

static int remove_old(struct rill_ctf_folder *f)
{
	if (remove_all(f->fd))
		return 0;
	rill_say("cannot remove the old trace in %s: %s", f->path, strerror(errno));
	return RILL_EXIT_FAILED;
}

static int look_at(struct rill_ctf_folder *f, const struct stat *input)
{
	if (each_name(f->fd, is_nothing, NULL))
		return 0;
	if (has_signature(f->fd) && each_name(f->fd, is_old_trace, input))
		return remove_old(f);
	rill_say(
		"%s holds something that is no CTF trace of rill's, and is not written over: give -o another name, or empty it",
		f->path);
	return RILL_EXIT_USAGE;
}

/* ---- opening -------------------------------------------------------------------------------- */

static int refuse(const char *path)
{
	const int error = errno;

	rill_say("cannot write %s: %s%s", path, strerror(error),
		 error == ENOENT    ? " (is its folder there?)"
		 : error == ENOTDIR ? " (a CTF trace is a folder of files: give -o another name)"
				    : "");
	return RILL_EXIT_FAILED;
}

int rill_ctf_folder_open(struct rill_ctf_folder *f, const char *path, const struct stat *input)
{
	int code;

	*f = (struct rill_ctf_folder){ .path = path, .fd = -1 };
	if (!strcmp(path, "-")) {
		rill_say(
			"a CTF trace is a folder of files and cannot go to standard output: give -o a name");
		return RILL_EXIT_USAGE;
	}
	f->made = mkdir(path, 0777) == 0;
	if (!f->made && errno != EEXIST)
		return refuse(path);
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0)
		return refuse(path);
	code = f->made ? 0 : look_at(f, input);
	if (code) {
		close(f->fd);
		f->fd = -1;
	}
	return code;
}

/* ---- writing -------------------------------------------------------------------------------- */

static int write_all(int fd, const void *bytes, size_t size)
{
	for (const char *at = bytes; size;) {
		const ssize_t put = write(fd, at, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? errno : EIO;
		at += put;
		size -= (size_t)put;
	}
	return 0;
}

void rill_ctf_folder_append(struct rill_ctf_folder *f, const char *name, const void *bytes,
			    size_t size)
{
	const int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
	const int fd = f->error ? -1 : openat(f->fd, name, flags, 0666);
	struct stat st;

	if (f->error)
		return;
	if (fd < 0 || fstat(fd, &st) < 0)
		f->error = errno;
	else
		f->error = write_all(fd, bytes, size);
	if (fd < 0)
		return;
	/* Half a packet would make all of the trace unreadable. An empty file is no stream. */
	if (f->error && (st.st_size ? ftruncate(fd, st.st_size) : unlinkat(f->fd, name, 0)) < 0)
		rill_say("cannot take back what was written of %s/%s: %s", f->path, name,
			 strerror(errno));
	if (close(fd) < 0 && !f->error)
		f->error = errno;
}

void rill_ctf_folder_replace(struct rill_ctf_folder *f, const char *name, const void *bytes,
			     size_t size)
{
	char *fresh = rill_text("%s.new", name);

	rill_ctf_folder_append(f, fresh, bytes, size);
	if (!f->error && renameat(f->fd, fresh, f->fd, name) < 0) {
		f->error = errno;
		unlinkat(f->fd, fresh, 0);
	}
	free(fresh);
}

int rill_ctf_folder_close(struct rill_ctf_folder *f, bool keep)
{
	if (f->error)
		rill_say("cannot write all of %s: %s%s", f->path, strerror(f->error),
			 f->error == ENOSPC ? " (make room, or give -o another disk)" : "");
	if (!keep)
		remove_all(f->fd);
	close(f->fd);
	if (!keep && f->made)
		rmdir(f->path);
	return f->error ? RILL_EXIT_FAILED : RILL_EXIT_OK;
}

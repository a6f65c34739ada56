/* SPDX-License-Identifier: MIT
 * sink_open.c - opens a trace file; each way it can fail has a sentence that says what to do.
 *
 * The file is looked at through its descriptor, after opening and before truncating: a check by
 * name before the open could be outrun by somebody who swaps the file in between.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "port/linux/sink_open.h"

#include "port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder part of path, as a length. */
static int folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return 0;
	return slash == path ? 1 : (int)(slash - path);
}

static int explain_open(const char *path, int error)
{
	int folder = folder_length(path);

	switch (error) {
	case ENOENT:
		return rill_fail(error, "the folder %.*s for the trace file does not exist: "
				 "create it (mkdir -p) or name another file", folder, path);
	case ENOTDIR:
		return rill_fail(
			error,
			"%.*s is not a folder, so the trace file cannot be in it: "
			"name another file",
			folder, path);
	case EACCES:
	case EPERM:
		return rill_fail(error,
				 "no permission to write the trace file %s: "
				 "name a file in a folder that is yours, or change the permissions",
				 path);
	case ELOOP:
		return rill_fail(error,
				 "the trace file %s is a symbolic link, which could lead anywhere: "
				 "remove it, or name the file it leads to",
				 path);
	case EISDIR:
		return rill_fail(error, "the trace file %s is a folder: name a file in it", path);
	case ENXIO:
		return rill_fail(
			error,
			"nothing takes what is written to %s: a FIFO needs its reader first, "
			"and a socket cannot be named here",
			path);
	case ENAMETOOLONG:
		return rill_fail(error, "the name of the trace file is too long: %s", path);
	case ENOSPC:
	case EDQUOT:
		return rill_fail(
			error,
			"no room to create the trace file %s (%s): free some, or name another disk",
			path, strerror(error));
	default:
		return rill_fail(error, "the trace file %s cannot be opened: %s", path,
				 strerror(error));
	}
}

static int check_file(const char *path, int fd, const struct stat *stat)
{
	if (stat->st_nlink > 1)
		return rill_fail(
			EMLINK,
			"the trace file %s has further names (hard links), "
			"whose content would go, too: remove it, or name another file",
			path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return rill_fail(
			EBUSY,
			"the trace file %s is being written by another session or process: "
			"name another one, with ${pid} for example",
			path);
	if (ftruncate(fd, 0) < 0)
		return rill_fail(errno, "the trace file %s cannot be emptied: %s", path,
				 strerror(errno));
	return 0;
}

static int check(const char *path, int fd, bool *regular)
{
	struct stat stat;

	if (fstat(fd, &stat) < 0)
		return explain_open(path, errno);
	*regular = S_ISREG(stat.st_mode);
	if (S_ISCHR(stat.st_mode))
		return 0;
	if (!*regular && !S_ISFIFO(stat.st_mode))
		return rill_fail(
			EINVAL,
			"%s is neither a file nor a FIFO nor a character device: name another file",
			path);
	if (stat.st_uid != geteuid())
		return rill_fail(
			EPERM,
			"the trace file %s belongs to another user: "
			"remove it, or name another file",
			path);
	return *regular ? check_file(path, fd, &stat) : 0;
}

int rill_open_trace(const char *path, uint32_t mode, bool *regular)
{
	/* O_NONBLOCK: a FIFO without a reader or a device without a carrier would hold the
	 * program for ever. */
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		      (mode_t)mode);
	int error;

	if (fd < 0)
		return explain_open(path, errno);
	error = check(path, fd, regular);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

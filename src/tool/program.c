/* SPDX-License-Identifier: MIT
 * program.c - finds a program as a shell would, and says what kind of file it is.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#define _GNU_SOURCE /* strchrnul */
#include "program.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* 0, or why path cannot be run. */
static int runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return EACCES;
	return 0;
}

char *rill_program_find(const char *name)
{
	const char *path = getenv("PATH");
	int error = ENOENT;

	if (strchr(name, '/') || !*name) {
		errno = *name ? runnable(name) : ENOENT;
		return errno ? NULL : rill_text("%s", name);
	}
	for (const char *at = path ? path : "/usr/local/bin:/usr/bin:/bin"; at;) {
		const char *end = strchrnul(at, ':');
		/* An empty part of PATH is the current directory. */
		char *file =
			rill_text("%.*s%s%s", (int)(end - at), at, end == at ? "./" : "/", name);
		int e = runnable(file);

		if (!e)
			return file;
		if (e == EACCES)
			error = EACCES;
		free(file);
		at = *end ? end + 1 : NULL;
	}
	errno = error;
	return NULL;
}

bool rill_program_is_privileged(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	if ((st.st_mode & S_ISUID) && st.st_uid != geteuid())
		return true;
	if ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) && st.st_gid != getegid())
		return true;
	return geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

char *rill_program_interpreter(const char *path)
{
	char line[256] = "", *at;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t size;

	if (fd < 0)
		return NULL;
	size = read(fd, line, sizeof line - 1);
	close(fd);
	if (size < 3 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[strcspn(line, "\n")] = 0;
	at = line + 2 + strspn(line + 2, " \t");
	at[strcspn(at, " \t\r")] = 0;
	return rill_text("%s", at);
}

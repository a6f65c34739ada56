/* SPDX-License-Identifier: MIT
 * folder_help.h - a test's own folder of plain files, taken away at the end.
 */
#ifndef RILL_TESTS_FOLDER_HELP_H
#define RILL_TESTS_FOLDER_HELP_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

static inline bool remove_folder(const char *folder)
{
	DIR *d = opendir(folder);

	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	return rmdir(folder) == 0;
}

#endif

/* SPDX-License-Identifier: MIT
 * program.h - finds a program as a shell would, and says what kind of file it is.
 */
#ifndef RILL_TOOL_PROGRAM_H
#define RILL_TOOL_PROGRAM_H

#include <stdbool.h>

/* The file that `name` runs: itself if it holds a slash, else by PATH. Freed by the caller. On
 * failure NULL and errno: ENOENT, EACCES (not executable), EISDIR. */
char *rill_program_find(const char *name);

/* Would running it change the user, the group or the capabilities? Then the kernel marks it as
 * secure, and RILL_* is ignored by rill in it. */
bool rill_program_is_privileged(const char *path);

/* The interpreter of a script ("/bin/sh"), freed by the caller; NULL: it is no script. */
char *rill_program_interpreter(const char *path);

#endif

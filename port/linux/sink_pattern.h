/* SPDX-License-Identifier: MIT
 * sink_pattern.h - the names of files, from a pattern with ${pid}, ${rotation} and ${name}.
 */
#ifndef RILL_LINUX_SINK_PATTERN_H
#define RILL_LINUX_SINK_PATTERN_H

#include <stdint.h>

/* The pattern as an absolute one, from the directory the process is in now; so a later chdir
 * does not move the files. NULL: *error is -errno and rill_error() has the sentence. To be
 * freed. */
char *rill_pattern_absolute(const char *pattern, int *error);

/* The name of one file. Every place holder may occur any number of times; any other ${...} stays
 * as it is. A '/' in name becomes '_': a session's name chooses no directory. NULL: no memory.
 * To be freed. */
char *rill_pattern_expand(const char *pattern, const char *name, uint32_t pid, uint32_t rotation);

#endif

/* SPDX-License-Identifier: MIT
 * dead.h - ring files in a folder, and whether the processes that made them live.
 */
#ifndef RILL_TOOL_DEAD_H
#define RILL_TOOL_DEAD_H

#include "format/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rill_ring_file {
	char *path;
	struct rill_image_head head;	/* zeroed if not `whole` */
	bool whole;		/* it has a head: else its program died while it made it */
	bool living;
	bool foreign;		/* written on a machine with another order of bytes */
	uint64_t bytes, taken_bytes;
	int64_t changed_s;	/* since 1970 */
};

struct rill_ring_files {
	struct rill_ring_file *v;
	size_t count;
};

/* Looks at one file. False: it is none, or cannot be opened (errno, else 0). To be freed by rill_ring_files_free() with others, or
 * its path alone. */
bool rill_ring_file_look(const char *path, struct rill_ring_file *file);

/* Those in a folder, oldest first. False after a message. */
bool rill_ring_files_find(const char *folder, struct rill_ring_files *files);
void rill_ring_files_free(struct rill_ring_files *files);

/* RILL_RING_FILE's folder, or /dev/shm. */
const char *rill_ring_files_folder(void);

/* `rill list --dead`. An exit code; seconds 0: of any age. */
int rill_list_dead(const char *folder, bool remove, uint64_t older_s);

#endif

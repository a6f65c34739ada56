/* SPDX-License-Identifier: MIT
 * sink_kept.h - the files that a rotating sink has finished, so that the oldest can be deleted when all
 * together grow beyond what the session may take of a disk.
 *
 * Only what this sink has written is ever deleted: a file that somebody put in the place of one is left
 * alone, and so are the files of earlier runs.
 */
#ifndef RILL_LINUX_SINK_KEPT_H
#define RILL_LINUX_SINK_KEPT_H

#include <stdint.h>
#include <sys/types.h>

struct rill_kept_file {
	char *path;
	uint64_t size;
	dev_t device;
	ino_t inode;
};

/* Zeroed: no bound. */
struct rill_kept {
	uint64_t max_bytes;	/* 0: none is ever deleted */
	uint64_t bytes;
	struct rill_kept_file *files;	/* oldest first */
	unsigned count, room;
};

/* fd is the finished file at path. Without memory for it, it stays for good. */
void rill_kept_add(struct rill_kept *kept, const char *path, int fd);
/* Deletes the oldest until they and `present` bytes are within the bound, or none is left. */
void rill_kept_trim(struct rill_kept *kept, uint64_t present);
void rill_kept_free(struct rill_kept *kept);

#endif

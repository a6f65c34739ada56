/* SPDX-License-Identifier: MIT
 * press.h - what the files of the compressor `press` share.
 *
 *     press.c       the command line
 *     press_pipe.c  the threads: a reader, N workers, a writer, and how they start and end
 *     press_read.c  the reader: walks the paths, cuts files into chunks
 *     press_queue.c the queues between the threads
 *     press_tar.c   the archive format: tar headers, the check of a finished archive
 *
 * The archive is a .tar.gz that any tar reads. It is cut into chunks of at most
 * PRESS_CHUNK_BYTES, no chunk holds more than one file, and every chunk is a gzip member of its
 * own: that is what lets workers compress side by side, and what confines damage in an archive
 * to one file.
 */
#ifndef PRESS_H
#define PRESS_H

/* Files beyond 2 GiB, on 32-bit processors too. This is why press.h comes before other headers. */
#define _FILE_OFFSET_BITS 64

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
	PRESS_BLOCK_BYTES = 512,	/* tar's unit; every part of an archive is some of these */
	PRESS_CHUNK_BYTES = 128 * 1024,
	PRESS_WORKERS_MAX = 256,
	/* Of press_tar_header(): an extension header, its records for two names, the header. */
	PRESS_HEADER_MAX_BYTES = 2 * PRESS_BLOCK_BYTES + 2 * PATH_MAX + PRESS_BLOCK_BYTES
};
_Static_assert(PRESS_HEADER_MAX_BYTES < PRESS_CHUNK_BYTES, "a header fits in a chunk");

struct press_totals {
	uint64_t files, others;		/* regular files; directories and links */
	uint64_t failed;		/* files that could not be read, or not whole */
	uint64_t in_bytes, out_bytes;	/* the tar stream, and what it was compressed to */
};

/* Writes the archive of all paths to the descriptor out. False: it is not whole (a message was
 * given). */
bool press_run(unsigned workers, char *const paths[], int out, struct press_totals *totals);

/* Writes the header of one entry (link: what a symbolic link points at, else NULL). Returns its
 * size, a multiple of PRESS_BLOCK_BYTES. Names are stored without leading "/" and "../". */
size_t press_tar_header(unsigned char *to, const char *path, const char *link,
			const struct stat *st);

/* Reads an archive back: every gzip member whole, every tar header right, the end in place. */
bool press_check(const char *archive);

/* Rounds up to whole blocks of the tar format. */
static inline size_t press_round_up(size_t bytes)
{
	return (bytes + PRESS_BLOCK_BYTES - 1) / PRESS_BLOCK_BYTES * PRESS_BLOCK_BYTES;
}

#endif

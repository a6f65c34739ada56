/* SPDX-License-Identifier: MIT
 * ring_file.h - the pool of rings as an image, in a file that outlives the process or in memory (format/image.h has its layout).
 *
 * Without CONFIG_RILL_RING_FILE nothing of this is built.
 */
#ifndef RILL_RING_RING_FILE_H
#define RILL_RING_RING_FILE_H

#include "config.h"
#include "format/image.h"
#include "format/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the next pool shall lie; NULL: in memory. Kept: the caller does not free it. keep: the file stays when the program ends. disk: in
 * disk mode, if it is a file. */
void rill_ring_file_ask(const char *path, bool keep, bool disk);
/* Disk mode: what its blocks bear; else 0. */
uint32_t rill_ring_file_tag(void);
static inline uint32_t rill_ring_tag(void)
{
	return RILL_ON(CONFIG_RILL_RING_FILE) ? rill_ring_file_tag() : 0;
}
/* So many bytes lie in front of the data of rings, behind slots of so many: in disk mode each ring begins at a page. */
static inline size_t rill_ring_data_at(size_t slots_bytes)
{
	return rill_ring_tag() ? (slots_bytes + RILL_PAGE - 1) / RILL_PAGE * RILL_PAGE : slots_bytes;
}
/* A path was asked for. */
bool rill_ring_file_wanted(void);

/* So many slots where nobody has said how many: a file takes its room at once and not as threads come. */
uint32_t rill_ring_file_slots(uint32_t usual);

/* Makes the file, or memory where none is asked for, with room for a pool of this shape. head holds what the pool knows: slots, offsets,
 * and of part[0] its rings and sizes. NULL: rill_error() has the sentence, and *error is -errno. Control, once until
 * rill_ring_file_forked(). */
void *rill_ring_file_create(struct rill_image_head *head, int *error);

/* Room for the flight rings of the pool, zeroed; part holds what they know of it. NULL as above. Nobody finds them before
 * rill_ring_file_show(), which comes when the rings are as a reader expects them. Control. */
void *rill_ring_file_add(struct rill_image_part *part, int *error);
void rill_ring_file_show(const struct rill_image_part *part);

/* The rings of a slot, one for each level, which begin at `at` in it. kind: of them all. */
void rill_ring_file_describe(struct rill_image_part *part, enum rill_image_kind kind, size_t at, size_t (*level_bytes)(unsigned level),
			     size_t (*level_block)(unsigned level));

/* There is a pool, with head and definitions, in this process; and it is in a file. Any thread, signal handlers too. */
bool rill_ring_file_is_open(void);
bool rill_ring_file_survives(void);
/* The pieces of an image of all slots that were ever used, in its order; what lies between them is zero. Async-signal-safe. */
void rill_ring_file_pieces(void (*take)(void *ctx, uint64_t at, const void *bytes, size_t size), void *ctx);
/* One more definition: the parts, one behind the other. Lock-free, wherever the file is; nothing without one. */
struct rill_ring_file_part {
	const void *bytes;
	size_t size;
};
void rill_ring_file_define(uint8_t kind, const struct rill_ring_file_part *parts, unsigned count);
/* A thread begins to write at these positions: one for each stream ring of the slot. */
void rill_ring_file_owner(uint32_t slot, unsigned ring, uint64_t from);
/* A clock pair, from who holds the drain role. */
void rill_ring_file_clock(uint64_t ticks, uint64_t monotonic_ns);

/* Around fork, signals blocked in between: then in the parent; or in the child, whose rings become memory of its own, as they were at
 * the fork. */
void rill_ring_file_before_fork(void);
void rill_ring_file_after_fork(void);
void rill_ring_file_forked(void);
/* The program ends in order. */
void rill_ring_file_end(void);

#endif

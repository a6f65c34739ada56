/* SPDX-License-Identifier: MIT
 * memory.h - a sink that keeps the last bytes of a session in memory.
 *
 * What it keeps are whole segments, each readable by itself: the outlet before it ends its segment
 * and begins the next after a part of the memory, as if these were files, and the oldest go when a new one
 * needs their room. So there is no reader that finds the definitions overwritten.
 */
#ifndef RILL_SINK_MEMORY_H
#define RILL_SINK_MEMORY_H

#include <rill/sink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RILL_MEMORY_KIB_MIN = 64, RILL_MEMORY_KIB_MAX = 1 << 20,
	RILL_MEMORY_PARTS = 4	/* a segment takes about this part of the memory */
};

struct rill_memory;

struct rill_memory_options {
	size_t bytes;
	const char *dump;	/* pattern of the file to which all goes at the end; NULL: none */
	const char *name;	/* for the pattern, as in struct rill_file_options */
	uint32_t pid, mode;
	const char *json_tail;	/* NULL: packets */
};

/* The sink owns the memory: it is gone when the sink is closed. 0 or -errno with the sentence. */
int rill_memory_sink(const struct rill_memory_options *options, struct rill_sink *sink, struct rill_memory **memory);

/* Any thread. Copies what is there now and calls take for each segment, oldest first. How many there were, or -ENOMEM. */
int rill_memory_read(struct rill_memory *memory, void (*take)(void *ctx, const void *segment, size_t size), void *ctx);

#endif

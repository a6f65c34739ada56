/* SPDX-License-Identifier: MIT
 * image.h - reading a ring file: the rings of a process as they stood when it died, or at any moment of its life.
 *
 *     bytes -> image.c         the head: whose rings, and where they are
 *              image_define.c  what call sites and category groups mean
 *              image_ring.c    one ring: its blocks, and the records in them
 *              image_page.c    the blocks of a ring after a power cut
 *              image_event.c   a record as an event
 *              image_time.c    ticks as nanoseconds
 *              image_twin.c    events that are in two rings
 *              image_read.c    all rings merged, to the functions of struct rill_packet_reader_ops
 *
 * The bytes are a copy in memory, of this machine or another (word size and order of bytes are the writer's). Nothing in them is
 * trusted: what does not fit is left out and counted. Memory is that of the copy, 1 KiB for each slot, 1.5 KiB more where
 * its rings are of both kinds, and what the definitions take.
 */
#ifndef RILL_TOOL_IMAGE_H
#define RILL_TOOL_IMAGE_H

#include "format/image.h"
#include "format/packet_read.h"

enum { RILL_IMAGE_PAGE = 256, RILL_IMAGE_SLOTS_MAX = 4096, RILL_IMAGE_VALUES_MAX = 256 };

struct rill_image_result {
	uint64_t events;
	uint64_t in_flight;	/* rings whose last event was not finished */
	uint64_t blocks, rejected_blocks, rejected_bytes;	/* looked at; damaged, as a whole or from some record on */
	uint64_t overwritten;	/* blocks that were being written anew */
	uint64_t rings_rejected;	/* whose positions are impossible */
	uint64_t unknown;	/* events whose call site has no definition */
	uint64_t refused;	/* definitions that found no room when they were made */
	uint64_t bad_definitions;
	uint64_t lost;		/* events lost by rings, between the blocks that are here and behind them */
	uint64_t missing;	/* bytes that a core file does not have */
	/* Read by pages: so many that count, and that are not there between others; and, in bytes, what the former hold: their and other
	 * headers, events, such as are unknown, what may not have been finished (and, above, what is damaged), and free room. */
	bool by_pages;
	uint64_t pages, pages_missing;
	uint64_t frames, told, untold, left_out, free;
	bool no_rate;		/* nothing tells how long a tick is: 1 ns */
};

struct rill_image_known_site {
	const char *category, *name, *file, *args;
	uint32_t line;
	uint16_t flags;
	uint8_t phase, nargs;
};

/* What ids of 16 bits mean, in pages: most images have few. */
struct rill_image_ids {
	const void **page[RILL_IMAGE_PAGE];
};

struct rill_image {
	const uint8_t *bytes;
	size_t size;
	bool swap;		/* the writer's order of bytes is not ours */
	bool by_pages;		/* nothing that stands in two pages is believed: see image_page.c */
	struct rill_image_head head;	/* in our order */
	struct rill_image_ids sites, categories;
	double ns_per_tick;
	bool ticks_are_ns;
	struct rill_image_result result;
};

/* False: *why is a sentence's end ("is not ..."), static. bytes must be followed by a NUL and live as long as the image. */
bool rill_image_open(struct rill_image *image, const uint8_t *bytes, size_t size, const char **why);
void rill_image_close(struct rill_image *image);

/* The head in our order; false and *why as above. Looks at no more than size bytes. */
bool rill_image_head(const uint8_t *bytes, size_t size, struct rill_image_head *head, bool *swap, const char **why);

/* The machine has lost its power since: an image in disk mode is read by pages. In front of rill_image_read(). */
void rill_image_after_power_cut(struct rill_image *image);

/* Hands on all that is in the rings. */
void rill_image_read(struct rill_image *image, const struct rill_packet_reader_ops *ops, void *ctx);

/* ---- shared by the files of the reader ---------------------------------------------------------- */

uint16_t rill_image_u16(const struct rill_image *image, const uint8_t *at);
uint32_t rill_image_u32(const struct rill_image *image, const uint8_t *at);
uint64_t rill_image_u64(const struct rill_image *image, const uint8_t *at);

void rill_image_definitions(struct rill_image *image);
/* NULL: not defined. */
const struct rill_image_known_site *rill_image_site(const struct rill_image *image, uint16_t id);
const char *rill_image_category(const struct rill_image *image, uint16_t id);
void rill_image_forget_definitions(struct rill_image *image);

struct rill_image_gap {
	uint64_t full, big;	/* lost in front of the present record; of the ring's end: behind the last one */
	uint64_t before_ticks;
};

/* One ring, at one record. */
struct rill_image_cursor {
	const struct rill_image_ring *ring;
	const uint8_t *header;	/* of the ring */
	const uint8_t *data;
	uint32_t slot;
	enum rill_image_kind kind;	/* the part it is of */
	uint64_t owned_from;	/* of a stream ring: what is before is of threads that are gone */
	uint64_t commit, first;	/* positions: the end, and the oldest block that may be there */
	uint64_t block;		/* position of the present one */
	uint32_t at, end;	/* in the present block: behind the present record; of what is valid */
	uint64_t base, ticks, position;
	uint64_t owner;		/* of the block, if it says so (rill_owner()); else 0 */
	uint32_t seen_full, seen_big;
	bool any_block, clamped;
	struct rill_image_gap gap;
	const uint8_t *record;	/* NULL: no more */
	uint32_t words;
	uint32_t *pages;	/* read by pages: the places of those that count, in order */
	uint32_t page, page_count;	/* the next one to be read */
};

/* False: nothing is, or can be, in it. Stands in front of its first record. */
bool rill_image_cursor_begin(struct rill_image *image, struct rill_image_cursor *c, enum rill_image_kind part, uint32_t slot, uint32_t ring);
/* To the next record; false: no more. Then c->gap is what was lost behind the last one. */
bool rill_image_cursor_next(struct rill_image *image, struct rill_image_cursor *c);
/* What stands at a place in a block, in words: a record with what belongs to it, escape or owner; 0: nothing that can be. `left` words
 * of the block begin there. */
uint32_t rill_image_unit(const struct rill_image *image, const uint8_t *at, uint32_t left);
/* Is this block of the ring whole? Then its header. */
bool rill_image_block(const struct rill_image *image, const struct rill_image_cursor *c, uint64_t position, const uint8_t **block);

/* image_page.c. A head in disk mode has each block in a page of its own. */
bool rill_image_pages_fit(const struct rill_image_head *head);
/* False: none counts. Else c->pages is to be freed. */
bool rill_image_pages_begin(struct rill_image *image, struct rill_image_cursor *c);
/* To the next page; false: no more. */
bool rill_image_pages_enter(struct rill_image *image, struct rill_image_cursor *c);
/* The name of this thread, if it can be believed to be what the slot has; else "". */
const char *rill_image_pages_name(const struct rill_image *image, uint32_t slot, uint64_t owner);

/* NULL: the image has rings of one kind only. */
struct rill_image_twins **rill_image_twins_new(const struct rill_image *image);
void rill_image_twins_free(const struct rill_image *image, struct rill_image_twins **twins);
/* The record that c stands at was handed on already, from the ring of the other kind. To be asked once for each, in the order of
 * times, and of one time those of streams first. */
bool rill_image_twin_was_told(struct rill_image_twins **twins, const struct rill_image_cursor *c);

struct rill_image_event {
	struct rill_event event;
	struct rill_value values[RILL_IMAGE_VALUES_MAX];
};

enum rill_image_verdict { RILL_IMAGE_GOOD, RILL_IMAGE_UNKNOWN, RILL_IMAGE_BAD };
/* All but thread and pid. */
enum rill_image_verdict rill_image_event(const struct rill_image *image, const struct rill_image_cursor *c, struct rill_image_event *e);

/* Learns the rate from the pairs of the head and of all blocks. */
void rill_image_time(struct rill_image *image, struct rill_image_cursor *cursors, size_t count);
uint64_t rill_image_ns(const struct rill_image *image, uint64_t ticks);

#endif

/* SPDX-License-Identifier: MIT
 * image.h - the layout of a ring file: the rings of a process where its death leaves them. doc/format.md describes it.
 *
 *     +------+-------------+-----------------+-------------------+-----------------------------------+ +----------+------+
 *     | head | definitions | owners of rings | slot 0, slot 1 .. | data of slot 0, data of slot 1 .. | | slot 0.. | data |
 *     +------+-------------+-----------------+-------------------+-----------------------------------+ +----------+------+
 *     0      defs_at       owners_at         slots_at            data_at                               part[1].at
 *
 * The first part has the stream rings. The second has the flight rings, and comes when the first flight session starts. In the
 * writer's memory they may lie apart: each says at which address.
 *
 * In disk mode it is made so that pages of 4096 bytes, each as it was at some instant, make sense without each other, since a machine
 * whose power is cut leaves no more than that: data begin at a page, each block is one and says whose it is, and what stands in other
 * places names the file by its tag, since a disk may still have pages of an earlier one.
 *
 * All numbers are as the machine that writes has them; `order` and `word_bytes` say how that is. What is in a slot is the
 * library's own structure, so the head says where in it a reader finds what it needs. The writer may die between any two
 * stores: the head's begin is sealed by a checksum before `magic` is set, a part and a definition by their own, a clock
 * pair by the count that is raised behind it, an event by the position that M3 publishes.
 */
#ifndef RILL_FORMAT_IMAGE_H
#define RILL_FORMAT_IMAGE_H

#include <stdint.h>

#define RILL_IMAGE_MAGIC "rillring"

enum {
	RILL_IMAGE_VERSION = 4,
	RILL_IMAGE_RINGS_MAX = 4,	/* of one slot in one part */
	RILL_IMAGE_ORDER = 0x01020304
};

/* What becomes of a ring's oldest blocks. */
enum rill_image_kind {
	RILL_IMAGE_STREAM,	/* they wait for the consumer; those it has released are overwritten */
	RILL_IMAGE_FLIGHT,	/* they are overwritten */
	RILL_IMAGE_PARTS	/* one for each kind, and in this order */
};

enum { RILL_IMAGE_TEXTS = 1, RILL_IMAGE_BLOBS = 2, RILL_IMAGE_TICKS_ARE_NS = 4, RILL_IMAGE_DISK = 8 };	/* flags */

struct rill_image_ring {
	uint32_t at;		/* the ring in its slot */
	uint32_t data_at;	/* its bytes in the slot's data */
	uint32_t bytes, block_bytes;
	uint32_t kind, level;
};

/* The rings of all slots that are of one kind. */
struct rill_image_part {
	uint32_t crc;		/* of what follows; stored last, and never 0, which says that there is no such part */
	uint32_t rings;		/* of one slot */
	uint64_t at, bytes;	/* of the part in the image; the first begins with the head */
	uint64_t address;	/* of the part in the writer's memory, for who reads that */
	uint64_t slots_at, slot_bytes;	/* in the image */
	uint64_t data_at, slot_data_bytes;
	struct rill_image_ring ring[RILL_IMAGE_RINGS_MAX];
};

struct rill_image_head {
	char magic[8];		/* set last, and taken away first when the program ends in order */
	uint32_t order;		/* sealed by crc: from here to crc itself */
	uint16_t version;
	uint8_t word_bytes;	/* of a position */
	uint8_t flags;
	uint64_t defs_at, defs_bytes, owners_at;
	uint32_t slots;
	uint32_t commit_at, consume_at, lost_full_at, lost_big_at;	/* in a ring */
	uint32_t state_at, tid_at, serial_at, name_at, name_bytes;	/* in the first part's slot; state 1: its thread lives */
	uint32_t name_sequence_at, tag_at;	/* there: odd while tid, serial and name are being written; as `tag` */
	uint32_t pid;
	uint32_t tag;		/* disk mode: of all that bears it, else 0 */
	uint64_t start_time;	/* of the process, as /proc/PID/stat has it */
	uint64_t realtime_ns, monotonic_ns;	/* when the file was made */
	uint64_t clock_hz;	/* 0: not known then */
	char boot_id[40];
	char program[64];
	uint32_t crc;
	/* Changes all the time. */
	uint32_t defs_used;
	uint32_t defs_refused;	/* definitions that found no room */
	uint32_t pairs;		/* clock pairs told: the newest is pair[pairs & 1] */
	struct {
		uint64_t ticks, ns;
	} pair[2];		/* at first, when the file was made */
	uint64_t first_ticks, first_ns;	/* when it was begun */
	struct rill_image_part part[RILL_IMAGE_PARTS];
};

/* A definition: this, then its payload, padded to 8 bytes. Free space is zero. crc is stored last, and is never 0. */
struct rill_image_definition {
	uint32_t crc;		/* of the head's tag, of the rest of this, and of the payload with its padding */
	uint16_t words;		/* of 8 bytes, this included */
	uint8_t kind;
	uint8_t zero;
};

enum { RILL_IMAGE_DEFINE_SITE = 1, RILL_IMAGE_DEFINE_CATEGORY = 2 };

/* The payload of a site; category, name, file follow, each with its NUL, then nargs times {type byte, key, NUL}. */
struct rill_image_site {
	uint32_t line;
	uint16_t id, flags;
	uint8_t phase, nargs;
	uint8_t zero[6];
};

/* The payload of a category group that events named at run time refer to; its text follows. */
struct rill_image_category {
	uint16_t id;
	uint8_t zero[6];
};

/* A slot may be of several threads, one after the other: where, in each of its stream rings, what the present one writes begins. The
 * blocks of flight rings say by themselves whose they are (RILL_ID_OWNER). */
struct rill_image_owner {
	uint64_t from[RILL_IMAGE_RINGS_MAX];
};

#endif

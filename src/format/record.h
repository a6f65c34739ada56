/* SPDX-License-Identifier: MIT
 * record.h - what lies in a ring: blocks of whole records. Agreed by the library and the tool, which reads it from the
 * file of a process that died (format/image.h).
 */
#ifndef RILL_FORMAT_RECORD_H
#define RILL_FORMAT_RECORD_H

#include <stddef.h>
#include <stdint.h>

/* ---- records -------------------------------------------------------------------------------------- */

struct rill_record {
	uint8_t words;		/* length in 8-byte words, header included; 0 behind a RILL_ID_LONG */
	uint8_t mask;		/* sessions that wanted it, as read after M1 */
	uint16_t id;
	uint32_t delta;		/* ticks since the base in force */
	uint64_t payload[];
} __attribute__((may_alias));	/* the hot path writes the header as two words */

/* Reserved ids; sites begin at RILL_ID_SITES. */
enum {
	RILL_ID_PAD = 0,	/* the rest of the block is empty */
	RILL_ID_ESCAPE = 1,	/* payload[0] is the base for the rest of the block */
	RILL_ID_LONG = 2,	/* one header word in front of a record of more than 255 words: delta is its length in words */
	RILL_ID_OWNER = 3,	/* first in a block of which who reads it could not know else whose it is: payload[0] is rill_owner() */
	RILL_ID_DYNAMIC = 4,	/* names travel with the event (emit/dynamic.c) */
	RILL_ID_END = 5,	/* end of a scope: payload[0] is site id << 48 | ticks since the begin */
	RILL_ID_SITES = 16
};
/* A thread: its serial, and its tid. 0: nobody. */
static inline uint64_t rill_owner(uint32_t serial, uint32_t tid)
{
	return (uint64_t)serial << 32 | tid;
}
enum { RILL_OWNER_BYTES = 16 };
#define RILL_END_TICKS_MAX ((UINT64_C(1) << 48) - 1)	/* this value: payload[1] holds the begin's ticks */

/* A text or blob in a payload: this word, then the bytes, a NUL, and padding to 8. */
#define RILL_TAIL_SIZE(word) ((uint32_t)(word))
#define RILL_TAIL_CUT (UINT64_C(1) << 32)
#define RILL_TAIL_NULL (UINT64_C(1) << 33)
#define RILL_TAIL_BYTES(size) (((size_t)(size) + 8) & ~(size_t)7)

enum { RILL_RECORD_WORDS_MAX = 255, RILL_RECORD_BYTES_MAX = 65536 };

/* ---- blocks --------------------------------------------------------------------------------------- */

/* In disk mode (image.h) a block is a page of this size; its layout bears the tag of the file, and says whether more may come into it:
 * from the mark on all of its records are whole, and what lies behind them is zero. */
enum { RILL_LAYOUT = 1, RILL_LAYOUT_CLOSED = 0x80, RILL_LAYOUT_TAG_BITS = 24, RILL_PAGE = 4096 };
#define RILL_LAYOUT_OF(tag) (RILL_LAYOUT | (uint32_t)(tag) << (32 - RILL_LAYOUT_TAG_BITS))

/* Written in the block switch only. The losses are the ring's totals when the block was opened, modulo 2^32. */
struct rill_block {
	uint32_t layout;	/* RILL_LAYOUT_OF(), and RILL_LAYOUT_CLOSED */
	_Atomic uint32_t sequence;	/* rill_block_number(), and in flight rings and disk mode while it is being written its inverse */
	uint64_t base_ticks;
	uint64_t base_ns;	/* CLOCK_MONOTONIC: the file of a dead process needs no other clock */
	uint32_t lost_full;
	uint32_t lost_big;
};
_Static_assert(sizeof(struct rill_block) == 32, "part of the layout of a ring");

#endif

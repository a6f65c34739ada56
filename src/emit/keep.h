/* SPDX-License-Identifier: MIT
 * keep.h - what the assembler of keep*.S must know of C: places in struct rill_ring, and flags of rill_keep_cold(). emit.c asserts
 * that they are right. Assembler and C.
 */
#ifndef RILL_EMIT_KEEP_H
#define RILL_EMIT_KEEP_H

#define KEEP_RING_BUSY 0
#define KEEP_RING_COMMIT (1 * __SIZEOF_POINTER__)
#define KEEP_RING_FAST_LAST (2 * __SIZEOF_POINTER__)
#define KEEP_RING_BIAS (3 * __SIZEOF_POINTER__)
#define KEEP_RING_BASE_LO (4 * __SIZEOF_POINTER__)
#define KEEP_RING_BASE_HI (4 * __SIZEOF_POINTER__ + 4)
#define KEEP_END_WORD 0x00050002	/* the first word of an end's record, but for its sessions */
#define KEEP_RING_RAX 40	/* and rdx: x86-64 */
#define KEEP_RING_RDX 48
#define KEEP_RING_ABOVE 56
#define KEEP_RING_BLOCK_END 64
#define KEEP_RING_BLOCK_SIZE 72
#define KEEP_RING_LOST 80
#define KEEP_BLOCK_LOST 24	/* in a block's header */
#define KEEP_SMALL_BYTES 24	/* RILL_SMALL_BYTES */
#define KEEP_PAIR_FLIGHT 8	/* in struct rill_pair */
#define KEEP_PAIR_HOT 16
#define KEEP_MASK_FLIGHT 0x80
#define KEEP_SLOW_BOTH 6	/* RILL_SLOW_STREAM and RILL_SLOW_FLIGHT */

/* Who stands less than this below an event is not a handler on top of it (attach.c). */
#define KEEP_FRAME_MIN 512

/* What is left to do, beside the count of words: the hot path was left behind M1; the whole event, by its C function. */
#define KEEP_AGAIN 4
#define KEEP_WHOLE 8
/* Of rill_keep_scope_cold(): either end of a scope. */
#define KEEP_BEGIN 16
#define KEEP_END 32

/* struct rill_scope, on x86-64. */
#define KEEP_SCOPE_TICKS 0
#define KEEP_SCOPE_SITE 8
#define KEEP_SCOPE_SESSIONS 16

#endif

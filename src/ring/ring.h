/* SPDX-License-Identifier: MIT
 * ring.h - the ring: one writer, one reader, blocks of whole records, one word that publishes.
 *
 *     position  0        block 0        B        block 1       2B       block 2
 *               +-------------------------+------------------------+---------------------- ...
 *               | header | rec | rec | pad | header | rec | rec | .. free
 *               +-------------------------+------------------------+---------------------- ...
 *                              ^ consume_pos                  ^ commit_pos          ^ block_end
 *
 * Positions run freely (they are never reduced; the byte of position p is data[p & (size - 1)]) and are
 * compared by difference. Bit 0 of commit_pos says "a record is being written": marker and position are one
 * word, so the reader can never see one without the other.
 *
 * One ring per (thread, signal level). A handler never shares a ring with what it interrupted, so a ring has one
 * writer at any time and needs no read-modify-write.
 *
 * Invariants
 *   I1  one writer at a time: the context of signal level L owns ring L of its thread (the word `busy`)
 *   I2  commit_pos moves forward by whole records
 *   I3  bytes in [consume_pos, commit_pos) are not written until the reader has released their block
 *   I4  the time of a record is read after its M1 and before its M3
 *   I5  bit 0 of commit_pos is set exactly between M1 and M3
 *   I6  block b is written again only when consume_pos has left it
 *
 * Ordering edges (each end cites its name)
 *   M1  writer: release store of p | 1        read by R1; relaxed would let R1 see p | 1 without the bytes below p
 *   M3  writer: release store of p + size     read by R1; publishes the record and clears the mark at once
 *   R1  reader: acquire load of commit_pos    after the barrier of the order rule (route/watermark)
 *   R2  reader: release store of consume_pos  read by W1; hands the block back after its bytes were read
 *   W1  writer: acquire load of consume_pos   in the block switch; without it new bytes could overtake old reads
 *
 * Flight rings (flight.h) have no W1 and R2, and I3 and I6 do not hold for them: who copies a block looks at its sequence before and
 * behind, and what was being overwritten does not count.
 *   W2  writer: release fence behind the sequence that nobody expects   read by R3; with it the sequence goes in front of the new bytes
 *   W3  writer: release store of the block's sequence                   read by R3; the header is whole
 *   R3  reader: acquire load of the sequence, the copy, acquire fence, the sequence again
 *
 * In disk mode (format/image.h) the reader is who finds pages on a disk, each as it was at some instant. W2 and W3 are for him, too, in
 * rings of either kind: a block without its number is nothing, and all free room of one that has it was zeroed.
 *   W4  writer: release store of the mark that the block is closed      read with the page; all its records are whole. Taken away, and a
 *       release fence, before anything is written into it again
 *
 * Models (tests/model): publish.pml has M1, M3 and R1 as steps, block.pml also W1, R2 and what lies between; overwrite.pml W2, W3 and R3.
 *
 * Progress: the writer is wait-free, the reader never blocks it.
 */
#ifndef RILL_RING_RING_H
#define RILL_RING_RING_H

#include "config.h"
#include "format/record.h"
#include "port/arch/arch.h"

#include <rill/site.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- records and blocks: format/record.h ------------------------------------------------------------ */

/* Bytes where the build leaves them out: a word like any other, to who writes and to who reads. No call site has such an argument, as
 * its program does not link; an event that is named at run time may. */
static inline bool rill_left_out(uint8_t type)
{
	return RILL_ON(CONFIG_RILL_DYNAMIC) && !RILL_ON(CONFIG_RILL_ARG_BLOBS) && type == RILL_TYPE_BLOB;
}
static inline bool rill_has_tail(uint8_t type)
{
	if (!RILL_ON(CONFIG_RILL_ARG_TEXTS))
		return RILL_ON(CONFIG_RILL_ARG_BLOBS) && type == RILL_TYPE_BLOB;
	return RILL_TYPE_HAS_TAIL(type) && !rill_left_out(type);
}

/* ---- the ring ------------------------------------------------------------------------------------- */

#define RILL_RING_LOSSES 2	/* FULL and BIG: the causes that belong to a ring */
/* Bit 6 is that of sessions that share one, and of what is kept from before the first. */
#define RILL_SESSION_BITS (CONFIG_RILL_SHARED_SESSIONS_MAX || RILL_ON(CONFIG_RILL_EARLY) || RILL_ON(CONFIG_RILL_FLIGHT) ? 8 : CONFIG_RILL_DIRECT_SESSIONS)

struct rill_ring {
	/* Hot: written by the owner, bit for bit on each event. Other threads read commit_pos only. */
	/* Private to the thread and its handlers: 0, or where the stack stood when the ring was made busy (emit/attach.c asks it
	 * for siglongjmp). One word, so that a handler never sees the one without the other. */
	_Alignas(RILL_ARCH_CACHE_LINE) _Atomic uintptr_t busy;
	_Atomic uintptr_t commit_pos;
	_Atomic uintptr_t fast_last;	/* a small record may begin up to here; or as rill_ring_shut() leaves it */
	uintptr_t bias;			/* position p of the current block lies at address bias + p */
	uint32_t base_lo, base_hi;	/* ticks that deltas count from */
#ifdef __x86_64__
	uintptr_t kept[2];		/* rax and rdx, which the counter overwrites (emit/keep_hot.S) */
	struct rill_ring *above;	/* the next level's; behind the last one a ring that is always busy */
#endif

	/* Cold: written by the owner in the block switch and when it loses. */
	uintptr_t block_end;
	uintptr_t block_size;		/* constant; here for keep_pair.S, whose offsets may not depend on the configuration */
	_Atomic uint32_t lost[RILL_RING_LOSSES];
	_Atomic uint32_t lost_session[RILL_RING_LOSSES][RILL_SESSION_BITS];

	/* Constant while the ring is in use. */
	uint8_t *data;
	uintptr_t size;
	uint8_t level;
	bool flight;	/* overwrites its oldest block, whoever reads it (flight.h) */
	uint32_t tag;	/* disk mode: of the file (format/image.h); else 0 */
	uint64_t owner;	/* each block begins with it (RILL_ID_OWNER); 0: with an event */

	/* The reader's. */
	_Alignas(RILL_ARCH_CACHE_LINE) _Atomic uintptr_t consume_pos;
};

/* What stays while the ring is in use, and where its first block lies. */
static inline void rill_ring_lay_out(struct rill_ring *ring, unsigned level, uint8_t *data, size_t size, size_t block_size)
{
	ring->level = (uint8_t)level;
	ring->data = data;
	ring->size = size;
	ring->block_size = block_size;
	ring->bias = (uintptr_t)data;
}

/* Each page of the ring shall be worth reading without the others. */
static inline bool rill_ring_is_on_disk(const struct rill_ring *ring)
{
	return RILL_ON(CONFIG_RILL_RING_FILE) && ring->tag;
}

/* There are rings whose blocks say whose they are. */
#define RILL_OWNERS (RILL_ON(CONFIG_RILL_FLIGHT) || RILL_ON(CONFIG_RILL_RING_FILE))

/* What lies in front of the first event of a block. */
static inline size_t rill_block_begin_bytes(const struct rill_ring *ring)
{
	return sizeof(struct rill_block) + (RILL_OWNERS && ring->owner ? RILL_OWNER_BYTES : 0);
}

/* The bit of flight sessions in masks. */
#define RILL_BIT_FLIGHT 7
#define RILL_MASK_FLIGHT (RILL_ON(CONFIG_RILL_FLIGHT) ? 1u << RILL_BIT_FLIGHT : 0)

/* The sequence of the block that begins at this position. */
static inline uint32_t rill_block_number(const struct rill_ring *ring, uintptr_t start)
{
	return (uint32_t)(start / ring->block_size);
}

/* a is behind b; positions wrap on 32-bit machines. */
static inline bool rill_pos_after(uintptr_t a, uintptr_t b)
{
	return sizeof(uintptr_t) == 8 ? a > b : (intptr_t)(a - b) > 0;
}

/* Up to here a record is small: the hot path asks only where it begins, which saves it an addition. What is left of a block behind that is
 * not used (step EARLY of tests/model/block.pml): a small record that fits there would go the cold way as well as the one that opens the
 * next block, and twice as many events would be slow. */
#define RILL_SMALL_BYTES 24

/* True if the hot path has no room for a record of `bytes` at p. Where the size is known only at run time, or is not small, its end is asked
 * for: an addition in either case. */
static inline __attribute__((always_inline)) bool rill_ring_beyond(const struct rill_ring *ring, uintptr_t p, size_t bytes)
{
	if (!__builtin_constant_p(bytes) || bytes > RILL_SMALL_BYTES)
		p += bytes - RILL_SMALL_BYTES;
	return rill_pos_after(p, atomic_load_explicit(&ring->fast_last, memory_order_relaxed));
}

static inline bool rill_ring_is_used_up(const struct rill_ring *ring, uintptr_t p)
{
	return ring->block_end - p < RILL_SMALL_BYTES;
}

/* Opens the fast path up to block_end. */
static inline void rill_ring_open(struct rill_ring *ring)
{
	atomic_store_explicit(&ring->fast_last, ring->block_end - RILL_SMALL_BYTES, memory_order_relaxed);
}

/* Sends every event through the cold path until the next block switch: no record begins before the position as it is. A constant
 * would not do, since on 32-bit machines half of all positions are before any number. Any thread. */
static inline void rill_ring_shut(struct rill_ring *ring)
{
	uintptr_t pos = atomic_load_explicit(&ring->commit_pos, memory_order_relaxed) & ~(uintptr_t)1;

	atomic_store_explicit(&ring->fast_last, pos - RILL_SMALL_BYTES, memory_order_relaxed);
}

#endif

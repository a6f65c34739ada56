/* SPDX-License-Identifier: MIT
 * hot.h - the hot path in pieces: take the ring, open a record, close it. Steps and edges as in ring/ring.h.
 *
 * Three things save instructions: a site's hot word is laid out as a record's first word, so that the second look
 * also loads the header; an unattached thread reads an always-busy ring instead of NULL; the time's
 * delta to the block's base comes out of the subtraction that also says whether it fits.
 */
#ifndef RILL_EMIT_HOT_H
#define RILL_EMIT_HOT_H

/* The entry points are cold for who calls them, not for us. */
#define RILL_EMIT RILL_API

#include "emit/attach.h"
#include "emit/record.h"
#include "ring/point.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define COLD static __attribute__((noinline, cold))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* A hot word as loaded: which of its bits are the enabled byte and the id, and what adds a record's length. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { WORD_ENABLED = 0x0000ff00, WORD_LENGTH = 1 };
#define WORD_OF(mask, id) ((uint32_t)(mask) << 8 | (uint32_t)(id) << 16)
#else
enum { WORD_ENABLED = 0x00ff0000, WORD_LENGTH = 1 << 24 };
#define WORD_OF(mask, id) ((uint32_t)(mask) << 16 | (uint32_t)(id))
#endif

/* The time since the ring's base; true if it does not fit 32 bits. */
ALWAYS_INLINE bool ticks_since_base(const struct rill_ring *ring, uint32_t *delta)
{
#if defined(__x86_64__) && RILL_ARCH_INLINE_TICKS
	uint32_t high;

	/* One subtraction on the counter as it comes, in two halves. */
	__asm__ volatile("rdtsc\n\tsub %2, %%eax\n\tsbb %3, %%edx"
			 : "=&a"(*delta), "=&d"(high)
			 : "m"(ring->base_lo), "m"(ring->base_hi)
			 : "cc");
	return high != 0;
#else
	uint64_t since = rill_arch_ticks() - rill_ring_base(ring);

	*delta = (uint32_t)since;
	return since >> 32 != 0;
#endif
}

/* The second look, behind M1: step LOOK of tests/model/stop.pml. */
ALWAYS_INLINE uint32_t look_again(const struct rill_hot *site)
{
	return __atomic_load_n((const uint32_t *)(const void *)site, __ATOMIC_RELAXED);
}

/* Registration writes it while events of the site are under way. */
ALWAYS_INLINE uint16_t id_of(const struct rill_hot *site)
{
	return __atomic_load_n(&site->id, __ATOMIC_RELAXED);
}

/* From the second look to M2: the place of a record of 8 + bytes (at most 2040 in all), header written. NULL: take the
 * mark back and go the cold way. */
ALWAYS_INLINE struct rill_record *open_record(struct rill_ring *ring, uintptr_t p, uint32_t word, size_t bytes, uintptr_t *end)
{
	uint32_t delta, *header;

	if (UNLIKELY(!(word & WORD_ENABLED)))
		return NULL;
	RILL_POINT(LOOKED);
	if (UNLIKELY(rill_ring_beyond(ring, p, 8 + bytes)))
		return NULL;
	*end = p + 8 + bytes;
	if (UNLIKELY(ticks_since_base(ring, &delta)))	/* M2: no fence; an interrupt orders it, see ring.h */
		return NULL;
	RILL_POINT(TIMED);
	header = (uint32_t *)(void *)rill_ring_at(ring, p);
	header[0] = word + (uint32_t)(1 + bytes / 8) * WORD_LENGTH;
	header[1] = delta;
	RILL_POINT(WRITTEN);
	return (struct rill_record *)(void *)header;
}

ALWAYS_INLINE void close_record(struct rill_ring *ring, uintptr_t end)
{
	RILL_POINT(FILLED);
	rill_ring_publish(ring, end);		/* M3 */
	RILL_POINT(COMMITTED);
	rill_ring_unbusy(ring);
	RILL_POINT(ENDED);
}

ALWAYS_INLINE bool take(struct rill_ring *ring)
{
	RILL_POINT(FOUND);
	if (!RILL_ON(CONFIG_RILL_HOT_PATH) || UNLIKELY(atomic_load_explicit(&ring->busy, memory_order_relaxed)))
		return false;
	rill_ring_busy(ring);
	RILL_POINT(BUSY);
	return true;
}

/* The time of the record that was just opened. */
ALWAYS_INLINE uint64_t ticks_of(const struct rill_ring *ring, const struct rill_record *record)
{
	return rill_ring_base(ring) + record->delta;
}

ALWAYS_INLINE void take_back_from(struct rill_ring *ring)
{
	rill_ring_publish(ring, atomic_load_explicit(&ring->commit_pos, memory_order_relaxed) & ~(uintptr_t)1);
	rill_ring_unbusy(ring);
	RILL_POINT(TAKEN_BACK);
}

/* Takes M1 back: nothing was published. rill_nobody: a handler forked behind M1 and this is the child, so the mark was made in a
 * ring of the parent's, and rill_nobody stays busy for ever. */
ALWAYS_INLINE void take_back(void)
{
	struct rill_ring *ring = RILL_ON(CONFIG_RILL_FLIGHT) ? rill_ring_taken() : rill_own_ring;

	if (ring != &rill_nobody)
		take_back_from(ring);
}

#endif

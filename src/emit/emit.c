/* SPDX-License-Identifier: MIT
 * emit.c - the hot path: what an enabled event with up to two scalar arguments costs.
 *
 * Steps and edges as in ring/ring.h. Every exit that is not the plain case is a tail call, so that no register is
 * saved for it on the way through. Two kinds of exit:
 *   - before M1 (the ring is busy): record.c finds the ring for this signal level, or attaches the thread
 *   - behind M1 (nobody wants it any more, no room in the block, a time that needs a new base): the mark is
 *     taken back and record.c does it all again
 *
 * Three things save instructions: a site's hot word is laid out as a record's first word, so that the second look
 * also loads the header; an unattached thread reads an always-busy ring instead of NULL; the time's
 * delta to the block's base comes out of the subtraction that also says whether it fits.
 */
#include "emit/attach.h"
#include "emit/record.h"
#include "ring/point.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define COLD static __attribute__((noinline, cold))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* A hot word as loaded: which of its bits are the enabled byte, and what adds a record's length. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { WORD_ENABLED = 0x0000ff00, WORD_LENGTH = 1 };
#else
enum { WORD_ENABLED = 0x00ff0000, WORD_LENGTH = 1 << 24 };
#endif

/* ---- the cold exits ------------------------------------------------------------------------------- */

COLD void emit_words(const struct rill_hot *site, unsigned count, uint64_t first, uint64_t second)
{
	struct rill_want want = { &site->enabled, 0xff, site->id, 0 };
	struct rill_writing w;

	if (!rill_record_begin(&w, &want, 8 * count))
		return;
	if (count > 0)
		w.payload[0] = first;
	if (count > 1)
		w.payload[1] = second;
	rill_record_commit(&w);
}

/* Takes M1 back: nothing was published. */
COLD void again(const struct rill_hot *site, unsigned count, uint64_t first, uint64_t second)
{
	struct rill_ring *ring = rill_own_ring;

	rill_ring_publish(ring, atomic_load_explicit(&ring->commit_pos, memory_order_relaxed) & ~(uintptr_t)1);
	rill_ring_unbusy(ring);
	emit_words(site, count, first, second);
}

/* One pair of exits per entry point: they take the arguments as they lie in the registers. */
COLD void nested0(const struct rill_hot *s) { emit_words(s, 0, 0, 0); }
COLD void nested1(const struct rill_hot *s, uint64_t a) { emit_words(s, 1, a, 0); }
COLD void nested2(const struct rill_hot *s, uint64_t a, uint64_t b) { emit_words(s, 2, a, b); }
COLD void again0(const struct rill_hot *s) { again(s, 0, 0, 0); }
COLD void again1(const struct rill_hot *s, uint64_t a) { again(s, 1, a, 0); }
COLD void again2(const struct rill_hot *s, uint64_t a, uint64_t b) { again(s, 2, a, b); }

/* ---- the hot path --------------------------------------------------------------------------------- */

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

ALWAYS_INLINE void store_frame(struct rill_ring *ring)
{
#if defined(__x86_64__)
	__asm__ volatile("mov %%rsp, %0" : "=m"(ring->frame));
#else
	atomic_store_explicit(&ring->frame, (uintptr_t)__builtin_frame_address(0), memory_order_relaxed);
#endif
}

/* Up to M2: the place of the record, header written, or NULL: take the cold exit `again`. */
ALWAYS_INLINE struct rill_record *open_record(struct rill_ring *ring, const struct rill_hot *site, unsigned count, uintptr_t *end)
{
	uintptr_t p = rill_ring_mark(ring);	/* M1 */
	uint32_t word, delta, *header;

	RILL_POINT(MARKED);
	word = __atomic_load_n((const uint32_t *)(const void *)site, __ATOMIC_RELAXED);	/* the second look */
	if (UNLIKELY(!(word & WORD_ENABLED)))
		return NULL;
	*end = p + 8 + 8 * count;
	if (UNLIKELY(rill_pos_after(*end, atomic_load_explicit(&ring->fast_end, memory_order_relaxed))))
		return NULL;
	if (UNLIKELY(ticks_since_base(ring, &delta)))	/* M2: no fence; an interrupt orders it, see ring.h */
		return NULL;
	header = (uint32_t *)(void *)rill_ring_at(ring, p);
	header[0] = word + (1 + count) * WORD_LENGTH;
	header[1] = delta;
	return (struct rill_record *)(void *)header;
}

ALWAYS_INLINE void close_record(struct rill_ring *ring, uintptr_t end)
{
	RILL_POINT(FILLED);
	rill_ring_publish(ring, end);		/* M3 */
	RILL_POINT(COMMITTED);
	rill_ring_unbusy(ring);
}

ALWAYS_INLINE bool take(struct rill_ring *ring)
{
	if (UNLIKELY(atomic_load_explicit(&ring->busy, memory_order_relaxed)))
		return false;
	atomic_store_explicit(&ring->busy, 1, memory_order_relaxed);
	store_frame(ring);
	rill_compiler_barrier();	/* from here on our handlers use the next level */
	RILL_POINT(BUSY);
	return true;
}

void rill_emit0(const struct rill_hot *site)
{
	struct rill_ring *ring = rill_own_ring;
	struct rill_record *r;
	uintptr_t end;

	if (!take(ring)) {
		nested0(site);
		return;
	}
	r = open_record(ring, site, 0, &end);
	if (UNLIKELY(!r)) {
		again0(site);
		return;
	}
	close_record(ring, end);
}

void rill_emit1(const struct rill_hot *site, uint64_t word)
{
	struct rill_ring *ring = rill_own_ring;
	struct rill_record *r;
	uintptr_t end;

	if (!take(ring)) {
		nested1(site, word);
		return;
	}
	r = open_record(ring, site, 1, &end);
	if (UNLIKELY(!r)) {
		again1(site, word);
		return;
	}
	rill_arch_store_u64(&r->payload[0], word);
	close_record(ring, end);
}

void rill_emit2(const struct rill_hot *site, uint64_t first, uint64_t second)
{
	struct rill_ring *ring = rill_own_ring;
	struct rill_record *r;
	uintptr_t end;

	if (!take(ring)) {
		nested2(site, first, second);
		return;
	}
	r = open_record(ring, site, 2, &end);
	if (UNLIKELY(!r)) {
		again2(site, first, second);
		return;
	}
	rill_arch_store_u64(&r->payload[0], first);
	rill_arch_store_u64(&r->payload[1], second);
	close_record(ring, end);
}

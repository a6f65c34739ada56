/* SPDX-License-Identifier: MIT
 * emit.c - the hot path of an event with up to two scalar arguments.
 *
 * Every exit that is not the plain case is a tail call, so that no register is saved for it on the way through. Two kinds
 * of exit:
 *   - before M1 (the ring is busy): record.c finds the ring for this signal level, or attaches the thread
 *   - behind M1 (nobody wants it any more, no room in the block, a time that needs a new base): the mark is
 *     taken back and record.c does it all again
 *
 * keep_hot*.S are the same for call sites compiled by gcc, one for each processor: who changes one changes all.
 */
#include "emit/hot.h"
#include "emit/keep.h"
#include "emit/pair.h"

#include <stddef.h>

/* ---- the cold exits ------------------------------------------------------------------------------- */

COLD void emit_words(const struct rill_hot *site, unsigned count, uint64_t first, uint64_t second, uintptr_t frame)
{
	struct rill_want want = { &site->enabled, 0xff, id_of(site), 0 };
	struct pair_event plain = { .site = site, .count = count, .first = first, .second = second };
	struct rill_writing w;

	if (RILL_ON(CONFIG_RILL_FLIGHT) && pair_event(&plain, pair_clock))
		return;
	if (!rill_record_begin_from(&w, &want, 8 * count, frame))
		return;
	if (count > 0)
		w.payload[0] = first;
	if (count > 1)
		w.payload[1] = second;
	rill_record_commit(&w);
}

COLD void again(const struct rill_hot *site, unsigned count, uint64_t first, uint64_t second)
{
	take_back();
	emit_words(site, count, first, second, 0);
}

/* One pair of exits per entry point: they take the arguments as they lie in the registers. */
COLD void nested0(const struct rill_hot *s) { emit_words(s, 0, 0, 0, 0); }
COLD void nested1(const struct rill_hot *s, uint64_t a) { emit_words(s, 1, a, 0, 0); }
COLD void nested2(const struct rill_hot *s, uint64_t a, uint64_t b) { emit_words(s, 2, a, b, 0); }
COLD void again0(const struct rill_hot *s) { again(s, 0, 0, 0); }
COLD void again1(const struct rill_hot *s, uint64_t a) { again(s, 1, a, 0); }
COLD void again2(const struct rill_hot *s, uint64_t a, uint64_t b) { again(s, 2, a, b); }

/* ---- the hot path --------------------------------------------------------------------------------- */

void rill_emit0(const struct rill_hot *site)
{
	struct rill_ring *ring = rill_own_ring;
	struct rill_record *r;
	uintptr_t p, end;

	if (!take(ring)) {
		nested0(site);
		return;
	}
	p = rill_ring_mark(ring);	/* M1 */
	RILL_POINT(MARKED);
	r = open_record(ring, p, look_again(site), 0, &end);
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
	uintptr_t p, end;

	if (!take(ring)) {
		nested1(site, word);
		return;
	}
	p = rill_ring_mark(ring);	/* M1 */
	RILL_POINT(MARKED);
	r = open_record(ring, p, look_again(site), 8, &end);
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
	uintptr_t p, end;

	if (!take(ring)) {
		nested2(site, first, second);
		return;
	}
	p = rill_ring_mark(ring);	/* M1 */
	RILL_POINT(MARKED);
	r = open_record(ring, p, look_again(site), 16, &end);
	if (UNLIKELY(!r)) {
		again2(site, first, second);
		return;
	}
	rill_arch_store_u64(&r->payload[0], first);
	rill_arch_store_u64(&r->payload[1], second);
	close_record(ring, end);
}

/* ---- the cold exits of keep_hot*.S ---------------------------------------------------------------- */

#if RILL_KEEP_ENTRY
#define AT(member) (int)offsetof(struct rill_ring, member)
_Static_assert(AT(busy) == KEEP_RING_BUSY && AT(commit_pos) == KEEP_RING_COMMIT && AT(fast_last) == KEEP_RING_FAST_LAST &&
	       AT(bias) == KEEP_RING_BIAS && AT(base_lo) == KEEP_RING_BASE_LO && AT(base_hi) == KEEP_RING_BASE_HI,
	       "emit/keep.h must say where keep_hot*.S finds these");
#ifdef __x86_64__
_Static_assert(AT(kept[0]) == KEEP_RING_RAX && AT(kept[1]) == KEEP_RING_RDX && AT(above) == KEEP_RING_ABOVE, "and these");
_Static_assert(AT(block_end) == KEEP_RING_BLOCK_END && AT(lost) == KEEP_RING_LOST && AT(block_size) == KEEP_RING_BLOCK_SIZE &&
	       offsetof(struct rill_block, lost_full) == KEEP_BLOCK_LOST && offsetof(struct rill_block, lost_big) == KEEP_BLOCK_LOST + 4 &&
	       RILL_LOST_FULL == 0 && RILL_LOST_BIG == 1 && KEEP_SMALL_BYTES == RILL_SMALL_BYTES, "and keep_pair.S");
_Static_assert(offsetof(struct rill_pair, flight) == KEEP_PAIR_FLIGHT && offsetof(struct rill_pair, hot) == KEEP_PAIR_HOT &&
	       (KEEP_MASK_FLIGHT == RILL_MASK_FLIGHT || !RILL_MASK_FLIGHT) && KEEP_SLOW_BOTH == (RILL_SLOW_STREAM | RILL_SLOW_FLIGHT),
	       "and of sessions of both kinds");
#endif
_Static_assert(sizeof(struct rill_record) == 8 && WORD_ENABLED == 0xff00 && WORD_LENGTH == 1, "keep_hot*.S writes headers");

/* `what`: the count of words, and KEEP_ flags. */
void rill_keep_cold(const struct rill_hot *site, unsigned what, uint64_t first, uint64_t second, uintptr_t frame);
__attribute__((used, cold)) void rill_keep_cold(const struct rill_hot *site, unsigned what, uint64_t first, uint64_t second, uintptr_t frame)
{
	unsigned count = what & (KEEP_AGAIN - 1);

	if (what & KEEP_WHOLE) {
		if (count == 0)
			rill_emit0(site);
		else if (count == 1)
			rill_emit1(site, first);
		else
			rill_emit2(site, first, second);
		return;
	}
	if (what & KEEP_AGAIN)
		take_back();
	emit_words(site, count, first, second, frame);
}
#endif

/* SPDX-License-Identifier: MIT
 * keep_plain.c - the events of keep_hot.S where the counter cannot be read inline, but the kernel's clock without a system call
 * (port/linux/vdso.c). keep_plain_enter.S calls it with no vector register saved, which would take longer than the event.
 *
 * So nothing here may change one. The compiler is told so, and the only function outside that is called is the kernel's. What is
 * not plain, and events on nested levels, are left as they were found: keep.S saves everything, and C does them the general way.
 */
#if defined(__x86_64__) && defined(__LP64__)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("general-regs-only"))), apply_to = function)
#else
#pragma GCC target("general-regs-only")
#endif
#include "emit/hot.h"
#include "emit/keep.h"
#include "emit/pair.h"

struct plain {
	struct rill_ring *ring;
	struct rill_record *record;
	uintptr_t end;
	uint64_t ticks;
};

ALWAYS_INLINE bool read_clock(uint64_t *ticks)
{
	struct timespec now;

	if (atomic_load_explicit(&rill_inline_clock, memory_order_relaxed)) {
		*ticks = rill_arch_ticks();
		return true;
	}
	if (!rill_plain_clock || rill_plain_clock(CLOCK_MONOTONIC, &now) != 0)
		return false;
	*ticks = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	return true;
}

/* From the mark to M2, as in emit.c, with the record's first word. False: the mark is to be taken back. */
ALWAYS_INLINE bool open_plain(struct plain *w, uintptr_t p, uint32_t word, unsigned count)
{
	uint32_t *header;
	uint64_t since;

	w->end = p + 8 + 8 * (uintptr_t)count;
	if (!(word & WORD_ENABLED) || rill_ring_beyond(w->ring, p, RILL_SMALL_BYTES))
		return false;
	if (!read_clock(&w->ticks))	/* M2 */
		return false;
	since = w->ticks - rill_ring_base(w->ring);
	header = (uint32_t *)(void *)rill_ring_at(w->ring, p);
	header[0] = word + (1 + count) * WORD_LENGTH;
	header[1] = (uint32_t)since;
	w->record = (struct rill_record *)(void *)header;
	return since >> 32 == 0;
}

static bool give_up(const struct plain *w)
{
	take_back_from(w->ring);
	return false;
}

static bool end_scope(uint64_t begin_ticks, const struct rill_scope *state)
{
	struct plain w = { .ring = rill_plain_ring };
	uint64_t ticks;
	uintptr_t p;
	uint32_t mask;

	if (!take(w.ring))
		return false;
	p = rill_ring_mark(w.ring);	/* M1 */
	mask = state->sessions & (uint32_t)__atomic_load_n(&rill_running_bits, __ATOMIC_RELAXED) << 8;	/* the second look */
	if (!open_plain(&w, p, mask | RILL_ID_END << 16, 1))
		return give_up(&w);
	ticks = w.ticks - begin_ticks;
	if (ticks >= RILL_END_TICKS_MAX / 2)
		return give_up(&w);
	rill_arch_store_u64(&w.record->payload[0], (uint64_t)(state->sessions >> 16) << 48 | ticks);
	close_record(w.ring, w.end);
	return true;
}

/* As rill_keep_scope_cold() and rill_keep_cold(). False: it is theirs. */
bool rill_keep_plain(uintptr_t of, unsigned what, uint64_t first, uint64_t second, struct rill_scope *state);
__attribute__((used)) bool rill_keep_plain(uintptr_t of, unsigned what, uint64_t first, uint64_t second, struct rill_scope *state)
{
	const struct rill_hot *const site = (const struct rill_hot *)of;
	const unsigned count = what & (KEEP_AGAIN - 1);
	struct plain w = { .ring = rill_plain_ring };
	uintptr_t p;
	uint32_t word;

	if (what & KEEP_END)
		return end_scope(of, state);
	if (!take(w.ring))
		return false;
	p = rill_ring_mark(w.ring);	/* M1 */
	word = look_again(site);
	if (!open_plain(&w, p, word, count))
		return give_up(&w);
	if (count > 0)
		rill_arch_store_u64(&w.record->payload[0], first);
	if (count > 1)
		rill_arch_store_u64(&w.record->payload[1], second);
	close_record(w.ring, w.end);
	state->site = site;
	state->begin_ticks = w.ticks;
	state->sessions = word;
	return true;
}
static __attribute__((noinline)) bool end_pair(uint64_t begin_ticks, const struct rill_scope *state)
{
	struct pair_event e = { .count = 1, .first = begin_ticks, .second = state->sessions >> 16, .word = state->sessions };

	return pair_event(&e, read_clock);
}

/* The same while there are sessions of both kinds. */
bool rill_keep_pair(uintptr_t of, unsigned what, uint64_t first, uint64_t second, struct rill_scope *state);
__attribute__((used)) bool rill_keep_pair(uintptr_t of, unsigned what, uint64_t first, uint64_t second, struct rill_scope *state)
{
	struct pair_event e = { .site = (const struct rill_hot *)of, .count = what & (KEEP_AGAIN - 1), .first = first, .second = second };

	if (!RILL_ON(CONFIG_RILL_FLIGHT))
		return false;
	if (what & KEEP_END)
		return end_pair(of, state);
	if (!pair_event(&e, read_clock))
		return false;
	state->site = e.site;
	state->begin_ticks = e.ticks;
	state->sessions = e.word;
	return true;
}
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif

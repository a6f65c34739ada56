/* SPDX-License-Identifier: MIT
 * pair.h - the short way while there are sessions of both kinds: one event, one time, a record in the thread's stream ring, in its flight
 * ring, or in both.
 *
 * The steps are those of record.c, in its order; what is not plain (a handler's event, a new block, a session that begins or ends at
 * this moment, a record too long for a block) is left as it was found, and record.c does it. What is up to two words needs no vector
 * register, so that keep_plain.c can do it, too.
 */
#ifndef RILL_EMIT_PAIR_H
#define RILL_EMIT_PAIR_H

#include "emit/hot.h"

#include <rill/clock.h>

#define WORD_FLIGHT WORD_OF(RILL_MASK_FLIGHT, 0)
#define WORD_STREAM (WORD_ENABLED & ~WORD_FLIGHT)

/* One of the rings, marked. */
struct pair_half {
	struct rill_ring *ring;
	uintptr_t at;
	struct rill_record *record;
};

/* Of those below, where vector registers may be used. */
static inline bool pair_clock(uint64_t *ticks)
{
	*ticks = RILL_ARCH_INLINE_TICKS && rill_own_pair.hot ? rill_arch_ticks() : rill_clock_ticks();
	return true;
}

ALWAYS_INLINE bool pair_is_free(const struct rill_ring *ring)
{
	return atomic_load_explicit(&ring->busy, memory_order_relaxed) == 0;
}

ALWAYS_INLINE void pair_mark(struct pair_half *h, struct rill_ring *ring)
{
	RILL_POINT(FOUND);
	rill_ring_busy(ring);
	RILL_POINT(BUSY);
	h->ring = ring;
	h->at = rill_ring_mark(ring);	/* M1 */
	RILL_POINT(MARKED);
}

/* Behind the second look: sessions of both kinds, and none that wants the CPU time, which sets its bit before its byte (step TIME of
 * tests/model/slow.pml). */
ALWAYS_INLINE bool pair_is_plain(void)
{
	return atomic_load_explicit(&rill_ring_slow, memory_order_relaxed) == (RILL_SLOW_STREAM | RILL_SLOW_FLIGHT);
}

/* The header: word, but for the other ring's sessions. False: it needs a new base. */
ALWAYS_INLINE bool pair_place(struct pair_half *h, uint32_t word, size_t bytes, uint64_t ticks)
{
	const uint64_t since = ticks - rill_ring_base(h->ring);
	uint32_t *header = (uint32_t *)(void *)rill_ring_at(h->ring, h->at);

	header[0] = word + (uint32_t)(bytes / 8) * WORD_LENGTH;
	header[1] = (uint32_t)since;
	h->record = (struct rill_record *)(void *)header;
	return since >> 32 == 0;
}

/* What the word of an event is by now: that of a site, or the sessions of a scope that still run. */
ALWAYS_INLINE uint32_t pair_look(const struct rill_hot *site, uint32_t sessions)
{
	if (site)
		return look_again(site);
	return (sessions & WORD_OF(__atomic_load_n(&rill_running_bits, __ATOMIC_RELAXED), 0)) | WORD_OF(0, RILL_ID_END);
}

/* What is written: a site's event, or (site NULL) the end of a scope. */
struct pair_event {
	const struct rill_hot *site;
	unsigned count;			/* of arguments */
	size_t bytes;			/* of the payload */
	uint64_t first, second;		/* up to two words; of an end: when it began, its site's id */
	const void *args;		/* or a list of any arguments, and which of them have a tail */
	uint32_t tails;
	uint32_t word;			/* of an end: the sessions that got the begin. Then: what was written */
	uint64_t ticks;
};

/* How it is written; word: the first one. Known where it is called, so that nothing is called. */
typedef void pair_fill(uint64_t *to, const struct pair_event *e, uint64_t word);

/* The first word of the payload. False: it does not fit a short record. */
ALWAYS_INLINE bool pair_first(const struct pair_event *e, uint64_t ticks, uint64_t *word)
{
	*word = e->first;
	if (!e->site) {
		if (ticks - e->first >= RILL_END_TICKS_MAX / 2)
			return false;
		*word = e->second << 48 | (ticks - e->first);
	}
	return true;
}

ALWAYS_INLINE void pair_fill_words(uint64_t *to, const struct pair_event *e, uint64_t word)
{
	if (e->count > 0)
		rill_arch_store_u64(&to[0], word);
	if (e->count > 1)
		rill_arch_store_u64(&to[1], e->second);
}

/* Into one ring, for one kind of sessions. */
ALWAYS_INLINE bool pair_one(struct pair_event *e, struct rill_ring *ring, uint32_t kind, pair_fill *fill, bool (*now)(uint64_t *ticks))
{
	const size_t bytes = 8 + e->bytes;
	const uint32_t other = WORD_ENABLED & ~kind;
	struct pair_half h;
	uint64_t word, ticks;

	if (!pair_is_free(ring))
		return false;
	pair_mark(&h, ring);
	e->word = pair_look(e->site, e->word);
	if (!(e->word & kind) || (e->word & other) || !pair_is_plain() || rill_ring_needs_block(ring, h.at, bytes) ||
	    !now(&ticks) /* M2 */ || !pair_place(&h, e->word, bytes, ticks) || !pair_first(e, ticks, &word)) {
		take_back_from(ring);
		return false;
	}
	e->ticks = ticks;
	fill(h.record->payload, e, word);
	RILL_POINT(FILLED);
	rill_ring_publish(ring, h.at + bytes);		/* M3 */
	RILL_POINT(COMMITTED);
	rill_ring_unbusy(ring);
	RILL_POINT(ENDED);
	return true;
}

/* Texts are read once: both records say the same, whatever another thread does to them. */
ALWAYS_INLINE void pair_copy(uint64_t *to, const uint64_t *from, size_t bytes)
{
	for (size_t i = 0; i < bytes / 8; i++)
		rill_arch_store_u64(&to[i], from[i]);
}

/* Into both. */
ALWAYS_INLINE bool pair_both(struct pair_event *e, struct rill_ring *stream, struct rill_ring *flight, pair_fill *fill, bool (*now)(uint64_t *ticks))
{
	const size_t bytes = 8 + e->bytes;
	struct pair_half s, f;
	uint64_t word, ticks;

	if (!pair_is_free(stream) || !pair_is_free(flight))
		return false;
	pair_mark(&s, stream);
	pair_mark(&f, flight);
	e->word = pair_look(e->site, e->word);
	if (!(e->word & WORD_STREAM) || !(e->word & WORD_FLIGHT) || !pair_is_plain() || rill_ring_needs_block(stream, s.at, bytes) ||
	    rill_ring_needs_block(flight, f.at, bytes) || !now(&ticks) /* M2 */ ||
	    !pair_place(&s, e->word & ~(uint32_t)WORD_FLIGHT, bytes, ticks) ||
	    !pair_place(&f, e->word & ~(uint32_t)WORD_STREAM, bytes, ticks) || !pair_first(e, ticks, &word)) {
		take_back_from(flight);
		take_back_from(stream);
		return false;
	}
	e->ticks = ticks;
	fill(s.record->payload, e, word);
	if (e->tails)
		pair_copy(f.record->payload, s.record->payload, e->bytes);
	else
		fill(f.record->payload, e, word);
	RILL_POINT(FILLED);
	rill_ring_publish(flight, f.at + bytes);	/* M3, in front of the stream's, for which stop waits */
	RILL_POINT(TWICE);
	rill_ring_unbusy(flight);
	rill_ring_publish(stream, s.at + bytes);	/* M3 */
	RILL_POINT(COMMITTED);
	rill_ring_unbusy(stream);
	RILL_POINT(ENDED);
	return true;
}

/* False: nothing has happened, the event is record.c's. */
ALWAYS_INLINE bool pair_event_of(struct pair_event *e, pair_fill *fill, bool (*now)(uint64_t *ticks))
{
	/* Once each: a handler may change both (set_pair() in attach.c). */
	struct rill_ring *const stream = __atomic_load_n(&rill_own_pair.stream, __ATOMIC_RELAXED);
	struct rill_ring *const flight = __atomic_load_n(&rill_own_pair.flight, __ATOMIC_RELAXED);
	const uint32_t word = pair_look(e->site, e->word);

	if (!stream)
		return false;
	if (__builtin_expect((word & WORD_FLIGHT) && (word & WORD_STREAM), 1))
		return pair_both(e, stream, flight, fill, now);
	if (word & WORD_FLIGHT)
		return pair_one(e, flight, WORD_FLIGHT, fill, now);
	return (word & WORD_STREAM) && pair_one(e, stream, WORD_STREAM, fill, now);
}

/* Of up to two words, and of ends of scopes. */
ALWAYS_INLINE bool pair_event(struct pair_event *e, bool (*now)(uint64_t *ticks))
{
	e->bytes = 8 * (size_t)e->count;
	return pair_event_of(e, pair_fill_words, now);
}

#endif

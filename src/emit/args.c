/* SPDX-License-Identifier: MIT
 * args.c - events of call sites with any arguments, and both ends of a scope. The plain cases take the hot path of
 * hot.h; what it cannot do goes through record.c.
 */
#include "emit/hot.h"
#include "emit/keep.h"
#include "emit/pair.h"

#include <rill/clock.h>
#include <stddef.h>
#include <string.h>

enum { PLAIN_BYTES_MAX = 8 * (RILL_RECORD_WORDS_MAX - 1) };

/* ---- sizes and stores of the plain case: nothing is cut ------------------------------------------- */

ALWAYS_INLINE size_t args_bytes(unsigned count, const struct rill_arg *args)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct rill_arg *a = &args[i];

		bytes += 8;
		if (UNLIKELY(rill_has_tail(a->type)))
			bytes += RILL_TAIL_BYTES(a->size) + (a->type >= RILL_TYPE_ID ? 8 : 0);
	}
	return bytes;
}

ALWAYS_INLINE void put_args(uint64_t *to, unsigned count, const struct rill_arg *args)
{
	for (unsigned i = 0; i < count; i++) {
		if (UNLIKELY(rill_has_tail(args[i].type)))
			to = rill_put_arg(to, &args[i], UINT32_MAX);
		else
			rill_arch_store_u64(to++, args[i].word);
	}
}

/* ---- events --------------------------------------------------------------------------------------- */

ALWAYS_INLINE void pair_fill_args(uint64_t *to, const struct pair_event *e, uint64_t unused)
{
	(void)unused;
	put_args(to, e->count, e->args);
}

COLD struct rill_begun write_cold(const struct rill_hot *site, unsigned count, const struct rill_arg *args, uintptr_t frame)
{
	struct rill_begun begun = { 0, 0 };
	struct rill_want want = { &site->enabled, 0xff, id_of(site), 0 };
	struct rill_writing w;
	uint32_t share;
	size_t bytes = rill_args_size(count, args, 0, &share);
	uint64_t *to;

	if (!rill_record_begin_from(&w, &want, bytes, frame))
		return begun;
	to = w.payload;
	for (unsigned i = 0; i < count; i++)
		to = rill_put_arg(to, &args[i], share);
	rill_record_commit(&w);
	begun.ticks = w.ticks;
	begun.sessions = w.mask;
	return begun;
}

/* The short way with sessions of both kinds; else the general one. */
static __attribute__((noinline)) struct rill_begun write_pair(const struct rill_hot *site, unsigned count, const struct rill_arg *args, size_t bytes,
							      uintptr_t frame)
{
	struct pair_event e = { .site = site, .count = count, .bytes = bytes, .args = args };

	if (bytes > PLAIN_BYTES_MAX || !pair_event_of(&e, pair_fill_args, pair_clock))
		return write_cold(site, count, args, frame);
	return (struct rill_begun){ e.ticks, (uint8_t)(e.word >> (WORD_ENABLED == 0xff00 ? 8 : 16)) };
}

COLD struct rill_begun write_again(const struct rill_hot *site, unsigned count, const struct rill_arg *args, uintptr_t frame)
{
	take_back();
	return write_cold(site, count, args, frame);
}

ALWAYS_INLINE struct rill_begun write_args(const struct rill_hot *site, unsigned count, const struct rill_arg *args, uintptr_t frame)
{
	struct rill_ring *ring = rill_own_ring;
	size_t bytes = args_bytes(count, args);
	struct rill_begun begun;
	struct rill_record *r;
	uintptr_t p, end;
	uint32_t word;

	if (UNLIKELY(bytes > PLAIN_BYTES_MAX) || !take(ring))
		return RILL_ON(CONFIG_RILL_FLIGHT) ? write_pair(site, count, args, bytes, frame) : write_cold(site, count, args, frame);
	p = rill_ring_mark(ring);	/* M1 */
	RILL_POINT(MARKED);
	word = look_again(site);
	r = open_record(ring, p, word, bytes, &end);
	if (UNLIKELY(!r))
		return write_again(site, count, args, frame);
	put_args(r->payload, count, args);
	begun.ticks = ticks_of(ring, r);
	begun.sessions = r->mask;
	close_record(ring, end);
	return begun;
}

void rill_emit_args(const struct rill_hot *site, unsigned count, const struct rill_arg *args)
{
	write_args(site, count, args, 0);
}

struct rill_begun rill_begin(const struct rill_hot *site, unsigned count, const struct rill_arg *args)
{
	return write_args(site, count, args, 0);
}

/* ---- the end of a scope: to those sessions that got the begin and still run, whatever became of the category ---- */

COLD void end_cold(uint64_t begin_ticks, uint16_t id, uint32_t sessions, uintptr_t frame)
{
	struct rill_want want = { &rill_running_bits, (uint8_t)sessions, RILL_ID_END, id };
	struct pair_event plain = { .count = 1, .first = begin_ticks, .second = id, .word = WORD_OF(sessions, 0) };
	struct rill_writing w;
	bool is_long;

	if (RILL_ON(CONFIG_RILL_FLIGHT) && pair_event(&plain, pair_clock))
		return;
	is_long = rill_clock_ticks() - begin_ticks >= RILL_END_TICKS_MAX / 2;
	if (!rill_record_begin_from(&w, &want, is_long ? 16 : 8, frame))
		return;
	w.payload[0] = (uint64_t)id << 48 | (is_long ? RILL_END_TICKS_MAX : w.ticks - begin_ticks);
	if (is_long)
		w.payload[1] = begin_ticks;
	rill_record_commit(&w);
}

COLD void end_again(uint64_t begin_ticks, uint16_t id, uint32_t sessions, uintptr_t frame)
{
	take_back();
	end_cold(begin_ticks, id, sessions, frame);
}

ALWAYS_INLINE void write_end(uint64_t begin_ticks, uint16_t id, uint32_t sessions, uintptr_t frame)
{
	struct rill_ring *ring = rill_own_ring;
	struct rill_record *r;
	uintptr_t p, end;
	uint64_t ticks;
	uint8_t mask;

	if (!take(ring)) {
		end_cold(begin_ticks, id, sessions, frame);
		return;
	}
	p = rill_ring_mark(ring);	/* M1 */
	RILL_POINT(MARKED);
	mask = __atomic_load_n(&rill_running_bits, __ATOMIC_RELAXED) & (uint8_t)sessions;	/* the second look */
	r = open_record(ring, p, WORD_OF(mask, RILL_ID_END), 8, &end);
	ticks = r ? ticks_of(ring, r) - begin_ticks : 0;
	if (UNLIKELY(!r || ticks >= RILL_END_TICKS_MAX)) {
		end_again(begin_ticks, id, sessions, frame);
		return;
	}
	rill_arch_store_u64(&r->payload[0], (uint64_t)id << 48 | ticks);
	close_record(ring, end);
}

void rill_end(uint64_t begin_ticks, const struct rill_hot *site, uint32_t sessions)
{
	write_end(begin_ticks, id_of(site), sessions, 0);
}

/* ---- called by keep*.S, with where the stack stood -------------------------------------------------- */

#if RILL_KEEP_ENTRY
void rill_keep_args_c(const struct rill_hot *site, unsigned count, struct rill_arg *args, uintptr_t frame);
void rill_keep_begin_c(const struct rill_hot *site, unsigned count, struct rill_arg *args, uintptr_t frame, struct rill_scope *state);
#ifndef __x86_64__
void rill_keep_end_c(uintptr_t, uintptr_t, uintptr_t, uintptr_t frame, const struct rill_scope *state);
#endif

/* Gives texts the size that the call site left open. The array is the call site's own. */
ALWAYS_INLINE void measure(unsigned count, struct rill_arg *args)
{
	for (unsigned i = 0; RILL_ON(CONFIG_RILL_ARG_TEXTS) && i < count; i++) {
		if (UNLIKELY(args[i].type & RILL_ARG_UNMEASURED)) {
			args[i].type &= (uint8_t)~RILL_ARG_UNMEASURED;
			args[i].size = args[i].tail ? (uint32_t)strnlen((const char *)args[i].tail, args[i].size) : 0;
		}
	}
}

__attribute__((used)) void rill_keep_args_c(const struct rill_hot *site, unsigned count, struct rill_arg *args, uintptr_t frame)
{
	measure(count, args);
	write_args(site, count, args, frame);
}

/* With such call sites the state's sessions are a hot word, as it is in the begin's record: keep_hot.S needs the id at the end. */
ALWAYS_INLINE void set_scope(struct rill_scope *state, const struct rill_hot *site, struct rill_begun begun)
{
	state->site = begun.sessions ? site : NULL;
	state->begin_ticks = begun.ticks;
	state->sessions = WORD_OF(begun.sessions, id_of(site));
}

ALWAYS_INLINE uint32_t sessions_of(const struct rill_scope *state)
{
	return state->sessions >> 8 & 0xff;
}

ALWAYS_INLINE uint16_t begun_id(const struct rill_scope *state)
{
	return (uint16_t)(state->sessions >> 16);
}

__attribute__((used)) void rill_keep_begin_c(const struct rill_hot *site, unsigned count, struct rill_arg *args, uintptr_t frame,
					     struct rill_scope *state)
{
	measure(count, args);
	set_scope(state, site, write_args(site, count, args, frame));
}

#ifdef __x86_64__
_Static_assert(offsetof(struct rill_scope, begin_ticks) == KEEP_SCOPE_TICKS && offsetof(struct rill_scope, site) == KEEP_SCOPE_SITE &&
	       offsetof(struct rill_scope, sessions) == KEEP_SCOPE_SESSIONS && KEEP_END_WORD == (RILL_ID_END << 16 | 2),
	       "emit/keep.h must say where keep_hot.S finds these");

/* What keep_hot.S leaves of a scope with up to two words. `of` is the site; at the end the begin's ticks, and state its hot word. */
void rill_keep_scope_cold(uintptr_t of, unsigned what, uint64_t first, uint64_t second, uintptr_t frame, struct rill_scope *state);
__attribute__((used, cold)) void rill_keep_scope_cold(uintptr_t of, unsigned what, uint64_t first, uint64_t second,
						      uintptr_t frame, struct rill_scope *state)
{
	const struct rill_arg args[2] = { { first, NULL, 0, RILL_TYPE_U64 }, { second, NULL, 0, RILL_TYPE_U64 } };
	const struct rill_hot *site = (const struct rill_hot *)of;
	const unsigned count = what & (KEEP_AGAIN - 1);

	if (what & KEEP_BEGIN)
		set_scope(state, site, what & KEEP_WHOLE ? write_args(site, count, args, frame) : write_cold(site, count, args, frame));
	else if (what & KEEP_WHOLE)
		write_end(of, begun_id(state), sessions_of(state), frame);
	else
		end_cold(of, begun_id(state), sessions_of(state), frame);
}
#else
/* The first three are what lies in the registers of the other two. */
__attribute__((used)) void rill_keep_end_c(uintptr_t unused1, uintptr_t unused2, uintptr_t unused3, uintptr_t frame,
					   const struct rill_scope *state)
{
	(void)unused1, (void)unused2, (void)unused3;
	write_end(state->begin_ticks, begun_id(state), sessions_of(state), frame);
}
#endif
#endif

#if RILL_KEEP_ENTRY && defined(__x86_64__)
/* ---- a list, as pushed by RILL_SEND_LIST in rill/site.h: taken as it lies, without an array between ---------------------- */

/* Which arguments have a tail: the next one's bit on top. */
ALWAYS_INLINE uint32_t list_tails(uint64_t head)
{
	return RILL_TAILS ? (uint32_t)(head >> 8) << (32 - (head & 0xff)) : 0;
}

/* Gives texts their sizes, in place. Returns the bytes of the payload. */
ALWAYS_INLINE size_t measure_list(uint64_t *list, unsigned count, uint32_t tails)
{
	size_t bytes = 8 * (size_t)count;

	for (; tails; tails <<= 1) {
		const char *text = (const char *)(uintptr_t)*list++;

		if (!(tails >> 31))
			continue;
		if ((int64_t)*list < 0)
			*list = text ? strnlen(text, (size_t)~*list) : 0;
		bytes += RILL_TAIL_BYTES(*list++);
	}
	return bytes;
}

ALWAYS_INLINE void put_list(uint64_t *to, const uint64_t *list, unsigned count, uint32_t tails)
{
	for (; count; count--, tails <<= 1) {
		uint64_t word = *list++;

		if (RILL_TAILS && tails >> 31)
			to = rill_put_tail(to, (const void *)(uintptr_t)word, (uint32_t)*list++, UINT32_MAX);
		else
			rill_arch_store_u64(to++, word);
	}
}

ALWAYS_INLINE void pair_fill_list(uint64_t *to, const struct pair_event *e, uint64_t unused)
{
	(void)unused;
	put_list(to, e->args, e->count, e->tails);
}

static __attribute__((noinline)) bool write_list_pair(const struct rill_hot *site, const uint64_t *list, unsigned count, uint32_t tails,
						      size_t bytes)
{
	struct pair_event e = { .site = site, .count = count, .bytes = bytes, .args = list, .tails = tails };

	return bytes <= PLAIN_BYTES_MAX && pair_event_of(&e, pair_fill_list, pair_clock);
}

COLD void write_list_cold(const struct rill_hot *site, const uint64_t *list, unsigned count, uint32_t tails, uintptr_t frame)
{
	struct rill_arg args[RILL_LIST_MAX];

	for (unsigned i = 0; i < count; i++, tails <<= 1) {
		args[i].word = *list++;
		args[i].type = RILL_TYPE_U64;
		if (!(tails >> 31))
			continue;
		args[i].tail = (const void *)(uintptr_t)args[i].word;
		args[i].size = (uint32_t)*list++;
		args[i].type = RILL_ON(CONFIG_RILL_ARG_TEXTS) ? RILL_TYPE_STRING : RILL_TYPE_BLOB;	/* stored alike */
	}
	write_cold(site, count, args, frame);
}

void rill_keep_list_c(const struct rill_hot *site, uint64_t *list, uintptr_t frame);
__attribute__((used)) void rill_keep_list_c(const struct rill_hot *site, uint64_t *list, uintptr_t frame)
{
	struct rill_ring *ring = rill_own_ring;
	const unsigned count = *list & 0xff;
	const uint32_t tails = list_tails(*list++);
	const size_t bytes = measure_list(list, count, tails);
	struct rill_record *r;
	uintptr_t p, end;

	if (UNLIKELY(bytes > PLAIN_BYTES_MAX) || !take(ring)) {
		if (RILL_ON(CONFIG_RILL_FLIGHT) && write_list_pair(site, list, count, tails, bytes))
			return;
		write_list_cold(site, list, count, tails, frame);
		return;
	}
	p = rill_ring_mark(ring);	/* M1 */
	RILL_POINT(MARKED);
	r = open_record(ring, p, look_again(site), bytes, &end);
	if (UNLIKELY(!r)) {
		take_back();
		write_list_cold(site, list, count, tails, frame);
		return;
	}
	put_list(r->payload, list, count, tails);
	close_record(ring, end);
}
#endif

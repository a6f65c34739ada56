/* SPDX-License-Identifier: MIT
 * record.c - one record, from "who wants it" to M3, the cold way.
 */
#include "emit/record.h"

#include "emit/attach.h"
#include "emit/loss.h"
#include "ring/point.h"

#include "port/port.h"

#include <rill/clock.h>
#include <string.h>

enum { ESCAPE_BYTES = 16, LONG_BYTES = 8, HEADER_BYTES = sizeof(struct rill_record) };

uint8_t rill_running_bits;

static size_t record_max(const struct rill_ring *ring)
{
	size_t room = ring->block_size - sizeof(struct rill_block) - ESCAPE_BYTES - LONG_BYTES;

	return room < RILL_RECORD_BYTES_MAX ? room : RILL_RECORD_BYTES_MAX;
}

size_t rill_payload_max(void)
{
	const struct rill_ring_geometry *g = &rill_ring_geometry;
	struct rill_ring smallest = { .block_size = g->block_bytes };

	if (CONFIG_RILL_LEVELS > 1 && g->nested_bytes / 2 < smallest.block_size)
		smallest.block_size = g->nested_bytes / 2;
	return record_max(&smallest) - HEADER_BYTES - 8;
}

/* Finds the place of `bytes` behind p, in this block or the next, with the base that fits the time. The time is read here, behind M1
 * (I4). 0: full. */
static uintptr_t place(struct rill_ring *ring, uintptr_t p, size_t bytes, uint64_t *ticks)
{
	struct rill_record *escape;

	*ticks = rill_clock_ticks();
	if (ring->block_end - p < bytes) {
		p = rill_ring_switch(ring, p, *ticks);
		RILL_POINT(SWITCHED);
		if (!p)
			return 0;
		*ticks = rill_clock_ticks();
	}
	if ((*ticks - rill_ring_base(ring)) >> 32 == 0)
		return p;
	/* More than 2^32 ticks since the base, or a clock that went backwards. */
	if (ring->block_end - p < bytes + ESCAPE_BYTES)
		return rill_ring_switch(ring, p, *ticks);
	escape = rill_ring_at(ring, p);
	escape->words = ESCAPE_BYTES / 8;
	escape->mask = 0;
	escape->id = RILL_ID_ESCAPE;
	escape->delta = 0;
	escape->payload[0] = *ticks;
	rill_ring_set_base(ring, *ticks);
	return p + ESCAPE_BYTES;
}

static struct rill_record *put_header(struct rill_ring *ring, uintptr_t p, size_t words, uint16_t id, uint8_t mask, uint64_t ticks)
{
	struct rill_record *r = rill_ring_at(ring, p);

	if (words > RILL_RECORD_WORDS_MAX) {
		r->words = LONG_BYTES / 8;
		r->mask = 0;
		r->id = RILL_ID_LONG;
		r->delta = (uint32_t)words;
		r++;
	}
	r->words = words > RILL_RECORD_WORDS_MAX ? 0 : (uint8_t)words;
	r->mask = mask;
	r->id = id;
	r->delta = (uint32_t)(ticks - rill_ring_base(ring));
	return r;
}

static void undo(struct rill_ring *ring, uintptr_t p)
{
	rill_ring_publish(ring, p);
	rill_ring_unbusy(ring);
}

bool rill_record_begin_from(struct rill_writing *w, const struct rill_want *want, size_t payload_bytes, uintptr_t frame)
{
	bool with_time = atomic_load_explicit(&rill_ring_slow, memory_order_relaxed);
	size_t bytes = HEADER_BYTES + payload_bytes + (with_time ? 8 : 0), all;
	enum rill_cause cause;
	uintptr_t before, p;

	w->ring = rill_ring_acquire(&cause, frame);
	if (!w->ring) {
		w->mask = __atomic_load_n(want->enabled, __ATOMIC_RELAXED) & want->only;
		if (w->mask)
			rill_lose(NULL, cause, w->mask, want->id, want->category);
		return false;
	}
	RILL_POINT(BUSY);
	before = rill_ring_mark(w->ring);
	RILL_POINT(MARKED);
	/* The second look: a producer preempted between its first look and M1 is invisible to stop. */
	w->mask = __atomic_load_n(want->enabled, __ATOMIC_RELAXED) & want->only;
	if (!w->mask) {
		undo(w->ring, before);
		return false;
	}
	if (bytes > record_max(w->ring)) {
		rill_lose(w->ring, RILL_LOST_BIG, w->mask, want->id, want->category);
		undo(w->ring, before);
		return false;
	}
	all = bytes / 8 > RILL_RECORD_WORDS_MAX ? bytes + LONG_BYTES : bytes;
	p = place(w->ring, before, all, &w->ticks);
	if (!p) {
		rill_lose(w->ring, RILL_LOST_FULL, w->mask, want->id, want->category);
		undo(w->ring, before);
		return false;
	}
	w->payload = put_header(w->ring, p, bytes / 8, want->id, w->mask, w->ticks)->payload;
	w->end = p + all;
	if (with_time)
		w->payload[payload_bytes / 8] = rill_port_thread_time_ns();
	RILL_POINT(WRITTEN);
	return true;
}

void rill_record_commit(struct rill_writing *w)
{
	RILL_POINT(FILLED);
	rill_ring_publish(w->ring, w->end);	/* M3 */
	RILL_POINT(COMMITTED);
	rill_ring_unbusy(w->ring);
}

/* ---- payloads ------------------------------------------------------------------------------------- */

static bool has_tail(const struct rill_arg *a)
{
	return RILL_TYPE_HAS_TAIL(a->type);
}

static bool has_word(const struct rill_arg *a)
{
	return !has_tail(a) || a->type >= RILL_TYPE_ID;
}

size_t rill_args_size(unsigned count, const struct rill_arg *args, size_t fixed, uint32_t *share)
{
	size_t size = fixed, tails = 0, most = 0, room = rill_payload_max();

	for (unsigned i = 0; i < count; i++) {
		size += has_word(&args[i]) ? 8 : 0;
		if (!has_tail(&args[i]))
			continue;
		size += 8 + RILL_TAIL_BYTES(args[i].size);
		tails++;
		most += 16;	/* what a tail takes at least, whatever its share */
	}
	*share = UINT32_MAX;
	if (size <= room || !tails)
		return size;
	/* Cut: every tail gets the same share of what the rest leaves. */
	size = fixed;
	for (unsigned i = 0; i < count; i++)
		size += has_word(&args[i]) ? 8 : 0;
	*share = size + most < room ? (uint32_t)(((room - size) / tails - 16) & ~(size_t)7) : 0;
	for (unsigned i = 0; i < count; i++)
		if (has_tail(&args[i]))
			size += 8 + RILL_TAIL_BYTES(args[i].size < *share ? args[i].size : *share);
	return size;
}

uint64_t *rill_put_tail(uint64_t *to, const void *tail, uint32_t size, uint32_t share)
{
	uint64_t word;
	uint8_t *bytes = (uint8_t *)(to + 1);

	if (!tail) {
		*to = RILL_TAIL_NULL;
		to[1] = 0;
		return to + 2;
	}
	word = size <= share ? size : share | RILL_TAIL_CUT;
	size = RILL_TAIL_SIZE(word);
	*to = word;
	to += RILL_TAIL_BYTES(size) / 8;
	*to = 0;	/* NUL and padding; the bytes come on top */
	memcpy(bytes, tail, size);
	return to + 1;
}

uint64_t *rill_put_arg(uint64_t *to, const struct rill_arg *arg, uint32_t share)
{
	if (has_word(arg))
		*to++ = arg->word;
	return has_tail(arg) ? rill_put_tail(to, arg->tail, arg->size, share) : to;
}

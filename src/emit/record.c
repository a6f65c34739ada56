/* SPDX-License-Identifier: MIT
 * record.c - one record, from "who wants it" to M3, the cold way.
 */
#include "emit/record.h"

#include "emit/attach.h"
#include "emit/kept.h"
#include "emit/loss.h"
#include "ring/point.h"

#include "port/port.h"

#include <rill/clock.h>

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
	struct rill_ring smallest = { .block_size = g->block_bytes < g->ring_bytes / 2 ? g->block_bytes : g->ring_bytes / 2 };

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
	RILL_POINT(TIMED);
	if (ring->block_end - p < bytes || rill_ring_is_used_up(ring, p) || rill_ring_has_gap(ring)) {
		p = rill_ring_switch(ring, p, *ticks);
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
	RILL_POINT(ESCAPED);
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
	RILL_POINT(UNDONE);
	rill_ring_unbusy(ring);
}

static void lose(const struct rill_writing *w, enum rill_cause cause, const struct rill_want *want)
{
	RILL_POINT(LOSING);
	rill_lose(w->ring, cause, w->mask, want->id, want->category);
	RILL_POINT(LOST);
}

bool rill_record_begin_from(struct rill_writing *w, const struct rill_want *want, size_t payload_bytes, uintptr_t frame)
{
	size_t bytes = HEADER_BYTES + payload_bytes, all;
	bool with_time;
	enum rill_cause cause;
	uintptr_t before, p;

	if (RILL_ON(CONFIG_RILL_EARLY) && rill_kept_is_open()) {
		enum rill_kept_answer answer = rill_kept_begin(w, want, payload_bytes);

		if (answer != RILL_KEPT_NOT_HERE)
			return answer == RILL_KEPT_BEGUN;
	}
	w->ring = rill_ring_acquire(&cause, frame);
	if (!w->ring) {
		w->mask = rill_lose_without_ring(cause, want);
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
	RILL_POINT(LOOKED);
	/* Behind the look: the byte of a session that wants the CPU time goes on when this is set. Step TIME of tests/model/slow.pml. */
	with_time = RILL_ON(CONFIG_RILL_THREAD_TIME) && atomic_load_explicit(&rill_ring_slow, memory_order_relaxed);
	bytes += with_time ? 8 : 0;
	if (bytes > record_max(w->ring)) {
		rill_ring_shut(w->ring);	/* what comes next goes into the next block: see rill_ring_has_gap() */
		lose(w, RILL_LOST_BIG, want);
		undo(w->ring, before);
		return false;
	}
	all = bytes / 8 > RILL_RECORD_WORDS_MAX ? bytes + LONG_BYTES : bytes;
	p = place(w->ring, before, all, &w->ticks);
	if (!p) {
		lose(w, RILL_LOST_FULL, want);
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
	if (RILL_ON(CONFIG_RILL_EARLY) && !w->ring) {
		rill_kept_commit(w);
		return;
	}
	RILL_POINT(FILLED);
	rill_ring_publish(w->ring, w->end);	/* M3 */
	RILL_POINT(COMMITTED);
	rill_ring_unbusy(w->ring);
	RILL_POINT(ENDED);
}

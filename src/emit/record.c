/* SPDX-License-Identifier: MIT
 * record.c - one record, from "who wants it" to M3, the cold way.
 */
#include "emit/record.h"

#include "emit/attach.h"
#include "emit/kept.h"
#include "emit/loss.h"
#include "ring/flight.h"
#include "ring/point.h"
#include "ring/ring_file.h"
#include "ring/ring_set.h"

#include "port/port.h"

#include <rill/clock.h>
#include <string.h>

enum { ESCAPE_BYTES = 16, LONG_BYTES = 8, HEADER_BYTES = sizeof(struct rill_record) };

uint8_t rill_running_bits;

static size_t record_max(const struct rill_ring *ring)
{
	size_t room = ring->block_size - rill_block_begin_bytes(ring) - ESCAPE_BYTES - LONG_BYTES;

	return room < RILL_RECORD_BYTES_MAX ? room : RILL_RECORD_BYTES_MAX;
}

size_t rill_payload_max(void)
{
	const struct rill_ring_geometry *g = &rill_ring_geometry;
	struct rill_ring smallest = { .block_size = g->block_bytes < g->ring_bytes / 2 ? g->block_bytes : g->ring_bytes / 2 };

	if (CONFIG_RILL_LEVELS > 1 && g->nested_bytes / 2 < smallest.block_size)
		smallest.block_size = g->nested_bytes / 2;
	smallest.owner = rill_ring_tag();
	if (RILL_ON(CONFIG_RILL_FLIGHT) && rill_flight_bytes() && rill_flight_block_min() <= smallest.block_size) {
		smallest.block_size = rill_flight_block_min();
		smallest.owner = 1;
	}
	return record_max(&smallest) - HEADER_BYTES - 8;
}

/* Makes the ring's base fit the time: p, or the place behind that, in this block or the next. 0: full. */
static uintptr_t fit_base(struct rill_ring *ring, uintptr_t p, size_t bytes, uint64_t ticks)
{
	struct rill_record *escape;

	if ((ticks - rill_ring_base(ring)) >> 32 == 0)
		return p;
	/* More than 2^32 ticks since the base, or a clock that went backwards. */
	if (ring->block_end - p < bytes + ESCAPE_BYTES)
		return rill_ring_switch(ring, p, ticks);
	escape = rill_ring_at(ring, p);
	escape->words = ESCAPE_BYTES / 8;
	escape->mask = 0;
	escape->id = RILL_ID_ESCAPE;
	escape->delta = 0;
	escape->payload[0] = ticks;
	rill_ring_set_base(ring, ticks);
	RILL_POINT(ESCAPED);
	return p + ESCAPE_BYTES;
}

/* Finds the place of `bytes` behind p, in this block or the next, with the base that fits the time. The time is read here, behind M1
 * (I4). 0: full. */
static uintptr_t place(struct rill_ring *ring, uintptr_t p, size_t bytes, uint64_t *ticks)
{
	*ticks = rill_clock_ticks();
	RILL_POINT(TIMED);
	/* The blocks are being written into a file: none may be opened, and what is refused leaves a gap (rill_ring_has_gap()). */
	if (RILL_ON(CONFIG_RILL_CRASH) && rill_ring_set_is_held()) {
		rill_ring_shut(ring);
		return 0;
	}
	if (rill_ring_needs_block(ring, p, bytes)) {
		p = rill_ring_switch(ring, p, *ticks);
		if (!p)
			return 0;
		*ticks = rill_clock_ticks();
	}
	return fit_base(ring, p, bytes, *ticks);
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

static void lose(struct rill_ring *ring, enum rill_cause cause, uint8_t mask, const struct rill_want *want)
{
	RILL_POINT(LOSING);
	rill_lose(ring, cause, mask, want->id, want->category);
	RILL_POINT(LOST);
}

/* Who may find the event in this ring. */
static uint8_t mask_of(const struct rill_writing *w, const struct rill_ring *ring)
{
	return w->mask & (RILL_ON(CONFIG_RILL_FLIGHT) && ring->flight ? RILL_MASK_FLIGHT : (uint8_t)~RILL_MASK_FLIGHT);
}

/* Larger than any block of the ring: lost there, and counted. */
static bool is_too_big(const struct rill_writing *w, struct rill_ring *ring, size_t bytes, const struct rill_want *want)
{
	if (bytes <= record_max(ring))
		return false;
	rill_ring_shut(ring);	/* what comes next goes into the next block: see rill_ring_has_gap() */
	lose(ring, RILL_LOST_BIG, mask_of(w, ring), want);
	return true;
}

static uint8_t look(const struct rill_want *want)
{
	return __atomic_load_n(want->enabled, __ATOMIC_RELAXED) & want->only;
}

/* A ring of the kind in which somebody wants the event, marked, and who wants it. False: nobody, or it was lost and counted. */
static bool mark_ring(struct rill_writing *w, const struct rill_want *want, uintptr_t frame)
{
	enum rill_cause cause;
	uintptr_t before;
	bool flight;

	do {	/* again only where others want it now than a moment ago */
		flight = RILL_ON(CONFIG_RILL_FLIGHT) && rill_flight_bytes() && look(want) == RILL_MASK_FLIGHT;
		w->ring = rill_ring_acquire(&cause, frame, flight);
		if (!w->ring) {
			w->mask = rill_lose_without_ring(cause, want);
			return false;
		}
		RILL_POINT(BUSY);
		before = rill_ring_mark(w->ring);
		RILL_POINT(MARKED);
		/* The second look: a producer preempted between its first look and M1 is invisible to stop. */
		w->mask = look(want);
		if (mask_of(w, w->ring)) {
			if (flight)	/* a stream that begins at this moment may have the next one */
				w->mask = RILL_MASK_FLIGHT;
			RILL_POINT(LOOKED);
			return true;
		}
		undo(w->ring, before);
	} while (RILL_ON(CONFIG_RILL_FLIGHT) && w->mask);
	return false;
}

/* A flight session wants it, too: its ring is taken and marked before the time is read, so that no handler's later event stands in
 * front of it there. */
static void mark_second(struct rill_writing *w, size_t bytes, const struct rill_want *want, uintptr_t frame)
{
	enum rill_cause cause;

	w->second = rill_ring_acquire(&cause, frame, true);
	if (!w->second) {
		lose(NULL, cause, RILL_MASK_FLIGHT, want);
	} else {
		uintptr_t before = rill_ring_mark(w->second);

		if (!is_too_big(w, w->second, bytes, want))
			return;
		undo(w->second, before);
		w->second = NULL;
	}
	w->mask &= (uint8_t)~RILL_MASK_FLIGHT;
}

/* Header and place of the record in w->ring, which is marked; false: it was lost there, and counted. */
static bool write_head(struct rill_writing *w, size_t bytes, const struct rill_want *want)
{
	const size_t all = bytes / 8 > RILL_RECORD_WORDS_MAX ? bytes + LONG_BYTES : bytes;
	const uintptr_t before = atomic_load_explicit(&w->ring->commit_pos, memory_order_relaxed) & ~(uintptr_t)1;
	uintptr_t p;

	if (is_too_big(w, w->ring, bytes, want)) {
		undo(w->ring, before);
		return false;
	}
	p = place(w->ring, before, all, &w->ticks);
	if (!p) {
		lose(w->ring, RILL_LOST_FULL, mask_of(w, w->ring), want);
		undo(w->ring, before);
		return false;
	}
	w->payload = put_header(w->ring, p, bytes / 8, want->id, mask_of(w, w->ring), w->ticks)->payload;
	w->end = p + all;
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		w->begin = p;
	return true;
}

bool rill_record_begin_from(struct rill_writing *w, const struct rill_want *want, size_t payload_bytes, uintptr_t frame)
{
	size_t bytes = HEADER_BYTES + payload_bytes;
	bool with_time;

	if (RILL_ON(CONFIG_RILL_EARLY) && rill_kept_is_open()) {
		enum rill_kept_answer answer = rill_kept_begin(w, want, payload_bytes);

		if (answer != RILL_KEPT_NOT_HERE)
			return answer == RILL_KEPT_BEGUN;
	}
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		w->second = NULL;
	if (!mark_ring(w, want, frame))
		return false;
	/* Behind the look: the byte of a session that wants the CPU time goes on when this is set. Step TIME of tests/model/slow.pml. */
	with_time = RILL_ON(CONFIG_RILL_THREAD_TIME) &&
		    (atomic_load_explicit(&rill_ring_slow, memory_order_relaxed) & RILL_SLOW_TIME);
	bytes += with_time ? 8 : 0;
	if (RILL_ON(CONFIG_RILL_FLIGHT) && !w->ring->flight && (w->mask & RILL_MASK_FLIGHT))
		mark_second(w, bytes, want, frame);
	while (!write_head(w, bytes, want)) {
		if (!RILL_ON(CONFIG_RILL_FLIGHT) || !w->second)
			return false;
		w->ring = w->second;	/* lost for the streams */
		w->second = NULL;
		w->mask = RILL_MASK_FLIGHT;
	}
	if (with_time)
		w->payload[payload_bytes / 8] = rill_port_thread_time_ns();
	RILL_POINT(WRITTEN);
	return true;
}

static void lose_second(const struct rill_writing *w, uintptr_t p)
{
	rill_lose(w->second, RILL_LOST_FULL, RILL_MASK_FLIGHT, 0, 0);
	undo(w->second, p);
}

/* The same record in the flight ring, which always has a place. In front of the stream ring's M3, for which stop waits. */
static void write_second(const struct rill_writing *w)
{
	struct rill_ring *ring = w->second;
	uintptr_t p = atomic_load_explicit(&ring->commit_pos, memory_order_relaxed) & ~(uintptr_t)1;
	const size_t all = w->end - w->begin, head = (size_t)((uintptr_t)w->payload - (uintptr_t)rill_ring_at(w->ring, w->begin));
	struct rill_record *r;

	if (rill_ring_needs_block(ring, p, all)) {
		if (RILL_ON(CONFIG_RILL_CRASH) && rill_ring_set_is_held()) {	/* as in place() */
			lose_second(w, p);
			return;
		}
		p = rill_ring_switch(ring, p, w->ticks);
	}
	p = fit_base(ring, p, all, w->ticks);
	memcpy(rill_ring_at(ring, p), rill_ring_at(w->ring, w->begin), all);
	r = rill_ring_at(ring, p + head - HEADER_BYTES);
	r->mask = RILL_MASK_FLIGHT;
	r->delta = (uint32_t)(w->ticks - rill_ring_base(ring));
	rill_ring_publish(ring, p + all);	/* M3 */
	RILL_POINT(TWICE);
	rill_ring_unbusy(ring);
}

void rill_record_commit(struct rill_writing *w)
{
	if (RILL_ON(CONFIG_RILL_EARLY) && !w->ring) {
		rill_kept_commit(w);
		return;
	}
	RILL_POINT(FILLED);
	if (RILL_ON(CONFIG_RILL_FLIGHT) && w->second)
		write_second(w);
	rill_ring_publish(w->ring, w->end);	/* M3 */
	RILL_POINT(COMMITTED);
	rill_ring_unbusy(w->ring);
	RILL_POINT(ENDED);
}

/* SPDX-License-Identifier: MIT
 * point_flight.c - writer and reader of one flight ring, each stopped where the other could do harm.
 *
 * tests/model/overwrite.pml has all interleavings of a small ring; these are the ones that matter, with the code as it is.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "emit/attach.h"
#include "ring/flight.h"
#include "ring/point.h"
#include "ring/ring_consumer.h"

#include <stdatomic.h>

enum { SIZE = 16384 };

static struct watch w;
static uint64_t first, last, holes, emitted;

static void look(struct watch *watch, const struct rill_event *e)
{
	const uint64_t n = e->nargs ? e->args[0].u : 0;

	(void)watch;
	holes += last && n != last + 1;
	first = first ? first : n;
	last = n;
}

static void emit_until(uint64_t n)
{
	while (emitted < n)
		RILL_INSTANT("flight", "event", "n", ++emitted);
}

static struct rill_ring *own(void)
{
	return &rill_flight_of(rill_own_slot()->index)->ring[0];
}

static bool snapshot(void)
{
	first = last = 0;
	w.last_ns = 0;
	NEED(rill_snapshot(w.session, NULL) == 0);
	NEED_EQUAL(holes, 0);
	NEED_EQUAL(w.backwards, 0);
	return true;
}

static bool start(void)
{
	w.each = look;
	w.options.flight_bytes = SIZE;
	NEED(watch_start(&w, "flight"));
	emit_until(5000);
	return true;
}

static bool end(void)
{
	struct rill_stats stats;

	rill_point_hook = NULL;
	return watch_stop(&w, &stats);
}

/* ---- the writer comes round while a block is copied ------------------------------------------------- */

static _Atomic enum rill_point armed_at;	/* the consumer comes to points, too */
static unsigned hits, at_hit;
static uint64_t more;

static void write_on(enum rill_point at)
{
	if (at != armed_at || hits++ != at_hit)
		return;
	emit_until(emitted + more);
}

/* Behind the n-th block, counted from the newest; so many events on. Everything newer than what was overwritten is there. */
static bool overtaken(enum rill_point at, unsigned n, uint64_t count)
{
	const uint64_t before = emitted;

	armed_at = at;
	at_hit = n;
	hits = 0;
	more = count;
	rill_point_hook = write_on;
	NEED(snapshot());
	rill_point_hook = NULL;
	NEED(hits > n);
	NEED_EQUAL(emitted, before + count);
	if (first)
		NEED_EQUAL(last, before);
	return true;
}

/* A block has 1024 bytes, an event 16: 62 fit. The ring has 8. */
static bool at_each_block(void)
{
	NEED(start());
	NEED(snapshot());
	NEED_EQUAL(last, emitted);
	NEED(emitted - first > 7 * 62 - 62 && emitted - first < 8 * 62);
	for (unsigned n = 0; n < 7; n++)
		for (uint64_t count = 1; count < 12 * 62; count += 31) {
			NEED(overtaken(RILL_POINT_NUMBERED, n, count));
			NEED(overtaken(RILL_POINT_COPIED, n, count));
		}
	return end();
}

static void a_block_that_is_overwritten_while_it_is_copied_does_not_count(void)
{
	ISOLATED(at_each_block);
}

/* Once around: nothing of before is left, and nothing that came later is taken for it. */
static bool once_around(void)
{
	NEED(start());
	NEED(overtaken(RILL_POINT_NUMBERED, 0, 9 * 62));
	NEED_EQUAL(first, 0);
	NEED(overtaken(RILL_POINT_COPIED, 0, 9 * 62));
	NEED_EQUAL(first, 0);
	NEED(overtaken(RILL_POINT_COPIED, 3, 9 * 62));
	NEED(last - first >= 2 * 62 && last - first < 4 * 62);
	return end();
}

static void a_writer_that_comes_round_leaves_what_was_copied_before(void)
{
	ISOLATED(once_around);
}

/* ---- the reader comes while a block is begun -------------------------------------------------------- */

/* Volatile: a call site is an asm that says nothing of memory, so the compiler does not know that a hook may run in it. */
static volatile bool fine;
static struct rill_flight_found found;

static void copy_now(enum rill_point at)
{
	const struct rill_flight *flight;
	struct rill_ring copy = { .data = NULL };

	if (at != armed_at || hits++)
		return;
	flight = rill_flight_of(rill_own_slot()->index);
	copy.data = malloc(flight->ring[0].size);
	rill_flight_copy(&flight->ring[0], &copy, &found);
	free(copy.data);
	fine = true;
}

/* From `held` on the oldest block is no longer what it was, though all of its records may still stand there. */
static bool while_begun(enum rill_point at, uintptr_t rejected)
{
	const uintptr_t blocks = own()->size / own()->block_size;

	fine = false;
	hits = 0;
	armed_at = at;
	rill_point_hook = copy_now;
	emit_until(emitted + 2 * 62);
	rill_point_hook = NULL;
	NEED(fine);
	NEED_EQUAL(found.rejected, rejected);
	NEED_EQUAL((found.end - found.begin + own()->block_size - 1) / own()->block_size, blocks - rejected);
	return true;
}

static bool at_each_step(void)
{
	NEED(start());
	NEED(while_begun(RILL_POINT_CLOSED, 0));
	NEED(while_begun(RILL_POINT_UNNUMBERED, 1));
	NEED(while_begun(RILL_POINT_OPENED, 1));
	NEED(while_begun(RILL_POINT_SWITCHED, 0));	/* it is the newest now */
	NEED(snapshot());
	NEED_EQUAL(last, emitted);
	return end();
}

static void a_block_that_is_being_begun_is_no_longer_the_oldest(void)
{
	ISOLATED(at_each_step);
}

/* ---- stop waits for an event in a flight ring ------------------------------------------------------- */

static _Atomic bool inside, stopped;
static bool written_behind_stop;

static void hold(enum rill_point at)
{
	if (at != RILL_POINT_FILLED || hits++)
		return;
	atomic_store(&inside, true);
	for (uint64_t until = now_ms() + 50; now_ms() < until;)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	written_behind_stop = atomic_load(&stopped);
}

static void *emit_held(void *unused)
{
	(void)unused;
	hits = 0;
	rill_point_hook = hold;
	RILL_INSTANT("flight", "held", "n", 1);
	return NULL;
}

static bool stop_waits(void)
{
	pthread_t t;

	NEED(configure(0, 0, 0, 2000));
	NEED(start());
	NEED(pthread_create(&t, NULL, emit_held, NULL) == 0);
	while (!atomic_load(&inside))
		sleep_ms(1);
	NEED(rill_session_stop(w.session) == 0);
	atomic_store(&stopped, true);
	NEED(pthread_join(t, NULL) == 0);
	NEED(!written_behind_stop);
	return true;
}

static void stop_waits_for_an_event_in_a_flight_ring(void)
{
	ISOLATED(stop_waits);
}

static const struct test_case cases[] = {
	T(a_block_that_is_overwritten_while_it_is_copied_does_not_count),
	T(a_writer_that_comes_round_leaves_what_was_copied_before),
	T(a_block_that_is_being_begun_is_no_longer_the_oldest),
	T(stop_waits_for_an_event_in_a_flight_ring),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("flight, point by point", cases, argc, argv);
}

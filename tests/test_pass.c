/* SPDX-License-Identifier: MIT
 * test_pass.c - one pass of the consumer, step by step: the order rule with a clock that is set by hand and records that appear between
 * any two steps.
 *
 * The rings are written here as if by threads; clock, barrier and "is the thread alive?" are ours (--wrap in build.mk). The
 * consumer's own thread sleeps meanwhile.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "emit/site.h"
#include "port/port.h"
#include "port/rcu.h"
#include "ring/ring_producer.h"
#include "ring/ring_set.h"
#include "route/route_private.h"

#include <rill/clock.h>

/* ---- what the pass asks --------------------------------------------------------------------------- */

static __thread bool scripted;	/* this thread's pass is under our clock */
static uint64_t now;		/* what the next clock read gives */
static void (*at_barrier)(void);
static char steps[64];		/* C: clock, B: barrier */
static uint32_t dead_tid;
static _Atomic bool consumer_passes;

static void note(char step)
{
	size_t length = strlen(steps);

	if (length + 1 < sizeof steps)
		steps[length] = step;
}

uint64_t __real_rill_route_now_ticks(void);
uint64_t __wrap_rill_route_now_ticks(void);
uint64_t __wrap_rill_route_now_ticks(void)
{
	if (!scripted)
		return __real_rill_route_now_ticks();
	note('C');
	return now;
}

int __real_rill_port_barrier(void);
int __wrap_rill_port_barrier(void);
int __wrap_rill_port_barrier(void)
{
	if (!scripted) {
		if (gettid() != getpid())
			atomic_store(&consumer_passes, true);
		return __real_rill_port_barrier();
	}
	note('B');
	if (at_barrier)
		at_barrier();
	return 0;
}

bool __wrap_rill_port_thread_alive(uint32_t pid, uint32_t tid);
bool __wrap_rill_port_thread_alive(uint32_t pid, uint32_t tid)
{
	(void)pid;
	return tid != dead_tid;
}

uint64_t __wrap_rill_port_thread_start_time(uint32_t pid, uint32_t tid);
uint64_t __wrap_rill_port_thread_start_time(uint32_t pid, uint32_t tid)
{
	(void)pid;
	(void)tid;
	return 0;
}

/* ---- threads that are none ------------------------------------------------------------------------ */

static uint64_t zero;		/* times count from here */
static uint16_t site_id;

static void the_site(uint64_t tag)
{
	RILL_INSTANT("pass", "record", "tag", tag);
}

static void find_site(void)
{
	rcu_read_lock();
	for (uint32_t id = RILL_ID_SITES; id < RILL_ID_SITES + rill_site_count(); id++)
		if (strcmp(rill_site_entry((uint16_t)id)->name, "record") == 0)
			site_id = (uint16_t)id;
	rcu_read_unlock();
}

static void write_words(struct rill_ring *ring, uint16_t id, uint8_t mask, uint32_t delta, uint64_t payload)
{
	uintptr_t p = atomic_load(&ring->commit_pos) & ~(uintptr_t)1;
	struct rill_record *r = rill_ring_at(ring, p);

	rill_ring_mark(ring);
	r->words = 2;
	r->mask = mask;
	r->id = id;
	r->delta = delta;
	r->payload[0] = payload;
	rill_ring_publish(ring, p + 16);
}

static void put(struct rill_slot *slot, unsigned level, uint64_t time, uint64_t tag)
{
	write_words(&slot->ring[level], site_id, 1, (uint32_t)(zero + time - rill_ring_base(&slot->ring[level])), tag);
}

static struct rill_slot *thread(uint32_t tid)
{
	static uint32_t serial = 1000;
	struct rill_slot *slot = rill_slot_claim(rill_owner(1, 1));

	if (!slot)
		abort();
	slot->tid = tid;
	slot->serial = ++serial;
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++) {
		write_words(&slot->ring[level], RILL_ID_ESCAPE, 0, 0, zero);
		rill_ring_set_base(&slot->ring[level], zero);
	}
	rill_slot_publish(slot);
	return slot;
}

/* ---- a session, and passes ------------------------------------------------------------------------ */

enum { TAGS = 64 };

static struct watch w;
static uint64_t tags[TAGS], late_tags;
static unsigned tag_count;

static void keep_tag(struct watch *watch, const struct rill_event *e)
{
	(void)watch;
	if (tag_count < TAGS)
		tags[tag_count++] = e->args[0].u;
	if (e->state & RILL_EVENT_LATE)
		late_tags |= UINT64_C(1) << e->args[0].u;
}

static bool begin(void)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 4096, .threads_max = 8, .period_ms = 60000, .wake = RILL_WAKE_POLL };

	w.each = keep_tag;
	NEED(rill_configure(&c) == 0);
	NEED(watch_start(&w, "pass"));
	while (!atomic_load(&consumer_passes))	/* once; then it sleeps */
		sleep_ms(1);
	the_site(63);
	NEED(rill_session_flush(w.session, 60000) == 0);
	find_site();
	NEED(site_id != 0);
	/* Ahead of the real clock, which goes on: a counter that is behind it would have begun again. Not further than a second, or the times
	 * would be no times of now. */
	zero = __real_rill_route_now_ticks() + rill_route.timebase.second_ticks / 2;
	rill_route.skew_ticks = 0;
	return true;
}

/* How many records the pass gives at that time. */
static uint64_t pass_at(uint64_t time)
{
	struct rill_stats before, after;

	if (rill_session_stats(w.session, &before) != 0)
		abort();
	now = zero + time;
	memset(steps, 0, sizeof steps);
	rill_route_lock();
	scripted = true;
	rill_route_pass();
	scripted = false;
	rill_route_unlock();
	if (rill_session_stats(w.session, &after) != 0)
		abort();
	return after.delivered - before.delivered;
}

/* Ends the session; the tags came in this order, behind the first event. */
static bool came(unsigned count, const uint64_t *expected)
{
	struct rill_stats stats;

	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(tag_count, count + 1);
	for (unsigned i = 0; i < count; i++)
		NEED_EQUAL(tags[i + 1], expected[i]);
	return true;
}
#define CAME(...) came(sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t), (uint64_t[]){ __VA_ARGS__ })

/* ---- the order rule ------------------------------------------------------------------------------- */

static struct rill_slot *a, *b;

static bool clock_then_barrier(void)
{
	NEED(begin());
	NEED_EQUAL(pass_at(10), 0);
	NEED(strcmp(steps, "CB") == 0);
	return came(0, NULL);
}

static void the_clock_is_read_and_then_the_barrier_is_made_once_each(void)
{
	ISOLATED(clock_then_barrier);
}

static void put_at_barrier(void)
{
	put(a, 0, 40, 1);
}

/* The interrupt makes a store visible that was made before the clock was read. */
static bool seen_behind_the_barrier(void)
{
	NEED(begin());
	a = thread(101);
	b = thread(102);
	put(b, 0, 50, 2);
	at_barrier = put_at_barrier;
	NEED_EQUAL(pass_at(60), 2);
	at_barrier = NULL;
	return CAME(1, 2);
}

static void what_the_barrier_shows_is_in_the_pass(void)
{
	ISOLATED(seen_behind_the_barrier);
}

/* What comes behind the barrier has a time of then: the pass gives nothing that is not below its own clock read. */
static bool strictly_below(void)
{
	NEED(begin());
	a = thread(101);
	b = thread(102);
	put(a, 0, 59, 1);
	put(a, 0, 60, 3);
	NEED_EQUAL(pass_at(60), 1);
	put(b, 0, 60, 2);
	NEED_EQUAL(pass_at(60), 0);
	NEED_EQUAL(pass_at(61), 2);
	return CAME(1, 3, 2);	/* equal times: by thread id */
}

static void a_pass_gives_what_is_strictly_below_its_clock_read(void)
{
	ISOLATED(strictly_below);
}

static bool skew(void)
{
	NEED(begin());
	a = thread(101);
	rill_route.skew_ticks = 5;
	put(a, 0, 54, 1);
	put(a, 0, 55, 2);
	NEED_EQUAL(pass_at(60), 1);
	NEED_EQUAL(pass_at(61), 1);
	return CAME(1, 2);
}

static void counters_may_differ_by_the_skew(void)
{
	ISOLATED(skew);
}

/* Inside an event, a ring will bring a record no older than its last: the others wait there. */
static bool in_flight(void)
{
	NEED(begin());
	a = thread(101);
	b = thread(102);
	put(a, 0, 30, 1);
	put(b, 0, 29, 0);
	put(b, 0, 30, 3);
	put(b, 0, 40, 4);
	rill_ring_mark(&a->ring[0]);
	NEED_EQUAL(pass_at(60), 1);	/* not even its last: the next may have the same time */
	put(a, 0, 30, 2);
	NEED_EQUAL(pass_at(60), 4);
	return CAME(0, 1, 2, 3, 4);
}

static void a_ring_inside_an_event_holds_the_others_at_its_last_record(void)
{
	ISOLATED(in_flight);
}

static bool ties(void)
{
	NEED(begin());
	b = thread(102);	/* the slot with the lower index has the higher id */
	a = thread(101);
	put(b, 0, 30, 4);
	put(b, 1, 30, 5);
	put(a, 2, 30, 3);
	put(a, 0, 30, 1);
	put(a, 1, 30, 2);
	NEED_EQUAL(pass_at(60), 5);
	return CAME(1, 2, 3, 4, 5);
}

static void equal_times_come_by_thread_id_then_level(void)
{
	ISOLATED(ties);
}

static bool late(void)
{
	NEED(begin());
	a = thread(101);
	b = thread(102);
	put(a, 0, 50, 1);
	NEED_EQUAL(pass_at(60), 1);
	put(b, 0, 59, 2);	/* as from a ring that was held too long */
	put(b, 0, 60, 3);
	NEED_EQUAL(pass_at(70), 2);
	NEED(CAME(1, 2, 3));
	NEED_EQUAL(late_tags, UINT64_C(1) << 2);
	return true;
}

static void exactly_what_is_below_an_earlier_watermark_is_late(void)
{
	ISOLATED(late);
}

/* ---- what an outlet refuses ----------------------------------------------------------------------- */

static const struct rill_outlet_ops *accepts;
static struct rill_gap gap_told;

static int refuses_two(struct rill_outlet *outlet, const struct rill_event *e)
{
	return e->args[0].u == 2 ? -1 : accepts->event(outlet, e);
}

static void keep_gap(struct watch *watch, const struct rill_gap *gap)
{
	(void)watch;
	gap_told = *gap;
}

static bool late_behind_a_gap(void)
{
	struct watch other = { .session = NULL };
	struct rill_outlet *outlet;
	struct rill_outlet_ops ops;
	struct rill_stats stats;

	w.each_gap = keep_gap;
	NEED(begin());
	NEED(watch_start(&other, "another"));	/* with two sessions, none defers what it refuses */
	outlet = ((struct rill_route_session *)w.session)->outlet;
	accepts = outlet->ops;
	ops = *accepts;
	ops.event = refuses_two;
	outlet->ops = &ops;
	a = thread(101);
	b = thread(102);
	put(a, 0, 500000, 1);
	put(a, 0, 600000, 2);
	NEED_EQUAL(pass_at(700000), 1);
	put(b, 0, 100000, 3);		/* as from a ring that was held too long */
	NEED_EQUAL(pass_at(800000), 1);
	outlet->ops = accepts;
	NEED(watch_stop(&other, &stats));
	NEED(CAME(1, 3));
	NEED_EQUAL(late_tags, UINT64_C(1) << 3);
	NEED_EQUAL(gap_told.count, 1);
	NEED_EQUAL(gap_told.cause, RILL_LOST_SUBSCRIBER);
	NEED(gap_told.before_ns < gap_told.after_ns);
	return true;
}

static void a_gap_before_a_late_event_begins_before_it_ends(void)
{
	ISOLATED(late_behind_a_gap);
}

static bool lag(void)
{
	uint64_t start_ns;

	NEED(begin());
	a = thread(101);
	rill_route_lag();
	NEED_EQUAL(pass_at(50), 0);
	put(a, 0, 49, 1);
	put(a, 0, 51, 2);
	start_ns = rill_port_monotonic_ns();
	NEED_EQUAL(pass_at(60), 1);	/* below the clock read of the pass before */
	NEED_EQUAL(pass_at(61), 1);
	NEED(rill_port_monotonic_ns() - start_ns >= 1000000);
	NEED(strcmp(steps, "C") == 0);
	return CAME(1, 2);
}

static void without_the_barrier_a_pass_uses_a_clock_read_that_is_a_millisecond_old(void)
{
	ISOLATED(lag);
}

/* ---- whose it is ---------------------------------------------------------------------------------- */

static bool from_before(void)
{
	struct rill_route_books before, after;

	NEED(begin());
	a = thread(101);
	zero = ((struct rill_route_session *)w.session)->start_ticks - 10;
	write_words(&a->ring[0], RILL_ID_ESCAPE, 0, 0, zero);
	rill_ring_set_base(&a->ring[0], zero);
	rill_route_books(&before);
	put(a, 0, 9, 1);
	put(a, 0, 10, 2);
	NEED_EQUAL(pass_at(UINT64_C(1) << 36), 1);
	rill_route_books(&after);
	NEED_EQUAL(after.stopped - before.stopped, 1);
	return CAME(2);
}

static void a_record_from_before_the_session_is_not_given_to_it(void)
{
	ISOLATED(from_before);
}

static bool slots(void)
{
	uint32_t index;

	NEED(begin());
	a = thread(101);
	index = a->index;
	put(a, 0, 50, 1);
	put(a, 0, 70, 2);
	NEED_EQUAL(pass_at(40), 0);	/* the consumer knows the thread */
	dead_tid = 101;
	atomic_store(&a->exiting, 1);
	NEED_EQUAL(pass_at(60), 1);
	b = thread(102);
	NEED(b->index != index);	/* a record is left in it */
	NEED_EQUAL(pass_at(80), 1);
	b = thread(103);
	NEED_EQUAL(b->index, index);
	put(b, 0, 90, 3);
	NEED_EQUAL(pass_at(100), 1);
	return CAME(1, 2, 3);
}

static void a_slot_is_given_away_when_its_thread_is_gone_and_its_rings_are_empty(void)
{
	ISOLATED(slots);
}

static const struct test_case cases[] = {
	T(the_clock_is_read_and_then_the_barrier_is_made_once_each),
	T(what_the_barrier_shows_is_in_the_pass),
	T(a_pass_gives_what_is_strictly_below_its_clock_read),
	T(counters_may_differ_by_the_skew),
	T(a_ring_inside_an_event_holds_the_others_at_its_last_record),
	T(equal_times_come_by_thread_id_then_level),
	T(exactly_what_is_below_an_earlier_watermark_is_late),
	T(a_gap_before_a_late_event_begins_before_it_ends),
	T(without_the_barrier_a_pass_uses_a_clock_read_that_is_a_millisecond_old),
	T(a_record_from_before_the_session_is_not_given_to_it),
	T(a_slot_is_given_away_when_its_thread_is_gone_and_its_rings_are_empty),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("pass", cases, argc, argv);
}

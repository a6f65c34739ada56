/* SPDX-License-Identifier: MIT
 * point_stop.c - what a stop, the start behind it and a pass may take for something else: a block switch for the end of an event, an event
 * of the session before for one of the next, a loss for one from before an event, a thread inside an event for one that brings nothing.
 *
 * A thread, the subject, is held at one point after the other while another one, the actor, stops, starts or flushes.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "ring/point.h"
#include "route/route.h"

#include <pthread.h>
#include <stdatomic.h>

enum { NOWHERE = -1 };

static __thread bool subject, actor;
static _Atomic int wanted = NOWHERE, held = NOWHERE;	/* where the subject is to be held, where it is */
static _Atomic unsigned passed[RILL_POINTS];		/* by the actor */
static unsigned act_at[RILL_POINTS];			/* at the how manieth time the actor acts there; 0: never */
static void (*act)(void);

static void pause_shortly(void)
{
	nanosleep(&(struct timespec){ 0, 50000 }, NULL);
}

static void point(enum rill_point at)
{
	if (subject && wanted == (int)at) {
		wanted = NOWHERE;
		held = (int)at;
		while (held == (int)at)
			pause_shortly();
	} else if (actor && ++passed[at] == act_at[at]) {
		act();
	}
}

static void wait_held(enum rill_point at)
{
	while (held != (int)at)
		pause_shortly();
}

/* From where it is held to the next point, or (NOWHERE) on. */
static void let_go_to(int next)
{
	wanted = next;
	held = NOWHERE;
}

static void wait_until(const _Atomic bool *flag)
{
	while (!*flag)
		pause_shortly();
}

static struct watch old, new, beside;
static _Atomic bool over, quit, fast;
static _Atomic unsigned emitted;

static bool stop_only(struct watch *w)
{
	NEED(rill_session_stop(w->session) == 0);
	return true;
}

static uint64_t stopped_events(void)
{
	struct rill_route_books books;

	rill_route_lock();
	rill_route_pass();
	rill_route_books(&books);
	rill_route_unlock();
	return books.stopped;
}

/* ---- a block switch in the middle of an event (QUIET_BY_SWITCH of tests/model/stop.pml) --------------- */

enum { SWITCH_HOLD_MS = 300, SWITCH_LOOK_MS = 150 };

static void *emit_on(void *unused)
{
	(void)unused;
	subject = true;
	while (!quit) {
		emitted++;
		RILL_INSTANT("look", "event");
		if (!fast)
			usleep(200);
	}
	return NULL;
}

static void *stop_old(void *fine)
{
	actor = true;
	*(bool *)fine = stop_only(&old);
	return NULL;
}

/* Whoever takes the switch for the end drains now: the event's time comes behind that of the drain, and the next event of the thread keeps
 * back what is not older than it. */
static bool switch_while_stopping(void)
{
	pthread_t emitter, stopper;
	unsigned meant;
	bool fine = false;

	NEED(configure(65536, 256, 4, SWITCH_HOLD_MS));
	NEED(watch_start(&old, "look"));
	NEED(watch_start(&beside, "look"));	/* so that events go on */
	rill_point_hook = point;
	wanted = RILL_POINT_OPENED;
	NEED(pthread_create(&emitter, NULL, emit_on, NULL) == 0);
	wait_held(RILL_POINT_OPENED);
	meant = emitted;			/* this one has looked, too */
	NEED(pthread_create(&stopper, NULL, stop_old, &fine) == 0);
	while (!passed[RILL_POINT_ASKED] && !passed[RILL_POINT_HEADS])
		pause_shortly();
	let_go_to(RILL_POINT_SWITCHED);
	wait_held(RILL_POINT_SWITCHED);
	for (uint64_t until = now_ms() + SWITCH_LOOK_MS; !passed[RILL_POINT_HEADS] && now_ms() < until;)
		pause_shortly();
	fast = true;
	let_go_to(RILL_POINT_MARKED);
	wait_held(RILL_POINT_MARKED);
	pthread_join(stopper, NULL);
	quit = true;
	let_go_to(NOWHERE);
	pthread_join(emitter, NULL);
	rill_point_hook = NULL;
	NEED(fine);
	NEED_EQUAL(old.events, meant);
	NEED(stop_only(&beside));
	NEED_EQUAL(beside.events, emitted);
	NEED_EQUAL(stopped_events(), 0);
	return true;
}

static void a_block_switch_inside_an_event_is_not_its_end_for_stop(void)
{
	ISOLATED(switch_while_stopping);
}

/* ---- an event of the session before, and the next one on its bit (DOUBT and START of that model) ------- */

enum { GIVEN_UP_MS = 20 };

static void *emit_one(void *unused)
{
	(void)unused;
	subject = true;
	RILL_INSTANT("look", "event");
	over = true;
	return NULL;
}

/* It looked while `old` was on, and has not read its clock. */
static bool leave_one_behind(pthread_t *emitter)
{
	NEED(configure(4096, 0, 4, GIVEN_UP_MS));
	NEED(watch_start(&old, "look"));
	rill_point_hook = point;
	wanted = RILL_POINT_LOOKED;
	NEED(pthread_create(emitter, NULL, emit_one, NULL) == 0);
	wait_held(RILL_POINT_LOOKED);
	NEED(stop_only(&old));
	NEED_EQUAL(old.events, 0);
	return true;
}

static void let_it_end(void)
{
	let_go_to(NOWHERE);
	wait_until(&over);
}

/* In whose time it ends: that of the start, between its two steps, or that of the new session. */
static bool ends_in_the_next(bool during_the_start)
{
	pthread_t emitter;

	NEED(leave_one_behind(&emitter));
	act = let_it_end;
	act_at[RILL_POINT_BEGUN] = during_the_start;
	actor = true;
	NEED(watch_start(&new, "other"));
	NEED_EQUAL(over, during_the_start);
	if (!during_the_start)
		let_it_end();
	pthread_join(emitter, NULL);
	rill_point_hook = NULL;
	NEED(stop_only(&new));
	NEED_EQUAL(new.events, 0);
	NEED_EQUAL(stopped_events(), 1);
	return true;
}

static bool ends_during_the_start(void)
{
	return ends_in_the_next(true);
}

static bool ends_behind_the_start(void)
{
	return ends_in_the_next(false);
}

static void an_event_that_ends_while_the_next_session_begins_is_not_for_it(void)
{
	ISOLATED(ends_during_the_start);
}

static void an_event_that_ends_behind_the_start_of_the_next_session_is_not_for_it(void)
{
	ISOLATED(ends_behind_the_start);
}

/* ---- an event and a loss between two looks of the reader (TAIL_SWAPPED of tests/model/block.pml) -------- */

enum { ARGS = 240 };
static _Atomic bool first_there, go, both_there;
static uint64_t second_ns, gap_before_ns;

static void note_second(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (strcmp(e->name, "second") == 0)
		second_ns = e->ts_ns;
}

static void note_gap(struct watch *w, const struct rill_gap *gap)
{
	(void)w;
	gap_before_ns = gap->before_ns;
}

static void *emit_and_lose(void *unused)
{
	static const struct rill_arg args[ARGS] = { { .type = RILL_TYPE_U64 } };

	(void)unused;
	RILL_INSTANT("look", "first");
	first_there = true;
	wait_until(&go);
	RILL_INSTANT("look", "second");
	rill_emit('I', "look", "too big", 0, 0, ARGS, NULL, args);
	both_there = true;
	return NULL;
}

static void let_both_come(void)
{
	go = true;
	wait_until(&both_there);
}

static bool loss_between_two_looks(void)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 4096, .block_bytes = 512, .threads_max = 4, .period_ms = 60000,
				 .wake = RILL_WAKE_POLL };
	struct rill_stats stats;
	pthread_t emitter;

	NEED(rill_configure(&c) == 0);
	old.each = note_second;
	old.each_gap = note_gap;
	NEED(watch_start(&old, "look"));
	NEED(pthread_create(&emitter, NULL, emit_and_lose, NULL) == 0);
	wait_until(&first_there);
	NEED(rill_session_flush(old.session, 60000) == 0);
	act = let_both_come;
	act_at[RILL_POINT_COUNTED] = RILL_LOST_BIG + 1;	/* the first ring is the emitter's, its causes come in their order */
	actor = true;
	rill_point_hook = point;
	rill_route_lock();
	rill_route_pass();	/* and no flush, which tells all that is known */
	rill_route_unlock();
	rill_point_hook = NULL;
	pthread_join(emitter, NULL);
	NEED(both_there);
	NEED(watch_stop(&old, &stats));
	NEED_EQUAL(stats.delivered, 2);
	NEED_EQUAL(stats.lost[RILL_LOST_BIG], 1);
	NEED(gap_before_ns >= second_ns);
	return true;
}

static void a_loss_is_not_told_in_front_of_what_was_published_before_it(void)
{
	ISOLATED(loss_between_two_looks);
}

/* ---- a thread inside an event while the drain of a stop goes on ----------------------------------------- */

enum { SHORT_HOLD_MS = 700, LONG_HOLD_MS = 5000, HELD_MS = 800 };

static void *emit_beside(void *unused)
{
	(void)unused;
	RILL_INSTANT("beside", "first");
	first_there = true;
	wait_until(&go);
	subject = true;
	RILL_INSTANT("beside", "held");
	return NULL;
}

static void *release_soon(void *unused)
{
	(void)unused;
	wait_held(RILL_POINT_FILLED);
	sleep_ms(HELD_MS);
	let_go_to(NOWHERE);
	return NULL;
}

/* Not before the stop has looked who is inside an event. */
static void hold_one(void)
{
	wanted = RILL_POINT_FILLED;
	go = true;
	wait_held(RILL_POINT_FILLED);
}

/* What it will bring is older than what `old` still has to get. */
static bool held_while_draining(uint32_t hold_ms)
{
	pthread_t emitter, releaser;
	uint64_t start_ms, took_ms;
	bool soon = hold_ms == LONG_HOLD_MS;

	NEED(configure(65536, 0, 4, hold_ms));
	NEED(watch_start(&old, "look"));
	NEED(watch_start(&beside, "beside"));
	NEED(pthread_create(&emitter, NULL, emit_beside, NULL) == 0);
	wait_until(&first_there);
	RILL_INSTANT("look", "event");
	act = hold_one;
	act_at[RILL_POINT_QUIET] = 1;
	actor = true;
	rill_point_hook = point;
	start_ms = now_ms();
	if (soon)
		NEED(pthread_create(&releaser, NULL, release_soon, NULL) == 0);
	NEED(stop_only(&old));
	took_ms = now_ms() - start_ms;
	if (soon)
		pthread_join(releaser, NULL);
	let_go_to(NOWHERE);
	pthread_join(emitter, NULL);
	rill_point_hook = NULL;
	NEED_EQUAL(old.events, 1);
	NEED(stop_only(&beside));
	NEED_EQUAL(beside.events, 2);
	NEED_EQUAL(beside.late, !soon);		/* nobody had to give it up, or hold_max was over */
	NEED(took_ms >= (soon ? HELD_MS : SHORT_HOLD_MS) && took_ms < BUSY_MS * patience());
	NEED_EQUAL(stopped_events(), 0);
	return true;
}

static bool held_for_less_than_hold_max(void)
{
	return held_while_draining(LONG_HOLD_MS);
}

static bool held_for_longer(void)
{
	return held_while_draining(SHORT_HOLD_MS);
}

static void stop_brings_in_what_an_event_shorter_than_hold_max_holds_back(void)
{
	ISOLATED(held_for_less_than_hold_max);
}

static void stop_brings_in_what_an_event_longer_than_hold_max_holds_back(void)
{
	ISOLATED(held_for_longer);
}

/* ---- likewise, and the only session's outlet takes nothing --------------------------------------------- */

enum { TOO_MANY = 1000 };
static _Atomic bool blocked, unblock;

static void block(struct watch *w, const struct rill_event *e)
{
	(void)w;
	(void)e;
	blocked = true;
	wait_until(&unblock);
}

static void *emit_and_be_held(void *unused)
{
	(void)unused;
	subject = true;
	RILL_INSTANT("look", "younger than what the outlet refuses");
	wanted = RILL_POINT_BUSY;
	RILL_INSTANT("look", "in flight, and wanted by none when it looks again");
	return NULL;
}

static void go_on_to_the_mark(void)
{
	let_go_to(RILL_POINT_MARKED);
	wait_held(RILL_POINT_MARKED);
}

static bool stuck_and_held(void)
{
	pthread_t emitter;

	NEED(configure(65536, 0, 4, LONG_HOLD_MS));
	old.each = block;
	old.options.queue_bytes = 4096;
	NEED(watch_start(&old, "look"));
	for (unsigned i = 0; i < TOO_MANY; i++)
		RILL_INSTANT("look", "event");
	wait_until(&blocked);
	sleep_ms(50);		/* what the outlet takes is out of the ring */
	rill_point_hook = point;
	NEED(pthread_create(&emitter, NULL, emit_and_be_held, NULL) == 0);
	wait_held(RILL_POINT_BUSY);
	RILL_INSTANT("look", "younger still");
	act = go_on_to_the_mark;
	act_at[RILL_POINT_QUIET] = 1;
	actor = true;
	NEED(stop_only(&old));
	let_go_to(NOWHERE);
	pthread_join(emitter, NULL);
	rill_point_hook = NULL;
	NEED_EQUAL(stopped_events(), 0);	/* each is in the books of its session */
	unblock = true;
	return true;
}

static void stop_gives_up_a_stuck_outlet_although_a_thread_is_inside_an_event(void)
{
	ISOLATED(stuck_and_held);
}

/* ---- the CPU time of threads, from the first event to the last (tests/model/slow.pml) --------------------- */

static uint64_t timed, untimed;

static void count_timed(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (e->state & RILL_EVENT_HAS_THREAD_TIME)
		timed++;
	else
		untimed++;
}

/* Every one goes the cold way, from its beginning. */
static void *emit_dynamic(void *unused)
{
	(void)unused;
	subject = true;
	rill_emit('I', "look", "event", 0, 0, 0, NULL, NULL);
	over = true;
	return NULL;
}

static bool cpu_time(bool at_the_start)
{
	pthread_t emitter;

	NEED(configure(65536, 0, 4, LONG_HOLD_MS));
	NEED(watch_start(&beside, "look"));	/* so that the event is under way when `old` starts */
	old.options.thread_time = true;
	old.each = count_timed;
	if (!at_the_start)
		NEED(watch_start(&old, "look"));
	rill_point_hook = point;
	wanted = at_the_start ? RILL_POINT_MARKED : RILL_POINT_LOOKED;
	NEED(pthread_create(&emitter, NULL, emit_dynamic, NULL) == 0);
	wait_held(at_the_start ? RILL_POINT_MARKED : RILL_POINT_LOOKED);
	act = let_it_end;
	act_at[at_the_start ? RILL_POINT_BYTES_SET : RILL_POINT_ASKED] = 1;
	actor = true;
	if (at_the_start)
		NEED(watch_start(&old, "look"));
	else
		NEED(stop_only(&old));
	pthread_join(emitter, NULL);
	rill_point_hook = NULL;
	if (at_the_start)
		NEED(stop_only(&old));
	NEED(stop_only(&beside));
	NEED_EQUAL(timed, 1);
	NEED_EQUAL(untimed, 0);
	return true;
}

static bool cpu_time_at_the_start(void)
{
	return cpu_time(true);
}

static bool cpu_time_at_the_stop(void)
{
	return cpu_time(false);
}

static void an_event_under_way_when_a_session_starts_has_the_cpu_time_that_it_wants(void)
{
	ISOLATED(cpu_time_at_the_start);
}

static void an_event_under_way_when_a_session_stops_has_the_cpu_time_that_it_wants(void)
{
	ISOLATED(cpu_time_at_the_stop);
}

static const struct test_case cases[] = {
	T(a_block_switch_inside_an_event_is_not_its_end_for_stop),
	T(an_event_that_ends_while_the_next_session_begins_is_not_for_it),
	T(an_event_that_ends_behind_the_start_of_the_next_session_is_not_for_it),
	T(a_loss_is_not_told_in_front_of_what_was_published_before_it),
	T(stop_brings_in_what_an_event_shorter_than_hold_max_holds_back),
	T(stop_brings_in_what_an_event_longer_than_hold_max_holds_back),
	T(stop_gives_up_a_stuck_outlet_although_a_thread_is_inside_an_event),
	T(an_event_under_way_when_a_session_starts_has_the_cpu_time_that_it_wants),
	T(an_event_under_way_when_a_session_stops_has_the_cpu_time_that_it_wants),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("stop, point by point", cases, argc, argv);
}

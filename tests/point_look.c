/* SPDX-License-Identifier: MIT
 * point_look.c - the second look at the mask, and what stop waits for: the session changes under an event that is held at one step.
 *
 * Behind M1 the event looks again. Who was held in front of M1 therefore writes nothing for a session that has gone off meanwhile; who is
 * held behind the second look is waited for.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "ring/point.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum { HELD_MS = 30, HELD_LONG_MS = 700, HOLD_MS = 2000, KINDS = 5 };

static _Atomic enum rill_point armed_point;	/* rill's own threads look at them, too */
static _Atomic bool armed;
static void (*_Atomic act)(void);

static void point(enum rill_point at)
{
	if (!armed || at != armed_point)
		return;
	armed = false;
	act();
}

static bool said_on;	/* by the last event that says so */

/* Every way into a ring: the hot path with none, one and two words, with a text, and the cold way. */
static void emit_kind(unsigned kind)
{
	switch (kind) {
	case 0: RILL_INSTANT("look", "none"); break;
	case 1: RILL_INSTANT("look", "one", "a", 1); break;
	case 2: RILL_INSTANT("look", "two", "a", 1, "b", 2); break;
	case 3: RILL_INSTANT("look", "text", "t", RILL_COPY("a text", 6)); break;
	default: said_on = rill_emit('I', "look", "dynamic", 0, 0, 0, NULL, NULL);
	}
}

static void emit_at(unsigned kind, enum rill_point at, void (*what)(void))
{
	act = what;
	armed_point = at;
	armed = true;
	emit_kind(kind);
}

/* ---- the bytes go off ------------------------------------------------------------------------------ */

static struct watch old, new;
static bool ok;

static void disable(void)
{
	ok = rill_session_disable(old.session, "look") == 0;
}

/* Held in front of the second look, before or behind M1: nothing comes. */
static bool off_before_the_second_look(void)
{
	static const enum rill_point before[] = { RILL_POINT_BUSY, RILL_POINT_MARKED };
	struct rill_stats stats;
	uint64_t emitted = 0;

	NEED(configure(4096, 0, 4, HOLD_MS));
	NEED(watch_start(&old, "look,other"));
	for (unsigned kind = 0; kind < KINDS; kind++, emitted++)
		emit_kind(kind);
	NEED(said_on);
	rill_point_hook = point;
	for (unsigned kind = 0; kind < KINDS; kind++)
		for (unsigned i = 0; i < 2; i++) {
			ok = false;
			emit_at(kind, before[i], disable);
			NEED(ok && !armed);
			NEED(kind < KINDS - 1 || !said_on);
			NEED(rill_session_enable(old.session, "look") == 0);
		}
	rill_point_hook = NULL;
	NEED(watch_stop(&old, &stats));
	NEED_EQUAL(stats.delivered + stats.lost_total, emitted);
	return true;
}

static void an_event_held_before_its_second_look_is_not_for_a_session_that_went_off(void)
{
	ISOLATED(off_before_the_second_look);
}

/* The session stops and another one, which does not want the event, gets its bit. */
static void hand_over(void)
{
	struct rill_stats stats;

	ok = watch_stop(&old, &stats) && watch_start(&new, "other");
}

static bool handed_over_before_the_mark(void)
{
	struct rill_stats stats;

	NEED(configure(4096, 0, 4, HOLD_MS));
	for (unsigned kind = 0; kind < KINDS; kind++) {
		memset(&old, 0, sizeof old);
		memset(&new, 0, sizeof new);
		NEED(watch_start(&old, "look,other"));
		emit_kind(kind);
		rill_point_hook = point;
		ok = false;
		emit_at(kind, RILL_POINT_BUSY, hand_over);
		rill_point_hook = NULL;
		NEED(ok && !armed);
		NEED_EQUAL(old.events, 1);
		RILL_INSTANT("other", "of the new session");
		NEED(watch_stop(&new, &stats));
		NEED_EQUAL(new.events, 1);
	}
	return true;
}

static void an_event_held_before_its_mark_is_not_for_the_next_session_of_the_bit(void)
{
	ISOLATED(handed_over_before_the_mark);
}

/* ---- stop waits for who is inside ------------------------------------------------------------------ */

static _Atomic bool inside;
static unsigned held_kind;

/* Once for longer than the drain behind it has patience. */
static void hold(void)
{
	atomic_store(&inside, true);
	sleep_ms(held_kind ? HELD_MS : HELD_LONG_MS);
}

static void *held(void *unused)
{
	(void)unused;
	emit_at(held_kind, RILL_POINT_FILLED, hold);
	return NULL;
}

static bool stop_while_held(void)
{
	pthread_t thread;

	NEED(configure(4096, 0, 4, HOLD_MS));
	rill_point_hook = point;
	for (held_kind = 0; held_kind < KINDS; held_kind++) {
		memset(&old, 0, sizeof old);
		atomic_store(&inside, false);
		NEED(watch_start(&old, "look"));
		NEED(pthread_create(&thread, NULL, held, NULL) == 0);
		while (!atomic_load(&inside))
			sleep_ms(1);
		NEED(rill_session_stop(old.session) == 0);
		NEED_EQUAL(old.events, 1);
		pthread_join(thread, NULL);
	}
	return true;
}

static void stop_waits_for_an_event_that_is_being_written(void)
{
	ISOLATED(stop_while_held);
}

/* ---- a loss behind the last pass --------------------------------------------------------------------- */

enum { ARGS = 240 };

/* More than a block holds. */
static void emit_too_big(void)
{
	static const struct rill_arg args[ARGS] = { { .type = RILL_TYPE_U64 } };

	rill_emit('I', "look", "big", 0, 0, ARGS, NULL, args);
}

/* No pass finds the ring at rest. */
static void go_on(enum rill_point at)
{
	if (at == RILL_POINT_HEADS)
		RILL_INSTANT("other", "on");
}

static bool loss_in_a_busy_ring(void)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 65536, .block_bytes = 4096, .threads_max = 4, .period_ms = 60000,
				 .wake = RILL_WAKE_POLL, .hold_max_ms = HOLD_MS };
	struct rill_stats stats;

	NEED(rill_configure(&c) == 0);
	NEED(watch_start(&old, "look"));
	NEED(watch_start(&new, "other"));
	RILL_INSTANT("other", "first");
	NEED(rill_session_flush(old.session, 60000) == 0);	/* the consumer sleeps from here on: all passes are ours */
	rill_point_hook = go_on;
	emit_too_big();
	NEED(rill_session_stop(old.session) == 0);
	rill_point_hook = NULL;
	NEED_EQUAL(old.lost[RILL_LOST_BIG], 1);
	NEED_EQUAL(old.lost_total, 1);
	NEED(watch_stop(&new, &stats));
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static void a_stop_tells_the_losses_of_a_ring_that_never_rests(void)
{
	ISOLATED(loss_in_a_busy_ring);
}

static _Atomic bool released, through;

/* The loss comes when stop has made its last pass: nobody but the closing of the books can tell it. */
static void lose_behind_the_last_pass(enum rill_point at)
{
	if (at == RILL_POINT_LOSING) {
		atomic_store(&inside, true);
		while (!atomic_load(&released))
			sleep_ms(1);
	} else if (at == RILL_POINT_LOST) {
		atomic_store(&through, true);
	} else if (at == RILL_POINT_DRAINED) {
		atomic_store(&released, true);
		while (!atomic_load(&through))
			sleep_ms(1);
	}
}

static void *lose_one(void *unused)
{
	emit_too_big();
	return unused;
}

static bool loss_behind_the_last_pass(void)
{
	pthread_t thread;

	NEED(configure(65536, 4096, 4, HELD_MS));	/* given up, for the time being */
	NEED(watch_start(&old, "look"));
	rill_point_hook = lose_behind_the_last_pass;
	NEED(pthread_create(&thread, NULL, lose_one, NULL) == 0);
	while (!atomic_load(&inside))
		sleep_ms(1);
	NEED(rill_session_stop(old.session) == 0);
	pthread_join(thread, NULL);
	rill_point_hook = NULL;
	NEED_EQUAL(old.lost[RILL_LOST_BIG], 1);
	NEED_EQUAL(old.lost_total, 1);
	return true;
}

static void a_stop_tells_what_is_lost_behind_its_last_pass(void)
{
	ISOLATED(loss_behind_the_last_pass);
}

/* ---- a loss that comes too late --------------------------------------------------------------------- */

static void stop_old(void)
{
	ok = rill_session_stop(old.session) == 0;
}

/* Counted under the session's bit when the session is gone; the ring does not rest until another one has the bit. */
static bool lost_behind_stop(void)
{
	struct watch keep = { .session = NULL };
	struct rill_stats stats;

	NEED(configure(65536, 4096, 4, HELD_MS));
	NEED(watch_start(&old, "look"));
	NEED(watch_start(&keep, "other"));
	RILL_INSTANT("other", "first");
	rill_point_hook = point;
	act = stop_old;
	armed_point = RILL_POINT_LOSING;
	armed = true;
	emit_too_big();
	NEED(ok);
	rill_point_hook = go_on;
	NEED(watch_start(&new, "new"));
	rill_point_hook = NULL;
	RILL_INSTANT("new", "of the new session");
	NEED(watch_stop(&new, &stats));
	NEED_EQUAL(stats.delivered, 1);
	NEED_EQUAL(stats.lost_total, 0);
	return rill_session_stop(keep.session) == 0;
}

static void what_is_lost_behind_a_stop_is_not_the_next_sessions(void)
{
	ISOLATED(lost_behind_stop);
}

/* ---- deeper than the levels ------------------------------------------------------------------------ */

enum { DEPTH = CONFIG_RILL_LEVELS + 2 };
static unsigned depth;

static void interrupt(enum rill_point at)
{
	if (at == RILL_POINT_FILLED && depth + 1 < DEPTH) {
		depth++;
		raise(SIGUSR1);
	}
}

static void nested(int sig)
{
	(void)sig;
	RILL_INSTANT("look", "nested", "depth", depth);
	if (depth + 1 < DEPTH) {	/* lost, so that no point was passed */
		depth++;
		raise(SIGUSR1);
	}
}

static bool too_deep(void)
{
	struct sigaction action = { .sa_handler = nested, .sa_flags = SA_NODEFER };
	struct rill_stats stats;

	NEED(configure(4096, 0, 4, HOLD_MS));
	NEED(sigaction(SIGUSR1, &action, NULL) == 0);
	NEED(watch_start(&old, "look"));
	RILL_INSTANT("look", "attached");
	rill_point_hook = interrupt;
	RILL_INSTANT("look", "outermost");
	rill_point_hook = NULL;
	NEED_EQUAL(depth, DEPTH - 1);
	NEED(watch_stop(&old, &stats));
	NEED_EQUAL(stats.delivered, 1 + CONFIG_RILL_LEVELS);
	NEED_EQUAL(stats.lost[RILL_LOST_DEEP], DEPTH - CONFIG_RILL_LEVELS);
	NEED_EQUAL(stats.lost_total, stats.lost[RILL_LOST_DEEP]);
	for (unsigned level = 1; level < CONFIG_RILL_LEVELS; level++)
		NEED_EQUAL(old.at_level[level], 1);
	return true;
}

static void an_event_nested_deeper_than_the_levels_is_lost_and_counted(void)
{
	if (WATCH_TSAN) {
		test_skip("ThreadSanitizer calls handlers without a signal frame, and the event takes them for a leap out of it");
		return;
	}
	ISOLATED(too_deep);
}

static const struct test_case cases[] = {
	T(an_event_held_before_its_second_look_is_not_for_a_session_that_went_off),
	T(an_event_held_before_its_mark_is_not_for_the_next_session_of_the_bit),
	T(stop_waits_for_an_event_that_is_being_written),
	T(what_is_lost_behind_a_stop_is_not_the_next_sessions),
	T(a_stop_tells_the_losses_of_a_ring_that_never_rests),
	T(a_stop_tells_what_is_lost_behind_its_last_pass),
	T(an_event_nested_deeper_than_the_levels_is_lost_and_counted),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("second look, point by point", cases, argc, argv);
}

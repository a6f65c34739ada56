/* SPDX-License-Identifier: MIT
 * test_flight.c - the flight recorder: rings that keep the newest events, beside streams and without them, and snapshots of them while
 * threads and nested signal handlers go on.
 *
 * Each event carries its number among those of its thread and context, so what is in a snapshot says by itself what is missing.
 * point_flight.c stops writer and reader inside a block.
 */
#define _GNU_SOURCE
#include "flight_help.h"

#include "ring/flight.h"
#include "ring/ring_set.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/time.h>

enum {
	WRITERS = 2,
	CONTEXTS = 3,
	SMALL = 16384,
	REST_MS = 4000	/* the consumer rests by then where there are only flight sessions */
};

/* ---- who writes ----------------------------------------------------------------------------------- */

static _Atomic bool over;
static _Atomic uint64_t emitted[WRITERS + 1][CONTEXTS];
static __thread unsigned who;

static uint64_t mixed(uint64_t writer, uint64_t context, uint64_t n)
{
	return (writer * 7 + context + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ n * UINT64_C(0xff51afd7ed558ccd);
}

static void emit_one(unsigned context)
{
	const uint64_t n = atomic_load_explicit(&emitted[who][context], memory_order_relaxed) + 1;

	if (n % 5)
		RILL_INSTANT("flight", "event", "from", (uint64_t)(who * CONTEXTS + context), "n", n, "mixed", mixed(who, context, n));
	else
		RILL_INSTANT("flight", "event", "from", (uint64_t)(who * CONTEXTS + context), "n", n, "mixed", mixed(who, context, n),
			     "text", RILL_COPY("abcdefghijklmnopqrstuvwxyz", n % 27));
	atomic_store_explicit(&emitted[who][context], n, memory_order_relaxed);
}

static void on_signal(int sig)
{
	if (who <= WRITERS && who)
		emit_one(sig == SIGUSR1 ? 1 : 2);
}

/* The two handlers interrupt each other, but not themselves. */
static void start_signals(void)
{
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGUSR2, &a, NULL);
}

static void *writer(void *number)
{
	const unsigned own = (unsigned)(uintptr_t)number;
	struct sigevent e = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };
	struct itimerspec often = { { 0, 60000 }, { 0, 60000 } };
	timer_t timers[2];

	who = own;
	e._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	for (unsigned i = 0; i < 2; i++) {
		timer_create(CLOCK_MONOTONIC, &e, &timers[i]);
		timer_settime(timers[i], 0, &often, NULL);
		e.sigev_signo = SIGUSR2;
		often.it_value.tv_nsec = often.it_interval.tv_nsec = 47000;
	}
	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		emit_one(0);
		if (emitted[who][0] % 256 == 0)
			sched_yield();
	}
	for (unsigned i = 0; i < 2; i++)
		timer_delete(timers[i]);
	return NULL;
}

/* ---- who looks ------------------------------------------------------------------------------------ */

/* What one snapshot or stream has shown. Events of a thread itself all go into one ring: there must be no hole among them. What its
 * handlers emit lies in several, of which each reaches back to another time. */
struct seen {
	uint64_t last[WRITERS + 1][CONTEXTS];
	uint64_t missing, torn, turned, events;
};

static void look_at(struct seen *seen, const struct rill_event *e)
{
	uint64_t from = e->nargs >= 3 ? e->args[0].u : 0, n = e->nargs >= 3 ? e->args[1].u : 0, *last;
	const unsigned writer_of = (unsigned)(from / CONTEXTS), context = (unsigned)(from % CONTEXTS);

	seen->events++;
	if (!writer_of || writer_of > WRITERS || e->args[2].u != mixed(writer_of, context, n) ||
	    (n % 5 == 0 && (e->nargs != 4 || e->args[3].size != n % 27 || memcmp(e->args[3].text, "abcdefghijklmnopqrstuvwxyz", n % 27)))) {
		seen->torn++;
		return;
	}
	last = &seen->last[writer_of][context];
	if (*last && n <= *last)
		seen->turned++;
	else if (*last && context == 0)
		seen->missing += n - *last - 1;
	*last = n;
}

static struct seen shown, streamed;

static void each_shown(struct watch *w, const struct rill_event *e)
{
	(void)w;
	look_at(&shown, e);
}

static void each_streamed(struct watch *w, const struct rill_event *e)
{
	(void)w;
	look_at(&streamed, e);
}

static bool flight_start(struct watch *w, const char *filter, uint64_t bytes)
{
	w->options.flight_bytes = bytes;
	return watch_start(w, filter);
}

static bool shoot(struct watch *w)
{
	w->last_ns = 0;		/* a trace of its own */
	return rill_snapshot(w->session, NULL) == 0;
}

static bool snapshot(struct watch *w)
{
	memset(&shown, 0, sizeof shown);
	NEED(shoot(w));
	NEED_EQUAL(w->backwards, 0);
	NEED_EQUAL(w->late, 0);
	NEED_EQUAL(shown.torn, 0);
	NEED_EQUAL(shown.turned, 0);
	NEED_EQUAL(shown.missing, 0);
	return true;
}

static bool start_writers(pthread_t *t)
{
	start_signals();
	for (uintptr_t i = 1; i <= WRITERS; i++)
		NEED(pthread_create(&t[i], NULL, writer, (void *)i) == 0);
	return true;
}

static bool end_writers(const pthread_t *t)
{
	atomic_store(&over, true);
	for (unsigned i = 1; i <= WRITERS; i++)
		NEED(pthread_join(t[i], NULL) == 0);
	return true;
}

/* The newest event of a thread cannot have been overwritten. */
static bool newest_are_there(void)
{
	for (unsigned i = 1; i <= WRITERS; i++) {
		NEED(emitted[i][0] > 0);
		NEED_EQUAL(shown.last[i][0], emitted[i][0]);
	}
	return true;
}

/* ---- snapshots under load ------------------------------------------------------------------------- */

static uint64_t run_ms(void)
{
	const char *ms = getenv("RILL_TEST_FLIGHT_MS");	/* longer by hand */

	return ms ? strtoull(ms, NULL, 10) : 800;
}

/* At least so many: flight_long.sh asks for 10^5. */
static uint64_t wanted(void)
{
	const char *count = getenv("RILL_TEST_FLIGHT_SNAPSHOTS");

	return count ? strtoull(count, NULL, 10) : 0;
}

static bool take_many(uint64_t bytes, uint64_t least)
{
	struct watch w = { .each = each_shown };
	struct rill_stats stats;
	pthread_t t[WRITERS + 1];
	uint64_t count = 0;

	NEED(flight_start(&w, "flight", bytes));
	NEED(start_writers(t));
	for (uint64_t until = now_ms() + run_ms(); count < least || now_ms() < until; count++)
		NEED(snapshot(&w));
	NEED(end_writers(t));
	NEED(snapshot(&w));
	NEED(newest_are_there());
	NEED(emitted[1][1] + emitted[2][1] > 0 && emitted[1][2] + emitted[2][2] > 0);
	fprintf(stderr, "%llu snapshots of %llu events in all, at levels 1 and 2 %llu and %llu ... ", (unsigned long long)count + 1,
		(unsigned long long)w.events, (unsigned long long)w.at_level[1], (unsigned long long)w.at_level[2]);
	return watch_stop(&w, &stats);
}

static bool in_small_rings(void)
{
	return take_many(SMALL, wanted());
}

static bool in_large_rings(void)
{
	return take_many(1 << 20, wanted() / 100);
}

static void V_2_snapshots_under_load_are_whole_and_have_the_newest(void)
{
	ISOLATED(in_small_rings);
	ISOLATED(in_large_rings);
}

/* On a busy machine no writer may run for a while. */
static void wait_for_events(void)
{
	const uint64_t before = emitted[1][0] + emitted[2][0];

	while (emitted[1][0] + emitted[2][0] < before + 10)
		sleep_ms(1);
}

/* A stream comes and goes, so that the way of events changes under them; neither session misses any. */
static bool with_streams(void)
{
	struct watch w = { .each = each_shown };
	struct rill_stats stats;
	pthread_t t[WRITERS + 1];

	NEED(flight_start(&w, "flight", 1 << 20));
	NEED(start_writers(t));
	for (uint64_t until = now_ms() + run_ms(); now_ms() < until;) {
		struct watch stream = { .each = each_streamed };

		memset(&streamed, 0, sizeof streamed);
		NEED(snapshot(&w));
		NEED(watch_start(&stream, "flight"));
		wait_for_events();
		sleep_ms(5);
		NEED(snapshot(&w));
		NEED(rill_session_stop(stream.session) == 0);
		NEED(streamed.events > 0);
		NEED_EQUAL(stream.backwards, 0);
		NEED_EQUAL(streamed.torn, 0);
		NEED_EQUAL(streamed.turned, 0);
		NEED(streamed.missing <= stream.lost_total);
	}
	NEED(end_writers(t));
	NEED(snapshot(&w));
	NEED(newest_are_there());
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static void streams_that_come_and_go_take_nothing_from_it(void)
{
	ISOLATED(with_streams);
}

/* The other way round. */
static bool with_flights(void)
{
	struct watch stream = { .each = each_streamed };
	struct rill_stats stats, none;
	pthread_t t[WRITERS + 1];

	/* 32-bit machines have no room for more; and what is full at the end takes ThreadSanitizer 45 s. */
	NEED(configure(WATCH_TSAN ? 1 << 20 : 8 << 20, 0, 8, 0));
	NEED(watch_start(&stream, "flight"));
	NEED(start_writers(t));
	for (uint64_t until = now_ms() + run_ms(); now_ms() < until;) {
		struct watch w = { .each = each_shown };

		NEED(flight_start(&w, "flight", SMALL));
		wait_for_events();
		sleep_ms(2);
		NEED(snapshot(&w));
		NEED(shown.events > 0);
		NEED(watch_stop(&w, &none));
		NEED_EQUAL(none.lost_total, 0);
	}
	NEED(end_writers(t));
	NEED(watch_stop(&stream, &stats));
	NEED_EQUAL(streamed.torn, 0);
	NEED_EQUAL(streamed.turned, 0);
	NEED_EQUAL(stats.delivered + stats.lost_total, emitted[1][0] + emitted[1][1] + emitted[1][2] + emitted[2][0] + emitted[2][1] +
		   emitted[2][2]);
	return true;
}

static void a_streams_books_close_while_flight_sessions_come_and_go(void)
{
	ISOLATED(with_flights);
}

static void emit_many(unsigned count)
{
	who = 1;
	for (unsigned i = 0; i < count; i++)
		emit_one(0);
}

static bool with_a_stream_at_once(void)
{
	struct watch w = { .each = each_shown }, stream = { .each = each_streamed };
	struct rill_stats stats;

	NEED(flight_start(&w, "flight", 1 << 20));
	emit_many(5);	/* the block is open, and the short way with it */
	NEED(watch_start(&stream, "flight"));
	emit_many(5);
	NEED(rill_session_stop(stream.session) == 0);
	NEED_EQUAL(stream.events, 5);
	NEED(snapshot(&w));
	NEED_EQUAL(shown.events, 10);
	return watch_stop(&w, &stats);
}

static void a_stream_that_comes_gets_the_next_event(void)
{
	ISOLATED(with_a_stream_at_once);
}

/* ---- what is left of what was overwritten --------------------------------------------------------- */

static bool half_full_and_full(void)
{
	struct watch w = { .each = each_shown };
	struct rill_stats stats;

	NEED(flight_start(&w, "flight", SMALL));
	emit_many(60);
	NEED(snapshot(&w));
	NEED_EQUAL(shown.events, 60);
	emit_many(5000);
	NEED(snapshot(&w));
	NEED_EQUAL(shown.last[1][0], 5060);
	NEED(shown.events > 60 && shown.events < 500);
	return watch_stop(&w, &stats);
}

static void RB_6_a_ring_half_full_and_full_is_given_oldest_first(void)
{
	ISOLATED(half_full_and_full);
}

static unsigned begins, ends;
static uint64_t long_ns;

static void each_long(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (strcmp(e->name, "long") != 0)
		return;
	begins += e->phase == 'B';
	ends += e->phase == 'E';
	if (e->state & RILL_EVENT_HAS_BEGIN)
		long_ns = e->ts_ns - e->begin_ns;
}

static bool begun_long_ago(void)
{
	struct watch w = { .each = each_long };
	struct rill_dynamic e = { .enabled = rill_category("flight"), .name = "long", .phase = 'X' };
	const uint64_t begin_ms = now_ms();
	struct rill_stats stats;
	uint64_t handle;

	NEED(flight_start(&w, "flight", SMALL));
	handle = rill_add_event(&e);
	NEED(handle != 0);
	sleep_ms(5);
	emit_many(5000);
	rill_end_event(e.enabled, e.name, handle);
	NEED(rill_snapshot(NULL, NULL) == 0);
	NEED_EQUAL(begins, 0);
	NEED_EQUAL(ends, 1);
	NEED(long_ns >= 4000000 && long_ns <= (now_ms() - begin_ms + 1) * 1000000);
	return watch_stop(&w, &stats);
}

static void RB_5_a_handle_whose_begin_was_overwritten_ends_its_own_event(void)
{
	ISOLATED(begun_long_ago);
}

/* ---- both kinds ----------------------------------------------------------------------------------- */

/* The stream's ring has two blocks, and nobody empties it. */
static bool where_streams_lose(void)
{
	struct watch stream = { .each = each_streamed }, w = { .each = each_shown };
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 512, .block_bytes = 256, .period_ms = 60000, .wake = RILL_WAKE_POLL };
	struct rill_stats stats;

	NEED(rill_configure(&c) == 0);
	NEED(watch_start(&stream, "flight"));
	NEED(flight_start(&w, "flight", 1 << 20));
	emit_many(3000);
	NEED(snapshot(&w));
	NEED_EQUAL(shown.events, 3000);
	NEED_EQUAL(shown.last[1][0], 3000);
	NEED(watch_stop(&stream, &stats));
	NEED(stats.lost[RILL_LOST_FULL] > 0);
	NEED_EQUAL(stats.delivered + stats.lost_total, 3000);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static void what_a_full_stream_loses_is_in_the_flight_rings(void)
{
	ISOLATED(where_streams_lose);
}

/* Larger than a block of the flight rings; the stream's hold it. */
static bool where_flight_loses(void)
{
	static const char text[3000];
	struct watch stream = { .events = 0 }, w = { .events = 0 };
	struct rill_stats stats;

	NEED(configure(1 << 20, 65536, 0, 0));
	NEED(watch_start(&stream, "flight"));
	RILL_INSTANT("flight", "big", "bytes", RILL_BYTES(text, sizeof text));
	NEED(flight_start(&w, "flight", 4096));
	RILL_INSTANT("flight", "small");
	RILL_INSTANT("flight", "cut", "bytes", RILL_BYTES(text, sizeof text));
	NEED(rill_snapshot(w.session, NULL) == 0);
	NEED_EQUAL(w.events, 2);
	NEED(watch_stop(&stream, &stats));
	NEED_EQUAL(stats.delivered, 3);
	return watch_stop(&w, &stats);
}

static bool while_held(void)
{
	struct watch w = { .events = 0 };
	struct rill_stats stats;
	enum { FITS = 10, MANY = 1000 };

	NEED(configure(65536, 4096, 0, 0));
	NEED(flight_start(&w, "flight", SMALL));
	emit_many(FITS);
	atomic_store(&rill_ring_set_held, true);
	emit_many(MANY);
	atomic_store(&rill_ring_set_held, false);
	RILL_INSTANT("flight", "behind");
	NEED(shoot(&w));
	NEED(watch_stop(&w, &stats));
	NEED(stats.lost[RILL_LOST_FULL] > MANY / 2);
	NEED_EQUAL(stats.lost_total, stats.lost[RILL_LOST_FULL]);
	NEED_EQUAL(stats.delivered + stats.lost_total, FITS + MANY + 1);
	return true;
}

static void what_is_refused_while_a_crash_file_is_written_is_told(void)
{
	if (RILL_ON(CONFIG_RILL_CRASH)) {
		ISOLATED(while_held);
	} else {
		test_skip("a build without crash files");
	}
}

static void what_is_too_long_for_its_blocks_is_cut(void)
{
	ISOLATED(where_flight_loses);
}

static void each_end(struct watch *w, const struct rill_event *e)
{
	(void)w;
	begins += e->phase == 'B';
	ends += e->phase == 'E';
}

static bool scopes_of_both(void)
{
	struct watch stream = { .each = each_end }, w = { .events = 0 };
	struct rill_stats stats;

	NEED(flight_start(&w, "flight", SMALL));
	NEED(watch_start(&stream, "flight"));
	{
		RILL_SCOPE("flight", "both");
	}
	{
		RILL_SCOPE("flight", "the stream ends in it");
		NEED(watch_stop(&stream, &stats));
	}
	NEED_EQUAL(begins, 2);
	NEED_EQUAL(ends, 1);
	w.each = each_end;
	NEED(rill_snapshot(NULL, NULL) == 0);
	NEED_EQUAL(begins, 4);
	NEED_EQUAL(ends, 3);
	return watch_stop(&w, &stats);
}

static void a_scope_goes_to_both_and_its_end_to_who_is_left(void)
{
	ISOLATED(scopes_of_both);
}

static bool two_filters(void)
{
	struct watch a = { .events = 0 }, b = { .events = 0 };
	struct rill_stats stats;

	NEED(flight_start(&a, "first", SMALL));
	NEED(flight_start(&b, "second", SMALL));
	for (unsigned i = 0; i < 10; i++)
		RILL_INSTANT("first", "event");
	RILL_INSTANT("second", "event");
	RILL_INSTANT("third", "event");
	NEED(shoot(&a));
	NEED(shoot(&b));
	NEED_EQUAL(a.events, 10);
	NEED_EQUAL(b.events, 1);
	NEED(shoot(&b));	/* what is there stays there */
	NEED_EQUAL(b.events, 2);
	NEED(rill_session_enable(b.session, "third") == 0);
	RILL_INSTANT("third", "event");
	NEED(shoot(&b));
	NEED_EQUAL(b.events, 4);
	NEED(watch_stop(&a, &stats));
	RILL_INSTANT("second", "event");
	NEED(shoot(&b));
	NEED_EQUAL(b.events, 7);
	return watch_stop(&b, &stats);
}

static void each_flight_session_gets_what_its_own_filter_wants(void)
{
	ISOLATED(two_filters);
}

static bool one_after_the_other(void)
{
	struct watch a = { .events = 0 }, b = { .events = 0 };
	struct rill_stats stats;

	NEED(flight_start(&a, "flight", SMALL));
	emit_many(10);
	NEED(watch_stop(&a, &stats));
	emit_many(10);
	NEED(flight_start(&b, "flight", SMALL));
	emit_many(3);
	NEED(shoot(&b));
	NEED_EQUAL(b.events, 3);
	return watch_stop(&b, &stats);
}

static void a_session_gets_nothing_of_the_one_before(void)
{
	ISOLATED(one_after_the_other);
}

/* ---- threads that go ------------------------------------------------------------------------------ */

static uint32_t tids[2];
static uint64_t of_tid[3];

static void each_tid(struct watch *w, const struct rill_event *e)
{
	(void)w;
	of_tid[e->tid == tids[0] ? 0 : e->tid == tids[1] ? 1 : 2]++;
}

static void *short_life(void *number)
{
	tids[(uintptr_t)number] = (uint32_t)syscall(SYS_gettid);
	for (unsigned i = 0; i < 20 + (unsigned)(uintptr_t)number; i++)
		RILL_INSTANT("flight", "of a thread that ends", "i", i);
	return NULL;
}

static bool live_shortly(uintptr_t number)
{
	pthread_t t;

	NEED(pthread_create(&t, NULL, short_life, (void *)number) == 0);
	NEED(pthread_join(t, NULL) == 0);
	return true;
}

static bool wait_for_slot(void)
{
	for (uint64_t until = now_ms() + 20000; rill_slot_at(0)->state != RILL_SLOT_FREE && now_ms() < until;)
		sleep_ms(1);	/* the consumer rests, but was called */
	NEED_EQUAL(rill_slot_at(0)->state, RILL_SLOT_FREE);
	return true;
}

static bool dead_and_new(void)
{
	struct watch w = { .each = each_tid };
	struct rill_stats stats;

	NEED(flight_start(&w, "flight", SMALL));
	sleep_ms(REST_MS);
	NEED(live_shortly(0));
	NEED(wait_for_slot());
	NEED(shoot(&w));
	NEED_EQUAL(of_tid[0], 20);
	NEED(shoot(&w));
	NEED_EQUAL(of_tid[0], 40);
	NEED(live_shortly(1));
	NEED(shoot(&w));
	NEED_EQUAL(of_tid[0], 60);
	NEED_EQUAL(of_tid[1], 21);
	NEED_EQUAL(of_tid[2], 0);
	return watch_stop(&w, &stats);
}

static void what_a_thread_left_is_there_when_its_place_is_anothers(void)
{
	ISOLATED(dead_and_new);
}

static void end_slowly(void *unused)
{
	(void)unused;
	sleep_ms(600);
}

static void *take_time_to_end(void *key)
{
	RILL_INSTANT("flight", "slow to end", "n", 1);
	sleep_ms(700);
	pthread_setspecific(*(pthread_key_t *)key, key);	/* made behind rill's, so its turn comes later */
	return NULL;
}

/* It calls when the consumer is about to rest, and has ended only when that would have been asleep. */
static bool end_late(void)
{
	struct watch w = { .each = NULL };
	struct rill_stats stats;
	pthread_key_t key;
	pthread_t t;

	NEED(configure(65536, 0, 1, 0));
	NEED(flight_start(&w, "flight", SMALL));
	NEED(pthread_key_create(&key, end_slowly) == 0);
	NEED(pthread_create(&t, NULL, take_time_to_end, &key) == 0);
	NEED(pthread_join(t, NULL) == 0);
	NEED(wait_for_slot());
	return watch_stop(&w, &stats);
}

static void a_thread_that_takes_its_time_to_end_gives_its_place_back(void)
{
	ISOLATED(end_late);
}

/* ---- many threads, one slot ----------------------------------------------------------------------- */

enum { LIVES = 40, LIFE_EVENTS = 3, LIVES_KEPT = 7 };	/* of eight blocks */

static uint32_t life_tid[LIVES];
static unsigned life_told[LIVES], not_its_own, not_in_order;

static void each_life(struct watch *w, const struct rill_event *e)
{
	const unsigned life = (unsigned)e->args[0].u;

	(void)w;
	not_its_own += life >= LIVES || e->tid != life_tid[life] || e->thread->tid != e->tid;
	not_in_order += life < LIVES && life_told[life]++ != e->args[1].u;
}

static void *live(void *number)
{
	const unsigned life = (unsigned)(uintptr_t)number;

	life_tid[life] = (uint32_t)syscall(SYS_gettid);
	for (unsigned i = 0; i < LIFE_EVENTS; i++)
		RILL_INSTANT("flight", "of a life", "life", life, "i", i);
	return NULL;
}

static bool one_slot_for_many(void)
{
	struct watch w = { .each = each_life };
	struct rill_stats stats;
	unsigned told = 0;
	pthread_t t;

	NEED(configure(65536, 0, 1, 0));
	NEED(flight_start(&w, "flight", SMALL));
	for (uintptr_t life = 0; life < LIVES; life++) {
		NEED(pthread_create(&t, NULL, live, (void *)life) == 0);
		NEED(pthread_join(t, NULL) == 0);
		NEED(wait_for_slot());
	}
	NEED(shoot(&w));
	NEED_EQUAL(not_its_own + not_in_order, 0);
	/* The newest ones, and each as a whole. */
	while (told < LIVES && life_told[LIVES - 1 - told] == LIFE_EVENTS)
		told++;
	NEED(told >= LIVES_KEPT);
	NEED_EQUAL(w.events, told * LIFE_EVENTS);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static void the_last_threads_of_a_slot_are_all_there(void)
{
	ISOLATED(one_slot_for_many);
}

static sigjmp_buf back;
static _Atomic uint32_t jumps;

static void jump(int sig)
{
	(void)sig;
	if (atomic_exchange(&jumps, 0))
		siglongjmp(back, 1);
}

static bool jump_out(bool stream_too)
{
	struct watch w = { .each = each_shown }, stream = { .events = 0 };
	struct itimerval once = { { 0, 0 }, { 0, 100 } };
	struct rill_stats stats;
	unsigned volatile round = 0;

	signal(SIGALRM, jump);
	NEED(flight_start(&w, "flight", 1 << 20));
	NEED(!stream_too || watch_start(&stream, "flight"));
	while (round < 300) {
		if (sigsetjmp(back, 1) == 0) {
			atomic_store(&jumps, 1);
			setitimer(ITIMER_REAL, &once, NULL);
			for (;;)
				RILL_INSTANT("flight", "left");
		}
		round++;
	}
	signal(SIGALRM, SIG_IGN);
	w.each = NULL;
	NEED(rill_snapshot(NULL, NULL) == 0);
	NEED(w.events > 300);
	w.each = each_shown;
	NEED(rill_session_disable(w.session, "flight") == 0 && rill_session_enable(w.session, "flight") == 0);
	alarm(ISOLATED_LIMIT_S * patience());
	NEED(!stream_too || watch_stop(&stream, &stats));
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static bool jump_alone(void)
{
	return jump_out(false);
}

static bool jump_both(void)
{
	return jump_out(true);
}

static void an_event_left_by_siglongjmp_closes_no_ring(void)
{
	ISOLATED(jump_alone);
	ISOLATED(jump_both);
}

static bool across_a_fork(void)
{
	struct watch w = { .each = each_shown };
	struct rill_stats stats;
	int status;
	pid_t pid;

	NEED(flight_start(&w, "flight", SMALL));
	emit_many(5);
	pid = fork();
	if (pid == 0) {
		struct watch own = { .events = 0 };

		if (rill_snapshot(NULL, NULL) != -ENOENT)
			_exit(2);
		emit_many(5);
		if (!flight_start(&own, "flight", 2 * SMALL))
			_exit(3);
		emit_many(7);
		if (rill_snapshot(own.session, NULL) != 0 || own.events != 7 || rill_flight_bytes() != 2 * SMALL)
			_exit(4);
		_exit(rill_session_stop(own.session) == 0 ? 0 : 5);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	NEED_EQUAL(status, 0);
	emit_many(5);
	NEED(snapshot(&w));
	NEED_EQUAL(shown.events, 10);
	return watch_stop(&w, &stats);
}

static void the_child_of_a_fork_has_none_and_may_have_its_own(void)
{
	flight_in_a_child(across_a_fork);
}

/* ---- files, memory, sleep ------------------------------------------------------------------------- */

static bool into_files(void)
{
	char folder[] = "/tmp/rill-flight-XXXXXX", pattern[100], path[100];
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	struct rill_stats stats;

	NEED(mkdtemp(folder) != NULL);
	snprintf(pattern, sizeof pattern, "%s/${name}.${rotation}.json", folder);
	o.file = pattern;
	o.name = "shot";
	o.flight_bytes = SMALL;
	NEED(rill_session_start(&o, &s) == 0);
	NEED(rill_session_where(s)[0] == '\0');
	for (unsigned i = 1; i <= 2; i++) {
		emit_many(4);
		NEED(rill_snapshot(s, NULL) == 0);
		snprintf(path, sizeof path, "%s/shot.%u.json", folder, i);
		NEED(strcmp(rill_session_where(s), path) == 0);
		NEED(has(path, "\"flight_snapshot\"") && has(path, "\"flight_ring_") && has(path, "\"n\":4") && has(path, "]\n"));
		NEED(has(path, "\"n\":5") == (i == 2));
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/own.json", folder);
	NEED(rill_snapshot(s, path) == 0);
	NEED(has(path, "\"n\":8"));
	unlink(path);
	NEED(rill_session_stats(s, &stats) == 0);
	NEED_EQUAL(stats.delivered, 4 + 8 + 8);
	NEED_EQUAL(stats.segments, 3);
	NEED(stats.bytes > 0);
	NEED(rill_snapshot(s, "/nowhere/at/all.json") < 0);
	NEED(rill_session_stop(s) == 0);
	NEED(rmdir(folder) == 0);
	return true;
}

static void each_snapshot_is_a_whole_file_of_its_own(void)
{
	ISOLATED(into_files);
}

static bool of_size(uint64_t asked, uint64_t wanted)
{
	struct watch w = { .events = 0 };
	struct rill_stats stats;
	size_t sum = 0;

	NEED(flight_start(&w, "flight", asked));
	NEED_EQUAL(rill_flight_bytes(), wanted);
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
		sum += rill_flight_of(0)->ring[level].size;
	NEED_EQUAL(sum, wanted);
	NEED(rill_flight_of(1)->ring[0].data == rill_flight_of(0)->ring[0].data + wanted);
	return watch_stop(&w, &stats);
}

static bool of_16_kib(void)
{
	return of_size(16384, 16384);
}

static bool of_100_kb(void)
{
	return of_size(100000, 65536);
}

static bool of_1_mib(void)
{
	return of_size(1 << 20, 1 << 20);
}

static void a_threads_rings_take_what_was_asked_for(void)
{
	ISOLATED(of_16_kib);
	ISOLATED(of_100_kb);
	ISOLATED(of_1_mib);
}

/* The consumer's; nobody else of ours is there. */
static unsigned long sleeps_of_ours(void)
{
	char path[64], line[128];
	unsigned long sum = 0, count;

	for (unsigned i = 1; i < 64; i++) {
		bool ours = false;
		FILE *f;

		snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)getpid() + (int)i);
		f = fopen(path, "r");
		while (f && fgets(line, sizeof line, f)) {
			ours |= strcmp(line, "Name:\trill\n") == 0;
			if (ours && sscanf(line, "voluntary_ctxt_switches: %lu", &count) == 1)
				sum += count;
		}
		if (f)
			fclose(f);
	}
	return sum;
}

/* The futex that it sleeps on has no time limit: the fourth argument of the call. True also where the system does not tell. */
static bool ours_sleeps_without_end(void)
{
	char path[64], name[32] = "", call[256] = "";
	unsigned long long limit = 0;
	bool without = true;

	for (unsigned i = 1; i < 64; i++) {
		FILE *f;

		snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)getpid() + (int)i);
		f = fopen(path, "r");
		if (!f || !fgets(name, sizeof name, f) || strcmp(name, "rill\n") != 0) {
			if (f)
				fclose(f);
			continue;
		}
		fclose(f);
		snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)getpid() + (int)i);
		f = fopen(path, "r");
		if (f && fgets(call, sizeof call, f) && sscanf(call, "%*d %*s %*s %*s %llx", &limit) == 1)
			without = limit == 0;
		if (f)
			fclose(f);
	}
	return without;
}

static bool at_rest(void)
{
	struct watch w = { .each = each_shown };
	struct rill_stats stats;
	unsigned long before;

	NEED(flight_start(&w, "flight", SMALL));
	emit_many(100);
	/* It lingers for some passes; on a busy machine these take as long as they take. */
	for (unsigned tries = 0; tries < 20; tries++) {
		before = sleeps_of_ours();
		sleep_ms(REST_MS);
		if (before && before == sleeps_of_ours())
			break;
	}
	if (!before) {
		fprintf(stderr, "the consumer is not found ... ");
		return false;
	}
	for (unsigned i = 0; i < 100; i++) {
		emit_many(5000);
		sleep_ms(10);
	}
	NEED_EQUAL(sleeps_of_ours(), before);
	NEED(emulator() || ours_sleeps_without_end());
	NEED(snapshot(&w));
	NEED_EQUAL(shown.last[1][0], 100 + 100 * 5000);
	return watch_stop(&w, &stats);
}

static bool rested(void)
{
	struct watch w = { .events = 0 }, stream = { .events = 0 };
	struct rill_stats stats = { .delivered = 0 };

	NEED(flight_start(&w, "flight", SMALL));
	sleep_ms(REST_MS);
	NEED(watch_start(&stream, "flight"));
	for (uint64_t until = now_ms() + 10000; stats.delivered == 0 && now_ms() < until; sleep_ms(20)) {
		emit_many(1);
		NEED(rill_session_stats(stream.session, &stats) == 0);
	}
	NEED(stats.delivered > 0);	/* without a flush, and with rings that are far from half full */
	NEED(rill_session_stop(stream.session) == 0);
	return watch_stop(&w, &stats);
}

static void a_consumer_that_has_rested_sees_the_stream_that_comes(void)
{
	ISOLATED(rested);
}

static void alone_it_wakes_nobody(void)
{
	ISOLATED(at_rest);
}

/* ---- by signal, and without code ------------------------------------------------------------------ */

static _Atomic unsigned earlier_calls;

static void earlier(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (info && info->si_signo == sig)
		earlier_calls++;
}

static bool asked_by_signal(void)
{
	struct sigaction a = { .sa_sigaction = earlier, .sa_flags = SA_SIGINFO }, now;
	struct watch w = { .each = each_shown }, second = { .options = { .snapshot_signal = SIGUSR2 } };
	struct rill_stats stats;

	NEED(sigaction(SIGUSR2, &a, NULL) == 0);
	w.options.snapshot_signal = SIGKILL;
	NEED(!flight_start(&w, "flight", SMALL) && strstr(rill_error(), "SIGUSR2"));
	w.options.snapshot_signal = 1000;
	NEED(!flight_start(&w, "flight", SMALL));
	w.options.snapshot_signal = SIGUSR2;
	NEED(!watch_start(&second, "flight"));		/* a stream */
	NEED(flight_start(&w, "flight", SMALL));
	NEED(!flight_start(&second, "flight", SMALL));
	sleep_ms(REST_MS);
	emit_many(30);
	for (uint32_t i = 1; i <= 3; i++) {
		memset(&shown, 0, sizeof shown);
		w.last_ns = 0;
		NEED(raise(SIGUSR2) == 0);
		NEED(come_to(w.session, i));
		NEED_EQUAL(earlier_calls, i);
	}
	for (unsigned i = 0; i < 100; i++)
		raise(SIGUSR2);
	NEED(rill_session_stop(w.session) == 0);	/* waits for what was asked for */
	NEED_EQUAL(shown.torn, 0);
	NEED(w.events >= 3 * 30 && w.events % 30 == 0);
	NEED_EQUAL(earlier_calls, 103);
	NEED(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_sigaction == earlier);
	NEED(raise(SIGUSR2) == 0);
	NEED_EQUAL(earlier_calls, 104);
	second.options.snapshot_signal = SIGUSR1;	/* it is free again */
	NEED(flight_start(&second, "flight", SMALL));
	return watch_stop(&second, &stats);
}

static void a_signal_asks_and_goes_on_to_who_had_it(void)
{
	ISOLATED(asked_by_signal);
}

/* A handler that somebody puts on top of ours later, and that calls it, is left in its place. */
static struct sigaction below;
static _Atomic unsigned on_top_calls;

static void on_top(int sig, siginfo_t *info, void *context)
{
	on_top_calls++;
	if (on_top_calls < 100)
		below.sa_sigaction(sig, info, context);
}

static bool with_one_on_top(void)
{
	struct sigaction a = { .sa_sigaction = on_top, .sa_flags = SA_SIGINFO }, now;
	struct watch w = { .options = { .snapshot_signal = SIGUSR2 } };
	struct rill_stats stats;

	NEED(flight_start(&w, "flight", SMALL));
	NEED(sigaction(SIGUSR2, &a, &below) == 0);
	NEED(raise(SIGUSR2) == 0);
	NEED(come_to(w.session, 1));
	NEED(watch_stop(&w, &stats));
	NEED(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_sigaction == on_top);
	NEED(raise(SIGUSR2) == 0);
	w.options.snapshot_signal = SIGUSR1;
	NEED(!flight_start(&w, "flight", SMALL));
	w.options.snapshot_signal = SIGUSR2;
	NEED(flight_start(&w, "flight", SMALL));
	NEED(raise(SIGUSR2) == 0);
	NEED(come_to(w.session, 1));
	NEED_EQUAL(on_top_calls, 3);
	return watch_stop(&w, &stats);
}

static void a_handler_on_top_of_ours_stays_there(void)
{
	ISOLATED(with_one_on_top);
}

static bool by_environment(void)
{
	char folder[] = "/tmp/rill-flight-XXXXXX", pattern[100], path[100];
	char name[] = "test", categories[] = "--trace-event-categories=flight";
	char *argv[] = { name, categories, NULL };
	int argc = 2;

	NEED(mkdtemp(folder) != NULL);
	snprintf(pattern, sizeof pattern, "%s/${rotation}.json", folder);
	setenv("RILL_FILE", pattern, 1);
	setenv("RILL_OPTIONS", "flight_bytes=16k,snapshot_signal=10", 1);
	NEED(rill_init_argv(&argc, argv) == 1);
	emit_many(3);
	NEED(raise(10) == 0);
	snprintf(path, sizeof path, "%s/1.json", folder);
	for (uint64_t until = now_ms() + 20000; !has(path, "]\n") && now_ms() < until;)
		sleep_ms(2);
	NEED(rill_snapshot(NULL, NULL) == 0);		/* the first one is complete by then */
	NEED(has(path, "\"n\":3"));
	unlink(path);
	snprintf(path, sizeof path, "%s/2.json", folder);
	NEED(has(path, "\"n\":3"));
	unlink(path);
	NEED(rmdir(folder) == 0);
	return true;
}

static void the_environment_can_ask_for_it(void)
{
	ISOLATED(by_environment);
}

/* ---- what is wrong -------------------------------------------------------------------------------- */

static bool wrong_asked(void)
{
	struct watch w = { .events = 0 }, stream = { .events = 0 };
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	struct rill_stats stats;

	NEED(rill_snapshot(NULL, NULL) == -ENOENT);
	NEED(strstr(rill_error(), "flight_bytes") != NULL);
	o.flight_bytes = 4095;
	NEED(rill_session_start(&o, &s) == -EINVAL && s == NULL);
	o.flight_bytes = (UINT64_C(1) << 30) + 1;
	NEED(rill_session_start(&o, &s) == -EINVAL);
	o.flight_bytes = SMALL;
	o.shared = true;
	NEED(rill_session_start(&o, &s) == -EINVAL);
	o.shared = false;
	o.rotate_bytes = 1 << 20;
	NEED(rill_session_start(&o, &s) == -EINVAL);
	NEED_EQUAL(rill_flight_bytes(), 0);
	NEED(flight_start(&w, "flight", SMALL));
	o.rotate_bytes = 0;
	o.flight_bytes = 2 * SMALL;
	NEED(rill_session_start(&o, &s) == -EBUSY);
	NEED(strstr(rill_error(), "16384") != NULL);
	NEED(watch_start(&stream, "flight"));
	NEED(rill_snapshot(stream.session, NULL) == -EINVAL);
	NEED(watch_stop(&stream, &stats));
	NEED(rill_session_flush(w.session, 1000) == 0);
	return watch_stop(&w, &stats);
}

static void what_is_wrong_is_said(void)
{
	ISOLATED(wrong_asked);
}

static const struct test_case cases[] = {
	T(V_2_snapshots_under_load_are_whole_and_have_the_newest),
	T(streams_that_come_and_go_take_nothing_from_it),
	T(a_stream_that_comes_gets_the_next_event),
	T(a_streams_books_close_while_flight_sessions_come_and_go),
	T(RB_6_a_ring_half_full_and_full_is_given_oldest_first),
	T(RB_5_a_handle_whose_begin_was_overwritten_ends_its_own_event),
	T(what_a_full_stream_loses_is_in_the_flight_rings),
	T(what_is_refused_while_a_crash_file_is_written_is_told),
	T(what_is_too_long_for_its_blocks_is_cut),
	T(a_scope_goes_to_both_and_its_end_to_who_is_left),
	T(each_flight_session_gets_what_its_own_filter_wants),
	T(a_session_gets_nothing_of_the_one_before),
	T(what_a_thread_left_is_there_when_its_place_is_anothers),
	T(a_thread_that_takes_its_time_to_end_gives_its_place_back),
	T(the_last_threads_of_a_slot_are_all_there),
	T(an_event_left_by_siglongjmp_closes_no_ring),
	T(the_child_of_a_fork_has_none_and_may_have_its_own),
	T(each_snapshot_is_a_whole_file_of_its_own),
	T(a_threads_rings_take_what_was_asked_for),
	T(alone_it_wakes_nobody),
	T(a_consumer_that_has_rested_sees_the_stream_that_comes),
	T(a_signal_asks_and_goes_on_to_who_had_it),
	T(a_handler_on_top_of_ours_stays_there),
	T(the_environment_can_ask_for_it),
	T(what_is_wrong_is_said),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("flight", cases, argc, argv);
}

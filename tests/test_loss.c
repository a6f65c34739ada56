/* SPDX-License-Identifier: MIT
 * test_loss.c - losses are never silent: every gap reaches the stream of every session that lacks the events, and the sums are
 * exact, by session and by cause.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include <pthread.h>
#include <stdatomic.h>

/* A subscriber that stands still until told: its session's events back up into the queue, then into the rings. */
static _Atomic bool blocked;

static void wait_while_blocked(struct watch *w, const struct rill_event *e)
{
	(void)w;
	(void)e;
	while (atomic_load(&blocked))
		sleep_ms(1);
}

static void emit(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		RILL_INSTANT("loss", "event", "number", i);
}

/* ---- gaps of a thread ----------------------------------------------------------------------------- */

static struct rill_gap gaps[64];
static unsigned gaps_kept;
static uint32_t gap_tid;

static _Atomic uint64_t came_or_told;

static void keep_gap(struct watch *w, const struct rill_gap *gap)
{
	(void)w;
	if (gaps_kept < 64) {
		gap_tid = gap->thread ? gap->thread->tid : 0;
		gaps[gaps_kept++] = *gap;
	}
	atomic_fetch_add(&came_or_told, gap->count);
}

/* The rings are two blocks of 256 bytes, so a run of events that nobody drains meanwhile cannot but be lost. */
static _Atomic bool has_lost, may_end;

static void count_event(struct watch *w, const struct rill_event *event)
{
	(void)w;
	(void)event;
	atomic_fetch_add(&came_or_told, 1);
}

/* It stays meanwhile: the end of a thread tells its losses too. */
static void *lose_and_stay(void *tid)
{
	*(_Atomic uint32_t *)tid = (uint32_t)gettid();
	emit(5000);
	atomic_store(&has_lost, true);
	while (!atomic_load(&may_end))
		sleep_ms(1);
	return NULL;
}

static bool gaps_of_a_silent_thread(void)
{
	struct watch w = { .each = count_event, .each_gap = keep_gap };
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 512, .block_bytes = 256, .threads_max = 4, .period_ms = 300,
				 .wake = RILL_WAKE_POLL };
	struct rill_stats stats;
	struct rill_thread_stats per_thread[4];
	_Atomic uint32_t tid = 0;
	pthread_t t;

	NEED(rill_configure(&c) == 0);
	NEED(watch_start(&w, "loss"));
	NEED(rill_session_flush(w.session, 60000) == 0);	/* the consumer has made its first pass: the last event of the thread is lost */
	pthread_create(&t, NULL, lose_and_stay, &tid);
	while (!atomic_load(&has_lost))
		sleep_ms(1);
	/* Nobody asks for it: the next pass tells it. */
	for (unsigned i = 0; i < 5000 && atomic_load(&came_or_told) < 5000; i++)
		sleep_ms(1);
	NEED_EQUAL(atomic_load(&came_or_told), 5000);
	NEED(rill_session_flush(w.session, 60000) == 0);
	NEED(rill_session_thread_stats(w.session, per_thread, 4) >= 1);
	atomic_store(&may_end, true);
	pthread_join(t, NULL);
	NEED_EQUAL(per_thread[0].tid, tid);
	NEED_EQUAL(per_thread[0].delivered + per_thread[0].lost, 5000);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered + stats.lost_total, 5000);
	NEED(stats.lost[RILL_LOST_FULL] > 0);
	NEED_EQUAL(stats.lost[RILL_LOST_FULL], stats.lost_total);
	NEED(gaps_kept > 0);
	NEED_EQUAL(gap_tid, tid);
	for (unsigned i = 0; i < gaps_kept; i++) {
		NEED_EQUAL(gaps[i].level, 0);
		NEED_EQUAL(gaps[i].cause, RILL_LOST_FULL);
		NEED(gaps[i].count > 0);
		NEED(gaps[i].before_ns > 0);
		NEED(gaps[i].after_ns == 0 || gaps[i].after_ns >= gaps[i].before_ns);
	}
	return true;
}

static void a_thread_that_never_emits_again_still_has_its_gap_told(void)
{
	ISOLATED(gaps_of_a_silent_thread);
}

/* ---- several sessions ----------------------------------------------------------------------------- */

static bool each_session_its_own(void)
{
	struct watch all = { .session = NULL }, some = { .session = NULL }, late = { .session = NULL };
	struct rill_stats a, s, l;
	uint64_t first, second;

	NEED(configure(512, 256, 4, 0));
	NEED(watch_start(&all, "loss,loss.rare"));
	NEED(watch_start(&some, "loss.rare"));
	emit(3000);
	for (first = 0; first < 3000; first++)
		RILL_INSTANT("loss.rare", "rare");
	/* A session that begins now has lost nothing of what went before. */
	NEED(watch_start(&late, "loss"));
	emit(2000);
	for (second = 0; second < 1000; second++)
		RILL_INSTANT("loss.rare", "rare");
	NEED(watch_stop(&late, &l));
	NEED(watch_stop(&some, &s));
	NEED(watch_stop(&all, &a));
	NEED_EQUAL(a.delivered + a.lost_total, 3000 + 2000 + first + second);
	NEED_EQUAL(s.delivered + s.lost_total, first + second);
	NEED_EQUAL(l.delivered + l.lost_total, 2000);
	NEED(s.lost[RILL_LOST_FULL] > 0 && l.lost[RILL_LOST_FULL] > 0);
	return true;
}

static void the_sum_is_exact_for_each_session(void)
{
	ISOLATED(each_session_its_own);
}

static void scopes(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		RILL_SCOPE("loss", "scope");
		RILL_INSTANT("loss.rare", "rare");
	}
}

static bool shared_by_cause(void)
{
	struct watch one = { .options.shared = true }, two = { .options.shared = true }, direct = { .session = NULL };
	struct rill_stats a, b, d;

	NEED(configure(512, 256, 4, 0));
	NEED(watch_start(&one, "loss"));
	NEED(watch_start(&two, "loss.rare"));
	NEED(watch_start(&direct, "loss,loss.rare"));
	scopes(4000);
	for (unsigned i = 0; i < 3000; i++)
		rill_emit('I', "loss.rare", "dynamic", 0, 0, 0, NULL, NULL);
	NEED(watch_stop(&one, &a));
	NEED(watch_stop(&two, &b));
	NEED(watch_stop(&direct, &d));
	/* A begin that was dropped writes no end, so the scopes' sum is what the direct session says of them. */
	NEED_EQUAL(b.delivered + b.lost_total, 4000 + 3000);
	NEED_EQUAL(a.delivered + a.lost_total + 7000, d.delivered + d.lost_total);
	NEED(a.lost[RILL_LOST_FULL] > 0 && b.lost[RILL_LOST_FULL] > 0);
	NEED_EQUAL(a.lost[RILL_LOST_FULL], a.lost_total);
	NEED_EQUAL(a.lost_total + b.lost_total, d.lost_total);
	return true;
}

static void the_sum_is_exact_for_shared_sessions_too(void)
{
	ISOLATED(shared_by_cause);
}

/* ---- causes --------------------------------------------------------------------------------------- */

static void *emit_100(void *unused)
{
	(void)unused;
	emit(100);
	return NULL;
}

static bool no_ring(void)
{
	struct watch w = { .session = NULL }, shared = { .options.shared = true };
	struct rill_stats stats, s;
	pthread_t t;

	NEED(configure(65536, 0, 1, 0));
	NEED(watch_start(&w, "loss"));
	NEED(watch_start(&shared, "loss"));
	emit(10);	/* takes the only slot */
	pthread_create(&t, NULL, emit_100, NULL);
	pthread_join(t, NULL);
	NEED(watch_stop(&shared, &s));
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, 10);
	NEED_EQUAL(stats.lost[RILL_LOST_NO_RING], 100);
	NEED_EQUAL(s.delivered, 10);
	NEED_EQUAL(s.lost[RILL_LOST_NO_RING], 100);
	return true;
}

static void threads_beyond_the_slots_are_counted_as_without_a_ring(void)
{
	ISOLATED(no_ring);
}

static bool blocked_consumer(void)
{
	/* The quick one has room for all of them: on a busy machine its thread may not get to run. */
	struct watch slow = { .each = wait_while_blocked, .options.queue_bytes = 65536 }, quick = { .options.queue_bytes = 16 << 20 };
	struct rill_stats s, q;
	uint64_t emitted = 0, until;

	NEED(configure(1 << 20, 0, 4, 0));
	atomic_store(&blocked, true);
	NEED(watch_start(&slow, "loss"));
	NEED(watch_start(&quick, "loss"));
	for (until = now_ms() + 500; now_ms() < until; emitted += 100) {
		emit(100);
		sleep_ms(2);
	}
	NEED(rill_session_flush(quick.session, 60000) == 0);
	atomic_store(&blocked, false);
	NEED(watch_stop(&slow, &s));
	NEED(watch_stop(&quick, &q));
	NEED_EQUAL(s.delivered + s.lost_total, emitted);
	NEED(s.lost[RILL_LOST_SUBSCRIBER] > 0);
	NEED_EQUAL(s.lost[RILL_LOST_SUBSCRIBER], s.lost_total);
	/* It was nobody else's loss. */
	NEED_EQUAL(q.delivered, emitted);
	return true;
}

static void a_blocked_subscriber_loses_its_own_events_and_nobody_elses(void)
{
	ISOLATED(blocked_consumer);
}


static void emit_in_callback(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (strcmp(e->name, "again") != 0)
		RILL_INSTANT("loss", "again");
}

static bool reentrant(void)
{
	struct watch w = { .each = emit_in_callback };
	struct rill_stats stats;

	NEED(configure(1 << 20, 0, 8, 0));
	NEED(watch_start(&w, "loss"));
	emit(1000);
	NEED(rill_session_flush(w.session, 60000) == 0);	/* the callback has seen the thousand, and has emitted as many */
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered + stats.lost_total, 2000);
	return true;
}

static void a_subscriber_may_emit_and_its_events_are_in_the_books(void)
{
	ISOLATED(reentrant);
}

static const struct test_case cases[] = {
	T(a_thread_that_never_emits_again_still_has_its_gap_told),
	T(the_sum_is_exact_for_each_session),
	T(the_sum_is_exact_for_shared_sessions_too),
	T(threads_beyond_the_slots_are_counted_as_without_a_ring),
	T(a_blocked_subscriber_loses_its_own_events_and_nobody_elses),
	T(a_subscriber_may_emit_and_its_events_are_in_the_books),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("losses", cases, argc, argv);
}

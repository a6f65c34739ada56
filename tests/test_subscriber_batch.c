/* SPDX-License-Identifier: MIT
 * test_subscriber_batch.c - events to a callback: whole, in order, with the gaps in their place;
 * a slow one loses its own.
 */
#include "now_help.h"
#include "outlet_help.h"
#include "port/port.h"
#include "sink/outlet.h"
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_ullong lost_events;
static atomic_bool blocked, inside;
static atomic_uint delay_ms, calls, calls_finished;

/* What the callback saw. */
static unsigned long seen, out_of_order, gap_count, gaps_misplaced;
static pthread_t called_on;

static bool never_wait(void)
{
	return false;
}

static void count_lost(void *session, uint64_t count)
{
	(void)session;
	atomic_fetch_add(&lost_events, count);
}

static struct rill_outlet_env env = {
	.pid = 42, .session_name = "s", .may_wait = never_wait, .lost = count_lost
};

static struct rill_outlet *open_subscriber(rill_subscriber *subscriber, void *ctx,
					   uint32_t queue_bytes)
{
	struct rill_session_options options = {
		.size = sizeof(options),
		.out = RILL_OUT_SUBSCRIBER,
		.subscriber = subscriber,
		.subscriber_ctx = ctx,
		.queue_bytes = queue_bytes,
	};
	struct rill_outlet *outlet;

	atomic_store(&lost_events, 0);
	atomic_store(&calls, 0);
	atomic_store(&calls_finished, 0);
	atomic_store(&delay_ms, 0);
	atomic_store(&blocked, false);
	seen = out_of_order = gap_count = gaps_misplaced = 0;
	CU_ASSERT_EQUAL_FATAL(rill_outlet_open(&options, &env, &outlet), 0);
	return outlet;
}

static const struct rill_thread thread = { .tid = 7, .serial = 1, .name = "t" };

/* Event n carries n as its argument, and as its id. */
static int put(struct rill_outlet *outlet, uint64_t n)
{
	struct rill_value value = { .name = "n", .type = RILL_TYPE_U64, .u = n };
	struct rill_event event = {
		.ts_ns = n,
		.id = n,
		.category = "cat",
		.name = "tick",
		.thread = &thread,
		.args = &value,
		.nargs = 1,
		.phase = 'I',
	};

	return outlet->ops->event(outlet, &event);
}

static void stop(struct rill_outlet *outlet)
{
	struct rill_stats stats = { .delivered = 0 };

	outlet->ops->stop(outlet, &stats);
}

static void flush(struct rill_outlet *outlet, uint64_t token)
{
	outlet->ops->flush(outlet, token);
	CU_ASSERT(outlet->ops->done(outlet, token, BUSY_MS));
}

/* Numbers grow; one that is missing has a gap in its place whose count says so. */
static void check_numbers(void *ctx, const struct rill_batch *batch)
{
	static uint64_t next;
	size_t gap = 0;

	CU_ASSERT_PTR_EQUAL(ctx, &thread);
	called_on = pthread_self();
	atomic_fetch_add(&calls, 1);
	atomic_store(&inside, true);
	while (atomic_load(&blocked))
		sleep_ms(1);
	atomic_store(&inside, false);
	if (atomic_load(&delay_ms))
		sleep_ms(atomic_load(&delay_ms));
	for (size_t i = 0; i <= batch->count; i++) {
		for (; gap < batch->gap_count && batch->gap_at[gap] == i; gap++) {
			gap_count++;
			next += batch->gaps[gap].count;
		}
		if (i == batch->count)
			break;
		if (batch->events[i].id == 0)
			next = 0;
		out_of_order += batch->events[i].id != next || batch->events[i].args[0].u != next;
		next = batch->events[i].id + 1;
		seen++;
	}
	gaps_misplaced += gap != batch->gap_count;
	atomic_fetch_add(&calls_finished, 1);
}

/* After a stop in vain: until the call that was under way has ended. */
static void wait_for_calls(void)
{
	while (atomic_load(&calls_finished) != atomic_load(&calls))
		sleep_ms(1);
}

static void events_arrive_in_order_on_a_thread_of_their_own(void)
{
	struct rill_outlet *outlet = open_subscriber(check_numbers, (void *)&thread, 65536);

	for (uint64_t n = 0; n < 20000; n++)
		while (put(outlet, n) < 0)
			sleep_ms(1);
	flush(outlet, 1);
	CU_ASSERT_EQUAL(seen, 20000);
	CU_ASSERT_FALSE(pthread_equal(called_on, pthread_self()));
	CU_ASSERT(atomic_load(&calls) < 20000 / 10);	/* batches */
	stop(outlet);
	CU_ASSERT_EQUAL(out_of_order, 0);
	CU_ASSERT_EQUAL(lost_events, 0);
}

/* ---- everything an event can carry ----------------------------------------------------------- */

static const uint8_t blob[] = { 0, 1, 2, 255 };
static unsigned full_events;

static void check_all_fields(void *ctx, const struct rill_batch *batch)
{
	const struct rill_event *e = batch->events;

	(void)ctx;
	for (size_t i = 0; i < batch->count; i++, e++) {
		CU_ASSERT_EQUAL(e->ts_ns, 11);
		CU_ASSERT_EQUAL(e->begin_ns, 12);
		CU_ASSERT_EQUAL(e->own_time_us, -13);
		CU_ASSERT_EQUAL(e->thread_time_ns, 14);
		CU_ASSERT_EQUAL(e->bind_id, 16);
		CU_ASSERT_STRING_EQUAL(e->scope, "scope");
		CU_ASSERT_STRING_EQUAL(e->category, "a,b");
		CU_ASSERT_STRING_EQUAL(e->name, "name");
		CU_ASSERT_STRING_EQUAL(e->file, "f.c");
		CU_ASSERT_PTR_EQUAL(e->thread, &thread);
		CU_ASSERT(e->pid == 1 && e->tid == 2 && e->site == 3 && e->line == 4);
		CU_ASSERT(e->flags == RILL_FLAG_HAS_ID && e->state == RILL_EVENT_LATE &&
			  e->level == 2);
		CU_ASSERT_EQUAL_FATAL(e->nargs, 6);
		CU_ASSERT_EQUAL(e->args[0].i, -5);
		CU_ASSERT_EQUAL(e->args[1].d, 0.25);
		CU_ASSERT_EQUAL(e->args[2].size, 3);
		CU_ASSERT(memcmp(e->args[2].text, "a\0b", 4) == 0);
		CU_ASSERT(e->args[3].size == 4 && memcmp(e->args[3].blob, blob, 4) == 0);
		CU_ASSERT(e->args[4].null == 1 && e->args[4].size == 0 &&
			  e->args[4].text[0] == '\0');
		CU_ASSERT_STRING_EQUAL(e->args[5].text, "{\"x\":1}");
		CU_ASSERT(e->args[5].cut == 1 && e->args[5].type == RILL_TYPE_JSON);
		CU_ASSERT_STRING_EQUAL(e->args[5].name, "last");
		full_events++;
	}
}

static void an_event_is_copied_with_all_it_points_to(void)
{
	struct rill_outlet *outlet = open_subscriber(check_all_fields, NULL, 1 << 20);

	full_events = 0;
	for (unsigned i = 0; i < 300; i++) {
		char scope[] = "scope", name[] = "name", file[] = "f.c", text[] = "a\0b",
		     json[] = "{\"x\":1}";
		char last[] = "last";
		struct rill_value values[6] = {
			{ .name = "i", .type = RILL_TYPE_I32, .i = -5 },
			{ .name = "d", .type = RILL_TYPE_F64, .d = 0.25 },
			{ .name = "t", .type = RILL_TYPE_COPY, .size = 3, .text = text },
			{ .name = "b", .type = RILL_TYPE_BLOB, .size = 4, .blob = blob },
			{ .name = "0", .type = RILL_TYPE_STRING, .null = 1, .text = "" },
			{ .name = last, .type = RILL_TYPE_JSON, .cut = 1, .size = 7, .text = json },
		};
		struct rill_event event = {
			.ts_ns = 11,
			.begin_ns = 12,
			.own_time_us = -13,
			.thread_time_ns = 14,
			.id = 15,
			.bind_id = 16,
			.scope = scope,
			.category = "a,b",
			.name = name,
			.file = file,
			.thread = &thread,
			.args = values,
			.pid = 1,
			.tid = 2,
			.site = 3,
			.line = 4,
			.flags = RILL_FLAG_HAS_ID,
			.state = RILL_EVENT_LATE,
			.nargs = 6,
			.level = 2,
			.phase = 'I',
		};

		CU_ASSERT_EQUAL(outlet->ops->event(outlet, &event), 0);
		/* The ring block is reused: nothing of it may be looked at any more. */
		memset(scope, '#', sizeof(scope) - 1);
		memset(name, '#', sizeof(name) - 1);
		memset(file, '#', sizeof(file) - 1);
		memset(text, '#', sizeof(text) - 1);
		memset(json, '#', sizeof(json) - 1);
		memset(last, '#', sizeof(last) - 1);
		memset(values, 0, sizeof(values));
	}
	stop(outlet);
	CU_ASSERT_EQUAL(full_events, 300);
}

/* ---- slow, stuck, re-entrant ----------------------------------------------------------------- */

static void a_slow_subscriber_loses_its_own_and_every_gap_is_in_its_place(void)
{
	struct rill_outlet *outlet = open_subscriber(check_numbers, (void *)&thread, 8192);
	unsigned long refused = 0, run = 0, gaps_told = 0;
	uint64_t begin_ms = now_ms();

	atomic_store(&delay_ms, 50);
	for (uint64_t n = 0; n < 3000; n++) {
		struct rill_gap gap = { .thread = &thread,
					.count = run,
					.cause = RILL_LOST_SUBSCRIBER };

		if (n % 50 == 0)
			sleep_ms(1);
		/* As route does: the gap is told before the first event behind it. */
		if (run) {
			outlet->ops->gap(outlet, &gap);
			gaps_told++;
			run = 0;
		}
		if (put(outlet, n) < 0) {
			refused++;
			run++;
		}
	}
	/* Refusing costs the caller nothing: 50 ms for each that was refused would be minutes. */
	CU_ASSERT(now_ms() - begin_ms < BUSY_MS);
	atomic_store(&delay_ms, 0);
	flush(outlet, 1);
	stop(outlet);
	CU_ASSERT(refused > 0 && gaps_told > 0);
	CU_ASSERT_EQUAL(seen + refused, 3000);
	CU_ASSERT_EQUAL(out_of_order, 0);
	CU_ASSERT_EQUAL(gaps_misplaced, 0);
	CU_ASSERT(gap_count > 0);
	CU_ASSERT_EQUAL(lost_events, 0);
}

static void stop_leaves_a_stuck_callback_and_calls_it_no_more(void)
{
	struct rill_outlet *outlet = open_subscriber(check_numbers, (void *)&thread, 65536);
	uint64_t begin_ms = now_ms(), accepted = 0;

	atomic_store(&blocked, true);
	while (accepted < 1000 && put(outlet, accepted) == 0)
		accepted++;
	outlet->ops->flush(outlet, 1);
	while (!atomic_load(&inside))
		sleep_ms(1);
	CU_ASSERT_FALSE(outlet->ops->done(outlet, 1, 10));
	stop(outlet);
	CU_ASSERT(now_ms() - begin_ms < BUSY_MS);
	CU_ASSERT_EQUAL(lost_events, accepted);	/* none had been delivered for good */
	atomic_store(&blocked, false);
	wait_for_calls();
	sleep_ms(50);
	CU_ASSERT_EQUAL(atomic_load(&calls), 1);
	CU_ASSERT_EQUAL(lost_events, accepted);
}

static void what_was_delivered_before_a_stop_in_vain_is_not_lost(void)
{
	struct rill_outlet *outlet = open_subscriber(check_numbers, (void *)&thread, 1 << 20);
	uint64_t accepted = 0;

	atomic_store(&delay_ms, 400);
	while (accepted < 1500 && put(outlet, accepted) == 0)
		accepted++;
	stop(outlet);
	wait_for_calls();
	CU_ASSERT(seen > 0 && lost_events > 0);
	/* That last call's events are both: seen, and counted when stop could not wait for them. */
	CU_ASSERT(seen + lost_events >= accepted && seen + lost_events <= accepted + 128);
}

struct loop {
	struct rill_outlet *outlet;
	pthread_mutex_t drain;	/* stands for the drain role */
	atomic_ulong seen, sent;
};

static void send_again(void *ctx, const struct rill_batch *batch)
{
	struct loop *loop = ctx;

	for (size_t i = 0; i < batch->count; i++) {
		atomic_fetch_add(&loop->seen, 1);
		if (batch->events[i].id == 0)
			continue;
		pthread_mutex_lock(&loop->drain);
		if (put(loop->outlet, batch->events[i].id - 1) == 0)
			atomic_fetch_add(&loop->sent, 1);
		pthread_mutex_unlock(&loop->drain);
	}
	pthread_mutex_lock(&loop->drain);
	loop->outlet->ops->flush(loop->outlet, 0);
	pthread_mutex_unlock(&loop->drain);
}

static void a_callback_may_cause_events_itself(void)
{
	struct loop loop = { .drain = PTHREAD_MUTEX_INITIALIZER };

	pthread_mutex_lock(&loop.drain);
	loop.outlet = open_subscriber(send_again, &loop, 65536);
	CU_ASSERT_EQUAL(put(loop.outlet, 50), 0);
	atomic_fetch_add(&loop.sent, 1);
	loop.outlet->ops->flush(loop.outlet, 1);
	pthread_mutex_unlock(&loop.drain);
	for (unsigned ms = 0; ms < 2000 && atomic_load(&loop.seen) < 51; ms++)
		sleep_ms(1);
	CU_ASSERT_EQUAL(atomic_load(&loop.seen), 51);
	CU_ASSERT_EQUAL(atomic_load(&loop.sent), 51);
	stop(loop.outlet);
}

static const struct test_case cases[] = {
	T(events_arrive_in_order_on_a_thread_of_their_own),
	T(an_event_is_copied_with_all_it_points_to),
	T(a_slow_subscriber_loses_its_own_and_every_gap_is_in_its_place),
	T(stop_leaves_a_stuck_callback_and_calls_it_no_more),
	T(what_was_delivered_before_a_stop_in_vain_is_not_lost),
	T(a_callback_may_cause_events_itself),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("subscriber_batch", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_queue.c - the double buffer before a sink: order, bounds, failures, flush, and a stop
 * that never waits for ever.
 */
#include "now_help.h"
#include "outlet_help.h"
#include "port/port.h"
#include "sink/queue.h"
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

/* A sink that keeps what it gets, and fails, waits or blocks on demand. */
struct memory_sink {
	char text[1 << 20];
	size_t size;
	unsigned firsts, lasts, flushes, writes;
	atomic_bool blocked, inside, closed;
	atomic_int error;	/* returned instead of keeping */
	atomic_uint delay_ms;
	atomic_uint finished;	/* writes; behind one the rest may be looked at */
	pthread_t writer;
	char where[32];
};

static int take(struct memory_sink *m, const void *data, size_t size, unsigned pieces)
{
	m->writer = pthread_self();
	atomic_store(&m->inside, true);
	while (atomic_load(&m->blocked))
		sleep_ms(1);
	atomic_store(&m->inside, false);
	if (atomic_load(&m->delay_ms))
		sleep_ms(atomic_load(&m->delay_ms));
	if (atomic_load(&m->error))
		return -atomic_load(&m->error);
	m->writes++;
	m->firsts += !!(pieces & RILL_PIECE_FIRST);
	m->lasts += !!(pieces & RILL_PIECE_LAST);
	m->flushes += !!(pieces & RILL_PIECE_FLUSH);
	if (pieces & RILL_PIECE_FIRST)
		snprintf(m->where, sizeof(m->where), "segment %u", m->firsts);
	if (m->size + size <= sizeof(m->text)) {
		memcpy(m->text + m->size, data, size);
		m->size += size;
	}
	return 0;
}

static int memory_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct memory_sink *m = ctx;
	int result = take(m, data, size, pieces);

	atomic_fetch_add(&m->finished, 1);
	return result;
}

static void memory_close(void *ctx)
{
	atomic_store(&((struct memory_sink *)ctx)->closed, true);
}

static const char *memory_where(void *ctx)
{
	return ((struct memory_sink *)ctx)->where;
}

static const struct rill_sink_ops threaded_ops = {
	.name = "memory", .write = memory_write, .close = memory_close, .where = memory_where,
};
static const struct rill_sink_ops direct_ops = {
	.name = "memory",
	.write_time_max_ms = 1,
	.write = memory_write,
	.close = memory_close,
	.where = memory_where,
};

static atomic_ullong lost_events;
static atomic_bool room_in_rings;
static struct memory_sink *sink;

static void count_lost(void *session, uint64_t count)
{
	CU_ASSERT_PTR_EQUAL(session, &lost_events);
	atomic_fetch_add(&lost_events, count);
}

static bool may_wait(void)
{
	return atomic_load(&room_in_rings);
}

static bool is_a_file(const struct rill_sink *of)
{
	return of->ctx == sink;
}

static struct rill_queue *open_queue_of(const struct rill_sink_ops *ops, size_t buffer_bytes, bool (*sink_is_file)(const struct rill_sink *))
{
	static struct rill_outlet_env env = { .may_wait = may_wait,
					      .lost = count_lost,
					      .session = &lost_events };
	struct rill_queue_options options = {
		.sink_is_file = sink_is_file,
		.buffer_bytes = buffer_bytes,
		.stack_bytes = 64 << 10,
		.thread_name = "test",
		.env = &env,
	};
	struct rill_queue *queue;

	sink = calloc(1, sizeof(*sink));
	options.sink = (struct rill_sink){ ops, sink };
	atomic_store(&lost_events, 0);
	atomic_store(&room_in_rings, true);
	CU_ASSERT_EQUAL_FATAL(rill_queue_open(&options, &queue), 0);
	return queue;
}

static struct rill_queue *open_queue(const struct rill_sink_ops *ops, size_t buffer_bytes)
{
	return open_queue_of(ops, buffer_bytes, NULL);
}

static bool put(struct rill_queue *queue, const char *line, unsigned pieces)
{
	char *at = rill_queue_room(queue, strlen(line));

	if (!at)
		return false;
	memcpy(at, line, strlen(line));
	rill_queue_commit(queue, strlen(line), 1, pieces);
	return true;
}

static void wait_inside(void)
{
	while (!atomic_load(&sink->inside))
		sleep_ms(1);
}

/* Fills both buffers of a queue whose writer is blocked; returns how many lines that took. */
static unsigned fill_up(struct rill_queue *queue)
{
	unsigned lines = 0;

	atomic_store(&sink->blocked, true);
	atomic_store(&room_in_rings, false);
	while (put(queue, "0123456789abcde\n", 0))
		lines++;
	wait_inside();
	while (put(queue, "0123456789abcde\n", 0))
		lines++;
	return lines;
}

static void what_goes_in_comes_out_in_order(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);
	char expected[65536], line[32];
	size_t size = 0;

	for (unsigned i = 0; i < 2000; i++) {
		int n = snprintf(line, sizeof(line), "line %u\n", i);

		memcpy(expected + size, line, (size_t)n);
		size += (size_t)n;
		while (!put(queue, line, 0))
			sleep_ms(1);
	}
	rill_queue_stop(queue);
	CU_ASSERT_EQUAL(sink->size, size);
	CU_ASSERT(memcmp(sink->text, expected, size) == 0);
	CU_ASSERT(sink->closed);
	CU_ASSERT_EQUAL(lost_events, 0);
	free(sink);
}

static void a_quick_sink_is_written_in_the_calling_thread(void)
{
	struct rill_queue *queue = open_queue(&direct_ops, 4096);

	CU_ASSERT(put(queue, "one\n", RILL_PIECE_FIRST));
	rill_queue_flush(queue, 7);
	CU_ASSERT(rill_queue_done(queue, 7, 0));
	CU_ASSERT(pthread_equal(sink->writer, pthread_self()));
	CU_ASSERT_EQUAL(sink->size, 4);
	for (unsigned i = 0; i < 1000; i++)
		CU_ASSERT(put(queue, "0123456789abcde\n", 0));
	CU_ASSERT(put(queue, "end\n", RILL_PIECE_LAST));
	rill_queue_stop(queue);
	CU_ASSERT_EQUAL(sink->size, 4 + 16000 + 4);
	CU_ASSERT_EQUAL(sink->firsts, 1);
	CU_ASSERT_EQUAL(sink->lasts, 1);
	free(sink);
}

static void a_file_is_given_its_head_in_the_calling_thread_and_the_rest_by_the_writer(void)
{
	struct rill_queue *queue = open_queue_of(&threaded_ops, 4096, is_a_file);

	CU_ASSERT(put(queue, "head\n", RILL_PIECE_FIRST));
	rill_queue_flush(queue, 0);
	CU_ASSERT(pthread_equal(sink->writer, pthread_self()));
	CU_ASSERT_EQUAL(sink->size, 5);
	rill_queue_headed(queue);
	CU_ASSERT_STRING_EQUAL(rill_queue_where(queue), "segment 1");
	CU_ASSERT(put(queue, "one\n", 0));
	rill_queue_flush(queue, 1);
	CU_ASSERT(rill_queue_done(queue, 1, BUSY_MS));
	CU_ASSERT(!pthread_equal(sink->writer, pthread_self()));
	rill_queue_stop(queue);
	CU_ASSERT_EQUAL(sink->size, 9);
	CU_ASSERT(memcmp(sink->text, "head\none\n", 9) == 0);
	CU_ASSERT_EQUAL(lost_events, 0);
	free(sink);
}

static void a_file_that_refused_its_head_is_given_nothing_before_the_next(void)
{
	struct rill_queue *queue = open_queue_of(&threaded_ops, 4096, is_a_file);

	atomic_store(&sink->error, ENOSPC);
	CU_ASSERT(put(queue, "head\n", RILL_PIECE_FIRST));
	rill_queue_flush(queue, 0);
	rill_queue_headed(queue);
	CU_ASSERT(rill_queue_take_restart(queue));
	atomic_store(&sink->error, 0);
	CU_ASSERT(put(queue, "lost\n", 0));
	CU_ASSERT(put(queue, "again\n", RILL_PIECE_FIRST));
	rill_queue_stop(queue);
	CU_ASSERT_EQUAL(sink->size, 6);
	CU_ASSERT(memcmp(sink->text, "again\n", 6) == 0);
	CU_ASSERT_EQUAL(lost_events, 2);
	free(sink);
}

static void segments_keep_their_borders_in_one_buffer(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);

	for (unsigned i = 0; i < 100; i++) {
		while (!put(queue, "[\n", RILL_PIECE_FIRST))
			sleep_ms(1);
		while (!put(queue, "x\n", 0))
			sleep_ms(1);
		while (!put(queue, "]\n", RILL_PIECE_LAST))
			sleep_ms(1);
	}
	rill_queue_flush(queue, 1);
	CU_ASSERT(rill_queue_done(queue, 1, BUSY_MS));
	CU_ASSERT_EQUAL(rill_queue_segments(queue), 100);
	CU_ASSERT_EQUAL(rill_queue_bytes(queue), 600);
	rill_queue_stop(queue);
	CU_ASSERT_EQUAL(sink->firsts, 100);
	CU_ASSERT_EQUAL(sink->lasts, 100);
	free(sink);
}

static void a_full_queue_refuses_at_once_when_the_rings_are_full_too(void)
{
	enum { PUTS = 500 };
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);
	unsigned lines = fill_up(queue);
	uint64_t begin = now_ms();

	CU_ASSERT(lines >= 256 && lines <= 3 * 256);
	for (unsigned i = 0; i < PUTS; i++)
		CU_ASSERT_FALSE(put(queue, "0123456789abcde\n", 0));
	CU_ASSERT(now_ms() - begin < PUTS * RILL_OUTLET_WAIT_MAX_MS);
	atomic_store(&sink->blocked, false);
	rill_queue_stop(queue);
	CU_ASSERT_EQUAL(sink->size, 16 * lines);
	CU_ASSERT_EQUAL(lost_events, 0);
	free(sink);
}

static void a_stuck_sink_is_waited_for_once_and_not_for_every_event(void)
{
	enum { PUTS = 500 };
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);
	uint64_t begin;

	fill_up(queue);
	atomic_store(&room_in_rings, true);
	begin = now_ms();
	for (unsigned i = 0; i < PUTS; i++)
		CU_ASSERT_FALSE(put(queue, "0123456789abcde\n", 0));
	CU_ASSERT(now_ms() - begin >= RILL_OUTLET_WAIT_MAX_MS - 1);
	CU_ASSERT(now_ms() - begin < PUTS * RILL_OUTLET_WAIT_MAX_MS);
	atomic_store(&sink->blocked, false);
	rill_queue_flush(queue, 1);
	CU_ASSERT(rill_queue_done(queue, 1, BUSY_MS));
	CU_ASSERT(put(queue, "again\n", 0));
	rill_queue_stop(queue);
	CU_ASSERT(memcmp(sink->text + sink->size - 6, "again\n", 6) == 0);
	free(sink);
}

static void more_than_a_buffer_is_refused(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);

	CU_ASSERT_PTR_NULL(rill_queue_room(queue, 4097));
	CU_ASSERT_PTR_NOT_NULL(rill_queue_room(queue, 4096));
	rill_queue_stop(queue);
	free(sink);
}

static void a_flush_is_done_when_the_sink_has_all_before_it(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);

	atomic_store(&sink->blocked, true);
	put(queue, "one\n", 0);
	rill_queue_flush(queue, 1);
	wait_inside();
	put(queue, "two\n", 0);
	rill_queue_flush(queue, 2);
	put(queue, "three\n", 0); /* withdraws the offer: the flush must be kept all the same */
	CU_ASSERT_FALSE(rill_queue_done(queue, 1, 20));
	atomic_store(&sink->blocked, false);
	CU_ASSERT(rill_queue_done(queue, 1, BUSY_MS));
	CU_ASSERT(rill_queue_done(queue, 2, BUSY_MS));
	CU_ASSERT(sink->size >= 8);
	CU_ASSERT(sink->flushes >= 1);
	CU_ASSERT_FALSE(rill_queue_done(queue, 3, 0));
	rill_queue_stop(queue);
	CU_ASSERT_EQUAL(sink->size, 14);
	free(sink);
}

static void flushes_at_rest_do_not_bother_the_sink(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);

	put(queue, "one\n", 0);
	for (uint64_t token = 1; token <= 20; token++) {
		rill_queue_flush(queue, token);
		CU_ASSERT(rill_queue_done(queue, token, BUSY_MS));
	}
	CU_ASSERT_EQUAL(sink->writes, 1);
	rill_queue_stop(queue);
	free(sink);
}

static void a_refused_piece_is_counted_and_the_next_is_offered(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);

	put(queue, "head\n", RILL_PIECE_FIRST);
	rill_queue_flush(queue, 1);
	CU_ASSERT(rill_queue_done(queue, 1, BUSY_MS));
	atomic_store(&sink->error, ENOSPC);
	put(queue, "lost\n", 0);
	put(queue, "lost\n", 0);
	rill_queue_flush(queue, 2);
	CU_ASSERT(rill_queue_done(queue, 2, BUSY_MS));
	CU_ASSERT_EQUAL(lost_events, 2);
	CU_ASSERT_EQUAL(rill_queue_failures(queue), 1);
	CU_ASSERT_FALSE(rill_queue_take_restart(queue));
	atomic_store(&sink->error, 0);
	put(queue, "kept\n", 0);
	rill_queue_stop(queue);
	CU_ASSERT_EQUAL(lost_events, 2);
	CU_ASSERT_EQUAL(sink->size, 10);
	CU_ASSERT(memcmp(sink->text, "head\nkept\n", 10) == 0);
	free(sink);
}

static void without_its_head_a_segment_is_not_offered(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);

	atomic_store(&sink->error, EIO);
	put(queue, "head\n", RILL_PIECE_FIRST);
	rill_queue_flush(queue, 1);
	CU_ASSERT(rill_queue_done(queue, 1, BUSY_MS));
	atomic_store(&sink->error, 0);
	put(queue, "body\n", 0);
	rill_queue_flush(queue, 2);
	CU_ASSERT(rill_queue_done(queue, 2, BUSY_MS));
	CU_ASSERT_EQUAL(sink->size, 0);
	CU_ASSERT_EQUAL(lost_events, 2);
	CU_ASSERT(rill_queue_take_restart(queue));
	CU_ASSERT_FALSE(rill_queue_take_restart(queue));
	put(queue, "head\n", RILL_PIECE_FIRST);
	put(queue, "body\n", 0);
	rill_queue_stop(queue);
	CU_ASSERT_EQUAL(sink->size, 10);
	CU_ASSERT_EQUAL(lost_events, 2);
	free(sink);
}

static void stop_leaves_a_stuck_sink_within_two_seconds(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);
	unsigned lines = fill_up(queue);
	uint64_t begin = now_ms();

	rill_queue_stop(queue);
	CU_ASSERT(now_ms() - begin >= RILL_OUTLET_STOP_MAX_MS - 10);
	CU_ASSERT(now_ms() - begin < RILL_OUTLET_STOP_MAX_MS + BUSY_MS);
	CU_ASSERT_EQUAL(lost_events, lines);
	/* The writer comes back: it may count nothing more, and touch the application's sink no
	 * more. */
	CU_ASSERT_EQUAL(atomic_load(&sink->finished), 0);
	atomic_store(&sink->blocked, false);
	while (atomic_load(&sink->finished) == 0)
		sleep_ms(1);
	sleep_ms(100);
	CU_ASSERT_EQUAL(atomic_load(&sink->finished), 1);	/* the write it was in */
	CU_ASSERT_EQUAL(lost_events, lines);
	CU_ASSERT_FALSE(sink->closed);
	CU_ASSERT(sink->size <= 4096);
	free(sink);
}

static void a_slow_sink_that_moves_is_waited_for_at_stop(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);
	unsigned lines = 0;

	atomic_store(&sink->delay_ms, 100);
	while (lines < 500 && put(queue, "0123456789abcde\n", 0))
		lines++;
	rill_queue_stop(queue);
	CU_ASSERT(lines >= 256);
	CU_ASSERT_EQUAL(sink->size, 16 * lines);
	CU_ASSERT_EQUAL(lost_events, 0);
	free(sink);
}

static void a_place_that_was_asked_for_stays_readable(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);
	const char *first, *fourth;

	put(queue, "x\n", RILL_PIECE_FIRST);
	rill_queue_flush(queue, 1);
	rill_queue_done(queue, 1, BUSY_MS);
	first = rill_queue_where(queue);
	for (uint64_t token = 2; token <= 4; token++) {
		put(queue, "x\n", RILL_PIECE_FIRST);
		rill_queue_flush(queue, token);
		rill_queue_done(queue, token, BUSY_MS);
	}
	fourth = rill_queue_where(queue);
	CU_ASSERT_STRING_EQUAL(first, "segment 1");
	CU_ASSERT_STRING_EQUAL(fourth, "segment 4");
	rill_queue_stop(queue);
	free(sink);
}

static int refuse(void *ctx)
{
	(void)ctx;
	return -EACCES;
}

static void a_sink_that_cannot_be_opened_gives_its_error(void)
{
	struct memory_sink *unused = calloc(1, sizeof(*unused));
	struct rill_outlet_env env = { .may_wait = may_wait, .lost = count_lost };
	struct rill_sink_ops ops = threaded_ops;
	struct rill_queue_options options = { .sink = { &ops, unused },
					      .buffer_bytes = 4096,
					      .env = &env };
	struct rill_queue *queue;

	ops.open = refuse;
	CU_ASSERT_EQUAL(rill_queue_open(&options, &queue), -EACCES);
	CU_ASSERT_PTR_NULL(queue);
	CU_ASSERT(strstr(rill_error(), "memory") != NULL);
	CU_ASSERT_FALSE(unused->closed);
	free(unused);
}

static void the_books_close_under_random_delays_and_errors(void)
{
	struct rill_queue *queue = open_queue(&threaded_ops, 4096);
	unsigned long long committed = 0, refused = 0, got = 0;
	unsigned seed = 20261122;

	for (unsigned i = 0; i < 60000; i++) {
		int choice = rand_r(&seed) % 2000;

		if (choice == 0)
			atomic_store(&sink->error, rand_r(&seed) % 3 ? 0 : EIO);
		else if (choice < 4)
			rill_queue_flush(queue, i + 1);
		else if (choice == 5)
			atomic_store(&sink->delay_ms, (unsigned)rand_r(&seed) % 3);
		atomic_store(&room_in_rings, choice & 1);
		if (put(queue, "0123456789abcde\n", 0))
			committed++;
		else
			refused++;
	}
	atomic_store(&sink->delay_ms, 0);
	rill_queue_stop(queue);
	got = sink->size / 16;
	CU_ASSERT_EQUAL(committed + refused, 60000);
	CU_ASSERT_EQUAL(got + lost_events, committed);
	CU_ASSERT(sink->size % 16 == 0);
	free(sink);
}

static const struct test_case cases[] = {
	T(what_goes_in_comes_out_in_order),
	T(a_quick_sink_is_written_in_the_calling_thread),
	T(a_file_is_given_its_head_in_the_calling_thread_and_the_rest_by_the_writer),
	T(a_file_that_refused_its_head_is_given_nothing_before_the_next),
	T(segments_keep_their_borders_in_one_buffer),
	T(a_full_queue_refuses_at_once_when_the_rings_are_full_too),
	T(a_stuck_sink_is_waited_for_once_and_not_for_every_event),
	T(more_than_a_buffer_is_refused),
	T(a_flush_is_done_when_the_sink_has_all_before_it),
	T(flushes_at_rest_do_not_bother_the_sink),
	T(a_refused_piece_is_counted_and_the_next_is_offered),
	T(without_its_head_a_segment_is_not_offered),
	T(stop_leaves_a_stuck_sink_within_two_seconds),
	T(a_slow_sink_that_moves_is_waited_for_at_stop),
	T(a_place_that_was_asked_for_stays_readable),
	T(a_sink_that_cannot_be_opened_gives_its_error),
	T(the_books_close_under_random_delays_and_errors),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("queue", cases, argc, argv);
}

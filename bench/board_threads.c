/* SPDX-License-Identifier: MIT
 * board_threads.c - whether threads that emit at the same time slow each other down: each writes into its own ring, so that they should
 * not. They begin together; the slowest one's time counts.
 */
#include "bench/board.h"

#include <pthread.h>
#include <rill/clock.h>
#include <rill/trace.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned round, done;			/* under the lock */
	bool stop;
	atomic_uint ready;			/* threads that are awake in this round */
	unsigned threads;
	double ns[BOARD_PROCESSORS_MAX];	/* of one event, in the last stretch */
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static __attribute__((noinline)) void emit_numbers(unsigned turns)
{
	for (unsigned i = 0; i < turns; i++) {
		__asm__ volatile("" ::: "memory");
		RILL_INSTANT("bench", "threads", "i", (int64_t)i);
	}
}

/* The next round's number; 0: there is none. */
static unsigned wait_for_round(unsigned last)
{
	unsigned round;

	pthread_mutex_lock(&gate.lock);
	while (gate.round == last && !gate.stop)
		pthread_cond_wait(&gate.changed, &gate.lock);
	round = gate.stop ? 0 : gate.round;
	pthread_mutex_unlock(&gate.lock);
	return round;
}

static void *thread(void *place)
{
	double *ns = place;
	uint64_t start;

	for (unsigned round = 0; (round = wait_for_round(round)) != 0;) {
		/* To be awake takes some of them longer than the stretch itself. */
		atomic_fetch_add(&gate.ready, 1);
		while (atomic_load(&gate.ready) < gate.threads)
			sched_yield();
		start = rill_clock_ns();
		emit_numbers(BOARD_TURNS);
		*ns = (double)(rill_clock_ns() - start) / BOARD_TURNS;
		pthread_mutex_lock(&gate.lock);
		gate.done++;
		pthread_cond_broadcast(&gate.changed);
		pthread_mutex_unlock(&gate.lock);
	}
	return NULL;
}

static void one_round(void)
{
	pthread_mutex_lock(&gate.lock);
	atomic_store(&gate.ready, 0);
	gate.done = 0;
	gate.round++;
	pthread_cond_broadcast(&gate.changed);
	while (gate.done < gate.threads)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void measure(struct board *board, struct bench *b, unsigned threads, double seconds)
{
	uint64_t end = rill_clock_ns() + (uint64_t)(seconds * 1e9);

	for (unsigned round = 0; b->rounds < BENCH_ROUNDS_MAX; round++) {
		double slowest = 0;

		if (round > 1 && rill_clock_ns() >= end)
			break;
		one_round();
		bench_emitted += (uint64_t)threads * BOARD_TURNS;
		for (unsigned i = 0; i < threads; i++)
			if (gate.ns[i] > slowest)
				slowest = gate.ns[i];
		if (round > 0)
			b->ns[b->rounds++] = slowest;
		rill_session_flush(board->session, 10000);
	}
	bench_end(b);
}

/* false: not all of them could be started. */
static bool run(struct board *board, struct bench *b, unsigned threads, double seconds)
{
	pthread_t ids[BOARD_PROCESSORS_MAX];
	unsigned started = 0;

	gate.stop = false;
	gate.round = 0;
	gate.threads = threads;
	while (started < threads && pthread_create(&ids[started], NULL, thread, &gate.ns[started]) == 0)
		started++;
	if (started == threads)
		measure(board, b, threads, seconds);
	pthread_mutex_lock(&gate.lock);
	gate.stop = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
	for (unsigned i = 0; i < started; i++)
		pthread_join(ids[i], NULL);
	return started == threads;
}

void board_threads(struct board *board, double seconds)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned most = processors < 1 ? 1 : processors > BOARD_PROCESSORS_MAX ? BOARD_PROCESSORS_MAX : (unsigned)processors;

	for (unsigned threads = 1; threads <= most; threads++) {
		static double ns[BENCH_ROUNDS_MAX];
		struct bench b = { .name = "threads", .ns = ns };
		char text[80];

		if (!run(board, &b, threads, seconds / most)) {
			board_left_out(b.name, "a thread could not be started");
			return;
		}
		snprintf(text, sizeof text, "on, a number, in %u thread%s at once", threads, threads == 1 ? "" : "s");
		board_case(board, b.name, text, threads, bench_net(bench_min(&b), board->loop_ns),
			   bench_net(bench_median(&b), board->loop_ns), "");
	}
}

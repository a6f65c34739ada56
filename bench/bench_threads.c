/* SPDX-License-Identifier: MIT
 * bench_threads.c - whether threads that emit at the same time slow each other down: each writes into a ring of its own, so that they
 * should not. One thread and several take turns, stretch by stretch, and so does their floor, which shares nothing at all: what two processors
 * cost each other by themselves (a core's two threads, the clock of the machine) is seen there. They begin together; the slowest one's
 * time counts.
 */
#include "bench/lab.h"

#include <pthread.h>
#include <rill/trace.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS_MAX = 16, FLOOR_WORDS = 4096, ROUNDS = 2000, TURNS = 2000 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned round, done;			/* under the lock */
	bool over;
	unsigned threads;			/* that take part in this round */
	void (*run)(unsigned turns);
	unsigned turns;
	atomic_uint ready;			/* awake in this round; its order is that of the lock */
	double ns[THREADS_MAX];
} crew = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static __thread uint64_t own_floor[FLOOR_WORDS] __attribute__((aligned(64)));

BENCH_CASE(loop, (void)0)
BENCH_CASE(clock_store, uint64_t *to = &own_floor[4 * (size_t)i & (FLOOR_WORDS - 1)]; to[0] = lab_ticks(); to[1] = i; to[2] = 3; to[3] = 4)
BENCH_CASE(emit, RILL_INSTANT("bench", "threads", "i", (int64_t)i))

static const struct {
	const char *name;
	void (*run)(unsigned turns);
	bool emits;
} kinds[] = { { "threads_loop", loop, false }, { "threads_clock_32", clock_store, false }, { "threads_emit", emit, true } };
enum { KINDS = 3, FLOOR = 1 };

static double measured[KINDS][THREADS_MAX][ROUNDS];

/* The next round that this thread takes part in; 0: there is none. */
static unsigned wait_for_round(unsigned last, unsigned self)
{
	unsigned round;

	pthread_mutex_lock(&crew.lock);
	while (!crew.over && (crew.round == last || self >= crew.threads))
		pthread_cond_wait(&crew.changed, &crew.lock);
	round = crew.over ? 0 : crew.round;
	pthread_mutex_unlock(&crew.lock);
	return round;
}

static void *thread(void *place)
{
	double *const ns = place;
	const unsigned self = (unsigned)(ns - crew.ns);

	lab_pin(self);
	for (unsigned round = 0; (round = wait_for_round(round, self)) != 0;) {
		uint64_t start;

		/* To be awake takes some of them longer than the stretch itself. */
		atomic_fetch_add(&crew.ready, 1);
		while (atomic_load(&crew.ready) < crew.threads)
			sched_yield();
		start = rill_clock_ns();
		crew.run(crew.turns);
		*ns = (double)(rill_clock_ns() - start) / crew.turns;
		pthread_mutex_lock(&crew.lock);
		crew.done++;
		pthread_cond_broadcast(&crew.changed);
		pthread_mutex_unlock(&crew.lock);
	}
	return NULL;
}

/* The slowest thread's time for a turn. */
static double one_round(unsigned threads, unsigned kind, unsigned turns)
{
	double slowest = 0;

	pthread_mutex_lock(&crew.lock);
	atomic_store(&crew.ready, 0);
	crew.done = 0;
	crew.threads = threads;
	crew.run = kinds[kind].run;
	crew.turns = turns;
	crew.round++;
	pthread_cond_broadcast(&crew.changed);
	while (crew.done < threads)
		pthread_cond_wait(&crew.changed, &crew.lock);
	pthread_mutex_unlock(&crew.lock);
	for (unsigned i = 0; i < threads; i++)
		if (crew.ns[i] > slowest)
			slowest = crew.ns[i];
	if (kinds[kind].emits)
		bench_emitted += (uint64_t)threads * turns;
	return slowest;
}

/* How many rounds were measured. */
static unsigned measure(const struct lab *lab, unsigned most)
{
	const uint64_t end = rill_clock_ns() + (uint64_t)(lab->seconds * 1e9);
	const unsigned turns = lab->quick ? 50 : TURNS;
	unsigned round = 0;

	for (unsigned warm = 0; round < ROUNDS; warm++) {
		for (unsigned kind = 0; kind < KINDS; kind++)
			for (unsigned threads = 1; threads <= most; threads++)
				measured[kind][threads - 1][round] = one_round(threads, kind, turns);
		rill_session_flush(lab->session, 10000);
		if (warm > 0)
			round++;
		if (round >= 3 && (lab->quick || rill_clock_ns() >= end))
			break;
	}
	return round;
}

static void say(const struct lab *lab, unsigned most, unsigned rounds)
{
	struct bench b[KINDS][THREADS_MAX] = { 0 };
	struct rill_stats stats = { 0 };

	rill_session_stats(lab->session, &stats);
	printf("# rounds=%u, in turns; ratio: to the floor with as many threads; against_one: medians\n", rounds);
	for (unsigned kind = 0; kind < KINDS; kind++)
		for (unsigned t = 0; t < most; t++) {
			b[kind][t] = (struct bench){ .ns = measured[kind][t], .rounds = rounds };
			bench_end(&b[kind][t]);
		}
	for (unsigned kind = FLOOR; kind < KINDS; kind++)
		for (unsigned t = 0; t < most; t++) {
			char rest[80];

			snprintf(rest, sizeof rest, " against_one=%.3f least_against_one=%.3f",
				 bench_median(&b[kind][t]) / bench_median(&b[kind][0]), bench_min(&b[kind][t]) / bench_min(&b[kind][0]));
			lab_say(&(struct lab_line){ .name = kinds[kind].name, .args = 1, .threads = t + 1,
				.ns_min = bench_net(bench_min(&b[kind][t]), bench_min(&b[0][t])),
				.ns_med = bench_net(bench_median(&b[kind][t]), bench_min(&b[0][t])),
				.floor_ns = bench_net(bench_min(&b[FLOOR][t]), bench_min(&b[0][t])),
				.lost = kinds[kind].emits ? stats.lost_total : 0, .bytes = kinds[kind].emits ? 16 : 32, .rest = rest });
		}
}

int main(int argc, char **argv)
{
	pthread_t ids[THREADS_MAX];
	unsigned most = lab_processors() > THREADS_MAX ? THREADS_MAX : lab_processors();
	struct lab lab;

	lab_options(&lab, argc, argv, 10);
	lab_configure(&lab, LAB_SLEEPS);
	lab.session = lab_session(&lab, "/dev/null", RILL_FORMAT_BY_NAME);
	lab_machine(&lab);
	if (most < 2)	/* also on one processor it shows that nothing is shared but the processor */
		most = 2;
	for (unsigned i = 0; i < most; i++)
		if (pthread_create(&ids[i], NULL, thread, &crew.ns[i]) != 0) {
			fprintf(stderr, "bench_threads: a thread cannot be started: the limit of threads or memory is reached\n");
			exit(1);
		}
	say(&lab, most, measure(&lab, most));
	pthread_mutex_lock(&crew.lock);
	crew.over = true;
	pthread_cond_broadcast(&crew.changed);
	pthread_mutex_unlock(&crew.lock);
	for (unsigned i = 0; i < most; i++)
		pthread_join(ids[i], NULL);
	return lab_books(&lab, lab.session, bench_emitted);
}

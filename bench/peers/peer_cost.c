/* SPDX-License-Identifier: MIT
 * peer_cost.c - what an event costs the threads that emit it: short stretches, so that buffers do not fill, with pauses in which
 * the tracer's consumer takes them.
 */
#include "bench/peers/peer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { PAUSE_NS = 1000000 };

struct stretch {
	double loop_ns, event_ns;	/* of one event */
};

struct crowd {
	const struct peer_task *task;
	pthread_barrier_t meeting;
	/* Only counts who is there: the stretches share no data, so it needs no order. */
	atomic_uint arrived;
};

struct worker {
	struct crowd *crowd;
	unsigned index;
	struct stretch *stretches;
	uint64_t emitted;
};

/* Threads that wake from a barrier do so some 50 us apart, longer than a stretch takes: so they sleep until all have come, and then wait
 * the rest awake. */
static void together(struct crowd *crowd, unsigned times)
{
	pthread_barrier_wait(&crowd->meeting);
	atomic_fetch_add_explicit(&crowd->arrived, 1, memory_order_relaxed);
	while (atomic_load_explicit(&crowd->arrived, memory_order_relaxed) < times * crowd->task->threads)
		;
}

static double timed(peer_run *run, uint64_t first, unsigned count)
{
	uint64_t start = peer_now_ns();

	run(first, count);
	return (double)(peer_now_ns() - start) / count;
}

static void *work(void *of)
{
	struct worker *w = of;
	const struct peer_task *task = w->crowd->task;

	peer_pin(w->index);
	for (unsigned i = 0; i <= task->stretches; i++) {	/* the first one warms up */
		struct stretch now;

		together(w->crowd, i + 1);
		now.loop_ns = timed(peer_run_loop, w->emitted, task->stretch_events);
		now.event_ns = timed(task->run, w->emitted, task->stretch_events);
		w->emitted += task->stretch_events;
		if (i > 0)
			w->stretches[i - 1] = now;
		peer_sleep_until_ns(peer_now_ns() + PAUSE_NS);
	}
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Of the slowest thread of each stretch, without the loop at its fastest. */
static bool sum_up(const struct peer_task *task, const struct worker *workers, struct peer_result *result)
{
	double *ns = malloc(task->stretches * sizeof *ns), loop_ns = workers[0].stretches[0].loop_ns;

	if (!ns)
		return false;
	for (unsigned i = 0; i < task->stretches; i++) {
		ns[i] = 0;
		for (unsigned t = 0; t < task->threads; t++) {
			const struct stretch *s = &workers[t].stretches[i];

			ns[i] = s->event_ns > ns[i] ? s->event_ns : ns[i];
			loop_ns = s->loop_ns < loop_ns ? s->loop_ns : loop_ns;
		}
	}
	if (task->run == peer_run_loop)
		loop_ns = 0;
	qsort(ns, task->stretches, sizeof *ns, by_value);
	result->ns_min = ns[0] > loop_ns ? ns[0] - loop_ns : 0;
	result->ns_median = ns[task->stretches / 2] > loop_ns ? ns[task->stretches / 2] - loop_ns : 0;
	free(ns);
	return true;
}

static bool run_crowd(struct crowd *crowd, struct worker *workers, struct peer_result *result)
{
	const struct peer_task *task = crowd->task;
	pthread_t ids[PEER_THREADS_MAX];

	for (unsigned t = 0; t < task->threads; t++) {
		if (pthread_create(&ids[t], NULL, work, &workers[t]) != 0) {
			fprintf(stderr, "thread %u of %u cannot be started\n", t + 1, task->threads);
			exit(1);	/* the others wait for it for ever */
		}
	}
	for (unsigned t = 0; t < task->threads; t++) {
		pthread_join(ids[t], NULL);
		result->emitted += workers[t].emitted;
	}
	return sum_up(task, workers, result);
}

bool peer_cost(const struct peer_task *task, struct peer_result *result)
{
	struct stretch *stretches = calloc((size_t)task->threads * task->stretches, sizeof *stretches);
	struct crowd crowd = { .task = task };
	struct worker workers[PEER_THREADS_MAX];
	struct rusage usage;
	bool done = false;

	if (stretches && pthread_barrier_init(&crowd.meeting, NULL, task->threads) == 0) {
		for (unsigned t = 0; t < task->threads; t++)
			workers[t] = (struct worker){ &crowd, t, stretches + (size_t)t * task->stretches, 0 };
		done = run_crowd(&crowd, workers, result);
		pthread_barrier_destroy(&crowd.meeting);
	}
	if (!done)
		fputs("no memory for the measurements: fewer stretches are wanted\n", stderr);
	free(stretches);
	getrusage(RUSAGE_SELF, &usage);
	result->preempted = (uint64_t)usage.ru_nivcsw;
	return done;
}

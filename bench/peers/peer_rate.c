/* SPDX-License-Identifier: MIT
 * peer_rate.c - offers events at a rate: a burst for each millisecond, then sleep until the next one is due. A thread that is behind does
 * not sleep, so a tracer that makes it wait shows as a rate that is not reached.
 */
#include "bench/peers/peer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { TICK_NS = 1000000, BURST_MAX = 10000 };

struct pacer {
	const struct peer_task *task;
	unsigned index;
	uint64_t start_ns, end_ns, emitted;
};

static void flat_out(struct pacer *p, uint64_t until_ns)
{
	while (peer_now_ns() < until_ns) {
		p->task->run(p->emitted, BURST_MAX);
		p->emitted += BURST_MAX;
	}
}

/* What is due at a time; whole seconds apart, so that nothing overflows. */
static uint64_t due(uint64_t rate_per_s, uint64_t passed_ns)
{
	return passed_ns / 1000000000u * rate_per_s + passed_ns % 1000000000u * rate_per_s / 1000000000u;
}

static void paced(struct pacer *p, uint64_t until_ns)
{
	uint64_t wanted = due(p->task->rate_per_s, until_ns - p->start_ns), tick_ns = p->start_ns;

	/* A quarter more of the time is enough to see that a rate is not reached. */
	while (p->emitted < wanted && peer_now_ns() < until_ns + (until_ns - p->start_ns) / 4) {
		uint64_t next;

		tick_ns += TICK_NS;
		next = due(p->task->rate_per_s, tick_ns - p->start_ns);
		if (next > wanted)
			next = wanted;
		while (p->emitted < next) {
			unsigned burst = next - p->emitted > BURST_MAX ? BURST_MAX : (unsigned)(next - p->emitted);

			p->task->run(p->emitted, burst);
			p->emitted += burst;
		}
		peer_sleep_until_ns(tick_ns);
	}
}

static void *offer(void *of)
{
	struct pacer *p = of;
	uint64_t until_ns;

	peer_pin(p->index);
	p->task->run(0, 1);	/* attaches the thread */
	p->start_ns = peer_now_ns();
	until_ns = p->start_ns + p->task->milliseconds * (uint64_t)1000000;
	if (p->task->rate_per_s == 0)
		flat_out(p, until_ns);
	else
		paced(p, until_ns);
	p->end_ns = peer_now_ns();
	return NULL;
}

bool peer_rate(const struct peer_task *task, struct peer_result *result)
{
	struct pacer pacers[PEER_THREADS_MAX] = { { 0 } };
	pthread_t ids[PEER_THREADS_MAX];
	struct rusage usage;

	for (unsigned t = 0; t < task->threads; t++) {
		pacers[t] = (struct pacer){ .task = task, .index = t };
		if (pthread_create(&ids[t], NULL, offer, &pacers[t]) != 0) {
			fprintf(stderr, "thread %u of %u cannot be started\n", t + 1, task->threads);
			exit(1);
		}
	}
	for (unsigned t = 0; t < task->threads; t++) {
		double seconds;

		pthread_join(ids[t], NULL);
		seconds = (double)(pacers[t].end_ns - pacers[t].start_ns) / 1e9;
		result->seconds = seconds > result->seconds ? seconds : result->seconds;
		result->reached_per_s += (double)pacers[t].emitted / seconds;
		result->emitted += pacers[t].emitted + 1;
	}
	getrusage(RUSAGE_SELF, &usage);
	result->preempted = (uint64_t)usage.ru_nivcsw;
	return true;
}

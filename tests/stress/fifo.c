/* SPDX-License-Identifier: MIT
 * fifo.c - a real-time producer on the same processor as the consumer: nothing waits for anything, and what the consumer cannot take
 * meanwhile is counted.
 */
#define _GNU_SOURCE
#include "stress.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint32_t refused;
static uint64_t until_ns;

static void *produce(void *arg)
{
	struct sched_param priority = { .sched_priority = 10 };
	uint32_t context = stress_context_new(STRESS_ALL), random = stress_seed((uint32_t)(uintptr_t)arg);
	int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);

	if (error) {
		atomic_store(&refused, (uint32_t)error);
		return NULL;
	}
	while (stress_now_ns() < until_ns) {
		for (unsigned i = 0; i < 20000; i++)
			stress_emit(context);
		if (stress_below(&random, 20) == 0)
			stress_sleep_us(2000);
	}
	return NULL;
}

void stress_fifo(const struct stress_scenario *self)
{
	struct stress_watch w = { .session = NULL };
	pthread_t threads[8];
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu() < 0 ? 0 : sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof one, &one) != 0) {
		stress_skip("the process may not choose its processor");
		return;
	}
	if (!stress_configure(self->ring_bytes, self->block_bytes, 8, 0) || !stress_watch_start(&w, "stress"))
		return;
	until_ns = stress_now_ns() + stress_part(self->amount, 500) * 1000000;
	for (uintptr_t i = 0; i < self->producers; i++)
		if (pthread_create(&threads[i], NULL, produce, (void *)(i + 1)) != 0)
			abort();
	for (unsigned i = 0; i < self->producers; i++)
		pthread_join(threads[i], NULL);
	stress_watch_finish(&w);
	if (refused)
		stress_skip(strerror((int)refused));
	else
		STRESS_NEED(w.lost_total > 0);
}

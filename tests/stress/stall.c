/* SPDX-License-Identifier: MIT
 * stall.c - a consumer that stands still: once because its only subscriber is stuck, once because somebody else holds the drain role.
 * The producer is not slower for it, its rings keep what they hold, and the first event behind the gap has all that is missing in front.
 */
#include "stress.h"

#include "route/route.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { STALL_MS_OF_LONG = 10000, SAMPLES_MAX = 1 << 20 };

static struct stress_watch watch = { .exact_gaps = true };
static _Atomic bool stuck, over;
static _Atomic uint32_t phase;	/* 0 as usual, 1 stalled */
static uint32_t samples[2][SAMPLES_MAX];
static _Atomic uint32_t sample_count[2];

static void be_stuck(struct stress_watch *w)
{
	(void)w;
	while (atomic_load(&stuck))
		stress_sleep_us(1000);
}

static void *produce(void *unused)
{
	uint32_t context = stress_context_new(STRESS_NAMED), random = stress_seed(1);

	(void)unused;
	while (!atomic_load(&over)) {
		uint32_t p = atomic_load(&phase), n = atomic_load(&sample_count[p]);
		uint64_t start_ns = stress_now_ns(), took_ns;

		stress_emit(context);
		took_ns = stress_now_ns() - start_ns;
		samples[p][n % SAMPLES_MAX] = took_ns < UINT32_MAX ? (uint32_t)took_ns : UINT32_MAX;
		atomic_store(&sample_count[p], n + 1);
		if (stress_below(&random, 100) == 0)
			stress_sleep_us(100);
	}
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* In ns: 99.9 % of the events took no longer. */
static uint32_t slowest_but_few(unsigned p)
{
	uint32_t n = atomic_load(&sample_count[p]);

	if (n > SAMPLES_MAX)
		n = SAMPLES_MAX;
	if (n < 1000)
		return 0;
	qsort(samples[p], n, sizeof samples[p][0], by_size);
	return samples[p][n - 1 - n / 1000];
}

static void stand_still(bool by_subscriber, uint64_t us)
{
	uint64_t before;

	if (by_subscriber)
		atomic_store(&stuck, true);
	else
		rill_route_lock();
	before = stress_emitted();
	atomic_store(&phase, 1);
	stress_sleep_us(us);
	atomic_store(&phase, 0);
	/* Thousands of times what a ring holds: nobody has waited for room. */
	STRESS_NEED(stress_emitted() > before + 1000);
	if (by_subscriber)
		atomic_store(&stuck, false);
	else
		rill_route_unlock();
}

void stress_stall(const struct stress_scenario *self)
{
	uint64_t us = stress_part((uint64_t)STALL_MS_OF_LONG * 1000, 300000), least;
	uint32_t usual, stalled;
	pthread_t thread;

	watch.batch = be_stuck;
	watch.options.queue_bytes = 65536;
	if (!stress_configure(self->ring_bytes, self->block_bytes, 4, 0) || !stress_watch_start(&watch, "stress"))
		return;
	if (pthread_create(&thread, NULL, produce, NULL) != 0)
		abort();
	stress_sleep_us(300000);
	stand_still(false, us);
	stress_sleep_us(200000);
	stand_still(true, us);
	stress_sleep_us(200000);
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	stress_watch_finish(&watch);
	/* Twice a ring but for its block headers and ends; the mean event has less than 48 bytes. */
	least = 2 * self->ring_bytes / 96;
	STRESS_NEED(watch.lost[RILL_LOST_FULL] > 0);
	STRESS_NEED(watch.lost[RILL_LOST_FULL] == watch.lost_total);
	STRESS_NEED(watch.events > least);
	usual = slowest_but_few(0);
	stalled = slowest_but_few(1);
	stress_note("99.9%%-took=%uns/%uns-stalled", usual, stalled);
	/* A full ring is cheaper than one that takes the event; a producer that waited for room would take milliseconds. */
	if (!STRESS_TSAN && !STRESS_ASAN && !stress_emulated() && stalled > 10 * usual + 1000000)
		stress_fail("99.9 %% of the events took %u ns as usual, and %u ns with the consumer stalled", usual, stalled);
}

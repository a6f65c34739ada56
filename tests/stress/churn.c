/* SPDX-License-Identifier: MIT
 * churn.c - threads come and go: many at once, very many in total, ten events each. Slots are used again and memory does not grow.
 */
#define _GNU_SOURCE
#include "stress.h"

#include "ring/ring_set.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ALIVE_MAX = 1000, PER_THREAD = 10, STACK_BYTES = 128 * 1024 };
/* The names of threads that have ended are kept for a while (route/feed.c): so many, each this size at most. */
enum { NAMES_KEPT = 65536, NAME_BYTES = 176 };

static pthread_t threads[ALIVE_MAX];
static pthread_barrier_t all_alive, all_may_end;

static void *short_lived(void *unused)
{
	uint32_t context = stress_context_new(STRESS_ALL);

	(void)unused;
	for (unsigned i = 0; i < PER_THREAD / 2; i++)
		stress_emit(context);
	pthread_barrier_wait(&all_alive);
	pthread_barrier_wait(&all_may_end);
	for (unsigned i = 0; i < PER_THREAD / 2; i++)
		stress_emit(context);
	return NULL;
}

static long resident_kib(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%*s %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* One generation; returns what the process takes while all of it lives. */
static long generation(unsigned count, const pthread_attr_t *attr)
{
	long kib;

	for (unsigned i = 0; i < count; i++)
		if (pthread_create(&threads[i], attr, short_lived, NULL) != 0)
			abort();
	pthread_barrier_wait(&all_alive);
	kib = resident_kib();
	pthread_barrier_wait(&all_may_end);
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return kib;
}

/* What the session's buffers and malloc may still take once when the load is at its highest, however many threads there are. In 100 000
 * threads it hides 21 bytes of each. */
enum { ONCE_KIB = 2048 };

/* Less than one slot, but for that and for the names that are still being collected. */
static void check_growth(long warm_kib, long end_kib, uint64_t warm_threads, uint64_t total)
{
	uint64_t kept_warm = warm_threads < NAMES_KEPT ? warm_threads : NAMES_KEPT, kept = total < NAMES_KEPT ? total : NAMES_KEPT;
	long slot_kib = (long)(rill_ring_set_bytes() / rill_ring_geometry.slots / 1024);
	long names_kib = (long)((kept - kept_warm) * NAME_BYTES / 1024);

	stress_note("growth=%ldKiB slot=%ldKiB", end_kib - warm_kib, slot_kib);
	/* The sanitizers keep what was freed, and an emulator its translations. */
	if (!STRESS_TSAN && !STRESS_ASAN && !stress_emulated() && end_kib - warm_kib >= slot_kib + names_kib + ONCE_KIB)
		stress_fail("the process grew by %ld KiB behind its first %llu threads; a slot has %ld KiB", end_kib - warm_kib,
			    (unsigned long long)warm_threads, slot_kib);
}

void stress_churn(const struct stress_scenario *self)
{
	struct stress_watch w = { .session = NULL };
	uint64_t total = stress_part(self->amount, 2000), made = 0, warm_threads = 0;
	unsigned alive = total >= 10 * ALIVE_MAX ? ALIVE_MAX : (unsigned)(total / 10);
	struct rill_config c = { .size = sizeof c, .buffer_bytes = self->ring_bytes, .threads_max = ALIVE_MAX + 24, .prefault = true };
	long warm_kib = 0, kib = 0;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	STRESS_NEED(rill_configure(&c) == 0);
	if (!stress_watch_start(&w, "stress"))
		return;
	pthread_barrier_init(&all_alive, NULL, alive + 1);
	pthread_barrier_init(&all_may_end, NULL, alive + 1);
	/* What the test itself will need is touched before it looks. */
	for (uint32_t i = 0; i < STRESS_CONTEXTS_MAX; i += 64) {
		atomic_store(&w.last[i], 0);
		w.first[i] = 0;
		atomic_store(&stress_contexts[i].done, 0);
	}
	for (; made < total; made += alive) {
		kib = generation(alive, &attr);
		if (!warm_kib && made + alive >= total * 7 / 10) {
			warm_kib = kib;
			warm_threads = made + alive;
		}
		if (!stress_slots_drop_to(0, 10000)) {
			stress_fail("%u slots are not free 10 s behind the end of their threads", stress_live_slots());
			break;
		}
	}
	STRESS_NEED(rill_slots_used() <= alive + 24);	/* used again, not used up */
	check_growth(warm_kib, kib, warm_threads, made);
	stress_watch_finish(&w);
	STRESS_NEED(w.lost[RILL_LOST_NO_RING] == 0);
	STRESS_NEED(stress_emitted() == made * PER_THREAD);
	stress_note("threads=%llu alive=%u slots=%u", (unsigned long long)made, alive, rill_slots_used());
}

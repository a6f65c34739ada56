/* SPDX-License-Identifier: MIT
 * keep.h - what the programs share that look at the entry points which keep registers from outside: the session's books, and when each
 * entry is tried. Which registers there are, and how they are loaded and stored, is the processor's: keep.c is for x86-64, keep_cross.c for
 * the others.
 */
#ifndef RILL_SITES_KEEP_H
#define RILL_SITES_KEEP_H

#include "record.h"

#include <pthread.h>

#define KEPT __attribute__((noipa))

static int bad;
static uint64_t emitted;	/* events while the session ran */

/* which: the register, the round; of what has neither, -1 */
static void expect(int right, const char *what, int which)
{
	if (!right && bad++ < 20)
		printf("%s (%d)\n", what, which);
}

extern struct rill_hot __start_rill_hot[], __stop_rill_hot[];
static const struct rill_hot *one_site;

/* Any that the session wants. */
static void choose_site(void)
{
	for (const struct rill_hot *h = __start_rill_hot; h < __stop_rill_hot; h++)
		if (h->enabled)
			one_site = h;
}

static void fill_at_random(void *memory, size_t size)
{
	uint8_t *bytes = memory;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(rand() >> 7);
}

/* Each program's own, counted in `emitted`: all registers are loaded, an entry is called, and all that it has to keep are expected to be
 * the same. An event with one word; and each kind of event. */
static void probe_one(const char *what);
static void probe_each(const char *what);

static void *probe_thread(void *what)
{
	probe_one(what);
	return NULL;
}

/* Attach, the hot path, block switches, a full ring, and (behind the session) the second look that finds nobody. */
static void probe_all(const char *what, int times)
{
	pthread_t thread;

	/* Its first event attaches it. */
	if (pthread_create(&thread, NULL, probe_thread, (void *)(uintptr_t)what) == 0)
		pthread_join(thread, NULL);
	for (int i = 0; i < times; i++)
		probe_each(what);
}

/* While the session runs, then behind it. */
static void probe_and_stop(struct rill_session *session, int times)
{
	struct rill_stats stats;

	probe_all("an event changes what it has to keep", times);
	rill_session_flush(session, 10000);
	rill_session_stats(session, &stats);
	rill_session_stop(session);
	printf("%llu events, %llu delivered, %llu lost\n", (unsigned long long)emitted, (unsigned long long)stats.delivered,
	       (unsigned long long)stats.lost_total);
	expect(stats.delivered + stats.lost_total == emitted, "the books do not close", -1);
	expect(stats.delivered > 1000, "hardly anything was delivered", -1);
	probe_all("an event that nobody wants any more changes what it has to keep", times);
}

#endif

/* SPDX-License-Identifier: MIT
 * kept.c - keep-first: what waits in the static buffer (emit/kept.h) goes to the first session, at its place among what the rings hold.
 *
 * By then the buffer is closed, so that it is read once, put in the order of the merge, and given out from there. The threads of it may
 * have ended long ago; those that still run go on under the same number.
 */
#include "route/kept.h"

#include "emit/kept.h"
#include "port/port.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct item {
	uint64_t ticks;
	const struct rill_kept *kept;
	const struct rill_thread *thread;
};

static struct item *items;
static uint32_t count, next;
/* One block of memory with the names behind; kept for as long as the process, since outlets may point at them. */
static struct rill_thread *threads;
static uint32_t thread_count;
static const struct rill_thread unknown = { .name = "" };

/* ---- reading -------------------------------------------------------------------------------------- */

/* Whoever has a place is about to fill it; a thread that stands there for longer than any is waited for has lost its event. 0: not even
 * its size is known, so what lies behind it cannot be found. */
static uint32_t await(const struct rill_kept *k, uint64_t until_ns)
{
	const struct timespec pause = { 0, 50000 };
	uint32_t size;

	while (!((size = rill_kept_committed(k)) & RILL_KEPT_COMMITTED) && rill_port_monotonic_ns() < until_ns)
		nanosleep(&pause, NULL);
	return size;
}

static const struct rill_kept_name *name_of(const struct rill_kept *k)
{
	return (const struct rill_kept_name *)(const void *)(k + 1);
}

/* NULL: what was to say its name was never committed, or there was no memory. */
static const struct rill_thread *thread_of(uint32_t serial)
{
	for (uint32_t i = 0; i < thread_count; i++)
		if (threads[i].serial == serial)
			return &threads[i];
	return NULL;
}

static void add_thread(const struct rill_kept *k)
{
	if (thread_of(k->serial))	/* a handler came on top of the thread's first event */
		return;
	threads[thread_count++] = (struct rill_thread){
		.tid = name_of(k)->tid, .serial = k->serial, .name = name_of(k)->name,
	};
}

/* The order of the merge: time, thread, and for one thread the order of the places. */
static int in_order(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	if (a->ticks != b->ticks)
		return a->ticks < b->ticks ? -1 : 1;
	if (a->thread->tid != b->thread->tid)
		return a->thread->tid < b->thread->tid ? -1 : 1;
	return a->kept < b->kept ? -1 : a->kept > b->kept;
}

/* Returns how many of `events` cannot be had. */
static uint32_t read_all(uint32_t granules, uint32_t events, uint64_t hold_max_ns)
{
	const uint64_t until_ns = rill_port_monotonic_ns() + hold_max_ns;
	uint32_t names = 0;

	for (uint32_t at = 0, size; at < granules; at += size & RILL_KEPT_SIZE) {
		const struct rill_kept *k = rill_kept_at(at);

		size = await(k, until_ns);
		if (!size)
			break;
		if (!(size & RILL_KEPT_COMMITTED))
			continue;
		items[count++] = (struct item){ .ticks = k->ticks, .kept = k };
		names += (size & RILL_KEPT_NAMED) != 0;
	}
	threads = calloc(names ? names : 1, sizeof *threads);
	for (uint32_t i = 0; threads && i < count; i++)
		if (atomic_load_explicit(&items[i].kept->size, memory_order_relaxed) & RILL_KEPT_NAMED)
			add_thread(items[i].kept);
	for (uint32_t i = 0; i < count; i++) {
		const struct rill_thread *thread = thread_of(items[i].kept->serial);

		items[i].thread = thread ? thread : &unknown;
	}
	qsort(items, count, sizeof *items, in_order);
	return events - count;
}

static void take(struct rill_route *r)
{
	uint32_t state = rill_kept_close(), events = state >> RILL_KEPT_EVENTS_SHIFT & RILL_KEPT_EVENTS_MAX;
	struct rill_gap gap = { .cause = RILL_LOST_NO_RING, .count = events };

	if (!events)
		return;
	items = calloc(events, sizeof *items);
	if (items)
		gap.count = read_all(state & RILL_KEPT_SIZE, events, r->hold_max_ns);
	if (gap.count)		/* whose they were is not known */
		rill_route_lose(r->early, &gap);
	if (count)
		r->kept_ticks = items[0].ticks;
}

/* ---- giving --------------------------------------------------------------------------------------- */

static const struct rill_record *record_of(const struct rill_kept *k, uint32_t *words)
{
	uint32_t size = atomic_load_explicit(&k->size, memory_order_relaxed);	/* K2 was before */
	uint32_t head = (uint32_t)(sizeof *k + (size & RILL_KEPT_NAMED ? sizeof(struct rill_kept_name) : 0));

	*words = (size & RILL_KEPT_SIZE) - head / 8;
	return (const struct rill_record *)(const void *)((const char *)k + head);
}

/* False: refused for now. */
static bool give(struct rill_route *r, const struct item *item)
{
	const struct rill_event *e = &r->decoded.event;
	uint32_t words;
	const struct rill_record *record = record_of(item->kept, &words);

	if (!rill_decode(record, words, item->ticks, &r->decoded)) {
		r->books.unknown++;
		return true;
	}
	rill_route_stamp(r, item->thread, 0, item->ticks, &r->decoded);
	return !r->early->wants(r->early, e->category, e->name) || rill_route_give(r->early, &r->decoded, item->ticks, r->may_defer);
}

static void drop(struct rill_route *r)
{
	free(items);
	items = NULL;
	count = next = 0;
	r->kept_ticks = UINT64_MAX;
}

bool rill_route_kept_give(struct rill_route *r, uint64_t ticks)
{
	bool room = true;

	while (room && next < count && items[next].ticks <= ticks) {
		room = give(r, &items[next]);
		next += room;
	}
	if (next == count)
		drop(r);
	else
		r->kept_ticks = items[next].ticks;
	return room;
}

bool rill_route_kept_otherwise(const struct rill_thread *thread)
{
	const struct rill_thread *then = thread_of(thread->serial);

	return then && (strcmp(then->name, thread->name) != 0 || thread->has_sort_index);
}

void rill_route_kept_forked(struct rill_route *r)
{
	r->early = NULL;
	drop(r);
	thread_count = 0;
}

/* ---- the session that gets it --------------------------------------------------------------------- */

void rill_route_take_early(struct rill_route_session *s)
{
	rill_route.early = s;
	rill_route.early_end = UINT64_MAX;
	s->start_ticks = 0;
}

void rill_route_end_early(void)
{
	take(&rill_route);
	rill_route.early_end = rill_route_now_ticks();
}

void rill_route_leave_early(const struct rill_route_session *s)
{
	if (rill_route.early != s)
		return;
	rill_route.early = NULL;
	drop(&rill_route);
}

bool rill_route_has_early(void)
{
	return rill_route.early != NULL;
}

/* SPDX-License-Identifier: MIT
 * feed.c - threads as the consumer sees them come, be renamed, and go.
 */
#include "route/kept.h"

#include "port/port.h"
#include "ring/point.h"
#include "sink/gaps.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FEEDS_MAX = CONFIG_RILL_THREADS_LIMIT,
	LOOK_PERIOD_NS = 1000000000,
	/* Without subscribers it is losses that outlets have not told yet which point at threads. */
	GRAVEYARD = !RILL_ON(CONFIG_RILL_SUBSCRIBERS) ?
		(int)RILL_GAPS_MAX * (CONFIG_RILL_DIRECT_SESSIONS + CONFIG_RILL_SHARED_SESSIONS_MAX) :
		RILL_ON(CONFIG_RILL_STATIC) ? 256 : 65536
};

static struct rill_feed *feeds[FEEDS_MAX];
struct rill_feed *rill_feeds_ordered[FEEDS_MAX];
uint32_t rill_feeds_ordered_count;
static uint64_t seen;
static uint64_t looked_ns;

/* Threads that have ended stay readable for a while: subscribers may hold batches that point at them. */
static struct rill_thread **graveyard;
static size_t buried;

static void bury(struct rill_thread *thread)
{
	struct rill_thread **place;

	if (!graveyard)
		graveyard = calloc(GRAVEYARD, sizeof *graveyard);
	if (!graveyard)
		return;	/* out of memory: rather leak one small object than free it under a reader */
	place = &graveyard[buried++ % GRAVEYARD];
	free(*place);
	*place = thread;
}

/* ---- names ---------------------------------------------------------------------------------------- */

/* Copies what the thread wrote under name_sequence (emit/attach.c); false: it is being written, try in the next pass. Steps SEQ0 to
 * SEQ1 of tests/model/overwrite.pml. */
static bool read_name(const struct rill_slot *slot, char *name, struct rill_thread *info, uint32_t *sequence)
{
	uint32_t before = atomic_load_explicit(&slot->name_sequence, memory_order_acquire);

	if (before & 1)
		return false;
	for (unsigned i = 0; i < RILL_THREAD_NAME_MAX; i++)
		name[i] = atomic_load_explicit(&slot->name[i], memory_order_relaxed);
	info->sort_index = atomic_load_explicit(&slot->sort_index, memory_order_relaxed);
	info->has_sort_index = atomic_load_explicit(&slot->has_sort_index, memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	*sequence = before;
	return atomic_load_explicit(&slot->name_sequence, memory_order_relaxed) == before;
}

struct rill_thread *rill_feed_make_thread(const struct rill_slot *slot, uint32_t generation, uint32_t *sequence)
{
	struct rill_thread *t = malloc(sizeof *t + RILL_THREAD_NAME_MAX);
	char *name = (char *)(t + 1);

	if (!t)
		return NULL;
	*t = (struct rill_thread){ .tid = __atomic_load_n(&slot->tid, __ATOMIC_RELAXED),
				   .serial = __atomic_load_n(&slot->serial, __ATOMIC_RELAXED), .generation = generation, .name = name };
	if (!read_name(slot, name, t, sequence)) {
		name[0] = '\0';
		*sequence = 0;
	}
	name[RILL_THREAD_NAME_MAX - 1] = '\0';
	return t;
}

bool rill_feed_renamed(struct rill_feed *f)
{
	struct rill_thread *t;
	uint32_t sequence;

	if (atomic_load_explicit(&f->slot->name_sequence, memory_order_relaxed) == f->name_sequence)
		return false;
	t = rill_feed_make_thread(f->slot, f->thread->generation + 1, &sequence);
	if (!t || !sequence) {
		free(t);
		return false;
	}
	bury(f->thread);
	f->thread = t;
	f->name_sequence = sequence;
	return true;
}

/* ---- coming --------------------------------------------------------------------------------------- */

static struct rill_feed *make_feed(struct rill_slot *slot)
{
	struct rill_feed *f = calloc(1, sizeof *f);

	if (!f)
		return NULL;
	f->slot = slot;
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++) {
		f->level[level].feed = f;
		f->level[level].cursor.ring = &slot->ring[level];
		/* Position 0 is the start of the first block: the cursor enters it by itself. */
	}
	return f;
}

/* Two live slots with one tid: the older owner has ended and the system gave its tid away again. */
static void older_is_gone(const struct rill_feed *newer)
{
	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		struct rill_feed *f = feeds[i];

		if (f && f != newer && f->thread && f->thread->tid == newer->slot->tid && f->serial < newer->slot->serial)
			f->gone = true;
	}
}

static void take_out(const struct rill_feed *f)
{
	uint32_t i = 0;

	while (rill_feeds_ordered[i] != f)
		i++;
	memmove(&rill_feeds_ordered[i], &rill_feeds_ordered[i + 1], (--rill_feeds_ordered_count - i) * sizeof rill_feeds_ordered[0]);
}

static void put_in_order(struct rill_feed *f)
{
	uint32_t i = rill_feeds_ordered_count++;

	for (; i && rill_feeds_ordered[i - 1]->slot->tid > f->slot->tid; i--)
		rill_feeds_ordered[i] = rill_feeds_ordered[i - 1];
	rill_feeds_ordered[i] = f;
}

struct rill_feed *rill_feed_of(uint32_t index)
{
	struct rill_slot *slot = rill_slot_at(index);
	struct rill_feed *f;

	/* Acquire: pairs with rill_slot_publish(). */
	if (atomic_load_explicit(&slot->state, memory_order_acquire) != RILL_SLOT_LIVE)
		return NULL;
	if (!feeds[index])
		feeds[index] = make_feed(slot);
	f = feeds[index];
	if (!f || (f->thread && f->serial == slot->serial))
		return f;
	f->thread = rill_feed_make_thread(slot, 0, &f->name_sequence);
	if (!f->thread)
		return NULL;
	if (RILL_ON(CONFIG_RILL_EARLY) && rill_route_kept_otherwise(f->thread))
		f->thread->generation = 1;
	put_in_order(f);
	f->serial = slot->serial;
	f->gone = false;
	f->high_bytes = 0;
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
		f->level[level].lost_full = 0;
	f->start_time = rill_port_thread_start_time((uint32_t)getpid(), slot->tid);
	older_is_gone(f);
	seen++;
	return f;
}

uint64_t rill_feed_fill(const struct rill_feed *f)
{
	struct rill_ring *const ring = f->level[0].cursor.ring;

	return (rill_ring_committed(ring) & ~(uintptr_t)1) - atomic_load_explicit(&ring->consume_pos, memory_order_relaxed);
}

uint64_t rill_feeds_seen(void)
{
	return seen;
}

/* ---- going ---------------------------------------------------------------------------------------- */

static bool ended(const struct rill_feed *f)
{
	uint32_t pid = (uint32_t)getpid();
	uint64_t start_time;

	if (!rill_port_thread_alive(pid, f->slot->tid))
		return true;
	/* Alive, but is it the same? The tid may have gone to a thread that never emits. */
	start_time = f->start_time ? rill_port_thread_start_time(pid, f->slot->tid) : 0;
	return start_time && start_time != f->start_time;
}

void rill_feeds_look_for_gone(uint64_t now_ns)
{
	bool ask_all = now_ns - looked_ns >= LOOK_PERIOD_NS;

	if (ask_all)
		looked_ns = now_ns;
	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		struct rill_feed *f = feeds[i];

		if (f && f->thread && !f->gone &&
		    (ask_all || atomic_load_explicit(&f->slot->exiting, memory_order_relaxed))) {
			f->gone = ended(f);
			if (f->gone)
				RILL_POINT(GONE);
		}
	}
}

void rill_feed_reclaim(struct rill_feed *f)
{
	if (!f->gone)
		return;
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++) {
		struct rill_ring *ring = &f->slot->ring[level];
		uintptr_t w = rill_ring_committed(ring);

		/* It ended inside an event (cancelled, or exited in a handler): nobody will take the mark off but we. */
		if (w & 1)
			atomic_store_explicit(&ring->commit_pos, w & ~(uintptr_t)1, memory_order_relaxed);
		if (f->level[level].cursor.record || f->level[level].cursor.pos != (w & ~(uintptr_t)1))
			return;
	}
	RILL_POINT(EMPTY);	/* tests/model/slot.pml, steps EMPTY and FREE */
	bury(f->thread);
	f->thread = NULL;
	take_out(f);
	rill_slot_free(f->slot);
	RILL_POINT(FREED);
}

void rill_feeds_reset(void)
{
	for (uint32_t i = 0; i < FEEDS_MAX; i++) {
		free(feeds[i]);
		feeds[i] = NULL;
	}
	seen = 0;
	rill_feeds_ordered_count = 0;
}

/* SPDX-License-Identifier: MIT
 * kept.c - writing into the buffer of what is recorded before the first session.
 */
#include "emit/kept.h"

#include "emit/attach.h"
#include "emit/loss.h"
#include "emit/undisturbed.h"
#include "port/port.h"

#include <rill/clock.h>

#include <pthread.h>
#include <string.h>

enum { GRANULE = 8, GRANULES = CONFIG_RILL_KEEP_FIRST_KIB * 1024 / GRANULE, ONE_EVENT = 1 << RILL_KEPT_EVENTS_SHIFT };
#define CLOSED (UINT32_C(1) << RILL_KEPT_CLOSED_SHIFT)
_Static_assert((int)GRANULES <= (int)RILL_KEPT_SIZE, "the state has 16 bits for them");
_Static_assert(GRANULES / ((sizeof(struct rill_kept) + sizeof(struct rill_record)) / GRANULE) <= (size_t)RILL_KEPT_EVENTS_MAX,
	       "and 15 for the events that fit");

static uint64_t buffer[GRANULES];
_Atomic uint32_t rill_kept_state = CLOSED;

/* Of the calling thread. Atomic for its handlers: whoever comes first has said it for both. */
static __thread struct {
	_Atomic uint32_t serial;
	_Atomic bool told;	/* its name is in the buffer */
} self __attribute__((tls_model("initial-exec")));

uint32_t rill_kept_own_serial(void)
{
	uint32_t none = 0;

	if (!atomic_load_explicit(&self.serial, memory_order_relaxed))
		/* Relaxed: only this thread and its handlers look. */
		atomic_compare_exchange_strong_explicit(&self.serial, &none, rill_new_serial(), memory_order_relaxed,
							memory_order_relaxed);
	return atomic_load_explicit(&self.serial, memory_order_relaxed);
}

struct rill_kept *rill_kept_at(uint32_t granules)
{
	return (struct rill_kept *)(void *)&buffer[granules];
}

/* False: full, or (*state says so) closed. */
static bool claim(uint32_t granules, uint32_t *state)
{
	uint32_t before = atomic_load_explicit(&rill_kept_state, memory_order_relaxed);

	do {
		*state = before;
		if ((before & CLOSED) || (before & RILL_KEPT_SIZE) + granules > GRANULES)
			return false;
		/* K3. Relaxed: the place is this event's by the order of changes of this one word. */
	} while (!atomic_compare_exchange_weak_explicit(&rill_kept_state, &before, before + ONE_EVENT + granules, memory_order_relaxed,
							memory_order_relaxed));
	return true;
}

/* The name may have to be read from a file of the system, in which a thread must not be cancelled. */
static void put_name(struct rill_kept_name *n)
{
	int cancel_state;

	rill_undisturbed_begin();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	n->tid = rill_port_tid();
	n->unused = 0;
	memcpy(n->name, rill_own_name(n->tid), sizeof n->name);
	pthread_setcancelstate(cancel_state, NULL);
	rill_undisturbed_end();
	atomic_store_explicit(&self.told, true, memory_order_relaxed);
}

enum rill_kept_answer rill_kept_begin(struct rill_writing *w, const struct rill_want *want, size_t payload_bytes)
{
	bool naming = !atomic_load_explicit(&self.told, memory_order_relaxed);
	size_t head_bytes = sizeof(struct rill_kept) + (naming ? sizeof(struct rill_kept_name) : 0);
	size_t record_bytes = sizeof(struct rill_record) + payload_bytes;
	uint32_t granules = (uint32_t)((head_bytes + record_bytes) / GRANULE), state;
	struct rill_record *record;
	struct rill_kept *k;

	/* With a session's bit beside it, that session's event goes where its others do. */
	w->mask = __atomic_load_n(want->enabled, __ATOMIC_RELAXED) & want->only;
	if (w->mask != 1u << RILL_BIT_SHARED)
		return RILL_KEPT_NOT_HERE;
	if (naming && !rill_is_at_home()) {	/* the tid would become the thread's */
		w->mask = rill_lose_without_ring(RILL_LOST_NO_RING, want);
		return RILL_KEPT_LOST;
	}
	if (!claim(granules, &state)) {
		if (state & CLOSED)
			return RILL_KEPT_NOT_HERE;
		w->mask = rill_lose_without_ring(RILL_LOST_FULL, want);
		return RILL_KEPT_LOST;
	}
	k = rill_kept_at(state & RILL_KEPT_SIZE);
	/* Relaxed: says only where the next one is, should this one never be committed. */
	atomic_store_explicit(&k->size, granules | (naming ? RILL_KEPT_NAMED : 0), memory_order_relaxed);
	if (naming)
		put_name((struct rill_kept_name *)(void *)(k + 1));
	k->serial = rill_kept_own_serial();
	w->ticks = k->ticks = rill_clock_ticks();
	record = (struct rill_record *)(void *)((char *)k + head_bytes);
	*record = (struct rill_record){
		.words = record_bytes / 8 > RILL_RECORD_WORDS_MAX ? 0 : (uint8_t)(record_bytes / 8), .mask = w->mask, .id = want->id,
	};
	w->ring = NULL;
	w->payload = record->payload;
	w->end = (uintptr_t)k;
	return RILL_KEPT_BEGUN;
}

void rill_kept_commit(struct rill_writing *w)
{
	struct rill_kept *k = (struct rill_kept *)w->end;
	uint32_t size = atomic_load_explicit(&k->size, memory_order_relaxed);

	atomic_store_explicit(&k->size, size | RILL_KEPT_COMMITTED, memory_order_release);	/* K1 */
}

void rill_kept_open(void)
{
	uint32_t state = atomic_load_explicit(&rill_kept_state, memory_order_relaxed);

	/* What a parent had kept: a place must read as empty before somebody has it. */
	memset(buffer, 0, (state & RILL_KEPT_SIZE) * (size_t)GRANULE);
	/* Release: pairs with nothing that has to hold. Bytes go on behind it; who sees one and not yet this has an event without a ring,
	 * which is counted. */
	atomic_store_explicit(&rill_kept_state, 0, memory_order_release);
}

uint32_t rill_kept_close(void)
{
	return atomic_fetch_or_explicit(&rill_kept_state, CLOSED, memory_order_relaxed);	/* K4 */
}

void rill_kept_forked(void)
{
	atomic_store_explicit(&self.serial, 0, memory_order_relaxed);
	atomic_store_explicit(&self.told, false, memory_order_relaxed);
}

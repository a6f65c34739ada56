/* SPDX-License-Identifier: MIT
 * kept.h - keep-first: what is recorded before the first session lies in one static buffer until that session takes it.
 *
 *     state   [closed:1][events:15][granules of 8 bytes in use:16]
 *     buffer  [head | name of the thread, once | record][head | record]...
 *
 * All threads write here, handlers on top of them too, so a place is claimed by one compare-and-swap of the state: who
 * fails has been overtaken by somebody who got a place (lock-free). Nothing is moved or overwritten: what finds no room is
 * lost and counted. The state holds all that the reader needs to close the books: how much is in use, how many events that
 * is, and whether it goes on; so that whoever claims a place has it before the buffer is closed or has none.
 *
 * K1 (rill_kept_commit(), release) pairs with K2 (rill_kept_committed(), acquire): who sees the head's mark sees the event.
 * K3 (claim(), relaxed) and K4 (rill_kept_close(), relaxed) are changes of one word, so each claim is before or behind the
 * closing; nothing else has to be visible with them. tests/model/kept.pml.
 */
#ifndef RILL_EMIT_KEPT_H
#define RILL_EMIT_KEPT_H

#include "emit/record.h"
#include "ring/ring_set.h"

enum {
	RILL_KEPT_SIZE = 0xffff,	/* of head.size: granules, head included */
	RILL_KEPT_NAMED = 1 << 16,	/* struct rill_kept_name follows */
	RILL_KEPT_COMMITTED = 1 << 17
};

struct rill_kept {
	_Atomic uint32_t size;	/* 0: somebody has the place and has not come to anything yet */
	uint32_t serial;	/* of the thread */
	uint64_t ticks;
};

/* In front of a thread's first record: it may have ended when somebody wants to know. */
struct rill_kept_name {
	uint32_t tid, unused;
	char name[RILL_THREAD_NAME_MAX];
};

enum rill_kept_answer { RILL_KEPT_BEGUN, RILL_KEPT_LOST, RILL_KEPT_NOT_HERE };

extern _Atomic uint32_t rill_kept_state;
enum { RILL_KEPT_CLOSED_SHIFT = 31, RILL_KEPT_EVENTS_SHIFT = 16, RILL_KEPT_EVENTS_MAX = 0x7fff };

/* A hint, without which the first event of each thread would come here for nothing. */
static inline bool rill_kept_is_open(void)
{
	return !(atomic_load_explicit(&rill_kept_state, memory_order_relaxed) >> RILL_KEPT_CLOSED_SHIFT);
}

/* As rill_record_begin_from(), for an event that nobody but the first session can want. NOT_HERE: it belongs into a ring. Any thread, signal
 * handlers too; lock-free. */
enum rill_kept_answer rill_kept_begin(struct rill_writing *w, const struct rill_want *want, size_t payload_bytes);
void rill_kept_commit(struct rill_writing *w);

/* The number of the calling thread, the same here and in its rings. Signals wait meanwhile: see attach.c. */
uint32_t rill_kept_own_serial(void);

/* Empty, and open from here on. Control's lock; nobody writes here. */
void rill_kept_open(void);
/* Nobody gets a place any more; returns the state that was. */
uint32_t rill_kept_close(void);
/* In the child of a fork: what the calling thread knows of itself is its parent's. */
void rill_kept_forked(void);

/* The head behind this many granules. */
struct rill_kept *rill_kept_at(uint32_t granules);
/* The size with its marks. Committed: the event is whole. */
static inline uint32_t rill_kept_committed(const struct rill_kept *k)
{
	return atomic_load_explicit(&k->size, memory_order_acquire);	/* K2 */
}

#endif

/* SPDX-License-Identifier: MIT
 * attach.h - a thread's way to its rings.
 *
 * rill_own_ring is what the hot path reads: the thread's ring of level 0, or rill_nobody, a shared ring that is always
 * busy. So "not attached", "inside a handler" and "no counter to read inline" are all the one test of
 * `busy`, and everything unusual happens behind it.
 */
#ifndef RILL_EMIT_ATTACH_H
#define RILL_EMIT_ATTACH_H

#include "port/port.h"
#include "ring/ring_producer.h"
#include "ring/ring_set.h"

#include <unistd.h>

extern __thread struct rill_ring *rill_own_ring __attribute__((tls_model("initial-exec")));
extern struct rill_ring rill_nobody;

/* A ring that the calling context may use now and has made busy, attaching the thread first if need be; flight: one of the flight
 * rings, which are there. NULL: *cause says why not (RILL_LOST_NO_RING or RILL_LOST_DEEP). frame: where the stack stood when the event
 * was entered, if far from here; else 0. Any thread, signal handlers too; lock-free. */
struct rill_ring *rill_ring_acquire(enum rill_cause *cause, uintptr_t frame, bool flight);

/* The ring that the hot path had found in rill_own_ring, and which is busy since. Handlers may have come since then, and what they found
 * there need not be the same (ring/flight.h). */
struct rill_ring *rill_ring_taken(void);

/* While events of a thread may be for sessions of both kinds, and rill_own_ring is rill_nobody: its rings of level 0
 * (emit/pair.h). Else NULL, but for flight, which is rill_nobody then. */
struct rill_pair {
	struct rill_ring *stream, *flight;
	struct rill_ring *hot;	/* the stream ring, where the counter can be read inline (keep_pair.S) */
};
extern __thread struct rill_pair rill_own_pair __attribute__((tls_model("initial-exec")));

/* The thread will never go on with what a signal has interrupted: where that has taken all levels, the last one is free again, without the
 * event that was being written there. From a signal handler. */
void rill_ring_free_last(void);

/* The calling thread's slot, or NULL while it has none. */
struct rill_slot *rill_own_slot(void);

static inline __attribute__((always_inline)) void rill_ring_unbusy(struct rill_ring *ring)
{
	rill_compiler_barrier();	/* our handlers must find the ring closed before they find it free (I1) */
	atomic_store_explicit(&ring->busy, 0, memory_order_relaxed);
}

static inline __attribute__((always_inline)) void rill_ring_busy(struct rill_ring *ring)
{
#if defined(__x86_64__)
	/* The frame's address would cost the hot path a frame. */
	__asm__ volatile("mov %%rsp, %0" : "=m"(ring->busy));
#else
	atomic_store_explicit(&ring->busy, (uintptr_t)__builtin_frame_address(0), memory_order_relaxed);
#endif
	rill_compiler_barrier();	/* from here on handlers take the next level */
}

/* The name and sort order that viewers show for the calling thread, kept for when it attaches. Not from a signal handler. */
void rill_own_name_set(const char *name);
void rill_own_sort_index_set(int32_t index);
/* The name as it will be shown: the system's, where none was set; tid is the calling thread's. RILL_THREAD_NAME_MAX bytes. */
const char *rill_own_name(uint32_t tid);

/* The hot path may read the counter inline (decided once, at the first session). */
extern _Atomic bool rill_inline_clock;

#ifdef __x86_64__
/* Where it may not, and events are stamped with the kernel's clock: the thread's ring of level 0, or rill_nobody; and the clock, or NULL
 * (keep_plain.c). */
extern __thread struct rill_ring *rill_plain_ring __attribute__((tls_model("initial-exec")));
extern rill_port_clock_function *rill_plain_clock;
#endif

/* The process that rings and buffer belong to, and the number of the newest thread in it. */
extern _Atomic uint32_t rill_home_pid, rill_last_serial;

/* Not the child of a vfork(): it has this thread's memory, but a tid of its own, which is soon gone. */
static inline bool rill_is_at_home(void)
{
	return atomic_load_explicit(&rill_home_pid, memory_order_relaxed) == (uint32_t)getpid();
}

static inline uint32_t rill_new_serial(void)
{
	return atomic_fetch_add_explicit(&rill_last_serial, 1, memory_order_relaxed) + 1;
}

/* In a child after fork: the calling thread has no ring. An event under the handler that forked goes on writing into the old one. */
void rill_detach(void);
/* Will the process's first thread call the consumer when it ends, and has not yet? Any thread. */
bool rill_first_thread_calls(void);
/* What it calls then, too: on that thread. */
void rill_first_thread_tells(void (*ends)(void));
/* Prepares the exit hook. Not from a signal handler; idempotent. */
void rill_attach_init(void);

#endif

/* SPDX-License-Identifier: MIT
 * route.c - the drain role, start and reset of the route, and what others may ask of it.
 */
#include "route/kept.h"

#include "emit/loss.h"
#include "emit/undisturbed.h"
#include "port/port.h"
#include "port/rcu.h"
#include "ring/flight.h"
#include "ring/point.h"

#include <pthread.h>
#include <rill/clock.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t role = PTHREAD_MUTEX_INITIALIZER;

static _Atomic uint32_t waiting;	/* for the role */

void rill_route_lock(void)
{
	rill_undisturbed_begin();
	atomic_fetch_add_explicit(&waiting, 1, memory_order_relaxed);
	pthread_mutex_lock(&role);
	atomic_fetch_sub_explicit(&waiting, 1, memory_order_relaxed);
}

void rill_route_let_others(void)
{
	const struct timespec pause = { 0, 50000 };

	for (int i = 0; i < 100 && atomic_load_explicit(&waiting, memory_order_relaxed); i++)
		nanosleep(&pause, NULL);
}

void rill_route_unlock(void)
{
	pthread_mutex_unlock(&role);
	rill_undisturbed_end();
}

/* liburcu asked for the same barrier when it was loaded and ends the process where the answer has changed since (a
 * sandbox that closed behind the start), unless it is told. Weak: a liburcu that was built to rely on the barrier has no such word.
 * Its readers begin with a fence of their own then; those of before are past their stores after the lag. */
extern int urcu_bp_has_sys_membarrier __attribute__((weak));

void rill_route_lag(void)
{
	struct timespec lag = { 0, 1000000 };

	if (rill_route.lag)
		return;
	rill_route.lag = true;
	if (RILL_ON(CONFIG_RILL_URCU) && &urcu_bp_has_sys_membarrier)
		__atomic_store_n(&urcu_bp_has_sys_membarrier, 0, __ATOMIC_RELAXED);
	while (nanosleep(&lag, &lag) != 0)
		;
}

int rill_route_init(void)
{
	struct rill_route *r = &rill_route;
	int error;

	if (r->ready)
		return 0;
	error = rill_port_barrier_register();
	r->lag = false;
	if (error)
		rill_route_lag();
	r->skew_ticks = rill_clock()->skew_ticks;
	r->pid = (uint32_t)getpid();
	r->room = true;
	rill_timebase_init(&r->timebase, NULL);
	rill_timebase_snapshot(&r->timebase);
	r->lag_ticks = rill_route_now_ticks();
	r->lag_ns = rill_port_monotonic_ns();
	r->ready = true;
	return 0;
}

bool rill_route_lag_mode(void)
{
	return rill_route.lag;
}

void rill_route_set_hold_max(uint32_t hold_max_ms)
{
	rill_route.hold_max_ns = (uint64_t)hold_max_ms * 1000000;
}

void rill_route_publish(struct rill_route_list *list)
{
	struct rill_route_list *old = rill_route.published;

	rcu_assign_pointer(rill_route.published, list);
	synchronize_rcu();	/* a pass may be walking the old list */
	free(old);
}

void rill_route_strike_out(const struct rill_route_session *s)
{
	struct rill_route_list *list = rill_route.published;
	uint32_t kept = 0;

	if (!list)
		return;
	for (unsigned i = 0; i < RILL_DIRECT_SESSIONS; i++)
		if (list->direct[i] == s)
			list->direct[i] = NULL;
	for (uint32_t i = 0; i < list->shared_count; i++)
		if (list->shared[i] != s)
			list->shared[kept++] = list->shared[i];
	list->shared_count = kept;
}

void rill_route_each_outlet(const struct rill_route_list *list, void (*take)(struct rill_outlet *outlet, const void *what),
			    const void *what)
{
	for (unsigned i = 0; i < RILL_DIRECT_SESSIONS; i++)
		if (list->direct[i])
			take(list->direct[i]->outlet, what);
	for (uint32_t i = 0; i < list->shared_count; i++)
		take(list->shared[i]->outlet, what);
}

uint64_t rill_route_ns(uint64_t ticks)
{
	return rill_timebase_ns(&rill_route.timebase, ticks);
}

uint64_t rill_route_now_ticks(void)
{
	return rill_clock()->read_ordered();
}

bool rill_route_was_quiet(void)
{
	return !rill_route.busy;
}

bool rill_route_has_room(void)
{
	return atomic_load_explicit(&rill_route.room, memory_order_relaxed);
}

/* As of a ring in flight for losses without one. What one part still holds at the time limit is not waited for again: threads that
 * were stopped, cancelled or left by siglongjmp() there. Steps TURN and EMPTY of tests/model/losing.pml. */
static _Atomic uint32_t given_up[2];

static void wait_for_losing(void)
{
	const uint64_t until_ns = rill_port_monotonic_ns() + rill_route.hold_max_ns;
	const struct timespec pause = { 0, 50000 };
	uint32_t count, known;

	for (uint32_t side = 0; side < 2; side++) {
		atomic_store_explicit(&rill_losing_side, !side, memory_order_relaxed);
		known = atomic_load_explicit(&given_up[side], memory_order_relaxed);
		/* Acquire: pairs with rill_lose_without_ring(). */
		while ((int32_t)((count = atomic_load_explicit(&rill_losing[side], memory_order_acquire)) - known) > 0 &&
		       rill_port_monotonic_ns() < until_ns)
			nanosleep(&pause, NULL);
		atomic_store_explicit(&given_up[side], count, memory_order_relaxed);
	}
}

/* Is the event over that was in flight at *w? The word also moves in a block switch in the middle of an event: then it is in flight behind
 * the header of a block, and there it is waited for. */
static bool is_over(const struct rill_ring *ring, uintptr_t *w)
{
	uintptr_t now = rill_ring_committed(ring);

	if (now != *w && (now & 1) && (now & (ring->block_size - 1)) == (sizeof(struct rill_block) | 1))
		*w = now;
	return now != *w;
}

static void wait_for_rings(const struct rill_ring *rings, uint64_t until)
{
	const struct timespec pause = { 0, 50000 };

	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++) {
		uintptr_t w = rill_ring_committed(&rings[level]);

		RILL_POINT(ASKED);
		while ((w & 1) && !is_over(&rings[level], &w) && rill_port_monotonic_ns() < until)
			nanosleep(&pause, NULL);
	}
}

/* The bytes are off. Behind the barrier, a producer either sees that behind its M1 (the second look), or its mark is visible here.
 * Steps BARRIER and QUIET of tests/model/stop.pml. */
void rill_route_quiesce(void)
{
	uint64_t until;
	struct timespec lag = { 0, 1000000 };

	if (!rill_ring_set_exists())
		return;
	if (rill_route.lag || rill_port_barrier() != 0)
		while (nanosleep(&lag, &lag) != 0)
			;
	until = rill_port_monotonic_ns() + rill_route.hold_max_ns;
	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		const struct rill_flight *flight = RILL_ON(CONFIG_RILL_FLIGHT) ? rill_flight_of(i) : NULL;

		wait_for_rings(rill_slot_at(i)->ring, until);
		if (flight)
			wait_for_rings(flight->ring, until);
	}
	wait_for_losing();
}

void rill_route_books(struct rill_route_books *books)
{
	*books = rill_route.books;
	books->threads_seen = rill_feeds_seen();
}

void rill_route_reset(void)
{
	struct rill_route *r = &rill_route;

	pthread_mutex_init(&role, NULL);
	atomic_store_explicit(&waiting, 0, memory_order_relaxed);
	free(r->published);
	r->published = NULL;
	r->ready = false;
	r->watermark = 0;
	r->leaving = false;
	r->before_ticks = 0;
	r->notice_count = 0;
	r->notice_ticks = UINT64_MAX;
	if (RILL_ON(CONFIG_RILL_EARLY))
		rill_route_kept_forked(r);
	for (unsigned side = 0; side < 2; side++) {	/* its threads are not here to end what they began */
		atomic_store_explicit(&rill_losing[side], 0, memory_order_relaxed);
		atomic_store_explicit(&given_up[side], 0, memory_order_relaxed);
	}
	r->books = (struct rill_route_books){ .stopped = 0 };
	rill_feeds_reset();
}

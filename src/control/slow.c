/* SPDX-License-Identifier: MIT
 * slow.c - which rings the short ways of emit may write into, by the sessions that there are.
 */
#include "control/session_private.h"
#include "port/port.h"
#include "ring/flight.h"
#include "ring/ring_set.h"

#include <stdatomic.h>
#include <time.h>

/* What the sessions ask of the hot path, as rill_ring_slow: thread CPU time goes the cold way, and so does what would go into the rings of
 * one kind where there are sessions of the other. Flight rings stay when their sessions have gone, and threads know them still. */
static uint32_t slowness(void)
{
	bool time = false, stream = false, flight = false;

	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		const struct rill_session *s = rill_control.sessions[i];

		time |= s && s->thread_time;
		stream |= s && !s->flight && !s->excluded;
		flight |= s && s->flight;
	}
	return (time ? RILL_SLOW_TIME : 0) | (flight ? RILL_SLOW_STREAM : 0) |
	       (RILL_ON(CONFIG_RILL_FLIGHT) && stream && rill_flight_bytes() ? RILL_SLOW_FLIGHT : 0);
}

static void shut(struct rill_ring *rings)
{
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
		if (rill_ring_is_slow(&rings[level]))
			rill_ring_shut(&rings[level]);
}

static void everybody(void)
{
	if (rill_port_barrier() != 0)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

/* Shuts the fast path in the rings that are slow now (see set_fast_last() in ring_producer.c). Before the bytes of the session that
 * makes it so go on, and until it has left: an event that is for it has looked in between. Steps SLOW to FENCE of
 * tests/model/slow.pml. */
void rill_control_set_slow(void)
{
	uint32_t slow, before;

	slow = slowness();
	/* Release: pairs with choose_ring() in emit/attach.c. */
	before = atomic_exchange(&rill_ring_slow, slow);
	if (!(slow & ~before))
		return;		/* going off, the rings open by themselves at their next block */
	everybody();
	for (uint32_t i = 0; i < rill_slots_used(); i++) {
		struct rill_flight *flight = RILL_ON(CONFIG_RILL_FLIGHT) ? rill_flight_of(i) : NULL;

		shut(rill_slot_at(i)->ring);
		if (flight)
			shut(flight->ring);
	}
	/* Loads may overtake each other: who sees the byte of a flight session must see its ring shut, or the event would be missing there. */
	if (RILL_ON(CONFIG_RILL_FLIGHT) && rill_flight_bytes())
		everybody();
}

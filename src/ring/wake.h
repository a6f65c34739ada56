/* SPDX-License-Identifier: MIT
 * wake.h - how the consumer sleeps and is woken: an event count (Concurrency Kit's ck_ec).
 */
#ifndef RILL_RING_WAKE_H
#define RILL_RING_WAKE_H

#include <stdbool.h>
#include <stdint.h>

enum rill_wake_reason {
	RILL_WAKE_HALF,		/* a ring is half full, or half of the slots are taken */
	RILL_WAKE_FULL,		/* a ring is full: something is being lost */
	RILL_WAKE_COMMAND	/* control wants something */
};

/* From the cold block switch and the attach (not under wake=poll), and from control. Any thread, signal handlers too; at most one system call,
 * and none while an earlier wake-up is still on its way. */
void rill_wake(enum rill_wake_reason reason);

/* The consumer: sleeps until the next wake-up, at most timeout_ns (UINT64_MAX: no limit). `seen` is the value of an earlier call. */
uint32_t rill_wake_value(void);
void rill_wake_wait(uint32_t seen, uint64_t timeout_ns);

/* Under wake=poll producers never wake. */
void rill_wake_set_poll(bool poll);
/* Nor in a build that leaves it out. */
bool rill_wake_by_producers(void);

#endif

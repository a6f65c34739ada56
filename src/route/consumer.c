/* SPDX-License-Identifier: MIT
 * consumer.c - the thread: pass, periodic work, commands, sleep.
 */
#include "route/consumer.h"

#include "emit/attach.h"
#include "port/ck.h"
#include "port/port.h"
#include "ring/flight.h"
#include "ring/wake.h"
#include "route/route.h"

#include <ck_ring.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum {
	COMMANDS = 64,
	NICE = 10,
	QUIET_PASSES = 8,	/* without anything behind each other, and it sleeps longer: */
	QUIET_PERIODS = 6,	/* so many periods, */
	QUIET_MS_MAX = 120,	/* or so long where that is less */
	LINGER_PASSES = 16	/* and where there are only flight sessions, behind so many it rests */
};

/* Nobody needs it then but who calls it: a thread that comes where half of the slots are taken, a thread that ends, a command. Where the
 * first thread of the process has ended, or would not call, it looks now and then all the same, since the last thread of a program may be
 * one that has never emitted (rill_exit_if_only_ours_left()). */
#define REST_NS UINT64_C(30000000000)

static struct rill_consumer_options options;
static struct ck_ring commands;
static struct ck_ring_buffer command_buffer[COMMANDS];
static unsigned long thread;
static bool prepared;		/* the ring of commands */
static _Atomic bool running;	/* read by handlers that ask for a flush */
static _Atomic bool ending;

static void carry_out_commands(void)
{
	void *what;

	while (ck_ring_dequeue_mpsc(&commands, command_buffer, &what))
		options.command(what);
}

/* A program that rests is not woken more than ten times a second. What it does then waits for up to so long, but not for longer than a
 * session wants between two flushes; and when a ring becomes half full, or half of the slots are taken, whoever does that wakes us. Where
 * nobody does so, the period is what rings and slots were made for. The flag and the count of tests/model/wake.pml do not know of the
 * time: there the sleep has no end. */
static uint64_t sleep_ns(uint32_t quiet_passes, uint64_t quiet_ns_max)
{
	const uint64_t period_ns = (uint64_t)options.period_ms * 1000000;
	uint64_t ns = QUIET_PERIODS * period_ns;

	if (!RILL_ON(CONFIG_RILL_WAKE) || quiet_passes < QUIET_PASSES || !rill_wake_by_producers())
		return period_ns;
	if (RILL_ON(CONFIG_RILL_FLIGHT) && quiet_ns_max == UINT64_MAX && quiet_passes > LINGER_PASSES)
		return rill_first_thread_calls() ? UINT64_MAX : REST_NS;
	if (ns > QUIET_MS_MAX * UINT64_C(1000000))
		ns = QUIET_MS_MAX * UINT64_C(1000000);
	if (ns > quiet_ns_max)
		ns = quiet_ns_max;
	return ns > period_ns ? ns : period_ns;
}

static void *run(void *unused)
{
	uint32_t seen, quiet_passes = 0;
	uint64_t quiet_ns_max;

	(void)unused;
	while (!atomic_load_explicit(&ending, memory_order_acquire)) {
		seen = rill_wake_value();
		carry_out_commands();
		rill_route_let_others();
		rill_route_lock();
		rill_route_pass();
		quiet_ns_max = options.tick(rill_port_monotonic_ns());
		quiet_passes = RILL_ON(CONFIG_RILL_WAKE) && rill_route_was_quiet() ? quiet_passes + 1 : 0;
		rill_route_unlock();
		if (atomic_load_explicit(&ending, memory_order_acquire))
			break;
		rill_wake_wait(seen, sleep_ns(quiet_passes, quiet_ns_max));
		if (RILL_ON(CONFIG_RILL_FLIGHT) && quiet_ns_max == UINT64_MAX && rill_wake_value() != seen)
			quiet_passes = 0;	/* somebody has called, and what that is about may take a while: a thread's end */
	}
	carry_out_commands();
	return NULL;
}

int rill_consumer_start(const struct rill_consumer_options *o)
{
	struct rill_port_thread_options t = { .name = "rill", .stack_bytes = CONFIG_RILL_CONSUMER_STACK_BYTES, .nice = NICE, .idle = o->idle_priority };
	int error;

	if (running) {
		if (RILL_ON(CONFIG_RILL_FLIGHT) && rill_flight_bytes())
			rill_wake(RILL_WAKE_COMMAND);	/* it may be resting */
		return 0;
	}
	options = *o;
	if (!prepared)	/* once: somebody may be about to leave a command since before the last stop */
		ck_ring_init(&commands, COMMANDS);
	prepared = true;
	atomic_store(&ending, false);
	error = rill_port_thread_start(&t, run, NULL, &thread);
	if (error)
		return rill_fail(-error, "the consumer thread cannot be started: the limit of threads or memory is reached");
	running = true;
	return 0;
}

void rill_consumer_stop(void)
{
	if (!running)
		return;
	atomic_store_explicit(&ending, true, memory_order_release);
	rill_wake(RILL_WAKE_COMMAND);
	rill_port_thread_join(thread);
	running = false;
}

bool rill_consumer_running(void)
{
	return running;
}

bool rill_consumer_command(void *what)
{
	sigset_t all, before;
	bool left;

	if (!running)
		return false;
	/* An enqueue waits for those that began before it: a handler must not interrupt one and wait for it for ever. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	left = ck_ring_enqueue_mpsc(&commands, command_buffer, what);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (left)
		rill_wake(RILL_WAKE_COMMAND);
	return left;
}

void rill_consumer_reset(void)
{
	running = false;
	prepared = false;	/* a thread that does not exist here may have been leaving a command */
}

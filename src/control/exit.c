/* SPDX-License-Identifier: MIT
 * exit.c - a process that ends in order leaves complete traces.
 */
#include "control/remote.h"
#include "control/session_private.h"
#include "control/uncancelled.h"
#include "port/port.h"
#include "ring/ring_file.h"
#include "route/route.h"
#include "sink/direct.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { STOP_WAIT_MS = 2000, CALL_MAX_MS = 2000, LOOK_PERIOD_NS = 500000000 };

static void stop_sessions(void)
{
	struct timespec pause = { 0, 1000000 };

	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		struct rill_session *s = __atomic_load_n(&rill_control.sessions[i], __ATOMIC_ACQUIRE);

		if (s && !rill_session_is_own(s))
			rill_session_stop(s);
	}
	/* Another thread may be in the middle of a stop; without it its file would lack the end. */
	for (int i = 0; i < STOP_WAIT_MS && __atomic_load_n(&rill_control.running, __ATOMIC_RELAXED); i++)
		nanosleep(&pause, NULL);
	if (!rill_control.ready)
		return;
	rill_route_lock();
	rill_route_pass();	/* what came behind the last stop */
	rill_status_stopped();
	rill_route_unlock();
}

static _Atomic bool sessions_stopped;

static void *stop_on_a_thread(void *unused)
{
	(void)unused;
	stop_sessions();
	atomic_store_explicit(&sessions_stopped, true, memory_order_release);
	return NULL;
}

/* Who calls a sink that does not return stands for as long as it does, and so does who waits for the drain role or for a grace period
 * meanwhile. Another thread does, and this one waits only while each call comes to its end. False: one has not. */
static bool stop_sessions_in_time(void)
{
	static const struct rill_port_thread_options options = { .name = "rill-end", .stack_bytes = 256 * 1024 };
	struct timespec pause = { 0, 1000000 };
	const char *sink;
	unsigned long handle;

	atomic_store_explicit(&sessions_stopped, false, memory_order_relaxed);
	if (rill_port_thread_start(&options, stop_on_a_thread, NULL, &handle) != 0) {
		stop_sessions();
		return true;
	}
	while (!atomic_load_explicit(&sessions_stopped, memory_order_acquire)) {
		sink = rill_direct_stands(CALL_MAX_MS);
		if (sink) {
			rill_warn("the sink '%s' has not returned for %d ms from a call that it says is short: the program ends now, "
				  "and its traces lack their ends; a sink that may block says write_time_max_ms 0", sink, (int)CALL_MAX_MS);
			rill_port_thread_join_timed(handle, 0);
			return false;
		}
		nanosleep(&pause, NULL);
	}
	rill_port_thread_join(handle);
	return true;
}

/* Runs before the destructors of objects that were loaded earlier; what emits later finds its bytes off. */
static void stop_all(void)
{
	RILL_UNCANCELLED;

	if (rill_control.given_up || rill_control.pid != (uint32_t)getpid())
		return;		/* a child made by the bare system call: these are its parent's */
	if (RILL_ON(CONFIG_RILL_CONTROL))
		rill_remote_end();
	if (RILL_ON(CONFIG_RILL_SINK_CUSTOM) && rill_direct_open())
		rill_control.given_up = !stop_sessions_in_time();
	else
		stop_sessions();
	if (RILL_ON(CONFIG_RILL_RING_FILE) && !rill_control.given_up)
		rill_ring_file_end();
}

void rill_exit_init(void)
{
	static bool registered;

	if (!registered)
		registered = atexit(stop_all) == 0;
}

/* The last thread of a program may end it by pthread_exit(), as if by exit(0); with a thread of ours still there the C library does
 * not see that it was the last. So the consumer looks, and a thread made for it does what the C library would have done. */
static void *exit_instead(void *unused)
{
	(void)unused;
	exit(0);
}

void rill_exit_if_only_ours_left(uint64_t now_ns)
{
	static const struct rill_port_thread_options options = { .name = "rill-exit", .stack_bytes = 256 * 1024 };
	static uint64_t looked_ns;
	static bool leaving;
	unsigned long handle;

	if (leaving || now_ns - looked_ns < LOOK_PERIOD_NS)
		return;
	looked_ns = now_ns;
	if (rill_port_only_ours_left())
		leaving = rill_port_thread_start(&options, exit_instead, NULL, &handle) == 0;
}

__attribute__((destructor)) static void unloaded(void)
{
	stop_all();
}

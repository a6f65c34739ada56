/* SPDX-License-Identifier: MIT
 * control.c - control's lock and the one-time preparation of the process.
 */
#include "control/early.h"
#include "control/remote.h"
#include "control/session_private.h"
#include "control/uncancelled.h"
#include "emit/attach.h"
#include "emit/record.h"
#include "emit/undisturbed.h"
#include "port/port.h"
#include "ring/wake.h"
#include "route/consumer.h"
#include "route/route.h"
#include "sink/direct.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct rill_control rill_control = { .period_ms = CONFIG_RILL_PERIOD_MS };

/* The process that the lock is of. In a child made by the bare system call it may be held by a thread that only the parent has, and is
 * made new before anybody waits for it. */
#define RENEWING (UINT32_C(1) << 31)	/* beside the pid, which is smaller */
static _Atomic uint32_t lock_pid;

static void renew_lock(void)
{
	const uint32_t own = (uint32_t)getpid();
	uint32_t of = atomic_load_explicit(&lock_pid, memory_order_acquire);	/* pairs with the release below */

	while (of != own) {
		if (of == (own | RENEWING)) {	/* another thread of ours is at it */
			sched_yield();
			of = atomic_load_explicit(&lock_pid, memory_order_acquire);
		} else if (atomic_compare_exchange_strong(&lock_pid, &of, own | RENEWING)) {
			if (of)		/* not the first call in the program */
				pthread_mutex_init(&lock, NULL);
			/* Release: who sees the pid sees the new lock. */
			atomic_store_explicit(&lock_pid, own, memory_order_release);
			of = own;
		}
	}
}

/* A child made by the bare system call runs no fork handlers; its first call of ours finds out by the pid. */
void rill_control_lock(void)
{
	rill_undisturbed_begin();
	renew_lock();
	pthread_mutex_lock(&lock);
	if (rill_control.ready && rill_control.pid != (uint32_t)getpid()) {
		rill_fork_unannounced();
		rill_control_reset();
	}
}

void rill_control_unlock(void)
{
	pthread_mutex_unlock(&lock);
	rill_undisturbed_end();
}

void rill_control_find_fork(void)
{
	if (!rill_control.ready || rill_control.pid == (uint32_t)getpid())
		return;
	rill_control_lock();
	rill_control_unlock();
}

int rill_control_prepare(void)
{
	const char *other;
	int error;

	if (!rill_port_claim_process(&other))
		return rill_fail(EBUSY, "another copy of librill is at work in this process, in %s: link librill.so instead of librill.a",
				 other);
	error = RILL_ON(CONFIG_RILL_RING_FILE) ? rill_control_create_rings() : rill_ring_set_create();
	return error ? error : rill_control_prepare_process();
}

int rill_control_prepare_process(void)
{
	int error;

	if (rill_control.ready)
		return 0;
	error = rill_route_init();
	if (error)
		return error;
	rill_attach_init();
	atomic_store_explicit(&rill_inline_clock, RILL_ARCH_INLINE_TICKS && rill_clock()->inline_read, memory_order_relaxed);
	rill_fork_init();
	rill_exit_init();
	rill_control.pid = (uint32_t)getpid();
	rill_control.ready = true;
	return 0;
}

void rill_control_reset(void)
{
	for (unsigned i = 0; i < RILL_SESSIONS_MAX; i++) {
		struct rill_session *s = rill_control.sessions[i];

		/* The parent's outlet: its descriptors are closed here, its memory stays, a lock in it may be held for ever. */
		if (s && s->route.outlet)
			s->route.outlet->ops->forked(s->route.outlet);
		rill_control.sessions[i] = NULL;
	}
	rill_control.running = 0;
	rill_control.ready = false;
	rill_observers_reset();
	rill_metadata_reset();
	rill_port_threads_forked();
	rill_consumer_reset();
	rill_route_reset();
	rill_direct_reset();
	rill_detach();
	rill_ring_set_reset();
	if (RILL_ON(CONFIG_RILL_FLIGHT))
		rill_flight_forked();
	if (RILL_ON(CONFIG_RILL_CRASH))
		rill_crash_forked();
	if (RILL_ON(CONFIG_RILL_EARLY))
		rill_early_forked();
	if (RILL_ON(CONFIG_RILL_CONTROL))
		rill_remote_forked();
	rill_control_publish_table();
}

/* ---- configuration -------------------------------------------------------------------------------- */

static int check(const struct rill_config *c)
{
	if (c->size != sizeof *c)
		return rill_fail(EINVAL, "the configuration is of another version of rill: set size to sizeof(struct rill_config)");
	if (c->period_ms > 60000)
		return rill_fail(EINVAL, "a period of %u ms is out of range: 1 to 60000", c->period_ms);
	if ((c->ring_file || c->ring_keep || c->ring_disk) && !RILL_ON(CONFIG_RILL_RING_FILE))
		return rill_fail(ENOTSUP, "this librill has no ring files: it was built without CONFIG_RILL_RING_FILE");
	if (c->crash_file && !RILL_ON(CONFIG_RILL_CRASH))
		return rill_fail(ENOTSUP, "this librill has no crash handler: it was built without CONFIG_RILL_CRASH");
	if (c->hold_max_ms > 10000)
		return rill_fail(EINVAL, "hold_max of %u ms is out of range: 1 to 10000", c->hold_max_ms);
	return 0;
}

int rill_configure(const struct rill_config *c)
{
	RILL_UNCANCELLED;
	int error = check(c);

	if (error)
		return error;
	rill_control_lock();
	error = rill_ring_geometry_set(c);
	if (!error && RILL_ON(CONFIG_RILL_RING_FILE))
		error = rill_control_set_ring_file(c);
	if (!error && RILL_ON(CONFIG_RILL_CRASH))
		error = rill_control_set_crash_file(c);
	if (!error) {
		if (c->period_ms)
			rill_control.period_ms = c->period_ms;
		if (c->hold_max_ms)
			rill_route_set_hold_max(c->hold_max_ms);
		rill_control.idle_priority = c->idle_priority;
		rill_wake_set_poll(c->wake == RILL_WAKE_POLL);
	}
	rill_control_unlock();
	return error;
}

/* ---- sessions in use ------------------------------------------------------------------------------ */

struct rill_session *rill_session_get(struct rill_session *session)
{
	rill_control_lock();
	for (unsigned i = 0; session && i < RILL_SESSIONS_MAX; i++)
		if (rill_control.sessions[i] == session) {
			session->users++;
			rill_undisturbed_begin();	/* until rill_session_put() */
			rill_control_unlock();
			return session;
		}
	rill_control_unlock();
	rill_fail(ENOENT, "no such session is running");
	return NULL;
}

struct rill_session *rill_session_at(uint32_t index)
{
	struct rill_session *s;

	rill_control_lock();
	s = rill_control.sessions[index];
	if (s && (s->stopping || rill_session_is_own(s)))
		s = NULL;
	if (s) {
		s->users++;
		rill_undisturbed_begin();	/* until rill_session_put() */
	}
	rill_control_unlock();
	return s;
}

void rill_session_put(struct rill_session *session)
{
	rill_control_lock();
	session->users--;
	rill_control_unlock();
	rill_undisturbed_end();
}

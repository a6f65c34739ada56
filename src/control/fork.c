/* SPDX-License-Identifier: MIT
 * fork.c - the child of a fork gets fresh state: no session, no ring, no thread of ours, and none of the parent's events.
 *
 * Around the copy nobody of ours holds a lock. A child that the bare system call made runs no handlers: its rings
 * are a private copy that nobody drains, and its first call of control makes all locks new and cleans up
 * (rill_control_lock()).
 */
#include "control/remote.h"
#include "control/session_private.h"
#include "emit/site.h"
#include "port/heap.h"
#include "port/rcu.h"
#include "ring/ring_file.h"
#include "route/route.h"

#include <pthread.h>

static void before(void)
{
	if (RILL_ON(CONFIG_RILL_CONTROL))
		rill_remote_lock();
	rill_control_lock();
	rill_sites_lock();
	rill_route_lock();
	rill_rcu_before_fork();
	/* Last, and with it the child begins: in between no handler runs that could write. */
	if (RILL_ON(CONFIG_RILL_RING_FILE))
		rill_ring_file_before_fork();
	if (RILL_ON(CONFIG_RILL_STATIC))
		rill_heap_lock();
}

static void in_parent(void)
{
	if (RILL_ON(CONFIG_RILL_RING_FILE))
		rill_ring_file_after_fork();
	if (RILL_ON(CONFIG_RILL_STATIC))
		rill_heap_unlock();
	rill_rcu_after_fork_parent();
	rill_route_unlock();
	rill_sites_unlock();
	rill_control_unlock();
	if (RILL_ON(CONFIG_RILL_CONTROL))
		rill_remote_unlock();
}

static void in_child(void)
{
	if (RILL_ON(CONFIG_RILL_RING_FILE))
		rill_ring_file_forked();
	if (RILL_ON(CONFIG_RILL_STATIC))
		rill_heap_unlock();
	rill_rcu_after_fork_child();
	rill_route_unlock();
	rill_sites_unlock();
	rill_control_reset();
	rill_control_unlock();
	if (RILL_ON(CONFIG_RILL_CONTROL))
		rill_remote_unlock();
	if (RILL_ON(CONFIG_RILL_ENV))
		rill_env_start_in_child();
}

void rill_fork_unannounced(void)
{
	if (RILL_ON(CONFIG_RILL_RING_FILE)) {
		rill_ring_file_before_fork();
		rill_ring_file_forked();
	}
	if (RILL_ON(CONFIG_RILL_STATIC))
		rill_heap_forked();
	if (RILL_ON(CONFIG_RILL_CONTROL))
		rill_remote_renew_lock();
	rill_rcu_forked();
	rill_sites_forked();
}

void rill_fork_init(void)
{
	static bool registered;

	if (!registered)
		registered = pthread_atfork(before, in_parent, in_child) == 0;
}

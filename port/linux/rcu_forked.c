/* SPDX-License-Identifier: MIT
 * rcu_forked.c - liburcu in a child that the bare system call made: it is left as it is, and readers are counted from then on.
 */
#include "port/rcu.h"

#include <pthread.h>
#include <signal.h>

_Atomic bool rill_rcu_is_counted;

void rill_rcu_forked(void)
{
	sigset_t mask;

	rill_counted_after_fork_child();
	/* Its locks may be held by threads that only the parent has; a thread that ends takes one to strike itself off the list. This half
	 * gives them up and does nothing else but restore the mask of a fork that never was. */
	if (!rill_rcu_counted()) {
		pthread_sigmask(SIG_SETMASK, NULL, &mask);
		urcu_bp_after_fork_parent();
		pthread_sigmask(SIG_SETMASK, &mask, NULL);
	}
	/* Relaxed: see rill_rcu_counted(). */
	atomic_store_explicit(&rill_rcu_is_counted, true, memory_order_relaxed);
}

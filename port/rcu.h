/* SPDX-License-Identifier: MIT
 * rcu.h - what control publishes and others read: a table is replaced whole, and freed when nobody can be reading it any more.
 *
 * By liburcu; without it (CONFIG_RILL_URCU) by a count of those who read (port/linux/rcu.c), under the same names. A read section
 * begins and ends in the same block then. Read sections are for registration, questions and the pass of the consumer: an event
 * enters none.
 *
 * | | reader | synchronize_rcu() | fork |
 * |---|---|---|---|
 * | reader | any number, also in signal handlers | the reader never waits | any time |
 * | synchronize_rcu() | waits for those that were there before | one after the other | not across it |
 */
#ifndef RILL_PORT_RCU_H
#define RILL_PORT_RCU_H

#include "config.h"

#ifdef CONFIG_RILL_URCU

#include <urcu-bp.h>

static inline void rill_rcu_before_fork(void) { urcu_bp_before_fork(); }
static inline void rill_rcu_after_fork_parent(void) { urcu_bp_after_fork_parent(); }
static inline void rill_rcu_after_fork_child(void) { urcu_bp_after_fork_child(); }

#else

#include <stdint.h>

/* Any thread, signal handlers too; wait-free where the processor adds in one instruction, else lock-free. */
uint32_t rill_rcu_enter(void);
void rill_rcu_leave(uint32_t section);
/* Returns when every section that was open at the call has ended. Not from a section, not from a signal handler. */
void rill_rcu_synchronize(void);

void rill_rcu_before_fork(void);
void rill_rcu_after_fork_parent(void);
/* Also in a child made by the bare system call, where nothing came before. */
void rill_rcu_after_fork_child(void);

#undef rcu_read_lock
#undef rcu_read_unlock
#undef synchronize_rcu
#undef rcu_assign_pointer
#undef rcu_dereference
#define rcu_read_lock() const uint32_t rill_rcu_section = rill_rcu_enter()
#define rcu_read_unlock() rill_rcu_leave(rill_rcu_section)
#define synchronize_rcu() rill_rcu_synchronize()
/* Release: who gets the pointer must find what it points to filled in. Pairs with rcu_dereference(). */
#define rcu_assign_pointer(p, value) __atomic_store_n(&(p), value, __ATOMIC_RELEASE)
#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_ACQUIRE)

#endif
#endif

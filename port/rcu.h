/* SPDX-License-Identifier: MIT
 * rcu.h - what control publishes and others read: a table is replaced whole, and freed when nobody can be reading it any more.
 *
 * By liburcu; without it (CONFIG_RILL_URCU) by a count of those who read (port/linux/rcu.c), under the same names. A read section
 * begins and ends in the same block then. Read sections are for registration, questions and the pass of the consumer: an event
 * enters none.
 *
 * A child that the bare system call made counts, too. liburcu keeps a list of the threads that read, and what the child has of it is a
 * copy that some other thread of its parent may just have been changing: to walk it, as liburcu does for a child and in each grace
 * period, is to follow pointers that are not there yet.
 *
 * | | reader | synchronize_rcu() | fork |
 * |---|---|---|---|
 * | reader | any number, also in signal handlers | the reader never waits | any time |
 * | synchronize_rcu() | waits for those that were there before | one after the other | not across it |
 */
#ifndef RILL_PORT_RCU_H
#define RILL_PORT_RCU_H

#include "config.h"

#include <stdint.h>

/* Any thread, signal handlers too; wait-free where the processor adds in one instruction, else lock-free. */
uint32_t rill_counted_enter(void);
void rill_counted_leave(uint32_t section);
/* Returns when every section that was open at the call has ended. Not from a section, not from a signal handler. */
void rill_counted_synchronize(void);

void rill_counted_before_fork(void);
void rill_counted_after_fork_parent(void);
/* Also in a child made by the bare system call, where nothing came before. */
void rill_counted_after_fork_child(void);

#ifdef CONFIG_RILL_URCU

#include <stdatomic.h>
#include <stdbool.h>
#include <urcu-bp.h>

#define RILL_SECTION_OF_LIBURCU UINT32_MAX

/* Whether this is the child of a bare fork, or a child of it. Set once, by the first call of control in it. */
extern _Atomic bool rill_rcu_is_counted;

/* In a child made by the bare system call. */
void rill_rcu_forked(void);

static inline bool rill_rcu_counted(void)
{
	/* Relaxed: it changes only while the process has no thread of ours. */
	return atomic_load_explicit(&rill_rcu_is_counted, memory_order_relaxed);
}

static inline uint32_t rill_rcu_enter(void)
{
	if (rill_rcu_counted())
		return rill_counted_enter();
	urcu_bp_read_lock();
	return RILL_SECTION_OF_LIBURCU;
}

/* The way the section was entered, which may have been before the fork. */
static inline void rill_rcu_leave(uint32_t section)
{
	if (section == RILL_SECTION_OF_LIBURCU)
		urcu_bp_read_unlock();
	else
		rill_counted_leave(section);
}

static inline void rill_rcu_synchronize(void)
{
	if (rill_rcu_counted())
		rill_counted_synchronize();
	else
		urcu_bp_synchronize_rcu();
}

static inline void rill_rcu_before_fork(void)
{
	if (rill_rcu_counted())
		rill_counted_before_fork();
	else
		urcu_bp_before_fork();
}

static inline void rill_rcu_after_fork_parent(void)
{
	if (rill_rcu_counted())
		rill_counted_after_fork_parent();
	else
		urcu_bp_after_fork_parent();
}

static inline void rill_rcu_after_fork_child(void)
{
	if (rill_rcu_counted())
		rill_counted_after_fork_child();
	else
		urcu_bp_after_fork_child();
}

#else

static inline uint32_t rill_rcu_enter(void) { return rill_counted_enter(); }
static inline void rill_rcu_leave(uint32_t section) { rill_counted_leave(section); }
static inline void rill_rcu_synchronize(void) { rill_counted_synchronize(); }
static inline void rill_rcu_before_fork(void) { rill_counted_before_fork(); }
static inline void rill_rcu_after_fork_parent(void) { rill_counted_after_fork_parent(); }
static inline void rill_rcu_after_fork_child(void) { rill_counted_after_fork_child(); }
static inline void rill_rcu_forked(void) { rill_counted_after_fork_child(); }

#undef rcu_assign_pointer
#undef rcu_dereference
/* Release: who gets the pointer must find what it points to filled in. Pairs with rcu_dereference(). */
#define rcu_assign_pointer(p, value) __atomic_store_n(&(p), value, __ATOMIC_RELEASE)
#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_ACQUIRE)

#endif

#undef rcu_read_lock
#undef rcu_read_unlock
#undef synchronize_rcu
#define rcu_read_lock() const uint32_t rill_rcu_section = rill_rcu_enter()
#define rcu_read_unlock() rill_rcu_leave(rill_rcu_section)
#define synchronize_rcu() rill_rcu_synchronize()

#endif

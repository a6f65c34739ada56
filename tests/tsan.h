/* SPDX-License-Identifier: MIT
 * tsan.h - lets ThreadSanitizer follow Concurrency Kit and liburcu; every C file of a SAN=thread build
 * includes it first.
 *
 * ThreadSanitizer knows C11 atomics and nothing else. Concurrency Kit orders by assembly, or by volatile
 * accesses with fences beside them; liburcu does its work in a library that is not instrumented. A pointer
 * published through either would look like a plain write, and each free of an old table like a race. Here
 * their loads acquire and their stores release, a reader's end releases, and a grace period acquires.
 * Leaving a synchronize_rcu() out is still reported.
 *
 * Hooks for volatile accesses (--param tsan-distinguish-volatile=1) are no way to this: gcc calls them before
 * the access, so that a read can see a store whose release came after its acquire (seen: false races).
 */
#ifndef RILL_TSAN_H
#define RILL_TSAN_H

/* As the files that need it write it: this header comes before them. */
#define _GNU_SOURCE

#define CK_USE_CC_BUILTINS 1
#include <ck_pr.h>

#undef CK_PR_LOAD_SAFE
#undef CK_PR_LOAD_PTR_SAFE
#undef CK_PR_STORE_SAFE
#define CK_PR_LOAD_SAFE(address, type) __atomic_load_n(address, __ATOMIC_ACQUIRE)
#define CK_PR_LOAD_PTR_SAFE(address) __atomic_load_n(address, __ATOMIC_ACQUIRE)
#define CK_PR_STORE_SAFE(address, value, type) __atomic_store_n(address, value, __ATOMIC_RELEASE)

#include <ck_array.h>
#include <urcu-bp.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

/* The library publishes an array's copies. The array's own address stands for whichever of them is active. */
#define ck_array_put(array, value) (__tsan_release(array), (ck_array_put)(array, value))
#define ck_array_remove(array, value) (__tsan_release(array), (ck_array_remove)(array, value))
#define ck_array_commit(array) (__tsan_release(array), (ck_array_commit)(array))

static inline void *rill_tsan_array_buffer(struct ck_array *array, unsigned *count)
{
	struct _ck_array *active = ck_pr_load_ptr(&array->active);

	__tsan_acquire(array);
	*count = ck_pr_load_uint(&active->n_committed);
	return active->values;
}
#define ck_array_buffer rill_tsan_array_buffer

/* Any address that all files agree on will do for the grace period; a function of the library is one. */
#define RILL_TSAN_GRACE ((void *)urcu_bp_before_fork)

#undef rcu_dereference
#undef rcu_set_pointer
#undef rcu_xchg_pointer

/* port/rcu.h calls them by these names. */
static inline void rill_tsan_read_unlock(void)
{
	__tsan_release(RILL_TSAN_GRACE);
	urcu_bp_read_unlock();
}

static inline void rill_tsan_synchronize(void)
{
	urcu_bp_synchronize_rcu();
	__tsan_acquire(RILL_TSAN_GRACE);
}

#undef urcu_bp_read_unlock
#undef urcu_bp_synchronize_rcu
#define urcu_bp_read_unlock() rill_tsan_read_unlock()
#define urcu_bp_synchronize_rcu() rill_tsan_synchronize()
#define rcu_dereference(pointer) __atomic_load_n(&(pointer), __ATOMIC_ACQUIRE)
#define rcu_set_pointer(address, value) __atomic_store_n(address, value, __ATOMIC_RELEASE)
#define rcu_xchg_pointer(address, value) __atomic_exchange_n(address, value, __ATOMIC_ACQ_REL)

#endif

/* SPDX-License-Identifier: MIT
 * generic.h - any other processor: no counter of its own, the kernel's clock in nanoseconds
 * instead.
 *
 * A wrong guess of the cache line costs speed, never correctness.
 */
#ifndef RILL_ARCH_INSIDE
#error "include port/arch/arch.h instead"
#endif

#include <time.h>

#define RILL_ARCH_NAME "generic"
#define RILL_ARCH_CACHE_LINE 64
#define RILL_ARCH_INLINE_TICKS 0

static inline uint64_t rill_arch_ticks(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* All that C can say. Where the library reads a counter without entering the kernel, it orders
 * that read itself. */
static inline void rill_arch_order(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void rill_arch_pause(void)
{
	__asm__ volatile("" ::: "memory");
}

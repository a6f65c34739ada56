/* SPDX-License-Identifier: MIT
 * arm64.h - AArch64: the virtual counter of the architected timer, one for all processors.
 */
#ifndef RILL_ARCH_INSIDE
#error "include port/arch/arch.h instead"
#endif

#define RILL_ARCH_NAME "arm64"
#define RILL_ARCH_CACHE_LINE 64
#define RILL_ARCH_INLINE_TICKS 1

static inline uint64_t rill_arch_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}

/* Waits for everything before it; a data barrier would not hold the counter back. */
static inline void rill_arch_order(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static inline uint64_t rill_arch_ticks_ordered(void)
{
	uint64_t ticks;

	rill_arch_order();
	ticks = rill_arch_ticks();
	rill_arch_order();
	return ticks;
}

static inline void rill_arch_pause(void)
{
	__asm__ volatile("yield" ::: "memory");
}

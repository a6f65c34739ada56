/* SPDX-License-Identifier: MIT
 * arm.h - ARMv7-A and newer in 32-bit state: the virtual counter of the generic timer, through
 * cp15.
 *
 * Processors before the Cortex-A7 and A15 have no such counter, and some kernels shut it off: the
 * instruction is undefined there. It is used only after port/linux/probe.c has tried it.
 */
#ifndef RILL_ARCH_INSIDE
#error "include port/arch/arch.h instead"
#endif

#define RILL_ARCH_NAME "arm"
#define RILL_ARCH_CACHE_LINE 64
#define RILL_ARCH_INLINE_TICKS 1

static inline uint64_t rill_arch_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("mrrc p15, 1, %Q0, %R0, c14" : "=r"(ticks));
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

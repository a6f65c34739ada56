/* SPDX-License-Identifier: MIT
 * counter.h - what the processors have in common whose counter one instruction reads whole: arm,
 * arm64, riscv64. Each of their headers names three instructions and includes this one:
 *
 *   RILL_ARCH_READ_COUNTER   puts the counter into %0, a 64-bit value
 *   RILL_ARCH_WAIT           lets everything before it finish, reads of the counter included
 *   RILL_ARCH_PAUSE          the hint for a waiting loop
 */
#ifndef RILL_ARCH_INSIDE
#error "include port/arch/arch.h instead"
#endif

#define RILL_ARCH_CACHE_LINE 64
#define RILL_ARCH_INLINE_TICKS 1

static inline uint64_t rill_arch_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile(RILL_ARCH_READ_COUNTER : "=r"(ticks));
	return ticks;
}

static inline void rill_arch_order(void)
{
	__asm__ volatile(RILL_ARCH_WAIT ::: "memory");
}

static inline void rill_arch_pause(void)
{
	__asm__ volatile(RILL_ARCH_PAUSE ::: "memory");
}

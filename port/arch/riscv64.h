/* SPDX-License-Identifier: MIT
 * riscv64.h - 64-bit RISC-V: the time counter, one for all harts.
 */
#ifndef RILL_ARCH_INSIDE
#error "include port/arch/arch.h instead"
#endif

#define RILL_ARCH_NAME "riscv64"
#define RILL_ARCH_CACHE_LINE 64
#define RILL_ARCH_INLINE_TICKS 1

static inline uint64_t rill_arch_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("rdtime %0" : "=r"(ticks));
	return ticks;
}

/* The architecture orders a read of the counter as an input from a device: a fence of memory
 * alone (rw, rw) would let it move. */
static inline void rill_arch_order(void)
{
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}

static inline uint64_t rill_arch_ticks_ordered(void)
{
	uint64_t ticks;

	rill_arch_order();
	ticks = rill_arch_ticks();
	rill_arch_order();
	return ticks;
}

/* The pause hint by its number: assemblers before 2.36 do not know the word, and processors
 * without it take it for a fence that orders nothing. */
static inline void rill_arch_pause(void)
{
	__asm__ volatile(".4byte 0x0100000f" ::: "memory");
}

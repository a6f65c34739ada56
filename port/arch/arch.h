/* SPDX-License-Identifier: MIT
 * arch.h - what rill asks of a processor: its counter, a pause, its cache line, and 64-bit words.
 *
 * Each processor's header supplies:
 *
 *   RILL_ARCH_NAME             "x86-64", for reports
 *   RILL_ARCH_CACHE_LINE       bytes that two processors cannot write at the same time for free
 *   RILL_ARCH_INLINE_TICKS     1: rill_arch_ticks() is an instruction that reads a counter, to be
 *                              used inline wherever the chosen clock says inline_read.
 *                              0: it is a call of the C library
 *   rill_arch_ticks()          the counter, read when the processor likes: it may run ahead of
 *                              earlier loads and stores. The compiler keeps it behind its barriers.
 *   rill_arch_order()          the processor waits here for everything before, the counter included
 *   rill_arch_pause()          the hint for a loop that waits for another processor
 *
 * and from these follow here, for all of them:
 *
 *   rill_arch_ticks_ordered()  the same counter, read after everything before it in the program and
 *                              before everything behind it. A compiler barrier as well.
 *   rill_arch_store_u64(), rill_arch_load_u64()
 *
 * That the counter may be read here at all, and that it is worth anything as a clock, is for the
 * platform to find out (port/<platform>/clock*.c): where there is none, reading it is a SIGILL.
 */
#ifndef RILL_PORT_ARCH_H
#define RILL_PORT_ARCH_H

#include <stdint.h>
#include <string.h>

/* The system calls and the entries of src/emit/ count on registers and longs of one size there. */
#if (defined(__x86_64__) || defined(__aarch64__)) && defined(__ILP32__)
#error "rill does not know x32 or ILP32 of AArch64: compile for the 64-bit or the 32-bit processor"
#endif

#define RILL_ARCH_INSIDE 1
#if defined(__x86_64__) || defined(__i386__)
#include "port/arch/x86.h"
#elif defined(__aarch64__)
#include "port/arch/arm64.h"
#elif defined(__arm__) && __ARM_ARCH >= 7 && defined(__ARM_ARCH_PROFILE) && \
	__ARM_ARCH_PROFILE == 'A'
#include "port/arch/arm.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "port/arch/riscv64.h"
#else
#include "port/arch/generic.h"
#endif
#undef RILL_ARCH_INSIDE

/* A position or a flag is one word that a reader of another thread must never see half written,
 * without a lock that a signal handler could find taken. ARMv5 and older emulate such words in
 * the kernel. */
#if __GCC_ATOMIC_INT_LOCK_FREE != 2 || __GCC_ATOMIC_POINTER_LOCK_FREE != 2
#error "rill needs lock-free words: compile for ARMv6 or newer (-march=armv6k or armv7-a)"
#endif

static inline uint64_t rill_arch_ticks_ordered(void)
{
	uint64_t ticks;

	rill_arch_order();
	ticks = rill_arch_ticks();
	rill_arch_order();
	return ticks;
}

/* The two halves of a 64-bit word in the order of memory. */
struct rill_arch_halves {
	uint32_t half[2];
} __attribute__((may_alias));

/*
 * A 64-bit word in a record: relaxed, and on a 32-bit machine two stores. A reader looks at it
 * only after a release store has published it, so that nobody sees one half without the other; a
 * 64-bit atomic would be a loop of exclusive stores on ARMv7 and a call of libatomic elsewhere.
 */
static inline void rill_arch_store_u64(uint64_t *word, uint64_t value)
{
#if defined(__riscv) && __SIZEOF_LONG__ == 8
	*(volatile uint64_t *)word = value;	/* gcc before 13 makes a swap of an atomic store */
#elif __SIZEOF_LONG__ == 8
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
#else
	struct rill_arch_halves *to = (struct rill_arch_halves *)word, from;

	memcpy(&from, &value, sizeof(from));
	__atomic_store_n(&to->half[0], from.half[0], __ATOMIC_RELAXED);
	__atomic_store_n(&to->half[1], from.half[1], __ATOMIC_RELAXED);
#endif
}

/* The same for reading. Without the publishing store in between it may see halves of two values. */
static inline uint64_t rill_arch_load_u64(const uint64_t *word)
{
#if __SIZEOF_LONG__ == 8
	return __atomic_load_n(word, __ATOMIC_RELAXED);
#else
	const struct rill_arch_halves *from = (const struct rill_arch_halves *)word;
	struct rill_arch_halves to;
	uint64_t value;

	to.half[0] = __atomic_load_n(&from->half[0], __ATOMIC_RELAXED);
	to.half[1] = __atomic_load_n(&from->half[1], __ATOMIC_RELAXED);
	memcpy(&value, &to, sizeof(value));
	return value;
#endif
}

#endif

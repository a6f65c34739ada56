/* SPDX-License-Identifier: MIT
 * x86.h - x86-64 and i386: the time stamp counter.
 */
#ifndef RILL_ARCH_INSIDE
#error "include port/arch/arch.h instead"
#endif

#ifdef __x86_64__
#define RILL_ARCH_NAME "x86-64"
#else
#define RILL_ARCH_NAME "i386"
#endif
#define RILL_ARCH_CACHE_LINE 64
#define RILL_ARCH_INLINE_TICKS 1

static inline uint64_t rill_arch_ticks(void)
{
	return __builtin_ia32_rdtsc();
}

/* Waits for everything before it. A locked instruction or mfence would order memory only: rdtsc
 * runs ahead of them. i386 builds for processors without SSE2 have cpuid alone, which is slow in
 * a virtual machine. */
static inline void rill_arch_order(void)
{
#if defined(__x86_64__) || defined(__SSE2__)
	__asm__ volatile("lfence" ::: "memory");
#else
	unsigned a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d) : : "memory");
#endif
}

static inline void rill_arch_pause(void)
{
	__builtin_ia32_pause();
}

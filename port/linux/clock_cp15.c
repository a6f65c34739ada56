/* SPDX-License-Identifier: MIT
 * clock_cp15.c - the virtual counter of ARMv7's generic timer as a clock.
 *
 * Cortex-A5, A8 and A9 do not have it, and kernels may keep it to themselves: probe.c tries it.
 */
#include "port/linux/linux.h"

#include "port/arch/arch.h"

#if defined(__arm__) && RILL_ARCH_INLINE_TICKS

/* 0 where the boot loader has not set it. */
static uint64_t frequency_hz(void)
{
	uint32_t hz;

	__asm__ volatile("mrc p15, 0, %0, c14, c0, 0" : "=r"(hz));
	return hz;
}

const struct rill_clock_source rill_clock_cp15 = {
	.name = "cp15",
	.read = rill_linux_counter,
	.read_ordered = rill_linux_counter_ordered,
	.usable = rill_linux_counter_usable,
	.frequency_hz = frequency_hz,
	.skew_ticks = 1000,
	.inline_read = true,
};

#endif

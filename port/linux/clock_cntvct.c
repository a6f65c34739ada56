/* SPDX-License-Identifier: MIT
 * clock_cntvct.c - the virtual counter of AArch64 as a clock.
 *
 * Kernels emulate it on processors with timer errata: probe.c measures whether it is worth it.
 */
#include "port/linux/linux.h"

#include "port/arch/arch.h"

#ifdef __aarch64__

static uint64_t frequency_hz(void)
{
	uint64_t hz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz;
}

const struct rill_clock_source rill_clock_cntvct = {
	.name = "cntvct",
	.read = rill_linux_counter,
	.read_ordered = rill_linux_counter_ordered,
	.usable = rill_linux_counter_usable,
	.frequency_hz = frequency_hz,
	.skew_ticks = 1000,	/* 1 us at 1 GHz, the fastest that is built */
	.inline_read = true,
};

#endif

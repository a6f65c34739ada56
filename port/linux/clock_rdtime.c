/* SPDX-License-Identifier: MIT
 * clock_rdtime.c - the time counter of RISC-V as a clock.
 *
 * Old kernels and boards hand each read to the machine mode: probe.c measures whether it is worth
 * it.
 */
#include "port/linux/linux.h"

#include "port/arch/arch.h"

#if defined(__riscv) && RILL_ARCH_INLINE_TICKS

/* The device tree holds it as one or two big-endian words. */
static uint64_t frequency_hz(void)
{
	char bytes[9];
	ssize_t size = rill_linux_read_file("/proc/device-tree/cpus/timebase-frequency", bytes,
					    sizeof(bytes));
	uint64_t hz = 0;

	if (size != 4 && size != 8)
		return 0;
	for (ssize_t i = 0; i < size; i++)
		hz = hz << 8 | (unsigned char)bytes[i];
	return hz;
}

const struct rill_clock_source rill_clock_rdtime = {
	.name = "rdtime",
	.read = rill_linux_counter,
	.read_ordered = rill_linux_counter_ordered,
	.usable = rill_linux_counter_usable,
	.frequency_hz = frequency_hz,
	.skew_ticks = 1000,
	.inline_read = true,
};

#endif

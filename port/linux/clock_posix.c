/* SPDX-License-Identifier: MIT
 * clock_posix.c - the kernel's clocks in nanoseconds, and CLOCK_MONOTONIC as a clock source: the
 * one that always works.
 */
#include "port/linux/linux.h"

#include "port/arch/arch.h"

#include <sys/auxv.h>
#include <time.h>

/* It may still find the hardware unfit and enter the kernel: only measuring tells. */
bool rill_port_clock_in_user_space(void)
{
	return getauxval(AT_SYSINFO_EHDR) != 0;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now))
		return 0;
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t rill_port_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t rill_port_raw_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_RAW);
}

uint64_t rill_port_boottime_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

uint64_t rill_port_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t rill_port_thread_time_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* The C library may read a counter in user space, so the processor has to be told to wait. */
static uint64_t read_ordered(void)
{
	uint64_t ns;

	rill_arch_order();
	ns = rill_port_monotonic_ns();
	rill_arch_order();
	return ns;
}

static bool usable(const char **why)
{
	*why = "no counter for this processor";
	return true;
}

static uint64_t frequency_hz(void)
{
	return 1000000000;
}

const struct rill_clock_source rill_clock_monotonic = {
	.name = "monotonic",
	.read = rill_port_monotonic_ns,
	.read_ordered = read_ordered,
	.usable = usable,
	.frequency_hz = frequency_hz,
	.skew_ticks = 1000,
	.inline_read = false,
};

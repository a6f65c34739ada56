/* SPDX-License-Identifier: MIT
 * clock_tsc.c - the time stamp counter of x86 as a clock.
 *
 * It is one if it runs at the same rate in all states of the processor (invariant) and the kernel,
 * whose watchdog compares the processors and the clocks all the time, has not given it up.
 */
#include "port/linux/linux.h"

#include "port/arch/arch.h"

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>
#include <string.h>

static bool invariant(void)
{
	unsigned eax, ebx, ecx, edx;

	return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) && (edx & 1u << 8);
}

bool rill_clock_tsc_verdict(bool is_invariant, const char *clocksource, const char **why)
{
	if (!is_invariant)
		*why = "the tsc of this processor changes its rate (it is not invariant)";
	else if (!*clocksource)
		*why = "the kernel does not tell its clocksource (is /sys mounted?), so the tsc "
		       "cannot be trusted";
	else if (strcmp(clocksource, "tsc"))
		*why = "the kernel's own clocksource is not the tsc (it found the tsc unreliable, "
		       "or this is a guest with the host's clock)";
	else
		return true;
	return false;
}

static bool usable(const char **why)
{
	static const char path[] =
		"/sys/devices/system/clocksource/clocksource0/current_clocksource";
	char clocksource[32];
	ssize_t length = rill_linux_read_file(path, clocksource, sizeof(clocksource));

	if (length > 0 && clocksource[length - 1] == '\n')
		clocksource[length - 1] = '\0';
	if (!rill_clock_tsc_verdict(invariant(), clocksource, why) ||
	    !rill_linux_counter_usable(why))
		return false;
	*why = "the tsc is invariant and the kernel uses it too";
	return true;
}

static uint64_t frequency_hz(void)
{
	return 0;	/* no processor tells it for certain */
}

const struct rill_clock_source rill_clock_tsc = {
	.name = "tsc",
	.read = rill_linux_counter,
	.read_ordered = rill_linux_counter_ordered,
	.usable = usable,
	.frequency_hz = frequency_hz,
	.skew_ticks = 5000,	/* 1 us at 5 GHz */
	.inline_read = true,
};

#endif

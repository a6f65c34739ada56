/* SPDX-License-Identifier: MIT
 * clock_kernel.c - CLOCK_MONOTONIC as the only clock, in place of clock.c where the configuration leaves counters out
 * (CONFIG_RILL_CLOCK_COUNTER): nothing to choose, nothing to convert.
 */
#include "port/linux/linux.h"

#include <errno.h>
#include <rill/clock.h>

const struct rill_clock_source *const rill_clock_sources[] = { &rill_clock_monotonic };

const struct rill_clock_source *rill_clock(void)
{
	return &rill_clock_monotonic;
}

const char *rill_clock_why(void)
{
	const char *why;

	rill_clock_monotonic.usable(&why);
	return why;
}

int rill_clock_register(const struct rill_clock_own *own)
{
	return rill_fail(ENOTSUP, "the clock '%s' cannot be registered: this build of librill has the kernel's clock alone "
			 "(RILL_CLOCK_COUNTER=n)", own && own->name ? own->name : "");
}

uint64_t rill_clock_ticks(void)
{
	return rill_port_monotonic_ns();
}

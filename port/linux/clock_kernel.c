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

static double mean_ns(uint64_t (*read)(void))
{
	uint64_t begin = rill_port_monotonic_ns();

	for (int i = 0; i < 1000; i++)
		(void)read();
	return (double)(rill_port_monotonic_ns() - begin) / 1000;
}

void rill_clock_info(struct rill_clock_info *info)
{
	info->name = rill_clock_monotonic.name;
	info->why = rill_clock_why();
	info->frequency_hz = rill_clock_monotonic.frequency_hz();
	info->read_ns = mean_ns(rill_clock_monotonic.read);
	info->ordered_read_ns = mean_ns(rill_clock_monotonic.read_ordered);
}

uint64_t rill_clock_ticks(void)
{
	return rill_port_monotonic_ns();
}

uint64_t rill_clock_ns(void)
{
	return rill_port_monotonic_ns();
}

/* SPDX-License-Identifier: MIT
 * clock_info.c - what rill/clock.h tells of the clock that clock.c or clock_kernel.c chose: its name, its rate and what a read takes. And the
 * time of all rill's streams, which is the same whatever was chosen.
 */
#include "port/linux/linux.h"

#include "port/arch/arch.h"
#include "port/clock_pair.h"

#include <rill/clock.h>

static uint64_t measure_hz(const struct rill_clock_source *source)
{
	struct rill_clock_pair begin, end;
	uint64_t ns;

	begin = rill_clock_pair(source->read_ordered, rill_port_monotonic_ns, 9, 0);
	while (rill_port_monotonic_ns() - begin.ns < 1000000)
		rill_arch_pause();
	end = rill_clock_pair(source->read_ordered, rill_port_monotonic_ns, 9, 0);
	ns = end.ns - begin.ns;
	return (end.ticks - begin.ticks) * 1000000 / (ns / 1000);
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
	const struct rill_clock_source *source = rill_clock();

	info->name = source->name;
	info->why = rill_clock_why();
	info->frequency_hz = source->frequency_hz();
	if (!info->frequency_hz)
		info->frequency_hz = measure_hz(source);
	info->read_ns = mean_ns(source->read);
	info->ordered_read_ns = mean_ns(source->read_ordered);
}

uint64_t rill_clock_ns(void)
{
	return rill_port_monotonic_ns();
}

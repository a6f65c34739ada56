/* SPDX-License-Identifier: MIT
 * errant.c - a counter made from CLOCK_MONOTONIC, and what a test does to it.
 */
#include "port/fake/errant.h"

#include <time.h>

struct rill_fake_errant rill_fake_errant;
__thread uint64_t rill_fake_own_ticks;

/* Not by the port's functions: the test has put others in their place. */
static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void rill_fake_errant_reset(uint64_t start, uint64_t ticks_per_us)
{
	struct rill_fake_errant *e = &rill_fake_errant;

	atomic_store(&e->start, start);
	atomic_store(&e->ticks_per_us, ticks_per_us);
	atomic_store(&e->granule, 0);
	atomic_store(&e->realtime_off_ns, 0);
	atomic_store(&e->boottime_off_ns, 0);
	e->reset_ns = clock_ns(CLOCK_MONOTONIC);
}

static uint64_t read_ticks(void)
{
	struct rill_fake_errant *e = &rill_fake_errant;
	uint64_t since_ns = clock_ns(CLOCK_MONOTONIC) - e->reset_ns, ticks;
	uint64_t granule = atomic_load_explicit(&e->granule, memory_order_relaxed);
	uint64_t rate = atomic_load_explicit(&e->ticks_per_us, memory_order_relaxed);

	if (rill_fake_own_ticks)
		return rill_fake_own_ticks;
	ticks = atomic_load_explicit(&e->start, memory_order_relaxed) + since_ns / 1000 * rate + since_ns % 1000 * rate / 1000;
	return granule ? ticks - ticks % granule : ticks;
}

static bool usable(const char **why)
{
	*why = "a test puts it wrong";
	return true;
}

static uint64_t frequency_hz(void)
{
	return rill_fake_errant.ticks_per_us * 1000000;
}

/* The fences of the machine's own clock are in the system call or in its fast form. */
const struct rill_clock_source rill_fake_errant_source = {
	.name = "errant",
	.read = read_ticks,
	.read_ordered = read_ticks,
	.usable = usable,
	.frequency_hz = frequency_hz,
	.skew_ticks = 1000,
	.inline_read = false,
};

uint64_t rill_fake_errant_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME) + atomic_load(&rill_fake_errant.realtime_off_ns);
}

uint64_t rill_fake_errant_boottime_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME) + atomic_load(&rill_fake_errant.boottime_off_ns);
}

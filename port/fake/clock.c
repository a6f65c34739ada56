/* SPDX-License-Identifier: MIT
 * clock.c - clocks that are stepped by hand, so that a test sees an hour of NTP or a suspend in a
 * millisecond.
 */
#include "port/fake/clock.h"

struct rill_fake_clock rill_fake_clock;

enum { SECOND_NS = 1000000000, INTERRUPTION_NS = 50000 };

void rill_fake_clock_reset(uint64_t ticks, uint64_t hz)
{
	rill_fake_clock = (struct rill_fake_clock){
		.ticks = ticks,
		.monotonic_ns = UINT64_C(7000) * SECOND_NS,
		.raw_ns = UINT64_C(6999) * SECOND_NS,
		.boottime_ns = UINT64_C(7100) * SECOND_NS,
		.realtime_ns = UINT64_C(1800000000) * SECOND_NS,
		.hz = hz,
		.read_ns = 25,
	};
}

/* At most a second at a time, for the products to fit. */
static void step_ticks(uint64_t ns)
{
	struct rill_fake_clock *c = &rill_fake_clock;
	uint64_t product = ns * c->hz + c->ticks_rest;

	c->ticks += product / SECOND_NS;
	c->ticks_rest = product % SECOND_NS;
}

static void step_clocks(uint64_t ns)
{
	struct rill_fake_clock *c = &rill_fake_clock;
	uint64_t product = ns * (uint64_t)(1000000 + c->slew_ppm) + c->slew_rest;
	uint64_t slewed = product / 1000000;

	c->slew_rest = product % 1000000;
	c->raw_ns += ns;
	c->monotonic_ns += slewed;
	c->boottime_ns += slewed;
	c->realtime_ns += slewed;
}

void rill_fake_clock_step(uint64_t ns)
{
	while (ns) {
		uint64_t part = ns < SECOND_NS ? ns : SECOND_NS;

		step_ticks(part);
		step_clocks(part);
		ns -= part;
	}
}

void rill_fake_clock_suspend(uint64_t ns, bool counter_runs)
{
	rill_fake_clock.boottime_ns += ns;
	rill_fake_clock.realtime_ns += ns;
	for (; counter_runs && ns; ns -= ns < SECOND_NS ? ns : SECOND_NS)
		step_ticks(ns < SECOND_NS ? ns : SECOND_NS);
}

/* A read takes time before and after the instant that it returns. */
static uint64_t read_clock(const uint64_t *clock)
{
	struct rill_fake_clock *c = &rill_fake_clock;
	uint64_t value;

	rill_fake_clock_step(c->read_ns / 2);
	value = *clock;
	rill_fake_clock_step(c->read_ns - c->read_ns / 2);
	if (c->interrupted_every && ++c->reads % c->interrupted_every == 0)
		rill_fake_clock_step(INTERRUPTION_NS);
	return value;
}

static uint64_t read_ticks(void)
{
	uint64_t ticks = read_clock(&rill_fake_clock.ticks);

	return rill_fake_clock.granule ? ticks - ticks % rill_fake_clock.granule : ticks;
}

uint64_t rill_fake_monotonic_ns(void)
{
	return read_clock(&rill_fake_clock.monotonic_ns);
}

uint64_t rill_fake_raw_ns(void)
{
	return read_clock(&rill_fake_clock.raw_ns);
}

uint64_t rill_fake_boottime_ns(void)
{
	return read_clock(&rill_fake_clock.boottime_ns);
}

uint64_t rill_fake_realtime_ns(void)
{
	return read_clock(&rill_fake_clock.realtime_ns);
}

static bool usable(const char **why)
{
	*why = "a test steps it";
	return true;
}

static uint64_t frequency_hz(void)
{
	return rill_fake_clock.hz;
}

const struct rill_clock_source rill_fake_clock_source = {
	.name = "fake",
	.read = read_ticks,
	.read_ordered = read_ticks,
	.usable = usable,
	.frequency_hz = frequency_hz,
	.skew_ticks = 1000,
	.inline_read = false,
};

/* SPDX-License-Identifier: MIT
 * clock_help.h - a timebase over clocks that are stepped by hand, and what a consumer does with it.
 */
#ifndef RILL_TEST_CLOCK_HELP_H
#define RILL_TEST_CLOCK_HELP_H

#include "test.h"

#include "port/fake/clock.h"
#include "route/clock.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)
#define TSC_HZ UINT64_C(2994370000)

static struct rill_timebase tb;

static const struct rill_timebase_clocks fake_clocks = {
	.source = &rill_fake_clock_source,
	.monotonic_ns = rill_fake_monotonic_ns,
	.raw_ns = rill_fake_raw_ns,
	.boottime_ns = rill_fake_boottime_ns,
	.realtime_ns = rill_fake_realtime_ns,
	.wait_ns = rill_fake_clock_step,
};

static inline void start(uint64_t ticks, uint64_t hz)
{
	rill_fake_clock_reset(ticks, hz);
	rill_timebase_init(&tb, &fake_clocks);
	CU_ASSERT_TRUE(rill_timebase_update(&tb));
}

/* An event of the fake machine: what a record would hold, and when it truly was. */
struct event {
	uint64_t ticks, ns;
};

static inline struct event event_now(void)
{
	return (struct event){ rill_fake_clock.ticks, rill_fake_clock.monotonic_ns };
}

static inline uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static inline uint64_t error_of(struct event e)
{
	return distance(rill_timebase_ns(&tb, e.ticks), e.ns);
}

/* One pass of a consumer: events over `span`, a snapshot, the conversion. Largest error; counts
 * steps back. */
static inline uint64_t pass(uint64_t span, uint64_t *last_ns, unsigned *backward)
{
	struct event events[16];
	uint64_t worst = 0;

	for (size_t i = 0; i < 16; i++) {
		rill_fake_clock_step(span / 16);
		events[i] = event_now();
	}
	rill_timebase_update(&tb);
	for (size_t i = 0; i < 16; i++) {
		uint64_t ns = rill_timebase_ns(&tb, events[i].ticks);

		*backward += ns < *last_ns;
		*last_ns = ns;
		if (distance(ns, events[i].ns) > worst)
			worst = distance(ns, events[i].ns);
	}
	return worst;
}

/* How far the conversion is off at the newest snapshot, beyond what the snapshot itself may be. */
static inline uint64_t error_at_snapshot(void)
{
	uint64_t off = distance(rill_timebase_ns(&tb, tb.newest.ticks), tb.newest.monotonic_ns);

	return off > tb.newest.uncertainty_ns ? off - tb.newest.uncertainty_ns : 0;
}

#endif

/* SPDX-License-Identifier: MIT
 * time_help.h - the running whole on clocks that go wrong (port/fake/errant.h), for programs that are linked with the wraps below.
 */
#ifndef RILL_TESTS_TIME_HELP_H
#define RILL_TESTS_TIME_HELP_H

#include "watch_help.h"

#include "port/fake/errant.h"
#include "route/route_private.h"

#include <pthread.h>
#include <rill/clock.h>

const struct rill_clock_source *__wrap_rill_clock(void);
uint64_t __wrap_rill_clock_ticks(void);
uint64_t __wrap_rill_port_realtime_ns(void);
uint64_t __wrap_rill_port_boottime_ns(void);

const struct rill_clock_source *__wrap_rill_clock(void)
{
	return &rill_fake_errant_source;
}

uint64_t __wrap_rill_clock_ticks(void)
{
	return rill_fake_errant_source.read();
}

uint64_t __wrap_rill_port_realtime_ns(void)
{
	return rill_fake_errant_realtime_ns();
}

uint64_t __wrap_rill_port_boottime_ns(void)
{
	return rill_fake_errant_boottime_ns();
}

enum { GHZ = 1000 };	/* ticks in a microsecond */
#define HOUR_NS (UINT64_C(3600) * 1000000000)

/* Everything lies in the rings until a flush: one pass, and none that has gone before it. */
static inline bool configure_for_one_pass(uint64_t buffer_bytes)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = buffer_bytes, .threads_max = 16, .period_ms = 60000,
				 .wake = RILL_WAKE_POLL, .hold_max_ms = 10000 };

	if (rill_configure(&c) == 0)
		return true;
	fprintf(stderr, "%s\n", rill_error());
	return false;
}

#endif

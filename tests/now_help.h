/* SPDX-License-Identifier: MIT
 * now_help.h - the monotonic clock in milliseconds, and how late a busy machine may be.
 */
#ifndef RILL_TESTS_NOW_HELP_H
#define RILL_TESTS_NOW_HELP_H

#include <stdint.h>
#include <time.h>

/* What other work on the machine may add to anything that takes time. A test that bounds a time means what would not end at all
 * otherwise, so that its bound can bear this. */
enum { BUSY_MS = 20000 };

static inline uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#endif

/* SPDX-License-Identifier: MIT
 * now_help.h - the monotonic clock in milliseconds.
 */
#ifndef RILL_TESTS_NOW_HELP_H
#define RILL_TESTS_NOW_HELP_H

#include <stdint.h>
#include <time.h>

static inline uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#endif

/* SPDX-License-Identifier: MIT
 * random_help.h - numbers that look random and are the same in every run (splitmix64).
 */
#ifndef RILL_TESTS_RANDOM_HELP_H
#define RILL_TESTS_RANDOM_HELP_H

#include <stdint.h>

static uint64_t seed;

static inline uint64_t next(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

#endif

/* SPDX-License-Identifier: MIT
 * size.h - numbers as people write them: 65536, 64k, 4M, 1G.
 */
#ifndef RILL_CONTROL_SIZE_H
#define RILL_CONTROL_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/* False: no number, something behind it, or more than 2^63 - 1. */
static inline bool rill_size_parse(const char *text, uint64_t *size)
{
	uint64_t n = 0;
	unsigned shift = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (n > (INT64_MAX - 9) / 10)
			return false;
		n = 10 * n + (uint64_t)(*text - '0');
	}
	switch (*text) {
	case 'k': case 'K': shift = 10; break;
	case 'm': case 'M': shift = 20; break;
	case 'g': case 'G': shift = 30; break;
	default: break;
	}
	if (shift)
		text++;
	if (*text || n > (uint64_t)INT64_MAX >> shift)
		return false;
	*size = n << shift;
	return true;
}

#endif

/* SPDX-License-Identifier: MIT
 * clock_math.h - ns per tick as a fixed-point number, 16.48 bits: exact to 1 ns over a month for
 * any counter between 16 kHz and 10 GHz. Compilers for 32 bits have no 128-bit integers, so there the product is put
 * together from four.
 */
#ifndef RILL_ROUTE_CLOCK_MATH_H
#define RILL_ROUTE_CLOCK_MATH_H

#include <stdbool.h>
#include <stdint.h>

enum { RILL_MULT_BITS = 48 };

/* Of counter values; both may have wrapped. */
static inline bool rill_clock_at_or_after(uint64_t ticks, uint64_t begin)
{
	return (int64_t)(ticks - begin) >= 0;
}

static inline bool rill_clock_is_after(uint64_t ticks, uint64_t before)
{
	return (int64_t)(ticks - before) > 0;
}

/* ticks * mult >> 48, rounded down; UINT64_MAX if it does not fit. */
static inline uint64_t rill_clock_scale(uint64_t ticks, uint64_t mult)
{
#ifdef __SIZEOF_INT128__
	__extension__ unsigned __int128 product = (unsigned __int128)ticks * mult;

	return product >> (64 + RILL_MULT_BITS) ? UINT64_MAX : (uint64_t)(product >> RILL_MULT_BITS);
#else
	uint64_t ticks_low = (uint32_t)ticks, ticks_high = ticks >> 32;
	uint64_t mult_low = (uint32_t)mult, mult_high = mult >> 32;
	uint64_t low = ticks_low * mult_low;
	uint64_t cross1 = ticks_low * mult_high, cross2 = ticks_high * mult_low;
	uint64_t middle = (low >> 32) + (uint32_t)cross1 + (uint32_t)cross2;
	uint64_t high = ticks_high * mult_high + (cross1 >> 32) + (cross2 >> 32) + (middle >> 32);

	if (high >> RILL_MULT_BITS)
		return UINT64_MAX;
	return high << (64 - RILL_MULT_BITS) | (middle << 32 | (uint32_t)low) >> RILL_MULT_BITS;
#endif
}

/* (ns << 48) / ticks, rounded down; UINT64_MAX if it does not fit. Long division, one bit at a
 * time: about 0.2 us, once for each snapshot. */
static inline uint64_t rill_clock_mult(uint64_t ns, uint64_t ticks)
{
	uint64_t rest = 0, quotient = 0;

	for (int i = 63 + RILL_MULT_BITS; i >= 0; i--) {
		uint64_t carry = rest >> 63;

		if (quotient >> 63)
			return UINT64_MAX;
		rest = rest << 1 | (i >= RILL_MULT_BITS ? ns >> (i - RILL_MULT_BITS) & 1 : 0);
		quotient <<= 1;
		if (carry || rest >= ticks) {
			rest -= ticks;
			quotient |= 1;
		}
	}
	return quotient;
}

#endif

/* SPDX-License-Identifier: MIT
 * crc32c_zeros.c - what many zero bytes make of a checksum, for readers that look for packets in damaged bytes.
 */
#include "format/crc32c.h"

/* Product of two polynomials modulo that of CRC-32C; bit 31 stands for 1, bit 0 for x^31. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (uint32_t bit = UINT32_C(1) << 31; bit; bit >>= 1) {
		if (a & bit)
			product ^= b;
		b = b >> 1 ^ (b & 1 ? 0x82f63b78 : 0);
	}
	return product;
}

uint32_t rill_crc32c_zeros(uint32_t state, size_t size)
{
	/* What 2^k zero bytes multiply a state by. */
	static const uint32_t powers[] = {
		0x00800000, 0x00008000, 0x82f63b78, 0x6ea2d55c, 0x18b8ea18, 0x510ac59a,
		0xb82be955, 0xb8fdb1e7, 0x88e56f72, 0x74c360a4, 0xe4172b16, 0x0d65762a,
		0x35d73a62, 0x28461564, 0xbf455269, 0xe2ea32dc, 0xfe7740e6, 0xf946610b
	};

	for (unsigned k = 0; k < sizeof powers / sizeof *powers; k++)
		if (size >> k & 1)
			state = multiply(state, powers[k]);
	return state;
}

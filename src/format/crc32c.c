/* SPDX-License-Identifier: MIT
 * crc32c.c - CRC-32C, four bytes at a step.
 *
 * 4 KiB of constant tables, no start-up, no processor's own instruction: about 1 ns a byte where a table
 * of 256 takes 2.5. Table s holds what one byte becomes with s zero bytes behind it. It is linear,
 * so the compiler makes each entry from those of the eight single bits.
 */
#include "format/crc32c.h"

#include "format/varint.h"

#define BIT(n, b, value) (((n) >> (b) & 1) ? (value) : 0)
#define OF_BITS(n, b0, b1, b2, b3, b4, b5, b6, b7)                                                \
	(BIT(n, 0, b0) ^ BIT(n, 1, b1) ^ BIT(n, 2, b2) ^ BIT(n, 3, b3) ^ BIT(n, 4, b4) ^          \
	 BIT(n, 5, b5) ^ BIT(n, 6, b6) ^ BIT(n, 7, b7))
#define BEHIND_0(n)                                                                               \
	OF_BITS(n, 0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede,        \
		0x417b1dbc, 0x82f63b78)
#define BEHIND_1(n)                                                                               \
	OF_BITS(n, 0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302,        \
		0xff17c604, 0xfbc3faf9)
#define BEHIND_2(n)                                                                               \
	OF_BITS(n, 0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14,        \
		0xc76580d9, 0x8b277743)
#define BEHIND_3(n)                                                                               \
	OF_BITS(n, 0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b,        \
		0xaba65fe7, 0x52a0c93f)
#define FOUR(make, n) make(n), make((n) + 1), make((n) + 2), make((n) + 3)
#define SIXTEEN(make, n)                                                                          \
	FOUR(make, n), FOUR(make, (n) + 4), FOUR(make, (n) + 8), FOUR(make, (n) + 12)
#define SIXTY_FOUR(make, n)                                                                       \
	SIXTEEN(make, n), SIXTEEN(make, (n) + 16), SIXTEEN(make, (n) + 32), SIXTEEN(make, (n) + 48)
#define ALL(make)                                                                                 \
	SIXTY_FOUR(make, 0), SIXTY_FOUR(make, 64), SIXTY_FOUR(make, 128), SIXTY_FOUR(make, 192)

static const uint32_t table[4][256] = {
	{ ALL(BEHIND_0) }, { ALL(BEHIND_1) }, { ALL(BEHIND_2) }, { ALL(BEHIND_3) }
};

uint32_t rill_crc32c_soft(uint32_t state, const uint8_t *bytes, size_t size)
{
	for (; size >= 4; size -= 4, bytes += 4) {
		state ^= rill_le32_get(bytes);
		state = table[3][state & 0xff] ^ table[2][state >> 8 & 0xff] ^
			table[1][state >> 16 & 0xff] ^ table[0][state >> 24];
	}
	for (; size; size--)
		state = state >> 8 ^ table[0][(state ^ *bytes++) & 0xff];
	return state;
}

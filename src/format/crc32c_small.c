/* SPDX-License-Identifier: MIT
 * crc32c_small.c - CRC-32C, half a byte at a step, in place of crc32c.c where 4 KiB of tables are too much.
 */
#include "format/crc32c.h"

/* What four bits become with four zero bits behind them. */
static const uint32_t table[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75
};

uint32_t rill_crc32c_soft(uint32_t state, const uint8_t *bytes, size_t size)
{
	for (; size; size--) {
		state ^= *bytes++;
		state = state >> 4 ^ table[state & 15];
		state = state >> 4 ^ table[state & 15];
	}
	return state;
}

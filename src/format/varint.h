/* SPDX-License-Identifier: MIT
 * varint.h - numbers as few bytes as they need (LEB128), signed ones folded first (zigzag), and
 * fixed-size little-endian numbers, the same on every processor.
 *
 * Seven bits a byte, lowest first; the top bit says that another byte follows.
 */
#ifndef RILL_FORMAT_VARINT_H
#define RILL_FORMAT_VARINT_H

#include <stdbool.h>
#include <stdint.h>

enum { RILL_VARINT_MAX = 10 };	/* bytes of 64 bits */

static inline uint8_t *rill_varint_put(uint8_t *to, uint64_t value)
{
	while (value >= 0x80) {
		*to++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*to++ = (uint8_t)value;
	return to;
}

static inline unsigned rill_varint_size(uint64_t value)
{
	return (63u - (unsigned)__builtin_clzll(value | 1)) / 7 + 1;
}

/* Moves *from behind the number. False: it is cut by end, or more than 64 bits. */
static inline bool rill_varint_get(const uint8_t **from, const uint8_t *end, uint64_t *value)
{
	const uint8_t *at = *from;
	uint64_t sum = 0;

	for (unsigned shift = 0; at < end && shift < 64; shift += 7) {
		const uint8_t byte = *at++;

		if (shift == 63 && byte > 1)
			return false;
		sum |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*from = at;
			*value = sum;
			return true;
		}
	}
	return false;
}

/* 0, -1, 1, -2, ... become 0, 1, 2, 3, ...: small numbers of either sign stay short. */
static inline uint64_t rill_zigzag(int64_t value)
{
	return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t rill_unzigzag(uint64_t value)
{
	const uint64_t plain = (value >> 1) ^ (value & 1 ? UINT64_MAX : 0);

	return (int64_t)plain;
}

/* Compilers make one store or load of these where the processor can. */
static inline uint8_t *rill_le16_put(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
	return to + 2;
}

static inline uint8_t *rill_le32_put(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
	return to + 4;
}

static inline uint8_t *rill_le64_put(uint8_t *to, uint64_t value)
{
	rill_le32_put(to, (uint32_t)value);
	return rill_le32_put(to + 4, (uint32_t)(value >> 32));
}

static inline uint16_t rill_le16_get(const uint8_t *from)
{
	return (uint16_t)(from[0] | from[1] << 8);
}

static inline uint32_t rill_le32_get(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

static inline uint64_t rill_le64_get(const uint8_t *from)
{
	return rill_le32_get(from) | (uint64_t)rill_le32_get(from + 4) << 32;
}

#endif

/* SPDX-License-Identifier: MIT
 * cobs.c - frames without a zero byte, both ways.
 */
#include "format/cobs.h"

#include <string.h>

enum { BLOCK_MAX = 254 }; /* bytes behind a code of 255 */

size_t rill_cobs_encode(uint8_t *to, const uint8_t *from, size_t size)
{
	const uint8_t *const end = from + size;
	uint8_t *at = to;

	for (;;) {
		const size_t rest = (size_t)(end - from);
		const size_t most = rest < BLOCK_MAX ? rest : BLOCK_MAX;
		const uint8_t *zero = most ? memchr(from, 0, most) : NULL;
		const size_t block = zero ? (size_t)(zero - from) : most;

		*at++ = (uint8_t)(block + 1);
		if (block)
			memcpy(at, from, block);
		at += block;
		from += block + (zero != NULL);
		/* A zero at the very end is told by an empty block behind it. */
		if (from == end && !zero)
			return (size_t)(at - to);
	}
}

size_t rill_cobs_decode(uint8_t *to, const uint8_t *from, size_t size)
{
	const uint8_t *const end = from + size;
	uint8_t *at = to;

	while (from < end) {
		const size_t block = *from++;

		if (block == 0 || block - 1 > (size_t)(end - from))
			return SIZE_MAX;
		if (memchr(from, 0, block - 1))
			return SIZE_MAX;
		memmove(at, from, block - 1);
		at += block - 1;
		from += block - 1;
		if (block <= BLOCK_MAX && from < end)
			*at++ = 0;
	}
	return size ? (size_t)(at - to) : SIZE_MAX;
}

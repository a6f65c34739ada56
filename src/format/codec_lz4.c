/* SPDX-License-Identifier: MIT
 * codec_lz4.c - LZ4: a plain block, without the frame that files have around it.
 */
#include "format/codec.h"

#if !__has_include(<lz4.h>)
#error "lz4.h is missing: install Debian's liblz4-dev, or leave out RILL_LZ4 and RILL_TOOL_LZ4"
#endif

#include <lz4.h>
#include <stdlib.h>

enum { ACCELERATION = 1 };

static void *open_lz4(void)
{
	return malloc((size_t)LZ4_sizeofState());
}

static size_t pack_lz4(void *state, uint8_t *to, size_t room, const uint8_t *from, size_t size)
{
	return (size_t)LZ4_compress_fast_extState(state, (const char *)from, (char *)to, (int)size,
						  (int)room, ACCELERATION);
}

static bool unpack_lz4(uint8_t *to, size_t size, const uint8_t *from, size_t packed)
{
	return LZ4_decompress_safe((const char *)from, (char *)to, (int)packed, (int)size) ==
	       (int)size;
}

const struct rill_codec rill_codec_lz4 = {
	.name = "lz4",
	.method = RILL_CODEC_LZ4,
	.open = open_lz4,
	.pack = pack_lz4,
	.unpack = unpack_lz4,
};

/* SPDX-License-Identifier: MIT
 * codec_zstd.c - zstd: one frame, with the size of its content and without a checksum.
 *
 * The context lives in memory that is taken at once: the library would else take and give back some
 * whenever packets become larger or smaller. Only its "static" functions do that.
 */
#include "format/codec.h"

#if !__has_include(<zstd.h>)
#error "zstd.h is missing: install Debian's libzstd-dev, or leave out RILL_ZSTD and RILL_TOOL_ZSTD"
#endif

#define ZSTD_STATIC_LINKING_ONLY
#include <stdlib.h>
#include <zstd.h>

enum { LEVEL = 1 };

static void *open_zstd(void)
{
	const size_t size = ZSTD_estimateCCtxSize(LEVEL);
	void *const memory = malloc(size);

	if (memory && ZSTD_initStaticCCtx(memory, size) == memory)
		return memory;
	free(memory);
	return NULL;
}

static size_t pack_zstd(void *state, uint8_t *to, size_t room, const uint8_t *from, size_t size)
{
	const size_t packed = ZSTD_compressCCtx(state, to, room, from, size, LEVEL);

	return ZSTD_isError(packed) ? 0 : packed;
}

/* One frame and nothing else: the library would also take older formats, frames that are to be
 * passed over, and several of each. */
static bool unpack_zstd(uint8_t *to, size_t size, const uint8_t *from, size_t packed)
{
	ZSTD_frameHeader head;

	return ZSTD_getFrameHeader(&head, from, packed) == 0 && head.frameType == ZSTD_frame &&
	       head.frameContentSize == size &&
	       ZSTD_findFrameCompressedSize(from, packed) == packed &&
	       ZSTD_decompress(to, size, from, packed) == size;
}

const struct rill_codec rill_codec_zstd = {
	.name = "zstd",
	.method = RILL_CODEC_ZSTD,
	.open = open_zstd,
	.pack = pack_zstd,
	.unpack = unpack_zstd,
};

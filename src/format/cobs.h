/* SPDX-License-Identifier: MIT
 * cobs.h - frames without a zero byte (consistent overhead byte stuffing), so that a zero can part
 * them on a serial line: whoever joins late, or lost a byte, is in step again at the next zero.
 *
 * A frame is a row of blocks: a code byte n, then n - 1 bytes that are not zero; a zero follows them in the
 * text, unless n is 255 or it is the last block. At most one byte in 254 is added, and one more.
 */
#ifndef RILL_FORMAT_COBS_H
#define RILL_FORMAT_COBS_H

#include <stddef.h>
#include <stdint.h>

/* Room for the frame of so many bytes; the zeros around it are the caller's. */
#define RILL_COBS_MAX(size) ((size) + (size) / 254 + 1)

/* Returns the size of the frame. `to` and `from` do not overlap. */
size_t rill_cobs_encode(uint8_t *to, const uint8_t *from, size_t size);

/* The text of a frame (without its zeros), which may be written over the frame itself. Returns
 * its size, or SIZE_MAX: it is not a whole frame. */
size_t rill_cobs_decode(uint8_t *to, const uint8_t *from, size_t size);

#endif

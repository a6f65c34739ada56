/* SPDX-License-Identifier: MIT
 * codec.h - how the payload of a packet can be compressed: one struct for each method.
 *
 * A codec is a thin layer over a library. Packing allocates when it is opened and never after, and
 * does so much work as the payload has bytes. Unpacking trusts nothing.
 */
#ifndef RILL_FORMAT_CODEC_H
#define RILL_FORMAT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers that the flags of a packet have. */
enum rill_codec_method {
	RILL_CODEC_NONE,
	RILL_CODEC_LZ4,
	RILL_CODEC_ZSTD,
	RILL_CODEC_METHODS = 4
};

struct rill_codec {
	const char *name;
	enum rill_codec_method method;
	/* What packing needs, for one thread at a time; NULL: no memory. Freed by free(). */
	void *(*open)(void);
	/* So many bytes were written; 0: they would be more than `room`. */
	size_t (*pack)(void *state, uint8_t *to, size_t room, const uint8_t *from, size_t size);
	/* True if `packed` bytes are the whole of exactly `size` plain ones. */
	bool (*unpack)(uint8_t *to, size_t size, const uint8_t *from, size_t packed);
};

/* Of the flags of a packet. */
static inline enum rill_codec_method rill_codec_method_of(unsigned packet_flags)
{
	return (enum rill_codec_method)(packet_flags >> 2 & (RILL_CODEC_METHODS - 1));
}

extern const struct rill_codec rill_codec_lz4, rill_codec_zstd;

/* Packs a closed packet of `size` bytes, header and all. Returns the size of the packed one; 0: it
 * has no less than `room` bytes. */
size_t rill_packet_pack(const struct rill_codec *codec, void *state, const uint8_t *packet,
			size_t size, uint8_t *to, size_t room);

/* The other way, into RILL_PACKET_MAX bytes. Returns the size of the plain packet; 0: it makes no
 * sense. Its checksum is not set. */
size_t rill_packet_unpack(const struct rill_codec *codec, const uint8_t *packet, size_t size,
			  uint8_t *plain);

/* Sets the checksum of a packet. */
void rill_packet_seal(uint8_t *packet, size_t size);

#endif

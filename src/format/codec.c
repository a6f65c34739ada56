/* SPDX-License-Identifier: MIT
 * codec.c - packets with a compressed payload: its plain size, and what the codec made of it.
 *
 * Everything in the header but flags, length and checksum is as in the plain packet, so that a reader
 * that cannot unpack it still sees from the totals how many events are in it.
 */
#include "format/codec.h"

#include "format/crc32c.h"
#include "format/packet.h"
#include "format/varint.h"

#include <string.h>

enum { METHOD_SHIFT = 2 }; /* as in rill_codec_method_of() */
_Static_assert((RILL_CODEC_METHODS - 1) << METHOD_SHIFT == (int)RILL_PACKET_PACKED,
	       "the flags have the numbers of the methods");

void rill_packet_seal(uint8_t *packet, size_t size)
{
	uint32_t crc = rill_crc32c(RILL_CRC32C_BEGIN, packet, RILL_PACKET_AT_CRC);

	crc = ~rill_crc32c(crc, packet + RILL_PACKET_HEAD, size - RILL_PACKET_HEAD);
	rill_le32_put(packet + RILL_PACKET_AT_CRC, crc);
}

size_t rill_packet_pack(const struct rill_codec *codec, void *state, const uint8_t *packet,
			size_t size, uint8_t *to, size_t room)
{
	const size_t payload = size - RILL_PACKET_HEAD;
	uint8_t *at;
	size_t packed;

	if (room <= RILL_PACKET_HEAD + RILL_VARINT_MAX)
		return 0;
	memcpy(to, packet, RILL_PACKET_HEAD);
	at = rill_varint_put(to + RILL_PACKET_HEAD, payload);
	packed = codec->pack(state, at, room - 1 - (size_t)(at - to), packet + RILL_PACKET_HEAD,
			     payload);
	if (!packed)
		return 0;
	packed += (size_t)(at - to);
	to[RILL_PACKET_AT_VERSION] |= (uint8_t)(codec->method << METHOD_SHIFT);
	rill_le16_put(to + RILL_PACKET_AT_LENGTH, (uint16_t)(packed - RILL_PACKET_HEAD));
	rill_packet_seal(to, packed);
	return packed;
}

size_t rill_packet_unpack(const struct rill_codec *codec, const uint8_t *packet, size_t size,
			  uint8_t *plain)
{
	const uint8_t *at = packet + RILL_PACKET_HEAD, *const end = packet + size;
	uint64_t payload;

	if (!rill_varint_get(&at, end, &payload) || payload < RILL_PACKET_COUNTS ||
	    payload > RILL_PACKET_PAYLOAD_MAX ||
	    !codec->unpack(plain + RILL_PACKET_HEAD, (size_t)payload, at, (size_t)(end - at)))
		return 0;
	memcpy(plain, packet, RILL_PACKET_HEAD);
	plain[RILL_PACKET_AT_VERSION] &= (uint8_t)~RILL_PACKET_PACKED;
	rill_le16_put(plain + RILL_PACKET_AT_LENGTH, (uint16_t)payload);
	return RILL_PACKET_HEAD + (size_t)payload;
}

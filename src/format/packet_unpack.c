/* SPDX-License-Identifier: MIT
 * packet_unpack.c - makes packets plain that came compressed.
 *
 * One that cannot be unpacked becomes a packet without content: by the totals in its header its
 * events are missing, and everything else about the stream goes on.
 */
#include "format/packet_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char no_sense[] = "the compressed content of a packet makes no sense";

static const struct rill_codec *codec_for(const struct rill_packet_reader *r, unsigned method)
{
	return r->options.codecs ? r->options.codecs[method] : NULL;
}

static size_t empty(uint8_t *plain, const struct rill_packet *packet)
{
	memcpy(plain, packet->bytes, RILL_PACKET_HEAD);
	memset(plain + RILL_PACKET_HEAD, 0, RILL_PACKET_COUNTS);
	return RILL_PACKET_HEAD + RILL_PACKET_COUNTS;
}

int rill_read_unpack(struct rill_packet_reader *r, struct rill_packet *packet)
{
	const unsigned method = rill_codec_method_of(packet->flags);
	const struct rill_codec *const codec = codec_for(r, method);
	size_t size = 0;

	if (!r->plain)
		r->plain = malloc(RILL_PACKET_MAX);
	if (!r->plain)
		return -ENOMEM;
	if (!codec) {
		r->result.packed++;
		r->result.packed_methods |= 1u << method;
	} else {
		packet->flags &= (uint8_t)~RILL_PACKET_PACKED;
		size = rill_packet_unpack(codec, packet->bytes, packet->size, r->plain);
	}
	if (codec && !size) {
		r->result.malformed++;
		rill_read_damage(r, packet->offset, packet->size, no_sense);
	}
	packet->size = size ? size : empty(r->plain, packet);
	packet->bytes = r->plain;
	return 0;
}

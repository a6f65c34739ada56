/* SPDX-License-Identifier: MIT
 * to_rill_pack.c - packets on their way out: compressed, made plain, or as they are.
 */
#include "to_rill.h"
#include "codecs.h"

#include <stdlib.h>

void rill_to_pack_open(struct rill_to_pack *p, struct rill_output *out, bool changes,
		       enum rill_codec_method method)
{
	*p = (struct rill_to_pack){ .out = out, .changes = changes, .codec = rill_codecs[method] };
	if (changes)
		p->plain = rill_alloc(RILL_PACKET_MAX, 1);
	if (!p->codec)
		return;
	p->state = p->codec->open();
	if (p->state)
		return;
	rill_say("no memory for %s", p->codec->name);
	exit(RILL_EXIT_FAILED);
}

void rill_to_pack_close(struct rill_to_pack *p)
{
	free(p->state);
	free(p->plain);
}

/* The first one of a segment stays plain: whose stream it is can be read by any reader then. */
size_t rill_to_pack_put(struct rill_to_pack *p, const uint8_t *packet, size_t size)
{
	const unsigned flags = packet[RILL_PACKET_AT_VERSION];
	uint8_t *const to = (uint8_t *)rill_output_room(p->out, size);
	size_t packed = 0;

	if (p->codec && !(flags & (RILL_PACKET_FIRST | RILL_PACKET_PACKED)))
		packed = rill_packet_pack(p->codec, p->state, packet, size, to, size);
	if (packed)
		p->out->used += packed;
	else
		rill_output_put(p->out, packet, size);
	return packed ? packed : size;
}

void rill_to_pack_again(struct rill_to_pack *p, const struct rill_packet *packet)
{
	const struct rill_codec *const was = rill_codecs[rill_codec_method_of(packet->flags)];
	size_t size = 0;

	if (p->changes && was)
		size = rill_packet_unpack(was, packet->bytes, packet->size, p->plain);
	if (size)
		rill_packet_seal(p->plain, size);
	rill_to_pack_put(p, size ? p->plain : packet->bytes, size ? size : packet->size);
}

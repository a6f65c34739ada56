/* SPDX-License-Identifier: MIT
 * packing.c - compression of a session's packets, by the codecs that this build has.
 */
#include "sink/packing.h"

#include "config.h"
#include "format/codec.h"
#include "format/packet.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>

struct rill_packing {
	const struct rill_codec *codec;
	void *state;
};

static const struct rill_codec *const codecs[] = {
	[RILL_COMPRESS_LZ4] = RILL_ON(CONFIG_RILL_LZ4) ? &rill_codec_lz4 : NULL,
	[RILL_COMPRESS_ZSTD] = RILL_ON(CONFIG_RILL_ZSTD) ? &rill_codec_zstd : NULL,
};

int rill_packing_open(enum rill_compress how, struct rill_packing **packing)
{
	struct rill_packing *p;

	*packing = NULL;
	if (how == RILL_COMPRESS_NONE)
		return 0;
	if (!codecs[how])
		return rill_fail(ENOTSUP, "this librill cannot compress by %s: it was built without CONFIG_RILL_%s",
				 how == RILL_COMPRESS_LZ4 ? "lz4" : "zstd",
				 how == RILL_COMPRESS_LZ4 ? "LZ4" : "ZSTD");
	p = calloc(1, sizeof *p);
	if (p)
		p->state = codecs[how]->open();
	if (!p || !p->state) {
		free(p);
		return rill_fail(ENOMEM, "no memory for the compression of packets");
	}
	p->codec = codecs[how];
	*packing = p;
	return 0;
}

/* The first packet of a segment stays plain: whose stream it is can be read by any reader then. */
size_t rill_packing_pack(struct rill_packing *p, const uint8_t *packet, size_t size, uint8_t *to,
			 size_t room)
{
	if (!p || packet[RILL_PACKET_AT_VERSION] & RILL_PACKET_FIRST)
		return 0;
	return rill_packet_pack(p->codec, p->state, packet, size, to, room);
}

void rill_packing_close(struct rill_packing *p)
{
	if (!p)
		return;
	free(p->state);
	free(p);
}

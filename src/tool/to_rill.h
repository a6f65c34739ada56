/* SPDX-License-Identifier: MIT
 * to_rill.h - one stream that is written as rill packets, shared by the files to_rill*.c and by
 * nobody else.
 *
 *     to_rill.c          which streams there are; packets that are taken as they stand
 *     to_rill_stream.c   one stream: its writer, tables, definitions that are told again
 *     to_rill_pack.c     compression of each packet
 */
#ifndef RILL_TOOL_TO_RILL_H
#define RILL_TOOL_TO_RILL_H

#include "format/codec.h"
#include "format/packet_read.h"
#include "output.h"

#include <rill/session.h>

/* Where packets go, and what is done to them before. */
struct rill_to_pack {
	struct rill_output *out;
	bool changes;                   /* packets that are taken as they stand, too */
	const struct rill_codec *codec; /* NULL: plain */
	void *state;
	uint8_t *plain; /* of a packet that was compressed */
};

/* Ends the program when memory runs out. */
void rill_to_pack_open(struct rill_to_pack *pack, struct rill_output *out, bool changes,
		       enum rill_codec_method method);
void rill_to_pack_close(struct rill_to_pack *pack);
/* A plain packet; one that does not shrink is written plain. Returns how many bytes it takes. */
size_t rill_to_pack_put(struct rill_to_pack *pack, const uint8_t *packet, size_t size);
/* One that stands in the input. */
void rill_to_pack_again(struct rill_to_pack *pack, const struct rill_packet *packet);

struct rill_to_stream {
	struct rill_packet_writer writer;
	struct rill_packet_origin origin; /* its texts are in `texts` */
	char *texts;
	struct rill_to_pack *pack;
	uint8_t *buffer;
	unsigned flags;       /* RILL_PACKET_FIRST until the first packet is out */
	uint64_t round_bytes; /* written since definitions were told */

	struct rill_to_pair {
		char *name, *args;
	} * pairs; /* of metadata, to be told again */
	unsigned pair_count;
	size_t pair_bytes;
	struct rill_packet_snapshot snapshot;
	bool has_snapshot;
	struct rill_stats stats; /* of what is written here */
};

/* Ends the program when memory runs out. */
struct rill_to_stream *rill_to_stream_new(struct rill_to_pack *pack,
					  const struct rill_packet_origin *origin, uint8_t number);
bool rill_to_stream_event(struct rill_to_stream *stream, const struct rill_event *event);
void rill_to_stream_gap(struct rill_to_stream *stream, const struct rill_gap *gap);
void rill_to_stream_thread(struct rill_to_stream *stream, const struct rill_thread *thread);
void rill_to_stream_metadata(struct rill_to_stream *stream, const char *name,
			     const char *args_json);
void rill_to_stream_snapshot(struct rill_to_stream *stream,
			     const struct rill_packet_snapshot *snapshot);
/* What is in the packet under way goes out. */
void rill_to_stream_send(struct rill_to_stream *stream);
/* The closing packet, with totals; then all memory is freed. */
void rill_to_stream_end(struct rill_to_stream *stream);

#endif

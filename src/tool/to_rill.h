/* SPDX-License-Identifier: MIT
 * to_rill.h - one stream that is written as rill packets, shared by the files to_rill*.c and by
 * nobody else.
 *
 *     to_rill.c          which streams there are; packets that are taken as they stand
 *     to_rill_stream.c   one stream: its writer, tables, definitions that are told again
 */
#ifndef RILL_TOOL_TO_RILL_H
#define RILL_TOOL_TO_RILL_H

#include "format/packet.h"
#include "output.h"

#include <rill/session.h>

struct rill_to_stream {
	struct rill_packet_writer writer;
	struct rill_packet_origin origin; /* its texts are in `texts` */
	char *texts;
	struct rill_output *out;
	uint8_t *buffer;
	unsigned flags;       /* RILL_PACKET_FIRST until the first packet is out */
	uint64_t round_bytes; /* written since definitions were told */

	struct rill_to_pair {
		char *name, *args;
	} * pairs; /* of metadata, to be told again */
	unsigned pair_count;
	struct rill_packet_snapshot snapshot;
	bool has_snapshot;
	struct rill_stats stats; /* of what is written here */
};

/* Ends the program when memory runs out. */
struct rill_to_stream *rill_to_stream_new(struct rill_output *out,
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

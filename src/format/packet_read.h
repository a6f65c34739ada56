/* SPDX-License-Identifier: MIT
 * packet_read.h - reads rill packets from any source, whole or damaged, joined late or cut off.
 *
 *     bytes -> packet_read.c     finds packets: magic, length, checksum; passes over the rest
 *                packet_unpack.c   makes those plain that are compressed
 *                packet_past.c     which stream; is it new, or was it here before?
 *                packet_stream.c   what is missing; packets that wait for definitions
 *                packet_define_read.c   definitions
 *                packet_decode.c   records -> events
 *           -> the functions of struct rill_packet_reader_ops
 *
 * What a caller may rely on:
 *
 *  - Events are struct rill_event, as outlets and subscribers get them; so whatever writes events
 *    (format/json.h, packet.h, ...) takes them as they are. event.site is not the number in the traced
 *    process: it is unique for each form in this reader, and never used again for another; but the
 *    begin and the end of a scope that were defined together share one. 0: the event carried its form.
 *  - Each event comes once, however often its packet is in the input.
 *  - Order is that of the stream, and of the input where that has another. A packet whose records need a definition that has not come waits, and
 *    everything behind it in its stream; when too much waits (held_bytes_max), or the stream ends, what
 *    can be read is delivered and the rest counted in `undefined`.
 *  - Every whole packet is delivered wherever it stands: behind noise, between damaged ones, before a
 *    cut. Nothing of a packet with a wrong checksum is delivered.
 *  - All sums are exact where the stream says enough: events + missing_events (known from the totals in
 *    the headers) is what the writer wrote; stream->lost is what never reached it.
 *  - All pointers are valid during the call only.
 *  - Nothing in the bytes is trusted. Memory is bounded by the options, some 10 MiB, and 270 KiB for
 *    each of 256 streams; time is linear in the bytes.
 *
 * An end of a scope carries its begin_ns, whether or not the begin is in the trace. RILL_EVENT_BEGIN_LOST says
 * that it is certainly not.
 */
#ifndef RILL_FORMAT_PACKET_READ_H
#define RILL_FORMAT_PACKET_READ_H

#include "format/codec.h"
#include "format/packet.h"

#include <stddef.h>

/* A stream as far as it is known. Lives until its stream number begins another, or the reader ends. */
struct rill_packet_stream {
	uint8_t number;
	bool has_origin;		/* then origin is set, else zeroed with texts "" */
	struct rill_packet_origin origin;
	uint64_t written, lost;		/* by the newest header */
	uint64_t first_ns, base_ns;	/* by the first and the newest header */
	uint64_t packets, events;	/* seen, delivered */
	uint64_t missing_packets, missing_events;
	uint8_t unit_shift;		/* times are multiples of 2^unit_shift ns; the largest so far */
	bool joined_late;		/* what was before its first packet is unknown or missing */
	bool closed;			/* its last packet was there */
	void *user;			/* the caller's; NULL at first */
};

/* A whole packet, as it stands. */
struct rill_packet {
	const uint8_t *bytes;
	size_t size;
	uint64_t offset;		/* in the input */
	uint64_t base_ns, written, lost;
	uint16_t sequence, events;	/* events: 0 of one that cannot be unpacked */
	uint8_t stream, flags;
	bool again;			/* was here before: not looked into */
};

/* Packets of a stream that never came, in front of the next event. */
struct rill_packet_missing {
	uint64_t packets, events;	/* events counts more where packets was a multiple of 65536 */
	uint64_t before_ns, after_ns;	/* base times of the packets around */
};

/* All may be NULL. None may call the reader. */
struct rill_packet_reader_ops {
	/* Each whole packet, when it is found: before what it holds, which may have to wait. */
	void (*packet)(void *ctx, const struct rill_packet *packet);
	/* A stream begins, or (with has_origin) is now known by name. */
	void (*stream)(void *ctx, struct rill_packet_stream *stream);
	void (*event)(void *ctx, struct rill_packet_stream *stream, const struct rill_event *event);
	void (*gap)(void *ctx, struct rill_packet_stream *stream, const struct rill_gap *gap);
	void (*missing)(void *ctx, struct rill_packet_stream *stream,
			const struct rill_packet_missing *missing);
	/* Once for each name of a thread, as soon as it is known. */
	void (*thread)(void *ctx, struct rill_packet_stream *stream,
		       const struct rill_thread *thread);
	/* Once for each pair. */
	void (*metadata)(void *ctx, struct rill_packet_stream *stream, const char *name,
			 const char *args_json);
	void (*snapshot)(void *ctx, struct rill_packet_stream *stream,
			 const struct rill_packet_snapshot *snapshot);
	/* A thread's totals are the sum over its parts of the newest counts. */
	void (*counts)(void *ctx, struct rill_packet_stream *stream,
		       const struct rill_packet_counts *counts);
	void (*totals)(void *ctx, struct rill_packet_stream *stream, const struct rill_stats *stats);
	/* No more of this stream follows. */
	void (*end)(void *ctx, struct rill_packet_stream *stream);
	/* Framed sources: a piece of text between the frames, as a console writes it. No NUL behind it. */
	void (*text)(void *ctx, const char *text, size_t size);
	/* A stretch without a packet. why: a sentence, static. */
	void (*damage)(void *ctx, uint64_t offset, uint64_t bytes, const char *why);
};

struct rill_packet_reader_options {
	bool framed;			/* a line: COBS frames between zeros; else packets one after the other */
	size_t held_bytes_max;		/* of packets that wait; 0: 16 MiB */
	size_t definitions_bytes_max;	/* of all streams together; 0: 64 MiB */
	/* By method, RILL_CODEC_METHODS of them; NULL: packets with this one, or any, cannot be read. Their events
	 * count as missing. */
	const struct rill_codec *const *codecs;
};

struct rill_packet_reader_result {
	uint64_t bytes, packets, events;
	uint64_t gaps, lost;		/* as told in the streams: gaps, and the newest totals */
	uint64_t missing_packets, missing_events;
	uint64_t damaged, damaged_bytes;	/* stretches passed over */
	uint64_t damaged_at;		/* offset of the first; damaged_why says what it was */
	const char *damaged_why;
	uint64_t malformed;		/* packets whose checksum is right and whose content is not */
	uint64_t torn_bytes;		/* of the packet at the end of a cut input */
	uint64_t undefined;		/* events not read: no definition came, or the packet is malformed */
	uint64_t refused;		/* definitions beyond the bound, or of a number that has another meaning */
	uint64_t packed;		/* packets that are compressed, and for which there is no codec */
	uint64_t packed_events;		/* of the missing: certainly in those */
	unsigned packed_methods;	/* of those, a bit 1 << method each */
	uint64_t repeated;		/* packets sent again, right behind the first time */
	uint64_t seen, seen_events;	/* packets that were here before: a file joined twice; counted and delivered once */
	uint64_t belated;		/* packets that came behind later ones: delivered, and no longer missing */
	uint64_t text_bytes;
	uint32_t streams;
	uint64_t newer;			/* packets of a newer major version: passed over */
};

struct rill_packet_reader;

/* NULL: no memory. */
struct rill_packet_reader *rill_packet_reader_new(const struct rill_packet_reader_options *options,
						  const struct rill_packet_reader_ops *ops, void *ctx);
/* More input, in pieces of any size. 0, or -ENOMEM. */
int rill_packet_reader_feed(struct rill_packet_reader *reader, const void *bytes, size_t size);
/* No more follows: what waits is delivered. To be called once, before free. */
int rill_packet_reader_end(struct rill_packet_reader *reader);
/* Valid any time until free. */
const struct rill_packet_reader_result *
rill_packet_reader_result(const struct rill_packet_reader *reader);
void rill_packet_reader_free(struct rill_packet_reader *reader);

/* Do these first bytes of an input look like packets one after the other (1), like framed ones (2),
 * or like neither (0)? At least 64 bytes, or all there are, should be there. */
int rill_packet_guess(const uint8_t *bytes, size_t size);

#endif

/* SPDX-License-Identifier: MIT
 * forward_stream.h - the streams that share an output, and the books of each.
 *
 *     in:   packets with the number of the stream that its program chose; those of two may be the same
 *     out:  each stream has a number of its own, and what was dropped shows
 *
 * A packet goes out as it came, but for the number of its stream, definitions added behind its own,
 * and the checksum. Its sequence and its totals stay the program's: so a reader sees by the sequence
 * how many packets were dropped on the way, and by the totals how many events were in them. Where
 * definitions of dropped packets are needed, or a stream ends with dropped ones, a packet without
 * events takes the sequence of one that was dropped.
 *
 * Used under the lock of forward.h. Nothing here reads or writes.
 */
#ifndef RILL_TOOL_FORWARD_STREAM_H
#define RILL_TOOL_FORWARD_STREAM_H

#include "forward_defined.h"
#include "format/packet.h"

enum { RILL_FORWARD_STREAMS = 256 };

struct rill_forward_totals {
	uint64_t written, lost, base_ns;
};

/* A whole packet of version 1 that waits. */
struct rill_forward_packet {
	struct rill_forward_packet *next;
	struct rill_forward_stream *stream;
	struct rill_forward_totals totals;
	uint32_t size;
	uint16_t sequence, events;
	uint8_t flags;
	uint8_t bytes[];
};

struct rill_forward_stream {
	bool used, attached; /* attached: its program may still send */
	const void *source;  /* where it comes from; NULL: that is gone */
	uint8_t number, in_number;
	uint64_t identity; /* 0: unknown */
	uint32_t pid;
	uint64_t age;    /* of the attachment: the oldest number is used again first */
	unsigned queued; /* packets that wait */
	bool goes_on;    /* we end it, not its program */

	/* by the newest packet that came */
	struct rill_forward_totals came;
	uint16_t came_sequence;

	/* by the newest that went out, or was dropped */
	bool opened;    /* something is out */
	bool first;     /* and if not, it would be the begin of a segment */
	bool closed;    /* the last packet is out */
	bool owes_last; /* it was, and was refused */
	uint16_t next;  /* sequence that the reader expects */
	uint32_t holes; /* packets dropped from there on */
	uint16_t newest_sequence;
	struct rill_forward_totals told, newest;
	struct rill_forward_defined defined;

	/* for people */
	uint64_t events, dropped_events, dropped_packets;
	bool large_said;
};

struct rill_forward_streams {
	struct rill_forward_stream list[RILL_FORWARD_STREAMS]; /* by number */
	uint64_t ages;
	size_t room;  /* a packet made here is not larger, if it can be helped */
	size_t extra; /* so much more may be added to a packet that is as large */
};

/* What goes out, and what is to be taken back if it does not. */
struct rill_forward_out {
	struct rill_forward_stream *stream;
	size_t size;
	uint16_t sequence, events;
	uint8_t flags;
	struct rill_forward_totals told; /* as they were before */
	bool opened, closed;             /* likewise */
	uint8_t bytes[RILL_PACKET_MAX];
};

/* The stream of a packet that has just come from this source. NULL: there are too many. */
struct rill_forward_stream *rill_forward_stream_of(struct rill_forward_streams *streams,
						   const void *source,
						   const struct rill_forward_packet *packet);

/* The packet will never go out. */
void rill_forward_drop(const struct rill_forward_packet *packet, uint64_t now_ns);
/* It goes out, next. False: something else of its stream must go first, and is in *out. */
bool rill_forward_pass(const struct rill_forward_streams *streams,
		       const struct rill_forward_packet *packet, uint64_t now_ns,
		       struct rill_forward_out *out);
/* Does the reader lack something that no packet of the program's may bring any more? */
bool rill_forward_owes(const struct rill_forward_stream *stream);
/* Nothing waits: that is told. False: it knows all. */
bool rill_forward_tell(const struct rill_forward_streams *streams,
		       struct rill_forward_stream *stream, uint64_t now_ns,
		       struct rill_forward_out *out);
/* Ends a stream whose program goes on. False: it has ended, or never begun. */
bool rill_forward_close(const struct rill_forward_streams *streams,
			struct rill_forward_stream *stream, uint64_t now_ns,
			struct rill_forward_out *out);
/* The output did not take it. */
void rill_forward_refused(const struct rill_forward_out *out);
/* There is a new reader. */
void rill_forward_reader_changed(struct rill_forward_streams *streams);
void rill_forward_streams_free(struct rill_forward_streams *streams);

#endif

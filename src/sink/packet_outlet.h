/* SPDX-License-Identifier: MIT
 * packet_outlet.h - the parts of the outlet that writes packets, shared by its files and by nobody else.
 *
 *     packet_outlet.c    the outlet's functions; making one
 *     packet_segment.c   packets into the queue; head, losses and end of a segment
 *     packet_remind.c    on a line: what is told again, as far as the line can afford it
 *
 * Functions that return bool say false where there is no room: each remembers how far it came, and goes
 * on from there when it is called again.
 */
#ifndef RILL_SINK_PACKET_OUTLET_H
#define RILL_SINK_PACKET_OUTLET_H

#include "format/packet.h"
#include "sink/gaps.h"
#include "sink/outlets.h"
#include "sink/packing.h"

struct rill_packet_outlet {
	struct rill_outlet outlet;
	struct rill_queue *queue;
	struct rill_outlet_env env;
	struct rill_packet_writer writer;
	struct rill_packing *packing;	/* NULL: packets stay plain */
	uint8_t *buffer;
	uint64_t identity;
	struct rill_packet_line line;
	uint64_t rotate_bytes, rotate_age_ns;	/* 0: never */
	uint64_t rotate_events;			/* UINT64_MAX: never */
	bool look;		/* something may be due before the next event */
	uint32_t known;		/* entries in the writer's tables when they were looked at */

	/* the current segment */
	unsigned pieces;	/* RILL_PIECE_FIRST until something is committed */
	unsigned flags;		/* RILL_PACKET_FIRST likewise */
	bool closing;		/* its last packet is closed and waits for room */
	bool headed;		/* all of the head is written */
	unsigned metadata_done;
	uint64_t bytes, events, start_ns;

	struct rill_gaps gaps;
	uint64_t round_bytes, round_ns;		/* written since the round began; when it did */
	uint64_t mended_bytes, mended_ns;	/* likewise of the last round that a failure caused */
	uint64_t snapshot_events;		/* written before the last snapshot */
	uint64_t owed_token;			/* of a flush whose packet found no room */
	uint32_t failures, epoch;

	/* lines only: packet_remind.c */
	bool reminding;		/* the stream and its metadata are to be told again, from here on: */
	unsigned reminded;	/* so much of that is done */
	uint64_t reminded_ns;	/* when that began, or a form or thread was put off, last */
	uint64_t credit_ns;	/* when the writer's credit was reckoned last */
};

/* The packet under way goes to the queue. */
bool rill_packet_outlet_send(struct rill_packet_outlet *o, unsigned flags);
/* After a call of the writer that returned `error`: true if it is to be made again, in a new packet. */
bool rill_packet_outlet_again(struct rill_packet_outlet *o, int error);

void rill_packet_outlet_begin_segment(struct rill_packet_outlet *o);
/* Begins a new segment if the sink lost the head of this one, and a round if it lost anything. */
void rill_packet_outlet_heed_failures(struct rill_packet_outlet *o);
bool rill_packet_outlet_head(struct rill_packet_outlet *o);
bool rill_packet_outlet_gaps(struct rill_packet_outlet *o);
/* The writer's tables have room for what may come with the next event. */
bool rill_packet_outlet_tables(struct rill_packet_outlet *o);
/* Definitions are told again when they are due, by what was written. */
void rill_packet_outlet_renew(struct rill_packet_outlet *o);
bool rill_packet_outlet_origin(struct rill_packet_outlet *o);
bool rill_packet_outlet_counts(struct rill_packet_outlet *o);
/* Lines: reckons what may be told again by now, and tells it. */
void rill_packet_outlet_remind(struct rill_packet_outlet *o, uint64_t now_ns);
/* Clocks and totals. */
void rill_packet_outlet_periodic(struct rill_packet_outlet *o, uint64_t now_ns);
/* Ends the segment and begins the next, if that is due. */
bool rill_packet_outlet_rotate(struct rill_packet_outlet *o, uint64_t now_ns);
/* stats: NULL where another segment follows. */
bool rill_packet_outlet_end_segment(struct rill_packet_outlet *o, const struct rill_stats *stats);

#endif

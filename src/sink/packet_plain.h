/* SPDX-License-Identifier: MIT
 * packet_plain.h - the two halves of the outlet that writes plain packets, shared by them and by nobody else.
 *
 *     packet_plain.c        packets into the sink; the outlet's functions; making one
 *     packet_plain_put.c    events, losses and definitions into the packet under way
 */
#ifndef RILL_SINK_PACKET_PLAIN_H
#define RILL_SINK_PACKET_PLAIN_H

#include "sink/outlets.h"

#include "config.h"
#include "format/packet.h"

enum {
	/* Two for each number that a call site may have; the lowest are never given (ring/ring.h). */
	RILL_PLAIN_FORMS = 2 * (CONFIG_RILL_SITES_MAX + 16),
	RILL_PLAIN_THREADS = 16	/* told ones that are remembered; one more than these is told again now and then */
};

struct rill_plain {
	struct rill_outlet outlet;
	struct rill_outlet_env env;
	struct rill_sink sink;
	void (*sink_forked)(const struct rill_sink *sink);
	bool noted;		/* an application's sink that gave its word to return soon (direct.h) */
	uint64_t identity, bytes, written, told_written, lost;
	uint64_t round_bytes;	/* since definitions were told anew */
	uint16_t sequence;
	unsigned pieces;	/* RILL_PIECE_FIRST until the sink has taken something */
	int warned;		/* the error last told */

	/* the packet under way */
	uint8_t *at, *end;	/* records; definitions, which grow towards them */
	uint64_t base, last;
	uint32_t serial, events;
	bool timed, headed;

	uint8_t forms[RILL_PLAIN_FORMS];	/* told, and with which fields */
	uint32_t threads[RILL_PLAIN_THREADS];	/* serials of those that were told */
	uint32_t room;		/* of the whole packet */
	uint8_t buffer[];
};

static inline struct rill_plain *rill_plain(struct rill_outlet *outlet)
{
	return (struct rill_plain *)outlet;
}

/* Sees to it that so much is free, unless no packet has it. */
bool rill_plain_room(struct rill_plain *plain, size_t size);
/* Definitions are told anew from here on. */
void rill_plain_begin_round(struct rill_plain *plain);

/* Whose stream it is, if that is to be told. */
void rill_plain_head(struct rill_plain *plain);
void rill_plain_define_thread(struct rill_plain *plain, const struct rill_thread *thread);
void rill_plain_define_snapshot(struct rill_plain *plain);
void rill_plain_define_totals(struct rill_plain *plain, const struct rill_stats *stats);
/* Members of the outlet. */
int rill_plain_event(struct rill_outlet *outlet, const struct rill_event *event);
void rill_plain_gap(struct rill_outlet *outlet, const struct rill_gap *gap);
void rill_plain_thread(struct rill_outlet *outlet, const struct rill_thread *thread, uint64_t ts_ns);

#endif

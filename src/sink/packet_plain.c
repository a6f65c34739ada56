/* SPDX-License-Identifier: MIT
 * packet_plain.c - events as rill packets in the plainest way that doc/format.md allows, straight into a sink, in place of
 * packet_outlet.c and the writer behind it (CONFIG_RILL_PACKET_PLAIN).
 *
 *     event() -> packet under way -- full, or flush --> sink
 *
 * Definitions are told once, and again after ROUND_BYTES (packet_plain_put.c), and when the sink has refused something. An event is taken
 * always: what the sink then refuses is lost and counted with its packet.
 */
#include "sink/packet_plain.h"

#include "format/crc32c.h"
#include "format/varint.h"
#include "port/port.h"
#include "sink/direct.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- packets into the sink ------------------------------------------------------------------------ */

static void begin_packet(struct rill_plain *o)
{
	o->at = o->buffer + RILL_PACKET_HEAD + RILL_PACKET_COUNTS;
	o->end = o->buffer + o->room;
	o->serial = o->events = 0;
	o->timed = false;
}

void rill_plain_begin_round(struct rill_plain *o)
{
	memset(o->forms, 0, sizeof o->forms);
	memset(o->threads, 0, sizeof o->threads);
	o->headed = false;
	o->round_bytes = 0;
}

static size_t close_packet(struct rill_plain *o, unsigned flags)
{
	const size_t definitions = (size_t)(o->buffer + o->room - o->end);
	uint8_t *const head = o->buffer;
	size_t size;
	uint32_t crc;

	memmove(o->at, o->end, definitions);
	size = (size_t)(o->at - head) + definitions;
	head[0] = RILL_PACKET_MAGIC_0;
	head[1] = RILL_PACKET_MAGIC_1;
	head[RILL_PACKET_AT_VERSION] = (uint8_t)(RILL_PACKET_VERSION << 4 | flags);
	head[RILL_PACKET_AT_STREAM] = (uint8_t)o->identity;
	rill_le16_put(head + RILL_PACKET_AT_LENGTH, (uint16_t)(size - RILL_PACKET_HEAD));
	rill_le16_put(head + RILL_PACKET_AT_SEQUENCE, o->sequence++);
	rill_le64_put(head + RILL_PACKET_AT_BASE, o->timed ? o->base : o->last);
	rill_le64_put(head + RILL_PACKET_AT_WRITTEN, o->written);
	rill_le64_put(head + RILL_PACKET_AT_LOST, o->lost);
	rill_le16_put(head + RILL_PACKET_HEAD, (uint16_t)o->events);
	rill_le16_put(head + RILL_PACKET_HEAD + 2, (uint16_t)definitions);
	crc = rill_crc32c(RILL_CRC32C_BEGIN, head, RILL_PACKET_AT_CRC);
	crc = ~rill_crc32c(crc, head + RILL_PACKET_HEAD, size - RILL_PACKET_HEAD);
	rill_le32_put(head + RILL_PACKET_AT_CRC, crc);
	return size;
}

static int call_sink(struct rill_plain *o, size_t size, unsigned pieces)
{
	const unsigned call = o->noted ? rill_direct_begin(o->sink.ops->name) : 0;
	const int error = o->sink.ops->write(o->sink.ctx, o->buffer, size, pieces);

	if (o->noted)
		rill_direct_end(call);
	return error;
}

/* What the packet defined is not known now, so all is told anew. */
static void lose_packet(struct rill_plain *o, int error)
{
	if (o->warned != error)
		rill_warn("cannot write to %s: %s: events are counted as lost until it can be written again; the program goes on",
			  o->sink.ops->name, strerror(-error));
	o->warned = error;
	if (error == -ENOTCONN)		/* the next reader finds a head first */
		o->pieces = RILL_PIECE_FIRST;
	rill_plain_begin_round(o);
	if (o->events)
		o->env.lost(o->env.session, o->events);
}

static void send(struct rill_plain *o, unsigned pieces)
{
	const unsigned last = pieces & RILL_PIECE_LAST ? RILL_PACKET_LAST : 0;
	const size_t size = close_packet(o, last | (o->pieces ? RILL_PACKET_FIRST : 0u));
	const int error = call_sink(o, size, o->pieces | pieces);

	if (error) {
		lose_packet(o, error);
	} else {
		o->bytes += size;
		o->round_bytes += size;
		o->pieces = 0;
	}
	begin_packet(o);
}

bool rill_plain_room(struct rill_plain *o, size_t size)
{
	if ((size_t)(o->end - o->at) < size)
		send(o, 0);
	return (size_t)(o->end - o->at) >= size;
}

/* ---- flush and stop ------------------------------------------------------------------------------- */

static void plain_flush(struct rill_outlet *outlet, uint64_t token)
{
	struct rill_plain *o = rill_plain(outlet);

	(void)token;	/* done with the return */
	if (o->written != o->told_written)
		rill_plain_define_snapshot(o);
	if (o->at > o->buffer + RILL_PACKET_HEAD + RILL_PACKET_COUNTS || o->end < o->buffer + o->room)
		send(o, RILL_PIECE_FLUSH);
}

static bool plain_done(struct rill_outlet *outlet, uint64_t token, uint32_t timeout_ms)
{
	(void)outlet;
	(void)token;
	(void)timeout_ms;
	return true;
}

static void close_sink(struct rill_plain *o)
{
	const unsigned call = o->noted ? rill_direct_begin(o->sink.ops->name) : 0;

	if (o->sink.ops->close)
		o->sink.ops->close(o->sink.ctx);
	if (o->noted)
		rill_direct_end(call);
}

static void plain_stop(struct rill_outlet *outlet, const struct rill_stats *stats)
{
	struct rill_plain *o = rill_plain(outlet);

	rill_plain_head(o);
	rill_plain_define_snapshot(o);
	rill_plain_define_totals(o, stats);
	send(o, RILL_PIECE_LAST | RILL_PIECE_FLUSH);
	close_sink(o);
	if (o->noted)
		rill_direct_closed();
	free(o);
}

static void plain_forked(struct rill_outlet *outlet)
{
	struct rill_plain *o = rill_plain(outlet);

	if (o->sink_forked)
		o->sink_forked(&o->sink);
}

static uint64_t plain_bytes(struct rill_outlet *outlet)
{
	return rill_plain(outlet)->bytes;
}

static uint32_t plain_segments(struct rill_outlet *outlet)
{
	return !rill_plain(outlet)->pieces;
}

static const char *plain_where(struct rill_outlet *outlet)
{
	const struct rill_sink *sink = &rill_plain(outlet)->sink;

	return sink->ops->where ? sink->ops->where(sink->ctx) : "";
}

static const struct rill_outlet_ops ops = {
	.event = rill_plain_event,
	.gap = rill_plain_gap,
	.thread = rill_plain_thread,
	.flush = plain_flush,
	.done = plain_done,
	.stop = plain_stop,
	.forked = plain_forked,
	.bytes = plain_bytes,
	.segments = plain_segments,
	.where = plain_where,
};

/* ---- making one ----------------------------------------------------------------------------------- */

static struct rill_plain *make(const struct rill_session_options *options, const struct rill_queue_options *queue)
{
	const uint32_t room = options->packet_bytes ? options->packet_bytes : CONFIG_RILL_PACKET_BYTES;
	struct rill_plain *o = calloc(1, sizeof *o + room);

	if (!o)
		return NULL;
	o->outlet.ops = &ops;
	o->env = *queue->env;
	o->sink = queue->sink;
	o->sink_forked = queue->sink_forked;
	o->noted = RILL_ON(CONFIG_RILL_SINK_CUSTOM) && !queue->own_sink && queue->sink.ops->write_time_max_ms;
	o->room = room < RILL_PACKET_MAX ? room : (uint32_t)RILL_PACKET_MAX;
	o->pieces = RILL_PIECE_FIRST;
	/* Tells this stream from others of this machine; the multiplier spreads it over the upper bits. */
	o->identity = ((rill_port_realtime_ns() ^ (uint64_t)o->env.pid << 40) + o->env.start_ns) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	begin_packet(o);
	return o;
}

int rill_packet_outlet(const struct rill_session_options *options, const struct rill_queue_options *queue,
		       const struct rill_packet_line *line, struct rill_outlet **outlet)
{
	struct rill_plain *o = make(options, queue);
	int error = o && o->sink.ops->open ? o->sink.ops->open(o->sink.ctx) : 0;

	(void)line;
	*outlet = NULL;
	if (!o || error < 0) {
		if (queue->own_sink && queue->sink.ops->close)
			queue->sink.ops->close(queue->sink.ctx);
		free(o);
		return o ? error : rill_fail(ENOMEM, "no memory for a session that writes packets");
	}
	if (o->noted)
		rill_direct_opened();
	rill_plain_head(o);	/* whose stream it is stands in the file from here on */
	send(o, RILL_PIECE_FLUSH);
	*outlet = &o->outlet;
	return 0;
}

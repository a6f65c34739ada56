/* SPDX-License-Identifier: MIT
 * to_rill.c - a trace as rill packets.
 *
 * From packets, whole: every packet as it stands, but for repetitions; losses stay visible in their
 * sequence. From JSON, or a part of a trace: a stream of its own for each process, with its own
 * totals.
 */
#include "format.h"
#include "to_rill.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { STREAMS = 256, SEND_ALL = 32 };

struct to_rill {
	struct rill_written written;
	struct rill_output out;
	struct rill_to_pack pack;
	uint64_t salt;
	bool copying;
	struct rill_to_stream *streams[STREAMS];
	unsigned last, packets; /* of all streams, when all were sent last */
};

static void take_packet(void *ctx, const struct rill_packet *packet)
{
	struct to_rill *const t = ctx;

	t->copying = true;
	if (packet->again)
		return;
	rill_to_pack_again(&t->pack, packet);
	t->written.events += packet->events;
}

/* The part of a stream is another stream: it has another sequence. */
static uint64_t with_salt(uint64_t identity, uint64_t salt)
{
	uint64_t z = identity ^ salt;

	if (!salt)
		return identity;
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9); /* splitmix64's mixing step */
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return z ? z : 1;
}

static struct rill_to_stream *stream_of(struct to_rill *t, const struct rill_packet_stream *known)
{
	struct rill_to_stream **const place = &t->streams[known->number];
	struct rill_packet_origin origin = known->origin;

	if (!*place) {
		origin.identity = with_salt(origin.identity, t->salt);
		*place = rill_to_stream_new(&t->pack, &origin, known->number);
	}
	return *place;
}

/* A stream that says little must not stay behind the others for long. */
static void send_all_in_time(struct to_rill *t, const struct rill_packet_stream *known)
{
	if (known->number == t->last)
		return;
	t->last = known->number;
	if (++t->packets % SEND_ALL)
		return;
	for (unsigned i = 0; i < STREAMS; i++)
		if (t->streams[i] && t->streams[i]->writer.events)
			rill_to_stream_send(t->streams[i]);
}

static void take_event(void *ctx, struct rill_packet_stream *known, const struct rill_event *event)
{
	struct to_rill *const t = ctx;

	if (t->copying)
		return;
	t->written.events += rill_to_stream_event(stream_of(t, known), event);
	send_all_in_time(t, known);
}

static void take_gap(void *ctx, struct rill_packet_stream *known, const struct rill_gap *gap)
{
	struct to_rill *const t = ctx;

	if (!t->copying)
		rill_to_stream_gap(stream_of(t, known), gap);
}

static void take_missing(void *ctx, struct rill_packet_stream *known,
			 const struct rill_packet_missing *missing)
{
	struct to_rill *const t = ctx;
	const struct rill_gap gap = {
		.count = missing->events,
		.before_ns = missing->before_ns,
		.after_ns = missing->after_ns,
		.cause = RILL_CAUSES,
	};

	if (!t->copying && missing->events)
		rill_to_stream_gap(stream_of(t, known), &gap);
}

static void take_thread(void *ctx, struct rill_packet_stream *known,
			const struct rill_thread *thread)
{
	struct to_rill *const t = ctx;

	if (!t->copying && known->has_origin)
		rill_to_stream_thread(stream_of(t, known), thread);
}

static void take_metadata(void *ctx, struct rill_packet_stream *known, const char *name,
			  const char *args_json)
{
	struct to_rill *const t = ctx;

	if (!t->copying && known->has_origin)
		rill_to_stream_metadata(stream_of(t, known), name, args_json);
}

static void take_snapshot(void *ctx, struct rill_packet_stream *known,
			  const struct rill_packet_snapshot *snapshot)
{
	struct to_rill *const t = ctx;

	if (!t->copying && known->has_origin)
		rill_to_stream_snapshot(stream_of(t, known), snapshot);
}

static void take_end(void *ctx, struct rill_packet_stream *known)
{
	struct to_rill *const t = ctx;

	if (t->streams[known->number])
		rill_to_stream_end(t->streams[known->number]);
	t->streams[known->number] = NULL;
}

/* ---- the format's functions ----------------------------------------------------------------- */

static void *open_rill(const struct rill_format_options *options, int *code)
{
	struct to_rill *const t =
		rill_format_open(options, sizeof *t, offsetof(struct to_rill, out), code);

	if (!t)
		return NULL;
	t->salt = options->salt;
	rill_to_pack_open(&t->pack, &t->out, options->compress_given, options->compress);
	return t;
}

static void flush_rill(void *state)
{
	struct to_rill *const t = state;

	for (unsigned i = 0; i < STREAMS; i++)
		if (t->streams[i])
			rill_to_stream_send(t->streams[i]);
	rill_output_flush(&t->out);
}

static int close_rill(void *state, bool keep)
{
	struct to_rill *const t = state;
	const int code = rill_output_close(&t->out, keep);

	rill_to_pack_close(&t->pack);
	free(t);
	return code;
}

const struct rill_output_format rill_format_rill = {
	.name = "rill",
	.extensions = ".rill.",
	.open = open_rill,
	.ops = {
		.stream = {
			.packet = take_packet,
			.event = take_event,
			.gap = take_gap,
			.missing = take_missing,
			.thread = take_thread,
			.metadata = take_metadata,
			.snapshot = take_snapshot,
			.end = take_end,
		},
	},
	.flush = flush_rill,
	.close = close_rill,
};

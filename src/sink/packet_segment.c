/* SPDX-License-Identifier: MIT
 * packet_segment.c - packets into the queue, and what stands in a segment besides events: its head, losses,
 * clocks, totals, its end.
 *
 * Definitions are told anew (a round) in every segment, after so many bytes or seconds, and after the sink has
 * refused something: a reader may have come late, or may lack what was said once. On a line packet_remind.c decides when.
 */
#include "sink/packet_outlet.h"

#include "config.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	FORMS_MAX = 65536,
	THREADS_MAX = 4096, /* 36 and 32 bytes each */
	ROUND_BYTES = 1 << 20,
	MEND_BYTES = 16 << 10,
	CLOCK_LOOKS = 4
};
static const uint64_t ROUND_NS = UINT64_C(10000000000), MEND_NS = UINT64_C(2000000000);

/* ---- packets into the queue ------------------------------------------------------------------- */

/* The packet under way goes to the queue. False: there is no room. */
bool rill_packet_outlet_send(struct rill_packet_outlet *o, unsigned flags)
{
	size_t size, packed;
	char *at;

	if (!o->closing)
		rill_packet_outlet_heed_failures(o);
	size = rill_packet_close(&o->writer, o->flags | flags);
	o->look = true;
	if (!size)
		return true;
	at = rill_queue_room(o->queue, size);
	if (!at)
		return false;
	packed = rill_packing_pack(o->packing, o->buffer, size, (uint8_t *)at, size);
	if (packed)
		size = packed;
	else
		memcpy(at, o->buffer, size);
	rill_queue_commit(o->queue, size, o->writer.events,
			  o->pieces | (flags & RILL_PACKET_LAST ? RILL_PIECE_LAST : 0u));
	o->bytes += size;
	o->round_bytes += size;
	o->mended_bytes += size;
	o->pieces = o->flags = 0;
	rill_packet_next(&o->writer);
	if (o->owed_token) {
		rill_queue_flush(o->queue, o->owed_token);
		o->owed_token = 0;
	}
	return true;
}

/* After a call of the writer that said `error`: true if the same call is to be made again, in a new
 * packet. */
bool rill_packet_outlet_again(struct rill_packet_outlet *o, int error)
{
	return error == -ENOBUFS && rill_packet_outlet_send(o, 0);
}

/* ---- the head of a segment -------------------------------------------------------------------- */

static void begin_round(struct rill_packet_outlet *o)
{
	rill_packet_repeat(&o->writer);
	o->look = true;
	o->headed = false;
	o->metadata_done = 0;
	o->round_bytes = 0;
	o->round_ns = o->credit_ns = rill_port_monotonic_ns();
	o->reminding = false;
}

void rill_packet_outlet_begin_segment(struct rill_packet_outlet *o)
{
	begin_round(o);
	o->pieces = RILL_PIECE_FIRST;
	o->flags = RILL_PACKET_FIRST;
	o->closing = false;
	o->bytes = o->events = 0;
	o->start_ns = o->round_ns;
}

/* All clocks at one moment, as near to each other as a few looks get them. */
static void look_at_clocks(struct rill_packet_outlet *o, struct rill_packet_snapshot *best)
{
	best->uncertainty_ns = UINT64_MAX;
	for (unsigned i = 0; i < CLOCK_LOOKS; i++) {
		const uint64_t before = rill_port_monotonic_ns();
		struct rill_packet_snapshot s = {
			.raw_ns = rill_port_raw_ns(),
			.boottime_ns = rill_port_boottime_ns(),
			.ticks = rill_clock()->read_ordered(),
			.realtime_ns = rill_port_realtime_ns(),
			.epoch = o->epoch,
		};
		const uint64_t took = rill_port_monotonic_ns() - before;

		s.monotonic_ns = before + took / 2;
		s.uncertainty_ns = took / 2 + 1;
		if (s.uncertainty_ns < best->uncertainty_ns)
			*best = s;
	}
}

static bool write_snapshot(struct rill_packet_outlet *o)
{
	struct rill_packet_snapshot snapshot;
	int error;

	look_at_clocks(o, &snapshot);
	do
		error = rill_packet_snapshot(&o->writer, &snapshot);
	while (rill_packet_outlet_again(o, error));
	o->snapshot_events = error ? o->snapshot_events : o->writer.written;
	return !error;
}

struct metadata_writer {
	struct rill_packet_outlet *o;
	unsigned seen;
	bool full;
};

static void take_metadata(void *ctx, const char *name, const char *args_json)
{
	struct metadata_writer *const writer = ctx;
	struct rill_packet_outlet *const o = writer->o;
	int error;

	if (writer->full || writer->seen++ < o->metadata_done)
		return;
	do
		error = rill_packet_metadata(&o->writer, name, args_json);
	while (rill_packet_outlet_again(o, error));
	/* What no packet can hold is left out, like what no line of JSON can. */
	writer->full = error == -ENOBUFS;
	o->metadata_done += !writer->full;
}

bool rill_packet_outlet_origin(struct rill_packet_outlet *o)
{
	const struct rill_packet_origin origin = {
		.identity = o->identity,
		.start_ns = o->env.start_ns,
		.pid = o->env.pid,
		.session = o->env.session_name ? o->env.session_name : "",
		.version = RILL_VERSION,
	};
	int error;

	do
		error = rill_packet_stream(&o->writer, &origin);
	while (rill_packet_outlet_again(o, error));
	return error != -ENOBUFS;
}

bool rill_packet_outlet_head(struct rill_packet_outlet *o)
{
	struct metadata_writer writer = { .o = o };

	if (o->headed)
		return true;
	if (o->metadata_done == 0 && !rill_packet_outlet_origin(o))
		return false;
	o->env.each_metadata(take_metadata, &writer);
	o->headed = !writer.full && write_snapshot(o);
	if (o->headed)
		o->writer.credit = 0;
	return o->headed;
}

/* A head that the sink refused is written anew; after any refusal definitions given so far may be
 * missing. But a sink that refuses often must not be given much more for it. */
void rill_packet_outlet_heed_failures(struct rill_packet_outlet *o)
{
	const uint32_t failures = rill_queue_failures(o->queue);
	uint64_t now_ns;

	if (rill_queue_take_restart(o->queue))
		rill_packet_outlet_begin_segment(o);
	if (failures == o->failures)
		return;
	now_ns = rill_port_monotonic_ns();
	if (o->mended_ns && o->mended_bytes < MEND_BYTES && now_ns - o->mended_ns < MEND_NS)
		return;
	o->failures = failures;
	o->mended_ns = now_ns;
	o->mended_bytes = 0;
	begin_round(o);
}

/* ---- tables, totals, losses ------------------------------------------------------------------- */

/* Without memory the table stays as it is: events then carry their form. */
static void grow_forms(struct rill_packet_outlet *o)
{
	struct rill_packet_form *const old = o->writer.options.forms;
	const uint32_t size = 2 * o->writer.options.forms_size;
	struct rill_packet_form *const forms =
		size <= FORMS_MAX ? calloc(size, sizeof *forms) : NULL;

	if (!forms)
		return;
	rill_packet_move_forms(&o->writer, forms, size);
	free(old);
}

static bool grow_threads(struct rill_packet_outlet *o)
{
	struct rill_packet_thread *const old = o->writer.options.threads;
	const uint32_t size = 2 * o->writer.options.threads_size;
	struct rill_packet_thread *const threads =
		size <= THREADS_MAX ? calloc(size, sizeof *threads) : NULL;

	if (!threads)
		return false;
	rill_packet_move_threads(&o->writer, threads, size);
	free(old);
	return true;
}

bool rill_packet_outlet_counts(struct rill_packet_outlet *o)
{
	int error;

	do
		error = rill_packet_counts(&o->writer);
	while (rill_packet_outlet_again(o, error));
	return !error;
}

/* The writer's tables have room for what may come with the next event. */
bool rill_packet_outlet_tables(struct rill_packet_outlet *o)
{
	o->known = o->writer.forms + o->writer.threads;
	if (rill_packet_forms_full(&o->writer))
		grow_forms(o);
	if (!rill_packet_threads_full(&o->writer) || grow_threads(o))
		return true;
	/* Threads come and go: what they have done so far is told, and the list begins anew. */
	if (!rill_packet_outlet_counts(o))
		return false;
	rill_packet_forget_threads(&o->writer);
	return true;
}

bool rill_packet_outlet_gaps(struct rill_packet_outlet *o)
{
	unsigned done = 0;
	int error = 0;

	if (o->gaps.count && !rill_packet_outlet_tables(o))
		return false;
	for (; !error && done < o->gaps.count; done += !error) {
		do
			error = rill_packet_gap(&o->writer, &o->gaps.list[done]);
		while (rill_packet_outlet_again(o, error));
	}
	if (done)
		rill_gaps_drop(&o->gaps, done);
	return o->gaps.count == 0;
}

/* ---- segments --------------------------------------------------------------------------------- */

/* The last packet of a segment is closed with all that is in it, so it is made at one go: what
 * comes before it is sent first. */
bool rill_packet_outlet_end_segment(struct rill_packet_outlet *o, const struct rill_stats *stats)
{
	int error = 0;

	if (!o->closing) {
		if (!rill_packet_outlet_head(o) || !rill_packet_outlet_gaps(o) ||
		    !rill_packet_outlet_counts(o) || !write_snapshot(o))
			return false;
		do
			error = stats ? rill_packet_totals(&o->writer, stats) : 0;
		while (rill_packet_outlet_again(o, error));
		if (error)
			return false;
		rill_packet_close(&o->writer, o->flags | RILL_PACKET_LAST);
		o->closing = true;
	}
	return rill_packet_outlet_send(o, RILL_PACKET_LAST);
}

/* Files without an event are not closed for the next: a program that rests would fill the disk with
 * heads. */
static bool rotation_due(const struct rill_packet_outlet *o, uint64_t now_ns)
{
	const uint64_t bytes = o->bytes + (uint64_t)(o->writer.at - o->buffer);

	if (o->closing)
		return true;
	if (o->events == 0)
		return false;
	return o->events >= o->rotate_events ||
	       (o->rotate_bytes && bytes >= o->rotate_bytes) ||
	       (o->rotate_age_ns && now_ns > o->start_ns &&
		now_ns - o->start_ns >= o->rotate_age_ns);
}

bool rill_packet_outlet_rotate(struct rill_packet_outlet *o, uint64_t now_ns)
{
	if (!rotation_due(o, now_ns))
		return true;
	if (!rill_packet_outlet_end_segment(o, NULL))
		return false;
	rill_packet_outlet_begin_segment(o);
	return true;
}

/* ---- while a segment is under way ---------------------------------------------------------------- */

void rill_packet_outlet_renew(struct rill_packet_outlet *o)
{
	if (o->round_bytes < ROUND_BYTES || !o->headed)
		return;
	begin_round(o);
	rill_packet_outlet_counts(o);
}

/* Told while something happens: a program that rests writes nothing. */
void rill_packet_outlet_periodic(struct rill_packet_outlet *o, uint64_t now_ns)
{
	if (o->writer.written == o->snapshot_events)
		return;
	if (RILL_ON(CONFIG_RILL_SINK_SERIAL) && o->line.bytes_per_second) {
		rill_packet_outlet_remind(o, now_ns);
		write_snapshot(o);
	} else if (now_ns - o->round_ns >= ROUND_NS) {
		begin_round(o);
		rill_packet_outlet_counts(o);
		rill_packet_outlet_head(o);
	} else {
		write_snapshot(o);
	}
}

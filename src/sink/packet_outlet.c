/* SPDX-License-Identifier: MIT
 * packet_outlet.c - events as rill packets, in segments (files), each readable by itself.
 *
 *     event() -> packet under way -- full, or flush --> the queue's buffer -> sink
 *
 * A packet is closed where it is and then copied, so that a queue without room leaves it as it is and
 * the event is refused; the next one tries again.
 */
#include "sink/packet_outlet.h"

#include "config.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 64 };	/* at first */

_Static_assert(RILL_IS_POWER_OF_TWO(CONFIG_RILL_PACKET_FORMS),
	       "CONFIG_RILL_PACKET_FORMS: a power of two is wanted, since a form is found by a mask");

static struct rill_packet_outlet *packet_outlet(struct rill_outlet *outlet)
{
	return (struct rill_packet_outlet *)outlet;
}

/* ---- events ------------------------------------------------------------------------------------- */

/* Larger than any packet, texts cut and all: accepted, and lost by us. */
static __attribute__((noinline)) int lose(struct rill_packet_outlet *o, const struct rill_event *event)
{
	rill_gaps_add_big(&o->gaps, event);
	o->look = true;
	o->env.lost(o->env.session, 1);
	return 0;
}

/* The notice that comes with each jump of the clock tells its number. */
static __attribute__((noinline)) void heed_epoch(struct rill_packet_outlet *o, const struct rill_event *event)
{
	if (event->site == 0 && !event->thread && event->nargs &&
	    !strcmp(event->name, "clock jumped") && !strcmp(event->category, "rill") &&
	    !strcmp(event->args[0].name, "epoch"))
		o->epoch = (uint32_t)event->args[0].u;
}

/* Everything that must be done before the next event. Looked at once for each packet, and when
 * something has happened: an event is too short to ask all this each time. */
static __attribute__((noinline)) bool make_ready(struct rill_packet_outlet *o, uint64_t now_ns)
{
	rill_packet_outlet_heed_failures(o);
	if (!rill_packet_outlet_rotate(o, now_ns))
		return false;
	if (RILL_ON(CONFIG_RILL_SINK_SERIAL) && o->line.bytes_per_second)
		rill_packet_outlet_remind(o, now_ns);
	else
		rill_packet_outlet_renew(o);
	if (!rill_packet_outlet_head(o) || !rill_packet_outlet_gaps(o) ||
	    !rill_packet_outlet_tables(o))
		return false;
	o->look = false;
	return true;
}

/* The packet under way has no room for it, or none has. */
static __attribute__((noinline)) int give_again(struct rill_packet_outlet *o, const struct rill_event *event, int error)
{
	while (rill_packet_outlet_again(o, error))
		error = rill_packet_event_like(&o->writer, event, o->outlet.kind);
	return error;
}

static int packet_event(struct rill_outlet *outlet, const struct rill_event *event)
{
	struct rill_packet_outlet *o = packet_outlet(outlet);
	int error;

	if ((o->look || o->events >= o->rotate_events) && !make_ready(o, event->ts_ns))
		return -ENOBUFS;
	error = rill_packet_event_like(&o->writer, event, outlet->kind);
	if (error)
		error = give_again(o, event, error);
	if (error)
		return error == -EMSGSIZE ? lose(o, event) : -ENOBUFS;
	o->events++;
	o->look |= o->writer.forms + o->writer.threads != o->known;
	if (!event->thread)
		heed_epoch(o, event);
	return 0;
}

static void packet_gap(struct rill_outlet *outlet, const struct rill_gap *gap)
{
	struct rill_packet_outlet *o = packet_outlet(outlet);

	rill_packet_outlet_heed_failures(o);
	rill_gaps_add(&o->gaps, gap);
	o->look = true;
	if (!o->closing && rill_packet_outlet_head(o))
		rill_packet_outlet_gaps(o);
}

static void packet_thread(struct rill_outlet *outlet, const struct rill_thread *thread,
			  uint64_t ts_ns)
{
	struct rill_packet_outlet *o = packet_outlet(outlet);
	int error;

	(void)ts_ns;
	rill_packet_outlet_heed_failures(o);
	if (o->closing || !rill_packet_outlet_head(o) || !rill_packet_outlet_tables(o))
		return;
	do
		error = rill_packet_thread(&o->writer, thread);
	while (rill_packet_outlet_again(o, error));
}

static void packet_flush(struct rill_outlet *outlet, uint64_t token)
{
	struct rill_packet_outlet *o = packet_outlet(outlet);
	const uint64_t now_ns = rill_port_monotonic_ns();

	rill_packet_outlet_heed_failures(o);
	if (rill_packet_outlet_rotate(o, now_ns) && rill_packet_outlet_head(o)) {
		rill_packet_outlet_gaps(o);
		rill_packet_outlet_periodic(o, now_ns);
	}
	if (!o->closing && rill_packet_outlet_send(o, 0)) {
		rill_queue_flush(o->queue, token);
		return;
	}
	/* The queue goes, but what was promised is not done before this packet has followed. */
	if (token > o->owed_token)
		o->owed_token = token;
	rill_queue_flush(o->queue, 0);
}

static bool packet_done(struct rill_outlet *outlet, uint64_t token, uint32_t timeout_ms)
{
	return rill_queue_done(packet_outlet(outlet)->queue, token, timeout_ms);
}

static void free_outlet(struct rill_packet_outlet *o)
{
	free(o->writer.options.forms);
	free(o->writer.options.threads);
	free(o->buffer);
	rill_packing_close(o->packing);
	free(o);
}

static void packet_stop(struct rill_outlet *outlet, const struct rill_stats *stats)
{
	struct rill_packet_outlet *o = packet_outlet(outlet);

	rill_queue_closing(o->queue);
	rill_packet_outlet_heed_failures(o);
	if (!rill_packet_outlet_end_segment(o, stats) && o->writer.events)
		o->env.lost(o->env.session, o->writer.events);
	rill_queue_stop(o->queue);
	free_outlet(o);
}

static void packet_forked(struct rill_outlet *outlet)
{
	rill_queue_forked(packet_outlet(outlet)->queue);
}

static uint64_t packet_bytes(struct rill_outlet *outlet)
{
	return rill_queue_bytes(packet_outlet(outlet)->queue);
}

static uint32_t packet_segments(struct rill_outlet *outlet)
{
	return rill_queue_segments(packet_outlet(outlet)->queue);
}

static const char *packet_where(struct rill_outlet *outlet)
{
	return rill_queue_where(packet_outlet(outlet)->queue);
}

static const struct rill_outlet_ops packet_ops = {
	.event = packet_event,
	.gap = packet_gap,
	.thread = packet_thread,
	.flush = packet_flush,
	.done = packet_done,
	.stop = packet_stop,
	.forked = packet_forked,
	.bytes = packet_bytes,
	.segments = packet_segments,
	.where = packet_where,
};

/* ---- making one ---------------------------------------------------------------------------------- */

/* Tells this stream from all others, of this program and machine too. */
static uint64_t make_identity(const struct rill_outlet_env *env)
{
	uint64_t z = rill_port_realtime_ns() + ((uint64_t)env->pid << 32) + env->start_ns;

	/* The mixing step of splitmix64: neighbouring times give unlike numbers. */
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return z ? z : 1;
}

static uint32_t usual_bytes(const struct rill_session_options *options, uint32_t most)
{
	const uint32_t bytes =
		options->packet_bytes ? options->packet_bytes : CONFIG_RILL_PACKET_BYTES;

	return bytes < most ? bytes : most;
}

/* The largest power of two that is not more. */
static uint8_t shift_of(uint32_t unit_ns)
{
	uint8_t shift = 0;

	while (unit_ns >> shift > 1)
		shift++;
	return shift;
}

static struct rill_packet_outlet *make(const struct rill_session_options *options,
				       const struct rill_queue_options *queue,
				       const struct rill_packet_line *line)
{
	const size_t room = queue->buffer_bytes;
	struct rill_packet_outlet *o = calloc(1, sizeof(*o));
	struct rill_packet_options packets = { .pid = queue->env->pid,
					       .forms_size = CONFIG_RILL_PACKET_FORMS,
					       .threads_size = THREADS };

	if (!o)
		return NULL;
	o->outlet.ops = &packet_ops;
	o->env = *queue->env;
	o->line = *line;
	o->identity = make_identity(queue->env);
	o->rotate_bytes = options->rotate_bytes;
	o->rotate_events = options->rotate_events ? options->rotate_events : UINT64_MAX;
	o->rotate_age_ns = options->rotate_age_ms * 1000000ull;
	packets.buffer_bytes = room < RILL_PACKET_MAX ? (uint32_t)room : RILL_PACKET_MAX;
	packets.packet_bytes = usual_bytes(options, packets.buffer_bytes);
	packets.stream = (uint8_t)o->identity;
	packets.unit_shift = shift_of(line->unit_ns);
	packets.buffer = o->buffer = malloc(packets.buffer_bytes);
	packets.forms = calloc(packets.forms_size, sizeof(*packets.forms));
	packets.threads = calloc(packets.threads_size, sizeof(*packets.threads));
	o->writer.options = packets;
	if (packets.buffer && packets.forms && packets.threads) {
		rill_packet_init(&o->writer, &packets);
		return o;
	}
	free_outlet(o);
	return NULL;
}

int rill_packet_outlet(const struct rill_session_options *options,
		       const struct rill_queue_options *queue, const struct rill_packet_line *line,
		       struct rill_outlet **outlet)
{
	struct rill_packing *packing;
	struct rill_packet_outlet *o = NULL;
	int error = rill_packing_open(options->compress, &packing);

	*outlet = NULL;
	if (!error) {
		o = make(options, queue, line);
		if (!o)
			error = rill_fail(ENOMEM, "no memory for a session that writes packets");
	}
	if (!o) {
		rill_packing_close(packing);
		if (queue->own_sink)
			queue->sink.ops->close(queue->sink.ctx);
		return error;
	}
	o->packing = packing;
	error = rill_queue_open(queue, &o->queue);
	if (error < 0) {
		free_outlet(o);
		return error;
	}
	/* Whose stream it is stands in the file from here on. */
	rill_packet_outlet_begin_segment(o);
	if (rill_packet_outlet_head(o))
		rill_packet_outlet_send(o, 0);
	rill_queue_flush(o->queue, 0);
	rill_queue_headed(o->queue);
	*outlet = &o->outlet;
	return 0;
}

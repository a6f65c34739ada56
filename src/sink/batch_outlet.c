/* SPDX-License-Identifier: MIT
 * batch_outlet.c - decoded events to an application's callback, in batches, on a thread of its
 * own.
 *
 *     route: event() -> flat copy in the queue's buffer -> writer thread: batches -> the
 *     callback
 *
 * The queue does what it does for files: a slow callback fills its two buffers, then its session
 * refuses events and loses its own. The callback holds no lock of rill's, so it may emit and
 * call whatever it likes.
 */
#include "port/port.h"
#include "sink/flat.h"
#include "sink/gaps.h"
#include "sink/outlets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_EVENTS_MAX = 128, BATCH_GAPS_MAX = 32 };

/* The queue's sink; it belongs to the writer thread and is freed by its close, which may be
 * after the outlet. */
struct batch_sink {
	struct rill_queue *queue;
	rill_subscriber *subscriber;
	void *subscriber_ctx;
	struct rill_batch batch;	/* over the arrays below */
	struct rill_event events[BATCH_EVENTS_MAX];
	struct rill_gap gaps[BATCH_GAPS_MAX];
	size_t gap_at[BATCH_GAPS_MAX];
};

struct batch_outlet {
	struct rill_outlet outlet;
	struct rill_queue *queue;
	struct rill_gaps gaps;
};

/* ---- the writer thread's side ---------------------------------------------------------------- */

/* False: the session has stopped without waiting for this one, so the callback may not be called
 * again. */
static bool deliver(struct batch_sink *sink)
{
	size_t count = sink->batch.count;

	if (count == 0 && sink->batch.gap_count == 0)
		return true;
	sink->subscriber(sink->subscriber_ctx, &sink->batch);
	sink->batch.count = sink->batch.gap_count = 0;
	return rill_queue_delivered(sink->queue, count);
}

static bool take(struct batch_sink *sink, const struct rill_flat *flat)
{
	struct rill_batch *batch = &sink->batch;

	if (flat->is_gap) {
		if (batch->gap_count == BATCH_GAPS_MAX && !deliver(sink))
			return false;
		sink->gap_at[batch->gap_count] = batch->count;
		sink->gaps[batch->gap_count++] = flat->gap;
		return true;
	}
	if (batch->count == BATCH_EVENTS_MAX && !deliver(sink))
		return false;
	sink->events[batch->count++] = flat->event;
	return true;
}

static int batch_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct batch_sink *sink = ctx;
	const char *at = data, *end = at + size;

	(void)pieces;
	while (at < end) {
		const struct rill_flat *flat = (const void *)at;

		if (!take(sink, flat))
			return 0;
		at += flat->size;
	}
	deliver(sink);
	return 0;
}

static void batch_close(void *ctx)
{
	free(ctx);
}

static const struct rill_sink_ops batch_sink_ops = {
	.name = "subscriber",
	.write_time_max_ms = 0,
	.write = batch_write,
	.close = batch_close,
};

/* ---- the drain side -------------------------------------------------------------------------- */

static struct batch_outlet *batch_outlet(struct rill_outlet *outlet)
{
	return (struct batch_outlet *)outlet;
}

static bool put_gaps(struct batch_outlet *o)
{
	size_t size = rill_flat_gap_size();
	unsigned done = 0;

	for (; done < o->gaps.count; done++) {
		char *at = rill_queue_room(o->queue, size);

		if (!at)
			break;
		rill_flat_gap(&o->gaps.list[done], at);
		rill_queue_commit(o->queue, size, 0, 0);
	}
	if (done)
		rill_gaps_drop(&o->gaps, done);
	return o->gaps.count == 0;
}

static int batch_event(struct rill_outlet *outlet, const struct rill_event *event)
{
	struct batch_outlet *o = batch_outlet(outlet);
	size_t size = rill_flat_event_size(event);
	char *at;

	if (o->gaps.count && !put_gaps(o))
		return -ENOBUFS;
	at = rill_queue_room(o->queue, size);
	if (!at)
		return -ENOBUFS;
	rill_flat_event(event, at, size);
	rill_queue_commit(o->queue, size, 1, 0);
	return 0;
}

static void batch_gap(struct rill_outlet *outlet, const struct rill_gap *gap)
{
	struct batch_outlet *o = batch_outlet(outlet);

	rill_gaps_add(&o->gaps, gap);
	put_gaps(o);
}

/* Names reach a subscriber with the events: each has its thread. */
static void batch_thread(struct rill_outlet *outlet, const struct rill_thread *thread,
			 uint64_t ts_ns)
{
	(void)outlet;
	(void)thread;
	(void)ts_ns;
}

static void batch_flush(struct rill_outlet *outlet, uint64_t token)
{
	struct batch_outlet *o = batch_outlet(outlet);

	put_gaps(o);
	rill_queue_flush(o->queue, token);
}

static bool batch_done(struct rill_outlet *outlet, uint64_t token, uint32_t timeout_ms)
{
	return rill_queue_done(batch_outlet(outlet)->queue, token, timeout_ms);
}

static void batch_stop(struct rill_outlet *outlet, const struct rill_stats *stats)
{
	struct batch_outlet *o = batch_outlet(outlet);

	(void)stats;	/* the application has rill_session_stats() */
	rill_queue_closing(o->queue);
	put_gaps(o);
	rill_queue_stop(o->queue);
	free(o);
}

static void batch_forked(struct rill_outlet *outlet)
{
	rill_queue_forked(batch_outlet(outlet)->queue);
}

static uint64_t batch_bytes(struct rill_outlet *outlet)
{
	(void)outlet;
	return 0;	/* nothing is written anywhere */
}

static uint32_t batch_segments(struct rill_outlet *outlet)
{
	(void)outlet;
	return 0;
}

static const char *batch_where(struct rill_outlet *outlet)
{
	(void)outlet;
	return "";
}

static const struct rill_outlet_ops batch_ops = {
	.event = batch_event,
	.gap = batch_gap,
	.thread = batch_thread,
	.flush = batch_flush,
	.done = batch_done,
	.stop = batch_stop,
	.forked = batch_forked,
	.bytes = batch_bytes,
	.segments = batch_segments,
	.where = batch_where,
};

/* ---- making one ------------------------------------------------------------------------------ */

static struct batch_sink *make_sink(const struct rill_session_options *options)
{
	struct batch_sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return NULL;
	sink->subscriber = options->subscriber;
	sink->subscriber_ctx = options->subscriber_ctx;
	sink->batch.events = sink->events;
	sink->batch.gaps = sink->gaps;
	sink->batch.gap_at = sink->gap_at;
	return sink;
}

int rill_batch_outlet(const struct rill_session_options *options, const struct rill_outlet_env *env,
		      struct rill_outlet **outlet)
{
	struct batch_outlet *o = calloc(1, sizeof(*o));
	struct batch_sink *sink = make_sink(options);
	struct rill_queue_options queue = {
		.sink = { &batch_sink_ops, sink },
		.own_sink = true,
		.buffer_bytes =
			rill_outlet_queue_bytes(options) / RILL_FLAT_ALIGN * RILL_FLAT_ALIGN,
		.stack_bytes = 256 << 10, /* the callback is an application's code */
		.thread_name = "rill-subscriber",
		.env = env,
	};
	int error;

	*outlet = NULL;
	if (!o || !sink) {
		free(o);
		free(sink);
		return rill_fail(ENOMEM, "no memory for a subscriber");
	}
	o->outlet.ops = &batch_ops;
	error = rill_queue_open(&queue, &o->queue);
	if (error < 0) {
		free(o);
		return error;
	}
	sink->queue = o->queue;
	*outlet = &o->outlet;
	return 0;
}

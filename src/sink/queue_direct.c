/* SPDX-License-Identifier: MIT
 * queue_direct.c - queues without a writer thread, in place of queue.c and queue_writer.c where the configuration leaves such threads
 * out: whoever has the drain role writes.
 *
 * One buffer collects what a sink gets at one go. A piece that is refused is lost whole, its events counted; when it begins a segment, or
 * the sink says -ENOTCONN, nothing more is offered before the next one begins. Everything but where and forked is called with the drain
 * role, or by who stops the session, so nothing here is locked.
 */
#include "sink/direct.h"
#include "sink/queue.h"

#include "config.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Places stay valid until stop. */
struct place {
	struct place *before;
	char text[];
};

struct rill_queue {
	struct rill_sink sink;
	struct rill_outlet_env env;
	void (*sink_forked)(const struct rill_sink *sink);
	void (*sink_hurry)(const struct rill_sink *sink, uint64_t deadline_ns);
	size_t buffer_bytes, piece_bytes;
	char *buffer;
	bool noted;		/* an application's sink that gave its word to return soon (direct.h) */
	bool segment_open;	/* the sink has not refused the piece that begins the segment */
	bool unflushed;		/* something was written behind the last flush */
	bool restart, hurried;
	int warned;		/* the error last told */

	/* the piece under way */
	size_t used;
	uint64_t events;
	uint64_t delivered;	/* of these, told by rill_queue_delivered() */
	unsigned flags;

	uint64_t bytes;
	uint32_t segments, failures;
	struct place *place;
};

static void note_place(struct rill_queue *q)
{
	const char *text = q->sink.ops->where ? q->sink.ops->where(q->sink.ctx) : NULL;
	const size_t size = text ? strlen(text) + 1 : 0;
	struct place *place;

	if (!text || (q->place && !strcmp(q->place->text, text)))
		return;
	place = malloc(sizeof *place + size);
	if (!place)
		return;
	memcpy(place->text, text, size);
	place->before = q->place;
	__atomic_store_n(&q->place, place, __ATOMIC_RELEASE);	/* whoever asks holds no lock */
}

static int call_sink(struct rill_queue *q, unsigned flags)
{
	unsigned call;
	int result;

	if (!q->noted)
		return q->sink.ops->write(q->sink.ctx, q->buffer, q->used, flags);
	call = rill_direct_begin(q->sink.ops->name);
	result = q->sink.ops->write(q->sink.ctx, q->buffer, q->used, flags);
	rill_direct_end(call);
	return result;
}

static void count_failure(struct rill_queue *q, bool offered, int error)
{
	q->failures++;
	if (offered && q->warned != error)
		rill_warn("cannot write to %s: %s: events are counted as lost until it can be written again; the program goes on",
			  rill_queue_where(q)[0] ? rill_queue_where(q) : q->sink.ops->name, strerror(-error));
	if (offered)
		q->warned = error;
	if (q->events > q->delivered)
		q->env.lost(q->env.session, q->events - q->delivered);
}

static void write_piece(struct rill_queue *q)
{
	const bool first = q->flags & RILL_PIECE_FIRST, offered = first || q->segment_open;
	const bool idle = q->used == 0 && !(q->flags & ~(unsigned)RILL_PIECE_FLUSH) && !q->unflushed;
	int result = offered ? 0 : -EIO;

	if (idle)	/* a program at rest does not bother its sink with every flush */
		return;
	if (offered)
		result = call_sink(q, q->flags);
	q->unflushed = !(q->flags & (RILL_PIECE_FLUSH | RILL_PIECE_LAST));
	if (first || result == -ENOTCONN)
		q->segment_open = result == 0;
	if (result == 0) {
		q->bytes += q->used;
		q->segments += first;
	} else {
		q->restart |= first || result == -ENOTCONN;
		count_failure(q, offered, result);
	}
	if (first)
		note_place(q);
	q->used = 0;
	q->events = q->delivered = 0;
	q->flags = 0;
}

/* ---- the drain role ------------------------------------------------------------------------------- */

char *rill_queue_room(struct rill_queue *q, size_t size)
{
	if (size > q->buffer_bytes)
		return NULL;
	if (q->used + size > q->buffer_bytes)
		write_piece(q);
	return q->buffer + q->used;
}

void rill_queue_commit(struct rill_queue *q, size_t size, uint64_t events, unsigned pieces)
{
	if ((pieces & RILL_PIECE_FIRST) && (q->used || q->flags)) {
		const char *const begin = q->buffer + q->used;

		write_piece(q);
		memmove(q->buffer, begin, size);
	}
	q->used += size;
	q->events += events;
	q->flags |= pieces;
	if ((q->flags & RILL_PIECE_LAST) || q->used >= q->piece_bytes)
		write_piece(q);
}

void rill_queue_flush(struct rill_queue *q, uint64_t token)
{
	(void)token;	/* done with the return */
	q->flags |= RILL_PIECE_FLUSH;
	write_piece(q);
	q->flags = 0;
}

void rill_queue_headed(struct rill_queue *q)
{
	(void)q;
}

bool rill_queue_done(struct rill_queue *q, uint64_t token, uint32_t timeout_ms)
{
	(void)q;
	(void)token;
	(void)timeout_ms;
	return true;
}

bool rill_queue_delivered(struct rill_queue *q, uint64_t events)
{
	q->delivered += events;
	return true;
}

uint32_t rill_queue_failures(struct rill_queue *q)
{
	return q->failures;
}

bool rill_queue_has_failed(struct rill_queue *q, uint32_t seen)
{
	return q->failures != seen || q->restart;
}

bool rill_queue_take_restart(struct rill_queue *q)
{
	const bool restart = q->restart;

	q->restart = false;
	return restart;
}

uint64_t rill_queue_bytes(struct rill_queue *q)
{
	return q->bytes;
}

uint32_t rill_queue_segments(struct rill_queue *q)
{
	return q->segments;
}

const char *rill_queue_where(struct rill_queue *q)
{
	const struct place *place = __atomic_load_n(&q->place, __ATOMIC_ACQUIRE);

	return place ? place->text : "";
}

/* ---- open and stop -------------------------------------------------------------------------------- */

static void close_sink(struct rill_queue *q)
{
	const unsigned call = q->noted ? rill_direct_begin(q->sink.ops->name) : 0;

	if (q->sink.ops->close)
		q->sink.ops->close(q->sink.ctx);
	if (q->noted)
		rill_direct_end(call);
}

static void free_queue(struct rill_queue *q)
{
	while (q->place) {
		struct place *const place = q->place;

		q->place = place->before;
		free(place);
	}
	free(q->buffer);
	free(q);
}

void rill_queue_closing(struct rill_queue *q)
{
	if (!q->hurried && q->sink_hurry)
		q->sink_hurry(&q->sink, rill_port_monotonic_ns() + RILL_OUTLET_STOP_MAX_MS * UINT64_C(1000000));
	q->hurried = true;
}

void rill_queue_stop(struct rill_queue *q)
{
	rill_queue_closing(q);
	write_piece(q);
	close_sink(q);
	if (q->noted)
		rill_direct_closed();
	free_queue(q);
}

void rill_queue_forked(struct rill_queue *q)
{
	if (q->sink_forked)
		q->sink_forked(&q->sink);
}

static struct rill_queue *make(const struct rill_queue_options *o)
{
	struct rill_queue *q = calloc(1, sizeof *q);

	if (!q)
		return NULL;
	q->sink = o->sink;
	q->env = *o->env;
	q->sink_forked = o->sink_forked;
	q->sink_hurry = o->sink_hurry;
	q->noted = RILL_ON(CONFIG_RILL_SINK_CUSTOM) && !o->own_sink && o->sink.ops->write_time_max_ms;
	q->buffer_bytes = o->room_bytes ? o->room_bytes : o->buffer_bytes;
	q->piece_bytes = o->piece_bytes ? o->piece_bytes : q->buffer_bytes / 2;
	q->segment_open = true;		/* a stream without segments needs no first piece */
	q->buffer = malloc(q->buffer_bytes);
	if (q->buffer)
		return q;
	free(q);
	return NULL;
}

int rill_queue_open(const struct rill_queue_options *o, struct rill_queue **queue)
{
	struct rill_queue *q = make(o);
	int error = q && q->sink.ops->open ? q->sink.ops->open(q->sink.ctx) : 0;

	*queue = q;
	if (q && !error) {
		note_place(q);
		if (q->noted)
			rill_direct_opened();
		return 0;
	}
	*queue = NULL;
	if (o->own_sink && o->sink.ops->close)
		o->sink.ops->close(o->sink.ctx);
	if (!q)
		return rill_fail(ENOMEM, "no memory for a buffer: give a smaller queue_bytes");
	if (!o->own_sink)
		rill_fail(-error, "the sink '%s' cannot be opened: %s", o->sink.ops->name, strerror(-error));
	free_queue(q);
	return error;
}

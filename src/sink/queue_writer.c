/* SPDX-License-Identifier: MIT
 * queue_writer.c - the sink's side of a queue: opening, the writer thread, failed pieces, the
 * end.
 *
 * A piece that the sink refuses is lost whole: its events are counted, one message tells the
 * cause, and the next piece is offered again, so a disk with room again goes on. When the piece
 * that begins a segment is refused, the rest of that segment would have no head: it is not
 * offered, and the drain side is asked to begin anew. Likewise when a sink says -ENOTCONN: its reader
 * is gone, and the next one must find the head of a segment first.
 */
#include "sink/direct.h"
#include "sink/queue_state.h"

#include "config.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As low as the consumer that feeds it: tracing takes the time that the program leaves. */
enum { WRITER_NICE = 10 };

uint64_t rill_queue_buffer_events(const struct rill_queue_buffer *buffer)
{
	uint64_t events = 0;

	for (unsigned i = 0; i < buffer->piece_count; i++)
		events += buffer->pieces[i].events;
	return events;
}

void rill_queue_note_where(struct rill_queue *q)
{
	const char *text = q->sink.ops->where ? q->sink.ops->where(q->sink.ctx) : NULL;
	struct rill_queue_where *where;
	size_t size;

	if (!text)
		return;
	size = strlen(text) + 1;
	where = malloc(sizeof(*where) + size);
	if (!where)
		return;
	memcpy(where->text, text, size);
	where->asked = false;
	pthread_mutex_lock(&q->lock);
	where->before = q->where;
	if (q->where && !q->where->asked) {
		where->before = q->where->before;
		free(q->where);
	}
	q->where = where;
	pthread_mutex_unlock(&q->lock);
}

/* The sentence is given before the loss is counted, so whoever sees the count finds the reason. */
static void warn_once(struct rill_queue *q, int error)
{
	const char *text = q->sink.ops->where ? q->sink.ops->where(q->sink.ctx) : NULL;

	if (q->warned == error)
		return;
	q->warned = error;
	rill_warn(
		"cannot write to %s: %s: events are counted as lost until it can be written again; "
		"the program goes on",
		text && text[0] ? text : q->sink.ops->name, strerror(-error));
}

/* After a write. False when stop has given this writer up: it counted the rest itself, and
 * nothing outside the queue may be touched any more. Else stop waits for leave_report before it
 * goes. */
static bool enter_report(struct rill_queue *q, const struct rill_queue_piece *piece)
{
	bool abandoned;

	pthread_mutex_lock(&q->lock);
	abandoned = q->abandoned;
	q->writing_events -= piece->events - q->delivered_events;
	q->delivered_events = 0;
	q->reporting = !abandoned;
	pthread_mutex_unlock(&q->lock);
	return !abandoned;
}

bool rill_queue_delivered(struct rill_queue *q, uint64_t events)
{
	bool abandoned;

	pthread_mutex_lock(&q->lock);
	abandoned = q->abandoned;
	if (!abandoned) {
		q->writing_events -= events;
		q->delivered_events += events;
	}
	pthread_mutex_unlock(&q->lock);
	return !abandoned;
}

static void leave_report(struct rill_queue *q, size_t written, bool new_segment)
{
	pthread_mutex_lock(&q->lock);
	q->bytes += written;
	q->segments += new_segment;
	q->reporting = false;
	pthread_cond_broadcast(&q->progress);
	pthread_mutex_unlock(&q->lock);
}

static int call_sink(struct rill_queue *q, const char *data, size_t size, unsigned flags)
{
	unsigned call;
	int result;

	if (!q->direct)
		return q->sink.ops->write(q->sink.ctx, data, size, flags);
	call = rill_direct_begin(q->sink.ops->name);
	result = q->sink.ops->write(q->sink.ctx, data, size, flags);
	rill_direct_end(call);
	return result;
}

static bool write_piece(struct rill_queue *q, const char *data, size_t size,
			const struct rill_queue_piece *piece)
{
	bool first = piece->flags & RILL_PIECE_FIRST;
	bool offered = first || q->segment_open;
	bool restart = false;
	bool idle = size == 0 && piece->flags == RILL_PIECE_FLUSH && !q->unflushed;
	int result = 0;

	if (!offered)
		result = -EIO;
	else if (!idle)	/* a program at rest does not bother its sink with every flush */
		result = call_sink(q, data, size, piece->flags);
	q->unflushed = !(piece->flags & RILL_PIECE_FLUSH);

	if (result < 0)
		restart = first || result == -ENOTCONN;
	if (first || restart)
		q->segment_open = result == 0;
	if (!enter_report(q, piece))
		return false;
	if (result == 0) {
		if (first)
			rill_queue_note_where(q);
		leave_report(q, size, first);
		return true;
	}
	atomic_fetch_add_explicit(&q->failures, 1, memory_order_relaxed);
	if (restart)
		atomic_store_explicit(&q->restart, 1, memory_order_relaxed);
	if (offered)
		warn_once(q, result);
	if (piece->events)
		q->env.lost(q->env.session, piece->events);
	leave_report(q, 0, false);
	return true;
}

void rill_queue_write_buffer(struct rill_queue *q, struct rill_queue_buffer *buffer)
{
	size_t begin = 0;

	pthread_mutex_lock(&q->lock);
	q->writing_events = rill_queue_buffer_events(buffer);
	pthread_mutex_unlock(&q->lock);
	for (unsigned i = 0; i < buffer->piece_count; i++) {
		const struct rill_queue_piece *piece = &buffer->pieces[i];

		if (!write_piece(q, buffer->bytes + begin, piece->end - begin, piece))
			return;
		begin = piece->end;
	}
	pthread_mutex_lock(&q->lock);
	if (buffer->token > q->done_token)
		q->done_token = buffer->token;
	pthread_cond_broadcast(&q->progress);
	pthread_mutex_unlock(&q->lock);
}

void rill_queue_close_sink(struct rill_queue *q)
{
	unsigned call;

	if (!q->sink.ops->close)
		return;
	call = q->direct ? rill_direct_begin(q->sink.ops->name) : 0;
	q->sink.ops->close(q->sink.ctx);
	if (q->direct)
		rill_direct_end(call);
}

void *rill_queue_writer_main(void *arg)
{
	struct rill_queue *q = arg;
	bool left;

	pthread_mutex_lock(&q->lock);
	for (;;) {
		struct rill_queue_buffer *buffer;

		while (!q->ready && !q->stopping)
			pthread_cond_wait(&q->work, &q->lock);
		if (!q->ready)
			break;
		buffer = q->ready;
		q->ready = NULL;
		q->writing = true;
		pthread_cond_broadcast(&q->progress);
		pthread_mutex_unlock(&q->lock);
		rill_queue_write_buffer(q, buffer);
		pthread_mutex_lock(&q->lock);
		q->writing = false;
		pthread_cond_broadcast(&q->progress);
	}
	left = q->abandoned && !q->own_sink;
	pthread_mutex_unlock(&q->lock);
	if (!left)
		rill_queue_close_sink(q);
	pthread_mutex_lock(&q->lock);
	q->ended = true;
	pthread_cond_broadcast(&q->progress);
	left = q->left;
	pthread_mutex_unlock(&q->lock);
	if (left)
		rill_queue_free(q);
	return NULL;
}

void rill_queue_leave(struct rill_queue *q)
{
	unsigned long writer = q->writer;
	bool ended;

	pthread_mutex_lock(&q->lock);
	ended = q->ended;
	q->left = true;
	pthread_mutex_unlock(&q->lock);
	/* From here the queue is the writer's, unless the writer was quicker. */
	rill_port_thread_join_timed(writer, ended ? RILL_OUTLET_WAIT_MAX_MS : 0);
	if (ended)
		rill_queue_free(q);
}

void rill_queue_free(struct rill_queue *q)
{
	while (q->where) {
		struct rill_queue_where *where = q->where;

		q->where = where->before;
		free(where);
	}
	pthread_cond_destroy(&q->progress);
	pthread_cond_destroy(&q->work);
	pthread_mutex_destroy(&q->lock);
	for (unsigned i = 0; i < 2; i++) {
		free(q->buffers[i].bytes);
		free(q->buffers[i].pieces);
	}
	free(q);
}

static bool make_buffers(struct rill_queue *q)
{
	for (unsigned i = 0; i < (q->threaded ? 2u : 1u); i++) {
		q->buffers[i].bytes = malloc(q->buffer_bytes);
		q->buffers[i].pieces = malloc(q->pieces_max * sizeof *q->buffers[i].pieces);
		if (!q->buffers[i].bytes || !q->buffers[i].pieces)
			return false;
	}
	return true;
}

static struct rill_queue *make(const struct rill_queue_options *options)
{
	struct rill_queue *q = calloc(1, sizeof(*q));
	uint32_t write_time_max_ms = options->sink.ops->write_time_max_ms;
	pthread_condattr_t monotonic;

	if (!q)
		return NULL;
	q->sink = options->sink;
	q->env = *options->env;
	q->sink_forked = options->sink_forked;
	q->sink_hurry = options->sink_hurry;
	q->own_sink = options->own_sink;
	q->threaded = RILL_ON(CONFIG_RILL_WRITER_THREAD) &&
		(write_time_max_ms == 0 || write_time_max_ms > RILL_OUTLET_WAIT_MAX_MS);
	/* One that may block, and has to do without a thread, has given no word to be held to. */
	q->direct = !q->threaded && !q->own_sink && write_time_max_ms;
	q->buffer_bytes = options->room_bytes ? options->room_bytes : options->buffer_bytes;
	q->piece_bytes = options->piece_bytes;
	q->awaits_reader = options->awaits_reader;
	q->pieces_max = RILL_QUEUE_PIECES_MAX;
	if (q->piece_bytes && q->buffer_bytes / RILL_QUEUE_PIECE_USUAL_BYTES > q->pieces_max)
		q->pieces_max = (unsigned)(q->buffer_bytes / RILL_QUEUE_PIECE_USUAL_BYTES);
	q->hand_over_bytes = q->buffer_bytes / 2 < RILL_QUEUE_HAND_OVER_BYTES ?
		q->buffer_bytes / 2 : RILL_QUEUE_HAND_OVER_BYTES;
	q->offer_at = q->hand_over_bytes;
	q->fill = &q->buffers[0];
	q->segment_open = true;	/* a stream without segments needs no first piece */
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->work, &monotonic);
	pthread_cond_init(&q->progress, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (make_buffers(q))
		return q;
	rill_queue_free(q);
	return NULL;
}

static int start(struct rill_queue *q, const struct rill_queue_options *options)
{
	struct rill_port_thread_options thread = {
		.name = options->thread_name,
		.stack_bytes = options->stack_bytes,
		.nice = WRITER_NICE,
	};
	int error;

	if (q->sink.ops->open) {
		error = q->sink.ops->open(q->sink.ctx);
		if (error < 0 && options->own_sink) {
			rill_queue_close_sink(q);
			return error;
		}
		if (error < 0)
			return rill_fail(-error, "the sink '%s' cannot be opened: %s",
					 q->sink.ops->name, strerror(-error));
	}
	rill_queue_note_where(q);
	if (!q->threaded) {
		if (q->direct)
			rill_direct_opened();
		return 0;
	}
	error = rill_port_thread_start(&thread, rill_queue_writer_main, q, &q->writer);
	if (error == 0) {
		q->heading = options->sink_is_file && options->sink_is_file(&q->sink);
		q->threaded = !q->heading;
		return 0;
	}
	rill_queue_close_sink(q);
	return rill_fail(-error, "no thread for the sink '%s': %s; "
			 "see the limits of threads and memory (ulimit -u, -v)",
			 q->sink.ops->name, strerror(-error));
}

int rill_queue_open(const struct rill_queue_options *options, struct rill_queue **queue)
{
	struct rill_queue *q = make(options);
	int error;

	*queue = NULL;
	if (!q && options->own_sink && options->sink.ops->close)
		options->sink.ops->close(options->sink.ctx);
	if (!q)
		return rill_fail(
			ENOMEM,
			"no memory for two buffers of %zu bytes: give a smaller queue_bytes",
			options->room_bytes ? options->room_bytes : options->buffer_bytes);
	error = start(q, options);
	if (error < 0) {
		rill_queue_free(q);
		return error;
	}
	*queue = q;
	return 0;
}

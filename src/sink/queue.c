/* SPDX-License-Identifier: MIT
 * queue.c - the double buffer on the drain side: room, hand-over, flush, stop.
 *
 * `fill` belongs to the drain side until it is offered. An offered buffer stays `ready` until
 * the writer takes it; the drain side may withdraw it before that to put more in. At most one
 * buffer is ready, and it is always `fill`, so a taken offer means that the other buffer is
 * free. The writer's half is queue_writer.c.
 */
#include "sink/direct.h"
#include "sink/queue_state.h"

#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAIT_SLICE_MS = 5 };

static void reset(struct rill_queue *q, struct rill_queue_buffer *buffer)
{
	buffer->used = 0;
	buffer->piece_count = 0;
	buffer->token = 0;
	buffer->owed = false;
	q->offer_at = q->hand_over_bytes;
}

/* True until until_ns. The lock is given up meanwhile. */
static bool wait_until(struct rill_queue *q, pthread_cond_t *cond, uint64_t until_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / 1000000000u),
		.tv_nsec = (long)(until_ns % 1000000000u),
	};

	return pthread_cond_timedwait(cond, &q->lock, &until) != ETIMEDOUT;
}

static void offer_locked(struct rill_queue *q)
{
	q->ready = q->fill;
	q->offered = true;
	pthread_cond_signal(&q->work);
}

static void hand_over(struct rill_queue *q)
{
	if (!q->threaded) {
		rill_queue_write_buffer(q, q->fill);
		reset(q, q->fill);
		return;
	}
	pthread_mutex_lock(&q->lock);
	offer_locked(q);
	pthread_mutex_unlock(&q->lock);
}

static bool fits(const struct rill_queue *q, size_t size)
{
	const struct rill_queue_buffer *fill = q->fill;

	return fill->used + size <= q->buffer_bytes && fill->piece_count < q->pieces_max;
}

/* True once the writer has taken the ready buffer. */
static bool wait_for_writer_locked(struct rill_queue *q)
{
	uint64_t now = rill_port_monotonic_ns();
	uint64_t until =
		q->deadline_ns ? q->deadline_ns : now + RILL_OUTLET_WAIT_MAX_MS * 1000000ull;

	while (q->ready) {
		uint64_t slice = now + WAIT_SLICE_MS * 1000000ull;

		if (now >= until) {
			q->gave_up = true;
			return false;
		}
		if (!q->deadline_ns && (q->gave_up || !q->env.may_wait()))
			return false;
		wait_until(q, &q->progress, slice < until ? slice : until);
		now = rill_port_monotonic_ns();
	}
	return true;
}

static void swap_locked(struct rill_queue *q)
{
	q->fill = q->fill == &q->buffers[0] ? &q->buffers[1] : &q->buffers[0];
	q->offered = false;
	q->gave_up = false;
	reset(q, q->fill);
}

static char *room_slow(struct rill_queue *q, size_t size)
{
	bool got = true;

	if (!q->threaded) {
		hand_over(q);
		return q->fill->bytes;
	}
	pthread_mutex_lock(&q->lock);
	if (q->offered && !q->ready) {
		swap_locked(q);
	} else if (q->offered && fits(q, size)) {
		/* Withdrawn for more. What a flush has promised is offered again with the next
		 * commit. */
		q->ready = NULL;
		q->offered = false;
		q->offer_at = q->fill->used + q->hand_over_bytes;
	} else {
		if (!q->offered)
			offer_locked(q);
		got = wait_for_writer_locked(q);
		if (got)
			swap_locked(q);
	}
	pthread_mutex_unlock(&q->lock);
	return got ? q->fill->bytes + q->fill->used : NULL;
}

char *rill_queue_room(struct rill_queue *q, size_t size)
{
	if (size > q->buffer_bytes)
		return NULL;
	if (!q->offered && fits(q, size))
		return q->fill->bytes + q->fill->used;
	return room_slow(q, size);
}

/* The last piece takes no further commit. */
static bool is_complete(const struct rill_queue *q, const struct rill_queue_buffer *fill)
{
	const struct rill_queue_piece *piece = &fill->pieces[fill->piece_count - 1];
	const size_t begin = fill->piece_count > 1 ? piece[-1].end : 0;

	return (piece->flags & RILL_PIECE_LAST) || (q->piece_bytes && piece->end - begin >= q->piece_bytes);
}

void rill_queue_commit(struct rill_queue *q, size_t size, uint64_t events, unsigned pieces)
{
	struct rill_queue_buffer *fill = q->fill;
	struct rill_queue_piece *piece;

	if (fill->piece_count == 0 || (pieces & RILL_PIECE_FIRST) || is_complete(q, fill))
		fill->pieces[fill->piece_count++] = (struct rill_queue_piece){ .events = 0 };
	piece = &fill->pieces[fill->piece_count - 1];
	fill->used += size;
	piece->end = fill->used;
	piece->events += events;
	piece->flags |= pieces;
	if (fill->owed || fill->used >= q->offer_at)
		hand_over(q);
}

void rill_queue_flush(struct rill_queue *q, uint64_t token)
{
	struct rill_queue_buffer *fill;

	if (q->threaded) {
		pthread_mutex_lock(&q->lock);
		if (q->offered && !q->ready)
			swap_locked(q);
		q->ready = NULL;	/* nobody else may look while it changes */
		q->offered = false;
		pthread_mutex_unlock(&q->lock);
	}
	fill = q->fill;
	if (fill->piece_count == 0)
		fill->pieces[fill->piece_count++] = (struct rill_queue_piece){ .events = 0 };
	fill->pieces[fill->piece_count - 1].flags |= RILL_PIECE_FLUSH;
	fill->owed = true;
	if (token > fill->token)
		fill->token = token;
	hand_over(q);
}

/* From here on there is a writer. It finds what the head has left by the lock, with the first buffer. */
void rill_queue_headed(struct rill_queue *q)
{
	q->threaded |= q->heading;
	rill_queue_done(q, 0, RILL_QUEUE_OPEN_MAX_MS);
}

static bool done_locked(const struct rill_queue *q, uint64_t token)
{
	return token ? q->done_token >= token : !q->ready && !q->writing;
}

bool rill_queue_done(struct rill_queue *q, uint64_t token, uint32_t timeout_ms)
{
	uint64_t until_ns = rill_port_monotonic_ns() + timeout_ms * 1000000ull;
	bool done;

	if (!token && q->awaits_reader)
		timeout_ms = 0;
	pthread_mutex_lock(&q->lock);
	while (!done_locked(q, token) && timeout_ms && wait_until(q, &q->progress, until_ns))
		continue;
	done = done_locked(q, token);
	pthread_mutex_unlock(&q->lock);
	return done;
}

void rill_queue_closing(struct rill_queue *q)
{
	q->deadline_ns = rill_port_monotonic_ns() + RILL_OUTLET_STOP_MAX_MS * 1000000ull;
	if (q->sink_hurry)
		q->sink_hurry(&q->sink, q->deadline_ns);
}

/* What the sink has not got when stop gives up; the writer counts nothing from here on. */
static uint64_t abandon_locked(struct rill_queue *q)
{
	uint64_t events = q->writing_events;

	if (q->ready)
		events += rill_queue_buffer_events(q->ready);
	q->ready = NULL;
	q->abandoned = true;
	return events;
}

static void stop_writer(struct rill_queue *q)
{
	uint64_t lost;

	pthread_mutex_lock(&q->lock);
	if (!q->offered && q->fill->piece_count)
		offer_locked(q);
	q->stopping = true;
	pthread_cond_signal(&q->work);
	while (!q->ended && wait_until(q, &q->progress, q->deadline_ns))
		continue;
	if (q->ended) {
		pthread_mutex_unlock(&q->lock);
		rill_port_thread_join(q->writer);
		rill_queue_free(q);
		return;
	}
	lost = abandon_locked(q);
	/* The writer may just be telling a loss: a moment, since counting does not block. */
	while (q->reporting)
		pthread_cond_wait(&q->progress, &q->lock);
	pthread_mutex_unlock(&q->lock);
	if (lost)
		q->env.lost(q->env.session, lost);
	rill_warn("%s did not take the end of the trace within %d ms: "
		  "%llu events are counted as lost",
		  rill_queue_where(q)[0] ? rill_queue_where(q) : q->sink.ops->name,
		  (int)RILL_OUTLET_STOP_MAX_MS, (unsigned long long)lost);
	rill_queue_leave(q);
}

void rill_queue_stop(struct rill_queue *q)
{
	if (!q->deadline_ns)
		rill_queue_closing(q);
	if (q->threaded) {
		stop_writer(q);
		return;
	}
	hand_over(q);
	rill_queue_close_sink(q);
	if (q->direct)
		rill_direct_closed();
	rill_queue_free(q);
}

void rill_queue_forked(struct rill_queue *q)
{
	if (q->sink_forked)
		q->sink_forked(&q->sink);
}

uint32_t rill_queue_failures(struct rill_queue *q)
{
	return atomic_load_explicit(&q->failures, memory_order_relaxed);
}

bool rill_queue_has_failed(struct rill_queue *q, uint32_t seen)
{
	return atomic_load_explicit(&q->failures, memory_order_relaxed) != seen || atomic_load_explicit(&q->restart, memory_order_relaxed);
}

bool rill_queue_take_restart(struct rill_queue *q)
{
	/* Looked at for every event, true almost never: the exchange only then. */
	if (!atomic_load_explicit(&q->restart, memory_order_relaxed))
		return false;
	return atomic_exchange_explicit(&q->restart, 0, memory_order_relaxed);
}

uint64_t rill_queue_bytes(struct rill_queue *q)
{
	uint64_t bytes;

	pthread_mutex_lock(&q->lock);
	bytes = q->bytes;
	pthread_mutex_unlock(&q->lock);
	return bytes;
}

uint32_t rill_queue_segments(struct rill_queue *q)
{
	uint32_t segments;

	pthread_mutex_lock(&q->lock);
	segments = q->segments;
	pthread_mutex_unlock(&q->lock);
	return segments;
}

const char *rill_queue_where(struct rill_queue *q)
{
	const char *text = "";

	pthread_mutex_lock(&q->lock);
	if (q->where) {
		q->where->asked = true;
		text = q->where->text;
	}
	pthread_mutex_unlock(&q->lock);
	return text;
}

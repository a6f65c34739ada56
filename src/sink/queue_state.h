/* SPDX-License-Identifier: MIT
 * queue_state.h - the inside of a queue, for its two halves queue.c (drain side) and
 * queue_writer.c only.
 */
#ifndef RILL_SINK_QUEUE_STATE_H
#define RILL_SINK_QUEUE_STATE_H

#include "sink/queue.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	RILL_QUEUE_PIECES_MAX = 32,
	/* Where pieces are bounded: packets and runs of lines are usually larger. */
	RILL_QUEUE_PIECE_USUAL_BYTES = 512,
	/* Enough for a write to be worth its wake-up, little enough that an idle session touches
	 * few pages. */
	RILL_QUEUE_HAND_OVER_BYTES = 64 << 10
};

struct rill_queue_piece {
	size_t end; /* where it ends in the buffer; it begins where the one before ends */
	uint64_t events;
	unsigned flags;		/* enum rill_piece */
};

struct rill_queue_buffer {
	char *bytes;
	size_t used;
	struct rill_queue_piece *pieces;	/* pieces_max of them */
	unsigned piece_count;
	bool owed;		/* a flush promised it: it must not wait for more */
	uint64_t token;
};

/* A place that was current once. One that somebody has asked for stays valid until stop; so
 * memory grows by the asking, not by the rotating. */
struct rill_queue_where {
	struct rill_queue_where *before;
	bool asked;
	char text[];
};

struct rill_queue {
	/* fixed by open */
	struct rill_sink sink;
	struct rill_outlet_env env;
	void (*sink_forked)(const struct rill_sink *sink);
	void (*sink_hurry)(const struct rill_sink *sink, uint64_t deadline_ns);
	size_t buffer_bytes, hand_over_bytes, piece_bytes;
	unsigned pieces_max;
	bool own_sink, awaits_reader;
	bool threaded;		/* what is handed over goes to the writer; not yet, while: */
	bool heading;		/* the head is written by whoever opens the queue, as if there were no writer */
	bool direct;		/* an application's, without a thread on its word (direct.h) */
	unsigned long writer;
	struct rill_queue_buffer buffers[2];

	/* the drain side's own */
	struct rill_queue_buffer *fill;
	size_t offer_at;	/* hand over when fill is this full */
	bool offered;		/* fill was made ready, and may have been taken since */
	bool gave_up;		/* waited in vain since the writer last moved */
	uint64_t deadline_ns;	/* of stop; 0 before */

	/* the writer's own, and before it has been given anything those of whoever opens the queue */
	bool segment_open;	/* the sink has not refused the piece that begins the segment */
	bool unflushed;		/* something was written behind the last flush */
	int warned;		/* the error last told */

	/* by both, under lock */
	pthread_mutex_t lock;
	pthread_cond_t work;		/* something is ready, or stopping */
	pthread_cond_t progress;	/* a buffer was taken or written, or the writer ended */
	struct rill_queue_buffer *ready;
	uint64_t writing_events;   /* in the taken buffer, not yet written or counted as lost */
	uint64_t delivered_events; /* of the piece being written, told by rill_queue_delivered */
	uint64_t done_token;
	uint64_t bytes;
	uint32_t segments;
	bool writing;			/* a taken buffer is not finished */
	bool stopping, ended, abandoned;
	bool left;			/* stop has gone: the writer frees the queue */
	bool reporting;			/* the writer is inside env.lost */
	struct rill_queue_where *where;

	/* Hints for the drain side; nothing is ordered by them. */
	atomic_uint failures;
	_Atomic uint32_t restart;
};

void *rill_queue_writer_main(void *queue);
/* Writes every piece and marks the buffer's token as done. Called without the lock. */
void rill_queue_write_buffer(struct rill_queue *queue, struct rill_queue_buffer *buffer);
uint64_t rill_queue_buffer_events(const struct rill_queue_buffer *buffer);
void rill_queue_note_where(struct rill_queue *queue);
void rill_queue_close_sink(struct rill_queue *queue);
void rill_queue_free(struct rill_queue *queue);
/* Leaves an abandoned queue to its writer, or frees it if the writer has ended in between. */
void rill_queue_leave(struct rill_queue *queue);

#endif

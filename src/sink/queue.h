/* SPDX-License-Identifier: MIT
 * queue.h - the bounded double buffer between the drain role and a sink, and the sink's writer
 * thread.
 *
 *     drain side                                     writer thread
 *     room() -> format in place -> commit()          takes the ready buffer, writes its pieces
 *            fill --offer--> ready ----------------> writing --written--> free
 *
 * There are two buffers, so one fills while the other is written. A sink that promises to write
 * within RILL_OUTLET_WAIT_MAX_MS gets no thread: its pieces are written where they are handed
 * over.
 *
 * Who calls what: room, commit, flush by the holder of the drain role (one thread at a time);
 * closing and stop by one thread when nobody holds that role for this queue any more; the rest
 * by any thread. Bound: room waits at most RILL_OUTLET_WAIT_MAX_MS, and after a wait in vain not
 * again before the writer has moved: a stuck sink may not slow the other sessions down.
 */
#ifndef RILL_SINK_QUEUE_H
#define RILL_SINK_QUEUE_H

#include "sink/outlet.h"

enum { RILL_QUEUE_OPEN_MAX_MS = 200 };

struct rill_queue;

struct rill_queue_options {
	struct rill_sink sink;
	/* The sink is rill's own: a writer that came back after stop had given it up still
	 * closes it. An application's sink is left alone then, since its owner has moved on. */
	bool own_sink;
	/* Called by forked: closes descriptors without a lock and without the heap; may be NULL. */
	void (*sink_forked)(const struct rill_sink *sink);
	/* Called by closing, while the writer may be inside the sink: its writes must be back by then
	 * (CLOCK_MONOTONIC), and refuse what they cannot write; may be NULL. */
	void (*sink_hurry)(const struct rill_sink *sink, uint64_t deadline_ns);
	/* Called once the sink is open: a file takes its head from whoever starts the session, who has just created or emptied it and waits for
	 * the disk as it is; another thread, of lower priority, would only have to be waited for, too. May be NULL: none is. */
	bool (*sink_is_file)(const struct rill_sink *sink);
	size_t buffer_bytes;		/* each of the two */
	size_t room_bytes;		/* each of the two, if not 0: then buffer_bytes bounds a commit only */
	/* A piece that holds so many bytes takes no further commit, 0: no bound. What a slow sink loses it
	 * loses by the piece: 1 counts each commit by itself. */
	size_t piece_bytes;
	/* The sink waits for a reader who may come any time: whoever starts the session does not. */
	bool awaits_reader;
	size_t stack_bytes;		/* of the writer thread */
	const char *thread_name;	/* static */
	const struct rill_outlet_env *env;	/* copied */
};

/* Opens the sink in the calling thread. On failure *queue is NULL and rill_error() has the
 * sentence; a sink of rill's own is closed then, an application's only if its open had
 * succeeded. */
int rill_queue_open(const struct rill_queue_options *options, struct rill_queue **queue);

/* The head has been handed over and flushed: returns when the sink has it, or has not taken it for RILL_QUEUE_OPEN_MAX_MS. Once, by whoever
 * opened the queue, before anybody else has it. */
void rill_queue_headed(struct rill_queue *queue);

/* size bytes to write into, or NULL: no room (or size is more than a buffer). Valid until the
 * next call here. */
char *rill_queue_room(struct rill_queue *queue, size_t size);
/* The first `size` bytes of the room are whole lines holding so many events. pieces:
 * RILL_PIECE_FIRST when they begin a segment, RILL_PIECE_LAST when they end one, else 0. */
void rill_queue_commit(struct rill_queue *queue, size_t size, uint64_t events, unsigned pieces);

/* Hands over what there is. Tokens grow. */
void rill_queue_flush(struct rill_queue *queue, uint64_t token);
/* Has the sink seen (taken or refused) all up to the flush with this token, or, for 0, all that
 * was ever handed over? Waits at most timeout_ms; for 0 not at all where the sink awaits a reader. */
bool rill_queue_done(struct rill_queue *queue, uint64_t token, uint32_t timeout_ms);

/* For a sink of rill's own, inside its write: so many events of the piece have been delivered
 * for good. False: stop has given the writer up, and nothing more may be delivered. */
bool rill_queue_delivered(struct rill_queue *queue, uint64_t events);

/* Pieces that the sink has refused so far. A change means that a reader may lack what was said
 * once. */
uint32_t rill_queue_failures(struct rill_queue *queue);
/* More than `seen` pieces, or one whose segment is to begin anew. */
bool rill_queue_has_failed(struct rill_queue *queue, uint32_t seen);
/* True once after the piece that begins a segment was refused, or any with -ENOTCONN: the sink is
 * offered nothing more before the next RILL_PIECE_FIRST. */
bool rill_queue_take_restart(struct rill_queue *queue);

/* From here room waits until the deadline of stop instead, and the sink is told to hurry. */
void rill_queue_closing(struct rill_queue *queue);
/* Writes what is left, closes the sink, frees the queue; at most RILL_OUTLET_STOP_MAX_MS after
 * closing. */
void rill_queue_stop(struct rill_queue *queue);
/* In the child of a fork: closes the sink's descriptors. The memory stays: a lock in it may be
 * held by a thread that does not exist here. */
void rill_queue_forked(struct rill_queue *queue);

uint64_t rill_queue_bytes(struct rill_queue *queue);
uint32_t rill_queue_segments(struct rill_queue *queue);
const char *rill_queue_where(struct rill_queue *queue);	/* valid until stop */

#endif

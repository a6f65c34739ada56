/* SPDX-License-Identifier: MIT
 * press_queue.h - the queue between two kinds of threads of press.
 *
 * It has room for every chunk there is, so putting never waits; memory is bounded by the number of
 * chunks. Any number of threads may put and take.
 */
#ifndef PRESS_QUEUE_H
#define PRESS_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct chunk;

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	void (*counter)(size_t count);	/* shows the depth in the trace, or NULL */
	struct chunk **slot;
	size_t first, count, size;
	bool closed;
};

/* False: no memory. queue_destroy() is right in either case. */
bool queue_init(struct queue *q, size_t size, void (*counter)(size_t count));
void queue_destroy(struct queue *q);

void queue_put(struct queue *q, struct chunk *chunk);

/* Waits for a chunk. NULL: the queue is empty and closed. */
struct chunk *queue_take(struct queue *q);

/* Nothing more will be put. */
void queue_close(struct queue *q);

#endif

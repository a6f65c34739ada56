/* SPDX-License-Identifier: MIT
 * press_queue.c - a queue under a mutex, which shows its depth and the waiting for it in the trace.
 */
#include "press_queue.h"

#include <rill/trace.h>
#include <stdlib.h>

bool queue_init(struct queue *q, size_t size, void (*counter)(size_t count))
{
	*q = (struct queue){ .size = size, .counter = counter };
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->changed, NULL);
	q->slot = calloc(size, sizeof(struct chunk *));
	return q->slot != NULL;
}

void queue_destroy(struct queue *q)
{
	free(q->slot);
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
}

void queue_put(struct queue *q, struct chunk *chunk)
{
	pthread_mutex_lock(&q->lock);
	q->slot[(q->first + q->count++) % q->size] = chunk;
	if (q->counter)
		q->counter(q->count);	/* an event never blocks: it may stand inside a lock */
	pthread_cond_signal(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

static void wait_for_chunk(struct queue *q)
{
	RILL_SCOPE("press.wait", "wait");
	while (!q->count && !q->closed)
		pthread_cond_wait(&q->changed, &q->lock);
}

struct chunk *queue_take(struct queue *q)
{
	struct chunk *chunk = NULL;

	pthread_mutex_lock(&q->lock);
	if (!q->count && !q->closed)
		wait_for_chunk(q);
	if (q->count) {
		chunk = q->slot[q->first];
		q->first = (q->first + 1) % q->size;
		q->count--;
		if (q->counter)
			q->counter(q->count);
	}
	pthread_mutex_unlock(&q->lock);
	return chunk;
}

void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

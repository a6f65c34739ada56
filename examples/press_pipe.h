/* SPDX-License-Identifier: MIT
 * press_pipe.h - the chunks that travel between the threads of press, and what the threads share.
 */
#ifndef PRESS_PIPE_H
#define PRESS_PIPE_H

#include "press.h"
#include "press_queue.h"

#include <stdatomic.h>

struct chunk {
	uint64_t number;		/* place in the archive; the id of its flow */
	uint64_t file;			/* id of its file's async span; 0: no regular file */
	bool last;			/* of its file */
	bool deflated;			/* under pipe.deflated_lock */
	size_t in_bytes, out_bytes;
	unsigned char *out;		/* pipe.out_max_bytes */
	unsigned char in[PRESS_CHUNK_BYTES];
};

struct pipe {
	struct queue free, work, order;
	pthread_mutex_t deflated_lock;
	pthread_cond_t deflated;
	atomic_bool broken;		/* output failed: the reader stops, the others run dry */
	char *const *paths;
	int out;
	struct stat out_st;		/* the archive must not swallow itself */
	size_t chunk_count, out_max_bytes;
	struct chunk *chunks;
	struct press_totals *totals;	/* the bytes are the writer's, the rest the reader's */
	uint64_t chunk_next, file_next;	/* reader */
};

/* The reader's thread; arg is the pipe. */
void *press_reader(void *arg);

#endif

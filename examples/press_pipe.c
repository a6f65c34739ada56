/* SPDX-License-Identifier: MIT
 * press_pipe.c - the threads of press.
 *
 *                     +--> worker 1 --+
 *     reader --work---+--> ...        +--(deflated)--> writer ---> archive
 *       ^  |          +--> worker N --+                  ^  |
 *       |  +------------------order---------------------+   |
 *       +-------------------free chunks---------------------+
 *
 * A chunk travels once around: the reader fills it and puts it into two queues, `work` for
 * whichever worker is free and `order` for the writer, which takes chunks in the order of the
 * archive and waits until the one at hand is deflated.
 *
 * What it shows of rill: a scope per thread and per piece of work, one for waiting that is entered
 * only when there is something to wait for, an async span per file from the first byte read to the
 * last byte written, a flow per chunk from thread to thread, counters for what is queued and
 * done, an instant per error.
 */
#include "press_pipe.h"

#include <errno.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNKS_PER_WORKER = 4 };

struct worker {
	struct pipe *pipe;
	unsigned number;
	z_stream deflater;
	pthread_t thread;
};

/* ---- workers ---------------------------------------------------------------------------- */

static void deflate_chunk(struct worker *worker, struct chunk *chunk)
{
	z_stream *const z = &worker->deflater;

	RILL_SCOPE("press", "deflate", "bytes", chunk->in_bytes);
	RILL_FLOW_STEP("press", "chunk", chunk->number);
	deflateReset(z);
	z->next_in = chunk->in;
	z->avail_in = (uInt)chunk->in_bytes;
	z->next_out = chunk->out;
	z->avail_out = (uInt)worker->pipe->out_max_bytes;
	deflate(z, Z_FINISH);	/* one call does it: the output has deflateBound() bytes */
	chunk->out_bytes = z->total_out;
}

static void *work(void *arg)
{
	struct worker *const worker = arg;
	struct pipe *const pipe = worker->pipe;
	struct chunk *chunk;
	char name[32];

	snprintf(name, sizeof(name), "worker %u", worker->number);
	rill_thread_name(name);
	rill_thread_sort_index((int32_t)worker->number + 1);
	RILL_SCOPE("press", "worker");
	while ((chunk = queue_take(&pipe->work))) {
		deflate_chunk(worker, chunk);
		pthread_mutex_lock(&pipe->deflated_lock);
		chunk->deflated = true;
		pthread_cond_signal(&pipe->deflated);	/* only the writer waits */
		pthread_mutex_unlock(&pipe->deflated_lock);
	}
	return NULL;
}

/* ---- the writer ------------------------------------------------------------------------- */

static void wait_until_deflated(struct pipe *pipe, struct chunk *chunk)
{
	pthread_mutex_lock(&pipe->deflated_lock);
	if (!chunk->deflated) {
		RILL_SCOPE("press.wait", "wait for a worker", "chunk", chunk->number);
		while (!chunk->deflated)
			pthread_cond_wait(&pipe->deflated, &pipe->deflated_lock);
	}
	pthread_mutex_unlock(&pipe->deflated_lock);
}

static bool write_whole(int out, const unsigned char *from, size_t bytes)
{
	while (bytes) {
		const ssize_t put = write(out, from, bytes);

		if (put < 0 && errno != EINTR)
			return false;
		if (put > 0) {
			from += put;
			bytes -= (size_t)put;
		}
	}
	return true;
}

static void write_chunk(struct pipe *pipe, struct chunk *chunk)
{
	struct press_totals *const totals = pipe->totals;

	RILL_SCOPE("press", "write", "bytes", chunk->out_bytes);
	RILL_FLOW_END("press", "chunk", chunk->number);
	if (!write_whole(pipe->out, chunk->out, chunk->out_bytes)) {
		const int code = errno;

		RILL_INSTANT("press", "error", "what", "cannot write the archive", "errno", code);
		fprintf(stderr, "press: cannot write the archive: %s\n", strerror(code));
		atomic_store_explicit(&pipe->broken, true, memory_order_relaxed);
		return;
	}
	totals->in_bytes += chunk->in_bytes;
	totals->out_bytes += chunk->out_bytes;
	RILL_COUNTER("press", "bytes", "in", totals->in_bytes, "out", totals->out_bytes);
}

static void *writer(void *arg)
{
	struct pipe *const pipe = arg;
	struct chunk *chunk;

	rill_thread_name("writer");
	rill_thread_sort_index(PRESS_WORKERS_MAX + 2);
	RILL_SCOPE("press", "writer");
	while ((chunk = queue_take(&pipe->order))) {
		wait_until_deflated(pipe, chunk);
		if (!atomic_load_explicit(&pipe->broken, memory_order_relaxed))
			write_chunk(pipe, chunk);
		if (chunk->file && chunk->last)
			RILL_ASYNC_END("press", "file", chunk->file);
		queue_put(&pipe->free, chunk);
	}
	return NULL;
}

/* ---- setting up ------------------------------------------------------------------------- */

static bool no_memory(void)
{
	fputs("press: not enough memory for the chunks: use fewer workers (-j)\n", stderr);
	return false;
}

/* Level 6, a window of 32 KiB, and 16 for a gzip header around it. */
static bool workers_init(struct pipe *pipe, struct worker *workers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		workers[i] = (struct worker){ .pipe = pipe, .number = i + 1 };
		if (deflateInit2(&workers[i].deflater, 6, Z_DEFLATED, 15 + 16, 8,
				 Z_DEFAULT_STRATEGY) != Z_OK)
			return no_memory();
	}
	return true;
}

static void count_work(size_t chunks)
{
	RILL_COUNTER("press", "waiting for a worker", "chunks", chunks);
}

static void count_order(size_t chunks)
{
	RILL_COUNTER("press", "waiting to be written", "chunks", chunks);
}

static bool pipe_init(struct pipe *pipe, z_stream *deflater)
{
	const size_t count = pipe->chunk_count;

	pthread_mutex_init(&pipe->deflated_lock, NULL);
	pthread_cond_init(&pipe->deflated, NULL);
	pipe->out_max_bytes = deflateBound(deflater, PRESS_CHUNK_BYTES);
	pipe->chunks = calloc(count, sizeof(struct chunk));
	const bool free_ok = queue_init(&pipe->free, count, NULL);
	const bool work_ok = queue_init(&pipe->work, count, count_work);
	const bool order_ok = queue_init(&pipe->order, count, count_order);
	if (!pipe->chunks || !free_ok || !work_ok || !order_ok)
		return no_memory();
	for (size_t i = 0; i < count; i++) {
		pipe->chunks[i].out = malloc(pipe->out_max_bytes);
		if (!pipe->chunks[i].out)
			return no_memory();
		queue_put(&pipe->free, &pipe->chunks[i]);
	}
	return true;
}

static void pipe_destroy(struct pipe *pipe)
{
	for (size_t i = 0; pipe->chunks && i < pipe->chunk_count; i++)
		free(pipe->chunks[i].out);
	free(pipe->chunks);
	queue_destroy(&pipe->order);
	queue_destroy(&pipe->work);
	queue_destroy(&pipe->free);
	pthread_cond_destroy(&pipe->deflated);
	pthread_mutex_destroy(&pipe->deflated_lock);
}

/* Runs all threads to their end. The reader starts last: until then nothing is queued, so that
 * closing the queues ends the others if one thread cannot be had. */
static bool run_threads(struct pipe *pipe, struct worker *workers, unsigned count)
{
	pthread_t read_thread, write_thread;
	unsigned started = 0;
	int failed = pthread_create(&write_thread, NULL, writer, pipe);
	const bool writing = !failed;

	while (!failed && started < count) {
		failed = pthread_create(&workers[started].thread, NULL, work, &workers[started]);
		started += !failed;
	}
	if (!failed)
		failed = pthread_create(&read_thread, NULL, press_reader, pipe);
	if (!failed) {
		pthread_join(read_thread, NULL);
	} else {
		fprintf(stderr, "press: cannot start a thread: %s: use fewer workers (-j)\n",
			strerror(failed));
		queue_close(&pipe->work);
		queue_close(&pipe->order);
	}
	while (started)
		pthread_join(workers[--started].thread, NULL);
	if (writing)
		pthread_join(write_thread, NULL);
	return !failed;
}

bool press_run(unsigned count, char *const paths[], int out, struct press_totals *totals)
{
	struct pipe pipe = { .paths = paths, .out = out, .totals = totals,
			     .chunk_count = (size_t)count * CHUNKS_PER_WORKER };
	struct worker *const workers = calloc(count, sizeof(struct worker));
	bool whole = false;

	if (!workers)
		return no_memory();
	if (fstat(out, &pipe.out_st) < 0) {
		fprintf(stderr, "press: the output cannot be used: %s\n", strerror(errno));
	} else if (workers_init(&pipe, workers, count)) {
		if (pipe_init(&pipe, &workers[0].deflater))
			whole = run_threads(&pipe, workers, count) && !atomic_load(&pipe.broken);
		pipe_destroy(&pipe);
	}
	for (unsigned i = 0; i < count; i++)
		if (workers[i].pipe)
			deflateEnd(&workers[i].deflater);
	free(workers);
	return whole;
}

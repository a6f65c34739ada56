/* SPDX-License-Identifier: MIT
 * memory.c - the last segments of a session, in one ring of bytes.
 */
#include "sink/memory.h"

#include "port/port.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS_MAX = 64, TAIL_MAX = 8 };

struct segment {
	size_t size;
	bool ended;
};

struct rill_memory {
	pthread_mutex_t lock;	/* held for the time of a copy; it guards all below */
	char *bytes;
	size_t room;		/* of bytes */
	size_t begin, used;	/* the oldest byte; how many there are from there on, around the end */
	struct segment segments[SEGMENTS_MAX];	/* from `first` on, around the end */
	unsigned first, count;

	/* fixed */
	char *json_tail, where[32];
	struct rill_sink dump;	/* a file, opened at the end; ops NULL: none */
	bool dump_each;		/* a file for each segment */
};

/* ---- the ring, under lock ------------------------------------------------------------------------- */

static struct segment *segment_at(struct rill_memory *m, unsigned i)
{
	return &m->segments[(m->first + i) % SEGMENTS_MAX];
}

static void forget_oldest(struct rill_memory *m)
{
	const size_t size = segment_at(m, 0)->size;

	m->begin = (m->begin + size) % m->room;
	m->used -= size;
	m->first = (m->first + 1) % SEGMENTS_MAX;
	m->count--;
}

static void begin_segment(struct rill_memory *m)
{
	if (m->count == SEGMENTS_MAX)
		forget_oldest(m);
	*segment_at(m, m->count++) = (struct segment){ .size = 0 };
}

static int append(struct rill_memory *m, const char *data, size_t size)
{
	const size_t last = segment_at(m, m->count - 1)->size;
	size_t at, behind;

	if (last + size > m->room)
		return -ENOSPC;
	while (m->used + size > m->room)
		forget_oldest(m);
	at = (m->begin + m->used) % m->room;
	behind = m->room - at < size ? m->room - at : size;
	memcpy(m->bytes + at, data, behind);
	memcpy(m->bytes, data + behind, size - behind);
	m->used += size;
	segment_at(m, m->count - 1)->size += size;
	return 0;
}

/* All of it, from the oldest byte on. */
static void copy_out(const struct rill_memory *m, char *to)
{
	const size_t behind = m->room - m->begin < m->used ? m->room - m->begin : m->used;

	memcpy(to, m->bytes + m->begin, behind);
	memcpy(to + behind, m->bytes, m->used - behind);
}

/* ---- reading -------------------------------------------------------------------------------------- */

/* A copy of a segment, closed if the session has not closed it yet. Behind it there is room for the tail, or the next
 * segment, which gets its bytes back. */
static void hand(const struct rill_memory *m, char *at, const struct segment *segment,
		 void (*take)(void *ctx, const void *segment, size_t size), void *ctx)
{
	const size_t tail = m->json_tail && !segment->ended ? strlen(m->json_tail) : 0;
	char kept[TAIL_MAX];

	if (!tail) {
		take(ctx, at, segment->size);
		return;
	}
	memcpy(kept, at + segment->size, tail);
	memcpy(at + segment->size, m->json_tail, tail);
	take(ctx, at, segment->size + tail);
	memcpy(at + segment->size, kept, tail);
}

int rill_memory_read(struct rill_memory *m, void (*take)(void *ctx, const void *segment, size_t size), void *ctx)
{
	char *copy = malloc(m->room + TAIL_MAX), *at = copy;
	struct segment segments[SEGMENTS_MAX];
	unsigned count;

	if (!copy)
		return rill_fail(ENOMEM, "no memory for a copy of %zu bytes of trace", m->room);
	pthread_mutex_lock(&m->lock);
	copy_out(m, copy);
	count = m->count;
	for (unsigned i = 0; i < count; i++)
		segments[i] = *segment_at(m, i);
	pthread_mutex_unlock(&m->lock);
	for (unsigned i = 0; i < count; at += segments[i++].size)
		hand(m, at, &segments[i], take, ctx);
	free(copy);
	return (int)count;
}

/* ---- the dump ------------------------------------------------------------------------------------- */

struct dump {
	const struct rill_memory *memory;
	bool begun;
	int error;
};

static void dump_segment(void *ctx, const void *segment, size_t size)
{
	struct dump *d = ctx;
	const struct rill_sink *file = &d->memory->dump;
	unsigned pieces = d->begun ? 0 : RILL_PIECE_FIRST;

	if (d->memory->dump_each)
		pieces = RILL_PIECE_FIRST | RILL_PIECE_LAST;
	if (size && !d->error)
		d->error = file->ops->write(file->ctx, segment, size, pieces);
	d->begun = true;
}

static void dump(struct rill_memory *m)
{
	struct dump d = { .memory = m };
	int count = 0;

	d.error = m->dump.ops->open(m->dump.ctx);
	if (!d.error)
		count = rill_memory_read(m, dump_segment, &d);
	if (count < 0)
		d.error = count;
	if (d.error)
		rill_warn("the last %zu KiB of the trace could not be written to %s: %s", m->room / 1024,
			  m->dump.ops->where(m->dump.ctx), strerror(-d.error));
}

/* ---- the sink's functions ------------------------------------------------------------------------- */

static int memory_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct rill_memory *m = ctx;
	int error = 0;

	pthread_mutex_lock(&m->lock);
	if (pieces & RILL_PIECE_FIRST || !m->count)
		begin_segment(m);
	if (size)
		error = append(m, data, size);
	if (pieces & RILL_PIECE_LAST)
		segment_at(m, m->count - 1)->ended = !error;
	pthread_mutex_unlock(&m->lock);
	return error;
}

static void free_memory(struct rill_memory *m)
{
	if (m->dump.ops)
		m->dump.ops->close(m->dump.ctx);
	pthread_mutex_destroy(&m->lock);
	free(m->bytes);
	free(m->json_tail);
	free(m);
}

static void memory_close(void *ctx)
{
	struct rill_memory *m = ctx;

	if (m->dump.ops)
		dump(m);
	free_memory(m);
}

static const char *memory_where(void *ctx)
{
	return ((struct rill_memory *)ctx)->where;
}

/* A copy takes a ms for some MiB. */
static const struct rill_sink_ops memory_ops = {
	.name = "memory",
	.write_time_max_ms = 5,
	.write = memory_write,
	.close = memory_close,
	.where = memory_where,
};

/* The dump may take long: it is for a thread that stop need not wait for. */
static const struct rill_sink_ops memory_dump_ops = {
	.name = "memory",
	.write_time_max_ms = 0,
	.write = memory_write,
	.close = memory_close,
	.where = memory_where,
};

/* What goes there is complete, so the file sink has nothing to add: for it these are just bytes. */
static int make_dump(struct rill_memory *m, const struct rill_memory_options *options)
{
	const struct rill_file_options file = {
		.pattern = options->dump, .name = options->name, .pid = options->pid, .mode = options->mode,
	};

	if (!options->dump)
		return 0;
	m->dump_each = strstr(options->dump, "${rotation}") != NULL;
	if (options->json_tail && !m->dump_each)
		return rill_fail(EINVAL, "dump=%s: several files of JSON make no JSON, so ${rotation} is needed in the name",
				 options->dump);
	return rill_port_file_sink(&file, &m->dump);
}

int rill_memory_sink(const struct rill_memory_options *options, struct rill_sink *sink, struct rill_memory **memory)
{
	struct rill_memory *m = calloc(1, sizeof *m);
	int error;

	*memory = NULL;
	if (!m)
		return rill_fail(ENOMEM, "no memory for a sink");
	pthread_mutex_init(&m->lock, NULL);
	m->room = options->bytes;
	m->bytes = malloc(options->bytes);
	m->json_tail = options->json_tail ? strdup(options->json_tail) : NULL;
	error = make_dump(m, options);
	if (!error && (!m->bytes || (options->json_tail && !m->json_tail)))
		error = rill_fail(ENOMEM, "no memory for the last %zu KiB of a trace", options->bytes / 1024);
	if (error) {
		free_memory(m);
		return error;
	}
	snprintf(m->where, sizeof m->where, "memory:%zu", options->bytes / 1024);
	*sink = (struct rill_sink){ options->dump ? &memory_dump_ops : &memory_ops, m };
	*memory = m;
	return 0;
}

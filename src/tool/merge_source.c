/* SPDX-License-Identifier: MIT
 * merge_source.c - an input of `rill merge`, read a second time.
 */
#include "merge_source.h"
#include "merge_sort.h"
#include "tool.h"
#include "transfer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_BYTES = 256 << 10, BATCHES_MAX = 4, VALUES_MAX = 256 };

struct batch {
	struct batch *next;
	struct rill_merge_store store;
	size_t at;
};

/* A stream of the input. */
struct stream {
	uint32_t index;
	const struct rill_merge_clock *clock;
	uint64_t running; /* highest time of an event so far */
	struct stream *next;
};

struct rill_merge_source {
	const struct rill_merge_clocks *clocks;
	uint32_t input, stream_count;
	struct stream *streams;
	struct rill_intake_result result;
	uint64_t newest; /* key of the last record */
	int code;
	struct rill_merge_sort *sort; /* NULL: in order */

	struct batch *filling; /* of the reading thread */
	bool quit;             /* likewise: nobody wants the rest */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct batch *first, *last;
	unsigned batches;
	bool finished, abandoned;

	struct batch *taking; /* of the thread that takes */
};

/* ---- the queue ------------------------------------------------------------------------------ */

static void free_batch(struct batch *b)
{
	if (b)
		free(b->store.bytes);
	free(b);
}

/* What was read goes to who takes it; waits while there is much. */
static void hand_over(struct rill_merge_source *s)
{
	struct batch *const b = s->filling;

	s->filling = NULL;
	if (!b)
		return;
	pthread_mutex_lock(&s->lock);
	while (s->batches == BATCHES_MAX && !s->abandoned)
		pthread_cond_wait(&s->changed, &s->lock);
	s->quit = s->abandoned;
	if (s->last)
		s->last->next = b;
	else
		s->first = b;
	s->last = b;
	s->batches++;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void put(struct rill_merge_source *s, const struct rill_merge_record *r)
{
	if (s->sort) {
		rill_merge_sort_put(s->sort, r);
		s->quit = rill_merge_sort_failed(s->sort) != 0;
		return;
	}
	if (!s->filling)
		s->filling = rill_alloc(1, sizeof *s->filling);
	rill_merge_record_put(&s->filling->store, r);
	if (s->filling->store.used >= BATCH_BYTES)
		hand_over(s);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static bool is_json(const struct rill_merge_source *s)
{
	return s->result.kind == RILL_INTAKE_JSON;
}

/* What is in order is handed on in its order. */
static uint64_t in_its_order(struct rill_merge_source *s, uint64_t key)
{
	if (s->sort)
		return key;
	if (key > s->newest)
		s->newest = key;
	return s->newest;
}

/* Of packets the order counts, and of JSON the time. */
static uint64_t key_of_event(struct rill_merge_source *s, struct stream *stream,
			     const struct rill_event *e)
{
	const bool keeps_place = !is_json(s) || e->state & RILL_EVENT_LATE;
	const uint64_t key = keeps_place && e->ts_ns < stream->running ? stream->running : e->ts_ns;

	stream->running = key;
	return in_its_order(s, key);
}

/* Of what is no event: it stays behind the one before it. JSON that is not in order says at any place
 * what holds for all of it. */
static uint64_t key_here(struct rill_merge_source *s, const struct stream *stream)
{
	return in_its_order(s, is_json(s) && s->sort ? 0 : stream->running);
}

static uint64_t key_of_gap(struct rill_merge_source *s, const struct stream *stream,
			   uint64_t before_ns, uint64_t after_ns)
{
	if (!is_json(s) || !s->sort)
		return key_here(s, stream);
	return after_ns ? after_ns : before_ns ? before_ns : stream->running;
}

static uint64_t key_of_end(struct rill_merge_source *s, const struct stream *stream)
{
	return is_json(s) && s->sort ? UINT64_MAX : key_here(s, stream);
}

/* ---- what the input says -------------------------------------------------------------------- */

static struct stream *stream_of(struct rill_merge_source *s, struct rill_packet_stream *known)
{
	struct stream *stream = known->user;

	if (stream)
		return stream;
	stream = rill_alloc(1, sizeof *stream);
	stream->index = s->stream_count++;
	stream->clock = rill_merge_clock_of(s->clocks, s->input, stream->index);
	stream->running = is_json(s) ? 0 : rill_line_map(&stream->clock->line, known->base_ns);
	stream->next = s->streams;
	s->streams = stream;
	return known->user = stream;
}

static struct rill_merge_record record(const struct stream *stream, enum rill_merge_kind kind,
				       const struct rill_thread *thread)
{
	struct rill_merge_record r = { .stream = stream->index,
				       .kind = (uint8_t)kind,
				       .has_thread = thread != NULL };

	if (thread)
		r.thread = *thread;
	return r;
}

static int64_t map_us(const struct rill_line *line, int64_t us)
{
	if (us > 0 && us < INT64_MAX / 1000)
		return (int64_t)(rill_line_map(line, (uint64_t)us * 1000) / 1000);
	return us;
}

/* The issuer of a clock_sync says when it asked, in microseconds of its own clock. */
static void map_issue(const struct rill_line *line, struct rill_event *e, struct rill_value *values)
{
	memcpy(values, e->args, e->nargs * sizeof *values);
	for (unsigned i = 0; i < e->nargs; i++) {
		struct rill_value *const v = &values[i];

		if (strcmp(v->name, "issue_ts"))
			continue;
		if (v->type >= RILL_TYPE_I8 && v->type <= RILL_TYPE_I64) {
			v->i = map_us(line, v->i);
			v->type = RILL_TYPE_I64;
		} else if (v->type == RILL_TYPE_F64 && v->d > 0 && v->d < 1e15) {
			v->d = (double)rill_line_map(line, (uint64_t)(v->d * 1000)) / 1000;
		}
	}
	e->args = values;
}

static void on_event(void *ctx, struct rill_packet_stream *known, const struct rill_event *event)
{
	struct rill_merge_source *const s = ctx;
	struct stream *const stream = stream_of(s, known);
	const struct rill_line *const line = &stream->clock->line;
	struct rill_merge_record r = record(stream, RILL_MERGE_EVENT, event->thread);
	struct rill_event *const e = &r.event;
	struct rill_value values[VALUES_MAX];

	*e = *event;
	e->ts_ns = rill_line_map(line, e->ts_ns);
	e->begin_ns = rill_line_map(line, e->begin_ns);
	if (e->state & RILL_EVENT_HAS_OWN_TIME && (line->count || line->shift_ns))
		e->own_time_us = map_us(line, e->own_time_us);
	if (e->phase == 'c')
		map_issue(line, e, values);
	/* No number of one input is that of another. */
	if (e->site)
		e->site = e->site * (uint32_t)s->clocks->input_count + s->input;
	r.key = key_of_event(s, stream, e);
	put(s, &r);
}

static void on_gap(void *ctx, struct rill_packet_stream *known, const struct rill_gap *gap)
{
	struct rill_merge_source *const s = ctx;
	struct stream *const stream = stream_of(s, known);
	const struct rill_line *const line = &stream->clock->line;
	struct rill_merge_record r = record(stream, RILL_MERGE_GAP, gap->thread);

	r.gap = *gap;
	r.gap.before_ns = rill_line_map(line, gap->before_ns);
	r.gap.after_ns = rill_line_map(line, gap->after_ns);
	r.key = key_of_gap(s, stream, r.gap.before_ns, r.gap.after_ns);
	put(s, &r);
}

static void on_missing(void *ctx, struct rill_packet_stream *known,
		       const struct rill_packet_missing *missing)
{
	struct rill_merge_source *const s = ctx;
	struct stream *const stream = stream_of(s, known);
	const struct rill_line *const line = &stream->clock->line;
	struct rill_merge_record r = record(stream, RILL_MERGE_MISSING, NULL);

	r.missing = *missing;
	r.missing.before_ns = rill_line_map(line, missing->before_ns);
	r.missing.after_ns = rill_line_map(line, missing->after_ns);
	r.key = key_of_gap(s, stream, r.missing.before_ns, r.missing.after_ns);
	put(s, &r);
}

static void put_known(struct rill_merge_source *s, struct rill_packet_stream *known,
		      enum rill_merge_kind kind)
{
	struct stream *const stream = stream_of(s, known);
	struct rill_merge_record r = record(stream, kind, NULL);

	r.known = *known;
	r.key = kind == RILL_MERGE_END ? key_of_end(s, stream) : key_here(s, stream);
	put(s, &r);
}

static void on_stream(void *ctx, struct rill_packet_stream *known)
{
	put_known(ctx, known, RILL_MERGE_STREAM);
}

static void on_end(void *ctx, struct rill_packet_stream *known)
{
	put_known(ctx, known, RILL_MERGE_END);
}

static void on_thread(void *ctx, struct rill_packet_stream *known, const struct rill_thread *thread)
{
	struct rill_merge_source *const s = ctx;
	struct stream *const stream = stream_of(s, known);
	struct rill_merge_record r = record(stream, RILL_MERGE_THREAD, thread);

	r.key = key_here(s, stream);
	put(s, &r);
}

static void on_metadata(void *ctx, struct rill_packet_stream *known, const char *name,
			const char *args_json)
{
	struct rill_merge_source *const s = ctx;
	struct stream *const stream = stream_of(s, known);
	struct rill_merge_record r = record(stream, RILL_MERGE_METADATA, NULL);

	r.pair.name = name;
	r.pair.args = args_json;
	r.key = key_here(s, stream);
	put(s, &r);
}

/* The others agree with the common time as well as the line is known. */
static void on_snapshot(void *ctx, struct rill_packet_stream *known,
			const struct rill_packet_snapshot *snapshot)
{
	struct rill_merge_source *const s = ctx;
	struct stream *const stream = stream_of(s, known);
	struct rill_merge_record r = record(stream, RILL_MERGE_SNAPSHOT, NULL);

	r.snapshot = *snapshot;
	r.snapshot.monotonic_ns = rill_line_map(&stream->clock->line, snapshot->monotonic_ns);
	if (__builtin_add_overflow(snapshot->uncertainty_ns, stream->clock->uncertainty_ns,
				   &r.snapshot.uncertainty_ns))
		r.snapshot.uncertainty_ns = UINT64_MAX;
	r.key = key_here(s, stream);
	put(s, &r);
}

static void on_counts(void *ctx, struct rill_packet_stream *known,
		      const struct rill_packet_counts *counts)
{
	struct rill_merge_source *const s = ctx;
	struct stream *const stream = stream_of(s, known);
	struct rill_merge_record r = record(stream, RILL_MERGE_COUNTS, NULL);

	r.counts = *counts;
	r.key = key_here(s, stream);
	put(s, &r);
}

static void on_totals(void *ctx, struct rill_packet_stream *known, const struct rill_stats *stats)
{
	struct rill_merge_source *const s = ctx;
	struct stream *const stream = stream_of(s, known);
	struct rill_merge_record r = record(stream, RILL_MERGE_TOTALS, NULL);

	r.stats = *stats;
	r.key = key_here(s, stream);
	put(s, &r);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* The one by which it can be seen how far all of them are. */
static bool is_longest(const struct rill_merge_source *s)
{
	const struct rill_merge_clocks *const k = s->clocks;
	uint32_t longest = s->input;

	for (uint32_t i = 0; i < k->input_count; i++)
		if (!rill_merge_source_sorts(k, i) &&
		    k->inputs[i].look.st.st_size > k->inputs[longest].look.st.st_size)
			longest = i;
	return longest == s->input;
}

static void read_all(struct rill_merge_source *s)
{
	static const struct rill_intake_ops ops = {
		.stream = {
			.stream = on_stream,
			.event = on_event,
			.gap = on_gap,
			.missing = on_missing,
			.thread = on_thread,
			.metadata = on_metadata,
			.snapshot = on_snapshot,
			.counts = on_counts,
			.totals = on_totals,
			.end = on_end,
		},
	};
	const struct rill_look *const look = &s->clocks->inputs[s->input].look;
	struct rill_input in;

	s->code = rill_input_open(&in, look->path, NULL);
	if (s->code)
		return;
	in.give_up = &s->quit;
	if (!s->sort && !is_longest(s))
		in.progress.terminal = false; /* of several that are read at once */
	s->code = rill_intake_run(&in, &ops, s, &s->result);
	rill_input_close(&in);
}

static void *run(void *source)
{
	struct rill_merge_source *const s = source;

	read_all(s);
	hand_over(s);
	pthread_mutex_lock(&s->lock);
	s->finished = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

bool rill_merge_source_sorts(const struct rill_merge_clocks *clocks, uint32_t input)
{
	const struct rill_merge_input *const in = &clocks->inputs[input];

	return !in->look.ordered || in->clock_count > 1;
}

struct rill_merge_source *rill_merge_source_open(const struct rill_merge_clocks *clocks,
						 uint32_t input, size_t run_bytes, bool to_file)
{
	struct rill_merge_source *s = rill_alloc(1, sizeof *s);
	int error;

	s->clocks = clocks;
	s->input = input;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	if (rill_merge_source_sorts(clocks, input)) {
		s->sort = rill_merge_sort_new(run_bytes);
		read_all(s);
		rill_merge_sort_end(s->sort, to_file);
		return s;
	}
	error = pthread_create(&s->thread, NULL, run, s);
	if (error) {
		rill_say("cannot start a thread: %s", strerror(error));
		exit(RILL_EXIT_FAILED);
	}
	s->started = true;
	return s;
}

/* ---- taking --------------------------------------------------------------------------------- */

static struct batch *next_batch(struct rill_merge_source *s)
{
	struct batch *b;

	pthread_mutex_lock(&s->lock);
	while (!s->first && !s->finished)
		pthread_cond_wait(&s->changed, &s->lock);
	b = s->first;
	if (b) {
		s->first = b->next;
		s->last = s->first ? s->last : NULL;
		s->batches--;
	}
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return b;
}

struct rill_merge_record *rill_merge_source_next(struct rill_merge_source *s)
{
	struct rill_merge_record *r;

	if (s->sort)
		return rill_merge_sort_next(s->sort);
	while (!s->taking || s->taking->at == s->taking->store.used) {
		free_batch(s->taking);
		s->taking = next_batch(s);
		if (!s->taking)
			return NULL;
	}
	r = (struct rill_merge_record *)(void *)(s->taking->store.bytes + s->taking->at);
	s->taking->at += r->size;
	rill_merge_record_raise(r);
	return r;
}

int rill_merge_source_close(struct rill_merge_source *s)
{
	int code;

	pthread_mutex_lock(&s->lock);
	s->abandoned = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (s->started)
		pthread_join(s->thread, NULL);
	code = s->sort && rill_merge_sort_failed(s->sort) ? rill_merge_sort_failed(s->sort)
							  : s->code;
	if (!code && !s->quit)
		rill_say_faults(s->clocks->inputs[s->input].look.path, &s->result);
	free_batch(s->taking);
	while (s->first) {
		struct batch *const next = s->first->next;

		free_batch(s->first);
		s->first = next;
	}
	while (s->streams) {
		struct stream *const next = s->streams->next;

		free(s->streams);
		s->streams = next;
	}
	rill_merge_sort_free(s->sort);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return code;
}

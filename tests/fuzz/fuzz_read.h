/* SPDX-License-Identifier: MIT
 * fuzz_read.h - reads a stream of packets and looks at every byte that it is handed, so that the sanitizers see each
 * pointer used; checks what packet_read.h promises; and sums up all it saw, so that two ways to read the
 * same can be compared.
 */
#ifndef RILL_TESTS_FUZZ_FUZZ_READ_H
#define RILL_TESTS_FUZZ_FUZZ_READ_H

#include "format/packet_read.h"
#include "tests/fuzz/fuzz.h"

struct fuzz_read {
	size_t size;	/* of the input */
	bool framed;
	uint64_t sum;	/* of all calls, in their order */
	uint64_t packets, packets_bytes, packets_end, promised, events, gaps, missing_packets, missing_events;
	uint64_t damaged, damaged_bytes, malformed_bytes, text_bytes, streams, ends;
	uint64_t stream_events[256];
	bool open[256];
	/* Further takers of events and gaps; NULL: none. */
	void (*event)(void *ctx, const struct rill_packet_stream *stream, const struct rill_event *event);
	void (*gap)(void *ctx, const struct rill_packet_stream *stream, const struct rill_gap *gap);
	void (*packet)(void *ctx, const struct rill_packet *packet);
	void *ctx;
	struct rill_packet_reader_result result;
};

/* ---- what an event is made of ------------------------------------------------------------------------ */

static inline uint64_t fuzz_sum_value(uint64_t sum, const struct rill_value *v)
{
	const bool text = v->type == RILL_TYPE_STRING || v->type == RILL_TYPE_COPY || v->type == RILL_TYPE_JSON;

	MUST(v->name);
	sum = fuzz_sum_text(sum, v->name);
	sum = fuzz_sum_number(sum, v->type | v->cut << 8 | v->null << 16);
	if (!text && v->type != RILL_TYPE_BLOB)
		return fuzz_sum_number(sum, v->u);
	if (text)
		MUST(v->text && v->text[v->size] == '\0');
	MUST(!v->null || v->size == 0 || !text);
	return fuzz_sum(fuzz_sum_number(sum, v->size), v->text, v->size);
}

/* All but the number of the site, and the thread's name, which may change between. */
static inline uint64_t fuzz_sum_event(uint64_t sum, const struct rill_event *e)
{
	const uint64_t numbers[] = {
		e->ts_ns, e->begin_ns, (uint64_t)e->own_time_us, e->thread_time_ns, e->id, e->bind_id,
		e->pid, e->tid, e->line, e->flags, e->state, e->nargs, e->level, (uint8_t)e->phase,
		e->thread ? e->thread->serial : 0,
	};

	MUST(e->category && e->name);
	sum = fuzz_sum(sum, numbers, sizeof numbers);
	sum = fuzz_sum_text(fuzz_sum_text(sum, e->category), e->name);
	sum = fuzz_sum_text(fuzz_sum_text(sum, e->scope), e->file);
	for (unsigned i = 0; i < e->nargs; i++)
		sum = fuzz_sum_value(sum, &e->args[i]);
	return sum;
}

static inline uint64_t fuzz_sum_gap(uint64_t sum, const struct rill_gap *g)
{
	const uint64_t numbers[] = { g->count, g->before_ns, g->after_ns, g->level, g->cause,
				     g->thread ? g->thread->serial : 0 };

	MUST(g->cause <= RILL_CAUSES);
	return fuzz_sum(sum, numbers, sizeof numbers);
}

/* ---- the reader's calls ------------------------------------------------------------------------------ */

static inline void fuzz_of_stream(struct fuzz_read *r, const struct rill_packet_stream *s)
{
	MUST(r->open[s->number]);
	MUST(s->origin.session && s->origin.version);
	r->sum = fuzz_sum_number(r->sum, s->number);
}

static inline void fuzz_on_packet(void *ctx, const struct rill_packet *p)
{
	struct fuzz_read *r = ctx;

	MUST(p->size >= RILL_PACKET_HEAD + RILL_PACKET_COUNTS && p->size <= RILL_PACKET_MAX);
	MUST(p->offset >= r->packets_end);
	r->packets_end = p->offset + (r->framed ? 1 : p->size);
	MUST(r->packets_end <= r->size);
	r->packets++;
	r->packets_bytes += p->size;
	if (!p->again)
		r->promised += p->events;
	r->sum = fuzz_sum(r->sum, p->bytes, p->size);
	if (r->packet)
		r->packet(r->ctx, p);
}

static inline void fuzz_on_stream(void *ctx, struct rill_packet_stream *s)
{
	struct fuzz_read *r = ctx;

	/* Twice at most: when it begins, and when it is known whose it is. */
	MUST(s->has_origin || !r->open[s->number]);
	MUST(!s->has_origin || strlen(s->origin.session) + strlen(s->origin.version) < RILL_PACKET_MAX);
	if (!r->open[s->number]) {
		r->open[s->number] = true;
		r->stream_events[s->number] = 0;
		r->streams++;
		MUST(!s->user);
		s->user = r;
	}
	fuzz_of_stream(r, s);
}

static inline void fuzz_on_event(void *ctx, struct rill_packet_stream *s, const struct rill_event *e)
{
	struct fuzz_read *r = ctx;

	fuzz_of_stream(r, s);
	r->events++;
	MUST(s->events == ++r->stream_events[s->number] && s->user == r);
	MUST(!e->thread || e->thread->name);
	r->sum = fuzz_sum_event(r->sum, e);
	if (r->event)
		r->event(r->ctx, s, e);
}

static inline void fuzz_on_gap(void *ctx, struct rill_packet_stream *s, const struct rill_gap *g)
{
	struct fuzz_read *r = ctx;

	fuzz_of_stream(r, s);
	r->gaps++;
	r->sum = fuzz_sum_gap(r->sum, g);
	if (r->gap)
		r->gap(r->ctx, s, g);
}

static inline void fuzz_on_missing(void *ctx, struct rill_packet_stream *s, const struct rill_packet_missing *m)
{
	struct fuzz_read *r = ctx;

	fuzz_of_stream(r, s);
	MUST(m->packets || m->events);
	r->missing_packets += m->packets;
	r->missing_events += m->events;
	r->sum = fuzz_sum_number(fuzz_sum_number(r->sum, m->packets), m->events);
}

static inline void fuzz_on_thread(void *ctx, struct rill_packet_stream *s, const struct rill_thread *t)
{
	struct fuzz_read *r = ctx;

	fuzz_of_stream(r, s);
	MUST(t->serial);
	r->sum = fuzz_sum_text(fuzz_sum_number(r->sum, t->serial), t->name);
}

static inline void fuzz_on_metadata(void *ctx, struct rill_packet_stream *s, const char *name, const char *args)
{
	struct fuzz_read *r = ctx;

	fuzz_of_stream(r, s);
	r->sum = fuzz_sum_text(fuzz_sum_text(r->sum, name), args);
}

static inline void fuzz_on_snapshot(void *ctx, struct rill_packet_stream *s, const struct rill_packet_snapshot *c)
{
	struct fuzz_read *r = ctx;

	fuzz_of_stream(r, s);
	r->sum = fuzz_sum_number(fuzz_sum_number(r->sum, c->monotonic_ns), c->epoch);
}

static inline void fuzz_on_counts(void *ctx, struct rill_packet_stream *s, const struct rill_packet_counts *c)
{
	struct fuzz_read *r = ctx;

	fuzz_of_stream(r, s);
	r->sum = fuzz_sum_number(fuzz_sum_number(r->sum, c->written), c->lost);
}

static inline void fuzz_on_totals(void *ctx, struct rill_packet_stream *s, const struct rill_stats *t)
{
	struct fuzz_read *r = ctx;

	fuzz_of_stream(r, s);
	r->sum = fuzz_sum_number(fuzz_sum_number(r->sum, t->delivered), t->lost_total);
}

static inline void fuzz_on_end(void *ctx, struct rill_packet_stream *s)
{
	struct fuzz_read *r = ctx;

	fuzz_of_stream(r, s);
	r->open[s->number] = false;
	r->ends++;
}

static inline void fuzz_on_text(void *ctx, const char *text, size_t size)
{
	struct fuzz_read *r = ctx;

	MUST(size && r->framed);
	r->text_bytes += size;
	r->sum = fuzz_sum(r->sum, text, size);
}

static inline void fuzz_on_damage(void *ctx, uint64_t offset, uint64_t bytes, const char *why)
{
	struct fuzz_read *r = ctx;

	MUST(bytes && offset + bytes <= r->size + (r->framed ? RILL_PACKET_MAX : 0));
	r->damaged++;
	r->damaged_bytes += bytes;
	/* A packet of this kind is whole, and was counted among the packets. */
	if (strstr(why, "definitions"))
		r->malformed_bytes += bytes;
	r->sum = fuzz_sum_text(fuzz_sum_number(fuzz_sum_number(r->sum, offset), bytes), why);
}

static const struct rill_packet_reader_ops fuzz_ops = {
	.packet = fuzz_on_packet,
	.stream = fuzz_on_stream,
	.event = fuzz_on_event,
	.gap = fuzz_on_gap,
	.missing = fuzz_on_missing,
	.thread = fuzz_on_thread,
	.metadata = fuzz_on_metadata,
	.snapshot = fuzz_on_snapshot,
	.counts = fuzz_on_counts,
	.totals = fuzz_on_totals,
	.end = fuzz_on_end,
	.text = fuzz_on_text,
	.damage = fuzz_on_damage,
};

/* ---- reading ----------------------------------------------------------------------------------------- */

/* Every byte and every event is somewhere. */
static inline void fuzz_books_are_closed(const struct fuzz_read *r)
{
	const struct rill_packet_reader_result *const sums = &r->result;

	MUST(sums->bytes == r->size && sums->packets == r->packets && sums->events == r->events);
	/* What came late was told as missing before. */
	MUST(sums->gaps == r->gaps && sums->missing_packets <= r->missing_packets);
	/* Modulo 2^64, which sums of what headers claim may pass. */
	MUST(r->missing_events - sums->missing_events <= r->promised && sums->text_bytes == r->text_bytes);
	MUST(sums->belated || (sums->missing_packets == r->missing_packets && sums->missing_events == r->missing_events));
	MUST(sums->damaged == r->damaged && sums->damaged_bytes == r->damaged_bytes);
	MUST(sums->streams == r->streams && r->streams == r->ends);
	MUST(sums->events + sums->undefined == r->promised);
	MUST(!sums->damaged == !sums->damaged_why);
	if (!r->framed && !sums->newer)
		MUST(r->packets_bytes + r->damaged_bytes - r->malformed_bytes + sums->torn_bytes == r->size);
	if (r->framed)
		MUST(r->text_bytes + r->damaged_bytes - r->malformed_bytes + sums->torn_bytes <= r->size);
}

/* Reads all in pieces (0: at once), each in a place of its own size, so that a byte too far is noticed. */
static inline void fuzz_read(struct fuzz_read *r, const uint8_t *data, size_t size, size_t piece,
			     const struct rill_packet_reader_options *options)
{
	struct rill_packet_reader *const reader = rill_packet_reader_new(options, &fuzz_ops, r);

	MUST(reader);
	r->size = size;
	r->framed = options->framed;
	piece = piece && piece < size ? piece : size;
	for (size_t at = 0; at < size; at += piece) {
		const size_t more = size - at < piece ? size - at : piece;
		uint8_t *const copy = malloc(more);

		memcpy(copy, data + at, more);
		MUST(rill_packet_reader_feed(reader, copy, more) == 0);
		free(copy);
	}
	MUST(rill_packet_reader_end(reader) == 0);
	r->result = *rill_packet_reader_result(reader);
	rill_packet_reader_free(reader);
	fuzz_books_are_closed(r);
}

#endif

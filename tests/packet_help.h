/* SPDX-License-Identifier: MIT
 * packet_help.h - what the tests of packets share: a reader that compares what comes back with what was
 * written on the tape.
 */
#ifndef RILL_TESTS_PACKET_HELP_H
#define RILL_TESTS_PACKET_HELP_H

#include "format/packet_read.h"
#include "tests/packet_tape.h"
#include "tests/test.h"

/* ---- reading -------------------------------------------------------------------------------------- */

static inline bool same_text(const char *a, const char *b)
{
	return (!a || !b) ? (a ? a : "")[0] == (b ? b : "")[0] : !strcmp(a, b);
}

static inline bool same_value(const struct rill_value *a, const struct rill_value *b)
{
	if (!same_text(a->name, b->name) || a->type != b->type || a->cut != b->cut || a->null != b->null)
		return false;
	if (a->type >= RILL_TYPE_STRING && a->type <= RILL_TYPE_JSON)
		return a->size == b->size && (a->size == 0 || !memcmp(a->text, b->text, a->size)) &&
		       (a->type == RILL_TYPE_BLOB || a->text[a->size] == 0);
	return !memcmp(&a->u, &b->u, sizeof a->u);
}

static inline bool same_thread(const struct rill_thread *a, const struct rill_thread *b)
{
	if (!a || !b)
		return a == b;
	return a->serial == b->serial && a->tid == b->tid && a->generation == b->generation &&
	       a->has_sort_index == b->has_sort_index && a->sort_index == b->sort_index &&
	       same_text(a->name, b->name);
}

/* All but the number of the site: read, then written. */
static inline bool same_event(const struct rill_event *a, const struct rill_event *b)
{
	if (a->ts_ns != b->ts_ns || a->begin_ns != b->begin_ns || a->own_time_us != b->own_time_us ||
	    a->thread_time_ns != b->thread_time_ns || a->id != b->id || a->bind_id != b->bind_id ||
	    !same_text(a->scope, b->scope) || !same_text(a->category, b->category) ||
	    !same_text(a->name, b->name) || !same_text(a->file, b->file) || a->pid != b->pid ||
	    a->tid != b->tid || a->line != b->line || a->flags != b->flags || a->state != b->state ||
	    a->level != b->level || a->phase != b->phase || a->nargs != b->nargs ||
	    !same_thread(a->thread, b->thread))
		return false;
	for (unsigned i = 0; i < a->nargs; i++)
		if (!same_value(&a->args[i], &b->args[i]))
			return false;
	return true;
}

/* What came back. expected: the events in their order; NULL: they are only counted. */
struct help_read {
	const struct rill_event *expected;
	size_t count;
	uint64_t events, wrong, gaps, gap_count, missing_events, damaged, text_bytes;
	uint64_t threads, metadata, snapshots, counts, totals, ends, streams, packets;
	uint64_t missing_packets;
	struct rill_gap last_gap;
	struct rill_thread last_gap_thread;
	struct rill_packet_snapshot snapshot;
	struct rill_stats stats;
	struct rill_packet_reader_result result;
	bool (*check)(uint64_t index, const struct rill_event *event);
	void (*each)(struct help_read *h, const struct rill_event *event);
	char text[4096];
};

static inline void help_on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *e)
{
	struct help_read *h = ctx;

	(void)stream;
	if (h->each)
		h->each(h, e);
	if (h->expected && (h->events >= h->count || !same_event(e, &h->expected[h->events])))
		h->wrong++;
	if (h->check && !h->check(h->events, e))
		h->wrong++;
	h->events++;
}

static inline void help_on_gap(void *ctx, struct rill_packet_stream *stream, const struct rill_gap *gap)
{
	struct help_read *h = ctx;

	(void)stream;
	h->gaps++;
	h->gap_count += gap->count;
	h->last_gap = *gap;
	if (gap->thread)
		h->last_gap_thread = *gap->thread;
	h->last_gap_thread.name = "";
}

static inline void help_on_missing(void *ctx, struct rill_packet_stream *stream,
				   const struct rill_packet_missing *missing)
{
	struct help_read *h = ctx;

	(void)stream;
	h->missing_events += missing->events;
	h->missing_packets += missing->packets;
}

static inline void help_on_thread(void *ctx, struct rill_packet_stream *stream, const struct rill_thread *t)
{
	(void)stream;
	((struct help_read *)ctx)->threads += t->serial != 0;
}

static inline void help_on_metadata(void *ctx, struct rill_packet_stream *stream, const char *name,
				    const char *args_json)
{
	struct help_read *h = ctx;
	const size_t used = strlen(h->text);

	(void)stream;
	h->metadata++;
	snprintf(h->text + used, sizeof h->text - used, "%s=%s;", name, args_json);
}

static inline void help_on_snapshot(void *ctx, struct rill_packet_stream *stream,
				    const struct rill_packet_snapshot *snapshot)
{
	struct help_read *h = ctx;

	(void)stream;
	h->snapshots++;
	h->snapshot = *snapshot;
}

static inline void help_on_counts(void *ctx, struct rill_packet_stream *stream,
				  const struct rill_packet_counts *counts)
{
	struct help_read *h = ctx;
	const size_t used = strlen(h->text);

	(void)stream;
	h->counts++;
	snprintf(h->text + used, sizeof h->text - used, "%u/%u:%llu,%llu;", counts->serial, counts->part,
		 (unsigned long long)counts->written, (unsigned long long)counts->lost);
}

static inline void help_on_totals(void *ctx, struct rill_packet_stream *stream,
				  const struct rill_stats *stats)
{
	struct help_read *h = ctx;

	(void)stream;
	h->totals++;
	h->stats = *stats;
}

static inline void help_on_stream(void *ctx, struct rill_packet_stream *stream)
{
	((struct help_read *)ctx)->streams += !stream->has_origin;
}

static inline void help_on_end(void *ctx, struct rill_packet_stream *stream)
{
	(void)stream;
	((struct help_read *)ctx)->ends++;
}

static inline void help_on_packet(void *ctx, const struct rill_packet *packet)
{
	((struct help_read *)ctx)->packets += packet->size != 0;
}

static inline void help_on_text(void *ctx, const char *text, size_t size)
{
	struct help_read *h = ctx;
	const size_t used = strlen(h->text);

	h->text_bytes += size;
	snprintf(h->text + used, sizeof h->text - used, "%.*s", (int)size, text);
}

static inline void help_on_damage(void *ctx, uint64_t offset, uint64_t bytes, const char *why)
{
	(void)offset;
	(void)bytes;
	((struct help_read *)ctx)->damaged += *why != 0;
}

static const struct rill_packet_reader_ops help_ops = {
	.packet = help_on_packet,
	.stream = help_on_stream,
	.event = help_on_event,
	.gap = help_on_gap,
	.missing = help_on_missing,
	.thread = help_on_thread,
	.metadata = help_on_metadata,
	.snapshot = help_on_snapshot,
	.counts = help_on_counts,
	.totals = help_on_totals,
	.end = help_on_end,
	.text = help_on_text,
	.damage = help_on_damage,
};

/* Reads the bytes in pieces (0: at once). */
static inline void help_read_with(struct help_read *h, struct rill_packet_reader_options options,
				  const uint8_t *bytes, size_t size, size_t piece)
{
	struct rill_packet_reader *reader = rill_packet_reader_new(&options, &help_ops, h);

	CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
	if (!piece)
		piece = size ? size : 1;
	for (size_t at = 0; at < size; at += piece)
		CU_ASSERT_EQUAL(rill_packet_reader_feed(reader, bytes + at,
							size - at < piece ? size - at : piece), 0);
	CU_ASSERT_EQUAL(rill_packet_reader_end(reader), 0);
	h->result = *rill_packet_reader_result(reader);
	CU_ASSERT_EQUAL(h->result.events, h->events);
	CU_ASSERT_EQUAL(h->result.bytes, size);
	CU_ASSERT_EQUAL(h->result.packets, h->packets);
	CU_ASSERT_EQUAL(h->result.damaged, h->damaged);
	rill_packet_reader_free(reader);
}

static inline void help_read(struct help_read *h, const uint8_t *bytes, size_t size)
{
	help_read_with(h, (struct rill_packet_reader_options){ .framed = tape.framed }, bytes, size, 0);
}

/* All of the tape, which must be without a fault. */
static inline void help_read_tape(struct help_read *h)
{
	help_read(h, tape.bytes, tape.size);
	CU_ASSERT_EQUAL(h->wrong, 0);
	CU_ASSERT_EQUAL(h->damaged, 0);
	CU_ASSERT_EQUAL(h->missing_packets, 0);
	CU_ASSERT_EQUAL(h->result.malformed, 0);
	CU_ASSERT_EQUAL(h->result.refused, 0);
	CU_ASSERT_EQUAL(h->result.undefined, 0);
	CU_ASSERT_EQUAL(h->result.torn_bytes, 0);
}

#endif

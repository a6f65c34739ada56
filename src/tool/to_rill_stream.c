/* SPDX-License-Identifier: MIT
 * to_rill_stream.c - one stream that is written as rill packets.
 *
 * Definitions are told again after each mebibyte, so that a part cut out of the file, or what
 * follows damage, can still be read.
 */
#include "to_rill.h"
#include "tool.h"

#include "format/gap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	PACKET_BYTES = 4096,
	FORMS = 1024,
	FORMS_MAX = 65536, /* 36 bytes each */
	THREADS = 256,
	THREADS_MAX = 65536, /* 32 bytes each */
	ROUND_BYTES = 1 << 20,
	PAIRS_MAX = 256,
	PAIRS_BYTES_MAX = 256 << 10
};

/* ---- packets -------------------------------------------------------------------------------- */

static void send(struct rill_to_stream *s, unsigned flags)
{
	const size_t size = rill_packet_close(&s->writer, s->flags | flags);

	if (!size)
		return;
	s->round_bytes += rill_to_pack_put(s->pack, s->buffer, size);
	s->flags = 0;
	rill_packet_next(&s->writer);
}

/* After a call of the writer that said `error`: true if it is to be made again, in a new packet. */
static bool again(struct rill_to_stream *s, int error)
{
	if (error != -ENOBUFS)
		return false;
	send(s, 0);
	return true;
}

void rill_to_stream_send(struct rill_to_stream *s)
{
	send(s, 0);
}

/* ---- definitions ---------------------------------------------------------------------------- */

static void tell_pair(struct rill_to_stream *s, const char *name, const char *args)
{
	while (again(s, rill_packet_metadata(&s->writer, name, args)))
		;
}

static void tell_snapshot(struct rill_to_stream *s)
{
	while (s->has_snapshot && again(s, rill_packet_snapshot(&s->writer, &s->snapshot)))
		;
}

static void begin_round(struct rill_to_stream *s)
{
	rill_packet_repeat(&s->writer);
	s->round_bytes = 0;
	while (again(s, rill_packet_stream(&s->writer, &s->origin)))
		;
	for (unsigned i = 0; i < s->pair_count; i++)
		tell_pair(s, s->pairs[i].name, s->pairs[i].args);
	tell_snapshot(s);
}

/* Beyond the limit events carry their form. */
static void grow_forms(struct rill_to_stream *s)
{
	struct rill_packet_form *const old = s->writer.options.forms;
	const uint32_t size = 2 * s->writer.options.forms_size;

	if (size > FORMS_MAX)
		return;
	rill_packet_move_forms(&s->writer, rill_alloc(size, sizeof *old), size);
	free(old);
}

static void tell_counts(struct rill_to_stream *s)
{
	while (again(s, rill_packet_counts(&s->writer)))
		;
}

static void grow_threads(struct rill_to_stream *s)
{
	struct rill_packet_thread *const old = s->writer.options.threads;
	const uint32_t size = 2 * s->writer.options.threads_size;

	if (size <= THREADS_MAX) {
		rill_packet_move_threads(&s->writer, rill_alloc(size, sizeof *old), size);
		free(old);
	} else {
		tell_counts(s);
		rill_packet_forget_threads(&s->writer);
	}
}

static void make_ready(struct rill_to_stream *s)
{
	if (s->round_bytes >= ROUND_BYTES) {
		tell_counts(s);
		begin_round(s);
	}
	if (rill_packet_forms_full(&s->writer))
		grow_forms(s);
	if (rill_packet_threads_full(&s->writer))
		grow_threads(s);
}

/* ---- what is written ------------------------------------------------------------------------ */

void rill_to_stream_gap(struct rill_to_stream *s, const struct rill_gap *gap)
{
	make_ready(s);
	while (again(s, rill_packet_gap(&s->writer, gap)))
		;
	s->stats.lost_total += gap->count;
	if (gap->cause < RILL_CAUSES)
		s->stats.lost[gap->cause] += gap->count;
}

bool rill_to_stream_event(struct rill_to_stream *s, const struct rill_event *event)
{
	const struct rill_gap gap = rill_gap_of_big(event);
	int error;

	make_ready(s);
	do
		error = rill_packet_event(&s->writer, event);
	while (again(s, error));
	if (error == 0) {
		s->stats.delivered++;
		return true;
	}
	rill_to_stream_gap(s, &gap);
	return false;
}

void rill_to_stream_thread(struct rill_to_stream *s, const struct rill_thread *thread)
{
	make_ready(s);
	while (again(s, rill_packet_thread(&s->writer, thread)))
		;
}

static void forget_pair(struct rill_to_stream *s, struct rill_to_pair *pair)
{
	s->pair_bytes -= strlen(pair->name) + strlen(pair->args);
	free(pair->name);
	free(pair->args);
	s->pair_count--;
	memmove(pair, pair + 1, (size_t)(s->pairs + s->pair_count - pair) * sizeof *pair);
}

void rill_to_stream_metadata(struct rill_to_stream *s, const char *name, const char *args_json)
{
	const size_t size = strlen(name) + strlen(args_json);
	struct rill_to_pair *pair = s->pairs;

	while (pair < s->pairs + s->pair_count && strcmp(pair->name, name))
		pair++;
	if (pair < s->pairs + s->pair_count)
		forget_pair(s, pair);
	/* What there is no room for is told once, and not again. */
	if (s->pair_count < PAIRS_MAX && s->pair_bytes + size <= PAIRS_BYTES_MAX) {
		pair = &s->pairs[s->pair_count++];
		*pair = (struct rill_to_pair){ rill_text("%s", name), rill_text("%s", args_json) };
		s->pair_bytes += size;
	}
	tell_pair(s, name, args_json);
}

void rill_to_stream_snapshot(struct rill_to_stream *s, const struct rill_packet_snapshot *snapshot)
{
	s->snapshot = *snapshot;
	s->has_snapshot = true;
	tell_snapshot(s);
}

/* ---- begin and end -------------------------------------------------------------------------- */

struct rill_to_stream *rill_to_stream_new(struct rill_to_pack *pack,
					  const struct rill_packet_origin *origin, uint8_t number)
{
	struct rill_to_stream *s = rill_alloc(1, sizeof *s);
	const size_t session = strlen(origin->session) + 1;
	const struct rill_packet_options options = {
		.buffer = rill_alloc(RILL_PACKET_MAX, 1),
		.buffer_bytes = RILL_PACKET_MAX,
		.packet_bytes = PACKET_BYTES,
		.forms = rill_alloc(FORMS, sizeof *options.forms),
		.threads = rill_alloc(THREADS, sizeof *options.threads),
		.forms_size = FORMS,
		.threads_size = THREADS,
		.pid = origin->pid,
		.stream = number,
	};

	s->pack = pack;
	s->buffer = options.buffer;
	s->flags = RILL_PACKET_FIRST;
	s->pairs = rill_alloc(PAIRS_MAX, sizeof *s->pairs);
	s->origin = *origin;
	s->texts = rill_alloc(session + strlen(origin->version) + 1, 1);
	s->origin.session = strcpy(s->texts, origin->session);
	s->origin.version = strcpy(s->texts + session, origin->version);
	rill_packet_init(&s->writer, &options);
	begin_round(s);
	if (pack->codec)
		send(s, 0);
	return s;
}

static uint32_t count_threads(const struct rill_to_stream *s)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->writer.options.threads_size; i++) {
		const struct rill_packet_thread *const t = &s->writer.options.threads[i];

		count += t->serial && (t->written || t->lost);
	}
	return count;
}

void rill_to_stream_end(struct rill_to_stream *s)
{
	tell_counts(s);
	tell_snapshot(s);
	s->stats.threads = count_threads(s);
	while (again(s, rill_packet_totals(&s->writer, &s->stats)))
		;
	send(s, RILL_PACKET_LAST);
	for (unsigned i = 0; i < s->pair_count; i++) {
		free(s->pairs[i].name);
		free(s->pairs[i].args);
	}
	free(s->pairs);
	free(s->texts);
	free(s->writer.options.forms);
	free(s->writer.options.threads);
	free(s->buffer);
	free(s);
}

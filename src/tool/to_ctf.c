/* SPDX-License-Identifier: MIT
 * to_ctf.c - a trace in the Common Trace Format, version 1.8: a folder that babeltrace2 and Trace
 * Compass read.
 */
#include "format/causes.h"
#include "stop.h"
#include "to_ctf.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { PENDING_MAX = 1024 };

/* ---- the file "metadata" -------------------------------------------------------------------- */

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9); /* splitmix64's mixing step */
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The same for the same part of the same stream. */
static void make_uuid(struct rill_to_ctf *t)
{
	const uint64_t seed = t->facts.identity ^ t->salt;

	for (unsigned i = 0; i < 16; i++)
		t->facts.uuid[i] = (uint8_t)(mix(seed + i / 8) >> 8 * (i % 8));
	t->facts.uuid[6] = (uint8_t)(0x80 | (t->facts.uuid[6] & 0x0f)); /* of a kind of its own */
	t->facts.uuid[8] = (uint8_t)(0x80 | (t->facts.uuid[8] & 0x3f));
}

static void write_text(struct rill_to_ctf *t, bool whole)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		rill_say("out of memory");
		exit(RILL_EXIT_FAILED);
	}
	if (whole)
		rill_ctf_put_head(out, &t->facts);
	for (uint32_t i = whole ? 0 : t->classes_told; i < t->classes.count; i++)
		rill_ctf_put_class(out, t->classes.list[i]);
	if (fclose(out) != 0) {
		rill_say("out of memory");
		exit(RILL_EXIT_FAILED);
	}
	if (whole)
		rill_ctf_folder_replace(&t->folder, "metadata", text, size);
	else
		rill_ctf_folder_append(&t->folder, "metadata", text, size);
	if (t->growth && !t->folder.error)
		rill_ctf_grow_metadata(t->growth, size);
	free(text);
	t->classes_told = t->classes.count;
}

/* A packet follows: all that it may hold is described. */
static void describe(void *ctx)
{
	struct rill_to_ctf *const t = ctx;

	if (!t->has_head)
		make_uuid(t);
	if (!t->has_head || t->classes_told < t->classes.count)
		write_text(t, !t->has_head);
	t->has_head = true;
}

static void know_clock(struct rill_to_ctf *t, uint64_t monotonic_ns, uint64_t realtime_ns)
{
	if (t->facts.has_clock || !realtime_ns || realtime_ns < monotonic_ns ||
	    realtime_ns - monotonic_ns >= RILL_CTF_TIME_MAX)
		return;
	t->facts.has_clock = true;
	t->facts.offset_ns = realtime_ns - monotonic_ns;
	t->head_changed = t->has_head;
}

static void know_origin(struct rill_to_ctf *t, const struct rill_packet_origin *origin)
{
	if (t->facts.has_origin)
		return;
	t->facts.has_origin = true;
	t->facts.identity = origin->identity;
	t->facts.pid = origin->pid;
	t->facts.session = rill_text("%s", origin->session);
	t->facts.version = rill_text("%s", origin->version);
	t->head_changed = t->has_head;
}

/* ---- streams -------------------------------------------------------------------------------- */

static struct rill_ctf_stream *stream_of(struct rill_to_ctf *t,
					 const struct rill_packet_stream *known)
{
	struct rill_ctf_stream **const place = &t->streams[known->number];

	if (!*place) {
		*place = rill_alloc(1, sizeof **place);
		(*place)->number = t->stream_count++;
		(*place)->written_first = known->written;
	}
	if (known->has_origin && !(*place)->told) {
		(*place)->told = true;
		(*place)->pid = known->origin.pid;
		know_origin(t, &known->origin);
		rill_ctf_say_origin(t, *place, &known->origin);
	}
	return *place;
}

static void take_stream(void *ctx, struct rill_packet_stream *known)
{
	stream_of(ctx, known);
}

static void take_event(void *ctx, struct rill_packet_stream *known, const struct rill_event *e)
{
	struct rill_to_ctf *const t = ctx;
	struct rill_ctf_stream *const s = stream_of(t, known);

	rill_ctf_heed_time(t, s, e->ts_ns);
	rill_ctf_put(t, s, e->thread, e);
	t->written.events++;
	t->stopped |= !t->live && rill_stop_asked();
	t->written.broken = t->folder.error || t->stopped;
}

static void take_gap(void *ctx, struct rill_packet_stream *known, const struct rill_gap *gap)
{
	struct rill_to_ctf *const t = ctx;
	struct rill_ctf_stream *const s = stream_of(t, known);
	const uint8_t cause = gap->cause < RILL_CAUSES ? gap->cause : RILL_CAUSES;

	if (!s->now_ns)
		rill_ctf_heed_time(t, s, gap->after_ns ? gap->after_ns : gap->before_ns);
	s->lost += gap->count;
	rill_ctf_say_lost(t, s, gap, rill_causes[cause].text);
}

static void take_missing(void *ctx, struct rill_packet_stream *known,
			 const struct rill_packet_missing *missing)
{
	struct rill_to_ctf *const t = ctx;
	struct rill_ctf_stream *const s = stream_of(t, known);
	const struct rill_gap gap = {
		.count = missing->events,
		.before_ns = missing->before_ns,
		.after_ns = missing->after_ns,
		.cause = RILL_CAUSES,
	};

	s->missing += missing->events;
	if (missing->events)
		rill_ctf_say_lost(t, s, &gap, "their packets never came");
}

static void keep_pending(struct rill_ctf_stream *s, const struct rill_ctf_pending *pending)
{
	s->pending = rill_grow(s->pending, s->pending_count + 1, sizeof *s->pending);
	s->pending[s->pending_count++] = *pending;
}

static bool is_pending(const struct rill_ctf_stream *s)
{
	return !s->now_ns && s->pending_count < PENDING_MAX;
}

static void take_thread(void *ctx, struct rill_packet_stream *known,
			const struct rill_thread *thread)
{
	struct rill_ctf_stream *const s = stream_of(ctx, known);
	struct rill_ctf_pending pending = { .thread = *thread };

	if (!thread->name[0] && !thread->has_sort_index)
		return;
	if (!is_pending(s)) {
		rill_ctf_say_thread(ctx, s, thread);
		return;
	}
	pending.name = rill_text("%s", thread->name);
	keep_pending(s, &pending);
}

/* {"monotonic":123.456,...}: microseconds as nanoseconds; 0: it is not there. */
static uint64_t us_in(const char *args, const char *key)
{
	const char *at = strstr(args, key);
	uint64_t ns = 0;
	unsigned decimals = 0;

	for (at = at ? at + strlen(key) : ""; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(ns, 10, &ns) ||
		    __builtin_add_overflow(ns, (uint64_t)(*at - '0'), &ns))
			return 0;
	if (*at == '.')
		at++;
	for (; decimals < 3; decimals++) {
		const uint64_t digit = *at >= '0' && *at <= '9' ? (uint64_t)(*at++ - '0') : 0;

		if (__builtin_mul_overflow(ns, 10, &ns) || __builtin_add_overflow(ns, digit, &ns))
			return 0;
	}
	return ns;
}

static void take_metadata(void *ctx, struct rill_packet_stream *known, const char *name,
			  const char *args_json)
{
	struct rill_to_ctf *const t = ctx;
	struct rill_ctf_stream *const s = stream_of(t, known);
	struct rill_ctf_pending pending = { .name = NULL };

	if (!strcmp(name, "clock"))
		know_clock(t, us_in(args_json, "\"monotonic\":"),
			   us_in(args_json, "\"realtime\":"));
	if (!is_pending(s)) {
		rill_ctf_say_metadata(t, s, name, args_json);
		return;
	}
	pending.name = rill_text("%s", name);
	pending.args = rill_text("%.*s", RILL_CTF_TEXT_MAX + 1, args_json);
	keep_pending(s, &pending);
}

static void take_snapshot(void *ctx, struct rill_packet_stream *known,
			  const struct rill_packet_snapshot *snapshot)
{
	know_clock(ctx, snapshot->monotonic_ns, snapshot->realtime_ns);
	rill_ctf_say_snapshot(ctx, stream_of(ctx, known), snapshot);
}

static void take_totals(void *ctx, struct rill_packet_stream *known, const struct rill_stats *stats)
{
	struct rill_ctf_stream *const s = stream_of(ctx, known);

	s->totals = *stats;
	s->has_totals = true;
}

static void end_stream(struct rill_to_ctf *t, unsigned number)
{
	struct rill_ctf_stream *const s = t->streams[number];

	if (s->has_totals)
		rill_ctf_say_totals(t, s);
	rill_ctf_sources_end(&t->sources, s->sources);
	free(s);
	t->streams[number] = NULL;
}

static void take_end(void *ctx, struct rill_packet_stream *known)
{
	struct rill_ctf_stream *const s = stream_of(ctx, known);

	rill_ctf_heed_time(ctx, s, 0);
	rill_ctf_say_rest(ctx, s, known);
	end_stream(ctx, known->number);
}

/* ---- the format's functions ----------------------------------------------------------------- */

static void *open_ctf(const struct rill_format_options *options, int *code)
{
	struct rill_to_ctf *t = rill_alloc(1, sizeof *t);

	*code = rill_ctf_folder_open(&t->folder, options->path, options->input);
	if (*code) {
		free(t);
		return NULL;
	}
	/* A stop in the middle of a packet would make all of it unreadable. */
	rill_stop_catch();
	t->salt = options->salt;
	t->live = options->live;
	t->sources.out = (struct rill_ctf_out){
		.folder = &t->folder,
		.uuid = t->facts.uuid,
		.ready = describe,
		.ctx = t,
	};
	rill_ctf_live_open(t, options->growth);
	return t;
}

static void flush_ctf(void *state)
{
	struct rill_to_ctf *const t = state;

	if (rill_ctf_live_waits(t))
		return;
	for (unsigned i = 0; i < RILL_CTF_STREAMS; i++)
		if (t->streams[i])
			rill_ctf_sources_flush(&t->sources, t->streams[i]->sources);
	rill_ctf_sources_flush(&t->sources, &t->sources.shared);
	rill_ctf_live_flushed(t, false);
	t->written.broken |= t->folder.error != 0;
}

static void say_limits(const struct rill_to_ctf *t)
{
	if (t->classes.others)
		rill_say(
			"%s: %llu events are of kinds beyond the first %u: they are called 'other event', with name and arguments as fields",
			t->folder.path, (unsigned long long)t->classes.others,
			t->classes.count - 1);
	if (t->moved)
		rill_say(
			"%s: %llu events came too late, or lie more than 146 years ahead: they stand at another time, theirs is in recorded_ns",
			t->folder.path, (unsigned long long)t->moved);
}

static int close_ctf(void *state, bool keep)
{
	struct rill_to_ctf *const t = state;
	int code;

	for (unsigned i = 0; i < RILL_CTF_STREAMS; i++)
		if (t->streams[i]) { /* reading failed before its end */
			rill_ctf_heed_time(t, t->streams[i], 0);
			end_stream(t, i);
		}
	rill_ctf_sources_flush(&t->sources, &t->sources.shared);
	if (keep)
		describe(t);
	rill_ctf_live_flushed(t, true);
	/* Who reads it has the head as it was. */
	if (keep && t->head_changed && !t->growth)
		write_text(t, true);
	code = rill_ctf_folder_close(&t->folder, keep);
	if (!code)
		say_limits(t);
	if (!code && t->stopped) {
		rill_say("stopped by a signal: %s holds what had been read until then",
			 t->folder.path);
		code = RILL_EXIT_FAILED;
	}
	rill_ctf_sources_free(&t->sources);
	rill_ctf_classes_free(&t->classes);
	free(t->facts.session);
	free(t->facts.version);
	free(t);
	return code;
}

const struct rill_output_format rill_format_ctf = {
	.name = "ctf",
	.extensions = ".ctf.",
	.open = open_ctf,
	.ops = {
		.stream = {
			.stream = take_stream,
			.event = take_event,
			.gap = take_gap,
			.missing = take_missing,
			.thread = take_thread,
			.metadata = take_metadata,
			.snapshot = take_snapshot,
			.totals = take_totals,
			.end = take_end,
		},
	},
	.flush = flush_ctf,
	.close = close_ctf,
};

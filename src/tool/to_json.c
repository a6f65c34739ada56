/* SPDX-License-Identifier: MIT
 * to_json.c - a trace as Chrome JSON.
 *
 * From JSON: every event as it stands, checked, one per line; the object form keeps its other
 * members. From packets: the lines that the traced program would have written, in the same order.
 */
#include "format.h"
#include "format/json.h"
#include "format/text.h"
#include "table.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum {
	STREAMS = 256,
	NAMED = 1024,
	NAMED_MAX = 65536,
	LARGE = 8, /* streams with much room for texts that are kept: some 2 MB each */
	SITES = 4096,
	OPEN = 4096
};

/* One process. */
struct stream {
	struct rill_json json;
	struct rill_table named; /* threads that got their name, by serial and generation */
	struct {
		uint32_t serial, generation;
	} recent[NAMED]; /* of these, by serial */
	struct rill_stats totals;
	bool has_totals;
	uint64_t last_ns;
};

struct to_json {
	struct rill_written written;
	struct rill_output out;
	const struct rill_intake_result *so_far;
	bool any; /* the head is written */
	bool slices;
	struct stream *streams[STREAMS];
	unsigned stream_count;
	char *members; /* of the object form, each with a comma in front */
	size_t member_bytes, member_room;
};

/* ---- lines ---------------------------------------------------------------------------------- */

static const char *head_of(const struct to_json *t)
{
	return t->so_far && t->so_far->json.object_form ? RILL_JSON_OBJECT_HEAD
							: RILL_JSON_ARRAY_HEAD;
}

/* Lines of the formatter begin with a comma; that of the first becomes the end of the head. */
static char *begin_lines(struct to_json *t, size_t size)
{
	char *const at = rill_output_room(&t->out, size + 32);

	return t->any ? at : at + strlen(head_of(t)) - 1;
}

static void end_lines(struct to_json *t, char *from, const char *end)
{
	if (from == end)
		return;
	if (!t->any) {
		const size_t size = strlen(head_of(t));

		memcpy(from + 1 - size, head_of(t), size);
		t->any = true;
	}
	rill_output_commit(&t->out, end);
}

static void put_head(struct to_json *t)
{
	rill_output_put(&t->out, head_of(t), strlen(head_of(t)));
	t->any = true;
}

/* ---- JSON as it stands ---------------------------------------------------------------------- */

static bool json_event(void *ctx, const char *text, size_t size)
{
	struct to_json *const t = ctx;
	const bool first = !t->any;
	char *at, *end;

	/* Broken UTF-8 that is replaced makes it up to three times as long. */
	at = rill_output_room(&t->out, 3 * size + 64);
	at += first ? strlen(head_of(t)) + 1 : 2;
	end = rill_text_json(at, text, size);
	if (!end)
		return false;
	if (first)
		put_head(t);
	else
		at[-2] = ',';
	at[-1] = '\n';
	rill_output_commit(&t->out, end);
	t->written.events++;
	return true;
}

/* Members are kept and written behind the events, since the head of the output is written first. */
static bool json_member(void *ctx, const char *text, size_t size)
{
	struct to_json *const t = ctx;
	char *object = rill_alloc(size + 3, 1), *checked = rill_alloc(3 * size + 6, 1), *end;

	/* A member is no JSON text by itself: check it as an object of one. */
	object[0] = '{';
	memcpy(object + 1, text, size);
	object[size + 1] = '}';
	end = rill_text_json(checked, object, size + 2);
	if (end) {
		const size_t length = (size_t)(end - checked) - 2;

		if (t->member_room < t->member_bytes + length + 2) {
			t->member_room = 2 * (t->member_bytes + length + 2);
			t->members = rill_grow(t->members, t->member_room, 1);
		}
		t->members[t->member_bytes++] = ',';
		t->members[t->member_bytes++] = '\n';
		memcpy(t->members + t->member_bytes, checked + 1, length);
		t->member_bytes += length;
	}
	free(checked);
	free(object);
	return end != NULL;
}

/* ---- events --------------------------------------------------------------------------------- */

static struct stream *stream_of(struct to_json *t, const struct rill_packet_stream *known)
{
	const struct rill_json_options options = {
		.pid = known->origin.pid,
		.start_ns = known->origin.start_ns,
		.sites_max = t->stream_count < LARGE ? SITES : 0,
		.open_max = t->stream_count < LARGE ? OPEN : 0,
		.slices = t->slices,
	};
	struct stream *s = t->streams[known->number];

	if (s)
		return s;
	s = rill_alloc(1, sizeof *s);
	if (rill_json_init(&s->json, &options) != 0) {
		rill_say("out of memory");
		exit(RILL_EXIT_FAILED);
	}
	t->stream_count++;
	return t->streams[known->number] = s;
}

static bool was_named(struct stream *s, const struct rill_thread *thread)
{
	const uint32_t key[2] = { thread->serial, thread->generation };
	const size_t at = thread->serial % NAMED;
	void **place;

	if (s->recent[at].serial == thread->serial &&
	    s->recent[at].generation == thread->generation)
		return true;
	s->recent[at].serial = thread->serial;
	s->recent[at].generation = thread->generation;
	if (s->named.count >= NAMED_MAX) /* names are told again then, which readers do not mind */
		rill_table_free(&s->named, NULL);
	place = rill_table_put(&s->named, key, sizeof key);
	if (*place)
		return true;
	*place = s;
	return false;
}

static void name_thread(struct to_json *t, struct stream *s, const struct rill_thread *thread,
			uint64_t ts_ns)
{
	char *at;

	if (!thread || was_named(s, thread) || !(thread->name[0] || thread->has_sort_index))
		return;
	at = begin_lines(t, rill_json_thread_max(thread));
	end_lines(t, at, rill_json_thread(&s->json, thread, ts_ns, at));
}

static void take_event(void *ctx, struct rill_packet_stream *known, const struct rill_event *event)
{
	struct to_json *const t = ctx;
	struct stream *const s = stream_of(t, known);
	char *at;

	name_thread(t, s, event->thread, event->ts_ns);
	at = begin_lines(t, rill_json_event_max(&s->json, event));
	end_lines(t, at, rill_json_event(&s->json, event, at));
	s->last_ns = event->ts_ns;
	t->written.events++;
}

static void put_gap(struct to_json *t, struct stream *s, const struct rill_gap *gap)
{
	char *at;

	name_thread(t, s, gap->thread, s->last_ns);
	at = begin_lines(t, RILL_JSON_LINE_MAX);
	end_lines(t, at, rill_json_gap(&s->json, gap, s->last_ns, at));
}

static void take_gap(void *ctx, struct rill_packet_stream *known, const struct rill_gap *gap)
{
	put_gap(ctx, stream_of(ctx, known), gap);
}

static void take_missing(void *ctx, struct rill_packet_stream *known,
			 const struct rill_packet_missing *missing)
{
	struct stream *const s = stream_of(ctx, known);
	const struct rill_gap gap = {
		.count = missing->events,
		.before_ns = s->last_ns ? s->last_ns : missing->before_ns,
		.after_ns = missing->after_ns,
		.cause = RILL_CAUSES,
	};

	if (missing->events)
		put_gap(ctx, s, &gap);
}

static void take_metadata(void *ctx, struct rill_packet_stream *known, const char *name,
			  const char *args_json)
{
	struct to_json *const t = ctx;
	struct stream *const s = stream_of(t, known);
	char *const at = begin_lines(t, rill_json_metadata_max(name, args_json));

	end_lines(t, at, rill_json_metadata(&s->json, name, args_json, at));
}

/* They come with the last packet, before its events, and belong behind them. */
static void take_totals(void *ctx, struct rill_packet_stream *known, const struct rill_stats *stats)
{
	struct stream *const s = stream_of(ctx, known);

	s->totals = *stats;
	s->has_totals = true;
}

/* What never ended. */
static void put_open(struct to_json *t, struct stream *s)
{
	char *at, *end;

	do {
		at = begin_lines(t, RILL_JSON_LINE_MAX);
		end = rill_json_open_slice(&s->json, at);
		end_lines(t, at, end);
	} while (end != at);
}

static void take_end(void *ctx, struct rill_packet_stream *known)
{
	struct to_json *const t = ctx;
	struct stream *const s = t->streams[known->number];

	if (!s)
		return;
	if (t->slices)
		put_open(t, s);
	if (s->has_totals) {
		char *const at = begin_lines(t, RILL_JSON_LINE_MAX);

		end_lines(t, at, rill_json_summary(&s->json, &s->totals, at));
	}
	rill_json_exit(&s->json);
	rill_table_free(&s->named, NULL);
	free(s);
	t->streams[known->number] = NULL;
	t->stream_count--;
}

/* ---- the format's functions ----------------------------------------------------------------- */

static void *open_json(const struct rill_format_options *options, int *code)
{
	struct to_json *const t =
		rill_format_open(options, sizeof *t, offsetof(struct to_json, out), code);

	if (t)
		t->slices = options->slices;
	return t;
}

static void begin(void *ctx, const struct rill_intake_result *so_far)
{
	struct to_json *const t = ctx;

	t->so_far = so_far;
	if (t->slices && so_far->kind == RILL_INTAKE_JSON)
		rill_say("--slices changes nothing: the input is Chrome JSON, whose events stay as they stand");
}

static void flush_json(void *state)
{
	struct to_json *const t = state;

	rill_output_flush(&t->out);
}

static int close_json(void *state, bool keep)
{
	struct to_json *const t = state;
	int code;

	if (!t->any)
		put_head(t);
	/* Lines of the formatter end where the next begins, texts that were copied do not. */
	if (t->so_far && t->so_far->kind == RILL_INTAKE_JSON)
		rill_output_put(&t->out, "\n", 1);
	rill_output_put(&t->out, "]", 1);
	if (t->so_far && t->so_far->json.object_form) {
		if (t->member_bytes)
			rill_output_put(&t->out, t->members, t->member_bytes);
		rill_output_put(&t->out, "}", 1);
	}
	rill_output_put(&t->out, "\n", 1);
	code = rill_output_close(&t->out, keep);
	free(t->members);
	free(t);
	return code;
}

const struct rill_output_format rill_format_json = {
	.name = "json",
	.extensions = ".json.",
	.open = open_json,
	.ops = {
		.begin = begin,
		.json_event = json_event,
		.json_member = json_member,
		.stream = {
			.event = take_event,
			.gap = take_gap,
			.missing = take_missing,
			.metadata = take_metadata,
			.totals = take_totals,
			.end = take_end,
		},
	},
	.flush = flush_json,
	.close = close_json,
};

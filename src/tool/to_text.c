/* SPDX-License-Identifier: MIT
 * to_text.c - a trace as lines for people and for grep.
 *
 *         12.345678901 worker/4711          net:rx B size=12 from="eth0"
 *         12.345712345 worker/4711          net:rx E [33.444 us]
 *         12.345799999 worker/4711          -- 17 events lost: ring full
 *
 * Seconds of CLOCK_MONOTONIC, thread, category:name, phase, what else the event has, arguments as
 * JSON has them.
 */
#include "format/causes.h"
#include "format.h"
#include "format/json_line.h"
#include "format/text.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIXED_MAX = 512, /* all of a line but texts */
	THREAD_COLUMNS = 20,
	SECONDS_COLUMNS = 6
};

struct to_text {
	struct rill_written written;
	struct rill_output out;
	bool console;
	uint32_t pid;          /* of the first stream */
	bool any_pid, several; /* processes: lines name theirs */
	uint64_t last_ns;
};

/* ---- pieces --------------------------------------------------------------------------------- */

static char *put_fixed(char *to, uint64_t value, unsigned digits)
{
	for (unsigned i = digits; i--; value /= 10)
		to[i] = (char)('0' + value % 10);
	return to + digits;
}

static char *put_time(char *to, uint64_t ns)
{
	const unsigned digits = rill_text_digits(ns / 1000000000);

	for (unsigned i = digits; i < SECONDS_COLUMNS; i++)
		*to++ = ' ';
	to = rill_text_u64(to, ns / 1000000000);
	*to++ = '.';
	return put_fixed(to, ns % 1000000000, 9);
}

/* A time of the caller's own, which may be before 0. */
static char *put_own_time(char *to, int64_t us)
{
	const uint64_t size = us < 0 ? -(uint64_t)us : (uint64_t)us;

	*to++ = us < 0 ? '-' : ' ';
	to = rill_text_u64(to, size / 1000000);
	*to++ = '.';
	return put_fixed(to, size % 1000000, 6);
}

/* Control characters as JSON escapes them, so that a terminal is safe. */
static char *put_name(char *to, const char *text)
{
	return rill_text_escaped(to, text, strlen(text));
}

static char *put_thread(const struct to_text *t, char *to, const struct rill_packet_stream *known,
			const struct rill_thread *thread, uint32_t tid)
{
	const char *const from = to;

	if (t->several) {
		to = rill_text_u64(to, known->origin.pid);
		*to++ = ':';
	}
	if (thread && thread->name[0]) {
		to = put_name(to, thread->name);
		*to++ = '/';
	}
	to = tid == UINT32_MAX ? RILL_TEXT_LITERAL(to, "-1") : rill_text_u64(to, tid);
	while (to - from < THREAD_COLUMNS)
		*to++ = ' ';
	return to;
}

static char *put_us(char *to, uint64_t ns)
{
	to = RILL_TEXT_LITERAL(to, " [");
	to = rill_text_u64(to, ns / 1000);
	*to++ = '.';
	to = put_fixed(to, ns % 1000, 3);
	return RILL_TEXT_LITERAL(to, " us]");
}

static char *put_key_hex(char *to, const char *key, uint64_t value)
{
	to = rill_text_bytes(to, key, strlen(key));
	return rill_text_hex(to, value);
}

/* ---- lines ---------------------------------------------------------------------------------- */

static char *put_details(char *to, const struct rill_event *e)
{
	enum { ID = RILL_FLAG_HAS_ID | RILL_FLAG_HAS_LOCAL_ID | RILL_FLAG_HAS_GLOBAL_ID };

	if (e->state & RILL_EVENT_HAS_BEGIN)
		to = put_us(to, e->ts_ns > e->begin_ns ? e->ts_ns - e->begin_ns : 0);
	if (e->flags & ID)
		to = put_key_hex(to, " id=", e->id);
	if (e->scope) {
		to = RILL_TEXT_LITERAL(to, " scope=");
		to = rill_text_quoted(to, e->scope);
	}
	if (e->bind_id)
		to = put_key_hex(to, " bind_id=", e->bind_id);
	if (e->flags & RILL_FLAG_FLOW_IN)
		to = RILL_TEXT_LITERAL(to, " flow_in");
	if (e->flags & RILL_FLAG_FLOW_OUT)
		to = RILL_TEXT_LITERAL(to, " flow_out");
	if (e->state & RILL_EVENT_LATE)
		to = RILL_TEXT_LITERAL(to, " late");
	if (e->state & RILL_EVENT_BEGIN_LOST)
		to = RILL_TEXT_LITERAL(to, " begin-lost");
	return to;
}

static size_t line_max(const struct rill_event *e)
{
	size_t size = strlen(e->category) + strlen(e->name);

	if (e->thread)
		size += strlen(e->thread->name);
	if (e->scope)
		size += strlen(e->scope);
	for (unsigned i = 0; i < e->nargs; i++)
		size += strlen(e->args[i].name);
	size = FIXED_MAX + size * RILL_TEXT_ESCAPE_MAX;
	for (unsigned i = 0; i < e->nargs; i++)
		size += rill_json_value_max(&e->args[i]) + 2;
	return size;
}

static void take_event(void *ctx, struct rill_packet_stream *known, const struct rill_event *e)
{
	struct to_text *const t = ctx;
	char *to = rill_output_room(&t->out, line_max(e));

	to = e->state & RILL_EVENT_HAS_OWN_TIME ? put_own_time(to, e->own_time_us)
						: put_time(to, e->ts_ns);
	*to++ = ' ';
	to = put_thread(t, to, known, e->thread, e->tid);
	*to++ = ' ';
	to = put_name(to, e->category);
	*to++ = ':';
	to = put_name(to, e->name);
	*to++ = ' ';
	to = rill_text_escaped(to, &e->phase, 1);
	to = put_details(to, e);
	for (unsigned i = 0; i < e->nargs; i++) {
		*to++ = ' ';
		to = put_name(to, e->args[i].name);
		*to++ = '=';
		to = rill_json_put_value(to, &e->args[i]);
	}
	*to++ = '\n';
	rill_output_commit(&t->out, to);
	t->last_ns = e->ts_ns;
	t->written.events++;
}

static void put_loss(struct to_text *t, const struct rill_packet_stream *known,
		     const struct rill_gap *gap, const char *why)
{
	const struct rill_thread *const thread = gap->thread;
	const size_t names = thread ? strlen(thread->name) : 0;
	char *to =
		rill_output_room(&t->out, FIXED_MAX + strlen(why) + names * RILL_TEXT_ESCAPE_MAX);

	to = put_time(to, gap->after_ns ? gap->after_ns : t->last_ns);
	*to++ = ' ';
	to = put_thread(t, to, known, thread, thread ? thread->tid : known->origin.pid);
	to = RILL_TEXT_LITERAL(to, " -- ");
	to = rill_text_u64(to, gap->count);
	to = RILL_TEXT_LITERAL(to, " events lost: ");
	to = rill_text_bytes(to, why, strlen(why));
	*to++ = '\n';
	rill_output_commit(&t->out, to);
}

static void take_gap(void *ctx, struct rill_packet_stream *known, const struct rill_gap *gap)
{
	put_loss(ctx, known, gap,
		 rill_causes[gap->cause < RILL_CAUSES ? gap->cause : RILL_CAUSES].text);
}

static void take_missing(void *ctx, struct rill_packet_stream *known,
			 const struct rill_packet_missing *missing)
{
	const struct rill_gap gap = { .count = missing->events, .after_ns = missing->after_ns };

	put_loss(ctx, known, &gap, "their packets never came");
}

static void take_stream(void *ctx, struct rill_packet_stream *known)
{
	struct to_text *const t = ctx;

	if (!known->has_origin)
		return;
	t->several |= t->any_pid && t->pid != known->origin.pid;
	t->pid = known->origin.pid;
	t->any_pid = true;
}

/* What a console wrote between the frames, line by line as it came. */
static void take_console(void *ctx, const char *text, size_t size)
{
	struct to_text *const t = ctx;
	char *to;

	while (t->console && size) {
		const char *const end = memchr(text, '\n', size);
		const size_t line = end ? (size_t)(end - text) : size;
		const size_t shown = line && text[line - 1] == '\r' ? line - 1 : line;

		to = rill_output_room(&t->out, FIXED_MAX + shown * RILL_TEXT_ESCAPE_MAX);
		if (shown) {
			to = RILL_TEXT_LITERAL(to, "| ");
			to = rill_text_escaped(to, text, shown);
			*to++ = '\n';
		}
		rill_output_commit(&t->out, to);
		text += end ? line + 1 : line;
		size -= end ? line + 1 : line;
	}
}

/* ---- the format's functions ----------------------------------------------------------------- */

static void *open_text(const struct rill_format_options *options, int *code)
{
	struct to_text *const t =
		rill_format_open(options, sizeof *t, offsetof(struct to_text, out), code);

	if (t)
		t->console = options->console;
	return t;
}

static void flush_text(void *state)
{
	struct to_text *const t = state;

	rill_output_flush(&t->out);
}

static int close_text(void *state, bool keep)
{
	struct to_text *const t = state;
	const int code = rill_output_close(&t->out, keep);

	free(t);
	return code;
}

const struct rill_output_format rill_format_text = {
	.name = "text",
	.extensions = ".txt.text.log.",
	.open = open_text,
	.ops = {
		.stream = {
			.stream = take_stream,
			.event = take_event,
			.gap = take_gap,
			.missing = take_missing,
			.text = take_console,
		},
	},
	.flush = flush_text,
	.close = close_text,
};

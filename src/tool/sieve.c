/* SPDX-License-Identifier: MIT
 * sieve.c - lets a part of a trace through.
 *
 * The ends of slices that do not say where they began (E of JSON, and of macros for begins and
 * ends) go where their begin went, whatever their own time and category: half a slice helps nobody.
 */
#include "sieve.h"
#include "table.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 1024, LANES_MAX = 65536, VERDICTS = 4096 };

/* Open slices of a thread. */
struct lane {
	unsigned depth;
	uint8_t passed[DEPTH_MAX / 8]; /* a bit for each */
};

struct rill_sieve {
	struct rill_moment from, to;
	const struct rill_filter *filter;
	const struct rill_intake_ops *next;
	void *ctx;
	struct rill_intake_ops ops;
	bool any; /* an event came: moments that count from it are known */
	uint64_t from_ns, to_ns;
	struct rill_table lanes;
	struct {
		uint32_t site;
		bool wanted;
	} verdicts[VERDICTS]; /* of the filter, by call site */
	struct rill_from_json *look;
	struct rill_intake_left_out left_out; /* of looking: nothing is left out */
};

/* ---- moments -------------------------------------------------------------------------------- */

bool rill_moment_parse(const char *text, struct rill_moment *m)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "", 1000000000 },
		      { "s", 1000000000 },
		      { "ms", 1000000 },
		      { "us", 1000 },
		      { "ns", 1 } };
	uint64_t whole = 0, fraction = 0, scale = 1;
	const char *at = text + (*text == '@'), *digits = at;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*at - '0'), &whole))
			return false;
	if (at == digits)
		return false;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++)
			if (scale < 1000000000) {
				fraction = fraction * 10 + (uint64_t)(*at - '0');
				scale *= 10;
			}
	for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcmp(at, units[i].name) || __builtin_mul_overflow(whole, units[i].ns, &whole))
			continue;
		m->given = true;
		m->absolute = *text == '@';
		m->ns = whole + fraction * units[i].ns / scale;
		return m->ns >= whole;
	}
	return false;
}

static uint64_t moment_ns(const struct rill_moment *m, uint64_t first_ns, uint64_t otherwise)
{
	uint64_t ns;

	if (!m->given)
		return otherwise;
	if (m->absolute)
		return m->ns;
	return __builtin_add_overflow(first_ns, m->ns, &ns) ? UINT64_MAX : ns;
}

/* A slice that is told at its end counts by its begin. */
static uint64_t time_of(const struct rill_event *e)
{
	return e->phase == 'X' && e->state & RILL_EVENT_HAS_BEGIN ? e->begin_ns : e->ts_ns;
}

static void heed_first(struct rill_sieve *s, uint64_t ns)
{
	if (s->any)
		return;
	s->any = true;
	s->from_ns = moment_ns(&s->from, ns, 0);
	s->to_ns = moment_ns(&s->to, ns, UINT64_MAX);
}

/* ---- events --------------------------------------------------------------------------------- */

static struct lane *lane_of(struct rill_sieve *s, int64_t pid, int64_t tid)
{
	const int64_t key[2] = { pid, tid };
	void **place = rill_table_find(&s->lanes, key, sizeof key);

	if (place)
		return *place;
	if (s->lanes.count == LANES_MAX)
		return NULL;
	place = rill_table_put(&s->lanes, key, sizeof key);
	return *place = rill_alloc(1, sizeof(struct lane));
}

/* Of the innermost open slice; *known: there is one. */
static bool pop(struct lane *lane, bool *known)
{
	const unsigned at = lane && lane->depth ? lane->depth - 1 : 0;

	*known = lane && lane->depth && lane->depth <= DEPTH_MAX;
	if (lane && lane->depth)
		lane->depth--;
	return *known && lane->passed[at / 8] >> at % 8 & 1;
}

static void push(struct lane *lane, bool passed)
{
	const unsigned at = lane ? lane->depth++ : DEPTH_MAX;

	if (at >= DEPTH_MAX)
		return;
	lane->passed[at / 8] &= (uint8_t) ~(1u << at % 8);
	lane->passed[at / 8] |= (uint8_t)((unsigned)passed << at % 8);
}

/* What rill itself remarks, losses above all, is of no category that anybody asks for. */
static bool decide(const struct rill_sieve *s, const struct rill_event *e)
{
	return !strcmp(e->category, "rill") || rill_filter_wants(s->filter, e->category, e->name);
}

static bool is_wanted(struct rill_sieve *s, const struct rill_event *e)
{
	const size_t at = e->site % VERDICTS;

	if (!s->filter)
		return true;
	if (!e->site)
		return decide(s, e);
	if (s->verdicts[at].site != e->site) {
		s->verdicts[at].site = e->site;
		s->verdicts[at].wanted = decide(s, e);
	}
	return s->verdicts[at].wanted;
}

static bool wants(struct rill_sieve *s, const struct rill_event *e)
{
	const uint64_t ns = time_of(e);
	bool passed, known = false;

	heed_first(s, ns);
	if (e->phase == 'E' && !(e->state & RILL_EVENT_HAS_BEGIN)) {
		passed = pop(lane_of(s, e->pid, e->tid), &known);
		if (known)
			return passed;
	}
	passed = ns >= s->from_ns && ns <= s->to_ns && is_wanted(s, e);
	if (e->phase == 'B' && !(e->state & RILL_EVENT_SCOPE))
		push(lane_of(s, e->pid, e->tid), passed);
	return passed;
}

static void on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *e)
{
	struct rill_sieve *const s = ctx;
	struct rill_event whole;

	if (!wants(s, e) || !s->next->stream.event)
		return;
	/* Its begin lies before the part. */
	if (e->phase == 'E' && e->state & RILL_EVENT_HAS_BEGIN && e->begin_ns < s->from_ns) {
		whole = *e;
		whole.state |= RILL_EVENT_BEGIN_LOST;
		e = &whole;
	}
	s->next->stream.event(s->ctx, stream, e);
}

static void on_gap(void *ctx, struct rill_packet_stream *stream, const struct rill_gap *gap)
{
	struct rill_sieve *const s = ctx;

	if (s->any && gap->before_ns > s->to_ns)
		return;
	if (s->any && gap->after_ns && gap->after_ns < s->from_ns)
		return;
	if (s->next->stream.gap)
		s->next->stream.gap(s->ctx, stream, gap);
}

static void on_missing(void *ctx, struct rill_packet_stream *stream,
		       const struct rill_packet_missing *missing)
{
	struct rill_sieve *const s = ctx;

	if (s->any && (missing->before_ns > s->to_ns || missing->after_ns < s->from_ns))
		return;
	if (s->next->stream.missing)
		s->next->stream.missing(s->ctx, stream, missing);
}

/* ---- JSON as it stands ---------------------------------------------------------------------- */

static bool holds(const char *text, size_t size, const char *piece)
{
	const size_t length = strlen(piece);

	for (size_t i = 0; i + length <= size; i++)
		if (text[i] == piece[0] && !memcmp(text + i, piece, length))
			return true;
	return false;
}

static bool on_json_event(void *ctx, const char *text, size_t size)
{
	struct rill_sieve *const s = ctx;
	const struct rill_event *const e = rill_from_json_look(s->look, text, size);

	if (e ? !wants(s, e) : holds(text, size, "\"rill_summary\""))
		return true;
	return s->next->json_event(s->ctx, text, size);
}

static bool on_json_member(void *ctx, const char *text, size_t size)
{
	struct rill_sieve *const s = ctx;

	return s->next->json_member(s->ctx, text, size);
}

/* ---- the rest goes through ------------------------------------------------------------------ */

static void on_begin(void *ctx, const struct rill_intake_result *so_far)
{
	struct rill_sieve *const s = ctx;

	if (s->next->begin)
		s->next->begin(s->ctx, so_far);
}

static void on_stream(void *ctx, struct rill_packet_stream *stream)
{
	struct rill_sieve *const s = ctx;

	if (s->next->stream.stream)
		s->next->stream.stream(s->ctx, stream);
}

static void on_thread(void *ctx, struct rill_packet_stream *stream,
		      const struct rill_thread *thread)
{
	struct rill_sieve *const s = ctx;

	if (s->next->stream.thread)
		s->next->stream.thread(s->ctx, stream, thread);
}

static void on_metadata(void *ctx, struct rill_packet_stream *stream, const char *name,
			const char *args_json)
{
	struct rill_sieve *const s = ctx;

	if (s->next->stream.metadata)
		s->next->stream.metadata(s->ctx, stream, name, args_json);
}

static void on_snapshot(void *ctx, struct rill_packet_stream *stream,
			const struct rill_packet_snapshot *snapshot)
{
	struct rill_sieve *const s = ctx;

	if (s->next->stream.snapshot)
		s->next->stream.snapshot(s->ctx, stream, snapshot);
}

static void on_end(void *ctx, struct rill_packet_stream *stream)
{
	struct rill_sieve *const s = ctx;

	if (s->next->stream.end)
		s->next->stream.end(s->ctx, stream);
}

static void on_text(void *ctx, const char *text, size_t size)
{
	struct rill_sieve *const s = ctx;

	if (s->next->stream.text)
		s->next->stream.text(s->ctx, text, size);
}

static void on_damage(void *ctx, uint64_t offset, uint64_t bytes, const char *why)
{
	struct rill_sieve *const s = ctx;

	if (s->next->stream.damage)
		s->next->stream.damage(s->ctx, offset, bytes, why);
}

/* ---- the sieve ------------------------------------------------------------------------------ */

struct rill_sieve *rill_sieve_new(const struct rill_moment *from, const struct rill_moment *to,
				  const struct rill_filter *filter,
				  const struct rill_intake_ops *ops, void *ctx)
{
	static const struct rill_packet_reader_ops nobody;
	struct rill_sieve *s = rill_alloc(1, sizeof *s);

	s->from = *from;
	s->to = *to;
	s->filter = filter;
	s->next = ops;
	s->ctx = ctx;
	s->ops = (struct rill_intake_ops){
		.begin = on_begin,
		.stream = {
			.stream = on_stream,
			.event = on_event,
			.gap = on_gap,
			.missing = on_missing,
			.thread = on_thread,
			.metadata = on_metadata,
			.snapshot = on_snapshot,
			.end = on_end,
			.text = on_text,
			.damage = on_damage,
		},
	};
	if (ops->json_event) {
		s->ops.json_event = on_json_event;
		s->ops.json_member = on_json_member;
		s->look = rill_from_json_new(&nobody, NULL, &s->left_out);
	}
	return s;
}

const struct rill_intake_ops *rill_sieve_ops(const struct rill_sieve *s)
{
	return &s->ops;
}

void rill_sieve_free(struct rill_sieve *s)
{
	if (!s)
		return;
	rill_table_free(&s->lanes, free);
	if (s->look)
		rill_from_json_free(s->look);
	free(s);
}

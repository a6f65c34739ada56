/* SPDX-License-Identifier: MIT
 * to_perfetto.c - a trace as Perfetto's protobuf, for ui.perfetto.dev and trace_processor.
 *
 * Every event goes out as it comes; packets are written whole. Losses are slices of their own on the track
 * of the thread that lost them, and where packets of the input are missing the next packet says that
 * some before it were dropped.
 */
#include "format/causes.h"
#include "to_perfetto.h"
#include "tool.h"

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <stdlib.h>
#include <string.h>

enum { STREAMS = 256, STATE_CLEARED = 1, DATA_LOSS_PRESENT = 1 };

/* ---- rounds and clocks ---------------------------------------------------------------------- */

static bool is_due(const struct rill_pf *p)
{
	return !p->round || p->dropped || p->round_events >= RILL_PF_ROUND_EVENTS ||
	       p->tracks.count >= RILL_PF_TRACKS_MAX || rill_pf_names_full(p);
}

/* From here on nothing that was told before counts. */
static void begin_round(struct rill_pf *p)
{
	struct Rill__Pf__TracePacket packet = RILL__PF__TRACE_PACKET__INIT;
	struct Rill__Pf__TracePacketDefaults defaults = RILL__PF__TRACE_PACKET_DEFAULTS__INIT;

	rill_pf_release(p); /* they use what was told in the last one */
	packet.has_sequence_flags = true;
	packet.sequence_flags = STATE_CLEARED;
	packet.has_first_packet_on_sequence = packet.first_packet_on_sequence = p->round == 0;
	packet.has_previous_packet_dropped = p->dropped;
	packet.previous_packet_dropped = DATA_LOSS_PRESENT;
	defaults.has_timestamp_clock_id = true;
	defaults.timestamp_clock_id = RILL__PF__BUILTIN_CLOCK__BUILTIN_CLOCK_MONOTONIC;
	packet.trace_packet_defaults = &defaults;
	rill_pf_send(p, &packet);
	rill_pf_names_forget(p);
	rill_table_free(&p->tracks, NULL);
	p->round++;
	p->round_events = 0;
	p->dropped = false;
}

static void add_clock(struct Rill__Pf__ClockSnapshot__Clock *clock, uint32_t id, uint64_t ns)
{
	*clock = (struct Rill__Pf__ClockSnapshot__Clock)RILL__PF__CLOCK_SNAPSHOT__CLOCK__INIT;
	clock->has_clock_id = clock->has_timestamp = true;
	clock->clock_id = id;
	clock->timestamp = ns;
}

/* The first one says that the trace's own time is CLOCK_MONOTONIC, so that readers show the times of
 * the events as they are. */
static void put_snapshot(struct rill_pf *p, const struct rill_packet_snapshot *snapshot)
{
	const struct {
		uint32_t id;
		uint64_t ns;
	} all[] = {
		{ RILL__PF__BUILTIN_CLOCK__BUILTIN_CLOCK_MONOTONIC, snapshot->monotonic_ns },
		{ RILL__PF__BUILTIN_CLOCK__BUILTIN_CLOCK_BOOTTIME, snapshot->boottime_ns },
		{ RILL__PF__BUILTIN_CLOCK__BUILTIN_CLOCK_REALTIME, snapshot->realtime_ns },
		{ RILL__PF__BUILTIN_CLOCK__BUILTIN_CLOCK_MONOTONIC_RAW, snapshot->raw_ns },
	};
	enum { CLOCKS = sizeof all / sizeof *all };
	struct Rill__Pf__ClockSnapshot__Clock clocks[CLOCKS], *list[CLOCKS];
	struct Rill__Pf__ClockSnapshot message = RILL__PF__CLOCK_SNAPSHOT__INIT;
	struct Rill__Pf__TracePacket packet = RILL__PF__TRACE_PACKET__INIT;

	for (size_t i = 0; i < CLOCKS; i++)
		if (!i || all[i].ns) {
			add_clock(&clocks[i], all[i].id, all[i].ns);
			list[message.n_clocks++] = &clocks[i];
		}
	message.clocks = list;
	message.has_primary_trace_clock = !p->clocked;
	message.primary_trace_clock = RILL__PF__BUILTIN_CLOCK__BUILTIN_CLOCK_MONOTONIC;
	packet.has_timestamp = true;
	packet.timestamp = snapshot->monotonic_ns;
	packet.data_case = RILL__PF__TRACE_PACKET__DATA_CLOCK_SNAPSHOT;
	packet.clock_snapshot = &message;
	rill_pf_send(p, &packet);
	p->clocked = true;
}

/* In front of whatever comes. */
static void prepare(struct rill_pf *p)
{
	rill_pf_forget(p);
	if (is_due(p))
		begin_round(p);
}

/* In front of what has a time. */
static void prepare_at(struct rill_pf *p, uint64_t ns)
{
	prepare(p);
	if (!p->clocked)
		put_snapshot(p, &(struct rill_packet_snapshot){ .monotonic_ns = ns });
}

/* ---- streams -------------------------------------------------------------------------------- */

static struct rill_pf_stream *stream_of(struct rill_pf *p, const struct rill_packet_stream *known)
{
	struct rill_pf_stream *s = p->streams[known->number];

	if (s)
		return s;
	s = p->streams[known->number] = rill_alloc(1, sizeof *s);
	s->identity = known->has_origin ? known->origin.identity : known->number;
	s->pid = known->origin.pid;
	s->waiting_end = &s->waiting;
	return s;
}

/* ---- metadata ------------------------------------------------------------------------------- */

static void put_metadata(struct rill_pf *p, struct rill_pf_stream *s, const char *name,
			 const char *args_json, uint64_t ns)
{
	struct rill_pf_build b;

	prepare_at(p, ns);
	rill_pf_build(p, &b, "__metadata", name);
	rill_pf_note_json(p, &b, "args", args_json);
	rill_pf_put(p, &b, RILL__PF__TRACK_EVENT__TYPE__TYPE_INSTANT, rill_pf_process(p, s, s->pid),
		    ns);
}

/* At the time of the first event, or (in a stream without one) at 0. */
static void put_waiting(struct rill_pf *p, struct rill_pf_stream *s, uint64_t ns)
{
	while (s->waiting) {
		struct rill_pf_waiting *const w = s->waiting;

		put_metadata(p, s, w->name, w->args_json, ns);
		s->waiting = w->next;
		free(w->name);
		free(w->args_json);
		free(w);
	}
	s->waiting_end = &s->waiting;
	s->waiting_bytes = 0;
}

/* Metadata has no time, and one at 0 would stretch the trace over all of the machine's uptime. */
static void keep_metadata(struct rill_pf *p, struct rill_pf_stream *s, const char *name,
			  const char *args_json)
{
	struct rill_pf_waiting *const w = rill_alloc(1, sizeof *w);

	w->name = rill_text("%s", name);
	w->args_json = rill_text("%s", args_json);
	*s->waiting_end = w;
	s->waiting_end = &w->next;
	s->waiting_bytes += sizeof *w + strlen(name) + strlen(args_json);
	if (s->waiting_bytes > RILL_PF_WAITING_MAX)
		put_waiting(p, s, 0);
}

/* What the track of a process has fields for: another name or place from here on. */
static void set_process_name(struct rill_pf_stream *s, const char *name)
{
	free(s->name);
	s->name = rill_text("%s", name);
	s->generation++;
}

static void set_process_sort_index(struct rill_pf_stream *s, int64_t index)
{
	s->sort_index = index < INT32_MIN ? INT32_MIN : index > INT32_MAX ? INT32_MAX : (int32_t)index;
	s->has_sort_index = true;
	s->generation++;
}

static void tell_process(struct rill_pf *p, struct rill_pf_stream *s)
{
	prepare(p);
	s->last.round = 0; /* its threads ask for the process's track again */
	rill_pf_process(p, s, s->pid);
}

static bool take_process(struct rill_pf_stream *s, const char *name, const char *args_json)
{
	const bool is_name = !strcmp(name, "process_name");
	struct json_object *args, *value;
	bool taken = false;

	if (!is_name && strcmp(name, "process_sort_index"))
		return false;
	args = json_tokener_parse(args_json);
	if (json_object_is_type(args, json_type_object) &&
	    json_object_object_get_ex(args, is_name ? "name" : "sort_index", &value))
		taken = json_object_is_type(value, is_name ? json_type_string : json_type_int);
	if (taken && is_name)
		set_process_name(s, json_object_get_string(value));
	else if (taken)
		set_process_sort_index(s, json_object_get_int64(value));
	json_object_put(args);
	return taken;
}

/* The same in the midst of events. */
static bool take_process_event(struct rill_pf_stream *s, const struct rill_event *e)
{
	const struct rill_value *const v = e->args;
	const bool is_text = e->nargs && (v->type == RILL_TYPE_STRING || v->type == RILL_TYPE_COPY);

	if (e->phase != 'M' || e->nargs != 1 || e->pid != s->pid)
		return false;
	if (!strcmp(e->name, "process_name") && is_text && !v->null && !v->cut)
		set_process_name(s, v->text);
	else if (!strcmp(e->name, "process_sort_index") && v->type >= RILL_TYPE_I8 &&
		 v->type <= RILL_TYPE_I64)
		set_process_sort_index(s, v->i);
	else
		return false;
	return true;
}

static void take_metadata(void *ctx, struct rill_packet_stream *known, const char *name,
			  const char *args_json)
{
	struct rill_pf *const p = ctx;
	struct rill_pf_stream *const s = stream_of(p, known);

	if (take_process(s, name, args_json)) {
		tell_process(p, s);
	} else if (s->last_ns) {
		put_metadata(p, s, name, args_json, s->last_ns);
	} else {
		keep_metadata(p, s, name, args_json);
	}
}

/* ---- what comes ----------------------------------------------------------------------------- */

static void take_event(void *ctx, struct rill_packet_stream *known, const struct rill_event *e)
{
	struct rill_pf *const p = ctx;
	struct rill_pf_stream *const s = stream_of(p, known);

	put_waiting(p, s, e->ts_ns);
	prepare_at(p, e->ts_ns);
	if (take_process_event(s, e))
		tell_process(p, s);
	else
		rill_pf_event(p, s, e);
	s->last_ns = e->ts_ns;
	p->round_events++;
	p->written.events++;
}

/* From the last event before the gap to the first one behind it, as far as these are known. */
static void put_gap(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_gap *gap,
		    const char *cause, uint64_t packets)
{
	const uint64_t known_ns = gap->after_ns > s->last_ns ? gap->after_ns : s->last_ns;
	const uint64_t end_ns = gap->after_ns ? gap->after_ns : known_ns;
	const uint64_t begin_ns = gap->before_ns ? gap->before_ns : end_ns;
	struct rill_pf_build b;
	uint64_t track;

	put_waiting(p, s, begin_ns);
	prepare_at(p, begin_ns);
	rill_pf_build(p, &b, "rill", "events lost");
	rill_pf_note_uint(p, &b, "count", gap->count);
	rill_pf_note_text(p, &b, "cause", cause);
	if (packets)
		rill_pf_note_uint(p, &b, "packets", packets);
	else
		rill_pf_note_uint(p, &b, "level", gap->level);
	track = gap->thread ? rill_pf_thread(p, s, gap->thread) : rill_pf_process(p, s, s->pid);
	rill_pf_put_slice(p, &b, track, begin_ns, end_ns > begin_ns ? end_ns : begin_ns);
	rill_pf_release(p); /* in front of what comes behind the gap */
}

static void take_gap(void *ctx, struct rill_packet_stream *known, const struct rill_gap *gap)
{
	const unsigned cause = gap->cause < RILL_CAUSES ? gap->cause : RILL_CAUSES;

	put_gap(ctx, stream_of(ctx, known), gap, rill_causes[cause].text, 0);
}

static void take_missing(void *ctx, struct rill_packet_stream *known,
			 const struct rill_packet_missing *missing)
{
	struct rill_pf *const p = ctx;
	struct rill_pf_stream *const s = stream_of(p, known);
	const struct rill_gap gap = {
		.count = missing->events,
		.before_ns = s->last_ns ? s->last_ns : missing->before_ns,
		.after_ns = missing->after_ns,
	};

	p->dropped = true;
	put_gap(p, s, &gap, "packets that never came", missing->packets);
}

static void take_thread(void *ctx, struct rill_packet_stream *known,
			const struct rill_thread *thread)
{
	struct rill_pf *const p = ctx;

	prepare(p);
	rill_pf_thread(p, stream_of(p, known), thread);
}

static void take_snapshot(void *ctx, struct rill_packet_stream *known,
			  const struct rill_packet_snapshot *snapshot)
{
	struct rill_pf *const p = ctx;

	(void)known;
	prepare(p);
	put_snapshot(p, snapshot);
}

static void take_totals(void *ctx, struct rill_packet_stream *known, const struct rill_stats *stats)
{
	struct rill_pf_stream *const s = stream_of(ctx, known);

	s->totals = *stats;
	s->has_totals = true;
}

static void put_totals(struct rill_pf *p, struct rill_pf_stream *s)
{
	struct rill_pf_build b;

	prepare_at(p, s->last_ns);
	rill_pf_build(p, &b, "__metadata", "rill_summary");
	rill_pf_note_uint(p, &b, "events", s->totals.delivered);
	rill_pf_note_uint(p, &b, "lost", s->totals.lost_total);
	for (unsigned i = 0; i < RILL_CAUSES; i++)
		rill_pf_note_uint(p, &b, rill_causes[i].key, s->totals.lost[i]);
	rill_pf_note_uint(p, &b, "threads", s->totals.threads);
	rill_pf_put(p, &b, RILL__PF__TRACK_EVENT__TYPE__TYPE_INSTANT, rill_pf_process(p, s, s->pid),
		    s->last_ns);
}

static void take_end(void *ctx, struct rill_packet_stream *known)
{
	struct rill_pf *const p = ctx;
	struct rill_pf_stream *const s = p->streams[known->number];

	if (!s)
		return;
	put_waiting(p, s, s->last_ns);
	if (s->has_totals)
		put_totals(p, s);
	free(s->name);
	free(s);
	p->streams[known->number] = NULL;
}

/* ---- the format's functions ----------------------------------------------------------------- */

static void *open_perfetto(const struct rill_format_options *options, int *code)
{
	return rill_format_open(options, sizeof(struct rill_pf), offsetof(struct rill_pf, out), code);
}

static void flush_perfetto(void *state)
{
	struct rill_pf *const p = state;

	rill_pf_release(p);
	rill_output_flush(&p->out);
}

static void free_stream(struct rill_pf_stream *s)
{
	while (s && s->waiting) {
		struct rill_pf_waiting *const next = s->waiting->next;

		free(s->waiting->name);
		free(s->waiting->args_json);
		free(s->waiting);
		s->waiting = next;
	}
	if (s)
		free(s->name);
	free(s);
}

static int close_perfetto(void *state, bool keep)
{
	struct rill_pf *const p = state;
	int code;

	prepare(p); /* a trace without events is one too */
	rill_pf_release(p);
	code = rill_output_close(&p->out, keep);
	for (unsigned i = 0; i < STREAMS; i++)
		free_stream(p->streams[i]);
	rill_pf_forget(p);
	rill_pf_names_forget(p);
	rill_table_free(&p->tracks, NULL);
	free(p->arena);
	free(p->held.slices);
	free(p->held.bytes);
	free(p);
	return code;
}

const struct rill_output_format rill_format_perfetto = {
	.name = "perfetto",
	.extensions = ".pftrace.perfetto-trace.",
	.open = open_perfetto,
	.ops = {
		.stream = {
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
	.flush = flush_perfetto,
	.close = close_perfetto,
};

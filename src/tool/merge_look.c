/* SPDX-License-Identifier: MIT
 * merge_look.c - the first look at an input of `rill merge`.
 */
#include "merge_look.h"
#include "model.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOON_NS UINT64_C(10000000000)
#define LATER_NS UINT64_C(60000000000)

enum {
	SYNC_ID_MAX = 256,
	HEAD_UNCERTAINTY_NS = 10000 /* the clocks at the head are read one behind the other */
};

char *rill_look_member(const char *object_json, const char *name)
{
	struct json_object *const object = json_tokener_parse(object_json);
	struct json_object *value;
	char *text = NULL;

	if (json_object_object_get_ex(object, name, &value))
		text = rill_text("%s", json_object_get_string(value));
	json_object_put(object);
	return text;
}

/* ---- streams -------------------------------------------------------------------------------- */

static struct rill_look_stream *add_stream(struct rill_look *l)
{
	struct rill_look_stream *s = rill_alloc(1, sizeof *s);

	if (l->stream_count == RILL_LOOK_STREAMS_MAX) {
		rill_say("%s has more than %d streams: merge parts of it (rill cut)", l->path,
			 RILL_LOOK_STREAMS_MAX);
		exit(RILL_EXIT_FAILED);
	}
	if (!(l->stream_count & (l->stream_count - 1)))
		l->streams = rill_grow(l->streams, l->stream_count ? 2 * l->stream_count : 1,
				       sizeof *l->streams);
	s->index = (uint32_t)l->stream_count;
	s->every = 1;
	s->json = l->result.kind == RILL_INTAKE_JSON;
	s->origin.session = rill_text("%s", "");
	s->origin.version = rill_text("%s", "");
	return l->streams[l->stream_count++] = s;
}

static struct rill_look_stream *stream_of(struct rill_look *l, struct rill_packet_stream *known)
{
	if (!known->user)
		known->user = add_stream(l);
	return known->user;
}

static void free_origin(struct rill_look_stream *s)
{
	free((char *)s->origin.session);
	free((char *)s->origin.version);
}

static void on_stream(void *ctx, struct rill_packet_stream *known)
{
	struct rill_look_stream *const s = stream_of(ctx, known);

	if (!known->has_origin)
		return;
	free_origin(s);
	s->known = true;
	s->origin = known->origin;
	s->origin.session = rill_text("%s", known->origin.session);
	s->origin.version = rill_text("%s", known->origin.version);
}

/* ---- clocks --------------------------------------------------------------------------------- */

static void take_sample(struct rill_look_stream *s, const struct rill_look_sample *sample)
{
	if (++s->skipped < s->every)
		return;
	s->skipped = 0;
	if (s->sample_count == RILL_LOOK_SAMPLES_MAX) {
		for (size_t i = 0; i < s->sample_count / 2; i++)
			s->samples[i] = s->samples[2 * i];
		s->sample_count /= 2;
		s->every *= 2;
	}
	if (!s->samples)
		s->samples = rill_alloc(RILL_LOOK_SAMPLES_MAX, sizeof *s->samples);
	s->samples[s->sample_count++] = *sample;
}

static bool make_sample(uint64_t monotonic_ns, uint64_t realtime_ns, uint64_t uncertainty_ns,
			struct rill_look_sample *sample)
{
	const uint64_t most = UINT64_C(1) << 61;

	*sample = (struct rill_look_sample){ monotonic_ns,
					     (int64_t)realtime_ns - (int64_t)monotonic_ns,
					     uncertainty_ns };
	return monotonic_ns && realtime_ns && monotonic_ns < most && realtime_ns < most &&
	       uncertainty_ns < most;
}

static void on_snapshot(void *ctx, struct rill_packet_stream *known,
			const struct rill_packet_snapshot *snapshot)
{
	struct rill_look_sample sample;

	if (make_sample(snapshot->monotonic_ns, snapshot->realtime_ns, snapshot->uncertainty_ns,
			&sample))
		take_sample(stream_of(ctx, known), &sample);
}

/* {"monotonic":12.345,"realtime":...}, in microseconds. */
static void take_head(struct rill_look_stream *s, const char *args_json)
{
	char *const monotonic = rill_look_member(args_json, "monotonic");
	char *const realtime = rill_look_member(args_json, "realtime");
	int64_t monotonic_ns, realtime_ns;

	if (monotonic && realtime && rill_us_to_ns(monotonic, &monotonic_ns) &&
	    rill_us_to_ns(realtime, &realtime_ns) && monotonic_ns > 0 && realtime_ns > 0)
		s->has_head = make_sample((uint64_t)monotonic_ns, (uint64_t)realtime_ns,
					  HEAD_UNCERTAINTY_NS, &s->head);
	free(monotonic);
	free(realtime);
}

static void on_metadata(void *ctx, struct rill_packet_stream *known, const char *name,
			const char *args_json)
{
	struct rill_look_stream *const s = stream_of(ctx, known);
	char *id;

	if (!strcmp(name, "clock")) {
		take_head(s, args_json);
	} else if (!strcmp(name, "rill_merge")) {
		s->merged = true;
	} else if (!strcmp(name, "boot_id") && (id = rill_look_member(args_json, "name"))) {
		strncpy(s->boot_id, id, sizeof s->boot_id - 1);
		free(id);
	}
}

/* ---- marks ---------------------------------------------------------------------------------- */

static const struct rill_value *arg(const struct rill_event *e, const char *name)
{
	for (unsigned i = 0; i < e->nargs; i++)
		if (!strcmp(e->args[i].name, name))
			return &e->args[i];
	return NULL;
}

static char *id_of(const struct rill_value *v)
{
	if (!v || v->null)
		return NULL;
	if (v->type == RILL_TYPE_STRING || v->type == RILL_TYPE_COPY)
		return v->size && v->size <= SYNC_ID_MAX
			       ? rill_text("%.*s", (int)v->size, v->text)
			       : NULL;
	if (v->type >= RILL_TYPE_I8 && v->type <= RILL_TYPE_I64)
		return rill_text("%lld", (long long)v->i);
	return NULL;
}

/* Who issues a mark knows when it asked and when the answer was there: the other noted it in
 * between. */
static void heed_issue(struct rill_look_mark *mark, const struct rill_value *issue)
{
	int64_t asked_ns = -1;

	if (issue && issue->type == RILL_TYPE_F64 && issue->d >= 0 && issue->d < 1e15)
		asked_ns = (int64_t)(issue->d * 1000);
	else if (issue && issue->type >= RILL_TYPE_I8 && issue->type <= RILL_TYPE_I64 &&
		 issue->i < INT64_MAX / 1000)
		asked_ns = issue->i * 1000;
	if (asked_ns < 0 || (uint64_t)asked_ns > mark->ns)
		return;
	mark->uncertainty_ns = (mark->ns - (uint64_t)asked_ns + 1) / 2;
	mark->ns -= mark->uncertainty_ns;
	mark->certain = true;
}

static void take_mark(struct rill_look *l, uint32_t stream, const struct rill_event *e)
{
	const bool own = e->state & RILL_EVENT_HAS_OWN_TIME && e->own_time_us > 0;
	struct rill_look_mark mark = {
		.id = id_of(arg(e, "sync_id")),
		.ns = own ? (uint64_t)e->own_time_us * 1000 : e->ts_ns,
		.stream = stream,
	};

	/* Of two with one id in the same trace the first counts. */
	if (!mark.id || l->mark_count == RILL_LOOK_MARKS_MAX ||
	    rill_table_find(&l->ids, mark.id, strlen(mark.id))) {
		free(mark.id);
		return;
	}
	rill_table_put(&l->ids, mark.id, strlen(mark.id));
	heed_issue(&mark, arg(e, "issue_ts"));
	if (!(l->mark_count & (l->mark_count - 1)))
		l->marks = rill_grow(l->marks, l->mark_count ? 2 * l->mark_count : 1,
				     sizeof *l->marks);
	l->marks[l->mark_count++] = mark;
}

/* ---- order ---------------------------------------------------------------------------------- */

static void heed_time(struct rill_look *l, struct rill_look_stream *s, const struct rill_event *e)
{
	const uint64_t from_ns = e->phase == 'X' && e->begin_ns ? e->begin_ns : e->ts_ns;

	if (!s->any || from_ns < s->first_ns)
		s->first_ns = from_ns;
	if (!s->any || e->ts_ns > s->last_ns)
		s->last_ns = e->ts_ns;
	s->any = true;
	if (e->state & RILL_EVENT_LATE || (!s->json && e->ts_ns < s->running_ns))
		return;
	s->running_ns = e->ts_ns;
	l->ordered &= e->ts_ns >= l->newest_ns;
	l->newest_ns = e->ts_ns;
}

static void on_event(void *ctx, struct rill_packet_stream *known, const struct rill_event *e)
{
	struct rill_look *const l = ctx;
	struct rill_look_stream *const s = stream_of(l, known);

	heed_time(l, s, e);
	if (s->json && e->thread)
		l->seen[e->thread->serial / 8 % sizeof l->seen] |=
			(uint8_t)(1u << e->thread->serial % 8);
	if (e->phase == 'c')
		take_mark(l, s->index, e);
}

/* Of JSON: a name behind the thread's first event is only in time if all is put in order. */
static void on_thread(void *ctx, struct rill_packet_stream *known, const struct rill_thread *thread)
{
	struct rill_look *const l = ctx;

	if (stream_of(l, known)->json && thread->generation == 1 &&
	    l->seen[thread->serial / 8 % sizeof l->seen] >> thread->serial % 8 & 1)
		l->ordered = false;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static int refuse(const struct rill_input *in)
{
	rill_say("%s is no regular file, and inputs of rill merge are read twice: save it first "
		 "(rill pull %s -o FILE)",
		 strcmp(in->name, "-") ? in->name : "standard input", in->name);
	return RILL_EXIT_FAILED;
}

/* JSON of the option relative_time counts from the session's start, and does not say so: its events
 * are over long before the time that its head says. */
static bool is_relative(const struct rill_look_stream *s)
{
	return s->json && s->has_head && s->any && s->first_ns < SOON_NS &&
	       s->last_ns < s->head.ns && s->head.ns > LATER_NS;
}

static void take_heads(struct rill_look *l)
{
	bool relative = false;

	for (size_t i = 0; i < l->stream_count; i++) {
		struct rill_look_stream *const s = l->streams[i];

		if (is_relative(s)) {
			relative = true;
			s->boot_id[0] = '\0';
			s->has_head = false;
		} else if (!s->sample_count && s->has_head) {
			take_sample(s, &s->head);
		}
	}
	if (relative)
		rill_say("%s: its times seem to count from the start of its session (relative_time), so its "
			 "clocks do not help: --clock sync or --offset %s=NS",
			 l->path, l->path);
}

int rill_look(struct rill_look *l, const char *path)
{
	static const struct rill_intake_ops ops = {
		.stream = {
			.stream = on_stream,
			.event = on_event,
			.thread = on_thread,
			.metadata = on_metadata,
			.snapshot = on_snapshot,
		},
	};
	struct rill_input in;
	const char *const slash = strrchr(path, '/');
	int code;

	*l = (struct rill_look){ .path = path, .name = slash ? slash + 1 : path, .ordered = true };
	code = rill_input_open(&in, path, NULL);
	if (code)
		return code;
	l->st = in.st;
	code = in.place == RILL_INPUT_FILE && in.fd != STDIN_FILENO && S_ISREG(in.st.st_mode)
		       ? rill_intake_run(&in, &ops, l, &l->result)
		       : refuse(&in);
	rill_input_close(&in);
	take_heads(l);
	return code;
}

void rill_look_free(struct rill_look *l)
{
	for (size_t i = 0; i < l->stream_count; i++) {
		free_origin(l->streams[i]);
		free(l->streams[i]->samples);
		free(l->streams[i]);
	}
	for (size_t i = 0; i < l->mark_count; i++)
		free(l->marks[i].id);
	rill_table_free(&l->ids, NULL);
	free(l->streams);
	free(l->marks);
}

/* SPDX-License-Identifier: MIT
 * to_perfetto_event.c - which packets an event becomes.
 *
 *     B E X               slices on the thread's track; a complete one, and an end whose begin is
 *                         missing, are a begin and an end in a row: readers sort by time
 *     I R                 instants on the track of the thread, the process, or for everybody
 *     C                   a value on the track of each series
 *     b e n  S T F p      slices and instants on a track of the id's own
 *     N O D               likewise: an object from its creation to its deletion
 *     s t f               instants on the thread's track, with a flow
 *     others              instants on the thread's track
 *
 * What Perfetto has no field for is an annotation whose name begins with "rill.": the phase where it
 * does not follow from the packet, ids, who emitted what lies on no thread's track.
 */
#include "to_perfetto.h"

#include <math.h>
#include <string.h>

enum {
	BEGIN = RILL__PF__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN,
	END = RILL__PF__TRACK_EVENT__TYPE__TYPE_SLICE_END,
	INSTANT = RILL__PF__TRACK_EVENT__TYPE__TYPE_INSTANT,
	COUNTER = RILL__PF__TRACK_EVENT__TYPE__TYPE_COUNTER,
	ANY_ID = RILL_FLAG_HAS_ID | RILL_FLAG_HAS_LOCAL_ID | RILL_FLAG_HAS_GLOBAL_ID
};

/* ---- names ---------------------------------------------------------------------------------- */

static void set_name(struct rill_pf *p, struct rill_pf_build *b, const char *name, uint64_t number)
{
	struct Rill__Pf__TrackEvent *const e = &b->event;

	if (number) {
		e->name_field_case = RILL__PF__TRACK_EVENT__NAME_FIELD_NAME_IID;
		e->name_iid = number;
	} else {
		e->name_field_case = RILL__PF__TRACK_EVENT__NAME_FIELD_NAME;
		e->name = rill_pf_text(p, name, strlen(name));
	}
}

static void set_categories(struct rill_pf *p, struct rill_pf_build *b, const char *group)
{
	struct Rill__Pf__TrackEvent *const e = &b->event;
	const char *texts, *text;
	size_t count;

	text = texts = rill_pf_categories(p, group, &count);
	e->category_iids = rill_pf_alloc(p, (count + 1) * sizeof *e->category_iids);
	for (size_t i = 0; i < count; i++) {
		const uint64_t number = rill_pf_number(p, RILL_PF_CATEGORY, text);

		if (!number) { /* one that is too long: all are written out, in their order */
			e->n_category_iids = 0;
			break;
		}
		e->category_iids[e->n_category_iids++] = number;
		text += strlen(text) + 1;
	}
	if (e->n_category_iids == count)
		return;
	e->categories = rill_pf_alloc(p, count * sizeof *e->categories);
	for (e->n_categories = 0; e->n_categories < count; texts += strlen(texts) + 1)
		e->categories[e->n_categories++] = rill_pf_text(p, texts, strlen(texts));
}

void rill_pf_build(struct rill_pf *p, struct rill_pf_build *b, const char *category,
		   const char *name)
{
	b->event = (struct Rill__Pf__TrackEvent)RILL__PF__TRACK_EVENT__INIT;
	b->notes = (struct rill_pf_list){ .count = 0 };
	set_categories(p, b, category);
	set_name(p, b, name, rill_pf_number(p, RILL_PF_NAME, name));
}

static void set_place(struct rill_pf_build *b, uint64_t number)
{
	if (!number)
		return;
	b->event.source_location_field_case =
		RILL__PF__TRACK_EVENT__SOURCE_LOCATION_FIELD_SOURCE_LOCATION_IID;
	b->event.source_location_iid = number;
}

/* ---- call sites ----------------------------------------------------------------------------- */

static bool is_known(const struct rill_pf *p, const struct rill_pf_site *site,
		     const struct rill_event *e)
{
	return site->round == p->round && site->site == e->site && e->site &&
	       site->phase == e->phase && site->nargs == e->nargs;
}

/* The end of a scope may have the number of its begin. */
static struct rill_pf_site *site_of(struct rill_pf *p, const struct rill_event *e)
{
	return &p->sites[(2 * e->site + (e->phase == 'E')) % RILL_PF_SITES];
}

/* With the numbers of what all events of this form share. */
static void build_known(struct rill_pf *p, struct rill_pf_build *b, struct rill_pf_site *site,
			const struct rill_event *e)
{
	b->event = (struct Rill__Pf__TrackEvent)RILL__PF__TRACK_EVENT__INIT;
	b->notes = (struct rill_pf_list){ .count = 0 };
	b->event.category_iids = site->category;
	b->event.n_category_iids = site->categories;
	set_name(p, b, e->name, site->name);
	set_place(b, site->place);
	for (unsigned i = 0; i < e->nargs; i++)
		rill_pf_note(p, b, &e->args[i], site->args[i]);
}

/* Keeps them for the next event of the form, if there is room. */
static void keep(struct rill_pf *p, const struct rill_pf_build *b, const struct rill_event *e,
		 const uint64_t *args)
{
	struct rill_pf_site *const site = site_of(p, e);

	if (!e->site || e->nargs > RILL_PF_SITE_ARGS || b->event.n_categories ||
	    b->event.n_category_iids > RILL_PF_SITE_CATEGORIES)
		return;
	site->round = p->round;
	site->site = e->site;
	site->phase = e->phase;
	site->categories = (uint8_t)b->event.n_category_iids;
	site->nargs = e->nargs;
	site->name = b->event.name_field_case == RILL__PF__TRACK_EVENT__NAME_FIELD_NAME_IID
			     ? b->event.name_iid
			     : 0;
	site->place = b->event.source_location_iid;
	memcpy(site->category, b->event.category_iids,
	       site->categories * sizeof site->category[0]);
	memcpy(site->args, args, e->nargs * sizeof *args);
}

/* Name, categories, place and arguments. */
static void build(struct rill_pf *p, struct rill_pf_build *b, const struct rill_event *e)
{
	struct rill_pf_site *const site = site_of(p, e);
	uint64_t args[UINT8_MAX + 1];

	if (is_known(p, site, e)) {
		build_known(p, b, site, e);
		return;
	}
	rill_pf_build(p, b, e->category, e->name);
	/* The end of a scope stands where its begin does. */
	if (e->file && !(e->phase == 'E' && e->state & RILL_EVENT_SCOPE))
		set_place(b, rill_pf_place(p, e->file, e->line));
	for (unsigned i = 0; i < e->nargs; i++) {
		args[i] = rill_pf_number(p, RILL_PF_KEY, e->args[i].name);
		rill_pf_note(p, b, &e->args[i], args[i]);
	}
	keep(p, b, e, args);
}

/* ---- what else an event says ---------------------------------------------------------------- */

/* The time that is shown, which is the caller's own where it gave one that can be said. */
static uint64_t time_of(const struct rill_event *e)
{
	if (e->state & RILL_EVENT_HAS_OWN_TIME && e->own_time_us >= 0 &&
	    e->own_time_us <= INT64_MAX / 1000)
		return (uint64_t)e->own_time_us * 1000;
	return e->ts_ns;
}

static void note_ids(struct rill_pf *p, struct rill_pf_build *b, const struct rill_event *e)
{
	if (e->flags & RILL_FLAG_HAS_LOCAL_ID)
		rill_pf_note_id(p, b, "rill.local_id", e->id);
	else if (e->flags & RILL_FLAG_HAS_GLOBAL_ID)
		rill_pf_note_id(p, b, "rill.global_id", e->id);
	else if (e->flags & RILL_FLAG_HAS_ID)
		rill_pf_note_id(p, b, "rill.id", e->id);
	if (e->scope)
		rill_pf_note_text(p, b, "rill.scope", e->scope);
	if (e->flags & RILL_FLAG_BIND_TO_ENCLOSING && e->phase == 'f')
		rill_pf_note_true(p, b, "rill.bind_to_enclosing");
	if (e->flags & RILL_FLAG_ASYNC_TTS)
		rill_pf_note_true(p, b, "rill.use_async_tts");
}

static void note_state(struct rill_pf *p, struct rill_pf_build *b, const struct rill_event *e)
{
	if (e->state & RILL_EVENT_LATE)
		rill_pf_note_true(p, b, "rill.late");
	if (e->state & RILL_EVENT_CLAMPED)
		rill_pf_note_true(p, b, "rill.clamped");
	if (e->level)
		rill_pf_note_uint(p, b, "rill.level", e->level);
	if (e->state & RILL_EVENT_HAS_OWN_TIME &&
	    (e->own_time_us < 0 || e->own_time_us > INT64_MAX / 1000))
		rill_pf_note_int(p, b, "rill.own_time_us", e->own_time_us);
}

static void set_flow(struct rill_pf *p, struct rill_pf_build *b, uint64_t flow, bool ends)
{
	uint64_t *const id = rill_pf_alloc(p, sizeof *id);

	*id = flow;
	if (ends) {
		b->event.n_terminating_flow_ids = 1;
		b->event.terminating_flow_ids = id;
	} else {
		b->event.n_flow_ids = 1;
		b->event.flow_ids = id;
	}
}

static void set_flows(struct rill_pf *p, struct rill_pf_stream *s, struct rill_pf_build *b,
		      const struct rill_event *e)
{
	const uint32_t way = e->flags & (RILL_FLAG_FLOW_IN | RILL_FLAG_FLOW_OUT);

	if (e->phase == 's' || e->phase == 't' || e->phase == 'f')
		set_flow(p, b, rill_pf_flow(s, e), e->phase == 'f');
	else if (way)
		set_flow(p, b, rill_pf_flow(s, e), way == RILL_FLAG_FLOW_IN);
	else if (e->bind_id)
		rill_pf_note_id(p, b, "rill.bind_id", e->bind_id);
}

static void note_phase(struct rill_pf *p, struct rill_pf_build *b, char phase)
{
	char *const text = rill_pf_alloc(p, 2); /* it is read when the packet is written */

	text[0] = phase;
	text[1] = 0;
	rill_pf_note_text(p, b, "rill.phase", text);
}

/* Who emitted what lies on no thread's track, and with which CPU time. */
static void note_emitter(struct rill_pf *p, struct rill_pf_build *b, const struct rill_event *e,
			 bool global)
{
	if (e->state & RILL_EVENT_HAS_THREAD_TIME)
		rill_pf_note_uint(p, b, "rill.thread_time_ns", e->thread_time_ns);
	if (global)
		rill_pf_note_uint(p, b, "rill.pid", e->pid);
	if (e->tid == UINT32_MAX)
		rill_pf_note_int(p, b, "rill.tid", -1);
	else
		rill_pf_note_uint(p, b, "rill.tid", e->tid);
}

/* As a value of its own counter, on events of a thread's track. */
static void set_cpu_time(struct rill_pf *p, struct rill_pf_build *b, uint64_t thread,
			 const struct rill_event *e)
{
	uint64_t *const words = rill_pf_alloc(p, 2 * sizeof *words);

	if (!(e->state & RILL_EVENT_HAS_THREAD_TIME))
		return;
	words[0] = rill_pf_cpu_time(p, thread);
	words[1] = e->thread_time_ns;
	b->event.n_extra_counter_track_uuids = b->event.n_extra_counter_values = 1;
	b->event.extra_counter_track_uuids = words;
	b->event.extra_counter_values = (int64_t *)words + 1;
}

/* ---- packets -------------------------------------------------------------------------------- */

void rill_pf_packet(struct rill_pf_build *b, struct Rill__Pf__TracePacket *packet, int type, uint64_t track,
		    uint64_t ns)
{
	struct Rill__Pf__TrackEvent *const e = &b->event;

	e->has_type = e->has_track_uuid = true;
	e->type = (Rill__Pf__TrackEvent__Type)type;
	e->track_uuid = track;
	e->debug_annotations = (struct Rill__Pf__DebugAnnotation **)b->notes.items;
	e->n_debug_annotations = b->notes.count;
	*packet = (struct Rill__Pf__TracePacket)RILL__PF__TRACE_PACKET__INIT;
	packet->has_timestamp = packet->has_sequence_flags = true;
	packet->has_trusted_packet_sequence_id = true;
	packet->trusted_packet_sequence_id = RILL_PF_SEQUENCE;
	packet->timestamp = ns;
	packet->sequence_flags = RILL_PF_NEEDS_STATE;
	packet->data_case = RILL__PF__TRACE_PACKET__DATA_TRACK_EVENT;
	packet->track_event = e;
}

void rill_pf_put(struct rill_pf *p, struct rill_pf_build *b, int type, uint64_t track, uint64_t ns)
{
	struct Rill__Pf__TracePacket packet;

	rill_pf_packet(b, &packet, type, track, ns);
	rill_pf_send(p, &packet);
}

/* ---- kinds of events ------------------------------------------------------------------------ */

static void put_on_thread(struct rill_pf *p, struct rill_pf_stream *s, struct rill_pf_build *b,
			  const struct rill_event *e)
{
	const bool begin_lost = e->phase == 'E' && e->state & RILL_EVENT_BEGIN_LOST &&
				e->state & RILL_EVENT_HAS_BEGIN;
	const uint64_t ns = time_of(e), track = rill_pf_thread_of(p, s, e);

	set_cpu_time(p, b, track, e);
	if (e->phase == 'X' || begin_lost)
		rill_pf_put_slice(p, b, track, e->state & RILL_EVENT_HAS_BEGIN ? e->begin_ns : ns,
				  ns);
	else if (e->phase == 'B' || e->phase == 'E') {
		rill_pf_release(p);
		rill_pf_put(p, b, e->phase == 'B' ? BEGIN : END, track, ns);
	} else
		rill_pf_put(p, b, INSTANT, track, ns);
}

static void put_instant(struct rill_pf *p, struct rill_pf_stream *s, struct rill_pf_build *b,
			const struct rill_event *e)
{
	const uint32_t scope = e->flags & RILL_FLAG_SCOPE_MASK;
	const bool global = scope == RILL_FLAG_SCOPE_GLOBAL;

	if (e->phase == 'R')
		note_phase(p, b, 'R');
	if (scope == RILL_FLAG_SCOPE_THREAD || e->phase == 'R') {
		put_on_thread(p, s, b, e);
		return;
	}
	note_emitter(p, b, e, global);
	rill_pf_put(p, b, INSTANT, global ? rill_pf_global(p) : rill_pf_process(p, s, e->pid),
		    time_of(e));
}

static void put_async(struct rill_pf *p, struct rill_pf_stream *s, struct rill_pf_build *b,
		      const struct rill_event *e)
{
	const int type = strchr("bSN", e->phase)   ? BEGIN
			 : strchr("eFD", e->phase) ? END
						   : INSTANT;

	if (!strchr("ben", e->phase))
		note_phase(p, b, e->phase);
	note_emitter(p, b, e, !(e->flags & RILL_FLAG_HAS_LOCAL_ID));
	rill_pf_put(p, b, type, rill_pf_async(p, s, e), time_of(e));
}

/* ---- counters ------------------------------------------------------------------------------- */

/* False: it is no number that can be drawn. */
static bool set_value(struct Rill__Pf__TrackEvent *e, const struct rill_value *v)
{
	const bool is_signed = v->type >= RILL_TYPE_I8 && v->type <= RILL_TYPE_I64;

	if (v->type == RILL_TYPE_F32 || v->type == RILL_TYPE_F64) {
		e->counter_value_field_case =
			RILL__PF__TRACK_EVENT__COUNTER_VALUE_FIELD_DOUBLE_COUNTER_VALUE;
		e->double_counter_value = v->d;
		return isfinite(v->d);
	}
	if (!is_signed && (v->type < RILL_TYPE_U8 || v->type > RILL_TYPE_BOOL))
		return false;
	if (!is_signed && v->u > INT64_MAX) {
		e->counter_value_field_case =
			RILL__PF__TRACK_EVENT__COUNTER_VALUE_FIELD_DOUBLE_COUNTER_VALUE;
		e->double_counter_value = (double)v->u;
	} else {
		e->counter_value_field_case =
			RILL__PF__TRACK_EVENT__COUNTER_VALUE_FIELD_COUNTER_VALUE;
		e->counter_value = v->i;
	}
	return true;
}

static void put_series(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_event *e,
		       const struct Rill__Pf__TrackEvent *value, const struct rill_value *v)
{
	struct rill_pf_build b = { .event = *value };

	/* The number that the double stands for. */
	if (v->type == RILL_TYPE_U64 && v->u > INT64_MAX)
		rill_pf_note(p, &b, v, rill_pf_number(p, RILL_PF_KEY, v->name));
	note_emitter(p, &b, e, false);
	note_state(p, &b, e);
	rill_pf_put(p, &b, COUNTER, rill_pf_counter(p, s, e, v->name), time_of(e));
}

/* What is no number goes into an instant on the process's track. */
static void put_counter(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_event *e)
{
	struct Rill__Pf__TrackEvent value;
	struct rill_value others[UINT8_MAX];
	struct rill_event rest = *e;
	struct rill_pf_build b;

	rest.args = others;
	rest.nargs = 0;
	for (unsigned i = 0; i < e->nargs; i++) {
		value = (struct Rill__Pf__TrackEvent)RILL__PF__TRACK_EVENT__INIT;
		if (set_value(&value, &e->args[i]))
			put_series(p, s, e, &value, &e->args[i]);
		else
			others[rest.nargs++] = e->args[i];
	}
	if (e->nargs && !rest.nargs)
		return;
	rest.site = 0; /* the form has other arguments */
	build(p, &b, &rest);
	note_phase(p, &b, 'C');
	note_ids(p, &b, e);
	note_state(p, &b, e);
	note_emitter(p, &b, e, false);
	rill_pf_put(p, &b, INSTANT, rill_pf_process(p, s, e->pid), time_of(e));
}

/* ---- events --------------------------------------------------------------------------------- */

void rill_pf_event(struct rill_pf *p, struct rill_pf_stream *s, const struct rill_event *e)
{
	struct rill_pf_build b;

	if (e->phase == 'C') {
		put_counter(p, s, e);
		return;
	}
	build(p, &b, e);
	if (e->flags & (ANY_ID | RILL_FLAG_BIND_TO_ENCLOSING | RILL_FLAG_ASYNC_TTS) || e->scope)
		note_ids(p, &b, e);
	if (e->state & (RILL_EVENT_LATE | RILL_EVENT_CLAMPED | RILL_EVENT_HAS_OWN_TIME) || e->level)
		note_state(p, &b, e);
	set_flows(p, s, &b, e);
	switch (e->phase) {
	case 'B':
	case 'E':
	case 'X': put_on_thread(p, s, &b, e); break;
	case 'I':
	case 'i':
	case 'R': put_instant(p, s, &b, e); break;
	case 'b':
	case 'e':
	case 'n':
	case 'S':
	case 'T':
	case 'p':
	case 'F':
	case 'N':
	case 'O':
	case 'D': put_async(p, s, &b, e); break;
	default: note_phase(p, &b, e->phase); put_on_thread(p, s, &b, e);
	}
}

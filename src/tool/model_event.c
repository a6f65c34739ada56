/* SPDX-License-Identifier: MIT
 * model_event.c - an event of the tool's stream as the model takes it, and what the stream says of
 * threads and losses; whole files of any kind.
 */
#include "model_take.h"
#include "format/causes.h"
#include "format/text.h"
#include "model_read.h"
#include "sieve.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

/* As it is, or cut in `cut`. */
static const char *short_text(const char *text, char cut[RILL_MODEL_TEXT_MAX + 1])
{
	size_t size = strnlen(text, RILL_MODEL_TEXT_MAX + 1);

	if (size <= RILL_MODEL_TEXT_MAX)
		return text;
	size = rill_text_whole(text, RILL_MODEL_TEXT_MAX);
	memcpy(cut, text, size);
	cut[size] = 0;
	return cut;
}

static void put_id(const struct rill_event *e, char id[RILL_MODEL_TEXT_MAX + 1])
{
	enum { ID = RILL_FLAG_HAS_ID | RILL_FLAG_HAS_LOCAL_ID | RILL_FLAG_HAS_GLOBAL_ID };

	*id = 0;
	if (e->flags & ID)
		snprintf(id, RILL_MODEL_TEXT_MAX + 1, "%.150s%s0x%llx", e->scope ? e->scope : "",
			 e->scope && *e->scope ? "/" : "", (unsigned long long)e->id);
}

static bool number_of(const struct rill_value *v, double *number)
{
	switch (v->type) {
	case RILL_TYPE_I8:
	case RILL_TYPE_I16:
	case RILL_TYPE_I32:
	case RILL_TYPE_I64: *number = (double)v->i; return true;
	case RILL_TYPE_U8:
	case RILL_TYPE_U16:
	case RILL_TYPE_U32:
	case RILL_TYPE_U64:
	case RILL_TYPE_BOOL: *number = (double)v->u; return true;
	case RILL_TYPE_F32:
	case RILL_TYPE_F64: *number = v->d; return true;
	default: return false;
	}
}

static void take_times(const struct rill_event *e, struct rill_model_fields *f)
{
	f->has_ts = true;
	f->ts = e->state & RILL_EVENT_HAS_OWN_TIME ? e->own_time_us * 1000 : (int64_t)e->ts_ns;
	if (!(e->state & RILL_EVENT_HAS_BEGIN) ||
	    (f->phase != 'X' && !(e->state & RILL_EVENT_BEGIN_LOST)))
		return;
	/* Told at its end, and whole. */
	f->phase = 'X';
	f->has_duration = true;
	f->duration = e->ts_ns > e->begin_ns ? (int64_t)(e->ts_ns - e->begin_ns) : 0;
	f->ts = (int64_t)e->begin_ns;
}

static void take_event(struct rill_model *m, const struct rill_event *e)
{
	char category[RILL_MODEL_TEXT_MAX + 1], name[RILL_MODEL_TEXT_MAX + 1],
		id[RILL_MODEL_TEXT_MAX + 1];
	struct rill_model_fields f = {
		.phase = e->phase,
		.category = short_text(e->category, category),
		.name = short_text(e->name, name),
		.id = id,
		.local_id = (e->flags & RILL_FLAG_HAS_LOCAL_ID) != 0,
		.pid = e->pid,
		.tid = e->tid == UINT32_MAX ? -1 : (int64_t)e->tid,
	};
	const size_t at = e->site % RILL_MODEL_SITES;

	if (e->phase == 'M') {
		m->metadata++;
		return;
	}
	put_id(e, id);
	take_times(e, &f);
	if (e->site) {
		if (m->sites[at].site != e->site)
			m->sites[at].row = NULL;
		m->sites[at].site = e->site;
		f.row = &m->sites[at].row;
	}
	if (!rill_model_take(m, &f))
		return;
	for (unsigned i = 0; i < e->nargs; i++) {
		double number;

		if (number_of(&e->args[i], &number))
			rill_model_series(m, &f, e->args[i].name, number);
	}
}

static void take_gap(struct rill_model *m, uint32_t pid, const struct rill_gap *gap)
{
	const unsigned cause = gap->cause < RILL_CAUSES ? gap->cause : RILL_CAUSES;

	rill_loss_count(&m->losses, rill_causes[cause].text, gap->count);
	rill_model_lane(m, pid, gap->thread ? gap->thread->tid : pid)->lost += gap->count;
}

static void take_totals(struct rill_model *m, const struct rill_stats *stats)
{
	struct rill_losses *const l = &m->losses;

	l->summaries++;
	l->events += stats->delivered;
	l->lost += stats->lost_total;
	l->threads += stats->threads;
	for (unsigned i = 0; i < RILL_CAUSES; i++)
		rill_loss_cause(l, rill_causes[i].key, stats->lost[i]);
}

/* ---- the stream's functions ----------------------------------------------------------------- */

static bool on_json(void *ctx, const char *text, size_t size)
{
	struct rill_model_taker *const t = ctx;

	return rill_model_text(&t->model, t->tokener, text, size);
}

static void on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *event)
{
	(void)stream;
	take_event(&((struct rill_model_taker *)ctx)->model, event);
}

static void on_gap(void *ctx, struct rill_packet_stream *stream, const struct rill_gap *gap)
{
	take_gap(&((struct rill_model_taker *)ctx)->model, stream->origin.pid, gap);
}

static void on_missing(void *ctx, struct rill_packet_stream *stream,
		       const struct rill_packet_missing *missing)
{
	const struct rill_gap gap = { .count = missing->events, .cause = RILL_CAUSES };

	if (missing->events)
		take_gap(&((struct rill_model_taker *)ctx)->model, stream->origin.pid, &gap);
}

static void on_thread(void *ctx, struct rill_packet_stream *stream,
		      const struct rill_thread *thread)
{
	struct rill_model *const m = &((struct rill_model_taker *)ctx)->model;

	m->metadata++;
	rill_model_name(m, stream->origin.pid, thread->tid, thread->name);
}

static void on_metadata(void *ctx, struct rill_packet_stream *stream, const char *name,
			const char *args_json)
{
	(void)stream;
	(void)name;
	(void)args_json;
	((struct rill_model_taker *)ctx)->model.metadata++;
}

static void on_totals(void *ctx, struct rill_packet_stream *stream, const struct rill_stats *stats)
{
	struct rill_model *const m = &((struct rill_model_taker *)ctx)->model;

	(void)stream;
	m->metadata++;
	take_totals(m, stats);
}

static const struct rill_intake_ops ops = {
	.stream = {
		.event = on_event,
		.gap = on_gap,
		.missing = on_missing,
		.thread = on_thread,
		.metadata = on_metadata,
		.totals = on_totals,
	},
	.json_event = on_json,
};

int rill_model_take_in(struct rill_model_taker *t, struct rill_input *input, const struct rill_filter *filter,
		       struct rill_intake_result *result)
{
	static const struct rill_moment always = { .given = false };
	struct rill_sieve *sieve;
	int code;

	if (!t->tokener)
		t->tokener = json_tokener_new_ex(128); /* deeper than the reader lets pass */
	if (!t->tokener) {
		rill_say("out of memory");
		return RILL_EXIT_FAILED;
	}
	if (!filter)
		return rill_intake_run(input, &ops, t, result);
	sieve = rill_sieve_new(&always, &always, filter, &ops, t);
	code = rill_intake_run(input, rill_sieve_ops(sieve), sieve, result);
	rill_sieve_free(sieve);
	return code;
}

int rill_model_read(struct rill_model_taker *t, const char *path, struct rill_intake_result *result)
{
	struct rill_input input;
	int code = rill_input_open(&input, path, NULL);

	if (code)
		return code;
	code = rill_model_take_in(t, &input, NULL, result);
	rill_input_close(&input);
	return code;
}

void rill_model_taker_free(struct rill_model_taker *t)
{
	if (t->tokener)
		json_tokener_free(t->tokener);
	t->tokener = NULL;
	rill_model_free(&t->model);
}

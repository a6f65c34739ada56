/* SPDX-License-Identifier: MIT
 * merge_out.c - the other end of `rill merge`: which streams the output has, and what comes when.
 */
#include "merge_out.h"
#include "merge_group.h"
#include "tool.h"

#include "format/text.h"

#include <inttypes.h>
#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 256 };

struct rill_merge_out {
	struct rill_merge_out_options options;
	const struct rill_packet_reader_ops *ops;
	struct rill_merge_whose *whose;
	struct rill_intake_result so_far;
	struct rill_merge_group *groups;
	bool used[NUMBERS];
	uint64_t newest, behind;
};

/* ---- text ----------------------------------------------------------------------------------- */

/* As it stands within the quotes of JSON. Freed by the caller. */
static char *escaped(const char *text)
{
	const size_t size = strlen(text);
	char *const to = rill_alloc(RILL_TEXT_ESCAPE_MAX * size + 1, 1);

	*rill_text_escaped(to, text, size) = '\0';
	return to;
}

/* ---- streams of the output ------------------------------------------------------------------ */

static void tell_pair(struct rill_merge_out *out, struct rill_merge_group *g, const char *name,
		      const char *args)
{
	if (out->ops->metadata && rill_merge_group_is_news(g, name, args))
		out->ops->metadata(out->options.state, &g->known, name, args);
}

/* Where it came from, and how its times and ids were changed. */
static void tell_origin(struct rill_merge_out *out, struct rill_merge_group *g, uint32_t input,
			uint32_t stream, uint32_t pid)
{
	const struct rill_merge_clocks *const k = out->whose->clocks;
	const struct rill_merge_clock *const c = rill_merge_clock_of(k, input, stream);
	const uint64_t ids = out->options.global_ids ? 0 : rill_merge_whose_ids(out->whose, input);
	char *name = escaped(k->inputs[input].look.name);
	char *uncertainty = c->certain ? rill_text(",\"uncertainty_ns\":%" PRIu64, c->uncertainty_ns)
				       : rill_text("%s", "");
	char *args = rill_text("{\"input\":\"%s\",\"clock\":\"%s\",\"offset_ns\":%" PRId64
			       ",\"offset_at_end_ns\":%" PRId64 ",\"shift_ns\":%" PRId64
			       "%s,\"pid\":%" PRIu32 ",\"ids\":\"0x%" PRIx64 "\"}",
			       name, rill_merge_way_name(c->way ? c->way : k->way),
			       rill_line_offset(&c->line, c->first_ns),
			       rill_line_offset(&c->line, c->last_ns), k->shift_ns, uncertainty, pid,
			       ids);
	char *title = rill_text("{\"name\":\"pid %" PRIu32 " of %s\"}", pid, name);

	tell_pair(out, g, "rill_merge", args);
	if (g->remapped)
		tell_pair(out, g, "process_name", title);
	free(title);
	free(args);
	free(uncertainty);
	free(name);
}

static int find_number(struct rill_merge_out *out, uint8_t *number)
{
	for (unsigned i = 1; i <= NUMBERS; i++)
		if (!out->used[i % NUMBERS]) {
			out->used[i % NUMBERS] = true;
			*number = (uint8_t)(i % NUMBERS);
			return 0;
		}
	rill_say("more than %d streams at the same time are more than a trace can hold: merge fewer "
		 "inputs, or parts of them (rill cut)",
		 NUMBERS);
	return RILL_EXIT_FAILED;
}

/* The same stream has another identity here: its packets count anew. */
static uint64_t identity_of(uint64_t identity, uint32_t input)
{
	return identity ^ (input + 1) * UINT64_C(0xd6e8feb86659fd93);
}

static int open_group(struct rill_merge_out *out, struct rill_merge_group *g, uint32_t input,
		      uint32_t stream)
{
	const struct rill_look *const look = &out->whose->clocks->inputs[input].look;
	const struct rill_merge_clock *const c =
		rill_merge_clock_of(out->whose->clocks, input, stream);
	const struct rill_packet_origin none = { .session = "", .version = "" };
	const struct rill_packet_origin *const from =
		stream < look->stream_count ? &look->streams[stream]->origin : &none;
	int code = find_number(out, &g->known.number);

	if (code)
		return code;
	g->open = true;
	g->json = look->result.kind == RILL_INTAKE_JSON;
	g->session = rill_text("%s", from->session);
	g->version = rill_text("%s", from->version);
	g->known.has_origin = true;
	g->known.origin = (struct rill_packet_origin){
		.identity = identity_of(from->identity, input),
		.start_ns = rill_line_map(&c->line, from->start_ns),
		.pid = rill_merge_whose_pid(out->whose, input, stream, from->pid),
		.session = g->session,
		.version = g->version,
	};
	g->remapped = g->known.origin.pid != from->pid;
	if (out->ops->stream)
		out->ops->stream(out->options.state, &g->known);
	tell_origin(out, g, input, stream, from->pid);
	return 0;
}

static struct rill_merge_group *group_of(struct rill_merge_out *out, uint32_t input, uint32_t stream)
{
	const struct rill_merge_whose *const w = out->whose;
	const struct rill_look *const look = &w->clocks->inputs[input].look;

	/* What came into a file since it was looked at goes with its last stream. */
	if (look->stream_count == 0)
		return &out->groups[w->group_count];
	if (stream >= look->stream_count)
		stream = (uint32_t)look->stream_count - 1;
	return &out->groups[w->groups[input][stream]];
}

/* ---- names and clocks ----------------------------------------------------------------------- */

/* "server (pid 4711 of board.rill)", of a process that has another pid here. */
static char *with_pid(const struct rill_merge_out *out, uint32_t input, uint32_t stream,
		      const char *name)
{
	const struct rill_look *const look = &out->whose->clocks->inputs[input].look;

	if (stream >= look->stream_count)
		return rill_text("%s", name);
	return rill_text("%s (pid %" PRIu32 " of %s)", name, look->streams[stream]->origin.pid,
			 look->name);
}

/* {"name":"server"}, likewise. */
static char *args_with_pid(const struct rill_merge_out *out, uint32_t input, uint32_t stream,
			   const char *args)
{
	char *const name = rill_look_member(args, "name");
	char *const whole = with_pid(out, input, stream, name ? name : "");
	char *const text = escaped(whole);
	char *const new_args = rill_text("{\"name\":\"%s\"}", text);

	free(text);
	free(whole);
	free(name);
	return new_args;
}

/* {"monotonic":12.345,...}: that clock is the output's. */
static char *with_time(const char *args, const struct rill_line *line, uint64_t ns)
{
	struct json_object *const object = json_tokener_parse(args);
	const uint64_t mapped = rill_line_map(line, ns);
	char *const number = rill_text("%" PRIu64 ".%03" PRIu64, mapped / 1000, mapped % 1000);
	char *text;

	json_object_object_add(object, "monotonic",
			       json_object_new_double_s((double)mapped / 1000, number));
	text = rill_text("%s", json_object_to_json_string_ext(
				       object, JSON_C_TO_STRING_PLAIN |
						       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	free(number);
	return text;
}

/* ---- records -------------------------------------------------------------------------------- */

/* Which ids are unique in their process, or in the whole trace, by what the format says of phases. */
static bool has_id_of_input(const struct rill_event *e)
{
	return e->flags & RILL_FLAG_HAS_ID &&
	       !(e->flags & (RILL_FLAG_HAS_LOCAL_ID | RILL_FLAG_HAS_GLOBAL_ID)) &&
	       strchr("SFTpbenstf=", e->phase);
}

/* A process that was renamed while it was traced. */
static char *rename_process(struct rill_merge_out *out, uint32_t input, struct rill_merge_record *r)
{
	struct rill_event *const e = &r->event;
	struct rill_value *const name = e->nargs == 1 ? (struct rill_value *)&e->args[0] : NULL;
	char *whole;

	if (e->phase != 'M' || strcmp(e->name, "process_name") || !name || name->null ||
	    (name->type != RILL_TYPE_STRING && name->type != RILL_TYPE_COPY))
		return NULL;
	whole = with_pid(out, input, r->stream, name->text);
	name->text = whole;
	name->size = (uint32_t)strlen(whole);
	return whole;
}

static void take_event(struct rill_merge_out *out, struct rill_merge_group *g, uint32_t input,
		       struct rill_merge_record *r)
{
	struct rill_event *const e = &r->event;
	char *const name = g->remapped ? rename_process(out, input, r) : NULL;
	const uint64_t ids = out->options.global_ids ? 0 : rill_merge_whose_ids(out->whose, input);

	e->thread = rill_merge_group_thread(g, r);
	if (g->remapped || e->pid != g->known.origin.pid)
		e->pid = rill_merge_whose_pid(out->whose, input, r->stream, e->pid);
	if (has_id_of_input(e))
		e->id ^= ids;
	if (e->flags & (RILL_FLAG_FLOW_IN | RILL_FLAG_FLOW_OUT))
		e->bind_id ^= ids;
	rill_merge_group_scope(g, e);
	g->known.events++;
	g->known.written++;
	g->last_ns = e->ts_ns;
	if (!out->so_far.any || e->ts_ns < out->so_far.first_ns)
		out->so_far.first_ns = e->ts_ns;
	if (!out->so_far.any || e->ts_ns > out->so_far.last_ns)
		out->so_far.last_ns = e->ts_ns;
	out->so_far.any = true;
	if (out->ops->event)
		out->ops->event(out->options.state, &g->known, e);
	free(name);
}

static void tell_gap(struct rill_merge_out *out, struct rill_merge_group *g,
		     const struct rill_gap *gap)
{
	g->gaps[gap->cause < RILL_CAUSES ? gap->cause : RILL_CAUSES] += gap->count;
	g->known.lost += gap->count;
	if (out->ops->gap)
		out->ops->gap(out->options.state, &g->known, gap);
}

static void take_gap(struct rill_merge_out *out, struct rill_merge_group *g,
		     struct rill_merge_record *r)
{
	r->gap.thread = rill_merge_group_thread(g, r);
	tell_gap(out, g, &r->gap);
}

static void take_thread(struct rill_merge_out *out, struct rill_merge_group *g,
			const struct rill_merge_record *r)
{
	const struct rill_thread *const t = rill_merge_group_thread(g, r);

	if (t && out->ops->thread)
		out->ops->thread(out->options.state, &g->known, t);
}

static void take_metadata(struct rill_merge_out *out, struct rill_merge_group *g, uint32_t input,
			  const struct rill_merge_record *r)
{
	const struct rill_merge_clocks *const k = out->whose->clocks;
	const struct rill_look *const look = &k->inputs[input].look;
	const struct rill_look_stream *const s =
		r->stream < look->stream_count ? look->streams[r->stream] : NULL;
	const struct rill_line *const line = &rill_merge_clock_of(k, input, r->stream)->line;
	const char *name = r->pair.name;
	char *args = NULL;

	if (!strcmp(name, "process_name") && g->remapped)
		args = args_with_pid(out, input, r->stream, r->pair.args);
	else if (!strcmp(name, "clock") && s && s->has_head && (line->count || line->shift_ns))
		args = with_time(r->pair.args, line, s->head.ns);
	else if (!strcmp(name, "rill_merge"))
		name = "rill_merge_before";
	tell_pair(out, g, name, args ? args : r->pair.args);
	free(args);
}

static void take_counts(struct rill_merge_out *out, struct rill_merge_group *g,
			struct rill_merge_record *r, uint64_t identity)
{
	const struct rill_merge_book *const book = rill_merge_group_book(g, identity);

	/* Each part of the stream counts for itself. */
	r->counts.part += (uint32_t)(book - g->books) << 16;
	if (out->ops->counts)
		out->ops->counts(out->options.state, &g->known, &r->counts);
}

static void take_totals(struct rill_merge_group *g, const struct rill_merge_record *r,
			uint64_t identity)
{
	struct rill_merge_book *const book = rill_merge_group_book(g, identity);

	book->stats = r->stats;
	book->has_stats = true;
}

static void tell_untold(struct rill_merge_out *out, struct rill_merge_group *g)
{
	for (unsigned cause = 0; cause <= RILL_CAUSES; cause++) {
		const struct rill_gap gap = {
			.count = rill_merge_group_untold(g, cause),
			.before_ns = g->last_ns,
			.cause = (uint8_t)cause,
		};

		if (gap.count)
			tell_gap(out, g, &gap);
	}
}

static void close_group(struct rill_merge_out *out, struct rill_merge_group *g)
{
	struct rill_stats stats;

	tell_untold(out, g);
	if (rill_merge_group_totals(g, &stats) && out->ops->totals)
		out->ops->totals(out->options.state, &g->known, &stats);
	if (out->ops->end)
		out->ops->end(out->options.state, &g->known);
	out->used[g->known.number] = false;
	rill_merge_group_free(g);
}

static void take_end(struct rill_merge_out *out, struct rill_merge_group *g,
		     const struct rill_merge_record *r, uint64_t identity)
{
	struct rill_merge_book *const book = rill_merge_group_book(g, identity);

	book->written = r->known.written > book->written ? r->known.written : book->written;
	book->lost = r->known.lost > book->lost ? r->known.lost : book->lost;
	if (++g->ended == g->members)
		close_group(out, g);
}

/* Of parts of one stream; streams of JSON have none that means anything. */
static uint64_t book_of(const struct rill_merge_out *out, uint32_t input, uint32_t stream)
{
	const struct rill_look *const look = &out->whose->clocks->inputs[input].look;
	const bool known = stream < look->stream_count && look->streams[stream]->known &&
			   !look->streams[stream]->json;

	return known ? look->streams[stream]->origin.identity : (uint64_t)input << 32 | stream;
}

int rill_merge_out_take(struct rill_merge_out *out, uint32_t input, struct rill_merge_record *r)
{
	struct rill_merge_group *const g = group_of(out, input, r->stream);
	const uint64_t book = book_of(out, input, r->stream);
	int code = g->open ? 0 : open_group(out, g, input, r->stream);

	if (code)
		return code;
	out->behind += r->key < out->newest;
	if (r->key > out->newest && r->kind == RILL_MERGE_EVENT)
		out->newest = r->key;
	switch (r->kind) {
	case RILL_MERGE_EVENT: take_event(out, g, input, r); break;
	case RILL_MERGE_GAP: take_gap(out, g, r); break;
	case RILL_MERGE_MISSING:
		if (out->ops->missing)
			out->ops->missing(out->options.state, &g->known, &r->missing);
		break;
	case RILL_MERGE_THREAD: take_thread(out, g, r); break;
	case RILL_MERGE_METADATA: take_metadata(out, g, input, r); break;
	case RILL_MERGE_SNAPSHOT:
		if (out->ops->snapshot)
			out->ops->snapshot(out->options.state, &g->known, &r->snapshot);
		break;
	case RILL_MERGE_COUNTS: take_counts(out, g, r, book); break;
	case RILL_MERGE_TOTALS: take_totals(g, r, book); break;
	case RILL_MERGE_END: take_end(out, g, r, book); break;
	default: break; /* a stream: that it is there was told when it was opened */
	}
	return 0;
}

/* ---- begin and end -------------------------------------------------------------------------- */

struct rill_merge_out *rill_merge_out_new(const struct rill_merge_out_options *options,
					  struct rill_merge_whose *whose)
{
	struct rill_merge_out *out = rill_alloc(1, sizeof *out);

	out->options = *options;
	out->ops = &options->format->ops.stream;
	out->whose = whose;
	out->so_far.kind = RILL_INTAKE_PACKETS;
	out->groups = rill_alloc(whose->group_count + 1, sizeof *out->groups);
	for (uint32_t i = 0; i < whose->group_count; i++)
		out->groups[i].members = whose->members[i];
	if (options->format->ops.begin)
		options->format->ops.begin(options->state, &out->so_far);
	return out;
}

uint64_t rill_merge_out_end(struct rill_merge_out *out)
{
	for (uint32_t i = 0; i <= out->whose->group_count; i++)
		if (out->groups[i].open)
			close_group(out, &out->groups[i]);
	return out->behind;
}

void rill_merge_out_free(struct rill_merge_out *out)
{
	for (uint32_t i = 0; i <= out->whose->group_count; i++)
		rill_merge_group_free(&out->groups[i]);
	free(out->groups);
	free(out);
}

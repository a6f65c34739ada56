/* SPDX-License-Identifier: MIT
 * intake.c - any trace as one stream of events.
 */
#include "intake.h"
#include "codecs.h"
#include "core.h"
#include "intake_defined.h"
#include "intake_ends.h"
#include "kind.h"
#include "site_names.h"
#include "tool.h"

#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 256 << 10, STREAMS = 256, HOLES = 16 };

/* What of a stream is missing in this input, as far as open scopes may have begun there. */
struct holes {
	uint64_t last_ns; /* of its newest event */
	unsigned count, next;
	bool open; /* the newest one ends with the next event */
	struct {
		uint64_t from_ns, to_ns;
	} list[HOLES];
};

struct intake {
	const struct rill_intake_ops *ops;
	void *ctx;
	struct rill_intake_result *result;
	struct rill_packet_reader *reader;
	struct holes *holes[STREAMS]; /* by number of the stream; NULL: nothing is missing yet */
	uint64_t last_ns[STREAMS];
	struct rill_defined_list defined;
	struct rill_ends ends;
	struct rill_from_json *from_json;
};

/* What was defined goes out before the records that follow it. */
static void tell_defined(struct intake *k)
{
	if (k->defined.count)
		rill_defined_tell(&k->defined, &k->ops->stream, k->ctx);
}

/* ---- begins that are missing ---------------------------------------------------------------- */

static void begin_hole(struct intake *k, uint8_t number, uint64_t from_ns)
{
	struct holes *h = k->holes[number];

	if (!h)
		h = k->holes[number] = rill_alloc(1, sizeof *h);
	if (h->open)
		return;
	h->open = true;
	h->list[h->next].from_ns = from_ns;
	h->list[h->next].to_ns = UINT64_MAX;
	h->next = (h->next + 1) % HOLES;
	h->count += h->count < HOLES;
}

static bool is_missing(const struct holes *h, uint64_t begin_ns)
{
	for (unsigned i = 0; i < h->count; i++)
		if ((begin_ns > h->list[i].from_ns || !h->list[i].from_ns) &&
		    begin_ns < h->list[i].to_ns)
			return true;
	return false;
}

static void heed_hole(struct holes *h, const struct rill_event *e)
{
	if (h->open) {
		h->list[(h->next + HOLES - 1) % HOLES].to_ns = e->ts_ns;
		h->open = false;
	}
}

/* The begin or end of a scope. The same, or a copy of it in *mended, under the number of its begin
 * and with the remark that its begin is missing. */
static const struct rill_event *mend_scope(struct intake *k, const struct holes *h,
					   const struct rill_event *e, struct rill_event *mended)
{
	const uint32_t site = e->site ? rill_ends_site(&k->ends, e) : 0;
	const bool missing = h && e->phase == 'E' && e->state & RILL_EVENT_HAS_BEGIN &&
			     is_missing(h, e->begin_ns);

	if (!missing && site == e->site)
		return e;
	*mended = *e;
	mended->site = site;
	if (missing)
		mended->state |= RILL_EVENT_BEGIN_LOST;
	return mended;
}

static void take_time(struct rill_intake_result *r, const struct rill_event *e)
{
	const uint64_t begin_ns = e->phase == 'X' && e->begin_ns ? e->begin_ns : e->ts_ns;

	if (begin_ns < r->first_ns || !r->any)
		r->first_ns = begin_ns;
	if (e->ts_ns > r->last_ns || !r->any)
		r->last_ns = e->ts_ns;
	r->any = true;
}

static void on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *e)
{
	struct intake *const k = ctx;
	struct holes *const holes = k->holes[stream->number];
	struct rill_named_event named;
	struct rill_event mended;

	tell_defined(k);
	if (holes)
		heed_hole(holes, e);
	if (e->state & RILL_EVENT_SCOPE)
		e = mend_scope(k, holes, e, &mended);
	k->last_ns[stream->number] = e->ts_ns;
	take_time(k->result, e);
	if (k->ops->stream.event)
		k->ops->stream.event(k->ctx, stream, rill_names_event(e, &named));
}

static void on_missing(void *ctx, struct rill_packet_stream *stream,
		       const struct rill_packet_missing *missing)
{
	struct intake *const k = ctx;

	tell_defined(k);
	begin_hole(k, stream->number, k->last_ns[stream->number]);
	if (k->ops->stream.missing)
		k->ops->stream.missing(k->ctx, stream, missing);
}

static void on_stream(void *ctx, struct rill_packet_stream *stream)
{
	struct intake *const k = ctx;

	/* What began before the first event here is in a file before this one, or nowhere. */
	if (!stream->packets)
		begin_hole(k, stream->number, 0);
	if (k->ops->stream.stream)
		k->ops->stream.stream(k->ctx, stream);
}

static void on_end(void *ctx, struct rill_packet_stream *stream)
{
	struct intake *const k = ctx;

	tell_defined(k);
	if (k->ops->stream.end)
		k->ops->stream.end(k->ctx, stream);
	free(k->holes[stream->number]);
	k->holes[stream->number] = NULL;
	k->last_ns[stream->number] = 0;
}

/* ---- the rest goes through ------------------------------------------------------------------ */

static void on_packet(void *ctx, const struct rill_packet *packet)
{
	struct intake *const k = ctx;

	if (!rill_defined_is_early(&k->defined))
		tell_defined(k);
	if (k->ops->stream.packet)
		k->ops->stream.packet(k->ctx, packet);
}

static void on_gap(void *ctx, struct rill_packet_stream *stream, const struct rill_gap *gap)
{
	struct intake *const k = ctx;

	tell_defined(k);
	if (k->ops->stream.gap)
		k->ops->stream.gap(k->ctx, stream, gap);
}

/* The order of JSON is right as it is. */
static void settle(struct intake *k)
{
	if (k->from_json)
		tell_defined(k);
}

static void on_thread(void *ctx, struct rill_packet_stream *stream,
		      const struct rill_thread *thread)
{
	struct intake *const k = ctx;
	struct rill_defined *const d = rill_defined_add(&k->defined, RILL_DEFINED_THREAD, stream);

	d->thread = *thread;
	d->thread.name = d->name = rill_text("%s", thread->name);
	k->defined.bytes += strlen(d->name);
	settle(k);
}

static void on_metadata(void *ctx, struct rill_packet_stream *stream, const char *name,
			const char *args_json)
{
	struct intake *const k = ctx;
	struct rill_defined *const d = rill_defined_add(&k->defined, RILL_DEFINED_METADATA, stream);

	d->name = rill_text("%s", name);
	d->args = rill_text("%s", args_json);
	k->defined.bytes += strlen(name) + strlen(args_json);
	settle(k);
}

static void on_snapshot(void *ctx, struct rill_packet_stream *stream,
			const struct rill_packet_snapshot *snapshot)
{
	struct intake *const k = ctx;

	rill_defined_add(&k->defined, RILL_DEFINED_SNAPSHOT, stream)->snapshot = *snapshot;
	settle(k);
}

static void on_counts(void *ctx, struct rill_packet_stream *stream,
		      const struct rill_packet_counts *counts)
{
	struct intake *const k = ctx;

	rill_defined_add(&k->defined, RILL_DEFINED_COUNTS, stream)->counts = *counts;
	settle(k);
}

static void on_totals(void *ctx, struct rill_packet_stream *stream, const struct rill_stats *stats)
{
	struct intake *const k = ctx;

	rill_defined_add(&k->defined, RILL_DEFINED_TOTALS, stream)->stats = *stats;
	settle(k);
}

static void on_text(void *ctx, const char *text, size_t size)
{
	struct intake *const k = ctx;

	k->ops->stream.text(k->ctx, text, size);
}

static void on_damage(void *ctx, uint64_t offset, uint64_t bytes, const char *why)
{
	struct intake *const k = ctx;

	k->ops->stream.damage(k->ctx, offset, bytes, why);
}

static struct rill_packet_reader_ops ops_for(const struct rill_packet_reader_ops *wanted)
{
	return (struct rill_packet_reader_ops){
		.packet = on_packet,
		.stream = on_stream,
		.event = on_event,
		.gap = on_gap,
		.missing = on_missing,
		.thread = wanted->thread ? on_thread : NULL,
		.metadata = wanted->metadata ? on_metadata : NULL,
		.snapshot = wanted->snapshot ? on_snapshot : NULL,
		.counts = wanted->counts ? on_counts : NULL,
		.totals = wanted->totals ? on_totals : NULL,
		.end = on_end,
		.text = wanted->text ? on_text : NULL,
		.damage = wanted->damage ? on_damage : NULL,
	};
}

/* ---- packets -------------------------------------------------------------------------------- */

static int feed(struct intake *k, struct rill_input *in)
{
	char *const piece = rill_alloc(PIECE, 1);
	ssize_t got;
	int error = 0;

	while (!error && (got = rill_input_read(in, piece, PIECE)) != 0) {
		error = got < 0 ? (int)got : rill_packet_reader_feed(k->reader, piece, (size_t)got);
		k->result->packets = *rill_packet_reader_result(k->reader);
	}
	free(piece);
	return error;
}

static int run_packets(struct intake *k, struct rill_input *in)
{
	const struct rill_packet_reader_options options = {
		.framed = k->result->kind == RILL_INTAKE_FRAMES, .codecs = rill_codecs
	};
	const struct rill_packet_reader_ops ops = ops_for(&k->ops->stream);
	int error, ended;

	k->reader = rill_packet_reader_new(&options, &ops, k);
	if (!k->reader)
		return -ENOMEM;
	error = feed(k, in);
	ended = rill_packet_reader_end(k->reader);
	k->result->packets = *rill_packet_reader_result(k->reader);
	rill_packet_reader_free(k->reader);
	rill_defined_free(&k->defined);
	rill_ends_free(&k->ends);
	for (unsigned i = 0; i < STREAMS; i++)
		free(k->holes[i]);
	return error ? error : ended;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static bool take_event(void *ctx, const char *text, size_t size)
{
	return rill_from_json_event(((struct intake *)ctx)->from_json, text, size);
}

static bool take_member(void *ctx, const char *text, size_t size)
{
	return rill_from_json_member(((struct intake *)ctx)->from_json, text, size);
}

static int run_json(struct intake *k, struct rill_input *in)
{
	static const struct rill_reader_ops through = { take_event, take_member };
	const struct rill_packet_reader_ops ops = ops_for(&k->ops->stream);
	const struct rill_reader_ops raw = { k->ops->json_event, k->ops->json_member };
	int error;

	/* As it stands, unless there are names to be put in. */
	if (k->ops->json_event && !(rill_names_given() && k->ops->stream.event))
		return rill_reader_run(in, &raw, k->ctx, &k->result->json);
	k->from_json = rill_from_json_new(&ops, k, &k->result->left_out);
	error = rill_reader_run(in, &through, k, &k->result->json);
	rill_from_json_end(k->from_json);
	rill_from_json_free(k->from_json);
	rill_defined_free(&k->defined);
	return error;
}

/* ---- rings ----------------------------------------------------------------------------------- */

/* All of it, and a NUL: its process may be living, and writing. NULL: *error is negative. */
static uint8_t *read_all(struct rill_input *in, size_t *size, int *error)
{
	size_t room = in->size ? in->size + 2 : PIECE;
	uint8_t *bytes = rill_alloc(room, 1);
	ssize_t got;

	for (*size = 0; (got = rill_input_read(in, bytes + *size, room - 1 - *size)) > 0; *size += (size_t)got)
		if (room - 1 - *size == (size_t)got)
			bytes = rill_grow(bytes, room *= 2, 1);
	bytes[*size] = '\0';
	*error = got < 0 ? (int)got : 0;
	return bytes;
}

/* Of a core file, that part of it. */
static uint8_t *read_image(struct rill_input *in, size_t *size, bool *is_core, uint64_t *missing, int *error)
{
	struct rill_core_image core;
	const uint8_t *first;
	const size_t there = rill_input_look(in, RILL_CORE_BEGIN, &first);

	*missing = 0;
	*is_core = rill_core_begins(first, there);
	if (!*is_core)
		return read_all(in, size, error);
	*error = rill_core_read(in->name, &core) ? 0 : RILL_EXIT_FAILED;
	*size = core.size;
	*missing = core.missing;
	return core.bytes;
}

/* Has the machine lost its power since? What was read on a machine that is still running is of one moment. */
static bool is_after_power_cut(const struct rill_input *in, const struct rill_image *image, bool is_core)
{
	char boot_id[RILL_PORT_BOOT_ID_BYTES];

	if (is_core || in->options.after != RILL_AFTER_ANY)
		return !is_core && in->options.after == RILL_AFTER_POWER_CUT;
	rill_port_boot_id(boot_id);
	return !*boot_id || strcmp(boot_id, image->head.boot_id) != 0;
}

static int run_image(struct intake *k, struct rill_input *in)
{
	const struct rill_packet_reader_ops ops = ops_for(&k->ops->stream);
	struct rill_image image;
	const char *why;
	uint64_t missing;
	size_t size;
	bool is_core;
	int error;
	uint8_t *const bytes = read_image(in, &size, &is_core, &missing, &error);

	if (!error && rill_image_open(&image, bytes, size, &why)) {
		if (is_after_power_cut(in, &image, is_core))
			rill_image_after_power_cut(&image);
		rill_image_read(&image, &ops, k);
		k->result->image = image.result;
		k->result->image.missing = missing;
		rill_image_close(&image);
	} else if (!error) {
		rill_say("%s %s", in->name, why);
		error = RILL_EXIT_FAILED;
	}
	free(bytes);
	rill_defined_free(&k->defined);
	rill_ends_free(&k->ends);
	return error;
}

/* ---- any ------------------------------------------------------------------------------------ */

int rill_intake_run(struct rill_input *in, const struct rill_intake_ops *ops, void *ctx,
		    struct rill_intake_result *result)
{
	struct intake k = { .ops = ops, .ctx = ctx, .result = result };
	int code, error = 0;

	*result = (struct rill_intake_result){ .kind = RILL_INTAKE_NOTHING };
	code = rill_kind_find(in, &result->kind);
	if (code)
		return code;
	if (ops->begin)
		ops->begin(ctx, result);
	if (result->kind == RILL_INTAKE_JSON)
		error = run_json(&k, in);
	else if (result->kind == RILL_INTAKE_IMAGE)
		error = run_image(&k, in);
	else if (result->kind != RILL_INTAKE_NOTHING)
		error = run_packets(&k, in);
	else if (rill_input_look(in, 1, &(const uint8_t *){ NULL }) == 0)
		error = (int)rill_input_read(in, &(char){ 0 }, 1); /* empty, or not to be read? */
	if (error >= 0)
		return error;
	rill_say("cannot read %s: %s", in->name, strerror(-error));
	return RILL_EXIT_FAILED;
}

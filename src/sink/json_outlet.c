/* SPDX-License-Identifier: MIT
 * json_outlet.c - events as Chrome JSON, in segments (files), each complete in itself.
 *
 * A segment is: the head with all metadata of the process; lines, a thread's name before the
 * thread's first event; the closing bracket. The formatter writes `,{...}` lines straight into
 * the queue's buffer; here the first comma of a segment becomes the head.
 *
 * Everything that writes may find no room. So each step remembers how far it came, and the next
 * event goes on from there; an event is refused until all that must stand before it is written.
 */
#include "format/json.h"
#include "port/port.h"
#include "sink/gaps.h"
#include "sink/named.h"
#include "sink/outlets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 16 };		/* {"traceEvents":[ and a line end */

/* What stands in front of the next line: the formatter writes a comma there. */
enum lead { LEAD_HEAD, LEAD_NOTHING, LEAD_COMMA };

struct json_outlet {
	struct rill_outlet outlet;
	struct rill_queue *queue;
	struct rill_outlet_env env;
	struct rill_json json;
	const char *head, *tail;
	size_t queue_bytes;
	uint64_t rotate_bytes, rotate_events, rotate_age_ns;
	bool slices;

	/* the current segment */
	enum lead lead;
	unsigned pieces;	/* RILL_PIECE_FIRST until something is committed */
	bool closing;		/* being ended: its open slices are going out */
	bool headed;		/* all metadata is written */
	unsigned metadata_done;
	uint64_t bytes, events, start_ns;
	uint64_t first_ns;	/* recorded time of its first event, 0: none yet */
	bool later;		/* not the first segment: begins may stand in one before */
	struct rill_named named;

	struct rill_gaps gaps;
	uint64_t held_events;	/* accepted, but written with a later line (slices) */
	uint32_t failures;
	/* The thread last found in `named`: most events come in runs of one thread. */
	const struct rill_thread *last_thread;
	uint32_t last_generation;
	/* Nothing is due before the next event of last_thread but the event itself, unless the sink refused something. */
	bool settled;
};

static struct json_outlet *json_outlet(struct rill_outlet *outlet)
{
	return (struct json_outlet *)outlet;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Where the head goes in front of the next line: all of it but its last byte, which takes the
 * comma's place. */
static size_t head_before(const struct json_outlet *o)
{
	return o->lead == LEAD_HEAD ? strlen(o->head) - 1 : 0;
}

/* Room for lines of at most size bytes, or NULL. */
static char *room(struct json_outlet *o, size_t size)
{
	char *at = rill_queue_room(o->queue, size + head_before(o));

	return at ? at + head_before(o) : NULL;
}

/* Takes the lines from `from`, which room gave, to end. */
static void commit(struct json_outlet *o, char *from, const char *end, uint64_t events, unsigned pieces)
{
	o->held_events += events;
	if (from == end && pieces == 0)
		return;
	from -= head_before(o);
	if (o->lead == LEAD_HEAD)
		memcpy(from, o->head, strlen(o->head));
	else if (o->lead == LEAD_NOTHING)
		*from = ' ';
	o->lead = LEAD_COMMA;
	o->bytes += (uint64_t)(end - from);
	rill_queue_commit(o->queue, (size_t)(end - from), o->held_events, o->pieces | pieces);
	o->held_events = 0;
	o->pieces = 0;
}

/* Something must stand in the file from the start on: the head on a line of its own, if no line
 * followed it yet. */
static bool write_bare_head(struct json_outlet *o)
{
	char *at;

	if (o->lead != LEAD_HEAD)
		return true;
	at = room(o, 2);
	if (!at)
		return false;
	at[1] = '\n';
	commit(o, at, at + 2, 0, 0);
	o->lead = LEAD_NOTHING;
	return true;
}

/* ---- the head of a segment ------------------------------------------------------------------- */

static void begin_segment(struct json_outlet *o)
{
	o->lead = LEAD_HEAD;
	o->pieces = RILL_PIECE_FIRST;
	o->closing = o->headed = false;
	o->metadata_done = 0;
	o->bytes = o->events = o->first_ns = 0;
	o->start_ns = rill_port_monotonic_ns();
	rill_named_clear(&o->named);
	o->last_thread = NULL;
	o->settled = false;
}

struct metadata_writer {
	struct json_outlet *o;
	unsigned seen;
	bool full;
};

static void take_metadata(void *ctx, const char *name, const char *args_json)
{
	struct metadata_writer *writer = ctx;
	struct json_outlet *o = writer->o;
	size_t max;
	char *at;

	if (writer->full || writer->seen++ < o->metadata_done)
		return;
	max = rill_json_metadata_max(name, args_json);
	at = room(o, max);
	if (at)
		commit(o, at, rill_json_metadata(&o->json, name, args_json, at), 0, 0);
	else if (max + HEAD_MAX <= o->queue_bytes)
		writer->full = true;	/* goes on here another time */
	if (!writer->full)
		o->metadata_done++;
}

static bool write_head(struct json_outlet *o)
{
	struct metadata_writer writer = { .o = o };

	if (o->headed)
		return true;
	o->env.each_metadata(take_metadata, &writer);
	o->headed = !writer.full && write_bare_head(o);
	return o->headed;
}

/* A head that the sink refused is written anew; after any refusal the names given so far may be
 * missing. */
static void heed_failures(struct json_outlet *o)
{
	uint32_t failures = rill_queue_failures(o->queue);

	if (rill_queue_take_restart(o->queue)) {
		begin_segment(o);
		o->later = true;
	}
	if (failures == o->failures)
		return;
	o->failures = failures;
	rill_named_clear(&o->named);
	o->last_thread = NULL;
	o->settled = false;
}

/* ---- names and gaps -------------------------------------------------------------------------- */

static bool name_thread(struct json_outlet *o, const struct rill_thread *thread, uint64_t ts_ns)
{
	char *at;

	if (!thread || (thread == o->last_thread && thread->generation == o->last_generation))
		return true;
	if ((thread->name[0] || thread->has_sort_index) && !rill_named_has(&o->named, thread)) {
		at = room(o, rill_json_thread_max(thread));
		if (!at)
			return false;
		commit(o, at, rill_json_thread(&o->json, thread, ts_ns, at), 0, 0);
		rill_named_add(&o->named, thread);
	}
	o->last_thread = thread;
	o->last_generation = thread->generation;
	o->settled = false;
	return true;
}

static bool write_gaps(struct json_outlet *o)
{
	unsigned done = 0;

	for (; done < o->gaps.count; done++) {
		const struct rill_gap *gap = &o->gaps.list[done];
		uint64_t now_ns = rill_port_monotonic_ns();
		char *at = NULL;

		if (name_thread(o, gap->thread, now_ns))
			at = room(o, RILL_JSON_LINE_MAX);
		if (!at)
			break;
		commit(o, at, rill_json_gap(&o->json, gap, now_ns, at), 0, 0);
	}
	if (done)
		rill_gaps_drop(&o->gaps, done);
	return o->gaps.count == 0;
}

/* ---- the end of a segment -------------------------------------------------------------------- */

static bool write_open_slices(struct json_outlet *o)
{
	for (;;) {
		char *at = room(o, RILL_JSON_LINE_MAX), *end;

		if (!at)
			return false;
		end = rill_json_open_slice(&o->json, at);
		if (end == at)
			return true;
		commit(o, at, end, 0, 0);
	}
}

static bool end_segment(struct json_outlet *o, const struct rill_stats *stats)
{
	size_t tail_bytes = strlen(o->tail);
	char *at;

	o->closing = true;
	o->settled = false;
	if (!write_head(o) || !write_gaps(o) || (o->slices && !write_open_slices(o)))
		return false;
	if (stats) {
		at = room(o, RILL_JSON_LINE_MAX);
		if (!at)
			return false;
		commit(o, at, rill_json_summary(&o->json, stats, at), 0, 0);
	}
	at = room(o, tail_bytes);
	if (!at)
		return false;
	memcpy(at, o->tail, tail_bytes);
	o->lead = LEAD_COMMA;
	commit(o, at, at + tail_bytes, 0, RILL_PIECE_LAST);
	return true;
}

/* Files without an event are not closed for the next: a program that rests would fill the disk
 * with heads. */
static bool rotation_due(const struct json_outlet *o, uint64_t now_ns)
{
	if (o->closing)
		return true;
	if (o->events == 0)
		return false;
	return (o->rotate_events && o->events >= o->rotate_events) || (o->rotate_bytes && o->bytes >= o->rotate_bytes) ||
	       (o->rotate_age_ns && now_ns > o->start_ns && now_ns - o->start_ns >= o->rotate_age_ns);
}

static bool rotate(struct json_outlet *o)
{
	if (!end_segment(o, NULL))
		return false;
	begin_segment(o);
	o->later = true;
	return true;
}

/* ---- the outlet's functions ------------------------------------------------------------------ */

/* Its begin is in an earlier file, where it stays open; here the slice must be whole. */
static bool began_before(const struct json_outlet *o, const struct rill_event *event)
{
	return o->later && (event->state & RILL_EVENT_HAS_BEGIN) && (event->state & RILL_EVENT_SCOPE) && event->begin_ns < o->first_ns;
}

/* A line that may be longer than the whole queue: accepted, and lost by us. Refused it would be offered again for ever. */
static int lose(struct json_outlet *o, const struct rill_event *event)
{
	rill_gaps_add_big(&o->gaps, event);
	o->settled = false;
	o->env.lost(o->env.session, 1);
	return 0;
}

static int write_event(struct json_outlet *o, const struct rill_event *event)
{
	const size_t size_max = rill_json_event_max(&o->json, event);
	char *at;

	if (size_max + head_before(o) > o->queue_bytes)
		return lose(o, event);
	at = room(o, size_max);
	if (!at)
		return -ENOBUFS;
	commit(o, at, rill_json_event(&o->json, event, at), 1, 0);
	o->events++;
	return 0;
}

/* Everything that may have to stand before the event. */
static __attribute__((noinline)) int event_at_length(struct json_outlet *o, const struct rill_event *event)
{
	struct rill_event whole;
	int error;

	heed_failures(o);
	if (rotation_due(o, event->ts_ns) && !rotate(o))
		return -ENOBUFS;
	if (!write_head(o) || (o->gaps.count && !write_gaps(o)) || !name_thread(o, event->thread, event->ts_ns))
		return -ENOBUFS;
	if (o->first_ns == 0)
		o->first_ns = event->ts_ns;
	if (began_before(o, event)) {
		whole = *event;
		whole.state |= RILL_EVENT_BEGIN_LOST;
		event = &whole;
	}
	error = write_event(o, event);
	o->settled = !error && event->thread && !o->later && !o->gaps.count && !o->rotate_events && !o->rotate_bytes && !o->rotate_age_ns;
	return error;
}

static int json_event(struct rill_outlet *outlet, const struct rill_event *event)
{
	struct json_outlet *o = json_outlet(outlet);

	if (o->settled && event->thread == o->last_thread && event->thread->generation == o->last_generation &&
	    !rill_queue_has_failed(o->queue, o->failures))
		return write_event(o, event);
	return event_at_length(o, event);
}

static void json_gap(struct rill_outlet *outlet, const struct rill_gap *gap)
{
	struct json_outlet *o = json_outlet(outlet);

	heed_failures(o);
	rill_gaps_add(&o->gaps, gap);
	o->settled = false;
	if (!o->closing && write_head(o))
		write_gaps(o);
}

static void json_thread(struct rill_outlet *outlet, const struct rill_thread *thread, uint64_t ts_ns)
{
	struct json_outlet *o = json_outlet(outlet);

	heed_failures(o);
	if (!o->closing && write_head(o))
		name_thread(o, thread, ts_ns);
}

static void json_flush(struct rill_outlet *outlet, uint64_t token)
{
	struct json_outlet *o = json_outlet(outlet);

	heed_failures(o);
	if (rotation_due(o, rill_port_monotonic_ns()))
		rotate(o);
	if (!o->closing && write_head(o))
		write_gaps(o);
	rill_queue_flush(o->queue, token);
}

static bool json_done(struct rill_outlet *outlet, uint64_t token, uint32_t timeout_ms)
{
	return rill_queue_done(json_outlet(outlet)->queue, token, timeout_ms);
}

static void free_outlet(struct json_outlet *o)
{
	rill_json_exit(&o->json);
	rill_named_free(&o->named);
	free(o);
}

static void json_stop(struct rill_outlet *outlet, const struct rill_stats *stats)
{
	struct json_outlet *o = json_outlet(outlet);

	rill_queue_closing(o->queue);
	heed_failures(o);
	end_segment(o, stats);
	rill_queue_stop(o->queue);
	free_outlet(o);
}

static void json_forked(struct rill_outlet *outlet)
{
	rill_queue_forked(json_outlet(outlet)->queue);
}

static uint64_t json_bytes(struct rill_outlet *outlet)
{
	return rill_queue_bytes(json_outlet(outlet)->queue);
}

static uint32_t json_segments(struct rill_outlet *outlet)
{
	return rill_queue_segments(json_outlet(outlet)->queue);
}

static const char *json_where(struct rill_outlet *outlet)
{
	return rill_queue_where(json_outlet(outlet)->queue);
}

static const struct rill_outlet_ops json_ops = {
	.event = json_event,
	.gap = json_gap,
	.thread = json_thread,
	.flush = json_flush,
	.done = json_done,
	.stop = json_stop,
	.forked = json_forked,
	.bytes = json_bytes,
	.segments = json_segments,
	.where = json_where,
};

/* ---- making one ------------------------------------------------------------------------------ */

const char *rill_json_outlet_tail(const struct rill_session_options *options)
{
	return options->object_form ? RILL_JSON_OBJECT_TAIL : RILL_JSON_ARRAY_TAIL;
}

static struct json_outlet *make(const struct rill_session_options *options,
				const struct rill_queue_options *queue)
{
	struct rill_json_options json = {
		.pid = queue->env->pid,
		.start_ns = queue->env->start_ns,
		.slices = options->slices,
		.relative_time = options->relative_time,
	};
	struct json_outlet *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->outlet.ops = &json_ops;
	o->env = *queue->env;
	o->head = options->object_form ? RILL_JSON_OBJECT_HEAD : RILL_JSON_ARRAY_HEAD;
	o->tail = rill_json_outlet_tail(options);
	o->queue_bytes = queue->buffer_bytes;
	o->rotate_bytes = options->rotate_bytes;
	o->rotate_events = options->rotate_events;
	o->rotate_age_ns = options->rotate_age_ms * 1000000ull;
	o->slices = options->slices;
	if (rill_json_init(&o->json, &json) == 0)
		return o;
	free(o);
	return NULL;
}

int rill_json_outlet(const struct rill_session_options *options,
		     const struct rill_queue_options *queue, struct rill_outlet **outlet)
{
	struct json_outlet *o = make(options, queue);
	int error;

	*outlet = NULL;
	if (!o && queue->own_sink)
		queue->sink.ops->close(queue->sink.ctx);
	if (!o)
		return rill_fail(ENOMEM, "no memory for a session that writes JSON");
	error = rill_queue_open(queue, &o->queue);
	if (error < 0) {
		free_outlet(o);
		return error;
	}
	/* The file is complete JSON from here on, even if the program is killed before its first
	 * event. */
	begin_segment(o);
	write_head(o);
	rill_queue_flush(o->queue, 0);
	rill_queue_headed(o->queue);
	*outlet = &o->outlet;
	return 0;
}

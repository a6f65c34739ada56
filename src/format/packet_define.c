/* SPDX-License-Identifier: MIT
 * packet_define.c - definitions (threads, metadata, clocks, totals, whose stream it is), and the record
 * of lost events.
 *
 * A definition is {kind, size, body}, so that a reader passes over what it does not know. It is
 * written behind the records, where there is room to let its size be known, and then moved.
 */
#include "format/packet_put.h"

#include <errno.h>

/* Whose stream it is must fit any packet: without it nothing can be read. */
enum { ORIGIN_TEXT_MAX = 128 };

/* ---- any definition ----------------------------------------------------------------------------- */

uint8_t *rill_packet_define(struct rill_packet_writer *w, size_t body_max, int *error)
{
	*error = rill_packet_make_room(w, body_max + RILL_DEFINITION_HEAD_MAX);
	return *error ? NULL : w->at;
}

void rill_packet_defined(struct rill_packet_writer *w, enum rill_packet_definition kind,
			 const uint8_t *body_end)
{
	const size_t size = (size_t)(body_end - w->at);

	w->end -= size;
	memmove(w->end, w->at, size);
	w->end -= 1 + rill_varint_size(size);
	w->end[0] = (uint8_t)kind;
	rill_varint_put(w->end + 1, size);
	w->credit -= (int64_t)(1 + rill_varint_size(size) + size);
}

static uint8_t *put_text(uint8_t *p, const char *text)
{
	return rill_packet_put_text(p, text, strlen(text), SIZE_MAX);
}

int rill_packet_stream(struct rill_packet_writer *w, const struct rill_packet_origin *origin)
{
	int error;
	uint8_t *p = rill_packet_define(w, 2 * ORIGIN_TEXT_MAX + 5 * RILL_VARINT_MAX, &error);

	if (!p)
		return error;
	p = rill_le64_put(p, origin->identity);
	p = rill_varint_put(p, origin->pid);
	p = rill_varint_put(p, origin->start_ns);
	p = rill_packet_put_text(p, origin->session, strlen(origin->session), ORIGIN_TEXT_MAX);
	p = rill_packet_put_text(p, origin->version, strlen(origin->version), ORIGIN_TEXT_MAX);
	rill_packet_defined(w, RILL_DEFINE_STREAM, p);
	return 0;
}

int rill_packet_metadata(struct rill_packet_writer *w, const char *name, const char *args_json)
{
	int error;
	uint8_t *p = rill_packet_define(
		w, strlen(name) + strlen(args_json) + 2 * RILL_TEXT_SIZE_MAX, &error);

	if (!p)
		return error;
	p = put_text(p, name);
	p = put_text(p, args_json);
	rill_packet_defined(w, RILL_DEFINE_METADATA, p);
	return 0;
}

int rill_packet_snapshot(struct rill_packet_writer *w, const struct rill_packet_snapshot *s)
{
	const uint64_t all[] = { s->monotonic_ns, s->raw_ns,         s->boottime_ns, s->realtime_ns,
				 s->ticks,        s->uncertainty_ns, s->epoch };
	int error;
	uint8_t *p = rill_packet_define(w, sizeof all / sizeof *all * RILL_VARINT_MAX, &error);

	if (!p)
		return error;
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		p = rill_varint_put(p, all[i]);
	rill_packet_defined(w, RILL_DEFINE_SNAPSHOT, p);
	return 0;
}

int rill_packet_totals(struct rill_packet_writer *w, const struct rill_stats *stats)
{
	int error;
	uint8_t *p = rill_packet_define(w, (3 + RILL_CAUSES) * RILL_VARINT_MAX, &error);

	if (!p)
		return error;
	p = rill_varint_put(p, stats->delivered);
	p = rill_varint_put(p, stats->threads);
	p = rill_varint_put(p, RILL_CAUSES);
	for (unsigned i = 0; i < RILL_CAUSES; i++)
		p = rill_varint_put(p, stats->lost[i]);
	rill_packet_defined(w, RILL_DEFINE_TOTALS, p);
	return 0;
}

/* ---- threads ------------------------------------------------------------------------------------ */

/* Serials are handed out in sequence: no need to mix. */
static struct rill_packet_thread *look_up(const struct rill_packet_thread *threads, uint32_t size,
					  uint32_t serial)
{
	uint32_t i = serial & (size - 1);

	while (threads[i].serial && threads[i].serial != serial)
		i = (i + 1) & (size - 1);
	return (struct rill_packet_thread *)&threads[i];
}

static struct rill_packet_thread *entry_of(struct rill_packet_writer *w, uint32_t serial)
{
	struct rill_packet_thread *entry;

	entry = look_up(w->options.threads, w->options.threads_size, serial);
	if (entry->serial)
		return entry;
	if (w->threads + 2 > w->options.threads_size) {
		rill_packet_forget_threads(w);
		entry = look_up(w->options.threads, w->options.threads_size, serial);
	}
	entry->serial = serial;
	w->threads++;
	return entry;
}

static int define_thread(struct rill_packet_writer *w, const struct rill_thread *thread)
{
	int error;
	uint8_t *p = rill_packet_define(w, strlen(thread->name) + 6 * RILL_VARINT_MAX, &error);

	if (!p)
		return error;
	p = rill_varint_put(p, thread->serial);
	p = rill_varint_put(p, thread->tid);
	p = rill_varint_put(p, thread->generation);
	p = rill_varint_put(p, thread->has_sort_index);
	p = rill_varint_put(p, rill_zigzag(thread->sort_index));
	p = put_text(p, thread->name);
	rill_packet_defined(w, RILL_DEFINE_THREAD, p);
	return 0;
}

int rill_packet_thread(struct rill_packet_writer *w, const struct rill_thread *thread)
{
	struct rill_packet_thread *const entry = entry_of(w, thread->serial);
	const bool news = !entry->told || entry->generation != thread->generation;
	const int64_t credit = w->credit;
	int error;

	if (news || rill_packet_is_due(w, entry->told)) {
		error = define_thread(w, thread);
		if (error)
			return error;
		if (news)
			w->credit = credit;
		entry->told = w->round;
		entry->generation = thread->generation;
	}
	w->thread = thread;
	w->entry = entry;
	return 0;
}

int rill_packet_counts(struct rill_packet_writer *w)
{
	for (uint32_t i = 0; i < w->options.threads_size; i++) {
		struct rill_packet_thread *const t = &w->options.threads[i];
		uint8_t *p;
		int error;

		if (!t->changed)
			continue;
		p = rill_packet_define(w, 4 * RILL_VARINT_MAX, &error);
		if (!p)
			return error;
		p = rill_varint_put(p, t->serial);
		p = rill_varint_put(p, w->part);
		p = rill_varint_put(p, t->written);
		p = rill_varint_put(p, t->lost);
		rill_packet_defined(w, RILL_DEFINE_COUNTS, p);
		t->changed = false;
	}
	return 0;
}

bool rill_packet_threads_full(const struct rill_packet_writer *w)
{
	return w->threads >= w->options.threads_size / 4 * 3;
}

void rill_packet_move_threads(struct rill_packet_writer *w, struct rill_packet_thread *threads,
			      uint32_t size)
{
	const struct rill_packet_thread *const old = w->options.threads;

	for (uint32_t i = 0; i < w->options.threads_size; i++)
		if (old[i].serial)
			*look_up(threads, size, old[i].serial) = old[i];
	w->options.threads = threads;
	w->options.threads_size = size;
	w->entry = NULL;
}

void rill_packet_forget_threads(struct rill_packet_writer *w)
{
	memset(w->options.threads, 0, w->options.threads_size * sizeof *w->options.threads);
	w->threads = 0;
	w->part++;
	w->entry = NULL;
}

/* ---- lost events -------------------------------------------------------------------------------- */

int rill_packet_gap(struct rill_packet_writer *w, const struct rill_gap *gap)
{
	enum { BODY_MAX = 6 * RILL_VARINT_MAX };
	const uint64_t all[] = { gap->thread ? gap->thread->serial : 0,
				 gap->level,
				 gap->cause,
				 gap->count,
				 gap->before_ns,
				 gap->after_ns };
	uint8_t body[BODY_MAX], *end = body;
	int error = gap->thread ? rill_packet_thread(w, gap->thread) : 0;

	if (!error)
		error = rill_packet_make_room(w, BODY_MAX + 2);
	if (error)
		return error;
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		end = rill_varint_put(end, all[i]);
	*w->at++ = RILL_RECORD_GAP;
	*w->at++ = (uint8_t)(end - body);
	memcpy(w->at, body, (size_t)(end - body));
	w->at += end - body;
	w->lost += gap->count;
	if (gap->thread) {
		w->entry->lost += gap->count;
		w->entry->changed = true;
	}
	return 0;
}

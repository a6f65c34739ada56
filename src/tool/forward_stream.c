/* SPDX-License-Identifier: MIT
 * forward_stream.c - the streams that share an output, and the books of each.
 */
#include "forward_stream.h"
#include "format/crc32c.h"
#include "format/varint.h"

#include <string.h>

enum { FIRST_SIZE_MAX = RILL_PACKET_PAYLOAD_MAX - RILL_PACKET_COUNTS };

/* ---- whose packet it is --------------------------------------------------------------------- */

/* What the definition of the stream says, if the packet has it. */
static void read_origin(const struct rill_forward_packet *p, uint64_t *identity, uint32_t *pid)
{
	const uint8_t *const end = p->bytes + p->size;
	const uint8_t *at = rill_forward_definitions(p->bytes, p->size), *body;
	struct rill_forward_piece piece;
	uint64_t value;

	*identity = *pid = 0;
	while (rill_forward_piece_next(&at, end, &piece)) {
		if (piece.kind != RILL_DEFINE_STREAM || at - piece.body < 8)
			continue;
		body = piece.body + 8;
		*identity = rill_le64_get(piece.body);
		if (rill_varint_get(&body, at, &value))
			*pid = (uint32_t)value;
	}
}

/* As a reader tells it: a program, or a session, began anew under the same number. */
static bool is_another(const struct rill_forward_stream *s, const struct rill_forward_packet *p,
		       uint64_t identity)
{
	if (identity && s->identity)
		return identity != s->identity;
	return p->totals.written < s->came.written || p->totals.lost < s->came.lost ||
	       ((p->flags & RILL_PACKET_FIRST) &&
		p->sequence != (uint16_t)(s->came_sequence + 1));
}

static struct rill_forward_stream *attached_to(struct rill_forward_streams *f, const void *source,
					       uint8_t number)
{
	for (unsigned i = 0; i < RILL_FORWARD_STREAMS; i++)
		if (f->list[i].attached && f->list[i].source == source &&
		    f->list[i].in_number == number)
			return &f->list[i];
	return NULL;
}

/* It came before, by another connection. While packets of that still wait these must not get in
 * front of them, and so are another stream. */
static struct rill_forward_stream *known_as(struct rill_forward_streams *f, uint64_t identity)
{
	for (unsigned i = 0; identity && i < RILL_FORWARD_STREAMS; i++)
		if (f->list[i].used && f->list[i].identity == identity && !f->list[i].queued)
			return &f->list[i];
	return NULL;
}

/* The number that the program chose, one that nobody had, or that of the stream that ended first. */
static struct rill_forward_stream *free_one(struct rill_forward_streams *f, uint8_t wanted)
{
	struct rill_forward_stream *best = NULL;

	if (!f->list[wanted].used)
		return &f->list[wanted];
	for (unsigned i = 0; i < RILL_FORWARD_STREAMS; i++) {
		struct rill_forward_stream *const s = &f->list[i];

		if (!s->used)
			return s;
		if (!s->attached && !s->queued && (!best || s->age < best->age))
			best = s;
	}
	return best;
}

static void attach(struct rill_forward_streams *f, struct rill_forward_stream *s,
		   const void *source, uint8_t number)
{
	s->used = s->attached = true;
	s->source = source;
	s->in_number = number;
	s->age = ++f->ages;
}

struct rill_forward_stream *rill_forward_stream_of(struct rill_forward_streams *f,
						   const void *source,
						   const struct rill_forward_packet *p)
{
	const uint8_t number = p->bytes[RILL_PACKET_AT_STREAM];
	struct rill_forward_stream *s = attached_to(f, source, number);
	uint64_t identity;
	uint32_t pid;

	read_origin(p, &identity, &pid);
	if (s && is_another(s, p, identity)) {
		s->attached = false;
		s = NULL;
	}
	if (!s) {
		s = known_as(f, identity);
		if (!s) {
			s = free_one(f, number);
			if (!s)
				return NULL;
			rill_forward_defined_free(&s->defined);
			*s = (struct rill_forward_stream){ .number = (uint8_t)(s - f->list) };
		}
		attach(f, s, source, number);
	}
	if (identity) {
		s->identity = identity;
		s->pid = pid;
	}
	s->came = p->totals;
	s->came_sequence = p->sequence;
	return s;
}

/* ---- packets that go out -------------------------------------------------------------------- */

static void seal(uint8_t *packet, size_t size)
{
	uint32_t crc;

	rill_le16_put(packet + RILL_PACKET_AT_LENGTH, (uint16_t)(size - RILL_PACKET_HEAD));
	crc = rill_crc32c(RILL_CRC32C_BEGIN, packet, RILL_PACKET_AT_CRC);
	crc = ~rill_crc32c(crc, packet + RILL_PACKET_HEAD, size - RILL_PACKET_HEAD);
	rill_le32_put(packet + RILL_PACKET_AT_CRC, crc);
}

/* From here on *out counts as sent. */
static void send(struct rill_forward_stream *s, struct rill_forward_out *out,
		 const struct rill_forward_totals *totals)
{
	out->stream = s;
	out->told = s->told;
	out->opened = s->opened;
	out->closed = s->closed;
	s->told = *totals;
	s->opened = true;
	s->closed = out->flags & RILL_PACKET_LAST;
	s->next = (uint16_t)(out->sequence + 1);
	seal(out->bytes, out->size);
}

/* A packet without events: definitions that are due, and totals. */
static void compose(const struct rill_forward_streams *f, struct rill_forward_stream *s,
		    const struct rill_forward_totals *totals, uint64_t now_ns,
		    struct rill_forward_out *out)
{
	const bool last = out->flags & RILL_PACKET_LAST;
	const size_t head = RILL_PACKET_HEAD + RILL_PACKET_COUNTS;
	uint8_t *const p = out->bytes;
	size_t size;

	p[0] = RILL_PACKET_MAGIC_0;
	p[1] = RILL_PACKET_MAGIC_1;
	p[RILL_PACKET_AT_VERSION] = (uint8_t)(RILL_PACKET_VERSION << 4 | out->flags);
	p[RILL_PACKET_AT_STREAM] = s->number;
	rill_le16_put(p + RILL_PACKET_AT_SEQUENCE, out->sequence);
	rill_le64_put(p + RILL_PACKET_AT_BASE, totals->base_ns);
	rill_le64_put(p + RILL_PACKET_AT_WRITTEN, totals->written);
	rill_le64_put(p + RILL_PACKET_AT_LOST, totals->lost);
	size = rill_forward_defined_put(&s->defined, p + head, last ? FIRST_SIZE_MAX : f->room - head,
					FIRST_SIZE_MAX, now_ns, last);
	rill_le16_put(p + RILL_PACKET_HEAD, 0);
	rill_le16_put(p + RILL_PACKET_HEAD + 2, (uint16_t)size);
	out->size = head + size;
	out->events = 0;
	send(s, out, totals);
}

/* Definitions that are due go behind those that the packet has. */
static size_t add_definitions(const struct rill_forward_streams *f, struct rill_forward_stream *s,
			      struct rill_forward_out *out, uint64_t now_ns)
{
	const size_t defined = rill_le16_get(out->bytes + RILL_PACKET_HEAD + 2);
	const size_t left = RILL_PACKET_MAX - out->size;
	size_t room = out->size < f->room ? f->room - out->size : 0, size;

	room = room > f->extra ? room : f->extra;
	if (out->flags & RILL_PACKET_LAST)
		room = left;
	size = rill_forward_defined_put(&s->defined, out->bytes + out->size,
					room < left ? room : left, left, now_ns,
					out->flags & RILL_PACKET_LAST);
	rill_le16_put(out->bytes + RILL_PACKET_HEAD + 2, (uint16_t)(defined + size));
	return size;
}

/* Where the reader's books begin: nothing of the stream is out yet, and this may never be. */
static void begin(struct rill_forward_stream *s, const struct rill_forward_packet *p)
{
	s->first = p->flags & RILL_PACKET_FIRST;
	s->next = p->sequence;
	s->told = p->totals;
	s->told.written -= p->events;
	if (s->first)
		s->told.lost = 0;
}

static void pass(const struct rill_forward_streams *f, const struct rill_forward_packet *p,
		 uint64_t now_ns, struct rill_forward_out *out)
{
	struct rill_forward_stream *const s = p->stream;

	memcpy(out->bytes, p->bytes, p->size);
	out->bytes[RILL_PACKET_AT_STREAM] = s->number;
	out->size = p->size;
	out->sequence = p->sequence;
	out->events = p->events;
	out->flags = p->flags;
	if (!s->opened && !s->holes)
		begin(s, p);
	rill_forward_defined_note(&s->defined, p->bytes, p->size, now_ns, true);
	if (!(p->flags & RILL_PACKET_PACKED))
		out->size += add_definitions(f, s, out, now_ns);
	send(s, out, &p->totals);
	s->holes = 0;
	s->newest = p->totals;
	s->newest_sequence = p->sequence;
	s->owes_last = false;
	s->events += p->events;
}

/* Definitions, in place of the first packet that was dropped. At the begin of a stream also without
 * any: nobody would know otherwise that packets were there. */
static void open_hole(const struct rill_forward_streams *f, struct rill_forward_stream *s,
		      uint64_t now_ns, struct rill_forward_out *out)
{
	const struct rill_forward_totals told = s->told;

	out->flags = !s->opened && s->first ? RILL_PACKET_FIRST : 0;
	out->sequence = s->next;
	s->holes--;
	compose(f, s, &told, now_ns, out);
}

bool rill_forward_pass(const struct rill_forward_streams *f, const struct rill_forward_packet *p,
		       uint64_t now_ns, struct rill_forward_out *out)
{
	if (p->stream->holes && (!p->stream->opened || p->stream->defined.owed)) {
		open_hole(f, p->stream, now_ns, out);
		return false;
	}
	pass(f, p, now_ns, out);
	return true;
}

/* ---- packets that do not -------------------------------------------------------------------- */

void rill_forward_drop(const struct rill_forward_packet *p, uint64_t now_ns)
{
	struct rill_forward_stream *const s = p->stream;

	if (!s->opened && !s->holes)
		begin(s, p);
	s->holes++;
	s->newest = p->totals;
	s->newest_sequence = p->sequence;
	s->owes_last = p->flags & RILL_PACKET_LAST;
	s->dropped_packets++;
	s->dropped_events += p->events;
	rill_forward_defined_note(&s->defined, p->bytes, p->size, now_ns, false);
}

void rill_forward_refused(const struct rill_forward_out *out)
{
	struct rill_forward_stream *const s = out->stream;

	s->next = out->sequence;
	s->holes++;
	s->told = out->told;
	s->opened = out->opened;
	s->closed = out->closed;
	s->owes_last |= (out->flags & RILL_PACKET_LAST) != 0;
	s->events -= out->events;
	s->dropped_events += out->events;
	s->dropped_packets += out->events != 0;
	rill_forward_defined_unsay(&s->defined, out->bytes, out->size);
}

static void tell(const struct rill_forward_streams *f, struct rill_forward_stream *s, unsigned flags,
		 uint64_t now_ns, struct rill_forward_out *out)
{
	const struct rill_forward_totals newest = s->newest;

	out->flags = (uint8_t)flags;
	out->sequence = s->holes ? s->newest_sequence : s->next;
	s->holes = 0;
	s->owes_last = false;
	compose(f, s, &newest, now_ns, out);
}

bool rill_forward_owes(const struct rill_forward_stream *s)
{
	if (s->owes_last)
		return true;
	return s->holes && (!s->opened || s->defined.owed || s->told.written != s->newest.written ||
			    s->told.lost != s->newest.lost);
}

bool rill_forward_tell(const struct rill_forward_streams *f, struct rill_forward_stream *s,
		       uint64_t now_ns, struct rill_forward_out *out)
{
	if (!rill_forward_owes(s))
		return false;
	if (!s->opened || (s->defined.owed && s->holes > 1))
		open_hole(f, s, now_ns, out);
	else
		tell(f, s, s->owes_last ? RILL_PACKET_LAST : 0, now_ns, out);
	return true;
}

bool rill_forward_close(const struct rill_forward_streams *f, struct rill_forward_stream *s,
			uint64_t now_ns, struct rill_forward_out *out)
{
	if (!s->used || s->closed || (!s->opened && !s->holes))
		return false;
	if (!s->opened) {
		open_hole(f, s, now_ns, out);
		return true;
	}
	tell(f, s, RILL_PACKET_LAST, now_ns, out);
	return true;
}

void rill_forward_reader_changed(struct rill_forward_streams *f)
{
	for (unsigned i = 0; i < RILL_FORWARD_STREAMS; i++)
		if (f->list[i].used)
			rill_forward_defined_unsay_all(&f->list[i].defined);
}

void rill_forward_streams_free(struct rill_forward_streams *f)
{
	for (unsigned i = 0; i < RILL_FORWARD_STREAMS; i++)
		rill_forward_defined_free(&f->list[i].defined);
}

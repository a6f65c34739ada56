/* SPDX-License-Identifier: MIT
 * packet_stream.c - what is missing before a packet, and whether it has to wait for definitions.
 *
 * A packet that waits is tried again when what it needed has come. It is decoded from its beginning then; so that
 * this stays rare, the pause before each further try doubles.
 */
#include "format/packet_state.h"

#include "format/varint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES_SHIFT_MAX = 30 };

/* ---- packets that wait ---------------------------------------------------------------------------- */

static size_t held_size(const struct rill_held *held)
{
	return sizeof *held + held->packet.size;
}

static int hold(struct rill_packet_reader *r, struct rill_read_stream *s,
		const struct rill_held *held)
{
	struct rill_held *copy = malloc(held_size(held));

	if (!copy)
		return -ENOMEM;
	*copy = *held;
	copy->next = NULL;
	copy->packet.bytes = memcpy(copy + 1, held->packet.bytes, held->packet.size);
	*s->held_end = copy;
	s->held_end = &copy->next;
	r->held_bytes += held_size(copy);
	return 0;
}

static void drop_first(struct rill_packet_reader *r, struct rill_read_stream *s)
{
	struct rill_held *const held = s->held;

	s->held = held->next;
	if (!s->held)
		s->held_end = &s->held;
	r->held_bytes -= held_size(held);
	free(held);
}

static void tell_missing(struct rill_packet_reader *r, struct rill_read_stream *s,
			 struct rill_held *held)
{
	if ((held->missing.packets || held->missing.events) && r->ops.missing)
		r->ops.missing(r->ctx, &s->known, &held->missing);
	held->missing = (struct rill_packet_missing){ .packets = 0 };
}

/* False: it has to wait. */
static bool deliver(struct rill_packet_reader *r, struct rill_read_stream *s,
		    struct rill_held *held, bool anyhow)
{
	enum rill_decoded_state state;

	tell_missing(r, s, held);
	state = rill_read_records(r, s, held, anyhow);
	if (state == RILL_DECODE_WAITS && !anyhow) {
		held->not_before = s->known.packets + (UINT64_C(1) << held->tries);
		held->tries += held->tries < TRIES_SHIFT_MAX;
		return false;
	}
	r->result.undefined += held->packet.events - held->events;
	if (state == RILL_DECODE_MALFORMED)
		r->result.malformed++;
	return true;
}

static bool has_what_it_needs(const struct rill_read_stream *s, const struct rill_held *held)
{
	if (!held->tries)
		return true;
	if (s->known.packets < held->not_before)
		return false;
	switch (held->needs) {
	case RILL_NEEDS_THREAD: return rill_read_find_thread(s, held->needs_number) != NULL;
	case RILL_NEEDS_ORIGIN: return s->known.has_origin;
	default: return held->needs_number < s->forms_room && s->forms[held->needs_number];
	}
}

static void deliver_held(struct rill_packet_reader *r, struct rill_read_stream *s, bool anyhow)
{
	while (s->held && (anyhow || has_what_it_needs(s, s->held)) &&
	       deliver(r, s, s->held, anyhow))
		drop_first(r, s);
}

/* Too much waits: the oldest packets of each stream go as they are. */
static void make_room(struct rill_packet_reader *r)
{
	for (unsigned i = 0; r->held_bytes > r->options.held_bytes_max;
	     i = (i + 1) % RILL_PACKET_STREAMS) {
		struct rill_read_stream *const s = r->streams[i];

		if (!s || !s->held)
			continue;
		deliver(r, s, s->held, true);
		drop_first(r, s);
	}
}

/* ---- streams -------------------------------------------------------------------------------------- */

static void finish(struct rill_packet_reader *r, struct rill_read_stream *s)
{
	deliver_held(r, s, true);
	if (r->ops.end)
		r->ops.end(r->ctx, &s->known);
	rill_read_forget(r, s);
	rill_read_forget_past(s);
}

static void begin(struct rill_packet_reader *r, struct rill_read_stream *s,
		  const struct rill_packet *p)
{
	memset(s, 0, sizeof *s);
	s->held_end = &s->held;
	s->known.number = p->stream;
	s->known.origin.session = s->known.origin.version = "";
	s->known.first_ns = p->base_ns;
	s->known.joined_late = !(p->flags & RILL_PACKET_FIRST);
	s->known.written = rill_read_first(p);
	s->sequence = (uint16_t)(p->sequence - 1);
	rill_read_add_hole(s, &(struct rill_read_hole){ .to = s->known.written });
	r->result.streams++;
	if (r->ops.stream)
		r->ops.stream(r->ctx, &s->known);
}

static bool is_whole(const struct rill_packet *p)
{
	const size_t definitions = rill_le16_get(p->bytes + RILL_PACKET_HEAD + 2);

	return definitions + RILL_PACKET_HEAD + RILL_PACKET_COUNTS <= p->size;
}

static const uint8_t *definitions_of(const struct rill_packet *p)
{
	return p->bytes + p->size - rill_le16_get(p->bytes + RILL_PACKET_HEAD + 2);
}

/* The identity in the packet's definitions; 0: none. */
static uint64_t identity_of(const struct rill_packet *p)
{
	const uint8_t *const end = p->bytes + p->size, *at = is_whole(p) ? definitions_of(p) : end;
	uint64_t kind, size;

	while (at < end && rill_varint_get(&at, end, &kind) && rill_varint_get(&at, end, &size) &&
	       size <= (uint64_t)(end - at)) {
		if (kind == RILL_DEFINE_STREAM && size >= 8)
			return rill_le64_get(at);
		at += size;
	}
	return 0;
}

static void count_missing(struct rill_packet_reader *r, struct rill_read_stream *s,
			  const struct rill_packet *p, struct rill_packet_missing *missing)
{
	const uint64_t before = rill_read_first(p);

	missing->packets = (uint16_t)(p->sequence - s->sequence - 1);
	missing->events = before > s->known.written ? before - s->known.written : 0;
	missing->before_ns = s->known.base_ns;
	missing->after_ns = p->base_ns;
	s->known.missing_packets += missing->packets;
	s->known.missing_events += missing->events;
	r->result.missing_packets += missing->packets;
	r->result.missing_events += missing->events;
	rill_read_add_hole(s, &(struct rill_read_hole){ .from = before - missing->events,
							.to = before,
							.before_ns = missing->before_ns,
							.after_ns = missing->after_ns,
							.sequence = (uint16_t)(s->sequence + 1),
							.packets = (uint16_t)missing->packets });
}

static struct rill_read_stream *stream_of(struct rill_packet_reader *r, const struct rill_packet *p,
					  enum rill_read_fate fate)
{
	struct rill_read_stream *s = r->streams[p->stream];

	if (s && fate == RILL_READ_ANOTHER) {
		finish(r, s);
		begin(r, s, p);
	} else if (!s) {
		s = malloc(sizeof *s);
		if (!s)
			return NULL;
		r->streams[p->stream] = s;
		begin(r, s, p);
	}
	return s;
}

/* ---- a packet ------------------------------------------------------------------------------------- */

static int take(struct rill_packet_reader *r, struct rill_read_stream *s, struct rill_held *held)
{
	int error = 0;

	if (s->held) {
		error = hold(r, s, held);
		deliver_held(r, s, false);
	} else if (!deliver(r, s, held, false)) {
		error = hold(r, s, held);
	}
	make_room(r);
	return error;
}

static void move_cursor(struct rill_read_stream *s, const struct rill_packet *p, uint32_t crc)
{
	s->cursor.written = p->written;
	s->cursor.lost = p->lost;
	s->cursor.sequence = p->sequence;
	s->cursor.crc = crc;
}

/* What the header of one beyond the newest says is known of the stream from here on. */
static void heed_header(struct rill_packet_reader *r, struct rill_read_stream *s,
			const struct rill_packet *p)
{
	s->known.base_ns = p->base_ns;
	s->known.written = p->written;
	r->result.lost += p->lost - s->known.lost;
	s->known.lost = p->lost;
	s->known.closed = p->flags & RILL_PACKET_LAST;
	s->sequence = p->sequence;
}

/* held->packet is plain; seen is as it stands in the input. */
static int read_plain(struct rill_packet_reader *r, const struct rill_packet *seen,
		      struct rill_held *held, enum rill_read_fate fate)
{
	const struct rill_packet *const p = &held->packet;
	const uint32_t crc = rill_le32_get(seen->bytes + RILL_PACKET_AT_CRC);
	const bool whole = is_whole(p);
	struct rill_read_stream *const s = stream_of(r, p, fate);

	if (!s)
		return -ENOMEM;
	if (fate == RILL_READ_LATE) {
		rill_read_fill(r, s, p);
	} else {
		count_missing(r, s, p, &held->missing);
		if (p->flags & RILL_PACKET_PACKED && !held->missing.packets)
			r->result.packed_events += held->missing.events;
		heed_header(r, s, p);
	}
	s->known.packets++;
	move_cursor(s, p, crc);
	rill_read_note(s, p, crc);
	if (!whole || !rill_read_definitions(r, s, definitions_of(p), p->bytes + p->size)) {
		rill_read_damage(r, seen->offset, seen->size,
				 "the definitions of a packet are malformed");
		r->result.malformed += whole; /* else its records will be, too */
	}
	return take(r, s, held);
}

int rill_read_packet(struct rill_packet_reader *r, const struct rill_packet *packet)
{
	const uint32_t crc = rill_le32_get(packet->bytes + RILL_PACKET_AT_CRC);
	struct rill_read_stream *const s = r->streams[packet->stream];
	const bool again = s && s->known.packets && s->cursor.sequence == packet->sequence && s->cursor.crc == crc;
	struct rill_packet seen = *packet;
	struct rill_held held = { .packet = *packet };
	struct rill_packet *const plain = &held.packet;
	enum rill_read_fate fate = RILL_READ_SEEN;
	int error = 0;

	if (!again && packet->flags & RILL_PACKET_PACKED)
		error = rill_read_unpack(r, plain);
	if (error)
		return error;
	plain->events = seen.events = rill_le16_get(plain->bytes + RILL_PACKET_HEAD);
	if (!again)
		fate = rill_read_judge(s, plain, identity_of(plain), crc);
	seen.again = fate == RILL_READ_SEEN;
	r->result.packets++;
	if (r->ops.packet)
		r->ops.packet(r->ctx, &seen);
	if (!seen.again)
		return read_plain(r, &seen, &held, fate);
	r->result.repeated += again;
	r->result.seen += !again;
	r->result.seen_events += again ? 0 : plain->events;
	move_cursor(s, plain, crc);
	return 0;
}

void rill_read_end(struct rill_packet_reader *r)
{
	for (unsigned i = 0; i < RILL_PACKET_STREAMS; i++) {
		if (!r->streams[i])
			continue;
		finish(r, r->streams[i]);
		free(r->streams[i]);
		r->streams[i] = NULL;
	}
}

void rill_read_free_streams(struct rill_packet_reader *r)
{
	for (unsigned i = 0; i < RILL_PACKET_STREAMS; i++) {
		struct rill_read_stream *const s = r->streams[i];

		if (!s)
			continue;
		while (s->held)
			drop_first(r, s);
		rill_read_forget(r, s);
		rill_read_forget_past(s);
		free(s);
	}
}

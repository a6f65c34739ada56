/* SPDX-License-Identifier: MIT
 * packet_past.c - is a packet new, or was it here already? Files get joined twice, or in another order, and a line may be
 * kept by two readers.
 *
 *     |<----------- was here ----------->|
 *     ----[ hole ]-----[ hole ]----------| newest          numbers of events
 *              cursor: the packet before in the input
 *
 * A stream's events are numbered by the totals in its headers. What is beyond the newest is new. What is before it has been
 * read, unless its events are in a hole: then it comes late. Whether a packet belongs to this stream at all (numbers of
 * streams may collide) is told by the identity where it has one, else by the checksums of the last 65536 packets, else
 * because it goes on from the packet before it, or fits a hole by number, sequence and time.
 *
 * Only so many holes are remembered: of a packet in one that was forgotten nobody can say that it was not here, and an
 * event that is counted as missing is better than one that is there twice.
 */
#include "format/packet_state.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = (1 << 16) / RILL_READ_SUM_PAGES };

/* ---- which stream --------------------------------------------------------------------------------- */

static bool is_noted(const struct rill_read_stream *s, const struct rill_packet *p, uint32_t crc)
{
	const uint32_t *const page = s->sums[p->sequence / PAGE];

	return page && crc && page[p->sequence % PAGE] == crc && p->written <= s->known.written;
}

static struct rill_read_hole *hole_around(struct rill_read_stream *s, const struct rill_packet *p)
{
	const uint64_t from = rill_read_first(p);

	for (unsigned i = 0; i < s->hole_count; i++)
		if (s->holes[i].from <= from && p->written <= s->holes[i].to)
			return &s->holes[i];
	return NULL;
}

static bool fits_hole(const struct rill_read_hole *hole, const struct rill_packet *p)
{
	return hole && (uint16_t)(p->sequence - hole->sequence) < hole->packets && p->base_ns >= hole->before_ns &&
	       p->base_ns <= hole->after_ns;
}

/* Is the packet of another stream that has the same number: the program, or the board, was started anew? A file
 * that continues one before it is not, nor a first packet without an identity: a stream never begins so, but goes on so
 * where its line was unplugged. */
static bool is_another(struct rill_read_stream *s, const struct rill_packet *p,
		       uint64_t identity)
{
	if (identity && s->known.has_origin)
		return identity != s->known.origin.identity;
	if (fits_hole(hole_around(s, p), p))
		return false;
	if (p->written < s->cursor.written || p->lost < s->cursor.lost)
		return true;
	return identity && (p->flags & RILL_PACKET_FIRST) && p->sequence != (uint16_t)(s->cursor.sequence + 1);
}

static bool is_newer(const struct rill_read_stream *s, const struct rill_packet *p)
{
	if (p->written != s->known.written)
		return p->written > s->known.written;
	return p->events == 0 && (int16_t)(p->sequence - s->sequence) > 0;
}

enum rill_read_fate rill_read_judge(struct rill_read_stream *s, const struct rill_packet *p,
				    uint64_t identity, uint32_t crc)
{
	if (!s)
		return RILL_READ_ANOTHER;
	if (is_noted(s, p, crc))
		return RILL_READ_SEEN;
	if (is_another(s, p, identity))
		return RILL_READ_ANOTHER;
	if (is_newer(s, p))
		return RILL_READ_NEWER;
	/* Without events it may have been lost the first time: its definitions do no harm. */
	return p->events == 0 || hole_around(s, p) ? RILL_READ_LATE : RILL_READ_SEEN;
}

/* ---- holes ---------------------------------------------------------------------------------------- */

static void drop_hole(struct rill_read_stream *s, struct rill_read_hole *hole)
{
	s->hole_count--;
	memmove(hole, hole + 1, (size_t)(s->holes + s->hole_count - hole) * sizeof *hole);
}

void rill_read_add_hole(struct rill_read_stream *s, const struct rill_read_hole *hole)
{
	if (hole->from >= hole->to)
		return;
	if (s->hole_count == RILL_READ_HOLES)
		drop_hole(s, s->holes);
	s->holes[s->hole_count++] = *hole;
}

/* The packet is in the hole: what is before and behind it stays one. */
static void fill_hole(struct rill_read_stream *s, struct rill_read_hole *hole,
		      const struct rill_packet *p)
{
	struct rill_read_hole before = *hole, behind = *hole;

	before.to = rill_read_first(p);
	behind.from = p->written;
	drop_hole(s, hole);
	rill_read_add_hole(s, &before);
	rill_read_add_hole(s, &behind);
}

void rill_read_fill(struct rill_packet_reader *r, struct rill_read_stream *s,
		    const struct rill_packet *p)
{
	struct rill_read_hole *const hole = p->events ? hole_around(s, p) : NULL;

	r->result.belated++;
	if (s->known.joined_late && p->flags & RILL_PACKET_FIRST)
		s->known.joined_late = false;
	if (!hole)
		return;
	if (hole->packets) {
		s->known.missing_events -= p->written - rill_read_first(p);
		r->result.missing_events -= p->written - rill_read_first(p);
	}
	if (hole->packets && s->known.missing_packets) {
		s->known.missing_packets--;
		r->result.missing_packets--;
	}
	fill_hole(s, hole, p);
}

/* ---- what was here -------------------------------------------------------------------------------- */

void rill_read_note(struct rill_read_stream *s, const struct rill_packet *p, uint32_t crc)
{
	/* Most streams are short: a page is made when it is needed. Without memory for it copies are told by their identity only. */
	uint32_t **const page = &s->sums[p->sequence / PAGE];

	if (!*page)
		*page = calloc(PAGE, sizeof **page);
	if (*page)
		(*page)[p->sequence % PAGE] = crc;
}

void rill_read_forget_past(struct rill_read_stream *s)
{
	for (unsigned i = 0; i < RILL_READ_SUM_PAGES; i++) {
		free(s->sums[i]);
		s->sums[i] = NULL;
	}
	s->hole_count = 0;
}

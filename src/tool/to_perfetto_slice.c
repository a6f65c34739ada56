/* SPDX-License-Identifier: MIT
 * to_perfetto_slice.c - complete slices (X, and ends whose begin is missing) as begins and ends, in the
 * order in which they nest.
 *
 * Readers sort packets by time, and leave those of the same time as they stand. Complete slices come
 * at their end, inner ones first, or at their begin, outer ones first; where an inner slice begins or ends
 * in the same ns as an outer one, only the order of packets says which is which. So a run of complete
 * slices is kept back, encoded, and written in order: RILL_PF_HELD of them at most, which bounds how far
 * apart a slice and the first one in it may come. Begins, ends and new rounds end the run.
 */
#include "to_perfetto.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

struct rill_pf_slice {
	uint64_t track, begin_ns, end_ns;
	unsigned arrived;
	size_t begin_at, end_at, after; /* of their bytes */
};

/* By track and begin, the longer one first. */
static int compare(const void *a, const void *b)
{
	const struct rill_pf_slice *const x = a, *const y = b;

	if (x->track != y->track)
		return x->track < y->track ? -1 : 1;
	if (x->begin_ns != y->begin_ns)
		return x->begin_ns < y->begin_ns ? -1 : 1;
	if (x->end_ns != y->end_ns)
		return x->end_ns > y->end_ns ? -1 : 1;
	return x->arrived < y->arrived ? -1 : 1;
}

static void put_begin(struct rill_pf *p, const struct rill_pf_slice *s)
{
	rill_output_put(&p->out, p->held.bytes + s->begin_at, s->end_at - s->begin_at);
}

static void put_end(struct rill_pf *p, const struct rill_pf_slice *s)
{
	rill_output_put(&p->out, p->held.bytes + s->end_at, s->after - s->end_at);
}

void rill_pf_release(struct rill_pf *p)
{
	struct rill_pf_held *const h = &p->held;
	const struct rill_pf_slice *open[RILL_PF_HELD], *last = NULL;
	unsigned depth = 0, at;

	if (!h->count)
		return;
	qsort(h->slices, h->count, sizeof *h->slices, compare);
	for (unsigned i = 0; i < h->count; i++) {
		const struct rill_pf_slice *const s = &h->slices[i];

		while (depth && (last->track != s->track || open[depth - 1]->end_ns <= s->begin_ns))
			put_end(p, open[--depth]);
		put_begin(p, s);
		last = s;
		if (s->end_ns == s->begin_ns) {
			put_end(p, s);
			continue;
		}
		/* Slices that overlap without nesting: the one that ends first is still on top. */
		for (at = depth++; at && open[at - 1]->end_ns < s->end_ns; at--)
			open[at] = open[at - 1];
		open[at] = s;
	}
	while (depth)
		put_end(p, open[--depth]);
	h->count = 0;
	h->used = 0;
}

/* Where size more bytes go. */
static uint8_t *room(struct rill_pf_held *h, size_t size)
{
	if (h->room - h->used < size) {
		h->room = 2 * (h->room + size);
		h->bytes = rill_grow(h->bytes, h->room, 1);
	}
	return h->bytes + h->used;
}

static void add(struct rill_pf *p, struct rill_pf_build *b, int type, uint64_t track, uint64_t ns)
{
	struct Rill__Pf__TracePacket packet;

	rill_pf_packet(b, &packet, type, track, ns);
	p->held.used += rill_pf_encode(&packet, room(&p->held, rill_pf_encoded_max(&packet)));
}

void rill_pf_put_slice(struct rill_pf *p, struct rill_pf_build *b, uint64_t track, uint64_t begin_ns,
		       uint64_t end_ns)
{
	struct rill_pf_held *const h = &p->held;
	struct Rill__Pf__TrackEvent *const e = &b->event;
	struct rill_pf_slice *s;

	if (h->count == RILL_PF_HELD || h->used >= RILL_PF_HELD_BYTES)
		rill_pf_release(p);
	if (!h->slices)
		h->slices = rill_alloc(RILL_PF_HELD, sizeof *h->slices);
	rill_pf_send_fresh(p); /* others may need these names first */
	s = &h->slices[h->count];
	s->track = track;
	s->begin_ns = begin_ns < end_ns ? begin_ns : end_ns;
	s->end_ns = end_ns;
	s->arrived = h->count++;
	s->begin_at = h->used;
	add(p, b, RILL__PF__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN, track, s->begin_ns);
	b->notes.count = 0;
	e->n_flow_ids = e->n_terminating_flow_ids = 0;
	e->n_extra_counter_values = e->n_extra_counter_track_uuids = 0;
	e->source_location_field_case = RILL__PF__TRACK_EVENT__SOURCE_LOCATION_FIELD__NOT_SET;
	s->end_at = h->used;
	add(p, b, RILL__PF__TRACK_EVENT__TYPE__TYPE_SLICE_END, track, s->end_ns);
	s->after = h->used;
}

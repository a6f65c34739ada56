/* SPDX-License-Identifier: MIT
 * packet_threads.c - the threads of a stream that is read, by serial: a table that grows with them.
 */
#include "format/packet_state.h"

#include <stdlib.h>

/* Serials that somebody chose to fall into one bucket would make the search slow: nobody outside
 * knows the address that takes part. */
static uint32_t bucket_of(const struct rill_read_stream *s, uint32_t serial)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(uintptr_t)s << 1;

	return (uint32_t)(serial * factor >> 32) & (s->threads_room - 1);
}

const struct rill_thread *rill_read_find_thread(const struct rill_read_stream *s, uint32_t serial)
{
	const struct rill_read_thread *t = s->threads ? s->threads[bucket_of(s, serial)] : NULL;

	while (t && t->thread.serial != serial)
		t = t->next;
	return t ? &t->thread : NULL;
}

/* As many buckets as threads; where memory for more is not given, those that are there do. */
static bool has_buckets(struct rill_packet_reader *r, struct rill_read_stream *s)
{
	struct rill_read_thread **const old = s->threads;
	const uint32_t old_room = s->threads_room;
	const uint32_t room = old_room ? 2 * old_room : (uint32_t)RILL_THREAD_BUCKETS;
	struct rill_read_thread **threads;

	if (s->thread_count < old_room)
		return true;
	threads = rill_read_charge(r, room * sizeof *threads);
	if (!threads)
		return old_room != 0;
	s->threads = threads;
	s->threads_room = room;
	for (uint32_t i = 0; i < old_room; i++)
		while (old[i]) {
			struct rill_read_thread *const t = old[i];
			struct rill_read_thread **const place = &threads[bucket_of(s, t->thread.serial)];

			old[i] = t->next;
			t->next = *place;
			*place = t;
		}
	rill_read_discharge(r, old, old_room * sizeof *old);
	return true;
}

struct rill_read_thread **rill_read_place_thread(struct rill_packet_reader *r,
						 struct rill_read_stream *s, uint32_t serial)
{
	struct rill_read_thread **place;

	if (!has_buckets(r, s))
		return NULL;
	place = &s->threads[bucket_of(s, serial)];
	while (*place && (*place)->thread.serial != serial)
		place = &(*place)->next;
	return place;
}

void rill_read_forget_threads(struct rill_packet_reader *r, struct rill_read_stream *s)
{
	for (uint32_t i = 0; i < s->threads_room; i++)
		while (s->threads[i]) {
			struct rill_read_thread *const old = s->threads[i];

			s->threads[i] = old->next;
			rill_read_discharge(r, old, old->size);
		}
	rill_read_discharge(r, s->threads, s->threads_room * sizeof *s->threads);
	s->threads = NULL;
	s->threads_room = s->thread_count = 0;
}

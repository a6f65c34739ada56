/* SPDX-License-Identifier: MIT
 * packet_put.h - the parts of the writer, shared by the files packet_*.c and by nobody else.
 *
 *     packet_write.c    the packet under way: events, strings
 *     packet_close.c    its begin and its end: header and checksum
 *     packet_form.c     which form an event has, and its definition
 *     packet_define.c   all other definitions, losses
 */
#ifndef RILL_FORMAT_PACKET_PUT_H
#define RILL_FORMAT_PACKET_PUT_H

#include "format/packet.h"
#include "format/text.h"
#include "format/varint.h"

enum {
	RILL_DEFINITION_HEAD_MAX = 4,	/* kind, and a size below 65536 */
	RILL_TEXT_SIZE_MAX = 3		/* likewise in front of a text in it */
};

static inline bool rill_packet_is_empty(const struct rill_packet_writer *w)
{
	return w->at == w->start && w->end == w->limit;
}

/* Strings, thread and time of the packet begin anew. */
static inline void rill_packet_begin_records(struct rill_packet_writer *w)
{
	w->packet++;
	w->strings = 0;
	w->serial = 0;
	w->timed = false;
}

/* Sees to it that so many bytes are free. 0; -ENOBUFS: the packet is to be closed first; -EMSGSIZE:
 * it is empty and as large as it can be. */
int rill_packet_make_room(struct rill_packet_writer *w, size_t size);

/* A definition of at most body_max bytes is made at w->at; NULL: *error says why. */
uint8_t *rill_packet_define(struct rill_packet_writer *w, size_t body_max, int *error);
/* It ends at body_end, and moves to the other definitions. */
void rill_packet_defined(struct rill_packet_writer *w, enum rill_packet_definition kind,
			 const uint8_t *body_end);

/* Is what was told in the round `told` to be told again now? What was passed over in the round before goes first: rare
 * call sites would never find credit else. */
static inline bool rill_packet_is_due(struct rill_packet_writer *w, uint32_t told)
{
	const int64_t least = w->round - told > 1 ? -RILL_PACKET_DEBT_MAX : 0;

	if (told < w->due)
		return true;
	if (told == w->round)
		return false;
	w->put_off |= w->credit <= least;
	return w->credit > least;
}

/* The fields that the event has. */
static inline unsigned rill_packet_fields(const struct rill_packet_writer *w,
					  const struct rill_event *e)
{
	const uint32_t tid = e->thread ? e->thread->tid : 0;
	const bool elsewhere = e->tid != tid || e->pid != w->options.pid;

	return (e->state & RILL_FIELDS_OF_STATE) | (e->id ? RILL_FIELD_ID : 0u) |
	       (e->scope ? RILL_FIELD_SCOPE : 0u) | (e->bind_id ? RILL_FIELD_BIND : 0u) |
	       (elsewhere ? RILL_FIELD_PLACE : 0u);
}

/* The event's form, defined in this round. *form is NULL where the event has to carry it. */
int rill_packet_find_form(struct rill_packet_writer *w, const struct rill_event *e,
			  struct rill_packet_form **form);

/* A text of at most most bytes, its size in front. */
static inline uint8_t *rill_packet_put_text(uint8_t *to, const char *text, size_t size, size_t most)
{
	if (size > most)
		size = rill_text_whole(text, most);
	to = rill_varint_put(to, size);
	memcpy(to, text, size);
	return to + size;
}

static inline const char *rill_packet_or_empty(const char *text)
{
	return text ? text : "";
}

#endif

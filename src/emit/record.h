/* SPDX-License-Identifier: MIT
 * record.h - writing any record by the cold way: the same steps as the hot path of emit.c, with everything that
 * it leaves out (attach, signal levels, block switch, escapes, long records, losses).
 */
#ifndef RILL_EMIT_RECORD_H
#define RILL_EMIT_RECORD_H

#include "ring/ring_producer.h"

#include <rill/dynamic.h>

/* Who wants the event, and how to look again behind M1. */
struct rill_want {
	const uint8_t *enabled;	/* the byte to look at again */
	uint8_t only;		/* and of it only these (ends of scopes: who got the begin) */
	uint16_t id;		/* the record's id */
	uint16_t category;	/* of a dynamic event; of the end of a scope, the begin's site id */
};

/* The bits of the sessions that run; bit 6 and 7 while any shared or flight session does. Ends of scopes ask it in place of a
 * site's byte: who got the begin gets the end, unless the session is gone. */
extern uint8_t rill_running_bits;

/* A record under way: payload is to be filled with `bytes` bytes, then rill_record_commit(). */
struct rill_writing {
	struct rill_ring *ring;	/* NULL: in the buffer of what is kept for the first session (kept.h), end is its head there */
	struct rill_ring *second;	/* the flight ring that gets the same record; NULL: none */
	uint64_t *payload;
	uint64_t ticks;
	uintptr_t begin, end;
	uint8_t mask;
};

/* False: nobody wants it (any more; w->mask is 0), or it was lost and counted; nothing is under way then. While a session asks for
 * the CPU time of threads (rill_ring_slow), one more word with it goes behind the payload; the reader tells by the
 * record's length. payload_bytes is a multiple of 8. frame as in rill_ring_acquire(). Any thread, signal handlers too; wait-free. */
bool rill_record_begin_from(struct rill_writing *w, const struct rill_want *want, size_t payload_bytes, uintptr_t frame);
static inline bool rill_record_begin(struct rill_writing *w, const struct rill_want *want, size_t payload_bytes)
{
	return rill_record_begin_from(w, want, payload_bytes, 0);
}
void rill_record_commit(struct rill_writing *w);

/* Largest payload that a record can have in the rings as configured. */
size_t rill_payload_max(void);

/* An event of rill's own, for all sessions that run, whatever they want: dynamic.c. Any thread, signal handlers too; wait-free. */
void rill_add_event_to_all(const struct rill_dynamic *event);

/* ---- payloads ------------------------------------------------------------------------------------- */

/* Arguments that lie in several places. */
struct rill_part {
	unsigned count;
	const struct rill_arg *args;
};

/* Bytes of a payload with these arguments, and `fixed` others: when it would not fit, texts and blobs longer than *share are cut to
 * it. More than rill_payload_max(): it does not fit even so. */
size_t rill_parts_size(unsigned count, const struct rill_part *parts, size_t fixed, uint32_t *share);
size_t rill_args_size(unsigned count, const struct rill_arg *args, size_t fixed, uint32_t *share);
/* Stores one argument and returns the place behind it. */
uint64_t *rill_put_arg(uint64_t *to, const struct rill_arg *arg, uint32_t share);
uint64_t *rill_put_tail(uint64_t *to, const void *tail, uint32_t size, uint32_t share);

#endif

/* SPDX-License-Identifier: MIT
 * packet_take.h - taking numbers and texts out of a packet, never beyond its end.
 */
#ifndef RILL_FORMAT_PACKET_TAKE_H
#define RILL_FORMAT_PACKET_TAKE_H

#include "format/varint.h"

#include <stddef.h>

struct rill_taker {
	const uint8_t *at, *end;
	bool bad;	/* something was cut off or impossible; all that is taken from then on is 0 */
};

static inline uint64_t rill_take(struct rill_taker *t)
{
	uint64_t value = 0;

	/* Most numbers have one byte. */
	if (t->at < t->end && *t->at < 0x80)
		return *t->at++;
	if (!rill_varint_get(&t->at, t->end, &value)) {
		t->bad = true;
		t->at = t->end;
	}
	return value;
}

static inline uint8_t rill_take_byte(struct rill_taker *t)
{
	if (t->at < t->end)
		return *t->at++;
	t->bad = true;
	return 0;
}

/* So many bytes; NULL: there are not. */
static inline const uint8_t *rill_take_bytes(struct rill_taker *t, uint64_t size)
{
	const uint8_t *const bytes = t->at;

	if (size > (uint64_t)(t->end - t->at)) {
		t->bad = true;
		t->at = t->end;
		return NULL;
	}
	t->at += size;
	return bytes;
}

static inline uint64_t rill_take_le64(struct rill_taker *t)
{
	const uint8_t *const bytes = rill_take_bytes(t, 8);

	return bytes ? rill_le64_get(bytes) : 0;
}

#endif

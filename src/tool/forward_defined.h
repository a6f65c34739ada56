/* SPDX-License-Identifier: MIT
 * forward_defined.h - the newest definitions of one stream, and which of them the reader may lack.
 *
 * Definitions stand in packets, and packets may have to be dropped, or a reader may come late. So a
 * copy of each is kept, and goes out again behind the definitions of a later packet, or in one of
 * its own. Those of a busy stream are told in every round of its writer anyway; what this adds is
 * that none of them is missing longer than the line takes.
 */
#ifndef RILL_TOOL_FORWARD_DEFINED_H
#define RILL_TOOL_FORWARD_DEFINED_H

#include "table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RILL_FORWARD_DEFINED_BYTES = 256 << 10 }; /* of one stream, about */

/* Zeroed: empty. */
struct rill_forward_defined {
	struct rill_table table; /* by kind and what they define */
	size_t bytes;
	unsigned owed;           /* the reader needs them and has not got them */
	uint64_t next_look_ns;   /* when it is time to look for stale ones */
	uint64_t next_forget_ns; /* when room may be made again */
	size_t credit;           /* bytes that repeating may cost */
	size_t at;               /* in the table: the next to be told */
};

/* One definition in a packet. */
struct rill_forward_piece {
	uint8_t kind;
	const uint8_t *bytes; /* all of it */
	size_t size;
	const uint8_t *body; /* behind kind and size */
	size_t key_size;     /* of the beginning of body that says what is defined */
};

/* The next one; *at moves on. False: no more, or what follows makes no sense. */
bool rill_forward_piece_next(const uint8_t **at, const uint8_t *end,
			     struct rill_forward_piece *piece);
/* Where the definitions of a whole packet begin. Those that are packed cannot be looked at: the
 * end of the packet. */
const uint8_t *rill_forward_definitions(const uint8_t *packet, size_t size);

/* The packet leaves: to the reader, or (out false) nowhere. */
void rill_forward_defined_note(struct rill_forward_defined *defined, const uint8_t *packet,
			       size_t size, uint64_t now_ns, bool out);
/* What this packet, which had been noted as out, says did not arrive. */
void rill_forward_defined_unsay(struct rill_forward_defined *defined, const uint8_t *packet,
				size_t size);
/* The reader, a new one, knows nothing. */
void rill_forward_defined_unsay_all(struct rill_forward_defined *defined);

/* Writes definitions that are due, as many as there is room for (one at least if it fits into
 * room_max), and returns their bytes. all: also totals and clocks that can usually wait for the next
 * ones. */
size_t rill_forward_defined_put(struct rill_forward_defined *defined, uint8_t *to, size_t room,
				size_t room_max, uint64_t now_ns, bool all);
void rill_forward_defined_free(struct rill_forward_defined *defined);

#endif

/* SPDX-License-Identifier: MIT
 * packing.h - compression of a session's packets, one by one.
 */
#ifndef RILL_SINK_PACKING_H
#define RILL_SINK_PACKING_H

#include <rill/session.h>
#include <stddef.h>
#include <stdint.h>

struct rill_packing;

/* NULL in *packing where none is asked for. 0, or -errno with the sentence. Nothing is allocated
 * after this. */
int rill_packing_open(enum rill_compress how, struct rill_packing **packing);
/* A closed packet into `room` bytes. Returns the size of the packed one; 0: it is to be written as it
 * is. */
size_t rill_packing_pack(struct rill_packing *packing, const uint8_t *packet, size_t size,
			 uint8_t *to, size_t room);
void rill_packing_close(struct rill_packing *packing);

#endif

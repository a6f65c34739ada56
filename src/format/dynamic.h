/* SPDX-License-Identifier: MIT
 * dynamic.h - the payload of a RILL_ID_DYNAMIC record: an event that brings its names with it.
 *
 *     word        phase | nargs << 8 | category << 16 | flags << 32
 *     tail        name
 *     entries     until the payload ends (or the thread's CPU time follows, one word):
 *                     word    type | key size with NUL << 8   (0: no key, the entry fills a field of the event)
 *                     bytes   key, NUL, padded to 8
 *                     word    value, and/or tail, as in the payload of a site
 *     nargs counts all entries, fields of the event included.
 */
#ifndef RILL_FORMAT_DYNAMIC_H
#define RILL_FORMAT_DYNAMIC_H

#include <rill/dynamic.h>

#define RILL_DYNAMIC_HEAD(phase, nargs, category, flags)                                           \
	((uint64_t)(uint8_t)(phase) | (uint64_t)(nargs) << 8 | (uint64_t)(category) << 16 | (uint64_t)(flags) << 32)
#define RILL_DYNAMIC_PHASE(head) ((char)(uint8_t)(head))
#define RILL_DYNAMIC_NARGS(head) ((uint8_t)((head) >> 8))
#define RILL_DYNAMIC_CATEGORY(head) ((uint16_t)((head) >> 16))
#define RILL_DYNAMIC_FLAGS(head) ((uint32_t)((head) >> 32))

#endif

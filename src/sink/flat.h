/* SPDX-License-Identifier: MIT
 * flat.h - an event copied whole into a buffer, with everything it points to.
 *
 * A decoded event lives as long as the ring block it was read from; a subscriber's must live
 * until its callback has seen it. The copy stays where it is made, so its pointers are plain
 * ones into the same buffer.
 */
#ifndef RILL_SINK_FLAT_H
#define RILL_SINK_FLAT_H

#include <rill/subscriber.h>

/* One record: this header, then an event with its values and texts, or a gap. */
struct rill_flat {
	uint32_t size;		/* of the whole record, a multiple of RILL_FLAT_ALIGN */
	uint32_t is_gap;
	union {
		struct rill_event event;
		struct rill_gap gap;
	};
};

enum { RILL_FLAT_ALIGN = 8 };

size_t rill_flat_event_size(const struct rill_event *event);
/* to: aligned to RILL_FLAT_ALIGN, with room for size, which is rill_flat_event_size(event). */
void rill_flat_event(const struct rill_event *event, void *to, size_t size);

size_t rill_flat_gap_size(void);
void rill_flat_gap(const struct rill_gap *gap, void *to);

#endif

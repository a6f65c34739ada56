/* SPDX-License-Identifier: MIT
 * decode.h - from a record to the event that outlets see.
 */
#ifndef RILL_ROUTE_DECODE_H
#define RILL_ROUTE_DECODE_H

#include "emit/site.h"
#include "ring/ring.h"

#include <rill/subscriber.h>

/* The macros of rill/trace.h take 16. */
enum { RILL_VALUES_MAX = RILL_ON(CONFIG_RILL_DYNAMIC) ? 256 : 16 };

/* What decoding leaves behind beside the event. */
struct rill_decoded {
	struct rill_event event;
	uint64_t begin_ticks;		/* with RILL_EVENT_HAS_BEGIN in event.state */
	uint16_t site_id;		/* of the site, also for the end of a scope; RILL_ID_DYNAMIC */
	uint16_t category_id;
	struct rill_value values[RILL_VALUES_MAX];
};

/* ticks: the time of the record. Fills everything but times, thread and pid. Inside rcu_read_lock(); pointers lead into the record and the site. False: the
 * record names no known site (it cannot happen; counted by route all the same). */
bool rill_decode(const struct rill_record *record, uint32_t words, uint64_t ticks, struct rill_decoded *out);

#endif

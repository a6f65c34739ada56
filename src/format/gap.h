/* SPDX-License-Identifier: MIT
 * gap.h - what is said of one event that is larger than whatever it could be written into.
 */
#ifndef RILL_FORMAT_GAP_H
#define RILL_FORMAT_GAP_H

#include <rill/subscriber.h>

static inline struct rill_gap rill_gap_of_big(const struct rill_event *event)
{
	return (struct rill_gap){
		.thread = event->thread,
		.count = 1,
		.before_ns = event->ts_ns,
		.after_ns = event->ts_ns,
		.level = event->level,
		.cause = RILL_LOST_BIG,
	};
}

#endif

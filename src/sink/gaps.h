/* SPDX-License-Identifier: MIT
 * gaps.h - losses that could not be told yet, since the outlet had no room for the telling either.
 */
#ifndef RILL_SINK_GAPS_H
#define RILL_SINK_GAPS_H

#include <rill/subscriber.h>

enum { RILL_GAPS_MAX = 32 };

/* In order of arrival. Zeroed: empty. */
struct rill_gaps {
	struct rill_gap list[RILL_GAPS_MAX];
	unsigned count;
};

/* Never refuses: when the list is full, gaps of one cause are joined and lose their thread, not
 * their count. */
void rill_gaps_add(struct rill_gaps *gaps, const struct rill_gap *gap);
/* An event that is larger than whatever the outlet could write it into. */
void rill_gaps_add_big(struct rill_gaps *gaps, const struct rill_event *event);
/* Removes the first n. */
void rill_gaps_drop(struct rill_gaps *gaps, unsigned n);

#endif

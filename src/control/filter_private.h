/* SPDX-License-Identifier: MIT
 * filter_private.h - what a filter is made of. For filter.c and filter_build.c only.
 */
#ifndef RILL_CONTROL_FILTER_PRIVATE_H
#define RILL_CONTROL_FILTER_PRIVATE_H

#include "control/filter.h"

struct rill_rule {
	struct rill_filter *categories;	/* has no rules of its own */
	struct rill_names allowed;
};

struct rill_filter {
	enum rill_match match;
	/* Groups are on unless excluded: the text had no included name. Stays so when names are
	 * added later (adding must not turn anything off), and stays false when the last
	 * included name is removed (removing must not turn anything on). Always false with
	 * RILL_MATCH_EXACT, and when "*" is excluded. */
	bool everything;
	struct rill_names included, disabled, excluded;
	struct rill_names events_included, events_excluded;
	struct rill_rule *rules;
	size_t rule_count;
};

/* Is there an exclusion of stars alone? */
bool rill_filter_excludes_all(const struct rill_filter *filter);

#endif

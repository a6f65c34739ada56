/* SPDX-License-Identifier: MIT
 * intake_ends.h - the ends of scopes under the number of their begins.
 *
 * In the traced process both are of one call site, and whoever pairs them counts on that; packets
 * number them as two forms.
 */
#ifndef RILL_TOOL_INTAKE_ENDS_H
#define RILL_TOOL_INTAKE_ENDS_H

#include "table.h"

#include <rill/subscriber.h>

enum { RILL_ENDS_KNOWN = 4096, RILL_ENDS_MAX = 65536 };

/* Zeroed: empty. */
struct rill_ends {
	struct rill_table begins; /* numbers, by all that the begin and the end have in common */
	struct {
		uint32_t site, begin;
	} known[RILL_ENDS_KNOWN]; /* of forms of either, by number */
};

/* The begin or end of a scope. Returns the number of its begin. */
uint32_t rill_ends_site(struct rill_ends *ends, const struct rill_event *event);
void rill_ends_free(struct rill_ends *ends);

#endif

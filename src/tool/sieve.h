/* SPDX-License-Identifier: MIT
 * sieve.h - lets a part of a trace through: what lies in a span of time, and what a filter wants.
 *
 * Names, metadata and clocks go through; the totals of the whole do not, for they would not be true
 * of the part.
 */
#ifndef RILL_TOOL_SIEVE_H
#define RILL_TOOL_SIEVE_H

#include "control/filter.h"
#include "intake.h"

struct rill_sieve;

/* A moment: from the first event on, or on the trace's own clock. */
struct rill_moment {
	bool given, absolute;
	uint64_t ns;
};

/* "2.5", "2.5s", "250ms", "10us", "7ns"; "@12.5" on the trace's clock. False: none of these. */
bool rill_moment_parse(const char *text, struct rill_moment *moment);

/* What passes goes to ops with ctx; both must live as long. filter NULL: all events. */
struct rill_sieve *rill_sieve_new(const struct rill_moment *from, const struct rill_moment *to,
				  const struct rill_filter *filter,
				  const struct rill_intake_ops *ops, void *ctx);
/* The sieve's own functions, with the sieve for ctx. Packets do not go through as such. */
const struct rill_intake_ops *rill_sieve_ops(const struct rill_sieve *sieve);
void rill_sieve_free(struct rill_sieve *sieve);

#endif

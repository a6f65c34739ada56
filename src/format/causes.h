/* SPDX-License-Identifier: MIT
 * causes.h - why events were lost, in the words that stand in traces.
 */
#ifndef RILL_FORMAT_CAUSES_H
#define RILL_FORMAT_CAUSES_H

#include <rill/types.h>

struct rill_cause_words {
	const char *key;  /* in rill_summary */
	const char *text; /* in "events lost" */
};

/* Up to RILL_CAUSES, which stands for a cause that a newer rill may know, or that nobody knows. */
extern const struct rill_cause_words rill_causes[RILL_CAUSES + 1];

#endif

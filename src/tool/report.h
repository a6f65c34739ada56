/* SPDX-License-Identifier: MIT
 * report.h - what the parts of `rill report` share: its options, and the two ways to show a model.
 */
#ifndef RILL_TOOL_REPORT_H
#define RILL_TOOL_REPORT_H

#include "model.h"

enum rill_report_order { RILL_BY_TOTAL, RILL_BY_COUNT, RILL_BY_NAME };

struct rill_report {
	enum rill_report_order order;
	uint64_t top; /* rows of each kind; 0: all */
	char **files;
	unsigned file_count;
	/* of all files together */
	uint64_t bytes, damaged, damaged_bytes, torn_bytes, undefined;
	uint64_t cut_files;
};

/* The rows of one kind, sorted; freed by the caller. */
struct rill_row **rill_report_rows(const struct rill_report *report, const struct rill_model *model,
				   enum rill_kind kind, size_t *count);
/* How many of count rows --top lets through. */
size_t rill_report_shown(const struct rill_report *report, size_t count);

/* The threads that had or lost events, busiest first; freed by the caller. */
struct rill_lane **rill_report_lanes(const struct rill_model *model, size_t *count);

void rill_report_put_text(const struct rill_report *report, const struct rill_model *model);
void rill_report_put_json(const struct rill_report *report, const struct rill_model *model);

/* What would have avoided the losses; NULL: nothing was lost. Freed by the caller. */
char *rill_report_advice(const struct rill_model *model);

#endif

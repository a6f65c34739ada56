/* SPDX-License-Identifier: MIT
 * merge_line.h - from the times of one clock to those of another: an offset that changes along the
 * way.
 *
 *     offset_ns
 *         |      ,--*------   before the first point and behind the last one it stays,
 *         |   ,-'             or, where the line drifts, goes on as it went
 *         *--'
 *         +---------------- ns
 *
 * The offset never falls by more than half of the time that passes, so a later time never becomes
 * an earlier one.
 */
#ifndef RILL_TOOL_MERGE_LINE_H
#define RILL_TOOL_MERGE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rill_line_point {
	uint64_t ns;       /* on the clock that is to be translated */
	int64_t offset_ns; /* to be added there */
};

/* Zeroed: times stay as they are. */
struct rill_line {
	struct rill_line_point *points; /* in order of ns, no two the same */
	size_t count;
	bool drifts;
	int64_t shift_ns; /* added to all times, so that none is before 0 */
};

/* Without the shift. */
int64_t rill_line_offset(const struct rill_line *line, uint64_t ns);
/* With it; at least 0. 0, which stands for no time, stays. */
uint64_t rill_line_map(const struct rill_line *line, uint64_t ns);
/* The time that rill_line_map() without the shift makes mapped_ns of. */
uint64_t rill_line_unmap(const struct rill_line *line, uint64_t mapped_ns);

void rill_line_add(struct rill_line *line, uint64_t ns, int64_t offset_ns);
/* Puts the points in order, and drops what cannot be of one clock. */
void rill_line_settle(struct rill_line *line);
void rill_line_free(struct rill_line *line);

#endif

/* SPDX-License-Identifier: MIT
 * merge_line.c - from the times of one clock to those of another.
 */
#include "merge_line.h"
#include "tool.h"

#include <stdlib.h>

/* Times beyond are damage: no sum of two of them overflows. */
#define TIME_MAX (INT64_C(1) << 61)

static int64_t bounded(uint64_t ns)
{
	return ns > (uint64_t)TIME_MAX ? TIME_MAX : (int64_t)ns;
}

/* The offset on the straight line through two points. Exact where both are the same; else doubles
 * hold the small difference between two offsets to far below 1 ns. */
static int64_t between(const struct rill_line_point *a, const struct rill_line_point *b,
		       uint64_t ns)
{
	const double run = (double)(bounded(b->ns) - bounded(a->ns));
	const double rise = (double)(b->offset_ns - a->offset_ns);
	const double at = (double)(bounded(ns) - bounded(a->ns));
	const double offset = rise * at / run;

	/* Towards minus infinity: a cast alone would give 0 twice as much room. */
	return a->offset_ns + (int64_t)offset - (offset < (double)(int64_t)offset);
}

/* Of the last point at or before ns; 0 if there is none. */
static size_t point_at(const struct rill_line *line, uint64_t ns)
{
	size_t low = 0, high = line->count;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (line->points[middle].ns <= ns)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int64_t rill_line_offset(const struct rill_line *line, uint64_t ns)
{
	const struct rill_line_point *const p = line->points;
	const size_t last = line->count ? line->count - 1 : 0;
	size_t at;

	if (!line->count)
		return 0;
	if (ns < p[0].ns && !line->drifts)
		return p[0].offset_ns;
	if ((ns >= p[last].ns && !line->drifts) || line->count == 1)
		return p[last].offset_ns;
	at = point_at(line, ns);
	if (at == last)
		at--;
	return between(&p[at], &p[at + 1], ns);
}

uint64_t rill_line_map(const struct rill_line *line, uint64_t ns)
{
	int64_t mapped;

	if (!ns || (!line->count && !line->shift_ns))
		return ns;
	mapped = bounded(ns) + rill_line_offset(line, ns) + line->shift_ns;
	return mapped > 0 ? (uint64_t)mapped : 0;
}

uint64_t rill_line_unmap(const struct rill_line *line, uint64_t mapped_ns)
{
	uint64_t low = 0, high = (uint64_t)TIME_MAX;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (bounded(middle) + rill_line_offset(line, middle) < bounded(mapped_ns))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void rill_line_add(struct rill_line *line, uint64_t ns, int64_t offset_ns)
{
	if (!(line->count & (line->count - 1)))
		line->points = rill_grow(line->points, line->count ? 2 * line->count : 1,
					 sizeof *line->points);
	line->points[line->count++] = (struct rill_line_point){ ns, offset_ns };
}

static int compare(const void *left, const void *right)
{
	const struct rill_line_point *const a = left, *const b = right;

	return a->ns < b->ns ? -1 : a->ns > b->ns;
}

void rill_line_settle(struct rill_line *line)
{
	struct rill_line_point *const p = line->points;
	size_t kept = line->count != 0;

	if (!line->count)
		return;
	qsort(p, line->count, sizeof *p, compare);
	for (size_t i = 1; i < line->count; i++) {
		const int64_t passed = bounded(p[i].ns) - bounded(p[kept - 1].ns);

		if (passed && p[kept - 1].offset_ns - p[i].offset_ns <= passed / 2)
			p[kept++] = p[i];
	}
	line->count = kept;
}

void rill_line_free(struct rill_line *line)
{
	free(line->points);
	*line = (struct rill_line){ .points = NULL };
}

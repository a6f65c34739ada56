/* SPDX-License-Identifier: MIT
 * report_order.c - which rows and threads a report shows, in which order, and its advice on losses.
 */
#include "report.h"
#include "tool.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const struct rill_row *a, const struct rill_row *b)
{
	const int order = strcmp(a->name, b->name);

	return order ? order : strcmp(a->category, b->category);
}

static int compare_names(const void *a, const void *b)
{
	return by_name(*(struct rill_row *const *)a, *(struct rill_row *const *)b);
}

static int compare_counts(const void *left, const void *right)
{
	const struct rill_row *a = *(struct rill_row *const *)left,
			      *b = *(struct rill_row *const *)right;

	return a->count != b->count ? (a->count < b->count) - (a->count > b->count) : by_name(a, b);
}

static int compare_totals(const void *left, const void *right)
{
	const struct rill_row *a = *(struct rill_row *const *)left,
			      *b = *(struct rill_row *const *)right;

	if (a->time.sum != b->time.sum)
		return (a->time.sum < b->time.sum) - (a->time.sum > b->time.sum);
	return compare_counts(left, right);
}

struct rill_row **rill_report_rows(const struct rill_report *report, const struct rill_model *model,
				   enum rill_kind kind, size_t *count)
{
	static int (*const orders[])(const void *, const void *) = {
		[RILL_BY_TOTAL] = compare_totals,
		[RILL_BY_COUNT] = compare_counts,
		[RILL_BY_NAME] = compare_names,
	};
	struct rill_row **rows = rill_alloc(model->row_count, sizeof *rows);

	*count = 0;
	for (size_t i = 0; i < model->row_count; i++)
		if (model->rows[i]->kind == kind && model->rows[i]->count)
			rows[(*count)++] = model->rows[i];
	qsort(rows, *count, sizeof *rows, orders[report->order]);
	return rows;
}

size_t rill_report_shown(const struct rill_report *report, size_t count)
{
	return report->top && report->top < count ? (size_t)report->top : count;
}

static int compare_lanes(const void *left, const void *right)
{
	const struct rill_lane *a = *(struct rill_lane *const *)left,
			       *b = *(struct rill_lane *const *)right;

	if (a->busy_ns != b->busy_ns)
		return (a->busy_ns < b->busy_ns) - (a->busy_ns > b->busy_ns);
	if (a->events != b->events)
		return (a->events < b->events) - (a->events > b->events);
	return a->pid != b->pid ? (a->pid > b->pid) - (a->pid < b->pid)
				: (a->tid > b->tid) - (a->tid < b->tid);
}

struct rill_lane **rill_report_lanes(const struct rill_model *model, size_t *count)
{
	struct rill_lane **lanes = rill_alloc(model->lane_count, sizeof *lanes);

	*count = 0;
	for (size_t i = 0; i < model->lane_count; i++)
		if (model->lanes[i]->events || model->lanes[i]->lost)
			lanes[(*count)++] = model->lanes[i];
	qsort(lanes, *count, sizeof *lanes, compare_lanes);
	return lanes;
}

/* Of one cause, by its name in a summary, or by the beginning of its sentence in a gap. */
static uint64_t cause(const struct rill_losses *l, const char *key, const char *beginning)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < RILL_CAUSES_MAX; i++) {
		if (!strcmp(l->causes[i].name, key))
			return l->causes[i].count;
		if (!strncmp(l->gap_causes[i].name, beginning, strlen(beginning)))
			count = l->gap_causes[i].count;
	}
	return count;
}

/* A trace does not say how large its rings were, only how many events in a row found no room:
 * twice the memory that those take is what was missing, on top of the ring. */
char *rill_report_advice(const struct rill_model *model)
{
	enum { EVENT_BYTES = 32, SMALLEST = 1 << 20 };
	const struct rill_losses *l = &model->losses;
	uint64_t more = SMALLEST;

	if (!rill_model_lost(model))
		return NULL;
	if (cause(l, "full", "ring full")) {
		while (more < 2 * l->gap_largest * EVENT_BYTES && more < UINT64_C(1) << 30)
			more *= 2;
		return rill_text(
			"rings were full: record with --buffer %s or more (estimated from the longest gap, %llu "
			"events; 'rill record' itself says the exact size), or restrict it with -e",
			rill_size_word(more).text, (unsigned long long)l->gap_largest);
	}
	if (cause(l, "sink", "sink "))
		return rill_text(
			"the output was too slow or full: write to a faster disk or restrict it with -e");
	return rill_text("record fewer events with -e, or a larger --buffer");
}

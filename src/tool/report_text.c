/* SPDX-License-Identifier: MIT
 * report_text.c - a report as tables for people: numbers first, names last, so that any name fits.
 */
#include "report.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>

static void put_more(size_t shown, size_t count)
{
	if (shown < count)
		printf("%10s%zu more: --top 0 shows all\n", "... ", count - shown);
}

static void put_names(const struct rill_row *row)
{
	fputs("  ", stdout);
	rill_put_safe(stdout, row->category);
	fputs("  ", stdout);
	rill_put_safe(stdout, row->name);
	putchar('\n');
}

static void put_time(uint64_t ns)
{
	printf("%10s", rill_time_word(ns).text);
}

static void put_timed(const struct rill_report *report, const struct rill_model *model,
		      enum rill_kind kind)
{
	const bool self = kind == RILL_KIND_SLICE;
	size_t count, shown;
	struct rill_row **rows = rill_report_rows(report, model, kind, &count);

	shown = rill_report_shown(report, count);
	if (count)
		printf("\n%-8s%10s%10s%s%10s%10s%10s%10s%10s  category  name\n",
		       self ? "slices" : "spans", "count", "total", self ? "      self" : "", "min",
		       "mean", "median", "99 %", "max");
	for (size_t i = 0; i < shown; i++) {
		const struct rill_sketch *t = &rows[i]->time;

		printf("%18llu", (unsigned long long)rows[i]->count);
		put_time(t->sum);
		if (self)
			put_time(rows[i]->self_ns > 0 ? (uint64_t)rows[i]->self_ns : 0);
		put_time(t->min);
		put_time(rill_sketch_mean(t));
		put_time(rill_sketch_at(t, 500));
		put_time(rill_sketch_at(t, 990));
		put_time(t->max);
		put_names(rows[i]);
	}
	put_more(shown, count);
	free(rows);
}

static void put_counters(const struct rill_report *report, const struct rill_model *model)
{
	size_t count, shown;
	struct rill_row **rows = rill_report_rows(report, model, RILL_KIND_COUNTER, &count);

	shown = rill_report_shown(report, count);
	if (count)
		printf("\n%-8s%10s%14s%14s%14s  category  name\n", "counters", "count", "smallest",
		       "largest", "last");
	for (size_t i = 0; i < shown; i++) {
		const struct rill_row *r = rows[i];

		printf("%18llu%14.10g%14.10g%14.10g", (unsigned long long)r->count, r->low, r->high,
		       r->last);
		put_names(r);
	}
	put_more(shown, count);
	free(rows);
}

static void put_counted(const struct rill_report *report, const struct rill_model *model,
			enum rill_kind kind, const char *title)
{
	size_t count, shown;
	struct rill_row **rows = rill_report_rows(report, model, kind, &count);

	shown = rill_report_shown(report, count);
	if (count)
		printf("\n%-8s%10s  category  name\n", title, "count");
	for (size_t i = 0; i < shown; i++) {
		printf("%18llu", (unsigned long long)rows[i]->count);
		put_names(rows[i]);
	}
	put_more(shown, count);
	free(rows);
}

static uint64_t span_of(const struct rill_model *model)
{
	return model->any_time ? (uint64_t)model->last_ns - (uint64_t)model->first_ns : 0;
}

static void put_lanes(const struct rill_report *report, const struct rill_model *model)
{
	const uint64_t span = span_of(model);
	size_t count, shown;
	struct rill_lane **lanes = rill_report_lanes(model, &count);

	shown = rill_report_shown(report, count);
	if (count)
		printf("\n%-8s%10s%10s%8s%10s  %9s %9s  name\n", "threads", "events", "busy", "",
		       "lost", "pid", "tid");
	for (size_t i = 0; i < shown; i++) {
		const struct rill_lane *l = lanes[i];
		const uint64_t busy = l->busy_ns > 0 ? (uint64_t)l->busy_ns : 0;

		printf("%18llu", (unsigned long long)l->events);
		put_time(busy);
		/* In thousandths, from the top down: busy * 1000 could wrap. */
		if (span >= 1000)
			printf("%6u %%", (unsigned)((busy / (span / 1000) + 5) / 10));
		else
			printf("%8s", "");
		printf("%10llu  %9lld %9lld  ", (unsigned long long)l->lost, (long long)l->pid,
		       (long long)l->tid);
		rill_put_safe(stdout, l->name ? l->name : "");
		putchar('\n');
	}
	put_more(shown, count);
	free(lanes);
}

static void put_losses(const struct rill_model *model)
{
	const struct rill_losses *l = &model->losses;
	const struct rill_cause_count *causes =
		l->summaries && l->lost >= l->gap_lost ? l->causes : l->gap_causes;
	char *advice = rill_report_advice(model);

	if (!advice)
		return;
	printf("\nlosses\n");
	for (unsigned i = 0; i < RILL_CAUSES_MAX && causes[i].name[0]; i++) {
		printf("%18llu  ", (unsigned long long)causes[i].count);
		rill_put_safe(stdout, causes[i].name);
		putchar('\n');
	}
	printf("%10s%s\n", "", advice);
	free(advice);
}

static void put_note(uint64_t count, const char *text)
{
	if (count)
		printf("note: %llu %s\n", (unsigned long long)count, text);
}

static void put_notes(const struct rill_report *report, const struct rill_model *model)
{
	putchar('\n');
	put_note(model->begins_unended,
		 "slices or spans have no end (still open, or the end is missing): not counted");
	put_note(model->ends_unmatched, "ends have no begin: not counted");
	put_note(model->names_mismatched, "ends have another name than the slice they close");
	put_note(model->too_deep, "slices lie deeper than 4096 levels: not counted");
	put_note(model->spans_dropped, "spans were open beside 262144 others: not counted");
	put_note(model->without_time, "events have no usable time");
	put_note(report->damaged,
		 "damaged stretches were passed over ('rill convert' writes a whole file)");
	put_note(
		report->torn_bytes,
		"bytes at the end belong to an event that was cut ('rill convert' mends the file)");
	put_note(report->undefined, "events refer to what is not in the file: not counted");
	if (model->rows_full)
		put_note(
			RILL_ROWS_MAX,
			"different names are told apart; the others share the row '(other names)'");
	if (model->lanes_full)
		put_note(RILL_LANES_MAX, "threads are told apart; the others share thread -1");
}

void rill_report_put_text(const struct rill_report *report, const struct rill_model *model)
{
	size_t threads;

	free(rill_report_lanes(model, &threads));
	rill_put_safe(stdout, report->files[0]);
	if (report->file_count > 1)
		printf(" and %u more", report->file_count - 1);
	printf(": %llu events, %llu lost, %zu threads, %s", (unsigned long long)model->events,
	       (unsigned long long)rill_model_lost(model), threads, rill_time_word(span_of(model)).text);
	if (rill_model_recorded(model))
		printf(" (%llu recorded, begin and end of each slice counted)",
		       (unsigned long long)rill_model_recorded(model));
	printf("\n");
	put_timed(report, model, RILL_KIND_SLICE);
	put_timed(report, model, RILL_KIND_SPAN);
	put_counters(report, model);
	put_counted(report, model, RILL_KIND_INSTANT, "instants");
	put_counted(report, model, RILL_KIND_FLOW, "flows");
	put_counted(report, model, RILL_KIND_OBJECT, "objects");
	put_counted(report, model, RILL_KIND_OTHER, "others");
	put_lanes(report, model);
	put_losses(model);
	put_notes(report, model);
}

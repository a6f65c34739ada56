/* SPDX-License-Identifier: MIT
 * report_json.c - a report as one JSON object for programs; all times are whole nanoseconds.
 */
#include "json_out.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void add_value(struct json_object *to, const char *key, double value)
{
	/* JSON has no infinity; a counter with one is shown without a value. */
	json_object_object_add(to, key, isfinite(value) ? json_object_new_double(value) : NULL);
}

static struct json_object *row_object(const struct rill_row *row)
{
	struct json_object *o = json_object_new_object();

	rill_out_text(o, "category", row->category);
	rill_out_text(o, "name", row->name);
	rill_out_count(o, "count", row->count);
	if (row->kind == RILL_KIND_SLICE || row->kind == RILL_KIND_SPAN) {
		rill_out_count(o, "total_ns", row->time.sum);
		if (row->kind == RILL_KIND_SLICE)
			rill_out_number(o, "self_ns", row->self_ns);
		rill_out_count(o, "min_ns", row->time.min);
		rill_out_count(o, "mean_ns", rill_sketch_mean(&row->time));
		rill_out_count(o, "p50_ns", rill_sketch_at(&row->time, 500));
		rill_out_count(o, "p99_ns", rill_sketch_at(&row->time, 990));
		rill_out_count(o, "max_ns", row->time.max);
	} else if (row->kind == RILL_KIND_COUNTER) {
		add_value(o, "min", row->low);
		add_value(o, "max", row->high);
		add_value(o, "last", row->last);
	}
	return o;
}

static void add_rows(struct json_object *to, const char *key, const struct rill_report *report,
		     const struct rill_model *model, enum rill_kind kind)
{
	size_t count, shown;
	struct rill_row **rows = rill_report_rows(report, model, kind, &count);
	struct json_object *list = json_object_new_array();

	shown = rill_report_shown(report, count);
	for (size_t i = 0; i < shown; i++)
		json_object_array_add(list, row_object(rows[i]));
	json_object_object_add(to, key, list);
	free(rows);
}

static void add_lanes(struct json_object *to, const struct rill_report *report,
		      const struct rill_model *model)
{
	size_t count, shown;
	struct rill_lane **lanes = rill_report_lanes(model, &count);
	struct json_object *list = json_object_new_array();

	shown = rill_report_shown(report, count);
	for (size_t i = 0; i < shown; i++) {
		struct json_object *o = json_object_new_object();

		rill_out_number(o, "pid", lanes[i]->pid);
		rill_out_number(o, "tid", lanes[i]->tid);
		rill_out_text(o, "name", lanes[i]->name ? lanes[i]->name : "");
		rill_out_count(o, "events", lanes[i]->events);
		rill_out_number(o, "busy_ns", lanes[i]->busy_ns);
		rill_out_count(o, "lost", lanes[i]->lost);
		json_object_array_add(list, o);
	}
	json_object_object_add(to, "threads", list);
	free(lanes);
}

static struct json_object *causes_object(const struct rill_cause_count *causes)
{
	struct json_object *o = json_object_new_object();

	for (unsigned i = 0; i < RILL_CAUSES_MAX && causes[i].name[0]; i++)
		rill_out_count(o, causes[i].name, causes[i].count);
	return o;
}

static void add_losses(struct json_object *to, const struct rill_model *model)
{
	const struct rill_losses *l = &model->losses;
	struct json_object *o = json_object_new_object();
	char *advice = rill_report_advice(model);

	rill_out_count(o, "lost", rill_model_lost(model));
	rill_out_count(o, "summaries", l->summaries);
	json_object_object_add(o, "causes", causes_object(l->causes));
	rill_out_count(o, "gaps", l->gaps);
	rill_out_count(o, "lost_in_gaps", l->gap_lost);
	json_object_object_add(o, "gap_causes", causes_object(l->gap_causes));
	if (advice)
		rill_out_text(o, "advice", advice);
	free(advice);
	json_object_object_add(to, "losses", o);
}

static void add_notes(struct json_object *to, const struct rill_report *report,
		      const struct rill_model *model)
{
	struct json_object *o = json_object_new_object();

	rill_out_count(o, "begins_without_end", model->begins_unended);
	rill_out_count(o, "ends_without_begin", model->ends_unmatched);
	rill_out_count(o, "names_mismatched", model->names_mismatched);
	rill_out_count(o, "too_deep", model->too_deep);
	rill_out_count(o, "spans_dropped", model->spans_dropped);
	rill_out_count(o, "without_time", model->without_time);
	rill_out_count(o, "damaged_stretches", report->damaged);
	rill_out_count(o, "damaged_bytes", report->damaged_bytes);
	rill_out_count(o, "torn_bytes", report->torn_bytes);
	rill_out_count(o, "undefined_events", report->undefined);
	rill_out_count(o, "files_without_end", report->cut_files);
	json_object_object_add(to, "notes", o);
}

void rill_report_put_json(const struct rill_report *report, const struct rill_model *model)
{
	struct json_object *o = json_object_new_object();
	struct json_object *files = json_object_new_array();

	for (unsigned i = 0; i < report->file_count; i++) {
		struct json_object *file = json_object_new_object();

		rill_out_text(file, "path", report->files[i]);
		json_object_array_add(files, file);
	}
	json_object_object_add(o, "files", files);
	rill_out_count(o, "bytes", report->bytes);
	rill_out_count(o, "events", model->events);
	if (rill_model_recorded(model))
		rill_out_count(o, "recorded", rill_model_recorded(model));
	rill_out_count(o, "metadata", model->metadata);
	rill_out_count(o, "lost", rill_model_lost(model));
	if (model->any_time) {
		rill_out_number(o, "first_ns", model->first_ns);
		rill_out_number(o, "last_ns", model->last_ns);
	}
	add_rows(o, "slices", report, model, RILL_KIND_SLICE);
	add_rows(o, "spans", report, model, RILL_KIND_SPAN);
	add_rows(o, "counters", report, model, RILL_KIND_COUNTER);
	add_rows(o, "instants", report, model, RILL_KIND_INSTANT);
	add_rows(o, "flows", report, model, RILL_KIND_FLOW);
	add_rows(o, "objects", report, model, RILL_KIND_OBJECT);
	add_rows(o, "others", report, model, RILL_KIND_OTHER);
	add_lanes(o, report, model);
	add_losses(o, model);
	add_notes(o, report, model);
	puts(rill_out_line(o));
	json_object_put(o);
}

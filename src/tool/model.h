/* SPDX-License-Identifier: MIT
 * model.h - what `rill report` knows of a trace: totals by name, by thread, and of what was lost.
 *
 *     reader -> model_json.c, intake -> model_event.c
 *                 model.c    one event: its row, its thread
 *                 slices.c   B, E, X: pairs and nesting, hence self time
 *                 spans.c    b, e and S, F: pairs by id
 *                 losses.c   what rill itself wrote about lost events
 *
 * Memory depends on the number of different names and threads and on what is open at a time, all
 * limited, never on the number of events. Times are nanoseconds.
 */
#ifndef RILL_TOOL_MODEL_H
#define RILL_TOOL_MODEL_H

#include "sketch.h"
#include "table.h"

#include <rill/session.h>
#include <rill/subscriber.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	RILL_ROWS_MAX = 20000,  /* different names; further ones share a row of their kind */
	RILL_LANES_MAX = 65536, /* threads; further ones share one */
	RILL_OPEN_MAX = 4096,   /* slices open in one thread */
	RILL_SPANS_MAX = 262144, /* async spans open in all threads together */
	RILL_MODEL_SITES = 4096 /* rows that are kept by call site */
};

enum rill_kind {
	RILL_KIND_SLICE,
	RILL_KIND_SPAN,
	RILL_KIND_COUNTER, /* one row per series */
	RILL_KIND_INSTANT,
	RILL_KIND_FLOW,
	RILL_KIND_OBJECT,
	RILL_KIND_OTHER,
	RILL_KINDS
};

struct rill_row {
	enum rill_kind kind;
	char *category, *name;
	uint64_t count;
	struct rill_sketch time; /* slices and spans */
	int64_t self_ns;         /* slices */
	double low, high, last;  /* counters */
};

/* A slice that has begun (B). */
struct rill_begun_slice {
	struct rill_row *row;
	int64_t ts;
};

/* A slice that is complete and may still get a parent or children, see slices.c. */
struct rill_interval {
	struct rill_row *row; /* NULL: several, joined to save memory */
	int64_t from, to;
	uint64_t time;
	bool has_parent;
};

struct rill_lane {
	int64_t pid, tid;
	char *name;
	uint64_t events, lost;
	int64_t busy_ns;
	struct rill_begun_slice *begun;
	size_t begun_count, begun_room;
	struct rill_interval *intervals;
	size_t interval_count, interval_room;
};

enum { RILL_CAUSES_MAX = 16 };

struct rill_losses {
	/* From the closing summaries of rill's sessions. */
	unsigned summaries;
	uint64_t events, lost, threads;
	/* From the gaps in the stream; the only source where a trace has no end. */
	uint64_t gaps, gap_lost, gap_largest;
	struct rill_cause_count {
		char name[48];
		uint64_t count;
	} causes[RILL_CAUSES_MAX], gap_causes[RILL_CAUSES_MAX];
};

struct rill_model {
	struct rill_table row_table, lane_table, span_table;
	struct rill_row **rows;
	struct rill_lane **lanes;
	size_t row_count, row_room, lane_count, lane_room;
	bool rows_full, lanes_full;
	uint64_t events, metadata;
	uint64_t complete;	/* of the events, X: rill recorded a begin and an end for each */
	uint64_t kind_events[RILL_KINDS];
	bool any_time;
	int64_t first_ns, last_ns;
	size_t spans_open;
	uint64_t ends_unmatched, names_mismatched, begins_unended, too_deep, spans_dropped;
	uint64_t without_time;
	struct rill_losses losses;
	struct {
		uint32_t site;
		struct rill_row *row;
	} sites[RILL_MODEL_SITES];
};

/* Text of microseconds ("12", "12.345", "1.2e3") as nanoseconds. False: no number, or beyond 292
 * years. */
bool rill_us_to_ns(const char *text, int64_t *ns);

/* Takes one event. False: it is no trace event (no phase). */
bool rill_model_event(struct rill_model *model, struct json_object *event);
/* The same, of an event's text. False also: it is no JSON object. */
bool rill_model_text(struct rill_model *model, struct json_tokener *tokener, const char *text, size_t size);

void rill_model_name(struct rill_model *model, int64_t pid, int64_t tid, const char *name);

/* No more events follow: counts what is still open. */
void rill_model_end(struct rill_model *model);
void rill_model_free(struct rill_model *model);

/* Events as rill counted them when it recorded, if a summary says so and slices make it more than there are in the trace; else 0. */
uint64_t rill_model_recorded(const struct rill_model *model);

/* Lost events, from the summaries if there are any. */
uint64_t rill_model_lost(const struct rill_model *model);

struct rill_row *rill_model_row(struct rill_model *model, enum rill_kind kind, const char *category,
				const char *name);

/* slices.c */
void rill_slice_begin(struct rill_model *model, struct rill_lane *lane, struct rill_row *row,
		      int64_t ts);
void rill_slice_end(struct rill_model *model, struct rill_lane *lane, const char *name, int64_t ts);
void rill_slice_complete(struct rill_lane *lane, struct rill_row *row, int64_t ts,
			 int64_t duration);

/* spans.c: key tells spans apart that may be open at the same time. */
void rill_span_begin(struct rill_model *model, const char *key, size_t size, struct rill_row *row,
		     int64_t ts);
void rill_span_end(struct rill_model *model, const char *key, size_t size, const char *name,
		   int64_t ts);
void rill_spans_end_all(struct rill_model *model);

/* losses.c: both true if the event was rill's own and is not to be counted as one of the
 * program's. */
bool rill_loss_gap(struct rill_losses *losses, const char *category, const char *name,
		   struct json_object *args, uint64_t *count);
bool rill_loss_summary(struct rill_losses *losses, const char *name, struct json_object *args);
/* A gap; a cause of a summary. */
void rill_loss_count(struct rill_losses *losses, const char *cause, uint64_t count);
void rill_loss_cause(struct rill_losses *losses, const char *cause, uint64_t count);

#endif

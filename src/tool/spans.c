/* SPDX-License-Identifier: MIT
 * spans.c - pairs the begins and ends of asynchronous spans, which may lie in different threads.
 *
 * Spans of one id may nest: an end closes the innermost open span of its name under that id; an
 * end without a name closes the innermost.
 */
#include "model.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

struct span {
	struct span *outer;
	struct rill_row *row;
	int64_t ts;
};

static void close_span(struct span *s, int64_t ts)
{
	rill_sketch_add(&s->row->time, ts > s->ts ? (uint64_t)(ts - s->ts) : 0);
	s->row->count++;
}

void rill_span_begin(struct rill_model *model, const char *key, size_t size, struct rill_row *row,
		     int64_t ts)
{
	struct span *s;
	void **place;

	if (model->spans_open == RILL_SPANS_MAX) {
		model->spans_dropped++;
		return;
	}
	s = rill_alloc(1, sizeof *s);
	place = rill_table_put(&model->span_table, key, size);
	*s = (struct span){ *place, row, ts };
	*place = s;
	model->spans_open++;
}

void rill_span_end(struct rill_model *model, const char *key, size_t size, const char *name,
		   int64_t ts)
{
	void **place = rill_table_find(&model->span_table, key, size);
	struct span *s, *inner = NULL;

	for (s = place ? *place : NULL; s && *name && strcmp(s->row->name, name); s = s->outer)
		inner = s;
	if (!s) {
		model->ends_unmatched++;
		return;
	}
	close_span(s, ts);
	if (inner)
		inner->outer = s->outer;
	else
		*place = s->outer;
	if (!*place)
		rill_table_remove(&model->span_table, key, size);
	free(s);
	model->spans_open--;
}

static void free_chain(void *value)
{
	struct span *s = value;

	while (s) {
		struct span *outer = s->outer;

		free(s);
		s = outer;
	}
}

void rill_spans_end_all(struct rill_model *model)
{
	model->begins_unended += model->spans_open;
	model->spans_open = 0;
	rill_table_free(&model->span_table, free_chain);
}

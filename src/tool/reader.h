/* SPDX-License-Identifier: MIT
 * reader.h - reads a trace in Chrome JSON, one event at a time, whoever wrote it and wherever it
 * was cut.
 *
 *     [ ev, ev, ...            the array form: the closing bracket and a last comma are optional
 *     {"traceEvents":[ ... ]}  the object form, other members before or behind
 *     ev ev ...                events alone, one per line or one after the other
 *
 * Memory is bounded by RILL_READER_EVENT_MAX, whatever the file's size. What is damaged in the
 * middle is passed over, up to the next whole event, and counted; an event that is cut by the end
 * of the file is counted in `torn_bytes`.
 */
#ifndef RILL_TOOL_READER_H
#define RILL_TOOL_READER_H

#include "input.h"

enum {
	RILL_READER_EVENT_MAX = 16 << 20,  /* a longer event counts as damage */
	RILL_READER_MEMBERS_MAX = 16 << 20 /* other members of the object form, all together */
};

struct rill_reader_ops {
	/* One event: a JSON object by its structure. False: it is not valid after all, count it
	 * as damage. */
	bool (*event)(void *ctx, const char *text, size_t size);
	/* `"key":value` of the object form, other than traceEvents. NULL: not wanted. */
	bool (*member)(void *ctx, const char *text, size_t size);
};

struct rill_reader_result {
	uint64_t bytes; /* read */
	uint64_t events;
	uint64_t damaged; /* stretches passed over */
	uint64_t damaged_bytes;
	uint64_t damaged_at;      /* offset of the first */
	uint64_t torn_bytes;      /* of the event at the end of a cut file */
	uint64_t members_dropped; /* of the object form: cut, damaged or too large */
	bool object_form;
	bool closed; /* the end of the trace was there */
};

/* Reads the input up to its end. 0 or a negative errno: it cannot be read on. What is there before
 * the first event of an input that was joined in the middle counts as damage. */
int rill_reader_run(struct rill_input *input, const struct rill_reader_ops *ops, void *ctx,
		    struct rill_reader_result *result);

#endif

/* SPDX-License-Identifier: MIT
 * model_take.h - one event as the model takes it, shared by the files model*.c and by nobody else.
 *
 *     model_json.c    from an object of JSON
 *     model_event.c   from an event of the tool's stream
 *     model.c         to its row and its thread
 */
#ifndef RILL_TOOL_MODEL_TAKE_H
#define RILL_TOOL_MODEL_TAKE_H

#include "model.h"

enum { RILL_MODEL_TEXT_MAX = 400 }; /* longer texts are cut */

struct rill_model_fields {
	char phase;
	const char *category, *name, *id;
	bool has_ts, has_duration, local_id;
	int64_t ts, duration, pid, tid;
	struct rill_row **row; /* a place where the row of such events is kept; NULL: none */
};

struct rill_lane *rill_model_lane(struct rill_model *model, int64_t pid, int64_t tid);
/* An event of the program's. True: it is a counter, whose series follow. */
bool rill_model_take(struct rill_model *model, const struct rill_model_fields *fields);
void rill_model_series(struct rill_model *model, const struct rill_model_fields *fields,
		       const char *key, double number);

#endif

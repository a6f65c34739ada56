/* SPDX-License-Identifier: MIT
 * model_read.h - a model of all that is in files, whatever they hold.
 */
#ifndef RILL_TOOL_MODEL_READ_H
#define RILL_TOOL_MODEL_READ_H

#include "control/filter.h"
#include "intake.h"
#include "model.h"

/* Zeroed: empty. */
struct rill_model_taker {
	struct rill_model model;
	struct json_tokener *tokener;
};

/* Adds what comes from the input, to its end: what the filter wants (NULL: all). 0, or an exit code after a message. */
int rill_model_take_in(struct rill_model_taker *taker, struct rill_input *input, const struct rill_filter *filter,
		       struct rill_intake_result *result);
/* Adds what the file holds. 0, or an exit code after a message. */
int rill_model_read(struct rill_model_taker *taker, const char *path,
		    struct rill_intake_result *result);
void rill_model_taker_free(struct rill_model_taker *taker);

#endif

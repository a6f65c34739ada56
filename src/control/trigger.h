/* SPDX-License-Identifier: MIT
 * trigger.h - triggers of a flight session as text, for the library and the tool.
 *
 *     scope>TIME:EVENT            a scope that has taken longer; TIME in us, ms or s
 *     count=N:EVENT               the Nth such event, and each Nth behind it; a scope counts once
 *     counter>N:EVENT             a number among its arguments comes above N, where it was not before
 *     counter.ARG>N:EVENT         that argument
 *     loss                        any session has lost events
 *
 * EVENT is NAME or CATEGORY/NAME, with wildcards (pattern.h); without a category it is any that is on by default. Triggers are separated
 * by commas; a comma in a name can be written as ?.
 */
#ifndef RILL_CONTROL_TRIGGER_H
#define RILL_CONTROL_TRIGGER_H

#include "control/filter.h"

#include <stddef.h>
#include <stdint.h>

enum { RILL_TRIGGERS_MAX = 16 };

enum rill_trigger_kind { RILL_TRIGGER_SCOPE, RILL_TRIGGER_COUNT, RILL_TRIGGER_COUNTER, RILL_TRIGGER_LOSS };

struct rill_trigger_text {
	enum rill_trigger_kind kind;
	int64_t limit;		/* ns, events, or a value */
	char *text;		/* as it was given */
	char *argument;		/* of a counter; NULL: any */
	struct rill_filter *filter;	/* the events that it looks at */
};

/* 0, or a negative errno with rill_error(); on failure there is nothing to free. */
int rill_triggers_parse(const char *text, struct rill_trigger_text triggers[RILL_TRIGGERS_MAX], size_t *count);
void rill_trigger_text_free(struct rill_trigger_text *trigger);

#endif

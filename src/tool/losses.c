/* SPDX-License-Identifier: MIT
 * losses.c - reads what rill wrote into a trace about the events it had to drop.
 *
 * Two sources: a gap, at the place and on the thread where events are missing (instant "events
 * lost" of category "rill", with count and cause), and the summary at the end of a session
 * (metadata "rill_summary"). The summary is exact; a trace without an end only has the gaps.
 */
#include "model.h"

#include <stdio.h>
#include <string.h>

static uint64_t number_of(struct json_object *args, const char *key)
{
	struct json_object *value;
	int64_t number;

	if (!json_object_object_get_ex(args, key, &value))
		return 0;
	number = json_object_get_int64(value);
	return number > 0 ? (uint64_t)number : 0;
}

static void count_cause(struct rill_cause_count *causes, const char *name, uint64_t count)
{
	for (unsigned i = 0; count && i < RILL_CAUSES_MAX; i++) {
		if (!causes[i].name[0])
			snprintf(causes[i].name, sizeof causes[i].name, "%s", name);
		if (!strncmp(causes[i].name, name, sizeof causes[i].name - 1)) {
			causes[i].count += count;
			return;
		}
	}
}

void rill_loss_count(struct rill_losses *l, const char *cause, uint64_t count)
{
	l->gaps++;
	l->gap_lost += count;
	if (count > l->gap_largest)
		l->gap_largest = count;
	if (cause)
		count_cause(l->gap_causes, cause, count);
}

void rill_loss_cause(struct rill_losses *l, const char *cause, uint64_t count)
{
	count_cause(l->causes, cause, count);
}

bool rill_loss_gap(struct rill_losses *l, const char *category, const char *name,
		   struct json_object *args, uint64_t *count)
{
	struct json_object *cause;

	if (strcmp(category, "rill") || strcmp(name, "events lost") ||
	    !json_object_is_type(args, json_type_object))
		return false;
	*count = number_of(args, "count");
	rill_loss_count(l,
			json_object_object_get_ex(args, "cause", &cause) &&
					json_object_is_type(cause, json_type_string)
				? json_object_get_string(cause)
				: NULL,
			*count);
	return true;
}

bool rill_loss_summary(struct rill_losses *l, const char *name, struct json_object *args)
{
	if (strcmp(name, "rill_summary") || !json_object_is_type(args, json_type_object))
		return false;
	l->summaries++;
	l->events += number_of(args, "events");
	l->lost += number_of(args, "lost");
	l->threads += number_of(args, "threads");
	json_object_object_foreach(args, key, value)
	{
		const int64_t number = json_object_is_type(value, json_type_int)
					       ? json_object_get_int64(value)
					       : 0;

		if (number > 0 && strcmp(key, "events") && strcmp(key, "lost") &&
		    strcmp(key, "threads"))
			count_cause(l->causes, key, (uint64_t)number);
	}
	return true;
}

uint64_t rill_model_recorded(const struct rill_model *m)
{
	return m->complete && m->losses.events > m->events ? m->losses.events : 0;
}

uint64_t rill_model_lost(const struct rill_model *m)
{
	/* After a rotation or a crash the summary may be in a file that was not given: then the
	 * gaps say more. */
	return m->losses.lost > m->losses.gap_lost ? m->losses.lost : m->losses.gap_lost;
}

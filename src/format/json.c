/* SPDX-License-Identifier: MIT
 * json.c - which form an event takes as Chrome JSON.
 */
#include "format/json.h"

#include "format/json_line.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t power_of_two_from(uint32_t least)
{
	uint32_t power = 1;

	while (power < least && power < UINT32_C(1) << 16)
		power <<= 1;
	return power;
}

int rill_json_init(struct rill_json *json, const struct rill_json_options *options)
{
	*json = (struct rill_json){ .options = *options };
	if (!json->options.sites_max)
		json->options.sites_max = RILL_JSON_SITES;
	json->options.sites_max = power_of_two_from(json->options.sites_max);
	if (!json->options.open_max)
		json->options.open_max = RILL_JSON_OPEN;
	json->sites = rill_json_sites(json->options.sites_max);
	if (!json->sites || rill_json_slices_init(json)) {
		rill_json_exit(json);
		return -ENOMEM;
	}
	return 0;
}

void rill_json_exit(struct rill_json *json)
{
	free(json->sites);
	free(json->slices);
	json->sites = NULL;
	json->slices = NULL;
}

static bool is_scope(const struct rill_event *event, char phase)
{
	return event->phase == phase && event->state & RILL_EVENT_SCOPE;
}

size_t rill_json_event_max(struct rill_json *json, const struct rill_event *event)
{
	size_t size = rill_json_line_max(json, event);

	if (is_scope(event, 'E'))
		size += rill_json_slices_end_max(json, event);
	return size;
}

/* From the begin that the event carries to its own time. */
static char *whole_slice(struct rill_json *json, const struct rill_event *event, char *to)
{
	const struct rill_json_time begin = rill_json_time_of_ns(json, event->begin_ns);
	const struct rill_json_time end = rill_json_time_of_event(json, event);
	const struct rill_json_time dur = rill_json_time_between(begin, end);
	const struct rill_json_form form = { .phase = 'X', .ts = &begin, .dur = &dur };

	return rill_json_line(json, event, &form, to, NULL);
}

static bool has_number(const struct rill_event *event, char *scratch)
{
	for (unsigned i = 0; i < event->nargs; i++)
		if (rill_json_put_number(scratch, &event->args[i]))
			return true;
	return false;
}

char *rill_json_event(struct rill_json *json, const struct rill_event *event, char *to)
{
	struct rill_json_form form = { .phase = event->phase };
	bool done = false;

	if (json->options.slices) {
		if (is_scope(event, 'B'))
			done = rill_json_slices_begin(json, event, to);
		else if (is_scope(event, 'E'))
			to = rill_json_slices_end(json, event, to, &done);
		if (done)
			return to;
	} else if (is_scope(event, 'B')) {
		rill_json_nest_begin(json, event);
	} else if (is_scope(event, 'E')) {
		to = rill_json_nest_end(json, event, to);
	}
	if (event->state & RILL_EVENT_HAS_BEGIN &&
	    (event->phase == 'X' || (event->phase == 'E' && event->state & RILL_EVENT_BEGIN_LOST)))
		return whole_slice(json, event, to);
	if (event->phase == 'C') {
		/* `to` serves as scratch: there is room for all values. */
		form.numbers_only = has_number(event, to);
		if (!form.numbers_only) {
			form.phase = 'I';
			json->series_refused += event->nargs;
		}
	}
	return rill_json_line(json, event, &form, to, NULL);
}

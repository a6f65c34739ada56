/* SPDX-License-Identifier: MIT
 * options.c - what a session is to record, out of its options: a filter, or a trace configuration as Chromium writes it.
 */
#include "control/session_private.h"
#include "control/trace_config.h"
#include "port/port.h"

#include <errno.h>
#include <unistd.h>

/* Says what of the configuration is understood but not done, so that nobody takes the trace for something it is not. */
static void warn_of(const struct rill_trace_config *config)
{
	if (config->record_mode != RILL_RECORD_UNTIL_FULL)
		rill_warn("the trace config's record mode '%s' is taken as 'record-until-full': a stream has no end to be full at",
			  rill_record_mode_names[config->record_mode]);
	if (config->argument_filter)
		rill_warn("the trace config's argument filter is not applied: the trace holds every argument as it was given");
}

static int by_config(struct rill_session *s, const char *text, enum rill_match match)
{
	struct rill_trace_config *config = NULL;
	int error = rill_trace_config_from_json(text, match, &config);

	if (error < 0 || !RILL_ON(CONFIG_RILL_TRACE_CONFIG_JSON))
		return error;
	if (error > 0)
		rill_warn("%s", rill_error());
	warn_of(config);
	s->excluded = !rill_trace_config_wants_pid(config, (int32_t)getpid());
	error = rill_trace_config_filter(config, &s->filter);
	rill_trace_config_free(config);
	return error;
}

int rill_session_set_filter(struct rill_session *s, const struct rill_session_options *o)
{
	int error;

	if (o->trace_config && o->filter)
		return rill_fail(EINVAL, "both a filter and a trace config are given: one of them");
	error = o->trace_config ? by_config(s, o->trace_config, o->match) : rill_filter_parse(o->filter, o->match, &s->filter);
	if (!error && o->events)
		error = rill_filter_set_events(s->filter, o->events);
	return error;
}

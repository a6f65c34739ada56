/* SPDX-License-Identifier: MIT
 * trace_config.h - a trace configuration as Chromium's TraceConfig and V8's d8 know it.
 *
 * It comes from two old-style strings (categories, options) or from JSON, and goes back to
 * either form. It is plain data; what a session needs of it is a filter
 * (rill_trace_config_filter()) and the fields below.
 *
 * With RILL_MATCH_CHROMIUM all fields count. With RILL_MATCH_EXACT it is V8's: record_mode,
 * enable_systrace, enable_argument_filter and included_categories, whose names are exact; the
 * other keys are ignored.
 *
 * Functions return 0 or a negative errno, unless they say otherwise: -ENOMEM, -EINVAL; on
 * failure *out is NULL.
 */
#ifndef RILL_CONTROL_TRACE_CONFIG_H
#define RILL_CONTROL_TRACE_CONFIG_H

#include "control/filter.h"
#include "control/names.h"

#include <rill/session.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rill_record_mode {
	RILL_RECORD_UNTIL_FULL,
	RILL_RECORD_CONTINUOUSLY,
	RILL_RECORD_AS_MUCH_AS_POSSIBLE,
	RILL_RECORD_TO_CONSOLE,
	RILL_RECORD_MODES
};

/* In the order in which the JSON lists them. */
enum rill_dump_mode { RILL_DUMP_BACKGROUND, RILL_DUMP_LIGHT, RILL_DUMP_DETAILED, RILL_DUMP_MODES };
enum rill_dump_type { RILL_DUMP_PERIODIC_INTERVAL, RILL_DUMP_PEAK_MEMORY_USAGE, RILL_DUMP_TYPES };

enum { RILL_BREAKDOWN_THRESHOLD_BYTES = 1024 };	/* when the configuration names none */

struct rill_dump_trigger {
	enum rill_dump_type type;
	enum rill_dump_mode mode;
	uint32_t min_time_between_ms;	/* at least 1 */
};

/* Only in force, and only in the JSON, when the category disabled-by-default-memory-infra is
 * enabled. */
struct rill_memory_dump {
	unsigned modes;			/* bit 1 << enum rill_dump_mode: allowed */
	struct rill_dump_trigger *triggers;
	size_t trigger_count;
	uint32_t breakdown_threshold_bytes;
};

/* Names sorted into lists as in filter.h. */
struct rill_category_lists {
	struct rill_names included, disabled, excluded;
};

struct rill_event_filter {
	char *predicate;
	struct rill_category_lists categories;
	char *args;			/* the JSON object filter_args, keys sorted; NULL: empty */
	struct rill_names allowed;	/* event_name_allowlist out of args */
	bool has_allowed;		/* there is such a list, even if empty */
};

struct rill_trace_config {
	enum rill_match match;
	enum rill_record_mode record_mode;
	uint64_t buffer_events, buffer_kb;	/* 0: the platform's default */
	bool systrace, argument_filter, package_name_filter;
	struct rill_names systrace_events;	/* only with systrace; empty: all; each once */
	struct rill_category_lists categories;
	int32_t *pids;				/* ascending, each once */
	size_t pid_count;			/* 0: every process */
	struct rill_memory_dump memory_dump;
	struct rill_event_filter *event_filters;
	size_t event_filter_count;
	struct rill_names histogram_names;	/* each once */
};

/* ---- making ---------------------------------------------------------------------------------- */

/* Nothing set: record until full, no category named (so all, or with RILL_MATCH_EXACT none). */
int rill_trace_config_new(enum rill_match match, struct rill_trace_config **out);

/* What a tool uses when it is told nothing: as new, but V8's enables the category "v8". */
int rill_trace_config_default(enum rill_match match, struct rill_trace_config **out);

/* Chromium's old form: a filter text, and options like
 * "record-continuously,enable-systrace=power timer:tick_stop, enable-argument-filter". Of
 * several modes the last counts; unknown words are ignored. NULL is "". -EINVAL: the filter
 * text is wrong. */
int rill_trace_config_from_strings(const char *categories, const char *options,
				   struct rill_trace_config **out);

/* From JSON. A field of a wrong type or value is ignored, an unknown key too; keys and modes
 * may be spelled as in the DevTools protocol (recordMode, "recordUntilFull"). What is no JSON
 * object gives the default configuration: then the return value is 1 and rill_error() says what
 * is wrong with the text. -ENOTSUP: built without JSON. */
int rill_trace_config_from_json(const char *text, enum rill_match match,
				struct rill_trace_config **out);

void rill_trace_config_free(struct rill_trace_config *config);	/* NULL is allowed */

/* ---- changing -------------------------------------------------------------------------------- */

/* Adds one category, sorted into its list (RILL_MATCH_CHROMIUM). */
int rill_trace_config_include(struct rill_trace_config *config, const char *category);

/* Adds what `more` wants to config. Included categories and processes stay only if both name
 * some; modes, flags and buffer sizes stay config's, as they cannot change while it records:
 * returns 1 when `more` has others. */
int rill_trace_config_merge(struct rill_trace_config *config, const struct rill_trace_config *more);

/* ---- asking ---------------------------------------------------------------------------------- */

/* The filter: categories and event_filters. -EINVAL: a pattern is too long. */
int rill_trace_config_filter(const struct rill_trace_config *config, struct rill_filter **out);

bool rill_trace_config_wants_pid(const struct rill_trace_config *config, int32_t pid);

/* Is the category enabled by name (an empty list enables none here)? */
bool rill_trace_config_names(const struct rill_trace_config *config, const char *category);

/* The JSON text: keys sorted, no blanks, unset fields left out. The caller frees *text. */
int rill_trace_config_json(const struct rill_trace_config *config, char **text);

/* The options in their old form. The caller frees *text. */
int rill_trace_config_options(const struct rill_trace_config *config, char **text);

/* ---- names of modes, shared by both forms ---------------------------------------------------- */

/* By value; also the reverse, which accepts the DevTools spelling. False: no such name. */
extern const char *const rill_record_mode_names[RILL_RECORD_MODES];
extern const char *const rill_dump_mode_names[RILL_DUMP_MODES];
extern const char *const rill_dump_type_names[RILL_DUMP_TYPES];
bool rill_record_mode_by_name(const char *name, enum rill_record_mode *mode);

/* "traceBufferSizeInKb" to "trace_buffer_size_in_kb" (with '_') or "recordUntilFull" to
 * "record-until-full" (with '-'); a text without capitals stays as it is. False: it does not
 * fit in size. */
bool rill_from_camel_case(const char *camel, char separator, char *text, size_t size);

/* ---- for the JSON reader --------------------------------------------------------------------- */

#define RILL_MEMORY_INFRA RILL_DISABLED_BY_DEFAULT "memory-infra"

/* Adds a name to the list its beginning asks for. */
int rill_category_lists_include(struct rill_category_lists *lists, const char *name, size_t length);

int rill_trace_config_add_pid(struct rill_trace_config *config, int32_t pid);
int rill_memory_dump_add_trigger(struct rill_memory_dump *dump,
				 const struct rill_dump_trigger *trigger);

/* Takes over the contents of *filter, also on failure. */
int rill_trace_config_add_event_filter(struct rill_trace_config *config,
				       struct rill_event_filter *filter);
void rill_event_filter_clear(struct rill_event_filter *filter);

#endif

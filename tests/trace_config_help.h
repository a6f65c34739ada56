/* SPDX-License-Identifier: MIT
 * trace_config_help.h - what the tests of trace configurations share.
 */
#ifndef RILL_TEST_TRACE_CONFIG_HELP_H
#define RILL_TEST_TRACE_CONFIG_HELP_H

#include "test.h"

#include "control/trace_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON in these tests is written with single quotes; json() makes double ones of them. */
#define JSON_HEAD \
	"{'enable_argument_filter':false,'enable_package_name_filter':false," \
	"'enable_systrace':false,"
#define JSON_MODE "'record_mode':'record-until-full'"

#define DEFAULT_JSON JSON_HEAD JSON_MODE "}"
/* The default with one more field before record_mode, or behind it. */
#define JSON_WITH(field) JSON_HEAD field "," JSON_MODE "}"
#define JSON_ENDING(field) JSON_HEAD JSON_MODE "," field "}"

/* The caller frees it. */
static inline char *json(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static inline struct rill_trace_config *from_json_as(const char *text, enum rill_match match,
						     int expected)
{
	struct rill_trace_config *config;
	char *quoted = json(text);
	int err = rill_trace_config_from_json(quoted, match, &config);

	free(quoted);
	CU_ASSERT_EQUAL_FATAL(err, expected);
	return config;
}

static inline struct rill_trace_config *from_json(const char *text)
{
	return from_json_as(text, RILL_MATCH_CHROMIUM, 0);
}

static inline struct rill_trace_config *from_strings(const char *categories, const char *options)
{
	struct rill_trace_config *config;

	CU_ASSERT_EQUAL_FATAL(rill_trace_config_from_strings(categories, options, &config), 0);
	return config;
}

/* Is this the config's text? */
static inline bool gives(const struct rill_trace_config *config, const char *expected,
			 int (*write)(const struct rill_trace_config *config, char **text))
{
	char *text, *quoted = json(expected);
	bool same;

	CU_ASSERT_EQUAL_FATAL(write(config, &text), 0);
	same = strcmp(text, quoted) == 0;
	if (!same)
		fprintf(stderr, "got      %s\nexpected %s\n", text, quoted);
	free(text);
	free(quoted);
	return same;
}

static inline bool json_becomes(const char *json, const char *expected)
{
	struct rill_trace_config *config = from_json(json);
	bool same = gives(config, expected, rill_trace_config_json);

	rill_trace_config_free(config);
	return same;
}

static inline bool options_become(const char *options, const char *expected)
{
	struct rill_trace_config *config = from_strings("", options);
	bool same = gives(config, expected, rill_trace_config_options);

	rill_trace_config_free(config);
	return same;
}

static inline bool is_filter(const struct rill_trace_config *config, const char *expected)
{
	struct rill_filter *filter;
	char text[512];

	CU_ASSERT_EQUAL_FATAL(rill_trace_config_filter(config, &filter), 0);
	rill_filter_text(filter, text, sizeof(text));
	rill_filter_free(filter);
	return strcmp(text, expected) == 0;
}

static inline bool on(const struct rill_trace_config *config, const char *group)
{
	struct rill_filter *filter;
	bool is_on;

	CU_ASSERT_EQUAL_FATAL(rill_trace_config_filter(config, &filter), 0);
	is_on = rill_filter_group(filter, group);
	rill_filter_free(filter);
	return is_on;
}

static inline bool behaves_as_default(const struct rill_trace_config *config)
{
	return config->record_mode == RILL_RECORD_UNTIL_FULL && !config->systrace &&
	       !config->argument_filter && !config->package_name_filter &&
	       on(config, "Category1") && on(config, "Category1,disabled-by-default-cc") &&
	       !on(config, "disabled-by-default-cc") &&
	       !on(config, "disabled-by-default-cc,disabled-by-default-cc2") &&
	       rill_trace_config_wants_pid(config, 1);
}

#endif

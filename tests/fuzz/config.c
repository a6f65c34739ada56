/* SPDX-License-Identifier: MIT
 * config.c - fuzz target: trace configurations, from JSON and from the two texts of old. What was understood is
 * written as JSON that is understood the same.
 */
#include "control/trace_config.h"
#include "tests/fuzz/fuzz.h"

static void same_when_read_again(const struct rill_trace_config *config)
{
	struct rill_trace_config *again = NULL;
	char *text, *text_again;

	MUST(rill_trace_config_json(config, &text) == 0);
	MUST(rill_trace_config_from_json(text, config->match, &again) == 0);
	MUST(rill_trace_config_json(again, &text_again) == 0);
	MUST(!strcmp(text, text_again));
	free(text_again);
	free(text);
	rill_trace_config_free(again);
}

static void use(struct rill_trace_config *config)
{
	struct rill_trace_config *other = NULL;
	struct rill_filter *filter = NULL;
	char *options;

	same_when_read_again(config);
	if (rill_trace_config_filter(config, &filter) == 0) {
		rill_filter_group(filter, "net,disabled-by-default-x");
		rill_filter_wants(filter, "net", "rx");
		rill_filter_has_rule(filter, "net");
		rill_filter_free(filter);
	}
	rill_trace_config_wants_pid(config, 1);
	rill_trace_config_names(config, "net");
	if (config->match != RILL_MATCH_CHROMIUM)
		return;
	MUST(rill_trace_config_options(config, &options) == 0);
	MUST(rill_trace_config_from_strings("net,-x", options, &other) == 0);
	MUST(rill_trace_config_merge(other, config) >= 0);
	same_when_read_again(other);
	rill_trace_config_free(other);
	free(options);
}

static void from_json(const char *text, enum rill_match match)
{
	struct rill_trace_config *config = NULL;

	MUST(rill_trace_config_from_json(text, match, &config) >= 0);
	MUST(config);
	use(config);
	rill_trace_config_free(config);
}

/* A line of categories, the rest are options. */
static void from_strings(char *text)
{
	struct rill_trace_config *config = NULL;
	char *const options = strchr(text, '\n');

	if (options)
		*options = '\0';
	if (rill_trace_config_from_strings(text, options ? options + 1 : NULL, &config) == 0)
		use(config);
	rill_trace_config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *const text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	from_json(text, RILL_MATCH_CHROMIUM);
	from_json(text, RILL_MATCH_EXACT);
	from_strings(text);
	free(text);
	return 0;
}

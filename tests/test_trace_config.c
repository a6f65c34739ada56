/* SPDX-License-Identifier: MIT
 * test_trace_config.c - trace configurations: V8's kind, event filters, option strings, merging.
 */
#include "trace_config_help.h"

#include <errno.h>

/* ---- V8's kind ------------------------------------------------------------------------------- */

static void TC_1_a_new_config_records_until_full_and_matches_nothing(void)
{
	struct rill_trace_config *config;

	CU_ASSERT_EQUAL_FATAL(rill_trace_config_new(RILL_MATCH_EXACT, &config), 0);
	CU_ASSERT_EQUAL(config->record_mode, RILL_RECORD_UNTIL_FULL);
	CU_ASSERT(!config->systrace);
	CU_ASSERT(!config->argument_filter);
	CU_ASSERT(!on(config, "v8"));
	CU_ASSERT(!on(config, "foo"));
	CU_ASSERT(on(config, "__metadata"));
	rill_trace_config_free(config);
}

static void TC_2_the_default_config_enables_v8_alone(void)
{
	struct rill_trace_config *config;

	CU_ASSERT_EQUAL_FATAL(rill_trace_config_default(RILL_MATCH_EXACT, &config), 0);
	CU_ASSERT(on(config, "v8"));
	CU_ASSERT(on(config, "x,v8"));
	CU_ASSERT(!on(config, "v8.x"));
	CU_ASSERT(!on(config, "foo"));
	rill_trace_config_free(config);
	CU_ASSERT_EQUAL_FATAL(rill_trace_config_default(RILL_MATCH_CHROMIUM, &config), 0);
	CU_ASSERT(behaves_as_default(config));
	rill_trace_config_free(config);
}

static void TC_3_categories_are_added_one_by_one(void)
{
	struct rill_trace_config *config;

	CU_ASSERT_EQUAL_FATAL(rill_trace_config_new(RILL_MATCH_EXACT, &config), 0);
	CU_ASSERT_EQUAL(rill_trace_config_include(config, "v8"), 0);
	CU_ASSERT_EQUAL(rill_trace_config_include(config, "disabled-by-default-v8.runtime"), 0);
	CU_ASSERT(on(config, "v8"));
	CU_ASSERT(!on(config, "v8.cpu_profile"));
	CU_ASSERT(on(config, "disabled-by-default-v8.runtime"));
	CU_ASSERT(on(config, "v8,v8.cpu_profile"));
	CU_ASSERT(on(config, "v8,disabled-by-default-v8.runtime"));
	CU_ASSERT(!on(config, "v8_cpu_profile"));
	rill_trace_config_free(config);
}

/* ---- event filters --------------------------------------------------------------------------- */

static void CJ_10_an_allow_list_filters_matching_categories_only(void)
{
	struct rill_trace_config *config = from_json(
		"{'event_filters':[{'filter_predicate':'event_whitelist_predicate',"
		"'included_categories':['net*','disabled-by-default-n'],"
		"'excluded_categories':['net.raw'],"
		"'filter_args':{'event_name_allowlist':['open',4,'close']}}]}");
	struct rill_filter *filter;

	CU_ASSERT_EQUAL_FATAL(config->event_filter_count, 1);
	CU_ASSERT_STRING_EQUAL(config->event_filters[0].predicate, "event_whitelist_predicate");
	CU_ASSERT_EQUAL(config->event_filters[0].allowed.count, 2);
	CU_ASSERT_EQUAL_FATAL(rill_trace_config_filter(config, &filter), 0);
	CU_ASSERT(rill_filter_has_rule(filter, "net"));
	CU_ASSERT(rill_filter_has_rule(filter, "net.rx,disk"));
	CU_ASSERT(rill_filter_has_rule(filter, "disabled-by-default-n"));
	CU_ASSERT(!rill_filter_has_rule(filter, "disk"));
	CU_ASSERT(rill_filter_wants(filter, "net", "open"));
	CU_ASSERT(rill_filter_wants(filter, "net", "close"));
	CU_ASSERT(!rill_filter_wants(filter, "net", "read"));
	CU_ASSERT(rill_filter_wants(filter, "disk", "read"));
	CU_ASSERT(!rill_filter_wants(filter, "disabled-by-default-n", "open"));
	rill_filter_free(filter);
	rill_trace_config_free(config);
}

static void CJ_11_other_event_filters_are_kept_and_filter_nothing(void)
{
	static const char text[] =
		JSON_WITH("'event_filters':[{'filter_predicate':'heap_profiler_predicate'},"
			  "{'excluded_categories':['a'],'filter_predicate':'other',"
			  "'included_categories':['b','disabled-by-default-c']}]");
	struct rill_trace_config *config = from_json(text);
	struct rill_filter *filter;

	CU_ASSERT(gives(config, text, rill_trace_config_json));
	CU_ASSERT_EQUAL_FATAL(rill_trace_config_filter(config, &filter), 0);
	CU_ASSERT(!rill_filter_has_events(filter));
	CU_ASSERT(rill_filter_wants(filter, "b", "anything"));
	rill_filter_free(filter);
	rill_trace_config_free(config);
	CU_ASSERT(json_becomes(
		"{'event_filters':[1,{},{'filter_predicate':1},{'included_categories':['a']}]}",
		DEFAULT_JSON));
	CU_ASSERT(json_becomes("{'event_filters':{'filter_predicate':'p'}}", DEFAULT_JSON));
	CU_ASSERT(json_becomes("{'event_filters':[{'filter_predicate':'p','filter_args':{}}]}",
			       JSON_WITH("'event_filters':[{'filter_predicate':'p'}]")));
}

static void CJ_11_several_allow_lists_add_up(void)
{
	struct rill_trace_config *config = from_json(
		"{'event_filters':[{'filter_predicate':'event_whitelist_predicate','filter_args':{"
		"'event_name_allowlist':['a']}},{'filter_predicate':'event_whitelist_predicate',"
		"'filter_args':{'event_name_whitelist':['b']},'included_categories':['net']}]}");
	struct rill_filter *filter;

	CU_ASSERT_EQUAL_FATAL(rill_trace_config_filter(config, &filter), 0);
	CU_ASSERT(rill_filter_wants(filter, "net", "a"));
	CU_ASSERT(rill_filter_wants(filter, "net", "b"));
	CU_ASSERT(!rill_filter_wants(filter, "net", "c"));
	CU_ASSERT(rill_filter_wants(filter, "disk", "a"));
	CU_ASSERT(!rill_filter_wants(filter, "disk", "b"));
	rill_filter_free(filter);
	rill_trace_config_free(config);
}

/* ---- options --------------------------------------------------------------------------------- */

static void CJ_12_options_are_a_mode_and_flags_and_junk_is_ignored(void)
{
	struct rill_trace_config *config =
		from_strings("", "record-continuously,enable-systrace,enable-argument-filter,junk");

	CU_ASSERT_EQUAL(config->record_mode, RILL_RECORD_CONTINUOUSLY);
	CU_ASSERT(config->systrace);
	CU_ASSERT(config->argument_filter);
	CU_ASSERT(!config->package_name_filter);
	rill_trace_config_free(config);
	CU_ASSERT(options_become("", "record-until-full"));
	CU_ASSERT(options_become("foo-bar-baz", "record-until-full"));
	CU_ASSERT(options_become("foo-bar-baz, enable-systrace",
				 "record-until-full,enable-systrace"));
	CU_ASSERT(options_become("enable-systrace, ,trace-to-console  ",
				 "trace-to-console,enable-systrace"));
	CU_ASSERT(options_become("enable-argument-filter,record-as-much-as-possible",
				 "record-as-much-as-possible,enable-argument-filter"));
	CU_ASSERT(options_become("RECORD-CONTINUOUSLY,recordContinuously,record-continuously2",
				 "record-until-full"));
}

static void CJ_13_of_several_modes_the_last_counts(void)
{
	CU_ASSERT(options_become("record-until-full,record-continuously", "record-continuously"));
	CU_ASSERT(options_become("record-continuously,record-until-full", "record-until-full"));
	CU_ASSERT(options_become("record-continuously, record-until-full, trace-to-console",
				 "trace-to-console"));
}

static void CJ_14_systrace_takes_a_list_of_events(void)
{
	struct rill_trace_config *config =
		from_strings(NULL, "enable-systrace=power timer:tick_stop  power,x");

	CU_ASSERT_EQUAL(config->systrace_events.count, 2);
	CU_ASSERT(rill_names_have(&config->systrace_events, "power", 5));
	CU_ASSERT(rill_names_have(&config->systrace_events, "timer:tick_stop", 15));
	rill_trace_config_free(config);
	CU_ASSERT(options_become(
		"enable-systrace=power timer:x,enable-argument-filter",
		"record-until-full,enable-systrace=power timer:x,enable-argument-filter"));
	CU_ASSERT(options_become(" enable-systrace = a ", "record-until-full,enable-systrace=a"));
	CU_ASSERT(options_become("enable-systrace=", "record-until-full,enable-systrace"));
	CU_ASSERT(options_become("enable-systraces", "record-until-full"));
	CU_ASSERT(options_become("enable-systrace power", "record-until-full"));
}

/* As in JSON, where what cannot be told apart would be one. */
static void names_of_systrace_events_are_utf_8(void)
{
	struct rill_trace_config *config = from_strings(NULL, "enable-systrace=a\xcf" "b a\xcd" "b \xc3\xa4 \xff");

	CU_ASSERT_EQUAL(config->systrace_events.count, 3);
	CU_ASSERT(rill_names_have(&config->systrace_events, "a\xef\xbf\xbd" "b", 5));
	CU_ASSERT(rill_names_have(&config->systrace_events, "\xc3\xa4", 2));
	CU_ASSERT(rill_names_have(&config->systrace_events, "\xef\xbf\xbd", 3));
	rill_trace_config_free(config);
}

static void categories_and_options_together(void)
{
	struct rill_trace_config *config =
		from_strings(" included , -excluded, inc_pattern*, ,-exc_pattern*   ",
			     "enable-systrace, ,trace-to-console  ");

	CU_ASSERT(is_filter(config, "included,inc_pattern*,-excluded,-exc_pattern*"));
	CU_ASSERT(gives(config, "trace-to-console,enable-systrace", rill_trace_config_options));
	rill_trace_config_free(config);
	config = (struct rill_trace_config *)&config;
	CU_ASSERT_EQUAL(rill_trace_config_from_strings("a,-", "", &config), -EINVAL);
	CU_ASSERT_PTR_NULL(config);
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "name 2"));
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void CJ_16_the_trace_config_of_d8(void)
{
	struct rill_trace_config *config = from_json_as(
		"{'record_mode':'record-continuously','included_categories':['v8',"
		"'disabled-by-default-v8.*','*'],"
		"'enable_argument_filter':true,'enable_systrace':true,"
		"'excluded_categories':['v8'],'unknown':{}}",
		RILL_MATCH_EXACT, 0);

	CU_ASSERT_EQUAL(config->record_mode, RILL_RECORD_CONTINUOUSLY);
	CU_ASSERT(config->argument_filter);
	CU_ASSERT(config->systrace);
	CU_ASSERT(on(config, "v8"));
	CU_ASSERT(on(config, "a,v8"));
	CU_ASSERT(!on(config, "v8.x"));
	CU_ASSERT(!on(config, "disabled-by-default-v8.gc"));
	CU_ASSERT(on(config, "disabled-by-default-v8.*"));
	rill_trace_config_free(config);
	config = from_json_as("{}", RILL_MATCH_EXACT, 0);
	CU_ASSERT(!on(config, "v8"));
	rill_trace_config_free(config);
	config = from_json_as("not json", RILL_MATCH_EXACT, 1);
	CU_ASSERT(on(config, "v8"));
	rill_trace_config_free(config);
}

static void camel_case_is_converted_within_bounds(void)
{
	char text[8];

	CU_ASSERT(rill_from_camel_case("aBcD", '_', text, sizeof(text)));
	CU_ASSERT_STRING_EQUAL(text, "a_bc_d");
	CU_ASSERT(rill_from_camel_case("", '_', text, sizeof(text)));
	CU_ASSERT_STRING_EQUAL(text, "");
	CU_ASSERT(!rill_from_camel_case("ABCD", '_', text, sizeof(text)));
	CU_ASSERT(!rill_from_camel_case("", '_', text, 0));
}

static void merging_keeps_the_first_recording_and_joins_the_rest(void)
{
	struct rill_trace_config *a = from_strings("", ""),
				 *b = from_strings("included,-excluded,inc_pattern*,-exc_pattern*",
						   "");

	CU_ASSERT_EQUAL(rill_trace_config_merge(a, b), 0);
	CU_ASSERT(gives(a, JSON_WITH("'excluded_categories':['excluded','exc_pattern*']"),
			rill_trace_config_json));
	rill_trace_config_free(a);
	rill_trace_config_free(b);
	a = from_json(
		"{'included_categories':['a'],'included_process_ids':[5],'histogram_names':['h']}");
	b = from_json(
		"{'included_categories':['b','disabled-by-default-memory-infra'],'record_mode':"
		"'record-continuously','included_process_ids':[3,5],'histogram_names':['h','i'],"
		"'event_filters':[{'filter_predicate':'p',"
		"'filter_args':{'event_name_allowlist':['e']}}],"
		"'memory_dump_config':{'triggers':[{'mode':'light','periodic_interval_ms':5}],"
		"'heap_profiler_options':{'breakdown_threshold_bytes':3}}}");
	CU_ASSERT_EQUAL(rill_trace_config_merge(a, b), 1);
	CU_ASSERT(gives(
		a,
		JSON_WITH(
			"'event_filters':[{'filter_args':{'event_name_allowlist':['e']},"
			"'filter_predicate':'p'}],'histogram_names':['h','i'],"
			"'included_categories':['a','b','disabled-by-default-memory-infra'],"
			"'included_process_ids':[3,5],'memory_dump_config':{'allowed_dump_modes':"
			"['background','light','detailed'],'heap_profiler_options':{"
			"'breakdown_threshold_bytes':3},'triggers':[{'min_time_between_dumps_ms':5,"
			"'mode':'light','type':'periodic_interval'}]}"),
		rill_trace_config_json));
	rill_trace_config_free(b);
	b = from_strings("", "");
	CU_ASSERT_EQUAL(rill_trace_config_merge(a, b), 0);
	CU_ASSERT(rill_trace_config_wants_pid(a, 77));
	rill_trace_config_free(b);
	b = from_json_as("{}", RILL_MATCH_EXACT, 0);
	CU_ASSERT_EQUAL(rill_trace_config_merge(a, b), -EINVAL);
	rill_trace_config_free(a);
	rill_trace_config_free(b);
}

static void a_pattern_that_is_too_long_is_named_by_the_filter(void)
{
	struct rill_trace_config *config = from_strings("", "");
	struct rill_filter *filter = (struct rill_filter *)&config;
	char name[2000];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CU_ASSERT_EQUAL(rill_trace_config_include(config, name), 0);
	CU_ASSERT(on(config, name));
	name[0] = '*';
	CU_ASSERT_EQUAL(rill_trace_config_include(config, name), 0);
	CU_ASSERT_EQUAL(rill_trace_config_filter(config, &filter), -EINVAL);
	CU_ASSERT_PTR_NULL(filter);
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "category pattern '*aaa"));
	rill_trace_config_free(config);
}

static const struct test_case cases[] = {
	T(TC_1_a_new_config_records_until_full_and_matches_nothing),
	T(TC_2_the_default_config_enables_v8_alone),
	T(TC_3_categories_are_added_one_by_one),
	T(CJ_10_an_allow_list_filters_matching_categories_only),
	T(CJ_11_other_event_filters_are_kept_and_filter_nothing),
	T(CJ_11_several_allow_lists_add_up),
	T(CJ_12_options_are_a_mode_and_flags_and_junk_is_ignored),
	T(CJ_13_of_several_modes_the_last_counts),
	T(CJ_14_systrace_takes_a_list_of_events),
	T(names_of_systrace_events_are_utf_8),
	T(categories_and_options_together),
	T(CJ_16_the_trace_config_of_d8),
	T(camel_case_is_converted_within_bounds),
	T(merging_keeps_the_first_recording_and_joins_the_rest),
	T(a_pattern_that_is_too_long_is_named_by_the_filter),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("trace_config", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_trace_config_json.c - trace configurations from JSON and to JSON.
 */
#include "trace_config_help.h"

#include <locale.h>

static void CJ_1_the_default_config_as_text(void)
{
	struct rill_trace_config *config;

	CU_ASSERT_EQUAL_FATAL(rill_trace_config_default(RILL_MATCH_CHROMIUM, &config), 0);
	CU_ASSERT(gives(config, DEFAULT_JSON, rill_trace_config_json));
	CU_ASSERT(is_filter(config, ""));
	rill_trace_config_free(config);
	config = from_strings("", "");
	CU_ASSERT(gives(config, DEFAULT_JSON, rill_trace_config_json));
	rill_trace_config_free(config);
}

static void CJ_2_what_is_no_object_gives_the_default_config_and_a_reason(void)
{
	static const char *const bad[] = {
		"arbitrary-string",
		"[]",
		"{",
		"",
		" ",
		"null",
		"1",
		"'x'",
		"true",
		"['This', 'is']",
		"{'record_mode': invalid-value-needs-double-quote}",
		"{'enable_systrace':true} x",
		"{'enable_systrace':true,}",
		"{'enable_systrace':true",
		"{'enable_systrace':true,'a':'\xff'}",
		"{}{}",
		"{'a':NaN}",
		"{'a':1.}",
		"{'a':[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rill_trace_config *config = from_json_as(bad[i], RILL_MATCH_CHROMIUM, 1);

		CU_ASSERT(behaves_as_default(config));
		CU_ASSERT(gives(config, DEFAULT_JSON, rill_trace_config_json));
		CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "trace configuration: "));
		CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "the default one is used"));
		CU_ASSERT_PTR_NULL(strstr(rill_error(), "success"));
		rill_trace_config_free(config);
	}
}

static void CJ_2_a_text_that_is_too_long_gives_the_default_config(void)
{
	size_t length = 300 << 10;
	char *text = malloc(length + 1);

	memset(text, ' ', length);
	memcpy(text, "{\"enable_systrace\":true", 23);
	text[length - 1] = '}';
	text[length] = '\0';
	rill_trace_config_free(from_json_as(text, RILL_MATCH_CHROMIUM, 1));
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "longer than 256 KiB"));
	free(text);
}

static void CJ_2_the_reason_names_the_byte(void)
{
	rill_trace_config_free(from_json_as("{'a':true,}", RILL_MATCH_CHROMIUM, 1));
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "(byte 10)"));
}

static void CJ_2_single_quotes_are_no_JSON(void)
{
	struct rill_trace_config *config;

	CU_ASSERT_EQUAL_FATAL(rill_trace_config_from_json("{'enable_systrace':true}",
							  RILL_MATCH_CHROMIUM, &config),
			      1);
	CU_ASSERT(behaves_as_default(config));
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "RFC 8259"));
	rill_trace_config_free(config);
}

static void CJ_3_each_record_mode_is_read_and_written(void)
{
	static const char *const modes[] = { "record-until-full", "record-continuously",
					     "record-as-much-as-possible", "trace-to-console" };

	for (int i = 0; i < RILL_RECORD_MODES; i++) {
		struct rill_trace_config *config;
		char text[300];

		snprintf(text, sizeof(text), "{'record_mode':'%s'}", modes[i]);
		config = from_json(text);
		CU_ASSERT_EQUAL(config->record_mode, (enum rill_record_mode)i);
		CU_ASSERT(gives(config, modes[i], rill_trace_config_options));
		rill_trace_config_free(config);
		snprintf(text, sizeof(text), "%.*s%s'}",
			 (int)(strstr(DEFAULT_JSON, "record-") - DEFAULT_JSON), DEFAULT_JSON,
			 modes[i]);
		CU_ASSERT(json_becomes(text, text));
	}
}

static void CJ_4_a_full_config_survives_byte_by_byte(void)
{
	static const char text[] =
		"{'enable_argument_filter':true,'enable_package_name_filter':false,"
		"'enable_systrace':true,"
		"'event_filters':[{'excluded_categories':['unfiltered_cat'],"
		"'filter_args':{'event_name_allowlist':['a snake','a dog']},"
		"'filter_predicate':'event_whitelist_predicate','included_categories':['*']}],"
		"'excluded_categories':['excluded','exc_pattern*'],"
		"'included_categories':['included','inc_pattern*','disabled-by-default-cc'],"
		"'record_mode':'record-continuously'}";
	struct rill_trace_config *config = from_json(text);

	CU_ASSERT(gives(config, text, rill_trace_config_json));
	CU_ASSERT_EQUAL(config->record_mode, RILL_RECORD_CONTINUOUSLY);
	CU_ASSERT(config->systrace);
	CU_ASSERT(config->argument_filter);
	CU_ASSERT(!config->package_name_filter);
	CU_ASSERT(is_filter(
		config, "included,inc_pattern*,disabled-by-default-cc,-excluded,-exc_pattern*"));
	CU_ASSERT(on(config, "inc_pattern_category"));
	CU_ASSERT(on(config, "included,excluded"));
	CU_ASSERT(!on(config, "excluded,exc_pattern_category"));
	CU_ASSERT(!on(config, "disabled-by-default-others"));
	CU_ASSERT(!on(config, "not-excluded-nor-included"));
	rill_trace_config_free(config);
}

static void CJ_5_every_field_survives_byte_by_byte_from_any_order(void)
{
	static const char sorted[] =
		"{'enable_argument_filter':true,'enable_package_name_filter':true,"
		"'enable_systrace':true,"
		"'enable_systrace_events':['power','timer:tick_stop'],"
		"'event_filters':[{'filter_args':{'a':{'x':1.50,'y':[null,true]},"
		"'b':'\xc3\xa9/\\''},"
		"'filter_predicate':'p'}],"
		"'excluded_categories':['x'],'histogram_names':['uma1','uma2'],"
		"'included_categories':['i','disabled-by-default-memory-infra'],"
		"'included_process_ids':[1,2],"
		"'memory_dump_config':{'allowed_dump_modes':['background','light','detailed'],"
		"'heap_profiler_options':{'breakdown_threshold_bytes':10240},"
		"'triggers':[{'min_time_between_dumps_ms':50,'mode':'light',"
		"'type':'periodic_interval'},"
		"{'min_time_between_dumps_ms':1000,'mode':'detailed','type':'peak_memory_usage'}]},"
		"'record_mode':'trace-to-console','trace_buffer_size_in_events':100,"
		"'trace_buffer_size_in_kb':64}";
	static const char shuffled[] =
		" {'trace_buffer_size_in_kb' : 64 , 'record_mode':'trace-to-console',"
		"'memory_dump_config':{"
		"'triggers':[{'type':'periodic_interval','mode':'light',"
		"'min_time_between_dumps_ms':50},"
		"{'mode':'detailed','min_time_between_dumps_ms':1000,'type':'peak_memory_usage'}],"
		"'heap_profiler_options':{'breakdown_threshold_bytes':10240},"
		"'allowed_dump_modes':['detailed','light','background','light']},"
		"'included_process_ids':[2,1,2],'histogram_names':['uma1','uma2','uma1'],"
		"'included_categories':['disabled-by-default-memory-infra','i'],"
		"'excluded_categories':['x'],"
		"'event_filters':[{'filter_predicate':'p','filter_args':{'b':'\\u00e9\\/\\'',"
		"'a':{'y':[null,true],'x':1.50}}}],"
		"'enable_systrace_events':['power','timer:tick_stop','power'],"
		"'enable_systrace':true,"
		"'enable_package_name_filter':true,'enable_argument_filter':true,"
		"'trace_buffer_size_in_events':100}\n";

	CU_ASSERT(json_becomes(sorted, sorted));
	CU_ASSERT(json_becomes(shuffled, sorted));
}

static void CJ_6_buffer_sizes_are_positive_integers(void)
{
	static const char *const bad[] = { "0",
					   "-1",
					   "'600'",
					   "true",
					   "null",
					   "600.0",
					   "6e2",
					   "[600]",
					   "{}",
					   "99999999999999999999",
					   "-99999999999999999999",
					   "9223372036854775808" };
	struct rill_trace_config *config = from_json("{'trace_buffer_size_in_events':600}");

	CU_ASSERT_EQUAL(config->buffer_events, 600);
	CU_ASSERT_EQUAL(config->buffer_kb, 0);
	rill_trace_config_free(config);
	config = from_json("{'trace_buffer_size_in_kb':600}");
	CU_ASSERT_EQUAL(config->buffer_events, 0);
	CU_ASSERT_EQUAL(config->buffer_kb, 600);
	rill_trace_config_free(config);
	CU_ASSERT(json_becomes(JSON_ENDING("'trace_buffer_size_in_events':600"),
			       JSON_ENDING("'trace_buffer_size_in_events':600")));
	CU_ASSERT(json_becomes(JSON_ENDING("'trace_buffer_size_in_kb':5000000000"),
			       JSON_ENDING("'trace_buffer_size_in_kb':5000000000")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text),
			 "{'trace_buffer_size_in_events':%s,'trace_buffer_size_in_kb':%s}", bad[i],
			 bad[i]);
		CU_ASSERT(json_becomes(text, DEFAULT_JSON));
	}
}

static void CJ_7_flags_are_booleans(void)
{
	static const char *const keys[] = { "enable_systrace", "enable_argument_filter",
					    "enable_package_name_filter" };
	static const char *const bad[] = { "1", "0", "'true'", "null", "[]", "{}", "1.0" };
	char text[100];

	for (size_t k = 0; k < 3; k++) {
		struct rill_trace_config *config;

		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			snprintf(text, sizeof(text), "{'%s':%s}", keys[k], bad[i]);
			CU_ASSERT(json_becomes(text, DEFAULT_JSON));
		}
		snprintf(text, sizeof(text), "{'%s':true}", keys[k]);
		config = from_json(text);
		CU_ASSERT_EQUAL(config->systrace, k == 0);
		CU_ASSERT_EQUAL(config->argument_filter, k == 1);
		CU_ASSERT_EQUAL(config->package_name_filter, k == 2);
		rill_trace_config_free(config);
	}
}

static void CJ_8_systrace_events_count_only_with_systrace(void)
{
	struct rill_trace_config *config = from_json(
		"{'enable_systrace':true,'enable_systrace_events':['power',3,'power','timer:x']}");

	CU_ASSERT_EQUAL(config->systrace_events.count, 2);
	CU_ASSERT(rill_names_have(&config->systrace_events, "timer:x", 7));
	CU_ASSERT(gives(config, "record-until-full,enable-systrace=power timer:x",
			rill_trace_config_options));
	rill_trace_config_free(config);
	CU_ASSERT(json_becomes("{'enable_systrace_events':['power']}", DEFAULT_JSON));
	config = from_json("{'enable_systrace':true,'enable_systrace_events':'power'}");
	CU_ASSERT(config->systrace);
	CU_ASSERT_EQUAL(config->systrace_events.count, 0);
	rill_trace_config_free(config);
}

#define MEMORY(triggers) \
	JSON_WITH("'excluded_categories':['*']," \
		  "'included_categories':['disabled-by-default-memory-infra']," \
		  "'memory_dump_config':{" \
		  "'allowed_dump_modes':['background','light','detailed']," \
		  "'heap_profiler_options':{'breakdown_threshold_bytes':2048}," \
		  "'triggers':[" triggers "]}")

static void CJ_9_memory_dump_triggers_in_the_new_and_the_older_form(void)
{
	static const char text[] = MEMORY(
		"{'min_time_between_dumps_ms':200,'mode':'light','type':'periodic_interval'},"
		"{'min_time_between_dumps_ms':2000,'mode':'detailed','type':'periodic_interval'}");
	struct rill_trace_config *config = from_json(text);

	CU_ASSERT(gives(config, text, rill_trace_config_json));
	CU_ASSERT(on(config, "disabled-by-default-memory-infra"));
	CU_ASSERT_EQUAL_FATAL(config->memory_dump.trigger_count, 2);
	CU_ASSERT_EQUAL(config->memory_dump.triggers[0].min_time_between_ms, 200);
	CU_ASSERT_EQUAL(config->memory_dump.triggers[0].mode, RILL_DUMP_LIGHT);
	CU_ASSERT_EQUAL(config->memory_dump.triggers[1].min_time_between_ms, 2000);
	CU_ASSERT_EQUAL(config->memory_dump.triggers[1].mode, RILL_DUMP_DETAILED);
	CU_ASSERT_EQUAL(config->memory_dump.breakdown_threshold_bytes, 2048);
	rill_trace_config_free(config);
	CU_ASSERT(json_becomes(MEMORY("{'mode':'light','periodic_interval_ms':200},"
				      "{'mode':'detailed','periodic_interval_ms':2000}"),
			       text));
	CU_ASSERT(json_becomes(MEMORY(""), MEMORY("")));
}

static void CJ_9_memory_dumps_need_their_category(void)
{
	static const char defaults[] = JSON_WITH(
		"'included_categories':['disabled-by-default-memory-infra'],'memory_dump_config':{"
		"'allowed_dump_modes':['background','light','detailed'],'triggers':[]}");
	static const char background[] = JSON_WITH(
		"'included_categories':['disabled-by-default-*'],'memory_dump_config':{"
		"'allowed_dump_modes':['background'],'triggers':[{'min_time_between_dumps_ms':1,"
		"'mode':'background','type':'periodic_interval'}]}");
	struct rill_trace_config *config = from_strings("disabled-by-default-memory-infra", "");

	CU_ASSERT(gives(config, defaults, rill_trace_config_json));
	CU_ASSERT_EQUAL(config->memory_dump.breakdown_threshold_bytes,
			RILL_BREAKDOWN_THRESHOLD_BYTES);
	rill_trace_config_free(config);
	CU_ASSERT(json_becomes("{'included_categories':['disabled-by-default-memory-infra']}",
			       defaults));
	CU_ASSERT(json_becomes("{'memory_dump_config':{'triggers':[]}}", DEFAULT_JSON));
	CU_ASSERT(json_becomes("{'included_categories':['*'],'memory_dump_config':{'triggers':[]}}",
			       JSON_WITH("'included_categories':['*']")));
	CU_ASSERT(json_becomes(background, background));
}

static void CJ_9_bad_triggers_are_left_out(void)
{
	CU_ASSERT(json_becomes(
		MEMORY("1,{},{'mode':'light'},{'mode':'light','periodic_interval_ms':0},"
		       "{'mode':'x','periodic_interval_ms':5},{'periodic_interval_ms':5},"
		       "{'mode':'light','min_time_between_dumps_ms':-5,'type':'periodic_interval'},"
		       "{'mode':'light','min_time_between_dumps_ms':5,'type':'other'},"
		       "{'mode':'light','min_time_between_dumps_ms':5}"),
		MEMORY("{'min_time_between_dumps_ms':5,'mode':'light',"
		       "'type':'periodic_interval'}")));
	CU_ASSERT(json_becomes(
		"{'included_categories':['disabled-by-default-memory-infra'],'memory_dump_config':{"
		"'allowed_dump_modes':['x',3],'triggers':7,'heap_profiler_options':[1]}}",
		JSON_WITH("'included_categories':['disabled-by-default-memory-infra'],"
			  "'memory_dump_config':{'allowed_dump_modes':[],'triggers':[]}")));
}

static void CJ_15_only_the_named_processes_are_wanted(void)
{
	struct rill_trace_config *config =
		from_json("{'included_process_ids':[1,2,'3',4.0,5000000000,null]}");

	CU_ASSERT(rill_trace_config_wants_pid(config, 1));
	CU_ASSERT(rill_trace_config_wants_pid(config, 2));
	CU_ASSERT(!rill_trace_config_wants_pid(config, 3));
	CU_ASSERT(!rill_trace_config_wants_pid(config, 4));
	CU_ASSERT(!rill_trace_config_wants_pid(config, 0));
	rill_trace_config_free(config);
	config = from_json("{'included_process_ids':[]}");
	CU_ASSERT(rill_trace_config_wants_pid(config, 3));
	CU_ASSERT(gives(config, DEFAULT_JSON, rill_trace_config_json));
	rill_trace_config_free(config);
	CU_ASSERT(json_becomes("{'included_process_ids':1}", DEFAULT_JSON));
}

static void CJ_17_a_name_in_both_lists_is_included(void)
{
	struct rill_trace_config *config =
		from_json("{'included_categories':['category','disabled-by-default-pattern'],"
			  "'excluded_categories':['category','disabled-by-default-pattern']}");

	CU_ASSERT(on(config, "category"));
	CU_ASSERT(on(config, "disabled-by-default-pattern"));
	CU_ASSERT(!on(config, "other"));
	rill_trace_config_free(config);
}

static void CJ_18_an_included_star_is_the_default(void)
{
	struct rill_trace_config *config = from_json("{'included_categories':['*']}");

	CU_ASSERT(behaves_as_default(config));
	CU_ASSERT(is_filter(config, "*"));
	CU_ASSERT(rill_trace_config_names(config, "non-disabled-by-default-pattern"));
	CU_ASSERT(!rill_trace_config_names(config, "disabled-by-default-pattern"));
	rill_trace_config_free(config);
	config = from_json("{}");
	CU_ASSERT(!rill_trace_config_names(config, "Category1"));
	rill_trace_config_free(config);
}

static void CJ_19_an_empty_object_and_unknown_keys_are_the_default(void)
{
	static const char *const texts[] = { "{}", "{'arbitrary-key':'x'}",
					     "{'recordmode':'record-continuously'}",
					     "{'Record_mode':'record-continuously','':1}" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rill_trace_config *config = from_json(texts[i]);

		CU_ASSERT(behaves_as_default(config));
		CU_ASSERT(gives(config, DEFAULT_JSON, rill_trace_config_json));
		rill_trace_config_free(config);
	}
}

static void CJ_20_each_bad_field_is_ignored_on_its_own(void)
{
	struct rill_trace_config *config =
		from_json("{'enable_systrace':1,'excluded_categories':['excluded'],"
			  "'included_categories':'not a list','record_mode':'arbitrary-mode'}");

	CU_ASSERT_EQUAL(config->record_mode, RILL_RECORD_UNTIL_FULL);
	CU_ASSERT(!config->systrace);
	CU_ASSERT(is_filter(config, "-excluded"));
	CU_ASSERT(!on(config, "excluded"));
	CU_ASSERT(on(config, "other"));
	rill_trace_config_free(config);
	config = from_json(
		"{'included_categories':[1,'a',null,['b'],'c\\u0000d'],"
		"'excluded_categories':{'a':1},"
		"'record_mode':3,'histogram_names':'h','enable_argument_filter':true}");
	CU_ASSERT(is_filter(config, "a"));
	CU_ASSERT(config->argument_filter);
	CU_ASSERT_EQUAL(config->histogram_names.count, 0);
	rill_trace_config_free(config);
}

static void CJ_21_the_spelling_of_DevTools_is_read_too(void)
{
	static const char devtools[] =
		"{'recordMode':'recordContinuously','traceBufferSizeInKb':5,'enableSystrace':true,"
		"'enableArgumentFilter':true,"
		"'includedCategories':['disabled-by-default-memory-infra'],"
		"'excludedCategories':['camelCase'],'syntheticDelays':[],'memoryDumpConfig':{"
		"'allowedDumpModes':['light'],'triggers':[{'mode':'light',"
		"'periodicIntervalMs':100}],"
		"'heapProfilerOptions':{'breakdownThresholdBytes':7}}}";
	static const char ours[] =
		"{'enable_argument_filter':true,'enable_package_name_filter':false,"
		"'enable_systrace':true,"
		"'excluded_categories':['camelCase'],"
		"'included_categories':['disabled-by-default-memory-infra'],"
		"'memory_dump_config':{'allowed_dump_modes':['light'],'heap_profiler_options':{"
		"'breakdown_threshold_bytes':7},'triggers':[{'min_time_between_dumps_ms':100,"
		"'mode':'light',"
		"'type':'periodic_interval'}]},'record_mode':'record-continuously',"
		"'trace_buffer_size_in_kb':5}";
	static const char *const modes[][2] = { { "recordUntilFull", "record-until-full" },
						{ "recordContinuously", "record-continuously" },
						{ "recordAsMuchAsPossible",
						  "record-as-much-as-possible" },
						{ "echoToConsole", "trace-to-console" },
						{ "RecordContinuously", "record-until-full" } };
	struct rill_trace_config *config;

	CU_ASSERT(json_becomes(devtools, ours));
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		char text[100];

		snprintf(text, sizeof(text), "{'recordMode':'%s'}", modes[i][0]);
		config = from_json(text);
		CU_ASSERT(gives(config, modes[i][1], rill_trace_config_options));
		rill_trace_config_free(config);
	}
	config = from_json_as(
		"{'recordMode':'recordUntilFull','includedCategories':['node.console']}",
		RILL_MATCH_EXACT, 0);
	CU_ASSERT(on(config, "node,node.console"));
	CU_ASSERT(!on(config, "node"));
	rill_trace_config_free(config);
}

static void odd_names_are_escaped_and_survive(void)
{
	static const char text[] =
		JSON_WITH("'included_categories':['a\\'b\\\\c\\n\\u0001','','foo,bar','-x','</']");

	CU_ASSERT(json_becomes(text, text));
}

static const struct test_case cases[] = {
	T(CJ_1_the_default_config_as_text),
	T(CJ_2_what_is_no_object_gives_the_default_config_and_a_reason),
	T(CJ_2_a_text_that_is_too_long_gives_the_default_config),
	T(CJ_2_the_reason_names_the_byte),
	T(CJ_2_single_quotes_are_no_JSON),
	T(CJ_3_each_record_mode_is_read_and_written),
	T(CJ_4_a_full_config_survives_byte_by_byte),
	T(CJ_5_every_field_survives_byte_by_byte_from_any_order),
	T(CJ_6_buffer_sizes_are_positive_integers),
	T(CJ_7_flags_are_booleans),
	T(CJ_8_systrace_events_count_only_with_systrace),
	T(CJ_9_memory_dump_triggers_in_the_new_and_the_older_form),
	T(CJ_9_memory_dumps_need_their_category),
	T(CJ_9_bad_triggers_are_left_out),
	T(CJ_15_only_the_named_processes_are_wanted),
	T(CJ_17_a_name_in_both_lists_is_included),
	T(CJ_18_an_included_star_is_the_default),
	T(CJ_19_an_empty_object_and_unknown_keys_are_the_default),
	T(CJ_20_each_bad_field_is_ignored_on_its_own),
	T(CJ_21_the_spelling_of_DevTools_is_read_too),
	T(odd_names_are_escaped_and_survive),
};

int main(int argc, char **argv)
{
	/* A decimal comma must not reach the numbers in filter_args; without this locale the
	 * test is the weaker one. */
	setlocale(LC_ALL, "de_DE.UTF-8");
	return TEST_MAIN("trace_config_json", cases, argc, argv);
}

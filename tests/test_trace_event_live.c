/* SPDX-License-Identifier: MIT
 * test_trace_event_live.c - the macros of trace_event.h from end to end: call site, ring,
 * consumer, subscriber and JSON.
 */
#include "tests/trace_event_live.h"

#include <time.h>

static const struct got_event *const first = &got.event[0], *const second = &got.event[1];

/* ---- EV ------------------------------------------------------------------------------------ */

static void EV_2_a_scope_lasts_at_least_as_long_as_its_block(void)
{
	record_start("ev");
	{
		TRACE_EVENT1("ev", "scope", "n", 5);
		nanosleep(&(struct timespec){ 0, 3000000 }, NULL);
	}
	record_stop();
	CU_ASSERT_EQUAL_FATAL(got.count, 2);
	CU_ASSERT_EQUAL(first->phase, 'B');
	CU_ASSERT_STRING_EQUAL(first->args, "n=i5");
	CU_ASSERT_EQUAL(second->phase, 'E');
	CU_ASSERT_STRING_EQUAL(second->name, "scope");
	CU_ASSERT(second->ts_ns - second->begin_ns >= 3000000);
	CU_ASSERT(second->state & RILL_EVENT_SCOPE);
}

static void EV_4_a_scope_whose_session_stops_inside_stays_open(void)
{
	record_start("ev");
	{
		TRACE_EVENT0("ev", "scope");
		record_stop();
	}
	CU_ASSERT_EQUAL(got.count, 1);
	CU_ASSERT_EQUAL(first->phase, 'B');
}

static void EV_4_a_scope_whose_category_goes_off_inside_is_closed(void)
{
	record_start("ev,other");
	{
		TRACE_EVENT0("ev", "scope");
		CU_ASSERT_EQUAL(rill_session_disable(got.subscriber, "ev"), 0);
		CU_ASSERT_EQUAL(rill_session_disable(got.file, "ev"), 0);
		TRACE_EVENT_INSTANT0("ev", "off", TRACE_EVENT_SCOPE_THREAD);
	}
	record_stop();
	CU_ASSERT_EQUAL(got.count, 2);
	CU_ASSERT_EQUAL(second->phase, 'E');
}

static void EV_5_a_category_that_comes_on_inside_a_scope_records_nothing_of_it(void)
{
	{
		TRACE_EVENT0("ev", "scope");
		record_start("ev");
	}
	TRACE_EVENT_INSTANT0("ev", "after", TRACE_EVENT_SCOPE_THREAD);
	record_stop();
	CU_ASSERT_EQUAL(got.count, 1);
	CU_ASSERT_STRING_EQUAL(first->name, "after");
}

static void EV_7_instants_say_how_far_they_reach(void)
{
	record_start("ev");
	TRACE_EVENT_INSTANT0("ev", "global", TRACE_EVENT_SCOPE_GLOBAL);
	TRACE_EVENT_INSTANT1("ev", "process", TRACE_EVENT_SCOPE_PROCESS, "a", 1);
	TRACE_EVENT_INSTANT2("ev", "thread", TRACE_EVENT_SCOPE_THREAD, "a", 1, "b", 2);
	record_stop();
	CU_ASSERT_TRUE(json_line_with("\"name\":\"global\"", "\"s\":\"g\"", NULL));
	CU_ASSERT_TRUE(json_line_with("\"name\":\"process\"", "\"s\":\"p\"", NULL));
	CU_ASSERT_TRUE(json_line_with("\"name\":\"thread\"", "\"s\":\"t\"",
				      "{\"a\":1,\"b\":2}", NULL));
}

static void EV_8_to_EV_14_counters_marks_and_samples(void)
{
	record_start("ev");
	TRACE_COUNTER1("ev", "c", 31415);
	TRACE_COUNTER_ID1("ev", "cid", 0x319009, 7);
	TRACE_COUNTER_WITH_TIMESTAMP1("ev", "cts", 42, 8);
	TRACE_EVENT_COPY_MARK("ev", "mark");
	TRACE_EVENT_SAMPLE_WITH_ID1("ev", "sample", 0x99, "a", 1);
	record_stop();
	CU_ASSERT_TRUE(json_line_with("\"name\":\"c\"", "\"ph\":\"C\"", "{\"value\":31415}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"name\":\"cid\"", "\"id\":\"0x319009\"", NULL));
	CU_ASSERT_TRUE(json_line_with("\"name\":\"cts\"", "\"ts\":42,", NULL));
	CU_ASSERT_EQUAL(got.event[2].own_time_us, 42);
	CU_ASSERT(got.event[2].state & RILL_EVENT_HAS_OWN_TIME);
	CU_ASSERT_TRUE(json_line_with("\"name\":\"mark\"", "\"ph\":\"R\"", NULL));
	CU_ASSERT_TRUE(json_line_with("\"name\":\"sample\"", "\"ph\":\"P\"",
				      "\"id\":\"0x99\"", NULL));
}

static void EV_16_and_EV_17_contexts_and_links_reach_the_file(void)
{
	record_start("ev");
	{
		TRACE_EVENT_SCOPED_CONTEXT("ev", "context", 0x20151021);
	}
	TRACE_LINK_IDS("ev", "plain", 1000, 2000);
	TRACE_LINK_IDS("ev", "local", TRACE_ID_LOCAL(1000), TRACE_ID_LOCAL(2000));
	TRACE_LINK_IDS("ev", "scoped", TRACE_ID_WITH_SCOPE("s1", 1000),
		       TRACE_ID_WITH_SCOPE("s2", 2000));
	record_stop();
	CU_ASSERT_TRUE(json_line_with("\"ph\":\"(\"", "\"id\":\"0x20151021\"", NULL));
	CU_ASSERT_TRUE(json_line_with("\"ph\":\")\"", "\"id\":\"0x20151021\"", NULL));
	CU_ASSERT_TRUE(json_line_with("\"ph\":\"=\"", "\"plain\"", "\"id\":\"0x3e8\"",
				      "{\"linked_id\":{\"id\":\"0x7d0\"}}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"local\"", "\"id2\":{\"local\":\"0x3e8\"}",
				      "{\"linked_id\":{\"id2\":{\"local\":\"0x7d0\"}}}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"scoped\"", "\"scope\":\"s1\"",
				      "{\"linked_id\":{\"scope\":\"s2\",\"id\":\"0x7d0\"}}", NULL));
}

static void EV_19_and_EV_25_names_and_values_are_escaped(void)
{
	char value[] = "a\x01\"\n";

	record_start("ev");
	TRACE_EVENT_COPY_ASYNC_BEGIN1("ev", "na\x02me\"", 1, "v", value);
	record_stop();
	CU_ASSERT_STRING_EQUAL(first->name, "na\x02me\"");
	CU_ASSERT_TRUE(json_line_with("\"name\":\"na\\u0002me\\\"\"",
				      "{\"v\":\"a\\u0001\\\"\\n\"}", NULL));
}

static void EV_20_and_CR_6_the_byte_follows_the_session_at_the_same_address(void)
{
	const uint8_t *on = rill_category("ev20");
	bool before, during, after;

	CU_ASSERT_EQUAL(*on, 0);
	for (int i = 0; i < 2; i++) {
		TRACE_EVENT_CATEGORY_GROUP_ENABLED("ev20", &before);
		record_start("ev20");
		TRACE_EVENT_CATEGORY_GROUP_ENABLED("ev20", &during);
		CU_ASSERT_NOT_EQUAL(*on, 0);
		record_stop();
		TRACE_EVENT_CATEGORY_GROUP_ENABLED("ev20", &after);
		CU_ASSERT_TRUE(!before && during && !after);
		CU_ASSERT_EQUAL(*on, 0);
		CU_ASSERT_PTR_EQUAL(on, rill_category("ev20"));
	}
}

static void count_category(void *ctx, const char *group, uint8_t sessions)
{
	(void)sessions;
	*(int *)ctx += !strcmp(group, "ev22.warm");
}

static void EV_22_warm_up_registers_one_category_and_records_nothing(void)
{
	int there = 0;
	const int before = rill_categories(count_category, &there);

	CU_ASSERT_EQUAL(there, 0);
	record_start("ev22.warm");
	TRACE_EVENT_WARMUP_CATEGORY("ev22.warm");
	TRACE_EVENT_WARMUP_CATEGORY("ev22.warm");
	record_stop();
	CU_ASSERT_EQUAL(rill_categories(count_category, &there), before + 1);
	CU_ASSERT_EQUAL(there, 1);
	CU_ASSERT_EQUAL(got.count, 0);
}

static void EV_23_and_CR_4_a_text_has_one_pointer_and_gives_itself_back(void)
{
	char text[] = "ev23,b";
	const uint8_t *on = TRACE_EVENT_API_GET_CATEGORY_GROUP_ENABLED("ev23,b");

	CU_ASSERT_PTR_EQUAL(on, TRACE_EVENT_API_GET_CATEGORY_GROUP_ENABLED(text));
	CU_ASSERT_PTR_NOT_EQUAL(on, TRACE_EVENT_API_GET_CATEGORY_GROUP_ENABLED("b,ev23"));
	CU_ASSERT_STRING_EQUAL(TRACE_EVENT_API_GET_CATEGORY_GROUP_NAME(on), "ev23,b");
}

static void EV_28_flows_bind_slices(void)
{
	record_start("ev");
	{
		TRACE_EVENT_WITH_FLOW0("ev", "out", 0xabc, TRACE_EVENT_FLAG_FLOW_OUT);
	}
	{
		TRACE_EVENT_WITH_FLOW0("ev", "in", 0xabc, TRACE_EVENT_FLAG_FLOW_IN);
	}
	record_stop();
	CU_ASSERT_TRUE(json_line_with("\"out\"", "\"bind_id\":\"0xabc\"",
				      "\"flow_out\":true", NULL));
	CU_ASSERT_TRUE(json_line_with("\"in\"", "\"bind_id\":\"0xabc\"", "\"flow_in\":true", NULL));
}

static void is_new_trace_is_true_once_in_every_recording(void)
{
	for (int i = 0; i < 4; i++) {
		bool is_new;

		if (i % 2 == 0)
			record_start("ev");
		TRACE_EVENT_IS_NEW_TRACE(&is_new);
		CU_ASSERT_EQUAL(is_new, i % 2 == 0);
		if (i % 2)
			record_stop();
	}
}

static void metadata_of_the_application_is_recorded_once(void)
{
	for (int i = 0; i < 2; i++) {
		record_start("ev");
		if (i == 0)
			TRACE_EVENT_METADATA1("ev", "answer", "value", 42);
		record_stop();
		CU_ASSERT_EQUAL(got.count, i == 0);
		CU_ASSERT_TRUE(i || json_line_with("\"ph\":\"M\"", "\"name\":\"answer\"",
						   "\"args\":{\"value\":42}", NULL));
	}
}

static void CK_2_clock_syncs_are_recorded_whatever_the_filter(void)
{
	record_start("-*");
	TRACE_EVENT_CLOCK_SYNC_RECEIVER("id1");
	TRACE_EVENT_CLOCK_SYNC_ISSUER("id2", 100, 300);
	record_stop();
	CU_ASSERT_TRUE(json_line_with("\"ph\":\"c\"", "{\"sync_id\":\"id1\"}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"ph\":\"c\"",
				      "{\"sync_id\":\"id2\",\"issue_ts\":100}", NULL));
}

/* ---- AS ------------------------------------------------------------------------------------ */

static void AS_1_to_AS_9_asynchronous_events_and_flows(void)
{
	record_start("as");
	TRACE_EVENT_ASYNC_STEP_INTO0("as", "op", UINT64_C(0xfeedbeeffeedbeef), "step1");
	TRACE_EVENT_ASYNC_STEP_PAST0("as", "op", 2, "step2");
	TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN_WITH_TTS2("as", "tts", 3, "a", 1, "b", 2);
	TRACE_EVENT_BEGIN_WITH_ID_TID_AND_TIMESTAMP0("as", "foreign", 4, 5, 34567);
	TRACE_EVENT_FLOW_END_BIND_TO_ENCLOSING0("as", "flow", 6);
	record_stop();
	CU_ASSERT_TRUE(json_line_with("\"ph\":\"T\"", "\"id\":\"0xfeedbeeffeedbeef\"",
				      "{\"step\":\"step1\"}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"ph\":\"p\"", "{\"step\":\"step2\"}", NULL));
	CU_ASSERT_TRUE(json_line_with("\"tts\"", "\"use_async_tts\":1", NULL));
	CU_ASSERT_TRUE(json_line_with("\"foreign\"", "\"ph\":\"S\"", "\"tid\":5,", NULL));
	CU_ASSERT_TRUE(json_line_with("\"foreign\"", "\"ts\":34567,", NULL));
	CU_ASSERT_EQUAL(got.event[3].tid, 5);
	CU_ASSERT_EQUAL(got.event[3].own_time_us, 34567);
	CU_ASSERT_TRUE(json_line_with("\"flow\"", "\"ph\":\"f\"", "\"bp\":\"e\"", NULL));
}

static void AS_4_pointers_are_mangled_by_the_process(void)
{
	int object;
	const uint64_t address = (uintptr_t)&object;

	record_start("as");
	TRACE_EVENT_ASYNC_BEGIN0("as", "op", &object);
	TRACE_EVENT_ASYNC_END0("as", "op", &object);
	TRACE_EVENT_ASYNC_BEGIN0("as", "op", address);
	TRACE_EVENT_ASYNC_BEGIN0("as", "op", TRACE_ID_DONT_MANGLE(&object));
	TRACE_LINK_IDS("as", "op", 1, &object);
	record_stop();
	CU_ASSERT_NOT_EQUAL(first->id, address);
	CU_ASSERT_EQUAL(first->id, second->id);
	CU_ASSERT_EQUAL(first->id, rill_trace_event_mangle(address));
	CU_ASSERT_EQUAL(got.event[2].id, address);
	CU_ASSERT_EQUAL(got.event[3].id, address);
	CU_ASSERT_EQUAL(strtoull(strstr(got.event[4].args, "0x"), NULL, 16), first->id);
}

static const struct test_case cases[] = {
	T(EV_2_a_scope_lasts_at_least_as_long_as_its_block),
	T(EV_4_a_scope_whose_session_stops_inside_stays_open),
	T(EV_4_a_scope_whose_category_goes_off_inside_is_closed),
	T(EV_5_a_category_that_comes_on_inside_a_scope_records_nothing_of_it),
	T(EV_7_instants_say_how_far_they_reach),
	T(EV_8_to_EV_14_counters_marks_and_samples),
	T(EV_16_and_EV_17_contexts_and_links_reach_the_file),
	T(EV_19_and_EV_25_names_and_values_are_escaped),
	T(EV_20_and_CR_6_the_byte_follows_the_session_at_the_same_address),
	T(EV_22_warm_up_registers_one_category_and_records_nothing),
	T(EV_23_and_CR_4_a_text_has_one_pointer_and_gives_itself_back),
	T(EV_28_flows_bind_slices),
	T(is_new_trace_is_true_once_in_every_recording),
	T(metadata_of_the_application_is_recorded_once),
	T(CK_2_clock_syncs_are_recorded_whatever_the_filter),
	T(AS_1_to_AS_9_asynchronous_events_and_flows),
	T(AS_4_pointers_are_mangled_by_the_process),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("trace_event live", cases, argc, argv);
}

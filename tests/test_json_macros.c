/* SPDX-License-Identifier: MIT
 * test_json_macros.c - the events of the macro families as Chrome JSON: instants, counters,
 * ids, flows.
 */
#include "tests/json_help.h"

#include <math.h>

#define FRONT ",{\"pid\":11,\"tid\":22,\"ts\":100.007"

/* ---- EV, AS: what the macros' events look like --------------------------------------------- */

static void EV_7_instants_carry_their_scope(void)
{
	INIT();
	MEMBER_IS(EVENT('I', .flags = RILL_FLAG_SCOPE_GLOBAL), "s", "\"g\"");
	MEMBER_IS(EVENT('I', .flags = RILL_FLAG_SCOPE_PROCESS), "s", "\"p\"");
	MEMBER_IS(EVENT('i', .flags = RILL_FLAG_SCOPE_THREAD), "s", "\"t\"");
	MEMBER_IS(EVENT('I', .flags = RILL_FLAG_SCOPE_MASK), "s", "\"t\"");
}

static void EV_8_a_counter(void)
{
	INIT();
	LINE_IS(EVENT('C', .name = "c", ARGS(VALUE("value", I32, i, 31415))),
		FRONT ",\"ph\":\"C\",\"cat\":\"cat\",\"name\":\"c\",\"args\":{\"value\":31415}}");
	CONTAINS(help_event(EVENT('C', ARGS(DOUBLE("a", -0.5), VALUE("b", BOOL, u, 1), UINT("c", 7),
					    JSON("d", " 5 ")))),
		 "\"args\":{\"a\":-0.5,\"b\":1,\"c\":7,\"d\":5}}");
}

static void N_26_a_counter_leaves_out_what_is_no_number(void)
{
	struct rill_json *json = INIT();

	CONTAINS(help_event(EVENT('C', ARGS(DOUBLE("a", NAN), INT("b", 2), TEXT("c", "x"),
					    DOUBLE("d", INFINITY), JSON("e", "null"),
					    JSON("f", "[1]"), VALUE("g", POINTER, u, 1)))),
		 "\"ph\":\"C\",\"cat\":\"cat\",\"name\":\"name\",\"args\":{\"b\":2}}");
	CU_ASSERT_EQUAL(json->series_refused, 6);
	CONTAINS(
		help_event(EVENT('C', .site = 9, ARGS(DOUBLE("data", NAN)))),
		"\"ph\":\"I\",\"cat\":\"cat\",\"name\":\"name\",\"s\":\"t\","
		"\"args\":{\"data\":\"NaN\"}}");
	CU_ASSERT_EQUAL(json->series_refused, 7);
	CONTAINS(help_event(EVENT('I', .site = 8, ARGS(DOUBLE("n", NAN), DOUBLE("i", INFINITY)))),
		 "{\"n\":\"NaN\",\"i\":\"Infinity\"}");
}

static void EV_10_a_counter_with_an_id(void)
{
	INIT();
	MEMBER_IS(EVENT('C', .id = 0x319009, .flags = RILL_FLAG_HAS_ID, ARGS(INT("value", 1))),
		  "id", "\"0x319009\"");
}

static void EV_11_a_time_of_the_callers_own(void)
{
	INIT();
	CONTAINS(help_event(EVENT('C', .own_time_us = 42, .state = RILL_EVENT_HAS_OWN_TIME,
				  ARGS(INT("value", 1)))),
		 "\"ts\":42,");
	CONTAINS(help_event(EVENT('I', .own_time_us = -42, .state = RILL_EVENT_HAS_OWN_TIME)),
		 "\"ts\":-42,");
	CONTAINS(help_event(EVENT('I', .own_time_us = INT64_MIN, .state = RILL_EVENT_HAS_OWN_TIME)),
		 "\"ts\":-9223372036854775808,");
}

static void EV_16_contexts_have_ids(void)
{
	INIT();
	LINE_IS(EVENT('(', .id = 0x20151021, .flags = RILL_FLAG_HAS_ID), FRONT
		",\"ph\":\"(\",\"cat\":\"cat\",\"name\":\"name\",\"id\":\"0x20151021\","
		"\"args\":{}}");
	MEMBER_IS(EVENT(')', .id = 0x20151021, .flags = RILL_FLAG_HAS_ID), "id", "\"0x20151021\"");
}

static void EV_17_linked_ids_are_structured(void)
{
	INIT();
	CONTAINS(help_event(EVENT('=', .id = 1000, .flags = RILL_FLAG_HAS_ID,
				  ARGS(JSON("linked_id", "{\"id\":\"0x7d0\"}")))),
		 "\"id\":\"0x3e8\",\"args\":{\"linked_id\":{\"id\":\"0x7d0\"}}}");
	CONTAINS(
		help_event(EVENT('=', .id = 1000, .flags = RILL_FLAG_HAS_LOCAL_ID, .scope = "s",
				 ARGS(JSON("linked_id",
					   "{\"scope\":\"s\",\"id2\":{\"local\":\"0x7d0\"}}")))),
		"\"scope\":\"s\",\"id2\":{\"local\":\"0x3e8\"},"
		"\"args\":{\"linked_id\":{\"scope\":\"s\",\"id2\":{\"local\":\"0x7d0\"}}}}");
}

static void EV_25_a_name_with_quotes_reads_back_the_same(void)
{
	INIT();
	MEMBER_IS(EVENT('I', .name = "n\"ame"), "name", "\"n\\\"ame\"");
	MEMBER_IS(EVENT('I', .name = NULL, .category = NULL), "name", "\"\"");
}

static void EV_28_a_slice_with_flows(void)
{
	INIT();
	CONTAINS(help_event(EVENT('B', .bind_id = 9, .flags = RILL_FLAG_FLOW_OUT,
				  .state = RILL_EVENT_SCOPE)),
		 "\"bind_id\":\"0x9\",\"flow_out\":true,\"args\"");
	/* Its end has the same flags and must not start a second arrow. */
	HAS_NO(EVENT('E', .bind_id = 9, .flags = RILL_FLAG_FLOW_OUT, .state = RILL_EVENT_SCOPE),
	       "bind_id");
}

static void AS_1_legacy_async_events(void)
{
	INIT();
	LINE_IS(EVENT('T', .id = UINT64_C(0xfeedbeeffeedbeef), .flags = RILL_FLAG_HAS_ID,
		      ARGS(TEXT("step", "step1"))),
		FRONT
		",\"ph\":\"T\",\"cat\":\"cat\",\"name\":\"name\",\"id\":\"0xfeedbeeffeedbeef\","
		"\"args\":{\"step\":\"step1\"}}");
	MEMBER_IS(EVENT('S', .id = 1, .flags = RILL_FLAG_HAS_ID), "id", "\"0x1\"");
	MEMBER_IS(EVENT('F', .id = 1, .flags = RILL_FLAG_HAS_ID), "id", "\"0x1\"");
	MEMBER_IS(EVENT('p', .id = 1, .flags = RILL_FLAG_HAS_ID, ARGS(TEXT("step", "s"))), "args",
		  "{\"step\":\"s\"}");
}

static void AS_6_async_thread_time(void)
{
	INIT();
	LINE_IS(EVENT('b', .id = 1, .flags = RILL_FLAG_HAS_ID | RILL_FLAG_ASYNC_TTS,
		      .state = RILL_EVENT_HAS_THREAD_TIME, .thread_time_ns = 5001),
		FRONT
		",\"tts\":5.001,\"ph\":\"b\",\"cat\":\"cat\",\"name\":\"name\",\"id\":\"0x1\","
		"\"use_async_tts\":1,\"args\":{}}");
}

static void AS_7_a_foreign_thread_and_its_time(void)
{
	INIT();
	CONTAINS(help_event(EVENT('S', .tid = 5, .own_time_us = 34567,
				  .state = RILL_EVENT_HAS_OWN_TIME)),
		 ",{\"pid\":11,\"tid\":5,\"ts\":34567,\"ph\":\"S\"");
}

static void a_foreign_process_without_a_thread_shows_tid_minus_1(void)
{
	INIT();
	CONTAINS(help_event(EVENT('I', .pid = 99, .tid = UINT32_MAX,
				  .flags = RILL_FLAG_HAS_PROCESS_ID)),
		 ",{\"pid\":99,\"tid\":-1,\"ts\"");
	CONTAINS(help_event(EVENT('I', .pid = 99, .flags = RILL_FLAG_HAS_PROCESS_ID)),
		 ",{\"pid\":99,\"tid\":22,\"ts\"");
}

static void AS_9_a_flow_end_binds_to_the_slice_around_it(void)
{
	INIT();
	LINE_IS(EVENT('f', .id = 3, .flags = RILL_FLAG_HAS_ID | RILL_FLAG_BIND_TO_ENCLOSING), FRONT
		",\"ph\":\"f\",\"cat\":\"cat\",\"name\":\"name\",\"id\":\"0x3\",\"bp\":\"e\","
		"\"args\":{}}");
	HAS_NO(EVENT('f', .id = 3, .flags = RILL_FLAG_HAS_ID), "bp");
}

static void AS_10_scopes_tell_ids_apart(void)
{
	INIT();
	MEMBER_IS(EVENT('b', .id = 1, .scope = "x", .flags = RILL_FLAG_HAS_ID), "scope", "\"x\"");
	HAS_NO(EVENT('b', .id = 1, .flags = RILL_FLAG_HAS_ID), "scope");
}

static void IM_10_an_event_has_id_or_id2_and_never_both(void)
{
	static const uint32_t ids[] = { RILL_FLAG_HAS_ID, RILL_FLAG_HAS_LOCAL_ID,
					RILL_FLAG_HAS_GLOBAL_ID };

	INIT();
	for (unsigned set = 1; set < 8; set++) {
		struct json_object *object, *id, *id2;
		uint32_t flags = 0;

		for (unsigned i = 0; i < 3; i++)
			flags |= set & (1u << i) ? ids[i] : 0;
		object = help_line(help_event(EVENT('N', .id = 1, .flags = flags)));
		CU_ASSERT_EQUAL(json_object_object_get_ex(object, "id", &id), set == 1);
		CU_ASSERT_EQUAL(json_object_object_get_ex(object, "id2", &id2), set != 1);
		json_object_put(object);
	}
	MEMBER_IS(EVENT('N', .id = 1, .flags = RILL_FLAG_HAS_GLOBAL_ID), "id2",
		  "{\"global\":\"0x1\"}");
}

static const struct test_case cases[] = {
	T(EV_7_instants_carry_their_scope),
	T(EV_8_a_counter),
	T(N_26_a_counter_leaves_out_what_is_no_number),
	T(EV_10_a_counter_with_an_id),
	T(EV_11_a_time_of_the_callers_own),
	T(EV_16_contexts_have_ids),
	T(EV_17_linked_ids_are_structured),
	T(EV_25_a_name_with_quotes_reads_back_the_same),
	T(EV_28_a_slice_with_flows),
	T(AS_1_legacy_async_events),
	T(AS_6_async_thread_time),
	T(AS_7_a_foreign_thread_and_its_time),
	T(a_foreign_process_without_a_thread_shows_tid_minus_1),
	T(AS_9_a_flow_end_binds_to_the_slice_around_it),
	T(AS_10_scopes_tell_ids_apart),
	T(IM_10_an_event_has_id_or_id2_and_never_both),
};

int main(int argc, char **argv)
{
	const int result = TEST_MAIN("json_macros", cases, argc, argv);

	rill_json_exit(&help_json);
	return result;
}

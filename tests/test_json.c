/* SPDX-License-Identifier: MIT
 * test_json.c - events as Chrome JSON: the order of members, texts, values.
 */
#include "tests/json_help.h"

#include <math.h>
#include <stdio.h>

#define FRONT ",{\"pid\":11,\"tid\":22,\"ts\":100.007"

/* ---- W: the writer ------------------------------------------------------------------------- */

static void W_1_a_file_without_events_is_complete_json(void)
{
	CU_ASSERT_STRING_EQUAL(RILL_JSON_OBJECT_HEAD RILL_JSON_OBJECT_TAIL,
			       "{\"traceEvents\":[]}\n");
	CU_ASSERT_STRING_EQUAL(RILL_JSON_ARRAY_HEAD RILL_JSON_ARRAY_TAIL, "[]\n");
}

/* Mended: dur only where there is one, and times with their decimals. */
static void W_2_members_stand_in_the_order_of_v8(void)
{
	static const struct rill_thread thread = { .tid = 22, .serial = 9, .name = "" };
	struct rill_event x = { .phase = 'B',
				.pid = 11,
				.tid = 22,
				.ts_ns = 100000,
				.thread_time_ns = 50000,
				.category = "v8-cat",
				.name = "Test0",
				.id = 42,
				.bind_id = 0x1234,
				.thread = &thread,
				.flags = RILL_FLAG_HAS_ID,
				.site = 5,
				.state = RILL_EVENT_HAS_THREAD_TIME | RILL_EVENT_SCOPE };

	INIT(.slices = true);
	CU_ASSERT_STRING_EQUAL(help_event(&x), "");
	x.phase = 'E';
	x.state |= RILL_EVENT_HAS_BEGIN;
	x.begin_ns = x.ts_ns;
	x.ts_ns += 33000;
	x.thread_time_ns += 44000;
	LINE_IS(&x,
		",{\"pid\":11,\"tid\":22,\"ts\":100.000,\"tts\":50.000,\"ph\":\"X\","
		"\"cat\":\"v8-cat\",\"name\":\"Test0\","
		"\"dur\":33.000,\"tdur\":44.000,\"id\":\"0x2a\",\"args\":{}}");
	LINE_IS(EVENT('Y', .pid = 55, .tid = 66, .category = "v8-cat", .name = "Test1",
		      .bind_id = 0x5678, .ts_ns = 110000,
		      .flags = RILL_FLAG_FLOW_IN | RILL_FLAG_FLOW_OUT,
		      .state = RILL_EVENT_HAS_THREAD_TIME, .thread_time_ns = 55000),
		",{\"pid\":55,\"tid\":66,\"ts\":110.000,\"tts\":55.000,\"ph\":\"Y\","
		"\"cat\":\"v8-cat\",\"name\":\"Test1\","
		"\"bind_id\":\"0x5678\",\"flow_in\":true,\"flow_out\":true,\"args\":{}}");
}

static void W_4_no_id_and_no_scope_without_the_flag(void)
{
	INIT();
	LINE_IS(EVENT('n', .id = 42, .scope = "s"),
		FRONT ",\"ph\":\"n\",\"cat\":\"cat\",\"name\":\"name\",\"args\":{}}");
}

static void W_5_id_0_is_an_id(void)
{
	INIT();
	MEMBER_IS(EVENT('b', .flags = RILL_FLAG_HAS_ID), "id", "\"0x0\"");
	MEMBER_IS(EVENT('b', .flags = RILL_FLAG_HAS_LOCAL_ID), "id2", "{\"local\":\"0x0\"}");
}

static void W_7_flow_out_alone(void)
{
	INIT();
	MEMBER_IS(EVENT('B', .flags = RILL_FLAG_FLOW_OUT, .bind_id = 7), "bind_id", "\"0x7\"");
	MEMBER_IS(EVENT('B', .flags = RILL_FLAG_FLOW_OUT, .bind_id = 7), "flow_out", "true");
	HAS_NO(EVENT('B', .flags = RILL_FLAG_FLOW_OUT, .bind_id = 7), "flow_in");
}

static void W_8_flow_in_alone(void)
{
	INIT();
	MEMBER_IS(EVENT('B', .flags = RILL_FLAG_FLOW_IN, .bind_id = 7), "bind_id", "\"0x7\"");
	MEMBER_IS(EVENT('B', .flags = RILL_FLAG_FLOW_IN, .bind_id = 7), "flow_in", "true");
	HAS_NO(EVENT('B', .flags = RILL_FLAG_FLOW_IN, .bind_id = 7), "flow_out");
	HAS_NO(EVENT('B', .bind_id = 7), "bind_id");
}

static void W_10_an_instant_has_s_and_no_dur(void)
{
	INIT();
	LINE_IS(EVENT('I', .flags = RILL_FLAG_SCOPE_THREAD),
		FRONT ",\"ph\":\"I\",\"cat\":\"cat\",\"name\":\"name\",\"s\":\"t\",\"args\":{}}");
	HAS_NO(EVENT('B'), "dur");
	HAS_NO(EVENT('B'), "s");
	HAS_NO(EVENT('R', .flags = RILL_FLAG_SCOPE_THREAD), "s");
}

static void W_11_every_event_is_a_line_with_the_comma_in_front(void)
{
	INIT();
	for (const char *phase = "BEIRCPSTFpbnestfNODMvVc()=XY"; *phase; phase++)
		json_object_put(help_line(help_event(EVENT(*phase))));
}

static void W_13_strings_use_the_short_escapes(void)
{
	INIT();
	CONTAINS(help_event(EVENT('B', ARGS(TEXT("a", "\x08\x0c\x0a\x0d\x09\x22\x5c")))),
		 "{\"a\":\"\\b\\f\\n\\r\\t\\\"\\\\\"}");
}

static void W_14_control_characters_are_escaped_everywhere(void)
{
	INIT();
	CONTAINS(help_event(EVENT('b', .category = "c\x01", .name = "n\n", .scope = "s\x1f",
				  .flags = RILL_FLAG_HAS_ID, ARGS(TEXT("k\"\x02", "\x01")))),
		 ",\"cat\":\"c\\u0001\",\"name\":\"n\\n\",\"scope\":\"s\\u001f\",\"id\":\"0x0\","
		 "\"args\":{\"k\\\"\\u0002\":\"\\u0001\"}}");
}

static void W_16_slash_del_and_utf8_stay(void)
{
	INIT();
	CONTAINS(help_event(EVENT('B', .name = "é/漢", ARGS(TEXT("ключ", "/\x7f" "é漢😀")))),
		 "\"name\":\"é/漢\",\"args\":{\"ключ\":\"/\x7f" "é漢😀\"}");
}

static void W_17_a_time_keeps_all_its_digits(void)
{
	INIT();
	CONTAINS(help_event(EVENT('I', .own_time_us = 9007199254740993,
				  .state = RILL_EVENT_HAS_OWN_TIME)),
		 "\"ts\":9007199254740993,");
	CONTAINS(help_event(EVENT('I', .ts_ns = UINT64_C(9007199254740993001))),
		 "\"ts\":9007199254740993.001,");
	CONTAINS(help_event(EVENT('I', .ts_ns = UINT64_MAX)), "\"ts\":18446744073709551.615,");
}

static void W_19_an_id_has_64_bits(void)
{
	INIT();
	MEMBER_IS(EVENT('b', .flags = RILL_FLAG_HAS_ID, .id = UINT64_MAX), "id",
		  "\"0xffffffffffffffff\"");
}

static void W_20_an_unknown_phase_is_written_as_it_is(void)
{
	INIT();
	MEMBER_IS(EVENT('Y'), "ph", "\"Y\"");
	MEMBER_IS(EVENT('"'), "ph", "\"\\\"\"");
	MEMBER_IS(EVENT('\n'), "ph", "\"\\n\"");
	MEMBER_IS(EVENT((char)0xe9), "ph", "\"\xef\xbf\xbd\"");
	MEMBER_IS(EVENT('\\', .site = 3), "ph", "\"\\\\\"");
	MEMBER_IS(EVENT('\0'), "ph", "\"\\u0000\"");
}

/* ---- ARG: values --------------------------------------------------------------------------- */

#define ARGS_ARE(text, ...) \
	CONTAINS(help_event(EVENT('B', ARGS(__VA_ARGS__))), "\"args\":" text "}\n")

static void ARG_2_negative_numbers_of_every_width(void)
{
	INIT();
	ARGS_ARE("{\"a\":-55,\"b\":-66,\"c\":-77,\"d\":-88,\"e\":-9223372036854775808}",
		 VALUE("a", I8, i, -55), VALUE("b", I16, i, -66), VALUE("c", I32, i, -77),
		 VALUE("d", I64, i, -88), VALUE("e", I64, i, INT64_MIN));
}

static void ARG_3_true_and_false(void)
{
	INIT();
	ARGS_ARE("{\"a\":true,\"b\":false}", VALUE("a", BOOL, u, 1), VALUE("b", BOOL, u, 0));
}

static void ARG_5_a_large_double(void)
{
	INIT();
	ARGS_ARE("{\"a\":1e+100}", DOUBLE("a", 1e100));
}

static void ARG_6_doubles_that_are_no_numbers_are_text(void)
{
	INIT();
	ARGS_ARE("{\"a\":\"NaN\",\"b\":\"Infinity\",\"c\":\"-Infinity\",\"d\":\"NaN\"}",
		 DOUBLE("a", NAN), DOUBLE("b", INFINITY), DOUBLE("c", -INFINITY),
		 VALUE("d", F32, d, NAN));
}

static void ARG_8_doubles_read_back_the_same(void)
{
	INIT();
	ARGS_ARE("{\"a\":0.1234567891,\"b\":0.1,\"c\":3.0,\"d\":0.1}", DOUBLE("a", 0.1234567891),
		 DOUBLE("b", 0.1), DOUBLE("c", 3), VALUE("d", F32, d, 0.1f));
}

static void ARG_9_pointers_are_hexadecimal_text(void)
{
	INIT();
	ARGS_ARE("{\"a\":\"0x0\",\"b\":\"0xbadf00d\"}", VALUE("a", POINTER, u, 0),
		 VALUE("b", POINTER, u, 0xbadf00d));
}

static void ARG_11_quotes_inside_a_string(void)
{
	INIT();
	ARGS_ARE("{\"a\":\"\\\"INIT\\\"\"}", TEXT("a", "\"INIT\""));
}

static void ARG_12_a_null_string_is_NULL(void)
{
	INIT();
	ARGS_ARE("{\"a\":\"NULL\",\"b\":\"NULL\"}",
		 { .name = "a", .type = RILL_TYPE_STRING, .null = 1, .text = "" },
		 { .name = "b", .type = RILL_TYPE_COPY, .null = 1, .text = "" });
}

static void ARG_14_all_arguments_are_kept(void)
{
	struct rill_value values[255];
	char names[255][8];
	struct json_object *object, *args;

	INIT();
	ARGS_ARE("{\"a\":1,\"b\":2,\"c\":3}", INT("a", 1), INT("b", 2), INT("c", 3));
	for (int i = 0; i < 255; i++) {
		snprintf(names[i], sizeof names[i], "k%d", i);
		values[i] = (struct rill_value)INT(names[i], i);
	}
	for (uint32_t site = 0; site < 2; site++) {
		object = help_line(
			help_event(EVENT('B', .site = site, .args = values, .nargs = 255)));
		CU_ASSERT(json_object_object_get_ex(object, "args", &args));
		CU_ASSERT_EQUAL(json_object_object_length(args), 255);
		json_object_put(object);
	}
}

static void ARG_15_the_largest_unsigned_number(void)
{
	INIT();
	ARGS_ARE("{\"a\":18446744073709551615,\"b\":255}", UINT("a", UINT64_MAX),
		 VALUE("b", U8, u, 255));
}

static void ARG_17_json_is_inserted_as_it_is(void)
{
	INIT();
	ARGS_ARE("{\"a\":[42,42],\"b\":[123,123],\"c\":{\"x\":null}}", JSON("a", "[42,42]"),
		 JSON("b", "[123,123]"), JSON("c", "{ \"x\":\n null }"));
	/* What is not JSON becomes a string: the file is not broken by it. */
	ARGS_ARE("{\"a\":\"[42,\",\"b\":\"NaN\",\"c\":\"\"}", JSON("a", "[42,"), JSON("b", "NaN"),
		 JSON("c", ""));
}

static void ARG_20_an_empty_string(void)
{
	INIT();
	ARGS_ARE("{\"a\":\"\",\"\":\"\"}", TEXT("a", ""), TEXT("", ""));
}

static void a_cut_text_ends_in_three_dots(void)
{
	INIT();
	ARGS_ARE("{\"a\":\"ab…\",\"b\":\"…\",\"c\":\"12…\",\"d\":\"hex:00ff…\"}",
		 { .name = "a", .type = RILL_TYPE_COPY, .text = "ab\xe6\xbc", .size = 4, .cut = 1 },
		 { .name = "b", .type = RILL_TYPE_STRING, .text = "", .cut = 1 },
		 { .name = "c", .type = RILL_TYPE_JSON, .text = "12", .size = 2, .cut = 1 },
		 { .name = "d",
		   .type = RILL_TYPE_BLOB,
		   .blob = (const uint8_t *)"\0\xff",
		   .size = 2,
		   .cut = 1 });
}

static void bytes_are_hexadecimal(void)
{
	INIT();
	ARGS_ARE("{\"a\":\"hex:000a1bff\",\"b\":\"hex:\"}",
		 { .name = "a",
		   .type = RILL_TYPE_BLOB,
		   .blob = (const uint8_t *)"\x00\x0a\x1b\xff",
		   .size = 4 },
		 { .name = "b", .type = RILL_TYPE_BLOB, .blob = NULL, .size = 0 });
}

static void a_kind_of_a_newer_rill_is_null(void)
{
	INIT();
	ARGS_ARE("{\"a\":null,\"b\":null}", { .name = "a", .type = RILL_TYPE_NONE },
		 { .name = "b", .type = 31 });
}

static void a_name_that_comes_twice_gets_a_number(void)
{
	INIT();
	ARGS_ARE("{\"a\":1,\"b\":2,\"a#3\":3,\"a#4\":4}", INT("a", 1), INT("b", 2), INT("a", 3),
		 INT("a", 4));
}

static const struct test_case cases[] = {
	T(W_1_a_file_without_events_is_complete_json),
	T(W_2_members_stand_in_the_order_of_v8),
	T(W_4_no_id_and_no_scope_without_the_flag),
	T(W_5_id_0_is_an_id),
	T(W_7_flow_out_alone),
	T(W_8_flow_in_alone),
	T(W_10_an_instant_has_s_and_no_dur),
	T(W_11_every_event_is_a_line_with_the_comma_in_front),
	T(W_13_strings_use_the_short_escapes),
	T(W_14_control_characters_are_escaped_everywhere),
	T(W_16_slash_del_and_utf8_stay),
	T(W_17_a_time_keeps_all_its_digits),
	T(W_19_an_id_has_64_bits),
	T(W_20_an_unknown_phase_is_written_as_it_is),
	T(ARG_2_negative_numbers_of_every_width),
	T(ARG_3_true_and_false),
	T(ARG_5_a_large_double),
	T(ARG_6_doubles_that_are_no_numbers_are_text),
	T(ARG_8_doubles_read_back_the_same),
	T(ARG_9_pointers_are_hexadecimal_text),
	T(ARG_11_quotes_inside_a_string),
	T(ARG_12_a_null_string_is_NULL),
	T(ARG_14_all_arguments_are_kept),
	T(ARG_15_the_largest_unsigned_number),
	T(ARG_17_json_is_inserted_as_it_is),
	T(ARG_20_an_empty_string),
	T(a_cut_text_ends_in_three_dots),
	T(bytes_are_hexadecimal),
	T(a_kind_of_a_newer_rill_is_null),
	T(a_name_that_comes_twice_gets_a_number),
};

int main(int argc, char **argv)
{
	const int result = TEST_MAIN("json", cases, argc, argv);

	rill_json_exit(&help_json);
	return result;
}

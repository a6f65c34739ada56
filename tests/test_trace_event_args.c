/* SPDX-License-Identifier: MIT
 * test_trace_event_args.c - what the arguments of trace_event.h become, from the call site to
 * subscriber and JSON.
 */
#include "tests/trace_event_live.h"

static const struct got_event *const first = &got.event[0], *const second = &got.event[1];

static const struct got_event *last(void)
{
	return &got.event[got.count > 0 && got.count <= GOT_MAX ? got.count - 1 : 0];
}

/* ---- TO: everything arrives, and texts are copied ------------------------------------------ */

static void TO_1_an_event_arrives_as_it_was_given(void)
{
	static const char *const names[] = { "a", "b" };
	static const uint8_t types[] = { TRACE_VALUE_TYPE_INT, TRACE_VALUE_TYPE_STRING };
	const uint64_t words[] = { (uint64_t)-33, (uintptr_t)"text" };

	record_start("to");
	TRACE_EVENT_API_ADD_TRACE_EVENT('b', rill_category("to"), "name", "scope", 0xa1, 0xb2, 2,
					names, types, words,
					TRACE_EVENT_FLAG_HAS_ID | TRACE_EVENT_FLAG_FLOW_IN);
	record_stop();
	CU_ASSERT_EQUAL_FATAL(got.count, 1);
	CU_ASSERT_EQUAL(first->phase, 'b');
	CU_ASSERT_STRING_EQUAL(first->category, "to");
	CU_ASSERT_STRING_EQUAL(first->name, "name");
	CU_ASSERT_STRING_EQUAL(first->scope, "scope");
	CU_ASSERT_EQUAL(first->id, 0xa1);
	CU_ASSERT_EQUAL(first->bind_id, 0xb2);
	CU_ASSERT_EQUAL(first->flags & 0x3fff, TRACE_EVENT_FLAG_HAS_ID | TRACE_EVENT_FLAG_FLOW_IN);
	CU_ASSERT_STRING_EQUAL(first->args, "a=i-33 b=stext");
	CU_ASSERT(first->ts_ns > 0);
	CU_ASSERT_EQUAL(first->state & RILL_EVENT_HAS_OWN_TIME, 0);
}

static void TO_3_texts_that_are_overwritten_later_arrive_as_they_were(void)
{
	char name[] = "name", key[] = "key", copied[] = "copied", plain[] = "plain";

	record_start("to");
	TRACE_EVENT_INSTANT2("to", name, TRACE_EVENT_SCOPE_THREAD, key, TRACE_STR_COPY(copied),
			     "p", plain);
	memset(name, '!', 4);
	memset(key, '!', 3);
	memset(copied, '!', 6);
	memset(plain, '!', 5);
	record_stop();
	CU_ASSERT_STRING_EQUAL(first->name, "name");
	CU_ASSERT_STRING_EQUAL(first->args, "key=ccopied p=splain");
}

static void TO_2_a_copy_event_copies_plain_texts_too(void)
{
	char value[] = "value", name[] = "name";

	record_start("to");
	TRACE_EVENT_COPY_INSTANT1("to", name, TRACE_EVENT_SCOPE_THREAD, "v", value);
	memset(name, '!', 4);
	memset(value, '!', 5);
	record_stop();
	CU_ASSERT_STRING_EQUAL(first->name, "name");
	CU_ASSERT_STRING_EQUAL(first->args, "v=cvalue");
	CU_ASSERT(first->flags & TRACE_EVENT_FLAG_COPY);
}

/* ---- ARG ----------------------------------------------------------------------------------- */

static void ARG_14_more_than_two_arguments_are_all_kept(void)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	static const uint8_t types[] = { 1, 2, 3, 4 };
	const double quarter = 0.25;
	uint64_t words[] = { 1, UINT64_MAX, (uint64_t)-1, 0 };

	memcpy(&words[3], &quarter, sizeof quarter);
	record_start("arg");
	rill_trace_event_add('I', rill_category("arg"), "n", NULL, 0, 0, 4, names, types, words, 0,
			     0, 0, 0);
	record_stop();
	CU_ASSERT_STRING_EQUAL(first->args, "a=b1 b=u18446744073709551615 c=i-1 d=d0.25");
}

static void ARG_15_the_largest_unsigned_number_is_written_with_all_digits(void)
{
	record_start("arg");
	TRACE_EVENT_INSTANT1("arg", "n", TRACE_EVENT_SCOPE_THREAD, "v", UINT64_MAX);
	record_stop();
	CU_ASSERT_TRUE(json_line_with("\"args\":{\"v\":18446744073709551615}", NULL));
}

static void ARG_12_a_null_text_and_ARG_20_an_empty_one_arrive(void)
{
	const char *none = NULL;

	record_start("arg");
	TRACE_EVENT_INSTANT2("arg", "n", TRACE_EVENT_SCOPE_THREAD, "none", none, "empty", "");
	record_stop();
	CU_ASSERT_STRING_EQUAL(first->args, "none=s(null) empty=s");
	CU_ASSERT_TRUE(json_line_with("{\"none\":\"NULL\",\"empty\":\"\"}", NULL));
}

struct json {
	struct rill_convertable convertable;
	const char *text;
	unsigned repeat;
	int asked, destroyed;
	struct json *nested;
};

static void json_destroy(struct rill_convertable *c)
{
	((struct json *)(void *)c)->destroyed++;
}

static void json_append(struct rill_convertable *c, struct rill_text *text)
{
	struct json *j = (struct json *)(void *)c;

	j->asked++;
	for (unsigned i = 0; i < j->repeat; i++)
		text->append(text, j->text, strlen(j->text));
	if (j->nested)
		TRACE_EVENT_INSTANT1("arg", "inside", TRACE_EVENT_SCOPE_THREAD, "self",
				     &j->nested->convertable);
}

static struct rill_convertable *json(struct json *j, const char *text)
{
	*j = (struct json){ { json_append, json_destroy }, text, 1, 0, 0, NULL };
	return &j->convertable;
}

static void ARG_17_convertables_are_inserted_raw_and_destroyed_once(void)
{
	struct json a, b;

	record_start("arg");
	TRACE_EVENT_INSTANT2("arg", "n", TRACE_EVENT_SCOPE_THREAD, "a", json(&a, "[42,42]"), "b",
			     json(&b, "[123,123]"));
	record_stop();
	CU_ASSERT_TRUE(json_line_with("\"args\":{\"a\":[42,42],\"b\":[123,123]}", NULL));
	CU_ASSERT_TRUE(a.asked == 1 && b.asked == 1 && a.destroyed == 1 && b.destroyed == 1);
}

static void ARG_18_a_convertable_is_destroyed_unasked_when_the_event_is_off(void)
{
	static const char *const names[] = { "a" };
	static const uint8_t types[] = { TRACE_VALUE_TYPE_CONVERTABLE };
	struct json a, macro;
	const uint64_t word = (uintptr_t)json(&a, "1");

	json(&macro, "1");
	TRACE_EVENT_API_ADD_TRACE_EVENT('I', rill_category("arg.off"), "n", NULL, 0, 0, 1, names,
					types, &word, 0);
	CU_ASSERT_TRUE(a.asked == 0 && a.destroyed == 1);
	TRACE_EVENT_INSTANT1("arg.off", "n", TRACE_EVENT_SCOPE_THREAD, "a", &macro.convertable);
	CU_ASSERT_TRUE(macro.asked == 0 && macro.destroyed == 0);
}

static void a_long_convertable_arrives_whole_and_a_huge_one_as_cut_text(void)
{
	struct json a, b, empty;

	record_start("arg");
	json(&a, "12345678")->append = json_append;
	a.repeat = 20;
	TRACE_EVENT_INSTANT1("arg", "short", TRACE_EVENT_SCOPE_THREAD, "a", &a.convertable);
	json(&b, "[1,2,3,4],");
	b.repeat = 100000;
	TRACE_EVENT_INSTANT1("arg", "huge", TRACE_EVENT_SCOPE_THREAD, "a", &b.convertable);
	json(&empty, "");
	TRACE_EVENT_INSTANT1("arg", "empty", TRACE_EVENT_SCOPE_THREAD, "a", &empty.convertable);
	record_stop();
	CU_ASSERT_EQUAL(got.count, 3);
	CU_ASSERT_EQUAL(strlen(first->args), strlen("a=j") + 160);
	CU_ASSERT_EQUAL(strncmp(second->args, "a=c[1,2,3,4],", 13), 0);
	CU_ASSERT_STRING_EQUAL(got.event[2].args, "a=jnull");
	CU_ASSERT_TRUE(a.destroyed == 1 && b.destroyed == 1 && b.asked == 1);
	/* A string on its line, not half a piece of JSON. */
	CU_ASSERT_TRUE(json_line_with("\"huge\"", "{\"a\":\"[1,2,3,4],[1", NULL));
}

static void EV_26_a_convertable_may_emit_events_and_recursion_ends(void)
{
	struct json a;

	record_start("arg");
	json(&a, "[]");
	a.nested = &a;
	TRACE_EVENT_INSTANT1("arg", "outside", TRACE_EVENT_SCOPE_THREAD, "a", &a.convertable);
	record_stop();
	CU_ASSERT_STRING_EQUAL(last()->name, "outside");
	CU_ASSERT_STRING_EQUAL(last()->args, "a=j[]");
	CU_ASSERT_STRING_EQUAL(first->name, "inside");
	CU_ASSERT_STRING_EQUAL(first->args, "self=j\"(nested too deep)\"");
	CU_ASSERT_EQUAL(got.count, 5);
	CU_ASSERT_EQUAL(a.asked, 4);
	CU_ASSERT_EQUAL(a.destroyed, got.count);
}

static void bad_input_of_the_narrow_api_records_something_or_nothing_but_never_crashes(void)
{
	static const char *const names[] = { "a", NULL };
	static const uint8_t types[] = { 99, TRACE_VALUE_TYPE_CONVERTABLE };
	const uint64_t words[] = { 7, 0 };
	const uint8_t *on = rill_category("arg");
	uint8_t alien = 1;

	record_start("arg");
	CU_ASSERT_EQUAL(rill_trace_event_add('I', NULL, "n", NULL, 0, 0, 0, NULL, NULL, NULL, 0, 0,
					     0, 0), 0);
	CU_ASSERT_EQUAL(rill_trace_event_add('I', &alien, "n", NULL, 0, 0, 0, NULL, NULL, NULL, 0,
					     0, 0, 0), 0);
	rill_trace_event_add('I', on, "1", NULL, 0, 0, 2, names, types, words, ~0u, 0, 0, 0);
	rill_trace_event_add('I', on, "2", NULL, 0, 0, -5, names, types, words, 0, 0, 0, 0);
	rill_trace_event_add('I', on, "3", NULL, 0, 0, 2, NULL, types, words, 0, 0, 0, 0);
	rill_trace_event_add('I', on, "4", NULL, 0, 0, 2, names, NULL, words, 0, 0, 0, 0);
	rill_trace_event_add('I', on, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0);
	record_stop();
	CU_ASSERT_EQUAL(got.count, 5);
	CU_ASSERT_STRING_EQUAL(first->args, "a=u7 =jnull");
	CU_ASSERT_STRING_EQUAL(got.event[1].args, "");
	CU_ASSERT_STRING_EQUAL(got.event[4].name, "");
}

static const struct test_case cases[] = {
	T(TO_1_an_event_arrives_as_it_was_given),
	T(TO_2_a_copy_event_copies_plain_texts_too),
	T(TO_3_texts_that_are_overwritten_later_arrive_as_they_were),
	T(ARG_14_more_than_two_arguments_are_all_kept),
	T(ARG_15_the_largest_unsigned_number_is_written_with_all_digits),
	T(ARG_12_a_null_text_and_ARG_20_an_empty_one_arrive),
	T(ARG_17_convertables_are_inserted_raw_and_destroyed_once),
	T(ARG_18_a_convertable_is_destroyed_unasked_when_the_event_is_off),
	T(a_long_convertable_arrives_whole_and_a_huge_one_as_cut_text),
	T(EV_26_a_convertable_may_emit_events_and_recursion_ends),
	T(bad_input_of_the_narrow_api_records_something_or_nothing_but_never_crashes),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("trace_event arguments", cases, argc, argv);
}

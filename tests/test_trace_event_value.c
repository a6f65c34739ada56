/* SPDX-License-Identifier: MIT
 * test_trace_event_value.c - how the macros of trace_event.h type arguments and ids in C, against
 * an embedder's tracer.
 */
#include "tests/test.h"
#include "tests/trace_event_double.h"

#define HAS_ID TRACE_EVENT_FLAG_HAS_ID

/* ---- values -------------------------------------------------------------------------------- */

/* The argument as the double shows it. */
#define SHOWN(value)                                                                            \
	(seen_clear(), (void)rill_te_add('I', double_category(CAT), NAME, rill_te_id_none(),    \
					 rill_te_id_none(), 0, RILL_TE_1("v", value)),          \
	 first->args + 2)

static void numbers_keep_their_kind_and_value(void)
{
	enum colour { RED = -1, GREEN = 2 } colour = RED;
	const volatile short narrow = -66;

	CU_ASSERT_STRING_EQUAL(SHOWN((bool)1), "b1");
	CU_ASSERT_STRING_EQUAL(SHOWN((signed char)-55), "i-55");
	CU_ASSERT_STRING_EQUAL(SHOWN(narrow), "i-66");
	CU_ASSERT_STRING_EQUAL(SHOWN(INT64_MIN), "i-9223372036854775808");
	CU_ASSERT_STRING_EQUAL(SHOWN(-1L), "i-1");
	CU_ASSERT_STRING_EQUAL(SHOWN((unsigned char)200), "u200");
	CU_ASSERT_STRING_EQUAL(SHOWN((unsigned short)60000), "u60000");
	CU_ASSERT_STRING_EQUAL(SHOWN(4000000000u), "u4000000000");
	CU_ASSERT_STRING_EQUAL(SHOWN(1.5f), "d1.5");
	CU_ASSERT_STRING_EQUAL(SHOWN(1e100), "d1e+100");
	CU_ASSERT_STRING_EQUAL(SHOWN(0.25L), "d0.25");
	CU_ASSERT_STRING_EQUAL(SHOWN(colour), "i-1");
}

static void ARG_15_the_largest_unsigned_number_arrives(void)
{
	CU_ASSERT_STRING_EQUAL(SHOWN(UINT64_MAX), "u18446744073709551615");
	CU_ASSERT_STRING_EQUAL(SHOWN(~0ull), "u18446744073709551615");
}

static void texts_and_pointers_are_told_apart(void)
{
	char text[8] = "text";
	char *const pointer = text;
	const char *none = NULL;
	unsigned char bytes[2];
	struct seen *any = (struct seen *)(uintptr_t)0xbadf00d;

	CU_ASSERT_STRING_EQUAL(SHOWN("literal"), "sliteral");
	CU_ASSERT_STRING_EQUAL(SHOWN(text), "stext");
	CU_ASSERT_STRING_EQUAL(SHOWN(pointer), "stext");
	CU_ASSERT_STRING_EQUAL(SHOWN(none), "s(null)");
	CU_ASSERT_STRING_EQUAL(SHOWN(TRACE_STR_COPY(text)), "ctext");
	CU_ASSERT_STRING_EQUAL(SHOWN(any), "pbadf00d");
	CU_ASSERT_STRING_EQUAL(SHOWN((void *)0), "p0");
	CU_ASSERT_EQUAL(SHOWN(bytes)[0], 'p');
}

static void EV_8_counters_are_named_value_and_cast_to_int(void)
{
	start();
	TRACE_COUNTER1(CAT, "c", 31415);
	TRACE_COUNTER1(CAT, "c", 3.9);
	CU_ASSERT_EQUAL(first->phase, 'C');
	CU_ASSERT_STRING_EQUAL(first->args, "value=i31415");
	CU_ASSERT_STRING_EQUAL(second->args, "value=i3");
}

struct json {
	struct rill_convertable convertable;
	const char *text;
	int asked, destroyed;
};

static void json_append(struct rill_convertable *c, struct rill_text *text)
{
	struct json *j = (struct json *)(void *)c;

	j->asked++;
	text->append(text, j->text, strlen(j->text));
}

static void json_destroy(struct rill_convertable *c)
{
	((struct json *)(void *)c)->destroyed++;
}

static struct rill_convertable *json(struct json *j, const char *text)
{
	j->convertable.append = json_append;
	j->convertable.destroy = json_destroy;
	j->text = text;
	j->asked = j->destroyed = 0;
	return &j->convertable;
}

static void ARG_17_convertables_are_asked_and_destroyed_once(void)
{
	struct json a, b;

	start();
	TRACE_EVENT_INSTANT2(CAT, NAME, TRACE_EVENT_SCOPE_THREAD, "a", json(&a, "[42,42]"), "b",
			     json(&b, "[123,123]"));
	CU_ASSERT_STRING_EQUAL(first->args, "a=j[42,42] b=j[123,123]");
	CU_ASSERT_TRUE(a.asked == 1 && b.asked == 1 && a.destroyed == 1 && b.destroyed == 1);
}

/* ---- ids ----------------------------------------------------------------------------------- */

static const struct seen *with_id(struct rill_te_id id)
{
	seen_clear();
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN0(CAT, NAME, id);
	return first;
}

static void AS_4_pointers_as_ids_are_mangled_and_numbers_are_not(void)
{
	int object;
	const uint64_t address = (uintptr_t)&object;

	start();
	TRACE_EVENT_ASYNC_BEGIN0(CAT, NAME, &object);
	CU_ASSERT_EQUAL(first->flags, HAS_ID | TRACE_EVENT_FLAG_MANGLE_ID);
	CU_ASSERT_EQUAL(first->id, address);
	CU_ASSERT_EQUAL(with_id(RILL_TE_ID(7))->flags, HAS_ID);
	CU_ASSERT_EQUAL(with_id(TRACE_ID_DONT_MANGLE(&object))->flags, HAS_ID);
	CU_ASSERT_EQUAL(first->id, address);
	CU_ASSERT_EQUAL(with_id(TRACE_ID_MANGLE(7))->flags, HAS_ID | TRACE_EVENT_FLAG_MANGLE_ID);
	CU_ASSERT_EQUAL(with_id(RILL_TE_ID(-1))->id, UINT64_MAX);
}

static void ids_can_be_local_global_and_scoped(void)
{
	start();
	CU_ASSERT_EQUAL(with_id(TRACE_ID_LOCAL(9))->flags, TRACE_EVENT_FLAG_HAS_LOCAL_ID);
	CU_ASSERT_EQUAL(first->id, 9);
	CU_ASSERT_EQUAL(with_id(TRACE_ID_GLOBAL(9))->flags, TRACE_EVENT_FLAG_HAS_GLOBAL_ID);
	CU_ASSERT_EQUAL(with_id(TRACE_ID_LOCAL(&seen))->flags,
			TRACE_EVENT_FLAG_HAS_LOCAL_ID);
	CU_ASSERT_EQUAL(with_id(TRACE_ID_WITH_SCOPE("s", 9))->flags, HAS_ID);
	CU_ASSERT_STRING_EQUAL(first->scope, "s");
	CU_ASSERT_EQUAL(first->id, 9);
	CU_ASSERT_EQUAL(with_id(TRACE_ID_WITH_SCOPE("s", TRACE_ID_LOCAL(9)))->flags,
			TRACE_EVENT_FLAG_HAS_LOCAL_ID);
	CU_ASSERT_STRING_EQUAL(first->scope, "s");
}

static void EV_17_linked_ids_tell_of_every_kind_of_id(void)
{
	start();
	TRACE_LINK_IDS(CAT, NAME, 1000, 2000);
	TRACE_LINK_IDS(CAT, NAME, TRACE_ID_LOCAL(1000), TRACE_ID_LOCAL(2000));
	TRACE_LINK_IDS(CAT, NAME, TRACE_ID_GLOBAL(1000), TRACE_ID_GLOBAL(2000));
	TRACE_LINK_IDS(CAT, NAME, TRACE_ID_WITH_SCOPE("s1", 1000),
		       TRACE_ID_WITH_SCOPE("s\"2\n", 0x2000, 0x3000));
	TRACE_LINK_IDS(CAT, NAME, 0, TRACE_ID_MANGLE(0));
	CU_ASSERT_EQUAL(seen.count, 5);
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(seen.event[i].phase, '=');
		CU_ASSERT_EQUAL(seen.event[i].id, 1000);
	}
	CU_ASSERT_STRING_EQUAL(seen.event[0].args, "linked_id=j{\"id\":\"0x7d0\"}");
	CU_ASSERT_STRING_EQUAL(seen.event[1].args, "linked_id=j{\"id2\":{\"local\":\"0x7d0\"}}");
	CU_ASSERT_EQUAL(seen.event[1].flags, TRACE_EVENT_FLAG_HAS_LOCAL_ID);
	CU_ASSERT_STRING_EQUAL(seen.event[2].args, "linked_id=j{\"id2\":{\"global\":\"0x7d0\"}}");
	CU_ASSERT_EQUAL(seen.event[2].flags, TRACE_EVENT_FLAG_HAS_GLOBAL_ID);
	CU_ASSERT_STRING_EQUAL(seen.event[3].args, "linked_id=j{\"scope\":\"s\\\"2\\u000a\","
						   "\"id\":\"0x2000/0x3000\"}");
	CU_ASSERT_STRING_EQUAL(seen.event[3].scope, "s1");
	/* The double mangles by ^ 0xff: what the event it links to will show. */
	CU_ASSERT_STRING_EQUAL(seen.event[4].args, "linked_id=j{\"id\":\"0xff\"}");
}

static const struct test_case cases[] = {
	T(numbers_keep_their_kind_and_value),
	T(ARG_15_the_largest_unsigned_number_arrives),
	T(texts_and_pointers_are_told_apart),
	T(EV_8_counters_are_named_value_and_cast_to_int),
	T(ARG_17_convertables_are_asked_and_destroyed_once),
	T(AS_4_pointers_as_ids_are_mangled_and_numbers_are_not),
	T(ids_can_be_local_global_and_scoped),
	T(EV_17_linked_ids_tell_of_every_kind_of_id),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("trace_event values", cases, argc, argv);
}

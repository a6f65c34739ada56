/* SPDX-License-Identifier: MIT
 * test_trace_event_cxx.cc - the macros of trace_event.h in C++11, against an embedder's tracer:
 * the whole family again, and what only C++ has: overloads, std::string, convertable objects,
 * destructors, templates.
 */
#include "tests/trace_event_family.h"

#include <memory>
#include <stdexcept>
#include <string>

template <class T> static const char *shown(T &&value)
{
	start();
	TRACE_EVENT_INSTANT1(CAT, NAME, SCOPE, "v", std::forward<T>(value));
	return first->args + 2;
}

enum plain { PLAIN = -3 };
enum class scoped : unsigned char { SCOPED = 200 };

static void numbers_keep_their_kind_and_value(void)
{
	CU_ASSERT_STRING_EQUAL(shown(true), "b1");
	CU_ASSERT_STRING_EQUAL(shown(-55), "i-55");
	CU_ASSERT_STRING_EQUAL(shown((short)-66), "i-66");
	CU_ASSERT_STRING_EQUAL(shown(INT64_MIN), "i-9223372036854775808");
	CU_ASSERT_STRING_EQUAL(shown(UINT64_MAX), "u18446744073709551615");
	CU_ASSERT_STRING_EQUAL(shown(4000000000u), "u4000000000");
	CU_ASSERT_STRING_EQUAL(shown(1.5f), "d1.5");
	CU_ASSERT_STRING_EQUAL(shown(1e100), "d1e+100");
	CU_ASSERT_STRING_EQUAL(shown(PLAIN), "i-3");
	CU_ASSERT_STRING_EQUAL(shown(scoped::SCOPED), "u200");
}

static void texts_and_pointers_are_told_apart(void)
{
	char text[8] = "text";

	CU_ASSERT_STRING_EQUAL(shown("literal"), "sliteral");
	CU_ASSERT_STRING_EQUAL(shown((char *)text), "stext");
	CU_ASSERT_STRING_EQUAL(shown((const char *)nullptr), "s(null)");
	CU_ASSERT_STRING_EQUAL(shown(TRACE_STR_COPY(text)), "ctext");
	CU_ASSERT_STRING_EQUAL(shown(nullptr), "p0");
	CU_ASSERT_STRING_EQUAL(shown((int *)0xbad), "pbad");
}

static void strings_are_copied_even_when_they_are_temporary(void)
{
	const std::string kept("kept");

	CU_ASSERT_STRING_EQUAL(shown(kept), "ckept");
	CU_ASSERT_STRING_EQUAL(shown(kept + std::string(40, 'x')),
			       "ckeptxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

/* ---- convertables -------------------------------------------------------------------------- */

static int asked, destroyed;

class Json : public rill::ConvertableToTraceFormat {
public:
	explicit Json(const char *text, bool throws = false) : text_(text), throws_(throws) {}
	~Json() override { destroyed++; }
	void AppendAsTraceFormat(std::string *out) const override
	{
		asked++;
		*out += text_;
		if (throws_)
			throw std::runtime_error("no more");
	}

private:
	std::string text_;
	bool throws_;
};

static void ARG_17_convertables_are_asked_and_destroyed_once(void)
{
	std::unique_ptr<Json> b(new Json("[123,123]"));

	start();
	asked = destroyed = 0;
	TRACE_EVENT_INSTANT2(CAT, NAME, SCOPE, "a",
			     std::unique_ptr<rill::ConvertableToTraceFormat>(new Json("[42,42]")),
			     "b", std::move(b));
	CU_ASSERT_STRING_EQUAL(first->args, "a=j[42,42] b=j[123,123]");
	CU_ASSERT_EQUAL(asked, 2);
	CU_ASSERT_EQUAL(destroyed, 2);
	CU_ASSERT_PTR_NULL(b.get());
}

static void ARG_18_a_convertable_of_an_event_that_is_off_is_destroyed_unasked(void)
{
	start();
	double_switch(CAT, false);
	asked = destroyed = 0;
	{
		std::unique_ptr<Json> json(new Json("1"));

		TRACE_EVENT_INSTANT1(CAT, NAME, SCOPE, "a", std::move(json));
	}
	CU_ASSERT_EQUAL(asked, 0);
	CU_ASSERT_EQUAL(destroyed, 1);
}

static void an_exception_in_a_convertable_ends_its_text_only(void)
{
	destroyed = 0;
	CU_ASSERT_STRING_EQUAL(shown(std::unique_ptr<Json>(new Json("[1]", true))), "j[1]");
	CU_ASSERT_EQUAL(destroyed, 1);
	CU_ASSERT_STRING_EQUAL(shown(std::unique_ptr<Json>()), "j");
}

/* ---- call sites ---------------------------------------------------------------------------- */

/* One site in the source, one per instantiation: each its own category. */
template <class Traits> static void in_a_template(void)
{
	TRACE_EVENT0(Traits::category(), NAME);
}
struct One { static const char *category() { return "one"; } };
struct Two { static const char *category() { return "two"; } };

static void instances_of_a_template_have_their_own_category(void)
{
	double_switch("one", true);
	double_switch("two", true);
	seen_clear();
	for (int i = 0; i < 2; i++) {
		in_a_template<One>();
		in_a_template<Two>();
	}
	CU_ASSERT_EQUAL(seen.lookups, 2);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_STRING_EQUAL(seen.event[i].category, i % 2 ? "two" : "one");
}

inline void in_an_inline_function(void)
{
	TRACE_EVENT1(CAT, "inline", "n", 1);
	auto lambda = []() { TRACE_COUNTER1(CAT, "lambda", 2); };

	lambda();
}

struct Object {
	Object() { TRACE_EVENT_OBJECT_CREATED_WITH_ID(CAT, "Object", this); }
	~Object() { TRACE_EVENT_OBJECT_DELETED_WITH_ID(CAT, "Object", this); }
	Object(const Object &) = delete;
	Object &operator=(const Object &) = delete;
};

static void macros_work_in_inline_functions_lambdas_and_methods(void)
{
	start();
	in_an_inline_function();
	{
		Object object;

		CU_ASSERT_EQUAL(seen.event[2].id, (uintptr_t)&object);
	}
	CU_ASSERT_EQUAL(seen.count, 4);
	CU_ASSERT_STRING_EQUAL(seen.event[1].name, "lambda");
	CU_ASSERT_EQUAL(seen.event[2].flags, HAS_ID | TRACE_EVENT_FLAG_MANGLE_ID);
	CU_ASSERT_EQUAL(seen.event[3].phase, 'D');
	CU_ASSERT_EQUAL(seen.ends, 1);
}

static void an_exception_ends_a_scope_and_a_context(void)
{
	start();
	try {
		TRACE_EVENT0(CAT, NAME);
		TRACE_EVENT_SCOPED_CONTEXT(CAT, NAME, 3);
		throw std::runtime_error("out");
	} catch (const std::runtime_error &) {
	}
	CU_ASSERT_EQUAL(seen.ends, 1);
	CU_ASSERT_EQUAL(seen.event[2].phase, ')');
	CU_ASSERT_EQUAL(seen.event[2].id, 3);
}

static int evaluations;

static int evaluate(void)
{
	return ++evaluations;
}

static void EV_1_nothing_is_evaluated_while_the_category_is_off(void)
{
	start();
	double_switch(CAT, false);
	TRACE_EVENT1(CAT, NAME, "n", evaluate());
	TRACE_EVENT_WITH_FLOW0(CAT, NAME, evaluate(), 0);
	TRACE_COUNTER_ID1(CAT, NAME, evaluate(), evaluate());
	TRACE_EVENT_SCOPED_CONTEXT(CAT, NAME, evaluate());
	TRACE_LINK_IDS(CAT, NAME, evaluate(), evaluate());
	CU_ASSERT_EQUAL(evaluations, 0);
}

static void ids_take_numbers_pointers_enumerations_and_wrappers(void)
{
	start();
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN0(CAT, NAME, scoped::SCOPED);
	CU_ASSERT_EQUAL(first->id, 200);
	CU_ASSERT_EQUAL(first->flags, HAS_ID);
	seen_clear();
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN0(CAT, NAME, -1);
	CU_ASSERT_EQUAL(first->id, UINT64_MAX);
	seen_clear();
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN0(CAT, NAME,
					  TRACE_ID_WITH_SCOPE("s", TRACE_ID_GLOBAL(4)));
	CU_ASSERT_EQUAL(first->flags, TRACE_EVENT_FLAG_HAS_GLOBAL_ID);
	CU_ASSERT_STRING_EQUAL(first->scope, "s");
	seen_clear();
	TRACE_EVENT_NESTABLE_ASYNC_BEGIN0(CAT, NAME, TRACE_ID_DONT_MANGLE(&seen));
	CU_ASSERT_EQUAL(first->flags, HAS_ID);
	seen_clear();
	TRACE_LINK_IDS(CAT, NAME, 1, TRACE_ID_WITH_SCOPE("s", 2, 3));
	CU_ASSERT_STRING_EQUAL(first->args, "linked_id=j{\"scope\":\"s\",\"id\":\"0x2/0x3\"}");
}

struct Location {
	const char *file_name() const { return "a.cc"; }
	const char *function_name() const { return "post"; }
};
struct Task {
	Location posted_from;
};

static void a_task_tells_where_it_was_posted_from(void)
{
	double_switch("toplevel", true);
	seen_clear();
	{
		TRACE_TASK_EXECUTION("RunTask", Task());
	}
	CU_ASSERT_STRING_EQUAL(first->args, "src_file=sa.cc src_func=spost");
}

static void is_new_trace_is_true_once_per_recording(void)
{
	bool is_new[4];

	for (int i = 0; i < 4; i++) {
		seen.recording = i / 2 + 1;
		TRACE_EVENT_IS_NEW_TRACE(&is_new[i]);
	}
	CU_ASSERT_TRUE(is_new[0] && !is_new[1] && is_new[2] && !is_new[3]);
}

static const struct test_case cases[] = {
	T(every_macro_of_the_family_hands_over_its_phase_and_fields),
	T(every_macro_is_silent_while_its_category_is_off),
	T(numbers_keep_their_kind_and_value),
	T(texts_and_pointers_are_told_apart),
	T(strings_are_copied_even_when_they_are_temporary),
	T(ARG_17_convertables_are_asked_and_destroyed_once),
	T(ARG_18_a_convertable_of_an_event_that_is_off_is_destroyed_unasked),
	T(an_exception_in_a_convertable_ends_its_text_only),
	T(instances_of_a_template_have_their_own_category),
	T(macros_work_in_inline_functions_lambdas_and_methods),
	T(an_exception_ends_a_scope_and_a_context),
	T(EV_1_nothing_is_evaluated_while_the_category_is_off),
	T(ids_take_numbers_pointers_enumerations_and_wrappers),
	T(a_task_tells_where_it_was_posted_from),
	T(is_new_trace_is_true_once_per_recording),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("trace_event in C++", cases, argc, argv);
}

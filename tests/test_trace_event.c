/* SPDX-License-Identifier: MIT
 * test_trace_event.c - the macros of trace_event.h in C, against an embedder's tracer.
 */
#include "tests/trace_event_family.h"

/* ---- when arguments are evaluated, and what a call site remembers -------------------------- */

static int evaluations;

static int count_evaluation(void)
{
	return ++evaluations;
}

static const char *text_evaluation(void)
{
	evaluations++;
	return "x";
}

static void EV_1_nothing_is_evaluated_while_the_category_is_off(void)
{
	double_switch("off", false);
	seen_clear();
	evaluations = 0;
	TRACE_EVENT1("off", text_evaluation(), "n", count_evaluation());
	TRACE_EVENT_INSTANT2("off", text_evaluation(), (unsigned)count_evaluation(), "n",
			     count_evaluation(), text_evaluation(), count_evaluation());
	TRACE_COUNTER1("off", "c", count_evaluation());
	TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP1("off", "a", count_evaluation(),
						count_evaluation(), "n", count_evaluation());
	TRACE_EVENT_WITH_FLOW0("off", "f", count_evaluation(), (unsigned)count_evaluation());
	TRACE_EVENT_SCOPED_CONTEXT("off", "c", count_evaluation());
	TRACE_LINK_IDS("off", "l", count_evaluation(), count_evaluation());
	TRACE_EVENT_METADATA1("off", "m", "n", count_evaluation());
	CU_ASSERT_EQUAL(evaluations, 0);
	CU_ASSERT_EQUAL(seen.count, 0);
}

static const char *category_evaluation(void)
{
	evaluations++;
	return CAT;
}

static void pass_a_site(void)
{
	TRACE_EVENT_INSTANT1(category_evaluation(), NAME, SCOPE, "n", count_evaluation());
}

static void every_argument_is_evaluated_once_and_the_category_at_the_first_pass_only(void)
{
	start();
	evaluations = 0;
	pass_a_site();
	CU_ASSERT_EQUAL(evaluations, 2);
	pass_a_site();
	CU_ASSERT_EQUAL(evaluations, 3);
	CU_ASSERT_EQUAL(seen.count, 2);
}

static void pass_another_site(void)
{
	TRACE_EVENT0(CAT, NAME);
}

static void a_site_asks_for_its_category_once(void)
{
	start();
	for (int i = 0; i < 5; i++)
		pass_another_site();
	CU_ASSERT_EQUAL(seen.lookups, 1);
	double_switch(CAT, false);
	pass_another_site();
	CU_ASSERT_EQUAL(seen.lookups, 1);
	CU_ASSERT_EQUAL(seen.count, 5);
}

static void EV_20_category_group_enabled_follows_the_byte(void)
{
	const bool wanted[] = { false, true, false };

	for (int i = 0; i < 3; i++) {
		bool on = !wanted[i];

		double_switch("ev20", wanted[i]);
		TRACE_EVENT_CATEGORY_GROUP_ENABLED("ev20", &on);
		CU_ASSERT_EQUAL(on, wanted[i]);
	}
}

static void EV_22_warm_up_registers_a_category_and_records_nothing(void)
{
	const int before = seen.categories;

	start();
	TRACE_EVENT_WARMUP_CATEGORY("ev22");
	CU_ASSERT_EQUAL(seen.categories, before + 1);
	CU_ASSERT_EQUAL(seen.lookups, 1);
	CU_ASSERT_EQUAL(seen.count, 0);
}

static bool ask_is_new(void)
{
	bool is_new;

	TRACE_EVENT_IS_NEW_TRACE(&is_new);
	return is_new;
}

static void is_new_trace_is_true_once_per_site_and_recording(void)
{
	bool other;

	seen.recording = -1;
	CU_ASSERT_FALSE(ask_is_new());
	seen.recording = 1;
	CU_ASSERT_TRUE(ask_is_new());
	CU_ASSERT_FALSE(ask_is_new());
	TRACE_EVENT_IS_NEW_TRACE(&other);
	CU_ASSERT_TRUE(other);
	seen.recording = -1;
	CU_ASSERT_FALSE(ask_is_new());
	seen.recording = 2;
	CU_ASSERT_TRUE(ask_is_new());
	CU_ASSERT_FALSE(ask_is_new());
}

static void disabled_by_default_is_a_prefix_of_a_literal(void)
{
	static const char name[] = TRACE_DISABLED_BY_DEFAULT("x");

	CU_ASSERT_STRING_EQUAL(name, "disabled-by-default-x");
}

/* ---- scopes -------------------------------------------------------------------------------- */

static void two_scopes_in_one_block_nest(void)
{
	start();
	{
		TRACE_EVENT0(CAT, "outer"); TRACE_EVENT1(CAT, "inner", "n", 1);
		CU_ASSERT_EQUAL(seen.count, 2);
		CU_ASSERT_EQUAL(seen.ends, 0);
	}
	CU_ASSERT_EQUAL(seen.ends, 2);
	CU_ASSERT_EQUAL(seen.ended, 1);
}

static int leave_early(int way)
{
	for (;;) {
		TRACE_EVENT0(CAT, "early");
		if (way == 0)
			return 1;
		if (way == 1)
			break;
		goto out;
	}
	return 2;
out:
	return 3;
}

static void a_scope_ends_however_its_block_is_left(void)
{
	start();
	for (int way = 0; way < 3; way++) {
		CU_ASSERT_EQUAL(leave_early(way), way + 1);
		CU_ASSERT_EQUAL(seen.ends, way + 1);
		CU_ASSERT_EQUAL(seen.ended, (uint64_t)way + 1);
	}
}

static void EV_4_a_scope_whose_category_goes_off_inside_is_closed(void)
{
	start();
	{
		TRACE_EVENT0(CAT, NAME);
		double_switch(CAT, false);
	}
	CU_ASSERT_EQUAL(seen.ends, 1);
	CU_ASSERT_EQUAL(seen.ended, 1);
}

static void EV_5_a_category_that_comes_on_inside_a_scope_records_nothing_of_it(void)
{
	start();
	double_switch(CAT, false);
	{
		TRACE_EVENT0(CAT, NAME);
		TRACE_EVENT_SCOPED_CONTEXT(CAT, NAME, 1);
		double_switch(CAT, true);
	}
	CU_ASSERT_EQUAL(seen.count, 0);
	CU_ASSERT_EQUAL(seen.ends, 0);
}

static void EV_16_a_scoped_context_enters_and_leaves_with_its_id(void)
{
	start();
	{
		TRACE_EVENT_SCOPED_CONTEXT(CAT, "context", 0x20151021);
		CU_ASSERT_EQUAL(seen.count, 1);
	}
	CU_ASSERT_EQUAL(seen.count, 2);
	CU_ASSERT_EQUAL(first->phase, '(');
	CU_ASSERT_EQUAL(second->phase, ')');
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(seen.event[i].id, 0x20151021);
		CU_ASSERT_EQUAL(seen.event[i].flags, HAS_ID);
		CU_ASSERT_STRING_EQUAL(seen.event[i].name, "context");
	}
}

static void EV_28_slices_of_a_flow_share_the_bind_id_and_have_no_id(void)
{
	start();
	{
		TRACE_EVENT_WITH_FLOW0(CAT, NAME, 0xb1d, TRACE_EVENT_FLAG_FLOW_OUT);
		TRACE_EVENT_WITH_FLOW0(CAT, NAME, 0xb1d, TRACE_EVENT_FLAG_FLOW_IN);
	}
	CU_ASSERT_EQUAL(first->flags, TRACE_EVENT_FLAG_FLOW_OUT);
	CU_ASSERT_EQUAL(second->flags, TRACE_EVENT_FLAG_FLOW_IN);
	CU_ASSERT_EQUAL(first->bind, 0xb1d);
	CU_ASSERT_EQUAL(second->bind, 0xb1d);
	CU_ASSERT_EQUAL(first->phase, 'X');
}

static void macros_are_statements(void)
{
	start();
	for (int i = 0; i < 2; i++)
		if (i)
			TRACE_COUNTER1(CAT, NAME, 1);
		else
			TRACE_EVENT_INSTANT0(CAT, NAME, TRACE_EVENT_SCOPE_GLOBAL);
	CU_ASSERT_EQUAL(seen.count, 2);
	CU_ASSERT_EQUAL(first->phase, 'I');
	CU_ASSERT_EQUAL(second->phase, 'C');
}

/* ---- the odd ones -------------------------------------------------------------------------- */

static void AS_1_steps_carry_their_label_as_an_argument(void)
{
	start();
	TRACE_EVENT_ASYNC_BEGIN0(CAT, NAME, ID);
	TRACE_EVENT_ASYNC_STEP_INTO0(CAT, NAME, ID, "step1");
	TRACE_EVENT_ASYNC_END0(CAT, NAME, ID);
	CU_ASSERT_EQUAL(seen.event[0].phase, 'S');
	CU_ASSERT_EQUAL(seen.event[1].phase, 'T');
	CU_ASSERT_STRING_EQUAL(seen.event[1].args, "step=sstep1");
	CU_ASSERT_EQUAL(seen.event[2].phase, 'F');
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(seen.event[i].id, UINT64_C(0xfeedbeeffeedbeef));
}

static void AS_7_begin_with_id_tid_and_timestamp_is_asynchronous(void)
{
	start();
	TRACE_EVENT_BEGIN_WITH_ID_TID_AND_TIMESTAMP0(CAT, NAME, 1, 5, 34567);
	CU_ASSERT_EQUAL(first->phase, 'S');
	CU_ASSERT_EQUAL(first->tid, 5);
	CU_ASSERT_EQUAL(first->time_us, 34567);
}

static void clock_syncs_go_to_the_metadata_category(void)
{
	double_switch("__metadata", true);
	seen_clear();
	TRACE_EVENT_CLOCK_SYNC_RECEIVER("id1");
	TRACE_EVENT_CLOCK_SYNC_ISSUER("id2", 100, 300);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(seen.event[i].phase, 'c');
		CU_ASSERT_STRING_EQUAL(seen.event[i].category, "__metadata");
		CU_ASSERT_STRING_EQUAL(seen.event[i].name, "clock_sync");
	}
	CU_ASSERT_STRING_EQUAL(first->args, "sync_id=sid1");
	CU_ASSERT_EQUAL(first->flags, 0);
	CU_ASSERT_STRING_EQUAL(second->args, "sync_id=sid2 issue_ts=i100");
	CU_ASSERT_EQUAL(second->time_us, 300);
	CU_ASSERT_EQUAL(second->flags, EXPLICIT);
}

static void a_task_tells_where_it_was_posted_from(void)
{
	const struct {
		struct {
			const char *file_name, *function_name;
		} posted_from;
	} task = { { "a.c", "post" } };

	double_switch("toplevel", true);
	seen_clear();
	{
		TRACE_TASK_EXECUTION("RunTask", task);
	}
	CU_ASSERT_EQUAL(first->phase, 'X');
	CU_ASSERT_STRING_EQUAL(first->category, "toplevel");
	CU_ASSERT_STRING_EQUAL(first->name, "RunTask");
	CU_ASSERT_STRING_EQUAL(first->args, "src_file=sa.c src_func=spost");
}

static void a_log_message_carries_text_file_and_line(void)
{
	double_switch("log", true);
	seen_clear();
	TRACE_LOG_MESSAGE("a.c", "oh", 12);
	CU_ASSERT_EQUAL(first->phase, 'I');
	CU_ASSERT_EQUAL(first->flags, COPY | TRACE_EVENT_SCOPE_THREAD);
	CU_ASSERT_STRING_EQUAL(first->name, "LogMessage");
	CU_ASSERT_STRING_EQUAL(first->args, "message=soh file=sa.c line=i12");
}

static void foreign_processes_and_own_durations_go_through_the_narrow_api(void)
{
	const uint8_t *on = TRACE_EVENT_API_GET_CATEGORY_GROUP_ENABLED(CAT);
	uint64_t handle;

	start();
	TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_PROCESS_ID('I', on, NAME, NULL, 0, 0, 0, NULL, NULL,
							NULL, 0, 4711);
	CU_ASSERT_EQUAL(first->pid, 4711);
	CU_ASSERT_EQUAL(first->tid, -1);
	handle = TRACE_EVENT_API_ADD_TRACE_EVENT_WITH_BIND_ID('X', on, NAME, NULL, 0, 5, 0, NULL,
							      NULL, NULL, FLOW);
	TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION_EXPLICIT(on, NAME, handle, 0, 99, 0);
	CU_ASSERT_EQUAL(second->bind, 5);
	CU_ASSERT_EQUAL(seen.ended, handle);
	CU_ASSERT_EQUAL(seen.ended_us, 99);
}

static void the_time_macros_count_microseconds(void)
{
	const int64_t ticks = TRACE_TIME_TICKS_NOW(), now = TRACE_TIME_NOW();
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	CU_ASSERT(ticks > 0 && TRACE_TIME_TICKS_NOW() >= ticks);
	CU_ASSERT(now / 1000000 <= wall.tv_sec && now / 1000000 >= wall.tv_sec - 10);
}

static const struct test_case cases[] = {
	T(every_macro_of_the_family_hands_over_its_phase_and_fields),
	T(every_macro_is_silent_while_its_category_is_off),
	T(EV_1_nothing_is_evaluated_while_the_category_is_off),
	T(every_argument_is_evaluated_once_and_the_category_at_the_first_pass_only),
	T(a_site_asks_for_its_category_once),
	T(EV_20_category_group_enabled_follows_the_byte),
	T(EV_22_warm_up_registers_a_category_and_records_nothing),
	T(is_new_trace_is_true_once_per_site_and_recording),
	T(disabled_by_default_is_a_prefix_of_a_literal),
	T(two_scopes_in_one_block_nest),
	T(a_scope_ends_however_its_block_is_left),
	T(EV_4_a_scope_whose_category_goes_off_inside_is_closed),
	T(EV_5_a_category_that_comes_on_inside_a_scope_records_nothing_of_it),
	T(EV_16_a_scoped_context_enters_and_leaves_with_its_id),
	T(EV_28_slices_of_a_flow_share_the_bind_id_and_have_no_id),
	T(macros_are_statements),
	T(AS_1_steps_carry_their_label_as_an_argument),
	T(AS_7_begin_with_id_tid_and_timestamp_is_asynchronous),
	T(clock_syncs_go_to_the_metadata_category),
	T(a_task_tells_where_it_was_posted_from),
	T(a_log_message_carries_text_file_and_line),
	T(foreign_processes_and_own_durations_go_through_the_narrow_api),
	T(the_time_macros_count_microseconds),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("trace_event", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_tool_slices.c - `rill report`: which slice lies in which, by hand and for random trees.
 */
#include "tests/tool_report_help.h"
#include "tool/model.h"

static void begins_and_ends_nest_for_total_and_self(void)
{
	struct json_object *o, *outer, *inner;

	o = REPORT(
		{ 'B', "outer", 0, "" },
		{ 'B', "inner", 10, "" },
		{ 'E', "inner", 30, "" },
		{ 'B', "inner", 40, "" },
		{ 'E', "", 45, "" },
		{ 'E', "outer", 100, "" });
	outer = row(o, "slices", "outer");
	inner = row(o, "slices", "inner");
	CU_ASSERT_EQUAL(number(outer, "total_ns"), 100000);
	CU_ASSERT_EQUAL(number(outer, "self_ns"), 75000);
	CU_ASSERT_EQUAL(number(inner, "count"), 2);
	CU_ASSERT_EQUAL(number(inner, "total_ns"), 25000);
	CU_ASSERT_EQUAL(number(inner, "self_ns"), 25000);
	CU_ASSERT_EQUAL(number(inner, "min_ns"), 5000);
	CU_ASSERT_EQUAL(number(inner, "max_ns"), 20000);
	CU_ASSERT_EQUAL(number(inner, "mean_ns"), 12500);
	CU_ASSERT_EQUAL(number(json_object_array_get_idx(json_object_object_get(o, "threads"), 0),
			       "busy_ns"),
			100000);
	json_object_put(o);
}

static void IM_7_an_end_without_its_name_closes_the_innermost(void)
{
	struct json_object *o;

	o = REPORT(
		{ 'B', "a", 0, "" },
		{ 'E', "b", 10, "" },
		{ 'E', "a", 20, "" });
	CU_ASSERT_EQUAL(number(row(o, "slices", "a"), "total_ns"), 10000);
	CU_ASSERT_EQUAL(note(o, "names_mismatched"), 1);
	CU_ASSERT_EQUAL(note(o, "ends_without_begin"), 1);
	json_object_put(o);
}

static void a_lost_end_does_not_shift_the_slices_around_it(void)
{
	struct json_object *o;

	o = REPORT(
		{ 'B', "outer", 0, "" },
		{ 'B', "lost", 10, "" },
		{ 'E', "outer", 50, "" },
		{ 'B', "next", 60, "" },
		{ 'E', "next", 70, "" },
		{ 'B', "open", 80, "" });
	CU_ASSERT_EQUAL(number(row(o, "slices", "outer"), "total_ns"), 50000);
	CU_ASSERT_EQUAL(number(row(o, "slices", "next"), "total_ns"), 10000);
	CU_ASSERT_PTR_NULL(row(o, "slices", "lost"));
	CU_ASSERT_EQUAL(note(o, "begins_without_end"), 2);
	json_object_put(o);
}

/* ---- complete slices: any order must give the same
 * ------------------------------------------------ */

struct slice {
	int from, to, parent, name;
	int64_t self;
};
static struct slice slices[400];
static int slice_count;
static unsigned seed;

static int dice(int below)
{
	seed = seed * 1103515245 + 12345;
	return (int)(seed >> 8) % below;
}

/* Strictly nested slices with gaps, so that each tree has one reading only. */
static void grow(int from, int to, int parent)
{
	while (slice_count < 300 && to - from > 10) {
		const int me = slice_count, begin = from + 1 + dice(3),
			  end = begin + 4 + dice((to - begin) / 2 + 1);

		if (end >= to)
			return;
		slices[slice_count++] = (struct slice){ begin, end, parent, dice(5), end - begin };
		if (parent >= 0)
			slices[parent].self -= end - begin;
		grow(begin, end, me);
		from = end + 1;
	}
}

static int by_begin(const void *a, const void *b)
{
	return ((const struct slice *)a)->from - ((const struct slice *)b)->from;
}

static int by_end(const void *a, const void *b)
{
	return ((const struct slice *)a)->to - ((const struct slice *)b)->to;
}

static void put_edges(bool complete_too)
{
	for (int t = 0; t < 4000; t++) {
		for (int i = 0; i < slice_count; i++) {
			char name[2] = { (char)('a' + slices[i].name), 0 }, more[32];

			/* Every third as one X at its end, the others as B and E. */
			if (complete_too && i % 3 == 0) {
				snprintf(more, sizeof more, "\"dur\":%d",
					 slices[i].to - slices[i].from);
				if (t == slices[i].to)
					event('X', name, slices[i].from, more);
			} else if (t == slices[i].from || t == slices[i].to) {
				event(t == slices[i].from ? 'B' : 'E', name, t, "");
			}
		}
	}
}

static void put_complete(int (*order)(const void *, const void *))
{
	qsort(slices, (size_t)slice_count, sizeof slices[0], order);
	for (int i = 0; i < slice_count; i++) {
		char name[2] = { (char)('a' + slices[i].name), 0 }, more[32];

		snprintf(more, sizeof more, "\"dur\":%d", slices[i].to - slices[i].from);
		event('X', name, slices[i].from, more);
	}
}

static void random_nested_slices_give_the_same_in_every_form_and_order(void)
{
	for (int round = 0; round < 24; round++) {
		int64_t total[5] = { 0 }, self[5] = { 0 }, busy = 0;
		struct json_object *o;

		seed = (unsigned)round / 4 + 1;
		slice_count = 0;
		grow(0, 4000, -1);
		CU_ASSERT_TRUE(slice_count > 20);
		for (int i = 0; i < slice_count; i++) {
			total[slices[i].name] += 1000 * (slices[i].to - slices[i].from);
			self[slices[i].name] += 1000 * slices[i].self;
			busy += slices[i].parent < 0 ? 1000 * (slices[i].to - slices[i].from) : 0;
		}
		if (round % 4 == 0)
			put_edges(false);
		else if (round % 4 == 1)
			put_edges(true);
		else
			put_complete(round % 4 == 2 ? by_begin : by_end);
		o = report();
		for (int n = 0; n < 5; n++) {
			struct json_object *r = row(o, "slices", (char[2]){ (char)('a' + n), 0 });

			CU_ASSERT_EQUAL(r ? number(r, "total_ns") : 0, total[n]);
			CU_ASSERT_EQUAL(r ? number(r, "self_ns") : 0, self[n]);
		}
		CU_ASSERT_EQUAL(
			number(json_object_array_get_idx(json_object_object_get(o, "threads"), 0),
			       "busy_ns"),
			busy);
		json_object_put(o);
	}
}

/* More children than are remembered one by one, then their parent. */
static void many_children_before_their_parent_are_all_taken_off(void)
{
	struct rill_model m = { 0 };
	struct rill_lane lane = { 0 };
	struct rill_row *child = rill_model_row(&m, RILL_KIND_SLICE, "c", "child");
	struct rill_row *parent = rill_model_row(&m, RILL_KIND_SLICE, "c", "parent");

	for (int i = 0; i < 100000; i++)
		rill_slice_complete(&lane, child, 10 * i, 4);
	rill_slice_complete(&lane, parent, 0, 10 * 100000);
	CU_ASSERT_EQUAL(child->self_ns, 400000);
	CU_ASSERT_EQUAL(parent->self_ns, 600000);
	CU_ASSERT_EQUAL(lane.busy_ns, 1000000);
	CU_ASSERT_TRUE(lane.interval_room <= RILL_OPEN_MAX);
	free(lane.intervals);
	rill_model_free(&m);
}

static const struct test_case cases[] = {
	T(begins_and_ends_nest_for_total_and_self),
	T(IM_7_an_end_without_its_name_closes_the_innermost),
	T(a_lost_end_does_not_shift_the_slices_around_it),
	T(random_nested_slices_give_the_same_in_every_form_and_order),
	T(many_children_before_their_parent_are_all_taken_off),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("tool slices", cases, argc, argv);
}

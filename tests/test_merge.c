/* SPDX-License-Identifier: MIT
 * test_merge.c - the tree of losers by itself: whatever the rings hold, what comes out is what sorting would give.
 *
 * The rings are rows of times; a cursor is moved by hand.
 */
#include "random_help.h"
#include "route/merge.h"
#include "test.h"

#include <stdlib.h>

enum { RINGS_MAX = 70, TIMES_MAX = 40 };

struct row {
	uint64_t times[TIMES_MAX];
	unsigned count, at;
};

static struct row rows[RINGS_MAX];
static struct rill_feed_level levels[RINGS_MAX];
static const struct rill_record some_record;

static void stand(unsigned ring)
{
	const struct row *row = &rows[ring];

	levels[ring].cursor.record = row->at < row->count ? &some_record : NULL;
	if (row->at < row->count)
		levels[ring].cursor.ticks = row->times[row->at];
}

static void begin(struct rill_merge *m, unsigned rings)
{
	if (!rill_merge_reserve(m, rings))
		abort();
	m->count = 0;
	for (unsigned i = 0; i < rings; i++) {
		rows[i].at = 0;
		stand(i);
		if (rows[i].count)
			rill_merge_add(m, &levels[i]);
	}
	rill_merge_begin(m);
}

/* The ring whose turn it is by a look at all of them. */
static unsigned first_of(unsigned rings)
{
	unsigned first = rings;

	for (unsigned i = 0; i < rings; i++)
		if (rows[i].at < rows[i].count && (first == rings || rows[i].times[rows[i].at] < rows[first].times[rows[first].at]))
			first = i;
	return first;
}

/* By runs, as the consumer does. */
static void all_come_in_order(unsigned rings)
{
	struct rill_merge m = { .room = 0 };

	begin(&m, rings);
	while (m.best < RILL_MERGE_FAR) {
		const unsigned ring = (unsigned)(m.leaves[rill_merge_leaf(m.best)] - levels);
		const uint64_t stop = rill_merge_stop(&m);

		do {
			CU_ASSERT_EQUAL(first_of(rings), ring);
			rows[ring].at++;
			stand(ring);
		} while (levels[ring].cursor.record && levels[ring].cursor.ticks < stop);
		/* And no run ends before it must. */
		rill_merge_replay(&m);
		CU_ASSERT(m.best == RILL_MERGE_NOBODY || m.leaves[rill_merge_leaf(m.best)] != &levels[ring]);
	}
	CU_ASSERT_EQUAL(m.best, RILL_MERGE_NOBODY);
	CU_ASSERT_EQUAL(first_of(rings), rings);
	free(m.nodes);
}

/* Times that often meet where `gap_max` is small. */
static void draw_rows(unsigned rings, unsigned gap_max)
{
	for (unsigned i = 0; i < rings; i++) {
		uint64_t time = UINT64_C(1) << 62;

		rows[i].count = (unsigned)(next() % (TIMES_MAX + 1));
		for (unsigned n = 0; n < rows[i].count; n++)
			rows[i].times[n] = time += next() % gap_max;
	}
}

static void any_number_of_rings_comes_out_in_order(void)
{
	for (unsigned rings = 0; rings <= RINGS_MAX; rings++) {
		draw_rows(rings, 1000000);
		all_come_in_order(rings);
	}
}

static void equal_times_come_in_the_order_of_the_rings(void)
{
	for (unsigned rings = 1; rings <= RINGS_MAX; rings++) {
		draw_rows(rings, 2);
		all_come_in_order(rings);
	}
}

static void a_ring_that_holds_the_stream_alone_comes_in_one_run(void)
{
	struct rill_merge m = { .room = 0 };

	rows[0] = (struct row){ .times = { 1, 2, 3 }, .count = 3 };
	rows[1] = (struct row){ .times = { 9 }, .count = 1 };
	begin(&m, 2);
	CU_ASSERT_EQUAL(rill_merge_leaf(m.best), 0);
	CU_ASSERT_EQUAL(rill_merge_stop(&m), 10);	/* an equal time of the first ring comes first */
	rows[0].count = 0;
	begin(&m, 2);
	CU_ASSERT_EQUAL(rill_merge_stop(&m), UINT64_MAX);
	free(m.nodes);
}

/* Further apart than a number can hold: the near ones come, and those left are known to be far. */
static void what_lies_too_far_off_is_left_for_another_pass(void)
{
	struct rill_merge m = { .room = 0 };
	const uint64_t far = 5 + RILL_MERGE_SPAN;

	rows[0] = (struct row){ .times = { far + 7 }, .count = 1 };
	rows[1] = (struct row){ .times = { 5, far + 3 }, .count = 2 };
	begin(&m, 2);
	CU_ASSERT_EQUAL(rill_merge_leaf(m.best), 1);
	CU_ASSERT(rill_merge_stop(&m) >= rill_merge_far_ticks(&m));
	CU_ASSERT_EQUAL(rill_merge_far_ticks(&m), far - 1);
	rows[1].at++;
	stand(1);
	rill_merge_replay(&m);
	CU_ASSERT(m.best >= RILL_MERGE_FAR);
	CU_ASSERT_NOT_EQUAL(m.best, RILL_MERGE_NOBODY);
	/* The next pass begins there. */
	rows[1].times[0] = far + 3;
	rows[1].count = 1;
	all_come_in_order(2);
	free(m.nodes);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		T(any_number_of_rings_comes_out_in_order),
		T(equal_times_come_in_the_order_of_the_rings),
		T(a_ring_that_holds_the_stream_alone_comes_in_one_run),
		T(what_lies_too_far_off_is_left_for_another_pass),
	};

	return TEST_MAIN("merge", cases, argc, argv);
}

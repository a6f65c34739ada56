/* SPDX-License-Identifier: MIT
 * test_category.c - the registry of category groups, and the bytes that follow the table.
 */
#include "emit/category.h"
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <rill/session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ignore(void *ctx, const struct rill_batch *batch)
{
	(void)ctx;
	(void)batch;
}

static struct rill_session *start(const char *filter)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s = NULL;

	o.out = RILL_OUT_SUBSCRIBER;
	o.subscriber = ignore;
	o.filter = filter;
	CU_ASSERT_EQUAL_FATAL(rill_session_start(&o, &s), 0);
	return s;
}

static void CR_4_the_name_of_a_pointer_is_the_text_it_came_from(void)
{
	CU_ASSERT_STRING_EQUAL(rill_category_name(rill_category("cr4,other")), "cr4,other");
	CU_ASSERT_PTR_NULL(rill_category_name((const uint8_t *)"not ours"));
	CU_ASSERT_PTR_NULL(rill_category_name(NULL));
}

static void EV_23_the_same_text_gives_the_same_pointer_from_anywhere(void)
{
	char text[] = "ev23,a";

	CU_ASSERT_PTR_EQUAL(rill_category("ev23,a"), rill_category(text));
	text[5] = 'b';
	CU_ASSERT_PTR_NOT_EQUAL(rill_category("ev23,a"), rill_category(text));
	CU_ASSERT_PTR_NOT_EQUAL(rill_category("a,b"), rill_category("b,a"));
}

static void an_empty_or_missing_name_has_a_byte_too(void)
{
	CU_ASSERT_PTR_NOT_NULL(rill_category(""));
	CU_ASSERT_PTR_EQUAL(rill_category(NULL), rill_category(""));
}

static void CR_6_a_cached_pointer_follows_off_on_off(void)
{
	const uint8_t *byte = rill_category("cr6");
	struct rill_session *s;

	CU_ASSERT_EQUAL(*byte, 0);
	s = start("cr6");
	CU_ASSERT_NOT_EQUAL(*byte, 0);
	CU_ASSERT_PTR_EQUAL(rill_category("cr6"), byte);
	rill_session_stop(s);
	CU_ASSERT_EQUAL(*byte, 0);
}

static void N_24_the_byte_of_a_group_is_alive(void)
{
	const uint8_t *x = rill_category("n24");
	struct rill_session *s = start("other");

	CU_ASSERT_EQUAL(*x, 0);
	CU_ASSERT_EQUAL(rill_session_enable(s, "n24"), 0);
	CU_ASSERT_TRUE(*x > 0);
	CU_ASSERT_EQUAL(rill_session_disable(s, "n24"), 0);
	CU_ASSERT_EQUAL(*x, 0);
	rill_session_stop(s);
}

static void a_group_that_is_new_while_a_session_runs_is_on_at_once(void)
{
	struct rill_session *s = start("late*");

	CU_ASSERT_NOT_EQUAL(*rill_category("late.one"), 0);
	CU_ASSERT_EQUAL(*rill_category("early.one"), 0);
	rill_session_stop(s);
}

enum { RACERS = 4, NAMES = 400 };
static const uint8_t *raced[RACERS][NAMES];
static pthread_barrier_t barrier;

static void *race(void *number)
{
	char name[32];

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof name, "race.%d", i);
		raced[(intptr_t)number][i] = rill_category(name);
	}
	return NULL;
}

static unsigned listed;
static void count_race(void *ctx, const char *group, uint8_t sessions)
{
	(void)ctx;
	(void)sessions;
	listed += strncmp(group, "race.", 5) == 0;
}

static void CR_1_threads_that_resolve_one_name_at_a_time_get_one_slot(void)
{
	pthread_t t[RACERS];
	bool same = true;

	pthread_barrier_init(&barrier, NULL, RACERS);
	for (intptr_t i = 0; i < RACERS; i++)
		pthread_create(&t[i], NULL, race, (void *)i);
	for (int i = 0; i < RACERS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < NAMES; i++)
		for (int r = 1; r < RACERS; r++)
			same = same && raced[r][i] == raced[0][i];
	CU_ASSERT_TRUE(same);
	listed = 0;
	rill_categories(count_race, NULL);
	CU_ASSERT_EQUAL(listed, NAMES);
}

static const uint8_t *from_handler;
static void on_signal(int sig)
{
	(void)sig;
	from_handler = rill_category("made.in.a.handler");
}

static void a_signal_handler_may_register(void)
{
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	CU_ASSERT_PTR_EQUAL(from_handler, rill_category("made.in.a.handler"));
	signal(SIGUSR1, SIG_DFL);
}

/* The last test of the suite: it fills the registry. */
static void CR_3_mended_beyond_the_room_groups_stay_off_and_that_is_counted(void)
{
	struct rill_session *s;
	char name[32];
	unsigned got = 0;

	for (int i = 0; i < 6000; i++) {
		snprintf(name, sizeof name, "fill.%d", i);
		got += rill_category_name(rill_category(name)) != NULL;
	}
	CU_ASSERT_TRUE(got >= 4096 || got + rill_category_refused() == 6000);
	for (int i = 6000; i < CONFIG_RILL_CATEGORIES_MAX + 100; i++) {
		snprintf(name, sizeof name, "fill.%d", i);
		rill_category(name);
	}
	CU_ASSERT_TRUE(rill_category_refused() > 0);
	s = start("*");
	CU_ASSERT_NOT_EQUAL(*rill_category("fill.1"), 0);
	CU_ASSERT_EQUAL(*rill_category("never.had.room"), 0);
	rill_session_stop(s);
}

static const struct test_case cases[] = {
	T(CR_4_the_name_of_a_pointer_is_the_text_it_came_from),
	T(EV_23_the_same_text_gives_the_same_pointer_from_anywhere),
	T(an_empty_or_missing_name_has_a_byte_too),
	T(CR_6_a_cached_pointer_follows_off_on_off),
	T(N_24_the_byte_of_a_group_is_alive),
	T(a_group_that_is_new_while_a_session_runs_is_on_at_once),
	T(CR_1_threads_that_resolve_one_name_at_a_time_get_one_slot),
	T(a_signal_handler_may_register),
	T(CR_3_mended_beyond_the_room_groups_stay_off_and_that_is_counted),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("category", cases, argc, argv);
}

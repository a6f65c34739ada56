/* SPDX-License-Identifier: MIT
 * test_observer.c - who wants to know when sessions come and go, is told so exactly once, outside rill's locks.
 */
#include "tests/session_help.h"

#include <pthread.h>

struct watch {
	_Atomic unsigned first_on, last_off, on, off;
	_Atomic(struct rill_session *) session;	/* of the last call; two threads may be told at once */
	const uint8_t *byte;
	uint8_t at_on, at_off;		/* the enabled byte inside the calls */
};

static void watch(void *ctx, enum rill_state state, struct rill_session *session)
{
	struct watch *w = ctx;

	w->first_on += state == RILL_FIRST_ON;
	w->last_off += state == RILL_LAST_OFF;
	w->on += state == RILL_SESSION_ON;
	w->off += state == RILL_SESSION_OFF;
	w->session = session;
	if (w->byte && state == RILL_FIRST_ON)
		w->at_on = *w->byte;
	if (w->byte && state == RILL_LAST_OFF)
		w->at_off = *w->byte;
}

static bool counts(const struct watch *w, unsigned first_on, unsigned on, unsigned off, unsigned last_off)
{
	bool same = w->first_on == first_on && w->on == on && w->off == off && w->last_off == last_off;

	if (!same)
		fprintf(stderr, "first_on %u, on %u, off %u, last_off %u\n", w->first_on, w->on, w->off, w->last_off);
	return same;
}

static void CT_4_start_stop_stop_is_told_once_each_with_the_flags_already_set(void)
{
	struct watch w = { .byte = rill_category("ob"), .at_on = 0, .at_off = 1 };
	struct taken t = { .only = NULL };
	struct rill_session *s;

	CU_ASSERT_EQUAL(rill_observer_add(watch, &w), 0);
	CU_ASSERT(counts(&w, 0, 0, 0, 0));
	s = start_counting(&t, "ob", false);
	CU_ASSERT(counts(&w, 1, 1, 0, 0));
	CU_ASSERT_PTR_EQUAL(w.session, s);
	stop(s);
	CU_ASSERT_EQUAL(rill_session_stop(s), -ENOENT);
	CU_ASSERT(counts(&w, 1, 1, 1, 1));
	CU_ASSERT_NOT_EQUAL(w.at_on, 0);
	CU_ASSERT_EQUAL(w.at_off, 0);
	CU_ASSERT_EQUAL(rill_observer_remove(watch, &w), 0);
	stop(start_counting(&t, "ob", false));
	CU_ASSERT(counts(&w, 1, 1, 1, 1));
}

static void only_the_first_and_the_last_of_several_are_told_as_such(void)
{
	struct watch w = { .byte = NULL };
	struct taken t = { .only = NULL };
	struct rill_session *s, *u;

	CU_ASSERT_EQUAL(rill_observer_add(watch, &w), 0);
	s = start_counting(&t, "ob", false);
	u = start_counting(&t, "ob", true);
	stop(s);
	CU_ASSERT(counts(&w, 1, 2, 1, 0));
	stop(u);
	CU_ASSERT(counts(&w, 1, 2, 2, 1));
	CU_ASSERT_EQUAL(rill_observer_remove(watch, &w), 0);
}

static void CT_5_an_observer_added_while_tracing_is_told_at_once(void)
{
	struct watch w = { .byte = NULL };
	struct taken t = { .only = NULL };
	struct rill_session *s = start_counting(&t, "ob", false), *u = start_counting(&t, "ob", true);

	CU_ASSERT_EQUAL(rill_observer_add(watch, &w), 0);
	CU_ASSERT(counts(&w, 1, 2, 0, 0));
	stop(s);
	stop(u);
	CU_ASSERT(counts(&w, 1, 2, 2, 1));
	CU_ASSERT_EQUAL(rill_observer_remove(watch, &w), 0);
}

static void an_observer_is_there_once_and_goes_once(void)
{
	struct watch w = { .byte = NULL }, other = { .byte = NULL };

	CU_ASSERT_EQUAL(rill_observer_remove(watch, &w), -ENOENT);
	CU_ASSERT(strstr(rill_error(), "not there") != NULL);
	CU_ASSERT_EQUAL(rill_observer_add(watch, &w), 0);
	CU_ASSERT_EQUAL(rill_observer_add(watch, &w), -EEXIST);
	CU_ASSERT(strstr(rill_error(), "already") != NULL);
	CU_ASSERT_EQUAL(rill_observer_add(watch, &other), 0);
	CU_ASSERT_EQUAL(rill_observer_remove(watch, &w), 0);
	CU_ASSERT_EQUAL(rill_observer_remove(watch, &w), -ENOENT);
	CU_ASSERT_EQUAL(rill_observer_remove(watch, &other), 0);
}

/* ---- observers that act --------------------------------------------------------------------------- */

static struct watch second;

static void add_second_and_leave(void *ctx, enum rill_state state, struct rill_session *session)
{
	watch(ctx, state, session);
	if (state != RILL_SESSION_ON)
		return;
	CU_ASSERT_EQUAL(rill_observer_add(watch, &second), 0);
	CU_ASSERT_EQUAL(rill_observer_remove(add_second_and_leave, ctx), 0);
}

static void CT_7_an_observer_adds_another_and_removes_itself_inside_its_call(void)
{
	struct watch w = { .byte = NULL };
	struct taken t = { .only = NULL };
	struct rill_session *s;

	memset(&second, 0, sizeof second);
	CU_ASSERT_EQUAL(rill_observer_add(add_second_and_leave, &w), 0);
	s = start_counting(&t, "ob", false);
	CU_ASSERT(counts(&w, 1, 1, 0, 0));
	CU_ASSERT(counts(&second, 1, 1, 0, 0));
	stop(s);
	CU_ASSERT(counts(&w, 1, 1, 0, 0));
	CU_ASSERT(counts(&second, 1, 1, 1, 1));
	CU_ASSERT_EQUAL(rill_observer_remove(watch, &second), 0);
	CU_ASSERT_EQUAL(rill_observer_remove(add_second_and_leave, &w), -ENOENT);
}

static void emit_inside(void *ctx, enum rill_state state, struct rill_session *session)
{
	(void)ctx;
	(void)session;
	if (state == RILL_FIRST_ON)
		RILL_INSTANT("ob", "in_on");
	else if (state == RILL_LAST_OFF)
		RILL_INSTANT("ob", "in_off");
}

static void an_observer_that_emits_is_recorded_while_the_session_is_on(void)
{
	struct taken t = { .only = NULL };

	CU_ASSERT_EQUAL(rill_observer_add(emit_inside, NULL), 0);
	stop(start_counting(&t, "ob", false));
	CU_ASSERT_EQUAL(t.count, 1);
	CU_ASSERT_STRING_EQUAL(t.last, "in_on");
	CU_ASSERT_EQUAL(rill_observer_remove(emit_inside, NULL), 0);
}

static struct rill_session *inner;
static struct taken inner_taken;

/* A session of its own beside the first one, until the last one goes. */
static void session_inside(void *ctx, enum rill_state state, struct rill_session *session)
{
	(void)ctx;
	(void)session;
	if (state == RILL_FIRST_ON && !inner)
		inner = start_counting(&inner_taken, "ob", true);
}

static void an_observer_starts_a_session_inside_its_call(void)
{
	struct watch w = { .byte = NULL };
	struct taken t = { .only = NULL };
	struct rill_session *s;

	memset(&inner_taken, 0, sizeof inner_taken);
	CU_ASSERT_EQUAL(rill_observer_add(session_inside, NULL), 0);
	CU_ASSERT_EQUAL(rill_observer_add(watch, &w), 0);
	s = start_counting(&t, "ob", false);
	RILL_INSTANT("ob", "both");
	stop(s);
	CU_ASSERT(counts(&w, 1, 2, 1, 0));
	RILL_INSTANT("ob", "inner_only");
	stop(inner);
	inner = NULL;
	CU_ASSERT(counts(&w, 1, 2, 2, 1));
	CU_ASSERT_EQUAL(t.count, 1);
	CU_ASSERT_EQUAL(inner_taken.count, 2);
	CU_ASSERT_EQUAL(rill_observer_remove(session_inside, NULL), 0);
	CU_ASSERT_EQUAL(rill_observer_remove(watch, &w), 0);
}

static void stop_inside(void *ctx, enum rill_state state, struct rill_session *session)
{
	(void)ctx;
	if (state == RILL_FIRST_ON)
		CU_ASSERT_EQUAL(rill_session_stop(session), 0);
}

static void an_observer_stops_the_session_that_is_just_coming(void)
{
	struct watch w = { .byte = NULL };
	struct taken t = { .only = NULL };
	struct rill_session *s;

	CU_ASSERT_EQUAL(rill_observer_add(stop_inside, NULL), 0);
	CU_ASSERT_EQUAL(rill_observer_add(watch, &w), 0);
	s = start_counting(&t, "ob", false);
	CU_ASSERT_EQUAL(rill_session_stop(s), -ENOENT);
	CU_ASSERT_EQUAL(w.on, 0);
	CU_ASSERT_EQUAL(w.last_off, 1);
	CU_ASSERT_EQUAL(rill_observer_remove(stop_inside, NULL), 0);
	CU_ASSERT_EQUAL(rill_observer_remove(watch, &w), 0);
}

static struct taken restarted_taken;
static struct rill_session *restarted;

static void restart_inside(void *ctx, enum rill_state state, struct rill_session *session)
{
	(void)ctx;
	(void)session;
	if (state == RILL_LAST_OFF && !restarted)
		restarted = start_counting(&restarted_taken, "ob", false);
}

/* The one that goes is still there while it says so: the next is the first all the same. */
static void a_session_started_while_the_last_one_goes_is_the_first_again(void)
{
	struct watch w = { .byte = NULL };
	struct taken t = { .only = NULL };

	CU_ASSERT_EQUAL(rill_observer_add(watch, &w), 0);
	CU_ASSERT_EQUAL(rill_observer_add(restart_inside, NULL), 0);
	stop(start_counting(&t, "ob", false));
	CU_ASSERT(counts(&w, 2, 2, 1, 1));
	CU_ASSERT_EQUAL(rill_observer_remove(restart_inside, NULL), 0);
	stop(restarted);
	restarted = NULL;
	CU_ASSERT(counts(&w, 2, 2, 2, 2));
	CU_ASSERT_EQUAL(rill_observer_remove(watch, &w), 0);
}

/* ---- at the same time ----------------------------------------------------------------------------- */

static _Atomic bool over;

static void *come_and_go(void *unused)
{
	struct taken t = { .only = NULL };

	(void)unused;
	while (!atomic_load(&over))
		stop(start_counting(&t, "ob", true));
	return NULL;
}

static void an_observer_that_comes_and_goes_meanwhile_is_told_each_session_once(void)
{
	pthread_t threads[2];

	atomic_store(&over, false);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
	for (int i = 0; i < 100; i++) {
		struct watch *w = calloc(1, sizeof *w);	/* freed at once: a call behind remove would be found by ASan */

		CU_ASSERT_EQUAL(rill_observer_add(watch, w), 0);
		if (i % 4 == 0)
			pause_ms(1);
		CU_ASSERT_EQUAL(rill_observer_remove(watch, w), 0);
		CU_ASSERT(w->off <= w->on);
		CU_ASSERT(w->on <= w->off + 2);	/* two threads: no more run at once */
		free(w);
	}
	atomic_store(&over, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

static const struct test_case cases[] = {
	T(CT_4_start_stop_stop_is_told_once_each_with_the_flags_already_set),
	T(only_the_first_and_the_last_of_several_are_told_as_such),
	T(CT_5_an_observer_added_while_tracing_is_told_at_once),
	T(an_observer_is_there_once_and_goes_once),
	T(CT_7_an_observer_adds_another_and_removes_itself_inside_its_call),
	T(an_observer_that_emits_is_recorded_while_the_session_is_on),
	T(an_observer_starts_a_session_inside_its_call),
	T(an_observer_stops_the_session_that_is_just_coming),
	T(a_session_started_while_the_last_one_goes_is_the_first_again),
	T(an_observer_that_comes_and_goes_meanwhile_is_told_each_session_once),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("observer", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_exact.c - corners: what is lost in a ring that never rests, a text that no block holds, threads that attach in odd
 * places, control that is used while it changes.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include <pthread.h>
#include <stdatomic.h>

enum { KEYS = 240 };

/* ---- losses in a ring that is never empty --------------------------------------------------------- */

static _Atomic bool over, lost;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* An event that no block holds: its keys are never cut. */
static void emit_too_big(const char *category)
{
	static char key[200];
	const char *keys[KEYS];
	struct rill_arg args[KEYS];

	memset(key, 'k', sizeof key - 1);
	for (unsigned i = 0; i < KEYS; i++) {
		keys[i] = key;
		args[i] = (struct rill_arg){ .type = RILL_TYPE_U64, .word = i };
	}
	rill_emit('I', category, "big", 0, 0, KEYS, keys, args);
}

/* Loses one event of "a", then never rests, and is slow enough to stay in its block for a while. */
static void *never_rest(void *unused)
{
	uint64_t next;

	(void)unused;
	RILL_INSTANT("b", "first");
	emit_too_big("a");
	atomic_store(&lost, true);
	while (!atomic_load(&over)) {
		next = now_ns() + 1000;
		RILL_INSTANT("b", "on");
		while (now_ns() < next)
			;
	}
	return NULL;
}

static bool stop_while_the_ring_is_busy(void)
{
	struct watch a = { .session = NULL }, b = { .session = NULL }, next = { .session = NULL };
	struct rill_stats stats;
	pthread_t thread;

	NEED(configure(1 << 20, 32768, 4, 0));
	for (unsigned round = 0; round < 10; round++) {
		memset(&a, 0, sizeof a);
		memset(&b, 0, sizeof b);
		memset(&next, 0, sizeof next);
		atomic_store(&over, false);
		atomic_store(&lost, false);
		NEED(watch_start(&a, "a"));
		NEED(watch_start(&b, "b"));
		NEED(pthread_create(&thread, NULL, never_rest, NULL) == 0);
		while (!atomic_load(&lost))
			;
		NEED(watch_stop(&a, &stats));
		NEED_EQUAL(stats.lost[RILL_LOST_BIG], 1);
		NEED_EQUAL(a.lost_total, 1);
		NEED(watch_start(&next, "a"));	/* the same bit */
		atomic_store(&over, true);
		pthread_join(thread, NULL);
		NEED(watch_stop(&next, &stats));
		NEED_EQUAL(stats.lost_total, 0);
		NEED(watch_stop(&b, &stats));
		NEED_EQUAL(stats.lost[RILL_LOST_BIG], 0);	/* the ring may run full where the consumer gets no processor */
	}
	return true;
}

static void a_loss_is_in_the_books_of_its_session_though_its_ring_never_rests(void)
{
	ISOLATED(stop_while_the_ring_is_busy);
}

/* ---- texts that no block holds -------------------------------------------------------------------- */

static bool a_scope_of_an_id_is_cut(void)
{
	static char scope[5000];
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	struct rill_dynamic e = { .name = "scoped", .scope = scope, .phase = 'b', .id = 1, .flags = RILL_FLAG_HAS_ID };

	NEED(configure(4096, 1024, 4, 0));
	NEED(watch_start(&w, "cut"));
	memset(scope, 's', sizeof scope - 1);
	e.enabled = rill_category("cut");
	for (unsigned i = 0; i < 20; i++) {
		rill_add_event(&e);
		RILL_INSTANT("cut", "beside");
		NEED(rill_session_flush(w.session, 60000) == 0);
	}
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, w.events);
	NEED_EQUAL(stats.delivered + stats.lost_total, 40);
	NEED(stats.delivered >= 20);
	return true;
}

static void the_scope_of_an_id_that_no_block_holds_spoils_nothing(void)
{
	ISOLATED(a_scope_of_an_id_is_cut);
}

/* ---- who attaches, and how ------------------------------------------------------------------------ */

static uint32_t tid_seen;

static void keep_tid(struct watch *w, const struct rill_event *event)
{
	(void)w;
	if (strcmp(event->name, "of the parent") == 0)
		tid_seen = event->tid;
}

/* The child of vfork() has our memory and another tid, which is gone when it ends. */
static bool first_event_in_a_vfork_child(void)
{
	struct watch w = { .session = NULL, .each = keep_tid };
	struct rill_stats stats;
	int status;
	pid_t pid;

	NEED(configure(4096, 1024, 4, 0));
	NEED(watch_start(&w, "vfork"));
	pid = vfork();
	if (pid == 0) {
		RILL_INSTANT("vfork", "of the child");
		_exit(0);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	RILL_INSTANT("vfork", "of the parent");
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(tid_seen, (uint32_t)gettid());
	NEED_EQUAL(stats.delivered + stats.lost_total, WATCH_TSAN ? 1 : 2);	/* TSan makes a fork of it */
	return true;
}

static void the_child_of_a_vfork_does_not_attach_its_parents_thread(void)
{
	if (!vfork_shares_memory() && emulator())
		test_skip("this emulator makes a fork of vfork");
	else
		ISOLATED(first_event_in_a_vfork_child);
}

static _Atomic bool went_on;

static void *cancelled_before_its_first_event(void *unused)
{
	(void)unused;
	pthread_cancel(pthread_self());
	RILL_INSTANT("cancel", "first");
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);	/* ASan does not understand the stack of a cancelled thread */
	atomic_store(&went_on, true);
	return NULL;
}

static bool cancel_at_the_first_event(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pthread_t thread;

	NEED(watch_start(&w, "cancel"));
	NEED(pthread_create(&thread, NULL, cancelled_before_its_first_event, NULL) == 0);
	NEED(pthread_join(thread, NULL) == 0);
	NEED(atomic_load(&went_on));
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, 1);
	return true;
}

static void an_event_is_no_cancellation_point(void)
{
	ISOLATED(cancel_at_the_first_event);
}

/* ---- control beside itself ------------------------------------------------------------------------ */

static void *change_for_ever(void *session)
{
	while (!atomic_load(&over)) {
		rill_session_enable(session, "changed.*");
		rill_session_disable(session, "changed.*");
	}
	return NULL;
}

/* Under ASan: the filter that is asked must not be freed meanwhile. */
static bool ask_while_the_filter_changes(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pthread_t thread;
	char text[4096];
	bool found = true;

	for (unsigned i = 0; i < 300; i++) {
		char name[32];

		snprintf(name, sizeof name, "group.%u", i);
		rill_category(name);
	}
	NEED(watch_start(&w, "group.*"));
	NEED(pthread_create(&thread, NULL, change_for_ever, w.session) == 0);
	for (uint64_t until = now_ms() + 300; now_ms() < until;)
		found &= rill_enabled_categories(w.session, text, sizeof text) > 0;
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	NEED(found);
	return watch_stop(&w, &stats);
}

static void the_enabled_categories_are_asked_while_the_filter_changes(void)
{
	ISOLATED(ask_while_the_filter_changes);
}

static unsigned inner_calls;

/* Called for the first session, it starts another one, is called for that one inside, and removes itself there. */
static void starts_and_leaves(void *ctx, enum rill_state state, struct rill_session *session)
{
	struct watch *other = ctx;

	(void)session;
	if (state == RILL_FIRST_ON)
		watch_start(other, "inner");
	if (state == RILL_SESSION_ON && !inner_calls++)
		rill_observer_remove(starts_and_leaves, ctx);
}

static bool remove_inside_two_calls(void)
{
	struct watch outer = { .session = NULL }, inner = { .session = NULL };
	struct rill_stats stats;

	NEED(rill_observer_add(starts_and_leaves, &inner) == 0);
	NEED(watch_start(&outer, "outer"));
	NEED_EQUAL(inner_calls, 1);
	NEED(watch_stop(&inner, &stats));
	return watch_stop(&outer, &stats);
}

static void an_observer_can_remove_itself_from_a_call_inside_a_call(void)
{
	ISOLATED(remove_inside_two_calls);
}

static const struct test_case cases[] = {
	T(a_loss_is_in_the_books_of_its_session_though_its_ring_never_rests),
	T(the_scope_of_an_id_that_no_block_holds_spoils_nothing),
	T(the_child_of_a_vfork_does_not_attach_its_parents_thread),
	T(an_event_is_no_cancellation_point),
	T(the_enabled_categories_are_asked_while_the_filter_changes),
	T(an_observer_can_remove_itself_from_a_call_inside_a_call),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("exact", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_conformance_session.c - cases of doc/conformance.md about what stands behind the events:
 * rings, control, registry, sessions.
 */
#include "tests/conformance_help.h"
#include "tests/session_help.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>

enum { RING_BYTES = 16384, RING_BURST = 3000 };

static struct rill_session_options options_for(const char *filter)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;

	options.filter = filter;
	return options;
}

/* ---- RB: buffers ----------------------------------------------------------------------------- */

/* The numbers of the events "n" ascend; returns how many there are. */
static int ascending_numbers(void)
{
	double last = -1;
	int count = 0;

	for (struct json_object *event; (event = find_event("n", 0, count)); count++) {
		struct json_object *args;

		CU_ASSERT_FATAL(json_object_object_get_ex(event, "args", &args));
		CU_ASSERT_FATAL(number_of(args, "i") > last);
		last = number_of(args, "i");
	}
	return count;
}

static int64_t told_lost(void)
{
	struct json_object *event, *args;
	int64_t sum = 0;

	for (int i = 0; (event = find_event("events lost", 0, i)); i++)
		if (json_object_object_get_ex(event, "args", &args))
			sum += (int64_t)number_of(args, "count");
	return sum;
}

static void RB_1_a_full_stream_ring_discards_the_newest_and_tells_how_many(void)
{
	int kept;

	trace_start("rb");
	for (int i = 0; i < RING_BURST; i++)
		RILL_INSTANT("rb", "n", "i", i);
	trace_stop();
	kept = ascending_numbers();
	CU_ASSERT(kept >= RING_BYTES / 32 && kept < RING_BURST);
	IS("n", "args", "{\"i\":0}");
	CU_ASSERT_EQUAL(kept + told_lost(), RING_BURST);
}

static void RB_2_a_ring_that_is_not_full_gives_all_in_order(void)
{
	trace_start("rb");
	for (int i = 0; i < 129; i++)
		RILL_INSTANT("rb", "n", "i", i);
	trace_stop();
	CU_ASSERT_EQUAL(ascending_numbers(), 129);
	CU_ASSERT_EQUAL(count_events("events lost"), 0);
}

static void RB_3_a_second_flush_writes_nothing(void)
{
	off_t size;

	trace_start("rb");
	RILL_INSTANT("rb", "n", "i", 1);
	CU_ASSERT_EQUAL(rill_session_flush(trace.session, 60000), 0);
	size = lseek(fileno(trace.out), 0, SEEK_END);
	CU_ASSERT_EQUAL(rill_session_flush(trace.session, 60000), 0);
	CU_ASSERT_EQUAL(lseek(fileno(trace.out), 0, SEEK_END), size);
	trace_stop();
	CU_ASSERT_EQUAL(count_events("n"), 1);
}

static void RB_4_a_handle_of_an_earlier_session_ends_nothing_in_the_next(void)
{
	const uint8_t *on = rill_category("rb");
	uint64_t handle;

	trace_start("rb");
	handle = TRACE_EVENT_API_ADD_TRACE_EVENT('X', on, "slice", NULL, 0, 0, 0, NULL, NULL, NULL,
						 0);
	trace_stop();
	CU_ASSERT_NOT_EQUAL(handle, 0);
	TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION(on, "slice", handle); /* nobody listens */
	trace_start("rb");
	TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION(on, "slice", 0);
	trace_stop();
	CU_ASSERT_EQUAL(count_own(), 0);
}

static void RB_7_no_number_of_events_ends_a_recording(void)
{
	struct taken taken = { .only = "rb" };
	struct rill_session *session = start_counting(&taken, "rb", false);
	struct rill_stats stats;

	for (int i = 0; i < 300000; i++)
		RILL_INSTANT("rb", "n");
	CU_ASSERT_EQUAL(rill_session_flush(session, 60000), 0);
	RILL_INSTANT("rb", "last");
	CU_ASSERT_EQUAL(rill_session_flush(session, 60000), 0);
	CU_ASSERT_EQUAL(rill_session_stats(session, &stats), 0);
	CU_ASSERT_EQUAL(stats.delivered + stats.lost_total, 300001);
	stop(session);
	CU_ASSERT_STRING_EQUAL(taken.last, "last");
}

/* ---- CT: controller -------------------------------------------------------------------------- */

static void CT_3_of_several_categories_only_those_asked_for_are_recorded(void)
{
	trace_start("ct.a,ct.b");
	RILL_INSTANT("ct.a", "a");
	RILL_INSTANT("ct.b", "b");
	RILL_INSTANT("ct.c", "c");
	RILL_INSTANT("ct.c,ct.a", "ca");
	trace_stop();
	CU_ASSERT_EQUAL(count_own(), 3);
	CU_ASSERT_EQUAL(count_events("c"), 0);
	IS("ca", "cat", "\"ct.c,ct.a\"");
}

struct seen {
	unsigned calls[4];
	bool byte_on, closed_too_early;
	struct kept *kept;
};

static void see(void *ctx, enum rill_state state, struct rill_session *session)
{
	struct seen *seen = ctx;

	(void)session;
	seen->calls[state]++;
	seen->byte_on = *rill_category("ct.seen") != 0;
	if (seen->kept && (state == RILL_LAST_OFF || state == RILL_SESSION_OFF))
		seen->closed_too_early |= atomic_load(&seen->kept->closed);
}

static void CT_4_observers_see_one_start_and_one_stop_behind_the_bytes_and_before_the_flush(void)
{
	struct kept kept = { .text = NULL };
	struct rill_session_options options = to_kept(&kept, "ct.seen");
	struct seen seen = { .kept = &kept };
	struct rill_session *session;

	CU_ASSERT_EQUAL(rill_observer_add(see, &seen), 0);
	session = start_with(&options);
	CU_ASSERT_TRUE(seen.byte_on);
	stop(session);
	CU_ASSERT_FALSE(seen.byte_on);
	CU_ASSERT_FALSE(seen.closed_too_early);
	CU_ASSERT_TRUE(kept.closed);
	CU_ASSERT_NOT_EQUAL(rill_session_stop(session), 0);
	for (int state = 0; state < 4; state++)
		CU_ASSERT_EQUAL(seen.calls[state], 1);
	CU_ASSERT_EQUAL(rill_observer_remove(see, &seen), 0);
	free(kept.text);
}

static void CT_5_an_observer_added_while_recording_is_called_at_once(void)
{
	struct seen seen = { .kept = NULL };

	trace_start("ct.seen");
	CU_ASSERT_EQUAL(rill_observer_add(see, &seen), 0);
	CU_ASSERT_EQUAL(seen.calls[RILL_FIRST_ON], 1);
	CU_ASSERT_EQUAL(seen.calls[RILL_SESSION_ON], 1);
	CU_ASSERT_TRUE(seen.byte_on);
	trace_stop();
	CU_ASSERT_EQUAL(seen.calls[RILL_LAST_OFF], 1);
	rill_observer_remove(see, &seen);
}

static void CT_6_a_removed_observer_hears_nothing(void)
{
	struct seen seen = { .kept = NULL };

	CU_ASSERT_EQUAL(rill_observer_add(see, &seen), 0);
	CU_ASSERT_EQUAL(rill_observer_remove(see, &seen), 0);
	trace_start("ct.seen");
	trace_stop();
	for (int state = 0; state < 4; state++)
		CU_ASSERT_EQUAL(seen.calls[state], 0);
}

static struct seen second_seen;
static unsigned first_calls;

static void adds_another_and_leaves(void *ctx, enum rill_state state, struct rill_session *session)
{
	(void)state, (void)session;
	first_calls++;
	rill_observer_add(see, &second_seen);
	CU_ASSERT_EQUAL(rill_observer_remove(adds_another_and_leaves, ctx), 0);
	RILL_INSTANT("ct.seen", "from observer");
}

static void CT_7_observers_add_and_remove_observers_while_they_are_called(void)
{
	memset(&second_seen, 0, sizeof second_seen);
	CU_ASSERT_EQUAL(rill_observer_add(adds_another_and_leaves, NULL), 0);
	trace_start("ct.seen");
	trace_stop();
	trace_start("ct.seen");
	trace_stop();
	CU_ASSERT_EQUAL(first_calls, 1);
	CU_ASSERT_EQUAL(second_seen.calls[RILL_FIRST_ON], 2);
	CU_ASSERT_EQUAL(second_seen.calls[RILL_LAST_OFF], 2);
	rill_observer_remove(see, &second_seen);
}

static void CT_9_a_handle_gives_its_slice_a_duration(void)
{
	const uint8_t *on = rill_category("ct");
	struct rill_session_options options = options_for("ct");
	uint64_t handle;

	options.slices = true;
	trace_start_with(options);
	handle = TRACE_EVENT_API_ADD_TRACE_EVENT('X', on, "slice", NULL, 0, 0, 0, NULL, NULL, NULL,
						 0);
	pause_ms(3);
	TRACE_EVENT_API_UPDATE_TRACE_EVENT_DURATION(on, "slice", handle);
	trace_stop();
	IS("slice", "ph", "\"X\"");
	CU_ASSERT(number_of(find_event("slice", 0, 0), "dur") >= 3000);
}

/* ---- CR: registry ---------------------------------------------------------------------------- */

static void CR_2_there_is_room_for_many_more_than_two_hundred_groups(void)
{
	char name[32];

	trace_start("cr.*");
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "cr.%d", i);
		CU_ASSERT_TRUE(rill_emit('I', name, name, 0, 0, 0, NULL, NULL));
		CU_ASSERT_STRING_EQUAL(rill_category_name(rill_category(name)), name);
	}
	CU_ASSERT_EQUAL(rill_session_flush(trace.session, 60000), 0);
	trace_stop();
	CU_ASSERT_EQUAL(count_own() + told_lost() - count_events("events lost"), 1000);
}

static void CR_5_the_text_of_a_group_is_taken_by_the_letter(void)
{
	const uint8_t *ab = rill_category("cr5.a,cr5.b");

	CU_ASSERT_PTR_NOT_EQUAL(ab, rill_category("cr5.b,cr5.a"));
	CU_ASSERT_PTR_NOT_EQUAL(ab, rill_category("cr5.a, cr5.b"));
	CU_ASSERT_PTR_NOT_EQUAL(ab, rill_category("CR5.a,cr5.b"));
	CU_ASSERT_PTR_EQUAL(ab, rill_category("cr5.a,cr5.b"));
}

static int late_fd = -1;

/* Runs when every session of the process has been stopped. */
__attribute__((destructor(110))) static void late(void)
{
	const uint8_t *old = rill_category("cr7"), *new_one = rill_category("cr7.new");
	char answer = 'n';

	if (late_fd < 0)
		return;
	RILL_INSTANT("cr7", "late");
	if (old && new_one && !*old && !*new_one &&
	    !rill_emit('I', "cr7", "late", 0, 0, 0, NULL, NULL))
		answer = 'y';
	if (write(late_fd, &answer, 1) != 1)
		abort();
}

static void CR_7_what_is_asked_behind_the_end_of_all_sessions_is_off(void)
{
	int ends[2], status;
	char answer = 0;
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		struct rill_session_options options = options_for("cr7*");
		struct rill_session *session;

		options.out = RILL_OUT_FD;
		options.fd = open("/dev/null", O_WRONLY);
		late_fd = ends[1];
		exit(rill_session_start(&options, &session) || !*rill_category("cr7"));
	}
	close(ends[1]);
	waitpid(child, &status, 0);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CU_ASSERT_EQUAL(read(ends[0], &answer, 1), 1);
	CU_ASSERT_EQUAL(answer, 'y');
	close(ends[0]);
}

/* ---- SE: sessions ---------------------------------------------------------------------------- */

static void SE_1_two_starts_are_two_sessions_and_each_has_a_stop_of_its_own(void)
{
	struct taken a = { .only = "se.a" }, b = { .only = "se.b" };
	struct rill_session *first, *second;
	struct seen seen = { .kept = NULL };

	rill_observer_add(see, &seen);
	first = start_counting(&a, "se.a", false);
	second = start_counting(&b, "se.b", false);
	stop(first);
	RILL_INSTANT("se.a", "a");
	RILL_INSTANT("se.b", "b");
	stop(second);
	rill_observer_remove(see, &seen);
	CU_ASSERT_EQUAL(a.count, 0);
	CU_ASSERT_EQUAL(b.count, 1);
	CU_ASSERT_EQUAL(b.foreign, 0);
	CU_ASSERT_EQUAL(seen.calls[RILL_FIRST_ON], 1);
	CU_ASSERT_EQUAL(seen.calls[RILL_LAST_OFF], 1);
	CU_ASSERT_EQUAL(seen.calls[RILL_SESSION_ON], 2);
	CU_ASSERT_EQUAL(seen.calls[RILL_SESSION_OFF], 2);
}

static void SE_3_a_flush_while_recording_leaves_a_whole_trace_and_goes_on(void)
{
	struct rill_session_options options = options_for("se");
	char path[] = "/tmp/rill-se3-XXXXXX";

	close(mkstemp(path));
	options.file = path;
	trace_start_with(options);
	unlink(path);
	RILL_INSTANT("se", "before");
	CU_ASSERT_EQUAL(rill_session_flush(trace.session, 60000), 0);
	trace_read();
	CU_ASSERT_EQUAL(count_events("before"), 1);
	RILL_INSTANT("se", "behind");
	trace_stop();
	CU_ASSERT_EQUAL(count_events("before"), 1);
	CU_ASSERT_EQUAL(count_events("behind"), 1);
}

static void *emit_off(void *unused)
{
	RILL_INSTANT("se.off", "off");
	return unused;
}

static void SE_5_a_thread_whose_events_are_off_takes_no_ring(void)
{
	pthread_t thread;

	trace_start("se.other");
	pthread_create(&thread, NULL, emit_off, NULL);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(rill_session_thread_stats(trace.session, NULL, 0), 0);
	trace_stop();
	CU_ASSERT_EQUAL(count_own(), 0);
}

static void SE_6_a_trace_without_events_is_a_whole_list(void)
{
	trace_start("se.nothing");
	trace_stop();
	CU_ASSERT_TRUE(json_object_is_type(trace.events, json_type_array));
	CU_ASSERT_EQUAL(count_own(), 0);
}

static const struct test_case cases[] = {
	T(RB_1_a_full_stream_ring_discards_the_newest_and_tells_how_many),
	T(RB_2_a_ring_that_is_not_full_gives_all_in_order),
	T(RB_3_a_second_flush_writes_nothing),
	T(RB_4_a_handle_of_an_earlier_session_ends_nothing_in_the_next),
	T(RB_7_no_number_of_events_ends_a_recording),
	T(CT_3_of_several_categories_only_those_asked_for_are_recorded),
	T(CT_4_observers_see_one_start_and_one_stop_behind_the_bytes_and_before_the_flush),
	T(CT_5_an_observer_added_while_recording_is_called_at_once),
	T(CT_6_a_removed_observer_hears_nothing),
	T(CT_7_observers_add_and_remove_observers_while_they_are_called),
	T(CT_9_a_handle_gives_its_slice_a_duration),
	T(CR_2_there_is_room_for_many_more_than_two_hundred_groups),
	T(CR_5_the_text_of_a_group_is_taken_by_the_letter),
	T(CR_7_what_is_asked_behind_the_end_of_all_sessions_is_off),
	T(SE_1_two_starts_are_two_sessions_and_each_has_a_stop_of_its_own),
	T(SE_3_a_flush_while_recording_leaves_a_whole_trace_and_goes_on),
	T(SE_5_a_thread_whose_events_are_off_takes_no_ring),
	T(SE_6_a_trace_without_events_is_a_whole_list),
};

int main(int argc, char **argv)
{
	struct rill_config config = { .size = sizeof config,
				      .buffer_bytes = RING_BYTES,
				      .period_ms = 50,
				      .wake = RILL_WAKE_POLL };

	if (rill_configure(&config))
		fprintf(stderr, "%s\n", rill_error());
	return TEST_MAIN("conformance of sessions", cases, argc, argv);
}

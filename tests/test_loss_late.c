/* SPDX-License-Identifier: MIT
 * test_loss_late.c - a thread that is held up between seeing that a session wants its event and counting it as lost: the count is in
 * that session's books, not in the next one's.
 *
 * The byte that the thread looks at lies in a page that may not be read: its handler for the fault holds it up there.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "emit/attach.h"
#include "emit/category.h"
#include "format/dynamic.h"
#include "emit/loss.h"
#include "emit/record.h"
#include "tool/outcome.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>

static uint8_t *byte;	/* at the start of a page of its own */
static _Atomic unsigned inside;
static _Atomic bool go;

static void hold(int sig)
{
	(void)sig;
	atomic_fetch_add(&inside, 1);
	while (!atomic_load(&go))
		sleep_ms(1);
	mprotect(byte, 1, PROT_READ | PROT_WRITE);
}

static bool make_byte(void)
{
	struct sigaction action = { .sa_handler = hold };

	byte = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(byte != MAP_FAILED);
	NEED(sigaction(SIGSEGV, &action, NULL) == 0);
	return true;
}

/* The first direct session has bit 0, and so has the first behind it. */
static bool shut_byte(void)
{
	*byte = 1;
	atomic_store(&inside, 0);
	atomic_store(&go, false);
	return mprotect(byte, 1, PROT_NONE) == 0;
}

static void record(void)
{
	struct rill_want want = { byte, 0xff, RILL_ID_DYNAMIC, rill_category_id("late") };
	struct rill_writing w;

	if (rill_record_begin(&w, &want, 0))
		rill_record_commit(&w);
}

static void *record_on_a_thread(void *unused)
{
	(void)unused;
	record();
	return NULL;
}

/* All levels of the calling thread's rings are busy, as under handlers in handlers: it stands far above all frames. */
static void *record_too_deep(void *unused)
{
	(void)unused;
	RILL_INSTANT("late", "attaches");
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
		atomic_store(&rill_own_slot()->ring[level].busy, UINTPTR_MAX);
	record();
	for (unsigned level = 0; level < CONFIG_RILL_LEVELS; level++)
		atomic_store(&rill_own_slot()->ring[level].busy, 0);
	return NULL;
}

static void *release_soon(void *unused)
{
	(void)unused;
	sleep_ms(60);
	atomic_store(&go, true);
	return NULL;
}

/* Without looking at the statistics first: those are asked for before the stop. */
static bool stop_only(struct watch *w)
{
	NEED(rill_session_stop(w->session) == 0);
	return true;
}

static bool held_up_during_a_stop(void *(*thread)(void *), enum rill_cause cause, unsigned slots)
{
	struct watch first = { .session = NULL }, second = { .session = NULL };
	pthread_t loser, releaser;

	NEED(make_byte() && configure(65536, 0, slots, 10000));
	NEED(watch_start(&first, "late"));
	RILL_INSTANT("late", "takes a slot");
	NEED(shut_byte());
	NEED(pthread_create(&loser, NULL, thread, NULL) == 0);
	while (!atomic_load(&inside))
		sleep_ms(1);
	NEED(pthread_create(&releaser, NULL, release_soon, NULL) == 0);
	NEED(stop_only(&first));
	NEED(atomic_load(&go));
	NEED(watch_start(&second, "late"));
	pthread_join(loser, NULL);
	pthread_join(releaser, NULL);
	NEED(rill_session_flush(second.session, 60000) == 0);
	NEED(stop_only(&second));
	NEED_EQUAL(first.lost[cause], 1);
	NEED_EQUAL(first.lost_total, 1);
	NEED_EQUAL(second.lost_total, 0);
	return true;
}

static bool without_a_ring(void)
{
	return held_up_during_a_stop(record_on_a_thread, RILL_LOST_NO_RING, 1);
}

static bool too_deep(void)
{
	return held_up_during_a_stop(record_too_deep, RILL_LOST_DEEP, 4);
}

static void a_thread_without_a_ring_counts_for_the_session_that_it_saw(void)
{
	ISOLATED(without_a_ring);
}

static void a_handler_too_deep_counts_for_the_session_that_it_saw(void)
{
	ISOLATED(too_deep);
}

static uint64_t stop_ms(struct watch *w)
{
	uint64_t begin = now_ms();

	return stop_only(w) ? now_ms() - begin : UINT64_MAX;
}

/* The longest a stop waits is hold_max, once for what does not move. */
static bool held_up_for_long(void)
{
	enum { HOLD_MAX_MS = 3000 };
	struct watch w[4] = { { .session = NULL } };
	uint64_t took[4];
	pthread_t loser;

	NEED(make_byte() && configure(65536, 0, 1, HOLD_MAX_MS));
	NEED(watch_start(&w[0], "late"));
	RILL_INSTANT("late", "takes the slot");
	NEED(shut_byte());
	NEED(pthread_create(&loser, NULL, record_on_a_thread, NULL) == 0);
	while (!atomic_load(&inside))
		sleep_ms(1);
	took[0] = stop_ms(&w[0]);
	for (unsigned i = 1; i < 4; i++) {
		NEED(watch_start(&w[i], "late"));
		took[i] = stop_ms(&w[i]);
	}
	NEED(took[0] >= HOLD_MAX_MS - 50 && took[0] < HOLD_MAX_MS + BUSY_MS);
	NEED(took[1] < HOLD_MAX_MS && took[2] < HOLD_MAX_MS && took[3] < HOLD_MAX_MS);
	atomic_store(&go, true);
	pthread_join(loser, NULL);
	return true;
}

static void stop_waits_for_one_that_does_not_move_at_most_hold_max_and_once(void)
{
	ISOLATED(held_up_for_long);
}

/* ---- an event that ends behind its session -------------------------------------------------------- */

static char status_file[] = "/tmp/rill-test-XXXXXX";

static void *commit_on_a_thread(void *unused)
{
	uint16_t category = rill_category_id("late");
	struct rill_want want = { byte, 0xff, RILL_ID_DYNAMIC, category };
	struct rill_writing w;

	(void)unused;
	if (!rill_record_begin(&w, &want, 24))
		return NULL;
	w.payload[0] = RILL_DYNAMIC_HEAD('I', 0, category, 0);
	w.payload[1] = w.payload[2] = 0;	/* no name */
	rill_record_commit(&w);
	return &status_file;
}

static bool committed_behind_stop(void)
{
	struct watch w = { .session = NULL };
	pthread_t thread;
	void *committed;

	setenv("RILL_STATUS_FILE", status_file, 1);
	setenv("RILL_QUIET", "1", 1);
	NEED(make_byte() && configure(65536, 0, 4, 50));
	NEED(watch_start(&w, "late"));
	NEED(shut_byte());
	NEED(pthread_create(&thread, NULL, commit_on_a_thread, NULL) == 0);
	while (!atomic_load(&inside))
		sleep_ms(1);
	NEED(stop_only(&w));
	atomic_store(&go, true);
	NEED(pthread_join(thread, &committed) == 0);
	NEED(committed != NULL);
	NEED_EQUAL(w.lost_total + w.events, 0);
	return true;	/* and exit(), which looks once more */
}

static void an_event_that_ends_behind_its_session_is_told(void)
{
	struct rill_outcome outcome;
	int fd = mkstemp(status_file);

	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	ISOLATED(committed_behind_stop);
	rill_outcome_read(&outcome, status_file);
	unlink(status_file);
	CU_ASSERT_EQUAL_FATAL(outcome.process_count, 1);
	CU_ASSERT_EQUAL(outcome.processes[0].events, 0);
	CU_ASSERT_EQUAL(outcome.processes[0].lost, 1);
	CU_ASSERT_EQUAL(outcome.processes[0].stopped, 1);
	rill_outcome_free(&outcome);
}

/* ---- many without a ring, sessions that come and go ----------------------------------------------- */

enum { LOSERS = 3, ROUNDS = 60 };
static _Atomic bool over;
static _Atomic uint64_t attempts;

static void *lose_flat_out(void *unused)
{
	(void)unused;
	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		RILL_INSTANT("late", "event");
		atomic_fetch_add_explicit(&attempts, 1, memory_order_relaxed);
	}
	return NULL;
}

static bool sessions_among_losers(void)
{
	struct watch steady = { .session = NULL };
	struct rill_stats stats;
	pthread_t t[LOSERS];
	uint64_t longest = 0;

	NEED(configure(65536, 0, 1, 2000));
	NEED(watch_start(&steady, "late"));
	RILL_INSTANT("late", "event");	/* takes the slot */
	for (unsigned i = 0; i < LOSERS; i++)
		NEED(pthread_create(&t[i], NULL, lose_flat_out, NULL) == 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct watch w = { .options.shared = round % 2 };
		uint64_t took;

		NEED(watch_start(&w, "late"));
		took = stop_ms(&w);
		longest = took > longest ? took : longest;
	}
	atomic_store(&over, true);
	for (unsigned i = 0; i < LOSERS; i++)
		pthread_join(t[i], NULL);
	NEED(watch_stop(&steady, &stats));
	NEED_EQUAL(stats.delivered + stats.lost_total, attempts + 1);
	NEED(stats.lost[RILL_LOST_NO_RING] > 0);
	NEED(longest < 1500);	/* those of the sessions that stay do not keep a stop waiting */
	return true;
}

static void threads_that_lose_all_the_time_do_not_hold_up_the_stop_of_another_session(void)
{
	ISOLATED(sessions_among_losers);
}

static const struct test_case cases[] = {
	T(a_thread_without_a_ring_counts_for_the_session_that_it_saw),
	T(a_handler_too_deep_counts_for_the_session_that_it_saw),
	T(stop_waits_for_one_that_does_not_move_at_most_hold_max_and_once),
	T(an_event_that_ends_behind_its_session_is_told),
	T(threads_that_lose_all_the_time_do_not_hold_up_the_stop_of_another_session),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("late losses", cases, argc, argv);
}

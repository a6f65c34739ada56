/* SPDX-License-Identifier: MIT
 * watch.c - sessions of the stress: start, stop, and the books at the end.
 */
#include "stress.h"

#include "ring/ring_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH_LIMIT_MS = 60000, STANDSTILL_S = 60 };

/* ---- lines of threads ----------------------------------------------------------------------------- */

struct stress_line *stress_line_of(struct stress_watch *w, const struct rill_thread *thread)
{
	uint32_t i = thread->serial * 2654435761u % STRESS_LINES;

	while (w->lines[i].serial && w->lines[i].serial != thread->serial)
		i = (i + 1) % STRESS_LINES;
	if (!w->lines[i].serial) {
		if (w->line_count >= STRESS_LINES / 2)
			return NULL;
		w->line_count++;
		w->lines[i].serial = thread->serial;
		w->lines[i].tid = thread->tid;
	}
	return &w->lines[i];
}

/* ---- start and stop ------------------------------------------------------------------------------- */

bool stress_configure(uint32_t ring_bytes, uint32_t block_bytes, uint32_t threads_max, uint32_t hold_max_ms)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = ring_bytes, .block_bytes = block_bytes,
				 .threads_max = threads_max, .hold_max_ms = hold_max_ms };

	if (rill_configure(&c) == 0)
		return true;
	stress_fail("%s", rill_error());
	return false;
}

bool stress_watch_start(struct stress_watch *w, const char *filter)
{
	w->last = calloc(STRESS_CONTEXTS_MAX, sizeof *w->last);
	w->first = calloc(STRESS_CONTEXTS_MAX, sizeof *w->first);
	w->last_moment = calloc(STRESS_CONTEXTS_MAX, sizeof *w->last_moment);
	w->lines = calloc(STRESS_LINES, sizeof *w->lines);
	if (!w->last || !w->first || !w->last_moment || !w->lines)
		abort();
	w->options.size = sizeof w->options;
	w->options.out = RILL_OUT_SUBSCRIBER;
	w->options.subscriber = stress_check_batch;
	w->options.subscriber_ctx = w;
	w->options.filter = filter;
	if (rill_session_start(&w->options, &w->session) == 0)
		return true;
	stress_fail("%s", rill_error());
	return false;
}

void stress_watch_free(struct stress_watch *w)
{
	free(w->last);
	free(w->first);
	free(w->last_moment);
	free(w->lines);
	w->last = NULL;
	w->first = NULL;
	w->last_moment = NULL;
	w->lines = NULL;
}

bool stress_watch_wait(struct stress_watch *w, uint64_t events)
{
	uint64_t seen = 0, since_ns = stress_now_ns(), now;

	while ((now = atomic_load_explicit(&w->events, memory_order_relaxed)) < events) {
		if (now != seen) {
			seen = now;
			since_ns = stress_now_ns();
		} else if (stress_now_ns() - since_ns > (uint64_t)STANDSTILL_S * 1000000000) {
			stress_fail("nothing came for %d s", (int)STANDSTILL_S);
			return false;
		}
		stress_sleep_us(1000);
	}
	return true;
}

/* ---- what must be equal --------------------------------------------------------------------------- */

static void none(uint64_t count, const char *what, const struct stress_watch *w)
{
	if (count)
		stress_fail("%llu events %s; the first: %s", (unsigned long long)count, what, w->first_fault);
}

static void equal(uint64_t a, uint64_t b, const char *what)
{
	if (a != b)
		stress_fail("%s: %llu and %llu", what, (unsigned long long)a, (unsigned long long)b);
}

/* Each thread's line in the session's statistics is what was seen of it. Events that the subscriber was too slow for are in these
 * lines, but their gaps name no thread. */
static void compare_lines(struct stress_watch *w)
{
	struct rill_thread_stats *all;
	int count = rill_session_thread_stats(w->session, NULL, 0), got;
	bool exact = w->stats.lost[RILL_LOST_SUBSCRIBER] == 0 && !w->options.shared;

	if (count <= 0 || count > STRESS_LINES / 2 - 100)
		return;
	all = calloc((size_t)count, sizeof *all);
	if (!all)
		abort();
	got = rill_session_thread_stats(w->session, all, (size_t)count);
	for (int i = 0; i < got && i < count; i++) {
		const struct rill_thread thread = { .serial = all[i].serial, .tid = all[i].tid };
		const struct stress_line *line = stress_line_of(w, &thread);

		if (line->delivered != all[i].delivered || (exact ? line->lost != all[i].lost : line->lost > all[i].lost))
			stress_fail("thread %u: the session says %llu delivered and %llu lost, seen were %llu and %llu", all[i].tid,
				    (unsigned long long)all[i].delivered, (unsigned long long)all[i].lost,
				    (unsigned long long)line->delivered, (unsigned long long)line->lost);
	}
	free(all);
}

static void report(struct stress_watch *w)
{
	none(w->torn, "torn", w);
	none(w->doubled, "twice", w);
	none(w->backwards, "backwards", w);
	none(w->foreign, "not asked for", w);
	if (!stress_emulated())	/* the counter of qemu's user mode is the wall clock, in microseconds */
		none(w->clamped, "with a clock that went backwards", w);
	none(w->loud, "of a category that was off", w);
	none(w->gaps_wrong, "behind gaps that are not what is missing", w);
	stress_count_checked(w->events, w->at_level[1] + w->at_level[2]);
}

void stress_watch_stop(struct stress_watch *w)
{
	int error = rill_session_flush(w->session, FLUSH_LIMIT_MS);

	if (error)
		stress_fail("flush: %s", rill_error());
	if (w->partial) {	/* the contexts go on, so the numbers of two moments are not the same */
		if (rill_session_stop(w->session) != 0)
			stress_fail("stop: %s", rill_error());
		report(w);
		return;
	}
	if (rill_session_stats(w->session, &w->stats) != 0)
		stress_fail("stats: %s", rill_error());
	compare_lines(w);
	if (rill_session_stop(w->session) != 0)
		stress_fail("stop: %s", rill_error());
	report(w);
	equal(w->stats.delivered, w->events, "delivered as the session says, and seen");
	for (unsigned cause = 0; cause < RILL_CAUSES; cause++)
		if (w->stats.lost[cause] != w->lost[cause])
			stress_fail("lost by cause %u: the session says %llu, its gaps %llu", cause,
				    (unsigned long long)w->stats.lost[cause], (unsigned long long)w->lost[cause]);
	equal(w->stats.lost_total, w->lost_total, "lost as the session says, and as its gaps say");
}

/* ---- the books ------------------------------------------------------------------------------------ */

struct by_thread {
	uint32_t tid;
	uint64_t emitted, accounted;
};

/* The thread's entry, made if it is new; NULL when there are too many. */
static struct by_thread *entry_of(struct by_thread *all, uint32_t room, uint32_t tid)
{
	uint32_t i = tid * 2654435761u % room;

	for (uint32_t n = 0; n < room; n++, i = (i + 1) % room) {
		if (!all[i].tid)
			all[i].tid = tid;
		if (all[i].tid == tid)
			return &all[i];
	}
	return NULL;
}

/* Emitted by each thread == delivered + lost of that thread. Only where every loss names its thread and no event is in doubt. */
static void close_by_thread(struct stress_watch *w)
{
	static struct by_thread all[4096];

	memset(all, 0, sizeof all);
	for (uint32_t i = 1; i <= stress_context_count(); i++) {
		struct by_thread *t = entry_of(all, 4096, stress_contexts[i].tid);

		if (!t)
			return;
		t->emitted += atomic_load(&stress_contexts[i].begun);
	}
	for (uint32_t i = 0; i < STRESS_LINES; i++) {
		struct by_thread *t = w->lines[i].serial ? entry_of(all, 4096, w->lines[i].tid) : NULL;

		if (t)
			t->accounted += w->lines[i].delivered + w->lines[i].lost;
	}
	for (uint32_t i = 0; i < 4096; i++)
		if (all[i].emitted != all[i].accounted)
			stress_fail("thread %u emitted %llu; delivered and lost are %llu", all[i].tid,
				    (unsigned long long)all[i].emitted, (unsigned long long)all[i].accounted);
}

void stress_watch_close_books(struct stress_watch *w)
{
	uint64_t emitted = stress_emitted(), doubtful = stress_doubtful(), accounted = w->events + w->lost_total;

	stress_count_books(emitted, w->events, w->lost_total);
	if (accounted > emitted || accounted + doubtful < emitted)
		stress_fail("the books do not close: emitted %llu (%llu in doubt), delivered %llu, lost %llu", (unsigned long long)emitted,
			    (unsigned long long)doubtful, (unsigned long long)w->events, (unsigned long long)w->lost_total);
	if (doubtful)
		stress_note("in-doubt=%llu", (unsigned long long)doubtful);
	if (!doubtful && !w->options.shared && !w->lost[RILL_LOST_NO_RING] && !w->lost[RILL_LOST_SUBSCRIBER] &&
	    w->line_count < STRESS_LINES / 2 && stress_context_count() < 2048)
		close_by_thread(w);
}

void stress_watch_finish(struct stress_watch *w)
{
	stress_watch_stop(w);
	stress_watch_close_books(w);
	stress_watch_free(w);
}

/* ---- slots ---------------------------------------------------------------------------------------- */

uint32_t stress_live_slots(void)
{
	uint32_t live = 0;

	for (uint32_t i = 0; i < rill_slots_used(); i++)
		live += atomic_load_explicit(&rill_slot_at(i)->state, memory_order_acquire) == RILL_SLOT_LIVE;
	return live;
}

bool stress_slots_drop_to(uint32_t count, uint32_t timeout_ms)
{
	uint64_t until_ns = stress_now_ns() + (uint64_t)timeout_ms * 1000000;

	while (stress_live_slots() > count) {
		if (stress_now_ns() > until_ns)
			return false;
		stress_sleep_us(1000);
	}
	return true;
}

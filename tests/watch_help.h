/* SPDX-License-Identifier: MIT
 * watch_help.h - for tests of the running whole: a process of its own for each case, and a subscriber that keeps the books.
 *
 * The state of the runtime belongs to the process, so a case that needs rings of a certain size runs in a child of its own. The
 * parent never starts a session.
 */
#ifndef RILL_WATCH_HELP_H
#define RILL_WATCH_HELP_H

#include "emulated.h"
#include "now_help.h"
#include "test.h"

#include <rill/session.h>
#include <rill/trace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define WATCH_ASAN 1
#else
#define WATCH_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__)
#define WATCH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WATCH_TSAN 1
#endif
#endif
#ifndef WATCH_TSAN
#define WATCH_TSAN 0
#endif

/* In the body of an isolated case: what does not hold is told, and the case has failed. */
#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "\n%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			return false;                                                              \
		}                                                                                  \
	} while (0)
#define NEED_EQUAL(a, b)                                                                           \
	do {                                                                                       \
		unsigned long long a_ = (unsigned long long)(a), b_ = (unsigned long long)(b);     \
		if (a_ != b_) {                                                                    \
			fprintf(stderr, "\n%s:%d: %s is %llu and %s is %llu\n", __FILE__, __LINE__, #a, a_, #b, b_); \
			return false;                                                              \
		}                                                                                  \
	} while (0)

/* For what hangs: a sanitizer on a machine that does other work, too, takes a minute for what takes seconds. */
enum { ISOLATED_LIMIT_S = 240 };

static inline int isolated_status(bool (*body)(void))
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(ISOLATED_LIMIT_S * patience());
		exit(body() ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFSIGNALED(status))
		fprintf(stderr, "\n%s:%d: the child was ended by signal %d\n", __FILE__, __LINE__, WTERMSIG(status));
	return status;
}

#define ISOLATED(body) CU_ASSERT_EQUAL(isolated_status(body), 0)

/* A fork of which the C library knows nothing: no handlers run. */
static inline pid_t bare_fork(void)
{
#ifdef __s390x__	/* the stack comes first there */
	return (pid_t)syscall(SYS_clone, NULL, SIGCHLD, NULL, NULL, NULL);
#else
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
#endif
}

/* ---- the subscriber ------------------------------------------------------------------------------- */

struct watch {
	struct rill_session *session;
	struct rill_session_options options;
	void (*each)(struct watch *watch, const struct rill_event *event);
	void (*each_own)(struct watch *watch, const struct rill_event *event);
	void (*each_gap)(struct watch *watch, const struct rill_gap *gap);
	/* The callback runs on one thread; read these when the session has stopped. */
	uint64_t events, late, backwards, last_ns;
	uint64_t gap_count, lost_total, lost[RILL_CAUSES];
	uint64_t at_level[8];
};

static inline void watch_batch(void *ctx, const struct rill_batch *batch)
{
	struct watch *w = ctx;

	for (size_t i = 0; i < batch->count; i++) {
		const struct rill_event *e = &batch->events[i];

		if (strcmp(e->category, "__metadata") == 0)
			continue;
		if (strcmp(e->category, "rill") == 0) {	/* rill's own: the clocks have parted; in no book, and in order too */
			w->backwards += e->ts_ns < w->last_ns;
			w->last_ns = e->ts_ns;
			if (w->each_own)
				w->each_own(w, e);
			continue;
		}
		w->events++;
		w->at_level[e->level % 8]++;
		if (e->state & RILL_EVENT_LATE) {
			w->late++;
		} else {
			w->backwards += e->ts_ns < w->last_ns;
			w->last_ns = e->ts_ns;
		}
		if (w->each)
			w->each(w, e);
	}
	for (size_t i = 0; i < batch->gap_count; i++) {
		w->gap_count++;
		w->lost_total += batch->gaps[i].count;
		w->lost[batch->gaps[i].cause] += batch->gaps[i].count;
		if (w->each_gap)
			w->each_gap(w, &batch->gaps[i]);
	}
}

/* The rest of the options may be set before. */
static inline bool watch_start(struct watch *w, const char *filter)
{
	w->options.size = sizeof w->options;
	w->options.out = RILL_OUT_SUBSCRIBER;
	w->options.subscriber = watch_batch;
	w->options.subscriber_ctx = w;
	w->options.filter = filter;
	if (rill_session_start(&w->options, &w->session) == 0)
		return true;
	fprintf(stderr, "%s\n", rill_error());
	return false;
}

/* Flushes, reads the statistics, stops, and compares what the session says with what was seen. */
static inline bool watch_stop(struct watch *w, struct rill_stats *stats)
{
	NEED(rill_session_flush(w->session, 60000) == 0);
	NEED(rill_session_stats(w->session, stats) == 0);
	NEED(rill_session_stop(w->session) == 0);
	NEED_EQUAL(stats->delivered, w->events);
	for (unsigned cause = 0; cause < RILL_CAUSES; cause++)
		NEED_EQUAL(stats->lost[cause], w->lost[cause]);
	NEED_EQUAL(stats->lost_total, w->lost_total);
	NEED_EQUAL(w->backwards, 0);
	return true;
}

static inline bool configure(uint64_t buffer_bytes, uint64_t block_bytes, uint32_t threads_max, uint32_t hold_max_ms)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = buffer_bytes, .block_bytes = block_bytes,
				 .threads_max = threads_max, .hold_max_ms = hold_max_ms };

	if (rill_configure(&c) == 0)
		return true;
	fprintf(stderr, "%s\n", rill_error());
	return false;
}

static inline void sleep_ms(uint64_t ms)
{
	for (uint64_t until = now_ms() + ms; now_ms() < until;)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

#endif

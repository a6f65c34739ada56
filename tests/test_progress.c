/* SPDX-License-Identifier: MIT
 * test_progress.c - who waits for whom: while somebody holds every lock of rill's, events and whatever else may be called in signal
 * handlers go through; and they leave errno alone.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "control/session_private.h"
#include "emit/category.h"
#include "emit/site.h"
#include "route/route.h"

#include <errno.h>
#include <pthread.h>
#include <rill/clock.h>
#include <signal.h>
#include <stdatomic.h>

enum { EVENTS = 2000, LIMIT_S = 120, ODD_ERRNO = 4711 };

static struct watch w;
static const uint8_t *known;
static _Atomic uint64_t emitted, wrong;
static _Atomic bool handled;

/* In rings of two blocks: with block switches, wakes and losses. */
static void emit_all_ways(void)
{
	static const char text[] = "a text of some length";

	for (unsigned i = 0; i < EVENTS; i++) {
		RILL_INSTANT("progress", "one", "i", i);
		RILL_INSTANT("progress", "text", "t", RILL_COPY(text, 21));
		rill_emit('I', "progress", "dynamic", 0, 0, 0, NULL, NULL);
		atomic_fetch_add(&emitted, 3);
	}
}

/* What the headers offer to signal handlers, and the rest that promises to wait for nobody. */
static void ask_all(void)
{
	char group[32];
	int asked;

	snprintf(group, sizeof group, "progress.%u", (unsigned)rill_category_count());
	wrong += rill_category("progress") != known;
	wrong += strcmp(rill_category_name(rill_category(group)), group) != 0;
	wrong += rill_clock_ticks() == 0 || rill_clock_ns() == 0;
	wrong += rill_traces_recorded() < 1;
	wrong += rill_version()[0] == '\0' || rill_error() == NULL;
	wrong += rill_categories(NULL, NULL) < 2;
	asked = rill_session_flush(w.session, 0);
	wrong += asked != 0 && asked != -EAGAIN;
}

static void on_signal(int sig)
{
	(void)sig;
	RILL_INSTANT("progress", "of the handler");
	atomic_fetch_add(&emitted, 1);
	ask_all();
	atomic_store(&handled, true);
}

static void *wait_for_nobody(void *unused)
{
	sigset_t none;

	(void)unused;
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);	/* who holds a lock of rill's has signals blocked, and so have its threads */
	emit_all_ways();	/* attaches */
	ask_all();
	raise(SIGUSR1);
	return NULL;
}

static bool all_locks_are_held(void)
{
	struct rill_stats stats;
	struct timespec until;
	pthread_t thread;
	bool through;

	NEED(configure(512, 256, 8, 0));
	NEED(watch_start(&w, "progress*"));
	NEED(signal(SIGUSR1, on_signal) != SIG_ERR);
	known = rill_category("progress");
	rill_control_lock();
	rill_sites_lock();
	rill_route_lock();
	NEED(pthread_create(&thread, NULL, wait_for_nobody, NULL) == 0);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LIMIT_S;
	through = pthread_timedjoin_np(thread, NULL, &until) == 0;
	rill_route_unlock();
	rill_sites_unlock();
	rill_control_unlock();
	NEED(through && handled);
	NEED_EQUAL(wrong, 0);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered + stats.lost_total, emitted);
	NEED(stats.lost[RILL_LOST_FULL] > 0);
	return true;
}

static void events_and_what_handlers_may_call_wait_for_no_lock(void)
{
	ISOLATED(all_locks_are_held);
}

/* ---- errno ------------------------------------------------------------------------------------------ */

static void *emit_with_errno(void *unused)
{
	(void)unused;
	errno = ODD_ERRNO;
	emit_all_ways();
	wrong += errno != ODD_ERRNO;
	errno = ODD_ERRNO;
	rill_category("progress.of errno");
	wrong += errno != ODD_ERRNO;
	return NULL;
}

/* The first thread attaches meanwhile, the second one finds no slot. */
static bool errno_of_threads(void)
{
	struct rill_stats stats;
	pthread_t thread;

	NEED(configure(512, 256, 1, 0));
	NEED(watch_start(&w, "progress*"));
	emit_with_errno(NULL);
	NEED(pthread_create(&thread, NULL, emit_with_errno, NULL) == 0);
	NEED(pthread_join(thread, NULL) == 0);
	NEED_EQUAL(wrong, 0);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered + stats.lost_total, emitted);
	NEED_EQUAL(stats.lost[RILL_LOST_NO_RING], 3 * EVENTS);
	return true;
}

static void events_leave_errno_alone(void)
{
	ISOLATED(errno_of_threads);
}

static const struct test_case cases[] = {
	T(events_and_what_handlers_may_call_wait_for_no_lock),
	T(events_leave_errno_alone),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("progress", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_thread.c - threads come and go, in order and out of it: slots are used again, memory does not grow, the books close.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "emit/attach.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>

/* glibc before 2.38 has the field without its name. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { SLOTS = 8, SHORT_LIVED = WATCH_TSAN ? 2000 : 20000, AT_ONCE = 6, PER_THREAD = 10, LEAPS = 10000 };

static _Atomic uint64_t emitted;

static void emit(void)
{
	atomic_fetch_add_explicit(&emitted, 1, memory_order_relaxed);
	RILL_INSTANT("thread", "event", "a", 1);
}

static void emit_ten(void)
{
	for (unsigned i = 0; i < PER_THREAD; i++)
		emit();
}

static long resident_kib(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%*s %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static bool books_close(struct watch *w, struct rill_stats *stats)
{
	NEED(watch_stop(w, stats));
	NEED_EQUAL(atomic_load(&emitted), stats->delivered + stats->lost_total);
	return true;
}

/* Those that have a slot, without the caller. */
static unsigned other_threads(void)
{
	unsigned live = 0;

	for (uint32_t i = 0; i < rill_slots_used(); i++)
		live += rill_slot_at(i) != rill_own_slot() && atomic_load(&rill_slot_at(i)->state) == RILL_SLOT_LIVE;
	return live;
}

/* Threads that have ended free their slots within a look of the consumer. */
static bool slots_are_free(unsigned count, void *(*run)(void *))
{
	pthread_t t[SLOTS];

	for (uint64_t begin_ms = now_ms(); other_threads() > 0 && now_ms() - begin_ms < BUSY_MS; )
		sleep_ms(1);
	for (unsigned i = 0; i < count; i++)
		if (pthread_create(&t[i], NULL, run, NULL) != 0)
			return false;
	for (unsigned i = 0; i < count; i++)
		pthread_join(t[i], NULL);
	return true;
}

/* ---- churn ---------------------------------------------------------------------------------------- */

static void *short_lived(void *unused)
{
	(void)unused;
	emit_ten();
	return NULL;
}

static bool churn_round(void)
{
	pthread_t t[AT_ONCE];

	for (unsigned i = 0; i < AT_ONCE; i++)
		NEED(pthread_create(&t[i], NULL, short_lived, NULL) == 0);
	for (unsigned i = 0; i < AT_ONCE; i++)
		pthread_join(t[i], NULL);
	return true;
}

static bool churn(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	long warm_kib = 0, end_kib;
	unsigned threads = 0;

	NEED(configure(16384, 0, SLOTS, 0));
	NEED(watch_start(&w, "thread"));
	for (; threads < SHORT_LIVED; threads += AT_ONCE) {
		NEED(churn_round());
		if (!warm_kib && threads > SHORT_LIVED / 4)
			warm_kib = resident_kib();
	}
	end_kib = resident_kib();
	NEED(books_close(&w, &stats));
	NEED_EQUAL(emitted, (uint64_t)threads * PER_THREAD);
	NEED(stats.delivered > 0);
	NEED(stats.threads > SLOTS);	/* slots were used more than once */
	/* Statistics of up to 4096 threads, and the ended ones' names, which are kept for a while: a bound, no slope. */
#if !WATCH_TSAN && !WATCH_ASAN	/* those keep freed memory */
	NEED(emulator() || end_kib - warm_kib < 4096);	/* an emulator keeps something of each thread */
#else
	(void)end_kib;
	(void)warm_kib;
#endif
	return true;
}

static void twenty_thousand_short_threads_share_eight_slots(void)
{
	ISOLATED(churn);
}

static _Atomic bool together;

static void *all_at_once(void *unused)
{
	(void)unused;
	while (!atomic_load(&together))
		sleep_ms(1);
	emit_ten();
	while (atomic_load(&together))
		sleep_ms(1);
	return NULL;
}

static bool more_than_slots(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;
	pthread_t t[3 * SLOTS];

	NEED(configure(16384, 0, SLOTS, 0));
	NEED(watch_start(&w, "thread"));
	for (unsigned i = 0; i < 3 * SLOTS; i++)
		NEED(pthread_create(&t[i], NULL, all_at_once, NULL) == 0);
	atomic_store(&together, true);
	while (atomic_load(&emitted) < 3 * SLOTS * PER_THREAD)
		sleep_ms(1);
	atomic_store(&together, false);
	for (unsigned i = 0; i < 3 * SLOTS; i++)
		pthread_join(t[i], NULL);
	NEED(slots_are_free(SLOTS, short_lived));
	NEED(books_close(&w, &stats));
	NEED_EQUAL(stats.lost[RILL_LOST_NO_RING], 2 * SLOTS * PER_THREAD);
	NEED_EQUAL(stats.delivered, 2 * SLOTS * PER_THREAD);
	return true;
}

static void threads_beyond_the_slots_lose_their_events_and_later_ones_get_the_freed_slots(void)
{
	ISOLATED(more_than_slots);
}

/* ---- ends out of order ---------------------------------------------------------------------------- */

static void exit_handler(int sig)
{
	(void)sig;
	emit();
	pthread_exit(NULL);
}

static void *exits_in_handler(void *unused)
{
	(void)unused;
	emit();
	raise(SIGUSR1);
	return NULL;
}

static void *cancelled(void *unused)
{
	(void)unused;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	for (;;)
		RILL_INSTANT("thread.cancelled", "event", "a", 1, "text", RILL_COPY("some text", 9));
	return NULL;
}

static bool ends_out_of_order(void)
{
	struct watch w = { .session = NULL }, c = { .session = NULL };
	struct rill_stats stats;
	pthread_t t;

	NEED(configure(16384, 0, SLOTS, 50));
	signal(SIGUSR1, exit_handler);
	NEED(watch_start(&w, "thread"));
	NEED(watch_start(&c, "thread.cancelled"));
	emit();
	for (unsigned i = 0; i < SLOTS - 1; i++) {
		NEED(pthread_create(&t, NULL, exits_in_handler, NULL) == 0);
		pthread_join(t, NULL);
	}
	NEED(slots_are_free(0, NULL));
	for (unsigned i = 0; i < SLOTS - 1; i++) {
		NEED(pthread_create(&t, NULL, cancelled, NULL) == 0);
		sleep_ms(3);
		pthread_cancel(t);
		pthread_join(t, NULL);
	}
	NEED(slots_are_free(SLOTS - 1, short_lived));
	NEED(watch_stop(&c, &stats));
	NEED(stats.delivered > 0);
	NEED(books_close(&w, &stats));
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static void a_thread_that_ends_inside_an_event_gives_its_slot_back(void)
{
	/* AddressSanitizer still has the frames of the abandoned event poisoned when its own clean-up of the thread uses that stack. */
	if (WATCH_TSAN || WATCH_ASAN)
		test_skip("the sanitizer's own run-time library does not bear asynchronous cancellation");
	else
		ISOLATED(ends_out_of_order);
}

/* ---- after the exit hook -------------------------------------------------------------------------- */

static pthread_key_t keys[3];

static void late_destructor(void *round)
{
	uintptr_t left = (uintptr_t)round;

	emit_ten();
	if (left > 1)	/* once more in the next round of destructors, behind everybody's */
		pthread_setspecific(keys[0], (void *)(left - 1));
}

static void *with_destructors(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 3; i++)
		pthread_setspecific(keys[i], (void *)(uintptr_t)2);
	emit_ten();
	return NULL;
}

static bool destructors(void)
{
	struct watch w = { .session = NULL };
	struct rill_stats stats;

	for (unsigned i = 0; i < 3; i++)	/* one at least on each side of rill's own */
		NEED(pthread_key_create(&keys[i], late_destructor) == 0);
	NEED(configure(16384, 0, SLOTS, 0));
	NEED(watch_start(&w, "thread"));
	for (unsigned i = 0; i < 2; i++)
		NEED(slots_are_free(SLOTS - 1, with_destructors));
	NEED(books_close(&w, &stats));
	NEED(emitted > (uint64_t)2 * (SLOTS - 1) * 4 * PER_THREAD);
	NEED_EQUAL(stats.lost_total, 0);
	return true;
}

static void events_of_destructors_behind_the_exit_hook_are_in_the_books(void)
{
	ISOLATED(destructors);
}

static bool after_the_last_session(void)
{
	static struct watch w;	/* exit() still calls the subscriber */
	struct rill_stats stats;

	NEED(watch_start(&w, "thread"));
	emit();
	NEED(books_close(&w, &stats));
	atexit(emit_ten);
	emit_ten();	/* off: nothing happens */
	NEED(watch_start(&w, "thread"));
	emit();
	return true;	/* exit() stops the session, and the handler above emits before that or behind it */
}

static void events_behind_the_last_session_and_at_exit_do_no_harm(void)
{
	ISOLATED(after_the_last_session);
}

/* ---- siglongjmp ----------------------------------------------------------------------------------- */

static sigjmp_buf back;
static volatile sig_atomic_t may_leap;
static _Atomic unsigned leaps;

static void leap_handler(int sig)
{
	(void)sig;
	if (!may_leap)
		return;
	may_leap = 0;
	emit();
	atomic_fetch_add(&leaps, 1);
	siglongjmp(back, 1);
}

static timer_t start_timer(long period_ns)
{
	struct sigevent e = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN };
	struct itimerspec period = { { 0, period_ns }, { 0, period_ns } };
	timer_t timer = NULL;

	e.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	if (timer_create(CLOCK_MONOTONIC, &e, &timer) != 0)
		abort();
	timer_settime(timer, 0, &period, NULL);
	return timer;
}

static _Atomic bool over;
static _Atomic uint64_t other_emitted, longest_delay_ns, own_emitted;

/* How late the events of a thread that does nothing odd come out. */
static void measure_delay(struct watch *w, const struct rill_event *e)
{
	struct timespec t;
	uint64_t now_ns;

	(void)w;
	clock_gettime(CLOCK_MONOTONIC, &t);
	now_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	if (strcmp(e->name, "other") == 0 && now_ns - e->ts_ns > longest_delay_ns)
		longest_delay_ns = now_ns - e->ts_ns;
}

static void *other(void *unused)
{
	(void)unused;
	for (; !atomic_load(&over); sleep_ms(1)) {
		RILL_INSTANT("thread", "other");
		other_emitted++;
	}
	return NULL;
}

/* Events of this loop that a leap has left half-written are in no book; published ones are in the session's. */
static void leap_until_done(void)
{
	unsigned wanted = WATCH_TSAN ? 200 : LEAPS;

	while (atomic_load(&leaps) < wanted) {
		if (sigsetjmp(back, 1) == 0)
			may_leap = 1;
		while (atomic_load(&leaps) < wanted && may_leap) {
			RILL_INSTANT("thread", "own", "a", 1);
			own_emitted++;
		}
	}
	may_leap = 0;
}

static bool leap(void)
{
	struct watch w = { .each = measure_delay };
	struct rill_stats stats;
	struct sigaction action = { .sa_handler = leap_handler };
	uint64_t before;
	pthread_t t;
	timer_t timer;

	NEED(configure(1 << 20, 0, SLOTS, 100));
	sigaction(SIGRTMIN, &action, NULL);
	NEED(watch_start(&w, "thread"));
	NEED(pthread_create(&t, NULL, other, NULL) == 0);
	timer = start_timer(40000);
	leap_until_done();
	timer_delete(timer);
	before = emitted;
	for (unsigned i = 0; i < 1000; i++)
		emit();		/* tracing of this thread goes on */
	atomic_store(&over, true);
	pthread_join(t, NULL);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(emitted - before, 1000);
	/* Each leap may have cut the count of one published event short, or of one half-written event none. */
	NEED(stats.delivered + stats.lost_total + leaps >= emitted + other_emitted + own_emitted);
	NEED(stats.delivered + stats.lost_total <= emitted + other_emitted + own_emitted + leaps);
	NEED(longest_delay_ns < UINT64_C(1000000) * BUSY_MS);
	return true;
}

static void leaving_events_by_siglongjmp_ten_thousand_times_stops_nothing(void)
{
	ISOLATED(leap);
}

static const struct test_case cases[] = {
	T(twenty_thousand_short_threads_share_eight_slots),
	T(threads_beyond_the_slots_lose_their_events_and_later_ones_get_the_freed_slots),
	T(a_thread_that_ends_inside_an_event_gives_its_slot_back),
	T(events_of_destructors_behind_the_exit_hook_are_in_the_books),
	T(events_behind_the_last_session_and_at_exit_do_no_harm),
	T(leaving_events_by_siglongjmp_ten_thousand_times_stops_nothing),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("threads", cases, argc, argv);
}

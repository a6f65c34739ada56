/* SPDX-License-Identifier: MIT
 * test_order.c - what a session gets is in exact order of the recorded times, with the barrier and without it.
 *
 * point_order.c stops a thread inside an event.
 */
#define _GNU_SOURCE
#include "refuse_help.h"
#include "watch_help.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 6, RUN_MS = 400 };

static _Atomic bool over;
static _Atomic uint64_t emitted;

static void *producer(void *number)
{
	uintptr_t who = (uintptr_t)number;
	uint64_t n = 0;

	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		n++;
		if (n % 3)
			RILL_INSTANT("order", "event", "who", (uint64_t)who, "n", n);
		else
			RILL_INSTANT("order", "event", "who", (uint64_t)who, "n", n, "text", RILL_COPY("abcdefgh", n % 9));
		if (n % 64 == who)
			sched_yield();
	}
	atomic_fetch_add(&emitted, n);
	return NULL;
}

static uint64_t numbers_wrong;
static uint64_t last_number[THREADS];

static void check(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (e->nargs < 2 || e->args[0].u >= THREADS || e->args[1].u <= last_number[e->args[0].u])
		numbers_wrong++;
	else
		last_number[e->args[0].u] = e->args[1].u;
}

static bool run(struct watch *w, void (*half_way)(void))
{
	struct rill_stats stats;
	pthread_t t[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		NEED(pthread_create(&t[i], NULL, producer, (void *)i) == 0);
	sleep_ms(RUN_MS / 2);
	if (half_way)
		half_way();
	sleep_ms(RUN_MS / 2);
	atomic_store(&over, true);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	NEED(watch_stop(w, &stats));
	NEED_EQUAL(emitted, stats.delivered + stats.lost_total);
	NEED(stats.delivered > THREADS);
	NEED_EQUAL(numbers_wrong, 0);
	return true;
}

static bool order_with_barrier(void)
{
	struct watch w = { .each = check };

	NEED(configure(256 << 10, 0, 16, 0));
	NEED(watch_start(&w, "order"));
	return run(&w, NULL);
}

static void six_threads_come_out_in_the_order_of_their_times(void)
{
	ISOLATED(order_with_barrier);
}

/* ---- without the barrier -------------------------------------------------------------------------- */

/* For all threads, the consumer among them. */
static void refuse_membarrier(void)
{
	if (!refuse_call(SYS_membarrier, EPERM))
		_exit(77);
}

static bool metadata_says(const char *text)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	char json[65536];
	FILE *f = tmpfile();
	size_t size;

	NEED(f != NULL);
	o.filter = "-*";
	o.out = RILL_OUT_FD;
	o.fd = fileno(f);
	NEED(rill_session_start(&o, &s) == 0);
	NEED(rill_session_stop(s) == 0);
	rewind(f);
	size = fread(json, 1, sizeof json - 1, f);
	json[size] = '\0';
	fclose(f);
	return strstr(json, text) != NULL;
}

static bool order_in_lag_mode(void)
{
	struct watch w = { .each = check };

	refuse_membarrier();
	NEED(configure(256 << 10, 0, 16, 0));
	NEED(watch_start(&w, "order"));
	NEED(metadata_says("lag"));
	return run(&w, NULL);
}

static void without_membarrier_the_order_holds_and_the_lag_is_reported(void)
{
	int status = isolated_status(order_in_lag_mode);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		test_skip("no seccomp filters here");
	else
		CU_ASSERT_EQUAL(status, 0);
}

static bool order_when_refused_later(void)
{
	struct watch w = { .each = check };

	NEED(configure(256 << 10, 0, 16, 0));
	NEED(watch_start(&w, "order"));
	NEED(!metadata_says("\"lag\""));
	NEED(run(&w, refuse_membarrier));
	NEED(metadata_says("lag"));
	return true;
}

static void a_filter_that_comes_later_and_refuses_membarrier_does_not_break_the_order(void)
{
	int status = isolated_status(order_when_refused_later);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		test_skip("no seccomp filters here");
	else
		CU_ASSERT_EQUAL(status, 0);
}

static const struct test_case cases[] = {
	T(six_threads_come_out_in_the_order_of_their_times),
	T(without_membarrier_the_order_holds_and_the_lag_is_reported),
	T(a_filter_that_comes_later_and_refuses_membarrier_does_not_break_the_order),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("order", cases, argc, argv);
}

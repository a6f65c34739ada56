/* SPDX-License-Identifier: MIT
 * litmus_causality.c - events of two threads of which one is the cause of the other, by an atomic between them.
 *
 * The clock of an event is read without a fence: it may be read before the load that saw the cause is certain, so that an
 * effect can get an earlier time than its cause. How much earlier is bounded by what a processor works on ahead, far
 * below the margin that the consumer keeps for counters that differ (rill_clock_source.skew_ticks, 1 us). A load may take longer on a virtual
 * machine, whose host has its pages moved, say: one pair in ten thousand may be beyond the bound. With RILL_CLOCK=ordered the
 * clock is read in the order of the program: no effect is before its cause.
 *
 *     ping-pong    each thread emits between taking the baton and giving it back: each event is the cause of the next
 *     watching     one thread emits and then says so; the other looks and emits at once, whatever it saw: no branch stands
 *                  between its look and its clock, which makes it the harder of the two
 */
#define _GNU_SOURCE
#include "litmus_help.h"
#include "port/port.h"

#include <rill/clock.h>
#include <stdatomic.h>

enum { BOUND_NS = 1000, BEYOND_ONE_IN = 10000, SPINS = 2000 };

static uint64_t hops;
static struct hop {
	uint64_t ns, place, cause;	/* place 0: not seen */
} *hop;
static uint64_t taken;
static _Alignas(128) _Atomic uint64_t baton;	/* how many events have been told of */
static cpu_set_t all;

#define HOP(n, cause) RILL_INSTANT("cause", "hop", "n", (uint64_t)(n), "cause", (uint64_t)(cause))
#define NO_CAUSE UINT64_MAX

static void *player(void *first)
{
	run_on(&all, (unsigned)(uintptr_t)first);
	for (uint64_t n = (uintptr_t)first; n < hops; n += 2) {
		unsigned spins = 0;

		/* Acquire: pairs with the release below; it is all that orders the two events. */
		while (atomic_load_explicit(&baton, memory_order_acquire) != n)
			if (++spins % SPINS == 0)
				sched_yield();
		HOP(n, n - 1);
		atomic_store_explicit(&baton, n + 1, memory_order_release);
	}
	return NULL;
}

/* The first half of the numbers is the watched one's, the second the watcher's. */
static void *watched(void *unused)
{
	(void)unused;
	run_on(&all, 0);
	for (uint64_t n = 0; n < hops / 2; n++) {
		HOP(n, NO_CAUSE);
		atomic_store_explicit(&baton, n + 1, memory_order_release);
	}
	return NULL;
}

static void *watcher(void *unused)
{
	(void)unused;
	run_on(&all, 1);
	while (!atomic_load_explicit(&baton, memory_order_relaxed))
		sched_yield();	/* till there is something to see */
	for (uint64_t n = hops / 2; n < hops; n++) {
		uint64_t told = atomic_load_explicit(&baton, memory_order_acquire);

		HOP(n, told - 1);
	}
	return NULL;
}

static void note(struct watch *w, const struct rill_event *e)
{
	(void)w;
	if (e->nargs == 2 && e->args[0].u < hops)
		hop[e->args[0].u] = (struct hop){ e->ts_ns, ++taken, e->args[1].u };
}

struct found {
	uint64_t pairs, inversions, beyond, max_ns;	/* beyond: the bound */
};

/* Effects before their causes, and by how much at most. Equal times are the clock's grain, not an inversion, unless it is finer than a
 * nanosecond. */
static struct found inversions(void)
{
	struct found f = { .pairs = 0 };
	struct rill_clock_info info;

	rill_clock_info(&info);
	for (uint64_t n = 0; n < hops; n++) {
		const struct hop *cause = hop[n].cause < hops ? &hop[hop[n].cause] : NULL;

		if (!cause)
			continue;
		f.pairs++;
		if (hop[n].place > cause->place || (hop[n].ns == cause->ns && info.frequency_hz <= 1000000000))
			continue;
		f.inversions++;
		f.beyond += cause->ns - hop[n].ns >= BOUND_NS;
		f.max_ns = cause->ns - hop[n].ns > f.max_ns ? cause->ns - hop[n].ns : f.max_ns;
	}
	return f;
}

static bool play(const char *what, void *(*first)(void *), void *(*second)(void *), struct found *found)
{
	struct watch w = { .each = note };
	struct rill_stats stats;
	pthread_t a, b;

	hops = litmus_long() ? 4000000 : first == player ? 20000 : 200000;
	litmus_limit_s(litmus_long() ? 300 : 20);
	hop = calloc(hops, sizeof *hop);
	NEED(hop != NULL);
	NEED(sched_getaffinity(0, sizeof all, &all) == 0);
	/* Room for all of them: what the subscriber cannot take yet waits in the rings. */
	NEED(configure(hops * 24, 0, 4, 10000));
	NEED(watch_start(&w, "cause"));
	NEED(pthread_create(&a, NULL, first, (void *)0) == 0);
	NEED(pthread_create(&b, NULL, second, (void *)1) == 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	NEED(rill_session_flush(w.session, 60000) == 0);
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.lost_total, 0);
	NEED_EQUAL(taken, hops);
	*found = inversions();
	litmus_figure("litmus what=%s clock=%s pairs=%llu inversions=%llu beyond=%llu max_ns=%llu\n", what, rill_clock()->name,
		      (unsigned long long)found->pairs, (unsigned long long)found->inversions,
		      (unsigned long long)found->beyond, (unsigned long long)found->max_ns);
	return true;
}

static bool ordered_ping_pong(void)
{
	struct found f;

	setenv("RILL_CLOCK", "ordered", 1);
	NEED(play("ping-pong-ordered", player, player, &f));
	NEED(strstr(rill_clock()->name, "-ordered") != NULL);
	NEED_EQUAL(f.pairs, hops - 1);
	NEED_EQUAL(f.inversions, 0);
	return true;
}

static bool ordered_watching(void)
{
	struct found f;

	setenv("RILL_CLOCK", "ordered", 1);
	NEED(play("watching-ordered", watched, watcher, &f));
	NEED(f.pairs > 0);
	NEED_EQUAL(f.inversions, 0);
	return true;
}

static void V_23_with_ordered_reads_no_effect_is_before_its_cause(void)
{
	ISOLATED(ordered_ping_pong);
	ISOLATED(ordered_watching);
}

static bool fast_ping_pong(void)
{
	struct found f;

	NEED(play("ping-pong-fast", player, player, &f));
	NEED_EQUAL(f.pairs, hops - 1);
	NEED(f.beyond * BEYOND_ONE_IN <= f.pairs);
	return true;
}

static bool fast_watching(void)
{
	struct found f;

	NEED(play("watching-fast", watched, watcher, &f));
	NEED(f.beyond * BEYOND_ONE_IN <= f.pairs);
	return true;
}

static void V_23_with_plain_reads_an_effect_is_before_its_cause_by_less_than_the_bound(void)
{
	ISOLATED(fast_ping_pong);
	ISOLATED(fast_watching);
}

/* Where plain reads invert nothing, the ordered ones show nothing. */
static bool fast_watching_inverts(void)
{
	struct found f;

	NEED(play("watching-mutant", watched, watcher, &f));
	if (!f.inversions)
		_exit(NOT_SHOWN);
	return true;
}

static void with_plain_reads_an_effect_is_before_its_cause(void)
{
	litmus_mutant(fast_watching_inverts, 10);
}

static const struct test_case cases[] = {
	T(V_23_with_ordered_reads_no_effect_is_before_its_cause),
	T(V_23_with_plain_reads_an_effect_is_before_its_cause_by_less_than_the_bound),
	T(with_plain_reads_an_effect_is_before_its_cause),
};

int main(int argc, char **argv)
{
	return LITMUS_MAIN("litmus, causality", cases, argc, argv);
}

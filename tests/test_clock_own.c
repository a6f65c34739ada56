/* SPDX-License-Identifier: MIT
 * test_clock_own.c - a clock that the application registers: events carry it, the trace and `rill doctor` say so, and what is no
 * clock, or comes too late, is refused.
 */
#define _GNU_SOURCE
#include "tool_help.h"
#include "watch_help.h"

#include "control/session_private.h"
#include "port/port.h"

#include <errno.h>
#include <pthread.h>
#include <rill/clock.h>
#include <signal.h>
#include <stdatomic.h>

enum { EVENTS = 3000, THREADS = 3, HZ = 25000000, TOLERANCE_NS = 10000000 };

static atomic_uint reads;

/* A timer of 25 MHz that was started long before the machine. */
static uint64_t read_timer(void)
{
	atomic_fetch_add_explicit(&reads, 1, memory_order_relaxed);
	return UINT64_C(1) << 52 | rill_clock_ns() / 40;
}

static const struct rill_clock_own timer = { "board-timer", read_timer, HZ };
static const struct rill_clock_own unmeasured = { "board-timer", read_timer, 0 };

/* ---- events carry it -------------------------------------------------------------------------------- */

static void handler(int signal)
{
	(void)signal;
	RILL_INSTANT("own", "handler");
}

static void *producer(void *unused)
{
	for (uint64_t n = 0; n < EVENTS; n++)
		RILL_INSTANT("own", "event", "n", n);
	raise(SIGUSR1);
	return unused;
}

static bool trace_with_it(void)
{
	struct watch w = { .events = 0 };
	struct rill_stats stats;
	pthread_t t[THREADS];
	uint64_t begin_ns, end_ns;

	NEED(signal(SIGUSR1, handler) != SIG_ERR);
	NEED(watch_start(&w, "own"));
	begin_ns = rill_clock_ns();
	for (unsigned i = 0; i < THREADS; i++)
		NEED(pthread_create(&t[i], NULL, producer, NULL) == 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	end_ns = rill_clock_ns();
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(w.events, THREADS * (EVENTS + 1));
	NEED_EQUAL(stats.delivered, w.events);
	NEED_EQUAL(w.backwards, 0);
	/* In nanoseconds of CLOCK_MONOTONIC again, whatever it counts. How well a busy machine lets the two be compared is not the
	 * question here: ticks taken for nanoseconds would be months off. */
	NEED(w.last_ns + TOLERANCE_NS >= begin_ns && w.last_ns <= end_ns + TOLERANCE_NS);
	NEED(atomic_load(&reads) > w.events);
	return true;
}

static bool registered(void)
{
	NEED_EQUAL(rill_clock_register(&timer), 0);
	NEED(strcmp(rill_clock()->name, "board-timer") == 0);
	NEED(rill_clock_ticks() >> 52 == 1);
	return trace_with_it();
}

static bool of_unknown_rate(void)
{
	struct rill_clock_info info;

	NEED_EQUAL(rill_clock_register(&unmeasured), 0);
	rill_clock_info(&info);
	NEED(info.frequency_hz > HZ / 100 * 97 && info.frequency_hz < HZ / 100 * 103);
	return trace_with_it();
}

static void events_of_threads_and_handlers_carry_a_registered_clock(void)
{
	ISOLATED(registered);
	ISOLATED(of_unknown_rate);
}

/* ---- it is told --------------------------------------------------------------------------------- */

static void find_clock(void *ctx, const char *name, const char *args)
{
	if (strcmp(name, "clock") == 0)
		snprintf(ctx, 512, "%s", args);
}

static bool metadata_says(const char *text)
{
	char args[512] = "";

	rill_metadata_each(find_clock, args);
	if (strstr(args, text))
		return true;
	fprintf(stderr, "\n'%s' is not in %s\n", text, args);
	return false;
}

static bool told(void)
{
	static const char *const no_args[] = { NULL };
	struct rill_clock_info info;
	struct tool_result r;

	NEED_EQUAL(rill_clock_register(&timer), 0);
	NEED(metadata_says("\"source\":\"board-timer\",\"why\":\"the application registered it\",\"frequency_hz\":25000000,"));
	rill_clock_info(&info);
	NEED(strcmp(info.name, "board-timer") == 0);
	NEED(strcmp(info.why, "the application registered it") == 0);
	NEED(info.frequency_hz == HZ && info.read_ns > 0 && info.ordered_read_ns > 0);
	r = tool_run(&rill_verb_doctor, no_args, "", 0);
	NEED(strstr(r.out, "board-timer, 25.000 MHz, ") != NULL);
	NEED(strstr(r.out, "monotonic would be ") != NULL);
	tool_done(&r);
	return true;
}

static void the_trace_and_doctor_say_its_name_rate_and_cost(void)
{
	ISOLATED(told);
}

/* ---- refused ------------------------------------------------------------------------------------ */

static bool refuses(const struct rill_clock_own *own, int error, const char *word)
{
	NEED_EQUAL(-rill_clock_register(own), error);
	NEED(strstr(rill_error(), word) != NULL);
	return true;
}

static bool no_clocks(void)
{
	struct rill_clock_own o = timer;
	char longest[] = "abcdefghijklmnopqrstuvw", longer[] = "abcdefghijklmnopqrstuvwx";

	NEED(refuses(NULL, EINVAL, "there is none"));
	static const char *const names[] = { NULL, "", "Timer", "a b", "a\"b", "monotonic", "ordered" };
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		o.name = names[i];
		NEED(refuses(&o, EINVAL, "its name"));
	}
	o.name = longer;
	NEED(refuses(&o, EINVAL, "its name"));
	o.name = longest;
	o.read = NULL;
	NEED(refuses(&o, EINVAL, "no function"));
	o.read = read_timer;
	o.frequency_hz = UINT64_C(10000000001);
	NEED(refuses(&o, EINVAL, "10 GHz"));
	/* What was refused has chosen nothing yet. */
	o.frequency_hz = UINT64_C(10000000000);
	NEED_EQUAL(rill_clock_register(&o), 0);
	NEED(strcmp(rill_clock()->name, longest) == 0);
	return true;
}

static bool second(void)
{
	NEED_EQUAL(rill_clock_register(&timer), 0);
	return refuses(&timer, EBUSY, "too late: board-timer is in use");
}

static bool behind_a_read(void)
{
	(void)rill_clock_ticks();
	return refuses(&timer, EBUSY, "rill_clock_of_program");
}

static bool behind_a_session(void)
{
	struct watch w = { .events = 0 };
	struct rill_stats stats;

	NEED(watch_start(&w, "own"));
	NEED(refuses(&timer, EBUSY, "too late"));
	return watch_stop(&w, &stats);
}

static void what_is_no_clock_or_comes_too_late_is_refused(void)
{
	ISOLATED(no_clocks);
	ISOLATED(second);
	ISOLATED(behind_a_read);
	ISOLATED(behind_a_session);
}

/* ---- the environment ---------------------------------------------------------------------------- */

static bool chosen_with(const char *value, const char *name, const char *why)
{
	setenv("RILL_CLOCK", value, 1);
	NEED_EQUAL(rill_clock_register(&timer), 0);
	NEED(strcmp(rill_clock()->name, name) == 0);
	NEED(strstr(rill_clock_why(), why) != NULL);
	return true;
}

static bool forced_away(void)
{
	return chosen_with("monotonic", "monotonic", "RILL_CLOCK asks") && rill_clock_ticks() >> 52 == 0;
}

static bool forced(void)
{
	return chosen_with("board-timer", "board-timer", "RILL_CLOCK asks") && rill_clock_ticks() >> 52 == 1;
}

static bool in_order(void)
{
	return chosen_with("ordered", "board-timer-ordered", "in the order of the program") && rill_clock_ticks() >> 52 == 1 &&
	       trace_with_it();
}

static void RILL_CLOCK_has_the_last_word(void)
{
	ISOLATED(forced_away);
	ISOLATED(forced);
	ISOLATED(in_order);
}

static const struct test_case cases[] = {
	T(events_of_threads_and_handlers_carry_a_registered_clock),
	T(the_trace_and_doctor_say_its_name_rate_and_cost),
	T(what_is_no_clock_or_comes_too_late_is_refused),
	T(RILL_CLOCK_has_the_last_word),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("clock_own", cases, argc, argv);
}

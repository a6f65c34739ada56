/* SPDX-License-Identifier: MIT
 * clock.c - which clock events are stamped with.
 *
 * The choice is made once, by the first who asks, and then never changes: ticks of two clocks in
 * one ring would be worthless. It may be made in a signal handler, so there is no mutex: the
 * chooser blocks signals, hence whoever waits for it is another thread, and the chooser will go
 * on.
 */
#include "port/linux/clock_own.h"
#include "port/linux/linux.h"

#include "config.h"
#include "port/arch/arch.h"

#include <errno.h>
#include <rill/clock.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const struct rill_clock_source *const rill_clock_sources[] = {
#if defined(CONFIG_RILL_CLOCK_TSC) && (defined(__x86_64__) || defined(__i386__))
	&rill_clock_tsc,
#elif defined(__aarch64__)
	&rill_clock_cntvct,
#elif defined(__arm__) && RILL_ARCH_INLINE_TICKS
	&rill_clock_cp15,
#elif defined(__riscv) && RILL_ARCH_INLINE_TICKS
	&rill_clock_rdtime,
#endif
	&rill_clock_monotonic,
};

enum { SOURCES = sizeof(rill_clock_sources) / sizeof(rill_clock_sources[0]) };

enum { UNCHOSEN, CHOOSING };
static atomic_int state;
static const char *chosen_why;
/* The application's, in front of all others; NULL: it has none. Written by the chooser. */
static const struct rill_clock_source *own;
/* Published last; chosen_why is constant then. */
static _Atomic(const struct rill_clock_source *) chosen;

/* The best that works; why: what speaks for the first, or against the better one. */
static const struct rill_clock_source *choose_best(const char **why)
{
	const char *refusal = NULL;

	if (own && own->usable(why))
		return own;
	for (size_t i = 0; i + 1 < SOURCES; i++) {
		if (rill_clock_sources[i]->usable(why))
			return rill_clock_sources[i];
		refusal = *why;
	}
	rill_clock_monotonic.usable(why);
	if (refusal)
		*why = refusal;
	return &rill_clock_monotonic;
}

/* RILL_CLOCK=ordered: the best one, each read in the order of the program, for who has to see that no
 * effect is before its cause in another thread. Not inline, and slower by two fences. */
static const struct rill_clock_source *choose_ordered(const char **why)
{
	static struct rill_clock_source ordered;
	static char name[32];

	ordered = *choose_best(why);
	snprintf(name, sizeof(name), "%s-ordered", ordered.name);
	ordered.name = name;
	ordered.read = ordered.read_ordered;
	ordered.inline_read = false;
	*why = "RILL_CLOCK asks for reads in the order of the program";
	return &ordered;
}

static void warn_unknown(const char *name)
{
	char known[128];
	size_t used = own ? (size_t)snprintf(known, sizeof(known), "%s, ", own->name) : 0;

	for (size_t i = 0; i < SOURCES && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
					 rill_clock_sources[i]->name);
	rill_warn("RILL_CLOCK=%s: there is no such clock on this machine; choose one of: %s, ordered. "
		  "Going on with the best one", name, known);
}

/* What RILL_CLOCK asks for, or NULL. */
static const struct rill_clock_source *choose_forced(const char *name, const char **why)
{
	if (!strcmp(name, "ordered"))
		return choose_ordered(why);
	if (own && !strcmp(name, own->name)) {
		*why = "RILL_CLOCK asks for it";
		return own;
	}
	for (size_t i = 0; i < SOURCES; i++) {
		const struct rill_clock_source *source = rill_clock_sources[i];

		if (strcmp(name, source->name))
			continue;
		if (source->usable(why)) {
			*why = "RILL_CLOCK asks for it";
			return source;
		}
		rill_warn("RILL_CLOCK=%s cannot be had: %s. Going on with the best one that works",
			  name, *why);
		return NULL;
	}
	warn_unknown(name);
	return NULL;
}

/* wanted: the application's own clock, or NULL. */
static const struct rill_clock_source *take_own(const struct rill_clock_own *wanted)
{
	const char *fault;

	if (!wanted)
		return NULL;
	fault = rill_linux_clock_own_fault(wanted);
	if (!fault)
		return rill_linux_clock_own(wanted);
	rill_warn("rill_clock_of_program cannot be had: %s. Going on with the best clock that works", fault);
	return NULL;
}

static void choose(const struct rill_clock_own *wanted)
{
	const char *name = rill_port_env("RILL_CLOCK"), *why = "";
	const struct rill_clock_source *source = NULL;

	own = take_own(wanted);
	if (name && *name)
		source = choose_forced(name, &why);
	if (!source)
		source = choose_best(&why);
	chosen_why = why;
	/* Release: pairs with the acquire in rill_clock(), for chosen_why. */
	atomic_store_explicit(&chosen, source, memory_order_release);
}

/* Waits for the thread that is choosing; after a second it is taken for lost (a fork in the
 * middle of its work leaves its mark in the child, but not the thread). */
static void wait_for_chooser(void)
{
	struct timespec millisecond = { 0, 1000000 };

	for (int i = 0; i < 1000 && !atomic_load_explicit(&chosen, memory_order_acquire); i++)
		/* No spinning: the chooser may have a lower priority. */
		nanosleep(&millisecond, NULL);
}

/* True: this call has chosen. False: another one has, or is at it and was waited for. */
static __attribute__((cold, noinline)) bool choose_once(const struct rill_clock_own *wanted)
{
	static const int faults[] = { SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP };
	int saved = errno, expected = UNCHOSEN;
	sigset_t block, before;
	bool first;

	sigfillset(&block);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		/* The kernel kills a thread that faults with its signal blocked. */
		sigdelset(&block, faults[i]);
	pthread_sigmask(SIG_BLOCK, &block, &before);
	first = atomic_compare_exchange_strong(&state, &expected, CHOOSING);
	if (!first)
		wait_for_chooser();
	if (!atomic_load_explicit(&chosen, memory_order_acquire))
		choose(wanted);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return first;
}

const struct rill_clock_source *rill_clock(void)
{
	const struct rill_clock_source *source =
		atomic_load_explicit(&chosen, memory_order_acquire);

	if (__builtin_expect(!source, 0)) {
		choose_once(rill_linux_clock_of_program());
		source = atomic_load_explicit(&chosen, memory_order_acquire);
	}
	return source;
}

const char *rill_clock_why(void)
{
	rill_clock();
	return chosen_why;
}

/* Here rather than in clock_info.c: events without an inline counter take it, and the choice is one load away. */
uint64_t rill_clock_ticks(void)
{
	return rill_clock()->read();
}

/* ---- rill/clock.h ---------------------------------------------------------------------------- */

int rill_clock_register(const struct rill_clock_own *wanted)
{
	const char *fault = rill_linux_clock_own_fault(wanted);

	if (fault)
		return rill_fail(EINVAL, "the clock cannot be registered: %s", fault);
	if (atomic_load_explicit(&chosen, memory_order_acquire) || !choose_once(wanted))
		return rill_fail(EBUSY, "the clock '%s' comes too late: %s is in use, which a session, or a call that asked for "
				 "the time, has chosen. Register it before; one that RILL_TRACE starts is earlier than main, "
				 "define rill_clock_of_program for it", wanted->name, rill_clock()->name);
	return 0;
}

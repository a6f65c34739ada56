/* SPDX-License-Identifier: MIT
 * step_help.h - a processor that traps behind each instruction: SIGTRAP, until the handler has it stop.
 */
#ifndef RILL_TESTS_STEP_HELP_H
#define RILL_TESTS_STEP_HELP_H

#include "watch_help.h"

#include <signal.h>
#include <ucontext.h>

/* Where a sanitizer keeps frames on its heap, a function's begin and end take more instructions than the event that is stepped through. */
#define STEPPED __attribute__((no_sanitize("address")))

typedef void step_handler(int sig, siginfo_t *info, void *context);

#ifdef __x86_64__
/* False: nothing can be stepped through here. */
static inline bool step_into(step_handler *handler)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER };

	return !WATCH_TSAN && sigaction(SIGTRAP, &action, NULL) == 0;	/* TSan holds signals back */
}

/* From here on, until a handler calls step_no_more(). */
STEPPED static inline __attribute__((always_inline)) void step_from_here(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n pushfq\n orq $0x100, (%%rsp)\n popfq\n lea 128(%%rsp), %%rsp" : : : "memory", "cc");
}

STEPPED static inline __attribute__((always_inline)) void step_no_more(void *context)
{
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100;
}

/* Room for the last trap. */
STEPPED static inline __attribute__((always_inline)) void step_to_here(void)
{
	__asm__ volatile("nop" : : : "memory");
}
#else
static inline bool step_into(step_handler *handler)
{
	(void)handler;
	return false;
}

static inline void step_from_here(void)
{
}

static inline void step_no_more(void *context)
{
	(void)context;
}

static inline void step_to_here(void)
{
}
#endif

#endif

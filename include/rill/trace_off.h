/* SPDX-License-Identifier: MIT
 * trace_off.h - what stands behind the macros of trace.h where rill is compiled out (-DRILL_DISABLED).
 *
 * What an enabled event would evaluate stands in a branch that is never taken, so that the compiler checks it as it would
 * check the event, uses each variable, and writes nothing for it, also without optimisation.
 */
#ifndef RILL_TRACE_OFF_H
#define RILL_TRACE_OFF_H

#ifdef RILL_DISABLED

#include <rill/pair.h>

#define RILL_EVENT(phase, flags, hand_over, state, category, ...)                                  \
	RILL_EVENT_1(category, RILL_PAIRS(__VA_ARGS__), __VA_ARGS__)
#define RILL_EVENT_WITH_ID(phase, flags, category, ...)                                            \
	RILL_EVENT_1(category, RILL_PAIRS_AND_ID(__VA_ARGS__), __VA_ARGS__)
#define RILL_EVENT_1(category, count, ...)                                                         \
	RILL_EVENT_2(category, RILL_JOIN(RILL_EACH_, count), __VA_ARGS__)
#define RILL_EVENT_2(category, EACH, ...)                                                          \
	do {                                                                                       \
		if (0) {                                                                           \
			RILL_PLAIN(category) RILL_PLAIN(RILL_FIRST_(__VA_ARGS__, 0))               \
			EACH(RILL_PAIR_CHECK, __VA_ARGS__)                                         \
			const struct rill_arg rill_args[] = {                                      \
				EACH(RILL_PAIR_ARG, __VA_ARGS__) { 0, NULL, 0, 0 } };              \
			(void)rill_args;                                                           \
		}                                                                                  \
	} while (0)
#define RILL_SCOPE_STATE(var)

#endif
#endif

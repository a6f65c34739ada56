/* SPDX-License-Identifier: MIT
 * trace_event_async.h - the asynchronous part of trace_event.h's macros: operations that may
 * overlap and move between threads, known by an id. Applications include trace_event.h.
 */
#ifndef RILL_TRACE_EVENT_ASYNC_H
#define RILL_TRACE_EVENT_ASYNC_H

#include "trace_event_site.h"

/* ---- S, T, p, F: the old kind, one operation per (name, id); a step's label is the argument
 *      "step". STEP_INTO and STEP_PAST must not be mixed in one operation -------------------- */

#define TRACE_EVENT_ASYNC_BEGIN0(cat, name, id) RILL_TE_ADD_ID('S', cat, name, id, 0, RILL_TE_0)
#define TRACE_EVENT_ASYNC_BEGIN1(cat, name, id, n1, v1)                                         \
	RILL_TE_ADD_ID('S', cat, name, id, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_ASYNC_BEGIN2(cat, name, id, n1, v1, n2, v2)                                 \
	RILL_TE_ADD_ID('S', cat, name, id, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_COPY_ASYNC_BEGIN0(cat, name, id)                                            \
	RILL_TE_ADD_ID('S', cat, name, id, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_ASYNC_BEGIN1(cat, name, id, n1, v1)                                    \
	RILL_TE_ADD_ID('S', cat, name, id, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_ASYNC_BEGIN2(cat, name, id, n1, v1, n2, v2)                            \
	RILL_TE_ADD_ID('S', cat, name, id, RILL_TE_COPY, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_ASYNC_BEGIN_WITH_FLAGS0(cat, name, id, flags)                               \
	RILL_TE_ADD_ID('S', cat, name, id, flags, RILL_TE_0)
#define TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP0(cat, name, id, timestamp)                       \
	RILL_TE_ADD_ID_AT('S', cat, name, id, timestamp, 0, RILL_TE_0)
#define TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP1(cat, name, id, timestamp, n1, v1)               \
	RILL_TE_ADD_ID_AT('S', cat, name, id, timestamp, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP2(cat, name, id, timestamp, n1, v1, n2, v2)       \
	RILL_TE_ADD_ID_AT('S', cat, name, id, timestamp, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_COPY_ASYNC_BEGIN_WITH_TIMESTAMP0(cat, name, id, timestamp)                  \
	RILL_TE_ADD_ID_AT('S', cat, name, id, timestamp, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP_AND_FLAGS0(cat, name, id, timestamp, flags)      \
	RILL_TE_ADD_ID_AT('S', cat, name, id, timestamp, flags, RILL_TE_0)
#define TRACE_EVENT_ASYNC_STEP_INTO0(cat, name, id, step)                                       \
	RILL_TE_ADD_ID('T', cat, name, id, 0, RILL_TE_1("step", step))
#define TRACE_EVENT_ASYNC_STEP_INTO1(cat, name, id, step, n1, v1)                               \
	RILL_TE_ADD_ID('T', cat, name, id, 0, RILL_TE_2("step", step, n1, v1))
#define TRACE_EVENT_ASYNC_STEP_INTO_WITH_TIMESTAMP0(cat, name, id, step, timestamp)             \
	RILL_TE_ADD_ID_AT('T', cat, name, id, timestamp, 0, RILL_TE_1("step", step))
#define TRACE_EVENT_ASYNC_STEP_PAST0(cat, name, id, step)                                       \
	RILL_TE_ADD_ID('p', cat, name, id, 0, RILL_TE_1("step", step))
#define TRACE_EVENT_ASYNC_STEP_PAST1(cat, name, id, step, n1, v1)                               \
	RILL_TE_ADD_ID('p', cat, name, id, 0, RILL_TE_2("step", step, n1, v1))
#define TRACE_EVENT_ASYNC_END0(cat, name, id) RILL_TE_ADD_ID('F', cat, name, id, 0, RILL_TE_0)
#define TRACE_EVENT_ASYNC_END1(cat, name, id, n1, v1)                                           \
	RILL_TE_ADD_ID('F', cat, name, id, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_ASYNC_END2(cat, name, id, n1, v1, n2, v2)                                   \
	RILL_TE_ADD_ID('F', cat, name, id, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_COPY_ASYNC_END0(cat, name, id)                                              \
	RILL_TE_ADD_ID('F', cat, name, id, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_ASYNC_END1(cat, name, id, n1, v1)                                      \
	RILL_TE_ADD_ID('F', cat, name, id, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_ASYNC_END2(cat, name, id, n1, v1, n2, v2)                              \
	RILL_TE_ADD_ID('F', cat, name, id, RILL_TE_COPY, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_ASYNC_END_WITH_FLAGS0(cat, name, id, flags)                                 \
	RILL_TE_ADD_ID('F', cat, name, id, flags, RILL_TE_0)
#define TRACE_EVENT_ASYNC_END_WITH_TIMESTAMP0(cat, name, id, timestamp)                         \
	RILL_TE_ADD_ID_AT('F', cat, name, id, timestamp, 0, RILL_TE_0)
#define TRACE_EVENT_ASYNC_END_WITH_TIMESTAMP1(cat, name, id, timestamp, n1, v1)                 \
	RILL_TE_ADD_ID_AT('F', cat, name, id, timestamp, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_ASYNC_END_WITH_TIMESTAMP2(cat, name, id, timestamp, n1, v1, n2, v2)         \
	RILL_TE_ADD_ID_AT('F', cat, name, id, timestamp, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_COPY_ASYNC_END_WITH_TIMESTAMP0(cat, name, id, timestamp)                    \
	RILL_TE_ADD_ID_AT('F', cat, name, id, timestamp, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_ASYNC_END_WITH_TIMESTAMP_AND_FLAGS0(cat, name, id, timestamp, flags)        \
	RILL_TE_ADD_ID_AT('F', cat, name, id, timestamp, flags, RILL_TE_0)

/* ---- b, n, e: the nestable kind, a tree per (category, id); global but for TRACE_ID_LOCAL --- */

#define TRACE_EVENT_NESTABLE_ASYNC_BEGIN_WITH_TIMESTAMP_AND_FLAGS0(cat, name, id,               \
						timestamp, flags)                               \
	RILL_TE_ADD_ID_AT('b', cat, name, id, timestamp, flags, RILL_TE_0)
#define TRACE_EVENT_NESTABLE_ASYNC_BEGIN0(cat, name, id)                                        \
	RILL_TE_ADD_ID('b', cat, name, id, 0, RILL_TE_0)
#define TRACE_EVENT_NESTABLE_ASYNC_BEGIN1(cat, name, id, n1, v1)                                \
	RILL_TE_ADD_ID('b', cat, name, id, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_NESTABLE_ASYNC_BEGIN2(cat, name, id, n1, v1, n2, v2)                        \
	RILL_TE_ADD_ID('b', cat, name, id, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_NESTABLE_ASYNC_BEGIN_WITH_FLAGS0(cat, name, id, flags)                      \
	RILL_TE_ADD_ID('b', cat, name, id, flags, RILL_TE_0)
#define TRACE_EVENT_NESTABLE_ASYNC_BEGIN_WITH_TIMESTAMP1(cat, name, id, timestamp, n1, v1)      \
	RILL_TE_ADD_ID_AT('b', cat, name, id, timestamp, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN_WITH_TTS2(cat, name, id, n1, v1, n2, v2)          \
	RILL_TE_ADD_ID('b', cat, name, id, RILL_TE_COPY | TRACE_EVENT_FLAG_ASYNC_TTS,           \
		       RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_NESTABLE_ASYNC_BEGIN_WITH_TIMESTAMP0(cat, name, id, timestamp)              \
	RILL_TE_ADD_ID_AT('b', cat, name, id, timestamp, 0, RILL_TE_0)
#define TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN0(cat, name, id)                                   \
	RILL_TE_ADD_ID('b', cat, name, id, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN1(cat, name, id, n1, v1)                           \
	RILL_TE_ADD_ID('b', cat, name, id, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN2(cat, name, id, n1, v1, n2, v2)                   \
	RILL_TE_ADD_ID('b', cat, name, id, RILL_TE_COPY, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN_WITH_TIMESTAMP0(cat, name, id, timestamp)         \
	RILL_TE_ADD_ID_AT('b', cat, name, id, timestamp, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN_WITH_TIMESTAMP1(cat, name, id, timestamp, n1, v1) \
	RILL_TE_ADD_ID_AT('b', cat, name, id, timestamp, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_NESTABLE_ASYNC_INSTANT0(cat, name, id)                                      \
	RILL_TE_ADD_ID('n', cat, name, id, 0, RILL_TE_0)
#define TRACE_EVENT_NESTABLE_ASYNC_INSTANT1(cat, name, id, n1, v1)                              \
	RILL_TE_ADD_ID('n', cat, name, id, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_NESTABLE_ASYNC_INSTANT2(cat, name, id, n1, v1, n2, v2)                      \
	RILL_TE_ADD_ID('n', cat, name, id, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_NESTABLE_ASYNC_INSTANT_WITH_TIMESTAMP0(cat, name, id, timestamp)            \
	RILL_TE_ADD_ID_AT('n', cat, name, id, timestamp, 0, RILL_TE_0)
#define TRACE_EVENT_NESTABLE_ASYNC_END_WITH_TIMESTAMP0(cat, name, id, timestamp)                \
	RILL_TE_ADD_ID_AT('e', cat, name, id, timestamp, 0, RILL_TE_0)
#define TRACE_EVENT_NESTABLE_ASYNC_END0(cat, name, id)                                          \
	RILL_TE_ADD_ID('e', cat, name, id, 0, RILL_TE_0)
#define TRACE_EVENT_NESTABLE_ASYNC_END1(cat, name, id, n1, v1)                                  \
	RILL_TE_ADD_ID('e', cat, name, id, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_NESTABLE_ASYNC_END2(cat, name, id, n1, v1, n2, v2)                          \
	RILL_TE_ADD_ID('e', cat, name, id, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_NESTABLE_ASYNC_END_WITH_FLAGS0(cat, name, id, flags)                        \
	RILL_TE_ADD_ID('e', cat, name, id, flags, RILL_TE_0)
#define TRACE_EVENT_COPY_NESTABLE_ASYNC_END_WITH_TTS2(cat, name, id, n1, v1, n2, v2)            \
	RILL_TE_ADD_ID('e', cat, name, id, RILL_TE_COPY | TRACE_EVENT_FLAG_ASYNC_TTS,           \
		       RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_NESTABLE_ASYNC_END_WITH_TIMESTAMP1(cat, name, id, timestamp, n1, v1)        \
	RILL_TE_ADD_ID_AT('e', cat, name, id, timestamp, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_NESTABLE_ASYNC_END_WITH_TIMESTAMP2(cat, name, id, timestamp, n1, v1, n2, v2) \
	RILL_TE_ADD_ID_AT('e', cat, name, id, timestamp, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_NESTABLE_ASYNC_END_WITH_TIMESTAMP_AND_FLAGS0(cat, name, id,                 \
						timestamp, flags)                               \
	RILL_TE_ADD_ID_AT('e', cat, name, id, timestamp, flags, RILL_TE_0)
#define TRACE_EVENT_COPY_NESTABLE_ASYNC_END0(cat, name, id)                                     \
	RILL_TE_ADD_ID('e', cat, name, id, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_NESTABLE_ASYNC_END_WITH_TIMESTAMP0(cat, name, id, timestamp)           \
	RILL_TE_ADD_ID_AT('e', cat, name, id, timestamp, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_NESTABLE_ASYNC_END_WITH_TIMESTAMP2(cat, name, id, timestamp, n1,       \
						v1, n2, v2)                                     \
	RILL_TE_ADD_ID_AT('e', cat, name, id, timestamp, RILL_TE_COPY, RILL_TE_2(n1, v1, n2, v2))

#endif

/* SPDX-License-Identifier: MIT
 * trace_event.h - Chromium's trace_event macros, for C and C++.
 *
 *     #include <rill/trace_event.h>
 *
 *     TRACE_EVENT1("net", "fetch", "url", url);          a slice to the end of the block
 *     TRACE_COUNTER1("net", "open", open_sockets);
 *     TRACE_EVENT_NESTABLE_ASYNC_BEGIN0("net", "request", request);
 *
 * For code that has these macros already, or that shall also build against Chromium, V8 or Node.
 * New code is better off with trace.h: up to 16 arguments, smaller records, and `rill list`
 * shows its events.
 *
 * The rules are Chromium's. The last digit is the number of arguments, (name, value) each. The
 * category must be the same at every pass of a call site; "a,b" belongs to both. While it is off
 * no argument is evaluated. Values: bool, integers, enumerations, float, double, pointers, const
 * char * (may be NULL), TRACE_STR_COPY(text), struct rill_convertable * (C), std::string and
 * std::unique_ptr of a rill::ConvertableToTraceFormat (C++). In C, `true` is an int and shows as
 * 1. Times are microseconds of CLOCK_MONOTONIC, signed 64 bit: TRACE_TIME_TICKS_NOW().
 *
 * What is better here: all texts are copied into the record at once, so names and strings need
 * not live on (but for the name of a scope, until its end), and the COPY variants differ in a
 * flag only; no 200-category limit; a foreign thread id is kept; a scope is closed also when its
 * category goes off inside it. Any thread, signal handlers too; wait-free.
 *
 * -DRILL_DISABLED makes them vanish, as those of trace.h: see there.
 *
 * Scoped macros (TRACE_EVENTn, ..._WITH_FLOWn, ..._SCOPED_CONTEXT) are several statements: not
 * for the branch of an if without braces, nor behind a case label without braces.
 */
#ifndef RILL_TRACE_EVENT_H
#define RILL_TRACE_EVENT_H

#include "trace_event_site.h"
#include <time.h>

#define RILL_TE_COPY TRACE_EVENT_FLAG_COPY

/* ---- wrappers of names, values and ids ----------------------------------------------------- */

#define TRACE_DISABLED_BY_DEFAULT(name) "disabled-by-default-" name
#define TRACE_STR_COPY(str) (RILL_TE_STRUCT(rill_te_copy){ str })

/* An id is an integer (the same id in all processes), a pointer (mixed with the process id), or
 * one of these. */
#define TRACE_ID_LOCAL(id) rill_te_id_as(RILL_TE_ID(id), TRACE_EVENT_FLAG_HAS_LOCAL_ID)
#define TRACE_ID_GLOBAL(id) rill_te_id_as(RILL_TE_ID(id), TRACE_EVENT_FLAG_HAS_GLOBAL_ID)
#define TRACE_ID_MANGLE(id)                                                                     \
	rill_te_id_as(RILL_TE_ID(id), TRACE_EVENT_FLAG_HAS_ID | TRACE_EVENT_FLAG_MANGLE_ID)
#define TRACE_ID_DONT_MANGLE(id) rill_te_id_as(RILL_TE_ID(id), TRACE_EVENT_FLAG_HAS_ID)
/* (scope, id) or (scope, prefix, id): equal numbers of different scopes are different ids. */
#define TRACE_ID_WITH_SCOPE(scope, ...)                                                         \
	RILL_TE_THIRD(__VA_ARGS__, RILL_TE_SCOPE_PREFIX, RILL_TE_SCOPE_ID, )(scope, __VA_ARGS__)
#define RILL_TE_THIRD(a, b, c, ...) c
#define RILL_TE_SCOPE_ID(scope, id) rill_te_id_scoped(scope, RILL_TE_ID(id))
#define RILL_TE_SCOPE_PREFIX(scope, prefix, id) rill_te_id_prefixed(scope, prefix, RILL_TE_ID(id))

/* ---- X: a slice from here to the end of the block ------------------------------------------ */

#define TRACE_EVENT0(cat, name) RILL_TE_SCOPED(cat, name, rill_te_id_none(), 0, RILL_TE_0)
#define TRACE_EVENT1(cat, name, n1, v1)                                                         \
	RILL_TE_SCOPED(cat, name, rill_te_id_none(), 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT2(cat, name, n1, v1, n2, v2)                                                 \
	RILL_TE_SCOPED(cat, name, rill_te_id_none(), 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_BINARY_EFFICIENT0 TRACE_EVENT0
#define TRACE_EVENT_BINARY_EFFICIENT1 TRACE_EVENT1
#define TRACE_EVENT_BINARY_EFFICIENT2 TRACE_EVENT2

/* Arrows between slices of the same bind_id: TRACE_EVENT_FLAG_FLOW_OUT, _FLOW_IN or both. */
#define TRACE_EVENT_WITH_FLOW0(cat, name, bind_id, flow_flags)                                  \
	RILL_TE_SCOPED(cat, name, RILL_TE_ID(bind_id), flow_flags, RILL_TE_0)
#define TRACE_EVENT_WITH_FLOW1(cat, name, bind_id, flow_flags, n1, v1)                          \
	RILL_TE_SCOPED(cat, name, RILL_TE_ID(bind_id), flow_flags, RILL_TE_1(n1, v1))
#define TRACE_EVENT_WITH_FLOW2(cat, name, bind_id, flow_flags, n1, v1, n2, v2)                  \
	RILL_TE_SCOPED(cat, name, RILL_TE_ID(bind_id), flow_flags, RILL_TE_2(n1, v1, n2, v2))

/* A task of a message loop: task has posted_from, which tells where the task came from as
 * file_name and function_name (functions in C++, const char * members in C). */
#ifdef __cplusplus
#define RILL_TE_POSTED(task, what) (task).posted_from.what()
#else
#define RILL_TE_POSTED(task, what) (task).posted_from.what
#endif
#define TRACE_TASK_EXECUTION(run_function, task)                                                \
	TRACE_EVENT2("toplevel", run_function, "src_file", RILL_TE_POSTED(task, file_name),     \
		     "src_func", RILL_TE_POSTED(task, function_name))

/* ---- I: a point in time; scope: TRACE_EVENT_SCOPE_GLOBAL, _PROCESS, _THREAD ---------------- */

#define TRACE_EVENT_INSTANT0(cat, name, scope) RILL_TE_ADD('I', cat, name, scope, RILL_TE_0)
#define TRACE_EVENT_INSTANT1(cat, name, scope, n1, v1)                                          \
	RILL_TE_ADD('I', cat, name, scope, RILL_TE_1(n1, v1))
#define TRACE_EVENT_INSTANT2(cat, name, scope, n1, v1, n2, v2)                                  \
	RILL_TE_ADD('I', cat, name, scope, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_COPY_INSTANT0(cat, name, scope)                                             \
	RILL_TE_ADD('I', cat, name, RILL_TE_COPY | (scope), RILL_TE_0)
#define TRACE_EVENT_COPY_INSTANT1(cat, name, scope, n1, v1)                                     \
	RILL_TE_ADD('I', cat, name, RILL_TE_COPY | (scope), RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_INSTANT2(cat, name, scope, n1, v1, n2, v2)                             \
	RILL_TE_ADD('I', cat, name, RILL_TE_COPY | (scope), RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_INSTANT_WITH_FLAGS0 TRACE_EVENT_INSTANT0
#define TRACE_EVENT_INSTANT_WITH_FLAGS1 TRACE_EVENT_INSTANT1
#define TRACE_EVENT_INSTANT_WITH_TIMESTAMP0(cat, name, scope, timestamp)                        \
	RILL_TE_ADD_AT('I', cat, name, timestamp, scope, RILL_TE_0)
#define TRACE_EVENT_INSTANT_WITH_TIMESTAMP1(cat, name, scope, timestamp, n1, v1)                \
	RILL_TE_ADD_AT('I', cat, name, timestamp, scope, RILL_TE_1(n1, v1))
#define TRACE_LOG_MESSAGE(file, message, line)                                                  \
	RILL_TE_ADD('I', "log", "LogMessage", RILL_TE_COPY | TRACE_EVENT_SCOPE_THREAD,          \
		    RILL_TE_3("message", message, "file", file, "line", line))

/* ---- B, E: a slice whose ends stand apart, in one thread ----------------------------------- */

#define TRACE_EVENT_BEGIN0(cat, name) RILL_TE_ADD('B', cat, name, 0, RILL_TE_0)
#define TRACE_EVENT_BEGIN1(cat, name, n1, v1) RILL_TE_ADD('B', cat, name, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_BEGIN2(cat, name, n1, v1, n2, v2)                                           \
	RILL_TE_ADD('B', cat, name, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_BEGIN_WITH_FLAGS0(cat, name, flags)                                         \
	RILL_TE_ADD('B', cat, name, flags, RILL_TE_0)
#define TRACE_EVENT_BEGIN_WITH_FLAGS1(cat, name, flags, n1, v1)                                 \
	RILL_TE_ADD('B', cat, name, flags, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_BEGIN0(cat, name) RILL_TE_ADD('B', cat, name, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_BEGIN1(cat, name, n1, v1)                                              \
	RILL_TE_ADD('B', cat, name, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_BEGIN2(cat, name, n1, v1, n2, v2)                                      \
	RILL_TE_ADD('B', cat, name, RILL_TE_COPY, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_END0(cat, name) RILL_TE_ADD('E', cat, name, 0, RILL_TE_0)
#define TRACE_EVENT_END1(cat, name, n1, v1) RILL_TE_ADD('E', cat, name, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_END2(cat, name, n1, v1, n2, v2)                                             \
	RILL_TE_ADD('E', cat, name, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_END_WITH_FLAGS0(cat, name, flags)                                           \
	RILL_TE_ADD('E', cat, name, flags, RILL_TE_0)
#define TRACE_EVENT_END_WITH_FLAGS1(cat, name, flags, n1, v1)                                   \
	RILL_TE_ADD('E', cat, name, flags, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_END0(cat, name) RILL_TE_ADD('E', cat, name, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_END1(cat, name, n1, v1)                                                \
	RILL_TE_ADD('E', cat, name, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_END2(cat, name, n1, v1, n2, v2)                                        \
	RILL_TE_ADD('E', cat, name, RILL_TE_COPY, RILL_TE_2(n1, v1, n2, v2))

/* ---- S, F on behalf of a thread: these two are asynchronous in spite of their names -------- */

#define RILL_TE_THREAD(phase, cat, name, id, thread_id, timestamp, flags, args)                 \
	RILL_TE_ADD_FOR(phase, cat, name, RILL_TE_ID(id), thread_id, timestamp, flags, args)
#define TRACE_EVENT_BEGIN_WITH_ID_TID_AND_TIMESTAMP0(cat, name, id, thread_id, timestamp)       \
	RILL_TE_THREAD('S', cat, name, id, thread_id, timestamp, 0, RILL_TE_0)
#define TRACE_EVENT_COPY_BEGIN_WITH_ID_TID_AND_TIMESTAMP0(cat, name, id, thread_id, timestamp)  \
	RILL_TE_THREAD('S', cat, name, id, thread_id, timestamp, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_BEGIN_WITH_ID_TID_AND_TIMESTAMP1(cat, name, id, thread_id, timestamp,  \
							  n1, v1)                               \
	RILL_TE_THREAD('S', cat, name, id, thread_id, timestamp, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_BEGIN_WITH_ID_TID_AND_TIMESTAMP2(cat, name, id, thread_id, timestamp,  \
							  n1, v1, n2, v2)                       \
	RILL_TE_THREAD('S', cat, name, id, thread_id, timestamp, RILL_TE_COPY,                  \
		       RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_END_WITH_ID_TID_AND_TIMESTAMP0(cat, name, id, thread_id, timestamp)         \
	RILL_TE_THREAD('F', cat, name, id, thread_id, timestamp, 0, RILL_TE_0)
#define TRACE_EVENT_COPY_END_WITH_ID_TID_AND_TIMESTAMP0(cat, name, id, thread_id, timestamp)    \
	RILL_TE_THREAD('F', cat, name, id, thread_id, timestamp, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_END_WITH_ID_TID_AND_TIMESTAMP1(cat, name, id, thread_id, timestamp,    \
							n1, v1)                                 \
	RILL_TE_THREAD('F', cat, name, id, thread_id, timestamp, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_END_WITH_ID_TID_AND_TIMESTAMP2(cat, name, id, thread_id, timestamp,    \
							n1, v1, n2, v2)                         \
	RILL_TE_THREAD('F', cat, name, id, thread_id, timestamp, RILL_TE_COPY,                  \
		       RILL_TE_2(n1, v1, n2, v2))

/* ---- R: a mark, as of navigation timing ---------------------------------------------------- */

#define TRACE_EVENT_MARK_WITH_TIMESTAMP0(cat, name, timestamp)                                  \
	RILL_TE_ADD_AT('R', cat, name, timestamp, 0, RILL_TE_0)
#define TRACE_EVENT_MARK_WITH_TIMESTAMP1(cat, name, timestamp, n1, v1)                          \
	RILL_TE_ADD_AT('R', cat, name, timestamp, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_MARK_WITH_TIMESTAMP2(cat, name, timestamp, n1, v1, n2, v2)                  \
	RILL_TE_ADD_AT('R', cat, name, timestamp, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_COPY_MARK(cat, name) RILL_TE_ADD('R', cat, name, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_MARK1(cat, name, n1, v1)                                               \
	RILL_TE_ADD('R', cat, name, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_MARK_WITH_TIMESTAMP(cat, name, timestamp)                              \
	RILL_TE_ADD_AT('R', cat, name, timestamp, RILL_TE_COPY, RILL_TE_0)

/* ---- C: counters -------------------------------------------------------------------------- */

/* Values are cast to int, as in Chromium; RILL_COUNTER of trace.h keeps 64 bits and fractions. */
#define RILL_TE_COUNT1(value) RILL_TE_1("value", (int)(value))
#define RILL_TE_COUNT2(n1, v1, n2, v2) RILL_TE_2(n1, (int)(v1), n2, (int)(v2))
#define TRACE_COUNTER1(cat, name, value) RILL_TE_ADD('C', cat, name, 0, RILL_TE_COUNT1(value))
#define TRACE_COUNTER_WITH_FLAG1(cat, name, flag, value)                                        \
	RILL_TE_ADD('C', cat, name, flag, RILL_TE_COUNT1(value))
#define TRACE_COPY_COUNTER1(cat, name, value)                                                   \
	RILL_TE_ADD('C', cat, name, RILL_TE_COPY, RILL_TE_COUNT1(value))
#define TRACE_COUNTER2(cat, name, n1, v1, n2, v2)                                               \
	RILL_TE_ADD('C', cat, name, 0, RILL_TE_COUNT2(n1, v1, n2, v2))
#define TRACE_COPY_COUNTER2(cat, name, n1, v1, n2, v2)                                          \
	RILL_TE_ADD('C', cat, name, RILL_TE_COPY, RILL_TE_COUNT2(n1, v1, n2, v2))
#define TRACE_COUNTER_WITH_TIMESTAMP1(cat, name, timestamp, value)                              \
	RILL_TE_ADD_AT('C', cat, name, timestamp, 0, RILL_TE_COUNT1(value))
#define TRACE_COUNTER_WITH_TIMESTAMP2(cat, name, timestamp, n1, v1, n2, v2)                     \
	RILL_TE_ADD_AT('C', cat, name, timestamp, 0, RILL_TE_COUNT2(n1, v1, n2, v2))
#define TRACE_COUNTER_ID1(cat, name, id, value)                                                 \
	RILL_TE_ADD_ID('C', cat, name, id, 0, RILL_TE_COUNT1(value))
#define TRACE_COPY_COUNTER_ID1(cat, name, id, value)                                            \
	RILL_TE_ADD_ID('C', cat, name, id, RILL_TE_COPY, RILL_TE_COUNT1(value))
#define TRACE_COUNTER_ID2(cat, name, id, n1, v1, n2, v2)                                        \
	RILL_TE_ADD_ID('C', cat, name, id, 0, RILL_TE_COUNT2(n1, v1, n2, v2))
#define TRACE_COPY_COUNTER_ID2(cat, name, id, n1, v1, n2, v2)                                   \
	RILL_TE_ADD_ID('C', cat, name, id, RILL_TE_COPY, RILL_TE_COUNT2(n1, v1, n2, v2))

/* ---- P: a profiler's sample ---------------------------------------------------------------- */

#define TRACE_EVENT_SAMPLE_WITH_ID1(cat, name, id, n1, v1)                                      \
	RILL_TE_ADD_ID('P', cat, name, id, 0, RILL_TE_1(n1, v1))
#define RILL_TE_SAMPLE(cat, name, thread_id, timestamp, args)                                   \
	RILL_TE_ADD_FOR('P', cat, name, rill_te_id_none(), thread_id, timestamp, 0, args)
#define TRACE_EVENT_SAMPLE_WITH_TID_AND_TIMESTAMP0(cat, name, thread_id, timestamp)             \
	RILL_TE_SAMPLE(cat, name, thread_id, timestamp, RILL_TE_0)
#define TRACE_EVENT_SAMPLE_WITH_TID_AND_TIMESTAMP1(cat, name, thread_id, timestamp, n1, v1)     \
	RILL_TE_SAMPLE(cat, name, thread_id, timestamp, RILL_TE_1(n1, v1))
#define TRACE_EVENT_SAMPLE_WITH_TID_AND_TIMESTAMP2(cat, name, thread_id, timestamp, n1, v1, n2, \
						   v2)                                          \
	RILL_TE_SAMPLE(cat, name, thread_id, timestamp, RILL_TE_2(n1, v1, n2, v2))

/* ---- s, t, f: arrows from slice to slice, same category, name and id ----------------------- */

#define TRACE_EVENT_FLOW_BEGIN0(cat, name, id) RILL_TE_ADD_ID('s', cat, name, id, 0, RILL_TE_0)
#define TRACE_EVENT_FLOW_BEGIN1(cat, name, id, n1, v1)                                          \
	RILL_TE_ADD_ID('s', cat, name, id, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_FLOW_BEGIN2(cat, name, id, n1, v1, n2, v2)                                  \
	RILL_TE_ADD_ID('s', cat, name, id, 0, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_COPY_FLOW_BEGIN0(cat, name, id)                                             \
	RILL_TE_ADD_ID('s', cat, name, id, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_FLOW_BEGIN1(cat, name, id, n1, v1)                                     \
	RILL_TE_ADD_ID('s', cat, name, id, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_FLOW_BEGIN2(cat, name, id, n1, v1, n2, v2)                             \
	RILL_TE_ADD_ID('s', cat, name, id, RILL_TE_COPY, RILL_TE_2(n1, v1, n2, v2))
#define TRACE_EVENT_FLOW_STEP0(cat, name, id, step)                                             \
	RILL_TE_ADD_ID('t', cat, name, id, 0, RILL_TE_1("step", step))
#define TRACE_EVENT_FLOW_STEP1(cat, name, id, step, n1, v1)                                     \
	RILL_TE_ADD_ID('t', cat, name, id, 0, RILL_TE_2("step", step, n1, v1))
#define TRACE_EVENT_COPY_FLOW_STEP0(cat, name, id, step)                                        \
	RILL_TE_ADD_ID('t', cat, name, id, RILL_TE_COPY, RILL_TE_1("step", step))
#define TRACE_EVENT_COPY_FLOW_STEP1(cat, name, id, step, n1, v1)                                \
	RILL_TE_ADD_ID('t', cat, name, id, RILL_TE_COPY, RILL_TE_2("step", step, n1, v1))
#define TRACE_EVENT_FLOW_END0(cat, name, id) RILL_TE_ADD_ID('f', cat, name, id, 0, RILL_TE_0)
#define TRACE_EVENT_FLOW_END1(cat, name, id, n1, v1)                                            \
	RILL_TE_ADD_ID('f', cat, name, id, 0, RILL_TE_1(n1, v1))
#define TRACE_EVENT_FLOW_END2(cat, name, id, n1, v1, n2, v2)                                    \
	RILL_TE_ADD_ID('f', cat, name, id, 0, RILL_TE_2(n1, v1, n2, v2))
/* Ends at the slice around it instead of the next one. */
#define TRACE_EVENT_FLOW_END_BIND_TO_ENCLOSING0(cat, name, id)                                  \
	RILL_TE_ADD_ID('f', cat, name, id, TRACE_EVENT_FLAG_BIND_TO_ENCLOSING, RILL_TE_0)
#define TRACE_EVENT_COPY_FLOW_END0(cat, name, id)                                               \
	RILL_TE_ADD_ID('f', cat, name, id, RILL_TE_COPY, RILL_TE_0)
#define TRACE_EVENT_COPY_FLOW_END1(cat, name, id, n1, v1)                                       \
	RILL_TE_ADD_ID('f', cat, name, id, RILL_TE_COPY, RILL_TE_1(n1, v1))
#define TRACE_EVENT_COPY_FLOW_END2(cat, name, id, n1, v1, n2, v2)                               \
	RILL_TE_ADD_ID('f', cat, name, id, RILL_TE_COPY, RILL_TE_2(n1, v1, n2, v2))

/* ---- N, O, D: the life of an object; snapshot: any value, best a convertable --------------- */

#define TRACE_EVENT_OBJECT_CREATED_WITH_ID(cat, name, id)                                       \
	RILL_TE_ADD_ID('N', cat, name, id, 0, RILL_TE_0)
#define TRACE_EVENT_OBJECT_SNAPSHOT_WITH_ID(cat, name, id, snapshot)                            \
	RILL_TE_ADD_ID('O', cat, name, id, 0, RILL_TE_1("snapshot", snapshot))
#define TRACE_EVENT_OBJECT_SNAPSHOT_WITH_ID_AND_TIMESTAMP(cat, name, id, timestamp, snapshot)   \
	RILL_TE_ADD_ID_AT('O', cat, name, id, timestamp, 0, RILL_TE_1("snapshot", snapshot))
#define TRACE_EVENT_OBJECT_DELETED_WITH_ID(cat, name, id)                                       \
	RILL_TE_ADD_ID('D', cat, name, id, 0, RILL_TE_0)

/* ---- ( ) =: contexts of a thread, and one thing known under two ids ------------------------ */

#define TRACE_EVENT_ENTER_CONTEXT(cat, name, context_id)                                        \
	RILL_TE_ADD_ID('(', cat, name, context_id, 0, RILL_TE_0)
#define TRACE_EVENT_LEAVE_CONTEXT(cat, name, context_id)                                        \
	RILL_TE_ADD_ID(')', cat, name, context_id, 0, RILL_TE_0)
#define TRACE_EVENT_SCOPED_CONTEXT(cat, name, context_id) RILL_TE_CONTEXT(cat, name, context_id)
#define TRACE_LINK_IDS(cat, name, id, linked_id)                                                \
	RILL_TE_WHEN_ON(cat, rill_te_link(rill_te_on, name, RILL_TE_ID(id), RILL_TE_ID(linked_id)))

/* ---- M, c: about the trace itself ---------------------------------------------------------- */

#define TRACE_EVENT_METADATA1(cat, name, n1, v1)                                                \
	RILL_TE_WHEN_ON(cat, rill_te_add_metadata(rill_te_on, name, RILL_TE_1(n1, v1)))
/* Joins two clock domains that know the same sync_id: received now, or issued at one time and
 * answered at another. On while anything is recorded, whatever the filter. */
#define TRACE_EVENT_CLOCK_SYNC_RECEIVER(sync_id)                                                \
	RILL_TE_ADD('c', "__metadata", "clock_sync", 0, RILL_TE_1("sync_id", sync_id))
#define TRACE_EVENT_CLOCK_SYNC_ISSUER(sync_id, issue_ts, issue_end_ts)                          \
	RILL_TE_ADD_AT('c', "__metadata", "clock_sync", issue_end_ts, 0,                        \
		       RILL_TE_2("sync_id", sync_id, "issue_ts", (int64_t)(issue_ts)))

/* ---- questions ----------------------------------------------------------------------------- */

/* *ret (bool): is the category on? */
#define TRACE_EVENT_CATEGORY_GROUP_ENABLED(cat, ret)                                            \
	do {                                                                                    \
		RILL_TE_LOOK(rill_te_on, rill_te_site, cat)                                     \
		*(ret) = RILL_TE_IS_ON(rill_te_on) != 0;                                        \
	} while (0)
/* Looks the category up, so that the next pass need not; records nothing. */
#define TRACE_EVENT_WARMUP_CATEGORY(cat)                                                        \
	do {                                                                                    \
		RILL_TE_LOOK(rill_te_on, rill_te_site, cat)                                     \
		(void)rill_te_on;                                                               \
	} while (0)
/* *ret (bool): true once per call site and recording. */
#define TRACE_EVENT_IS_NEW_TRACE(ret) RILL_TE_IS_NEW(ret)

/* Microseconds: of CLOCK_MONOTONIC, as every timestamp here, and since 1970. Need POSIX's
 * clock_gettime(). */
#ifdef CLOCK_MONOTONIC
static inline __attribute__((always_inline, unused)) int64_t rill_te_now_us(clockid_t clock)
{
	struct timespec t;

	return clock_gettime(clock, &t) ? 0 : (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
#define TRACE_TIME_TICKS_NOW() rill_te_now_us(CLOCK_MONOTONIC)
#define TRACE_TIME_NOW() rill_te_now_us(CLOCK_REALTIME)
#endif

#include "trace_event_async.h"

#endif

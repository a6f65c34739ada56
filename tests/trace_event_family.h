/* SPDX-License-Identifier: MIT
 * trace_event_family.h - every macro of the trace_event family that records an event, with what
 * it must hand to the narrow API. Included by the C and the C++ test, which make one case of it
 * each.
 *
 *     ROW(macro, (arguments), phase, flags, which fields are set, arguments as the double shows
 * them)
 *
 * Scoped contexts, linked ids, log messages, tasks and clock syncs have tests of their own.
 */
#ifndef RILL_TESTS_TRACE_EVENT_FAMILY_H
#define RILL_TESTS_TRACE_EVENT_FAMILY_H

#ifdef __cplusplus
extern "C" {
#endif
#include "tests/test.h"
#ifdef __cplusplus
}
#endif
#include "tests/trace_event_double.h"

/* The arguments that all rows are made of. */
#define ID UINT64_C(0xfeedbeeffeedbeef)
#define BIND 0xb1d
#define FLOW TRACE_EVENT_FLAG_FLOW_OUT
#define SCOPE TRACE_EVENT_SCOPE_PROCESS
#define FLAGS TRACE_EVENT_FLAG_ASYNC_TTS
#define TS 34567
#define TID 5
#define STEP "into"
#define SNAPSHOT "snap"
#define COUNT 31415
#define A1 "a1", 11
#define A2 "a2", -22

#define COPY TRACE_EVENT_FLAG_COPY
#define HAS_ID TRACE_EVENT_FLAG_HAS_ID
#define ASYNC_TTS TRACE_EVENT_FLAG_ASYNC_TTS
#define EXPLICIT TRACE_EVENT_FLAG_EXPLICIT_TIMESTAMP
#define BIND_TO_ENCLOSING TRACE_EVENT_FLAG_BIND_TO_ENCLOSING
enum { WITH_ID = 1, WITH_BIND = 2, AT = 4, FOR = 8 };

#define FAMILY(ROW)                                                                             \
	ROW(TRACE_EVENT0, (CAT, NAME), 'X', 0, 0, "")                                           \
	ROW(TRACE_EVENT_WITH_FLOW0, (CAT, NAME, BIND, FLOW), 'X', FLOW, WITH_BIND, "")          \
	ROW(TRACE_EVENT1, (CAT, NAME, A1), 'X', 0, 0, "a1=i11")                                 \
	ROW(TRACE_EVENT_WITH_FLOW1, (CAT, NAME, BIND, FLOW, A1),                                \
	    'X', FLOW, WITH_BIND, "a1=i11")                                                     \
	ROW(TRACE_EVENT2, (CAT, NAME, A1, A2), 'X', 0, 0, "a1=i11 a2=i-22")                     \
	ROW(TRACE_EVENT_WITH_FLOW2, (CAT, NAME, BIND, FLOW, A1, A2),                            \
	    'X', FLOW, WITH_BIND, "a1=i11 a2=i-22")                                             \
	ROW(TRACE_EVENT_INSTANT0, (CAT, NAME, SCOPE), 'I', SCOPE, 0, "")                        \
	ROW(TRACE_EVENT_INSTANT1, (CAT, NAME, SCOPE, A1), 'I', SCOPE, 0, "a1=i11")              \
	ROW(TRACE_EVENT_INSTANT2, (CAT, NAME, SCOPE, A1, A2),                                   \
	    'I', SCOPE, 0, "a1=i11 a2=i-22")                                                    \
	ROW(TRACE_EVENT_COPY_INSTANT0, (CAT, NAME, SCOPE), 'I', COPY | SCOPE, 0, "")            \
	ROW(TRACE_EVENT_COPY_INSTANT1, (CAT, NAME, SCOPE, A1),                                  \
	    'I', COPY | SCOPE, 0, "a1=i11")                                                     \
	ROW(TRACE_EVENT_COPY_INSTANT2, (CAT, NAME, SCOPE, A1, A2),                              \
	    'I', COPY | SCOPE, 0, "a1=i11 a2=i-22")                                             \
	ROW(TRACE_EVENT_INSTANT_WITH_FLAGS0, (CAT, NAME, SCOPE), 'I', SCOPE, 0, "")             \
	ROW(TRACE_EVENT_INSTANT_WITH_FLAGS1, (CAT, NAME, SCOPE, A1),                            \
	    'I', SCOPE, 0, "a1=i11")                                                            \
	ROW(TRACE_EVENT_INSTANT_WITH_TIMESTAMP0, (CAT, NAME, SCOPE, TS),                        \
	    'I', EXPLICIT | SCOPE, AT, "")                                                      \
	ROW(TRACE_EVENT_INSTANT_WITH_TIMESTAMP1, (CAT, NAME, SCOPE, TS, A1),                    \
	    'I', EXPLICIT | SCOPE, AT, "a1=i11")                                                \
	ROW(TRACE_EVENT_BEGIN0, (CAT, NAME), 'B', 0, 0, "")                                     \
	ROW(TRACE_EVENT_BEGIN1, (CAT, NAME, A1), 'B', 0, 0, "a1=i11")                           \
	ROW(TRACE_EVENT_BEGIN2, (CAT, NAME, A1, A2), 'B', 0, 0, "a1=i11 a2=i-22")               \
	ROW(TRACE_EVENT_BEGIN_WITH_FLAGS0, (CAT, NAME, FLAGS), 'B', FLAGS, 0, "")               \
	ROW(TRACE_EVENT_BEGIN_WITH_FLAGS1, (CAT, NAME, FLAGS, A1), 'B', FLAGS, 0, "a1=i11")     \
	ROW(TRACE_EVENT_COPY_BEGIN2, (CAT, NAME, A1, A2), 'B', COPY, 0, "a1=i11 a2=i-22")       \
	ROW(TRACE_EVENT_BEGIN_WITH_ID_TID_AND_TIMESTAMP0, (CAT, NAME, ID, TID, TS),             \
	    'S', HAS_ID | EXPLICIT, WITH_ID + AT + FOR, "")                                     \
	ROW(TRACE_EVENT_COPY_BEGIN_WITH_ID_TID_AND_TIMESTAMP0, (CAT, NAME, ID, TID, TS),        \
	    'S', COPY | HAS_ID | EXPLICIT, WITH_ID + AT + FOR, "")                              \
	ROW(TRACE_EVENT_COPY_BEGIN_WITH_ID_TID_AND_TIMESTAMP1, (CAT, NAME, ID, TID, TS, A1),    \
	    'S', COPY | HAS_ID | EXPLICIT, WITH_ID + AT + FOR, "a1=i11")                        \
	ROW(TRACE_EVENT_COPY_BEGIN_WITH_ID_TID_AND_TIMESTAMP2, (CAT, NAME, ID, TID, TS, A1, A2), \
	    'S', COPY | HAS_ID | EXPLICIT, WITH_ID + AT + FOR, "a1=i11 a2=i-22")                \
	ROW(TRACE_EVENT_END0, (CAT, NAME), 'E', 0, 0, "")                                       \
	ROW(TRACE_EVENT_END1, (CAT, NAME, A1), 'E', 0, 0, "a1=i11")                             \
	ROW(TRACE_EVENT_END2, (CAT, NAME, A1, A2), 'E', 0, 0, "a1=i11 a2=i-22")                 \
	ROW(TRACE_EVENT_END_WITH_FLAGS0, (CAT, NAME, FLAGS), 'E', FLAGS, 0, "")                 \
	ROW(TRACE_EVENT_END_WITH_FLAGS1, (CAT, NAME, FLAGS, A1), 'E', FLAGS, 0, "a1=i11")       \
	ROW(TRACE_EVENT_COPY_END2, (CAT, NAME, A1, A2), 'E', COPY, 0, "a1=i11 a2=i-22")         \
	ROW(TRACE_EVENT_MARK_WITH_TIMESTAMP0, (CAT, NAME, TS), 'R', EXPLICIT, AT, "")           \
	ROW(TRACE_EVENT_MARK_WITH_TIMESTAMP1, (CAT, NAME, TS, A1),                              \
	    'R', EXPLICIT, AT, "a1=i11")                                                        \
	ROW(TRACE_EVENT_MARK_WITH_TIMESTAMP2, (CAT, NAME, TS, A1, A2),                          \
	    'R', EXPLICIT, AT, "a1=i11 a2=i-22")                                                \
	ROW(TRACE_EVENT_COPY_MARK, (CAT, NAME), 'R', COPY, 0, "")                               \
	ROW(TRACE_EVENT_COPY_MARK1, (CAT, NAME, A1), 'R', COPY, 0, "a1=i11")                    \
	ROW(TRACE_EVENT_COPY_MARK_WITH_TIMESTAMP, (CAT, NAME, TS),                              \
	    'R', COPY | EXPLICIT, AT, "")                                                       \
	ROW(TRACE_EVENT_END_WITH_ID_TID_AND_TIMESTAMP0, (CAT, NAME, ID, TID, TS),               \
	    'F', HAS_ID | EXPLICIT, WITH_ID + AT + FOR, "")                                     \
	ROW(TRACE_EVENT_COPY_END_WITH_ID_TID_AND_TIMESTAMP0, (CAT, NAME, ID, TID, TS),          \
	    'F', COPY | HAS_ID | EXPLICIT, WITH_ID + AT + FOR, "")                              \
	ROW(TRACE_EVENT_COPY_END_WITH_ID_TID_AND_TIMESTAMP1, (CAT, NAME, ID, TID, TS, A1),      \
	    'F', COPY | HAS_ID | EXPLICIT, WITH_ID + AT + FOR, "a1=i11")                        \
	ROW(TRACE_EVENT_COPY_END_WITH_ID_TID_AND_TIMESTAMP2, (CAT, NAME, ID, TID, TS, A1, A2),  \
	    'F', COPY | HAS_ID | EXPLICIT, WITH_ID + AT + FOR, "a1=i11 a2=i-22")                \
	ROW(TRACE_COUNTER1, (CAT, NAME, COUNT), 'C', 0, 0, "value=i31415")                      \
	ROW(TRACE_COUNTER_WITH_FLAG1, (CAT, NAME, FLAGS, COUNT),                                \
	    'C', FLAGS, 0, "value=i31415")                                                      \
	ROW(TRACE_COPY_COUNTER1, (CAT, NAME, COUNT), 'C', COPY, 0, "value=i31415")              \
	ROW(TRACE_COUNTER2, (CAT, NAME, A1, A2), 'C', 0, 0, "a1=i11 a2=i-22")                   \
	ROW(TRACE_COPY_COUNTER2, (CAT, NAME, A1, A2), 'C', COPY, 0, "a1=i11 a2=i-22")           \
	ROW(TRACE_COUNTER_WITH_TIMESTAMP1, (CAT, NAME, TS, COUNT),                              \
	    'C', EXPLICIT, AT, "value=i31415")                                                  \
	ROW(TRACE_COUNTER_WITH_TIMESTAMP2, (CAT, NAME, TS, A1, A2),                             \
	    'C', EXPLICIT, AT, "a1=i11 a2=i-22")                                                \
	ROW(TRACE_COUNTER_ID1, (CAT, NAME, ID, COUNT), 'C', HAS_ID, WITH_ID, "value=i31415")    \
	ROW(TRACE_COPY_COUNTER_ID1, (CAT, NAME, ID, COUNT),                                     \
	    'C', COPY | HAS_ID, WITH_ID, "value=i31415")                                        \
	ROW(TRACE_COUNTER_ID2, (CAT, NAME, ID, A1, A2),                                         \
	    'C', HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                             \
	ROW(TRACE_COPY_COUNTER_ID2, (CAT, NAME, ID, A1, A2),                                    \
	    'C', COPY | HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                      \
	ROW(TRACE_EVENT_SAMPLE_WITH_ID1, (CAT, NAME, ID, A1),                                   \
	    'P', HAS_ID, WITH_ID, "a1=i11")                                                     \
	ROW(TRACE_EVENT_ASYNC_BEGIN0, (CAT, NAME, ID), 'S', HAS_ID, WITH_ID, "")                \
	ROW(TRACE_EVENT_ASYNC_BEGIN1, (CAT, NAME, ID, A1), 'S', HAS_ID, WITH_ID, "a1=i11")      \
	ROW(TRACE_EVENT_ASYNC_BEGIN2, (CAT, NAME, ID, A1, A2),                                  \
	    'S', HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                             \
	ROW(TRACE_EVENT_COPY_ASYNC_BEGIN0, (CAT, NAME, ID), 'S', COPY | HAS_ID, WITH_ID, "")    \
	ROW(TRACE_EVENT_COPY_ASYNC_BEGIN1, (CAT, NAME, ID, A1),                                 \
	    'S', COPY | HAS_ID, WITH_ID, "a1=i11")                                              \
	ROW(TRACE_EVENT_COPY_ASYNC_BEGIN2, (CAT, NAME, ID, A1, A2),                             \
	    'S', COPY | HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                      \
	ROW(TRACE_EVENT_ASYNC_BEGIN_WITH_FLAGS0, (CAT, NAME, ID, FLAGS),                        \
	    'S', HAS_ID | FLAGS, WITH_ID, "")                                                   \
	ROW(TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP0, (CAT, NAME, ID, TS),                       \
	    'S', HAS_ID | EXPLICIT, WITH_ID + AT, "")                                           \
	ROW(TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP1, (CAT, NAME, ID, TS, A1),                   \
	    'S', HAS_ID | EXPLICIT, WITH_ID + AT, "a1=i11")                                     \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_BEGIN_WITH_TIMESTAMP_AND_FLAGS0,                         \
	    (CAT, NAME, ID, TS, FLAGS),                                                         \
	    'b', HAS_ID | EXPLICIT | FLAGS, WITH_ID + AT, "")                                   \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_END_WITH_TIMESTAMP0, (CAT, NAME, ID, TS),                \
	    'e', HAS_ID | EXPLICIT, WITH_ID + AT, "")                                           \
	ROW(TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP2, (CAT, NAME, ID, TS, A1, A2),               \
	    'S', HAS_ID | EXPLICIT, WITH_ID + AT, "a1=i11 a2=i-22")                             \
	ROW(TRACE_EVENT_COPY_ASYNC_BEGIN_WITH_TIMESTAMP0, (CAT, NAME, ID, TS),                  \
	    'S', COPY | HAS_ID | EXPLICIT, WITH_ID + AT, "")                                    \
	ROW(TRACE_EVENT_ASYNC_BEGIN_WITH_TIMESTAMP_AND_FLAGS0, (CAT, NAME, ID, TS, FLAGS),      \
	    'S', HAS_ID | EXPLICIT | FLAGS, WITH_ID + AT, "")                                   \
	ROW(TRACE_EVENT_ASYNC_STEP_INTO0, (CAT, NAME, ID, STEP),                                \
	    'T', HAS_ID, WITH_ID, "step=sinto")                                                 \
	ROW(TRACE_EVENT_ASYNC_STEP_INTO1, (CAT, NAME, ID, STEP, A1),                            \
	    'T', HAS_ID, WITH_ID, "step=sinto a1=i11")                                          \
	ROW(TRACE_EVENT_ASYNC_STEP_INTO_WITH_TIMESTAMP0, (CAT, NAME, ID, STEP, TS),             \
	    'T', HAS_ID | EXPLICIT, WITH_ID + AT, "step=sinto")                                 \
	ROW(TRACE_EVENT_ASYNC_STEP_PAST0, (CAT, NAME, ID, STEP),                                \
	    'p', HAS_ID, WITH_ID, "step=sinto")                                                 \
	ROW(TRACE_EVENT_ASYNC_STEP_PAST1, (CAT, NAME, ID, STEP, A1),                            \
	    'p', HAS_ID, WITH_ID, "step=sinto a1=i11")                                          \
	ROW(TRACE_EVENT_ASYNC_END0, (CAT, NAME, ID), 'F', HAS_ID, WITH_ID, "")                  \
	ROW(TRACE_EVENT_ASYNC_END1, (CAT, NAME, ID, A1), 'F', HAS_ID, WITH_ID, "a1=i11")        \
	ROW(TRACE_EVENT_ASYNC_END2, (CAT, NAME, ID, A1, A2),                                    \
	    'F', HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                             \
	ROW(TRACE_EVENT_COPY_ASYNC_END0, (CAT, NAME, ID), 'F', COPY | HAS_ID, WITH_ID, "")      \
	ROW(TRACE_EVENT_COPY_ASYNC_END1, (CAT, NAME, ID, A1),                                   \
	    'F', COPY | HAS_ID, WITH_ID, "a1=i11")                                              \
	ROW(TRACE_EVENT_COPY_ASYNC_END2, (CAT, NAME, ID, A1, A2),                               \
	    'F', COPY | HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                      \
	ROW(TRACE_EVENT_ASYNC_END_WITH_FLAGS0, (CAT, NAME, ID, FLAGS),                          \
	    'F', HAS_ID | FLAGS, WITH_ID, "")                                                   \
	ROW(TRACE_EVENT_ASYNC_END_WITH_TIMESTAMP0, (CAT, NAME, ID, TS),                         \
	    'F', HAS_ID | EXPLICIT, WITH_ID + AT, "")                                           \
	ROW(TRACE_EVENT_ASYNC_END_WITH_TIMESTAMP1, (CAT, NAME, ID, TS, A1),                     \
	    'F', HAS_ID | EXPLICIT, WITH_ID + AT, "a1=i11")                                     \
	ROW(TRACE_EVENT_ASYNC_END_WITH_TIMESTAMP2, (CAT, NAME, ID, TS, A1, A2),                 \
	    'F', HAS_ID | EXPLICIT, WITH_ID + AT, "a1=i11 a2=i-22")                             \
	ROW(TRACE_EVENT_COPY_ASYNC_END_WITH_TIMESTAMP0, (CAT, NAME, ID, TS),                    \
	    'F', COPY | HAS_ID | EXPLICIT, WITH_ID + AT, "")                                    \
	ROW(TRACE_EVENT_ASYNC_END_WITH_TIMESTAMP_AND_FLAGS0, (CAT, NAME, ID, TS, FLAGS),        \
	    'F', HAS_ID | EXPLICIT | FLAGS, WITH_ID + AT, "")                                   \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_BEGIN0, (CAT, NAME, ID), 'b', HAS_ID, WITH_ID, "")       \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_BEGIN1, (CAT, NAME, ID, A1),                             \
	    'b', HAS_ID, WITH_ID, "a1=i11")                                                     \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_BEGIN2, (CAT, NAME, ID, A1, A2),                         \
	    'b', HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                             \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_BEGIN_WITH_FLAGS0, (CAT, NAME, ID, FLAGS),               \
	    'b', HAS_ID | FLAGS, WITH_ID, "")                                                   \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_BEGIN_WITH_TIMESTAMP1, (CAT, NAME, ID, TS, A1),          \
	    'b', HAS_ID | EXPLICIT, WITH_ID + AT, "a1=i11")                                     \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_END0, (CAT, NAME, ID), 'e', HAS_ID, WITH_ID, "")         \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_END1, (CAT, NAME, ID, A1),                               \
	    'e', HAS_ID, WITH_ID, "a1=i11")                                                     \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_END2, (CAT, NAME, ID, A1, A2),                           \
	    'e', HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                             \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_END_WITH_FLAGS0, (CAT, NAME, ID, FLAGS),                 \
	    'e', HAS_ID | FLAGS, WITH_ID, "")                                                   \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_INSTANT0, (CAT, NAME, ID), 'n', HAS_ID, WITH_ID, "")     \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_INSTANT1, (CAT, NAME, ID, A1),                           \
	    'n', HAS_ID, WITH_ID, "a1=i11")                                                     \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_INSTANT2, (CAT, NAME, ID, A1, A2),                       \
	    'n', HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                             \
	ROW(TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN_WITH_TTS2, (CAT, NAME, ID, A1, A2),           \
	    'b', COPY | HAS_ID | ASYNC_TTS, WITH_ID, "a1=i11 a2=i-22")                          \
	ROW(TRACE_EVENT_COPY_NESTABLE_ASYNC_END_WITH_TTS2, (CAT, NAME, ID, A1, A2),             \
	    'e', COPY | HAS_ID | ASYNC_TTS, WITH_ID, "a1=i11 a2=i-22")                          \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_BEGIN_WITH_TIMESTAMP0, (CAT, NAME, ID, TS),              \
	    'b', HAS_ID | EXPLICIT, WITH_ID + AT, "")                                           \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_END_WITH_TIMESTAMP1, (CAT, NAME, ID, TS, A1),            \
	    'e', HAS_ID | EXPLICIT, WITH_ID + AT, "a1=i11")                                     \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_END_WITH_TIMESTAMP2, (CAT, NAME, ID, TS, A1, A2),        \
	    'e', HAS_ID | EXPLICIT, WITH_ID + AT, "a1=i11 a2=i-22")                             \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_END_WITH_TIMESTAMP_AND_FLAGS0, (CAT, NAME, ID, TS, FLAGS), \
	    'e', HAS_ID | EXPLICIT | FLAGS, WITH_ID + AT, "")                                   \
	ROW(TRACE_EVENT_NESTABLE_ASYNC_INSTANT_WITH_TIMESTAMP0, (CAT, NAME, ID, TS),            \
	    'n', HAS_ID | EXPLICIT, WITH_ID + AT, "")                                           \
	ROW(TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN0, (CAT, NAME, ID),                            \
	    'b', COPY | HAS_ID, WITH_ID, "")                                                    \
	ROW(TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN1, (CAT, NAME, ID, A1),                        \
	    'b', COPY | HAS_ID, WITH_ID, "a1=i11")                                              \
	ROW(TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN2, (CAT, NAME, ID, A1, A2),                    \
	    'b', COPY | HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                      \
	ROW(TRACE_EVENT_COPY_NESTABLE_ASYNC_END0, (CAT, NAME, ID),                              \
	    'e', COPY | HAS_ID, WITH_ID, "")                                                    \
	ROW(TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN_WITH_TIMESTAMP0, (CAT, NAME, ID, TS),         \
	    'b', COPY | HAS_ID | EXPLICIT, WITH_ID + AT, "")                                    \
	ROW(TRACE_EVENT_COPY_NESTABLE_ASYNC_BEGIN_WITH_TIMESTAMP1, (CAT, NAME, ID, TS, A1),     \
	    'b', COPY | HAS_ID | EXPLICIT, WITH_ID + AT, "a1=i11")                              \
	ROW(TRACE_EVENT_COPY_NESTABLE_ASYNC_END_WITH_TIMESTAMP0, (CAT, NAME, ID, TS),           \
	    'e', COPY | HAS_ID | EXPLICIT, WITH_ID + AT, "")                                    \
	ROW(TRACE_EVENT_COPY_NESTABLE_ASYNC_END_WITH_TIMESTAMP2, (CAT, NAME, ID, TS, A1, A2),   \
	    'e', COPY | HAS_ID | EXPLICIT, WITH_ID + AT, "a1=i11 a2=i-22")                      \
	ROW(TRACE_EVENT_METADATA1, (CAT, NAME, A1), 'M', 0, 0, "a1=i11")                        \
	ROW(TRACE_EVENT_OBJECT_CREATED_WITH_ID, (CAT, NAME, ID), 'N', HAS_ID, WITH_ID, "")      \
	ROW(TRACE_EVENT_OBJECT_SNAPSHOT_WITH_ID, (CAT, NAME, ID, SNAPSHOT),                     \
	    'O', HAS_ID, WITH_ID, "snapshot=ssnap")                                             \
	ROW(TRACE_EVENT_OBJECT_DELETED_WITH_ID, (CAT, NAME, ID), 'D', HAS_ID, WITH_ID, "")      \
	ROW(TRACE_EVENT_COPY_BEGIN0, (CAT, NAME), 'B', COPY, 0, "")                             \
	ROW(TRACE_EVENT_COPY_BEGIN1, (CAT, NAME, A1), 'B', COPY, 0, "a1=i11")                   \
	ROW(TRACE_EVENT_COPY_END0, (CAT, NAME), 'E', COPY, 0, "")                               \
	ROW(TRACE_EVENT_COPY_END1, (CAT, NAME, A1), 'E', COPY, 0, "a1=i11")                     \
	ROW(TRACE_EVENT_SAMPLE_WITH_TID_AND_TIMESTAMP0, (CAT, NAME, TID, TS),                   \
	    'P', EXPLICIT, AT + FOR, "")                                                        \
	ROW(TRACE_EVENT_SAMPLE_WITH_TID_AND_TIMESTAMP1, (CAT, NAME, TID, TS, A1),               \
	    'P', EXPLICIT, AT + FOR, "a1=i11")                                                  \
	ROW(TRACE_EVENT_SAMPLE_WITH_TID_AND_TIMESTAMP2, (CAT, NAME, TID, TS, A1, A2),           \
	    'P', EXPLICIT, AT + FOR, "a1=i11 a2=i-22")                                          \
	ROW(TRACE_EVENT_FLOW_BEGIN0, (CAT, NAME, ID), 's', HAS_ID, WITH_ID, "")                 \
	ROW(TRACE_EVENT_FLOW_BEGIN1, (CAT, NAME, ID, A1), 's', HAS_ID, WITH_ID, "a1=i11")       \
	ROW(TRACE_EVENT_FLOW_BEGIN2, (CAT, NAME, ID, A1, A2),                                   \
	    's', HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                             \
	ROW(TRACE_EVENT_FLOW_STEP0, (CAT, NAME, ID, STEP),                                      \
	    't', HAS_ID, WITH_ID, "step=sinto")                                                 \
	ROW(TRACE_EVENT_FLOW_STEP1, (CAT, NAME, ID, STEP, A1),                                  \
	    't', HAS_ID, WITH_ID, "step=sinto a1=i11")                                          \
	ROW(TRACE_EVENT_FLOW_END0, (CAT, NAME, ID), 'f', HAS_ID, WITH_ID, "")                   \
	ROW(TRACE_EVENT_FLOW_END1, (CAT, NAME, ID, A1), 'f', HAS_ID, WITH_ID, "a1=i11")         \
	ROW(TRACE_EVENT_FLOW_END2, (CAT, NAME, ID, A1, A2),                                     \
	    'f', HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                             \
	ROW(TRACE_EVENT_COPY_FLOW_BEGIN0, (CAT, NAME, ID), 's', COPY | HAS_ID, WITH_ID, "")     \
	ROW(TRACE_EVENT_COPY_FLOW_BEGIN1, (CAT, NAME, ID, A1),                                  \
	    's', COPY | HAS_ID, WITH_ID, "a1=i11")                                              \
	ROW(TRACE_EVENT_COPY_FLOW_BEGIN2, (CAT, NAME, ID, A1, A2),                              \
	    's', COPY | HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                      \
	ROW(TRACE_EVENT_COPY_FLOW_STEP0, (CAT, NAME, ID, STEP),                                 \
	    't', COPY | HAS_ID, WITH_ID, "step=sinto")                                          \
	ROW(TRACE_EVENT_COPY_FLOW_STEP1, (CAT, NAME, ID, STEP, A1),                             \
	    't', COPY | HAS_ID, WITH_ID, "step=sinto a1=i11")                                   \
	ROW(TRACE_EVENT_COPY_FLOW_END0, (CAT, NAME, ID), 'f', COPY | HAS_ID, WITH_ID, "")       \
	ROW(TRACE_EVENT_COPY_FLOW_END1, (CAT, NAME, ID, A1),                                    \
	    'f', COPY | HAS_ID, WITH_ID, "a1=i11")                                              \
	ROW(TRACE_EVENT_COPY_FLOW_END2, (CAT, NAME, ID, A1, A2),                                \
	    'f', COPY | HAS_ID, WITH_ID, "a1=i11 a2=i-22")                                      \
	ROW(TRACE_EVENT_FLOW_END_BIND_TO_ENCLOSING0, (CAT, NAME, ID),                           \
	    'f', HAS_ID | BIND_TO_ENCLOSING, WITH_ID, "")                                       \
	ROW(TRACE_EVENT_OBJECT_SNAPSHOT_WITH_ID_AND_TIMESTAMP, (CAT, NAME, ID, TS, SNAPSHOT),   \
	    'O', HAS_ID | EXPLICIT, WITH_ID + AT, "snapshot=ssnap")                             \
	ROW(TRACE_EVENT_ENTER_CONTEXT, (CAT, NAME, ID), '(', HAS_ID, WITH_ID, "")               \
	ROW(TRACE_EVENT_LEAVE_CONTEXT, (CAT, NAME, ID), ')', HAS_ID, WITH_ID, "")               \
	ROW(TRACE_EVENT_BINARY_EFFICIENT0, (CAT, NAME), 'X', 0, 0, "")                          \
	ROW(TRACE_EVENT_BINARY_EFFICIENT1, (CAT, NAME, A1), 'X', 0, 0, "a1=i11")                \
	ROW(TRACE_EVENT_BINARY_EFFICIENT2, (CAT, NAME, A1, A2), 'X', 0, 0, "a1=i11 a2=i-22")

struct family_row {
	const char *macro;
	void (*call)(void);
	char phase;
	unsigned flags, fields;
	const char *args;
};

/* By way of a parameter, so that A1 is two arguments when the macro counts them. */
#define FAMILY_CALL(macro, args) macro args
#define FAMILY_FUNCTION(macro, args, phase, flags, fields, shown)                               \
	static void call_##macro(void)                                                          \
	{                                                                                       \
		FAMILY_CALL(macro, args);                                                       \
	}
#define FAMILY_ENTRY(macro, args, phase, flags, fields, shown)                                  \
	{ #macro, call_##macro, phase, flags, fields, shown },
FAMILY(FAMILY_FUNCTION)
static const struct family_row family[] = { FAMILY(FAMILY_ENTRY) };
enum { FAMILY_COUNT = sizeof family / sizeof family[0] };

static enum how family_how(const struct family_row *row)
{
	return row->phase == 'M' ? HOW_METADATA : row->fields & FOR ? HOW_FOR
	     : row->fields & AT ? HOW_AT : HOW_PLAIN;
}

/* Runs one row and says on stderr which macro it is when something is wrong. */
static bool family_row_holds(const struct family_row *row)
{
	const struct seen *s = &seen.event[0];
	bool good;

	seen_clear();
	row->call();
	good = seen.count == 1 && s->how == family_how(row) && s->phase == row->phase &&
	       !strcmp(s->category, CAT) && !strcmp(s->name, NAME) && !s->scope[0] &&
	       s->flags == row->flags && s->id == (row->fields & WITH_ID ? ID : 0) &&
	       s->bind == (row->fields & WITH_BIND ? BIND : 0) &&
	       s->time_us == (row->fields & AT ? TS : 0) &&
	       s->tid == (row->fields & FOR ? TID : 0) && !strcmp(s->args, row->args) &&
	       seen.ends == (row->phase == 'X') && seen.ended == (row->phase == 'X' ? 1 : 0);
	if (!good)
		fprintf(stderr, "%s: %d events, phase %c, flags %#x, id %#" PRIx64 ", args '%s'\n",
			row->macro, seen.count, s->phase, s->flags, s->id, s->args);
	return good;
}

static void every_macro_of_the_family_hands_over_its_phase_and_fields(void)
{
	double_switch(CAT, true);
	for (unsigned i = 0; i < FAMILY_COUNT; i++)
		CU_ASSERT(family_row_holds(&family[i]));
}

static void every_macro_is_silent_while_its_category_is_off(void)
{
	double_switch(CAT, false);
	seen_clear();
	for (unsigned i = 0; i < FAMILY_COUNT; i++)
		family[i].call();
	CU_ASSERT_EQUAL(seen.count, 0);
	CU_ASSERT_EQUAL(seen.ends, 0);
}

#endif

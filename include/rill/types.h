/* SPDX-License-Identifier: MIT
 * types.h - the words that every part of rill shares: argument types, losses, flags.
 *
 * The numbers are part of the recorded bytes (descriptors in a program's image, records in a ring),
 * so they are only ever added to. C11 and C++11.
 */
#ifndef RILL_TYPES_H
#define RILL_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* What librill exports; everything else in it is hidden. Where rill is compiled out there is no librill, and the functions have
 * bodies that do nothing (*_off.h). */
#ifdef RILL_DISABLED
#define RILL_API static inline __attribute__((always_inline, unused))
#else
#define RILL_API __attribute__((visibility("default")))
#endif

/* Type of one argument. From RILL_TYPE_ID on an argument has no name: it fills a field of the event. */
enum rill_type {
	RILL_TYPE_NONE = 0,
	RILL_TYPE_I8 = 1,
	RILL_TYPE_I16 = 2,
	RILL_TYPE_I32 = 3,
	RILL_TYPE_I64 = 4,
	RILL_TYPE_U8 = 5,
	RILL_TYPE_U16 = 6,
	RILL_TYPE_U32 = 7,
	RILL_TYPE_U64 = 8,
	RILL_TYPE_BOOL = 9,
	RILL_TYPE_F32 = 10,
	RILL_TYPE_F64 = 11,
	RILL_TYPE_POINTER = 12,
	RILL_TYPE_STRING = 13,		/* text; copied into the record like RILL_TYPE_COPY */
	RILL_TYPE_COPY = 14,		/* text the caller asked to be copied */
	RILL_TYPE_BLOB = 15,		/* bytes */
	RILL_TYPE_JSON = 16,		/* text that is JSON already (a convertable's) */

	RILL_TYPE_ID = 32,		/* the event's id, process-wide or global by phase */
	RILL_TYPE_ID_LOCAL = 33,
	RILL_TYPE_ID_GLOBAL = 34,
	RILL_TYPE_ID_SCOPED = 35,	/* id word, then the scope's text */
	RILL_TYPE_ID_SCOPED_LOCAL = 36,
	RILL_TYPE_ID_SCOPED_GLOBAL = 37,
	RILL_TYPE_BIND_ID = 38,		/* flow binding of a slice */
	RILL_TYPE_TIME_US = 39,		/* the caller's own timestamp, signed microseconds */
	RILL_TYPE_TID = 40,		/* on behalf of another thread */
	RILL_TYPE_PID = 41,		/* on behalf of another process */
	RILL_TYPE_BEGIN = 42,		/* ticks of the begin that this end closes */
	RILL_TYPE_THREAD_TIME_NS = 43	/* CPU time of the emitting thread */
};

/* True for types whose record carries a length word and bytes behind it. */
#define RILL_TYPE_HAS_TAIL(type)                                                                   \
	(((type) >= RILL_TYPE_STRING && (type) <= RILL_TYPE_JSON) ||                               \
	 ((type) >= RILL_TYPE_ID_SCOPED && (type) <= RILL_TYPE_ID_SCOPED_GLOBAL))

/* Flags of an event: Chromium's numbers (the ABI of trace_event.h). */
enum rill_flag {
	RILL_FLAG_NONE = 0,
	RILL_FLAG_COPY = 1 << 0,
	RILL_FLAG_HAS_ID = 1 << 1,
	RILL_FLAG_MANGLE_ID = 1 << 2,
	RILL_FLAG_SCOPE_GLOBAL = 0 << 3,	/* instants only, bits 3 and 4 */
	RILL_FLAG_SCOPE_PROCESS = 1 << 3,
	RILL_FLAG_SCOPE_THREAD = 2 << 3,
	RILL_FLAG_SCOPE_MASK = 3 << 3,
	RILL_FLAG_EXPLICIT_TIMESTAMP = 1 << 5,
	RILL_FLAG_ASYNC_TTS = 1 << 6,
	RILL_FLAG_BIND_TO_ENCLOSING = 1 << 7,
	RILL_FLAG_FLOW_IN = 1 << 8,
	RILL_FLAG_FLOW_OUT = 1 << 9,
	RILL_FLAG_HAS_CONTEXT_ID = 1 << 10,
	RILL_FLAG_HAS_PROCESS_ID = 1 << 11,
	RILL_FLAG_HAS_LOCAL_ID = 1 << 12,
	RILL_FLAG_HAS_GLOBAL_ID = 1 << 13
};

/* Why an event did not reach a session. Every loss is counted under exactly one cause. */
enum rill_cause {
	RILL_LOST_FULL,		/* the thread's ring was full: the newest is discarded */
	RILL_LOST_BIG,		/* the event does not fit in one block of the ring */
	RILL_LOST_DEEP,		/* a handler interrupted a handler ...: no signal level left */
	RILL_LOST_NO_RING,	/* no free slot for the thread */
	RILL_LOST_STOPPED,	/* committed after the session had closed */
	RILL_LOST_SINK,		/* the sink was too slow, full or failed */
	RILL_LOST_SUBSCRIBER,	/* the subscriber was too slow */
	RILL_CAUSES
};

#endif

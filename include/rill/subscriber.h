/* SPDX-License-Identifier: MIT
 * subscriber.h - decoded events, and C callbacks that receive them in batches.
 *
 * The same struct rill_event is what the formats (JSON, packets) write from, so a subscriber sees
 * exactly what a file holds. C11 and C++11.
 */
#ifndef RILL_SUBSCRIBER_H
#define RILL_SUBSCRIBER_H

#include <rill/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One argument. Texts end with NUL; `size` does not count it (a text may hold NUL bytes inside). */
struct rill_value {
	const char *name;	/* never NULL for arguments; "" where the event gave none */
	uint8_t type;		/* enum rill_type: one of the named kinds, I8 .. JSON */
	uint8_t cut;		/* 1: the text or blob was cut to fit the ring */
	uint8_t null;		/* 1: a null char *; size is 0, text is "" */
	uint32_t size;		/* bytes of text or blob */
	union {
		int64_t i;	/* I8 .. I64 */
		uint64_t u;	/* U8 .. U64, BOOL (0 or 1), POINTER */
		double d;	/* F32, F64 */
		const char *text;	/* STRING, COPY, JSON */
		const uint8_t *blob;	/* BLOB */
	};
};

/* A thread as rill knows it. Lives as long as the runtime; `name` and `generation` change on rename. */
struct rill_thread {
	uint32_t tid;
	uint32_t serial;	/* unique in the process: a reused tid has another serial */
	uint32_t generation;	/* counts renames */
	int32_t sort_index;
	uint8_t has_sort_index;
	const char *name;	/* "" when unknown */
};

enum rill_event_state {
	RILL_EVENT_LATE = 1 << 0,	/* its ring was held too long: ts_ns may be before the previous event's */
	RILL_EVENT_CLAMPED = 1 << 1,	/* the clock of its thread went back, or far ahead: ts_ns was moved */
	RILL_EVENT_BEGIN_LOST = 1 << 2,	/* an E whose begin this session did not get: show it as a whole slice */
	RILL_EVENT_SCOPE = 1 << 3,	/* B or E of a scope (the pair is certain to nest) */
	RILL_EVENT_HAS_BEGIN = 1 << 4,	/* begin_ns is set */
	RILL_EVENT_HAS_OWN_TIME = 1 << 5,	/* own_time_us is set */
	RILL_EVENT_HAS_THREAD_TIME = 1 << 6,
	RILL_EVENT_DYNAMIC = 1 << 7	/* names came with the record, site is 0 */
};

/* One event in the merged stream. All pointers are valid during the callback only, except category
 * (permanent). Fields that a phase does not have are 0 or NULL. */
struct rill_event {
	uint64_t ts_ns;		/* recorded time, CLOCK_MONOTONIC */
	uint64_t begin_ns;	/* E of a scope: when it began, CLOCK_MONOTONIC */
	int64_t own_time_us;	/* the caller's own timestamp; order and checks use ts_ns */
	uint64_t thread_time_ns;
	uint64_t id, bind_id;
	const char *scope;	/* id scope, or NULL */
	const char *category;	/* the group's text, "net,net.rx" */
	const char *name;
	const char *file;	/* call site; NULL or empty: not known */
	const struct rill_thread *thread;	/* who emitted; for foreign tid see below */
	const struct rill_value *args;
	uint32_t pid, tid;	/* what to show: the foreign ones where the caller gave them */
	uint32_t site;		/* site id, stable in the process; 0 for dynamic events */
	uint32_t line;
	uint32_t flags;		/* enum rill_flag */
	uint16_t state;		/* enum rill_event_state */
	uint8_t nargs;
	uint8_t level;		/* signal level 0..2 */
	char phase;		/* trace_event letter */
};

/* A stretch of lost events of one thread. */
struct rill_gap {
	const struct rill_thread *thread;	/* NULL: of no particular thread */
	uint64_t count;
	uint64_t before_ns;	/* time of the last event before the gap, 0: none */
	uint64_t after_ns;	/* time of the first event behind it, 0: none yet */
	uint8_t level;
	uint8_t cause;		/* enum rill_cause */
};

/* A batch, in the order of the stream: gaps[i] lies before events[gap_at[i]] (== count: at the end). */
struct rill_batch {
	const struct rill_event *events;
	size_t count;
	const struct rill_gap *gaps;
	const size_t *gap_at;
	size_t gap_count;
};

/* Called on a thread of its own (without CONFIG_RILL_WRITER_THREAD: by the thread that flushes), one batch at a time. It may emit,
 * and may call any function of session.h but
 * rill_session_stop() on its own session. While it runs, its events wait in a bounded buffer; what
 * does not fit is counted as RILL_LOST_SUBSCRIBER for this session and nobody else. */
typedef void rill_subscriber(void *ctx, const struct rill_batch *batch);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: MIT
 * outlet.h - the end of a session: route hands decoded events to an outlet, one call each, in
 * merged order.
 *
 *     route -> outlet (json_outlet.c, batch_outlet.c) -> queue.c -> a sink (struct rill_sink)
 *
 * All functions but stop() are called by whoever holds the drain role (one thread at a time), so
 * an outlet needs no lock of its own towards route. None of them blocks longer than
 * RILL_OUTLET_WAIT_MAX_MS; what the outlet cannot take it refuses, and route counts it.
 */
#ifndef RILL_SINK_OUTLET_H
#define RILL_SINK_OUTLET_H

#include <rill/session.h>
#include <stdbool.h>

enum { RILL_OUTLET_WAIT_MAX_MS = 20, RILL_OUTLET_STOP_MAX_MS = 1500 };

struct rill_memory;	/* memory.h */

/* What an outlet may ask of its surroundings. */
struct rill_outlet_env {
	uint32_t pid;
	const char *session_name;
	/* Hands every process-wide metadata event for the head of a file to take: JSON name,
	 * args object text. */
	void (*each_metadata)(void (*take)(void *ctx, const char *name, const char *args_json),
			      void *ctx);
	/* True while the rings have room: an outlet may then wait (at most
	 * RILL_OUTLET_WAIT_MAX_MS) instead of refusing. */
	bool (*may_wait)(void);
	/* Called from any thread: `count` events that event() had accepted were lost behind it
	 * after all (the sink failed). The message was already given to rill_warn(). */
	void (*lost)(void *session, uint64_t count);
	/* Given the memory in which the outlet keeps the session's last bytes, if it is of that kind; valid
	 * until stop. May be NULL. */
	void (*memory)(void *session, struct rill_memory *memory);
	void *session;
	uint64_t start_ns;	/* CLOCK_MONOTONIC at the session's start */
	uint32_t first_file;	/* ${rotation} in the name of the first file; 0: 1 */
};

struct rill_outlet;

struct rill_outlet_ops {
	/* 0, or -ENOBUFS: refused, nothing of it was taken. */
	int (*event)(struct rill_outlet *outlet, const struct rill_event *event);
	void (*gap)(struct rill_outlet *outlet, const struct rill_gap *gap);
	/* A thread got a (new) name, at ts_ns; also called for threads that never emit. */
	void (*thread)(struct rill_outlet *outlet, const struct rill_thread *thread,
		       uint64_t ts_ns);
	/* Hands over what is buffered. token != 0: the sink has it all when done(token) becomes
	 * true. Tokens grow. */
	void (*flush)(struct rill_outlet *outlet, uint64_t token);
	/* Any thread: has everything up to the flush with this token reached the sink? Waits at
	 * most timeout_ms. */
	bool (*done)(struct rill_outlet *outlet, uint64_t token, uint32_t timeout_ms);
	/* Any thread: ends the stream (closing bytes, summary), closes the sink, joins its
	 * thread and frees the outlet. At most RILL_OUTLET_STOP_MAX_MS; what a stuck sink still
	 * holds by then is reported through env->lost. */
	void (*stop)(struct rill_outlet *outlet, const struct rill_stats *stats);
	/* In the child of a fork, instead of stop: closes the descriptors that the outlet's sink
	 * had opened. It calls nothing of the application's, takes no lock and frees nothing,
	 * since threads that held locks do not exist there. */
	void (*forked)(struct rill_outlet *outlet);
	uint64_t (*bytes)(struct rill_outlet *outlet);
	uint32_t (*segments)(struct rill_outlet *outlet);
	const char *(*where)(struct rill_outlet *outlet);
};

struct rill_outlet {
	const struct rill_outlet_ops *ops;
	/* Of the event that is being given. Not 0: all with this number differ in times, thread, level and the values of
	 * their arguments (not in the types) and in nothing else, and show the pid and tid of those who emitted them. What was found
	 * out about one of them is true for the others. 0: nothing is known. A number does not come again with another meaning. */
	uint64_t kind;
};

/* How often such an outlet is to be flushed where nobody says: more often, and a slow line would carry little but the
 * beginnings of packets. */
uint32_t rill_outlet_flush_period_ms(const struct rill_session_options *options);

/* Makes the outlet the options ask for and opens its sink; the error is returned, rill_error()
 * set, *outlet NULL. */
int rill_outlet_open(const struct rill_session_options *options, const struct rill_outlet_env *env,
		     struct rill_outlet **outlet);

#endif

/* SPDX-License-Identifier: MIT
 * sink.h - where the bytes of a session go: a struct of functions.
 *
 * The platform's sinks (file, descriptor, ...) and an application's own use this one contract.
 * C11 and C++11.
 */
#ifndef RILL_SINK_H
#define RILL_SINK_H

#include <rill/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is in one write: pieces arrive in order, each holds whole events (JSON: whole lines). */
enum rill_piece {
	RILL_PIECE_FIRST = 1 << 0,	/* begins a segment (file): the sink opens its next one, when it has more than one */
	RILL_PIECE_LAST = 1 << 1,	/* ends a segment; size may be 0 */
	RILL_PIECE_FLUSH = 1 << 2	/* everything up to here is to be durable in the sink's sense */
};

/* All functions return 0 or a negative errno. They are called by one thread at a time, not always the
 * same; none may be called again after close. open runs in the thread that starts the session, before it
 * returns. A write that fails loses its piece: rill counts the events in it, says so once, and offers
 * the next piece (the sink decides whether it recovers). -ENOTCONN says that the reader is gone: what is offered
 * next then begins a segment, so that the next reader finds its head first. */
struct rill_sink_ops {
	const char *name;		/* for messages: "file", "tcp" */
	/* Longest time that write may take; 0: it may block (gets a thread of its own). With a time it is called by whoever
	 * drains, and if it does not return all sessions stand. */
	uint32_t write_time_max_ms;
	int (*open)(void *ctx);		/* may be NULL */
	int (*write)(void *ctx, const void *data, size_t size, unsigned pieces);	/* all of it, or an error */
	void (*close)(void *ctx);	/* may be NULL */
	/* Where the bytes went, for messages and `rill record`: the current file's path, ... May be NULL. */
	const char *(*where)(void *ctx);
};

struct rill_sink {
	const struct rill_sink_ops *ops;
	void *ctx;
};

#ifdef __cplusplus
}
#endif
#endif

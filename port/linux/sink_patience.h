/* SPDX-License-Identifier: MIT
 * sink_patience.h - how long a sink waits for a reader, a line or a peer: for as long as it takes,
 * until the session stops; from then on for what is left.
 *
 * A sink that gives up after a fixed time leaves half a packet behind and cannot say what became of
 * the other half. One that waits needs no such time: it has a thread of its own, and while it waits
 * its queue refuses events, which are counted one by one. Stop bounds the wait: rill_patience_hurry()
 * sets the end, and what is not out by then is refused whole.
 */
#ifndef RILL_LINUX_SINK_PATIENCE_H
#define RILL_LINUX_SINK_PATIENCE_H

#include "port/linux/sink_stream.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Zeroed: no end is set. 32 bits, since not every processor has atomics of 64. */
struct rill_patience {
	atomic_uint end_ms;	/* of CLOCK_MONOTONIC, modulo 2^32; 0: none */
};

/* Any thread, also while the sink waits; at once seen by every later wait, within 0.1 s by a present one. */
void rill_patience_hurry(struct rill_patience *patience, uint64_t deadline_ns);
bool rill_patience_hurries(const struct rill_patience *patience);

/* The end, on CLOCK_MONOTONIC, for a write of these pieces; UINT64_MAX: none is set. What ends the stream has
 * time left when all else has none. */
uint64_t rill_patience_until_ns(const struct rill_patience *patience, unsigned pieces);

/* Waits until fd has one of the events (or is broken), at most until until_ns: true. False: the time is over, by
 * until_ns or by stop. fd -1: only waits. */
bool rill_patience_wait(const struct rill_patience *patience, unsigned pieces, int fd, short events, uint64_t until_ns);

/* The same for what need not come any more once the session stops: a peer, a line. Then it only looks. */
bool rill_patience_await(const struct rill_patience *patience, int fd, short events, uint64_t until_ns);

/* Writes all of it. 0; -ETIME: the session stops and there is no time left (where the configuration leaves writer threads
 * out: half a second is over); else -errno. *done: how much is out. */
int rill_patience_write(const struct rill_patience *patience, unsigned pieces, struct rill_stream *stream, const void *data,
			size_t size, size_t *done);

#endif

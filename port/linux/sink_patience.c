/* SPDX-License-Identifier: MIT
 * sink_patience.c - waits that end when the session stops.
 */
#define _GNU_SOURCE
#include "port/linux/sink_patience.h"

#include "config.h"
#include "port/port.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

enum {
	CONSUMER_WAITS_NS = 500000000,	/* where the consumer itself writes */
	SLICE_NS = 100000000,	/* so often a wait looks whether stop has come */
	/* Of stop's time, what is kept for the closing piece, and behind that for closing the sink. */
	KEPT_FOR_LAST_MS = 700, KEPT_FOR_CLOSE_MS = 200
};

void rill_patience_hurry(struct rill_patience *p, uint64_t deadline_ns)
{
	const unsigned end_ms = (unsigned)(deadline_ns / 1000000);

	atomic_store_explicit(&p->end_ms, end_ms ? end_ms : 1, memory_order_relaxed);
}

bool rill_patience_hurries(const struct rill_patience *p)
{
	return atomic_load_explicit(&p->end_ms, memory_order_relaxed) != 0;
}

uint64_t rill_patience_until_ns(const struct rill_patience *p, unsigned pieces)
{
	const unsigned end_ms = atomic_load_explicit(&p->end_ms, memory_order_relaxed);
	const int kept_ms = pieces & RILL_PIECE_LAST ? KEPT_FOR_CLOSE_MS : KEPT_FOR_LAST_MS;
	const uint64_t now_ns = rill_port_monotonic_ns();
	int left_ms;

	if (!end_ms)
		return UINT64_MAX;
	left_ms = (int)(end_ms - (unsigned)(now_ns / 1000000)) - kept_ms;
	return left_ms > 0 ? now_ns + (uint64_t)left_ms * 1000000 : now_ns;
}

bool rill_patience_wait(const struct rill_patience *p, unsigned pieces, int fd, short events, uint64_t until_ns)
{
	for (;;) {
		struct pollfd poller = { .fd = fd, .events = events };
		const uint64_t stop_ns = rill_patience_until_ns(p, pieces), now_ns = rill_port_monotonic_ns();
		uint64_t end_ns = stop_ns < until_ns ? stop_ns : until_ns, slice_ns;
		struct timespec slice;

		slice_ns = end_ns <= now_ns ? 0 : end_ns - now_ns < SLICE_NS ? end_ns - now_ns : SLICE_NS;
		slice = (struct timespec){ .tv_sec = 0, .tv_nsec = (long)slice_ns };
		if (ppoll(&poller, 1, &slice, NULL) > 0)
			return true;
		if (slice_ns == 0)
			return false;
	}
}

bool rill_patience_await(const struct rill_patience *p, int fd, short events, uint64_t until_ns)
{
	for (;;) {
		const uint64_t now_ns = rill_port_monotonic_ns();
		const bool last = rill_patience_hurries(p) || until_ns <= now_ns + SLICE_NS;

		if (rill_patience_wait(p, 0, fd, events, rill_patience_hurries(p) ? 0 : last ? until_ns : now_ns + SLICE_NS))
			return true;
		if (last)
			return false;
	}
}

int rill_patience_write(const struct rill_patience *p, unsigned pieces, struct rill_stream *stream, const void *data,
			size_t size, size_t *done)
{
	const uint64_t until_ns = RILL_ON(CONFIG_RILL_WRITER_THREAD) ? UINT64_MAX :
		rill_port_monotonic_ns() + CONSUMER_WAITS_NS;

	*done = 0;
	while (*done < size) {
		const size_t chunk = size - *done < stream->chunk_bytes ? size - *done : stream->chunk_bytes;
		ssize_t n;

		if (!rill_patience_wait(p, pieces, stream->fd, POLLOUT, until_ns))
			return -ETIME;
		n = stream->write(stream, (const char *)data + *done, chunk);
		if (n > 0)
			*done += (size_t)n;
		else if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
	}
	return 0;
}

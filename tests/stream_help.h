/* SPDX-License-Identifier: MIT
 * stream_help.h - what the tests of outlets that go to a line or a peer share: somebody who catches the bytes, at
 * his own pace, and books that must close.
 */
#ifndef RILL_TESTS_STREAM_HELP_H
#define RILL_TESTS_STREAM_HELP_H

#include "now_help.h"
#include "outlet_env.h"
#include "packet_help.h"

#include <poll.h>
#include <pthread.h>

/* ---- catching ------------------------------------------------------------------------------------- */

struct catcher {
	int fd;
	uint32_t bytes_per_second;	/* 0: as fast as they come */
	atomic_bool paused, leave;
	pthread_t thread;
	uint8_t *bytes;
	atomic_size_t size;
	bool ended;		/* the other side closed */
};

static inline void *catch_main(void *arg)
{
	enum { PIECE = 4096 };
	struct catcher *c = arg;
	size_t room = 0;
	uint64_t free_ns = rill_port_monotonic_ns();

	while (!atomic_load(&c->leave)) {
		struct pollfd poller = { .fd = c->fd, .events = POLLIN };
		size_t piece = PIECE;
		ssize_t n;

		if (atomic_load(&c->paused) || poll(&poller, 1, 5) <= 0) {
			sleep_ms(1);
			continue;
		}
		if (c->size + PIECE > room) {
			room = 2 * (room + PIECE);
			c->bytes = realloc(c->bytes, room);
		}
		if (c->bytes_per_second) {
			const uint64_t now_ns = rill_port_monotonic_ns();

			/* Not more than 20 ms of the line at once, nor in arrears. */
			free_ns = free_ns + 20000000 > now_ns ? free_ns : now_ns - 20000000;
			piece = (size_t)(c->bytes_per_second / 100);
			if (free_ns > now_ns) {
				sleep_ms(1);
				continue;
			}
		}
		n = read(c->fd, c->bytes + c->size, piece);
		if (n <= 0) {
			c->ended = true;
			break;
		}
		c->size += (size_t)n;
		if (c->bytes_per_second)
			free_ns += (uint64_t)n * 1000000000u / c->bytes_per_second;
	}
	return NULL;
}

static inline void catch_start(struct catcher *c, int fd)
{
	c->fd = fd;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&c->thread, NULL, catch_main, c), 0);
}

/* Until the other side has closed. */
static inline void catch_join(struct catcher *c)
{
	pthread_join(c->thread, NULL);
	CU_ASSERT(c->ended);
}

static inline void catch_leave(struct catcher *c)
{
	atomic_store(&c->leave, true);
	pthread_join(c->thread, NULL);
}

static inline bool catch_wait(const struct catcher *c, size_t bytes, unsigned ms)
{
	const uint64_t end_ms = now_ms() + ms;

	while (c->size < bytes && now_ms() < end_ms)
		sleep_ms(1);
	return c->size >= bytes;
}

/* ---- offering ------------------------------------------------------------------------------------- */

/* As route does it: what is refused is counted, and told when there is room again. */
struct offered {
	uint64_t events, accepted, refused, untold;
	uint64_t longest_ms;
};

static inline bool offer(struct rill_outlet *outlet, struct offered *o)
{
	const struct rill_value n = { .name = "n", .type = RILL_TYPE_U64, .u = o->events };
	struct rill_event event = make_event('I', "numbered", &threads[o->events % 2]);
	const uint64_t begin_ms = now_ms();
	int error;

	event.args = &n;
	event.nargs = 1;
	event.site = 7;
	if (o->untold) {
		const struct rill_gap gap = { .thread = event.thread, .count = o->untold, .cause = RILL_LOST_SINK };

		outlet->ops->gap(outlet, &gap);
		o->untold = 0;
	}
	error = outlet->ops->event(outlet, &event);
	if (now_ms() - begin_ms > o->longest_ms)
		o->longest_ms = now_ms() - begin_ms;
	CU_ASSERT(error == 0 || error == -ENOBUFS);
	o->events++;
	o->accepted += error == 0;
	o->refused += error != 0;
	o->untold += error != 0;
	return error == 0;
}

static inline void offer_many(struct rill_outlet *outlet, struct offered *o, unsigned count)
{
	while (count--)
		offer(outlet, o);
}

/* Until nothing has been taken for half a second: whoever should read does not. */
static inline void offer_until_stuck(struct rill_outlet *outlet, struct offered *o)
{
	uint64_t taken_ms = now_ms();

	while (now_ms() - taken_ms < 500 && o->events < 20000000)
		if (offer(outlet, o))
			taken_ms = now_ms();
		else
			sleep_ms(2);
	CU_ASSERT(o->refused > 0);
}

/* What was refused last is told, and the outlet goes; how long that took. */
static inline uint64_t end_offer(struct rill_outlet *outlet, struct offered *o)
{
	const struct rill_gap gap = { .thread = &threads[0], .count = o->untold, .cause = RILL_LOST_SINK };
	const uint64_t begin_ms = now_ms();

	if (o->untold)
		outlet->ops->gap(outlet, &gap);
	o->untold = 0;
	stop(outlet);
	return now_ms() - begin_ms;
}

/* ---- reading -------------------------------------------------------------------------------------- */

static uint64_t next_number;

/* Numbers only grow, and begin anew nowhere. */
static inline bool is_in_order(uint64_t index, const struct rill_event *event)
{
	bool good = event->nargs == 1 && !strcmp(event->name, "numbered") && !strcmp(event->args[0].name, "n") &&
		    event->args[0].u >= next_number;

	(void)index;
	next_number = event->nargs ? event->args[0].u + 1 : next_number;
	return good;
}

/* Appends to what *h has from earlier peers. */
static inline void read_caught(struct help_read *h, const struct catcher *c, bool framed)
{
	h->check = is_in_order;
	next_number = 0;
	help_read_with(h, (struct rill_packet_reader_options){ .framed = framed }, c->bytes, c->size, 1000);
	CU_ASSERT_EQUAL(h->wrong, 0);
	CU_ASSERT_EQUAL(h->result.malformed, 0);
	CU_ASSERT_EQUAL(h->result.refused, 0);
}

static inline void free_caught(struct catcher *c)
{
	free(c->bytes);
	c->bytes = NULL;
	if (c->fd >= 0)
		close(c->fd);
}

/* ---- descriptors ---------------------------------------------------------------------------------- */

/* Descriptors that a program executed now would get, beyond those it would get anyway. */
static inline int descriptors_inherited(void)
{
	int count = 0;

	for (int fd = 3; fd < 1024; fd++) {
		const int flags = fcntl(fd, F_GETFD);

		count += flags >= 0 && !(flags & FD_CLOEXEC);
	}
	return count;
}

#endif

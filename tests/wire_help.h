/* SPDX-License-Identifier: MIT
 * wire_help.h - a wire between two pseudo terminals, as slow and as faulty as it is told to be.
 *
 *     traced program -> board (tty) == wire: pace, faults == host (tty) -> rill pull
 *
 * Both ends have a link as their name, so that another terminal can take the place of one that was unplugged. All faults
 * follow from the seed and the bytes. What came from the board is kept, with a mark on each byte that was touched: a frame
 * without a mark must arrive.
 */
#ifndef RILL_TESTS_WIRE_HELP_H
#define RILL_TESTS_WIRE_HELP_H

#include "random_help.h"
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* Each happens to one byte in so many on average; 0: never. */
struct wire_faults {
	uint32_t drop, flip, replace;
	uint32_t burst;		/* noise of 1 to 80 bytes goes in between */
	uint32_t text;		/* a line of a console; in so many frames, between them */
	uint32_t noise_first;	/* so many bytes of noise before anything else */
};

struct wire_end {
	char link[128];
	pthread_mutex_t using;	/* held by whoever reads, writes or closes it */
	atomic_int master;	/* -1: unplugged */
};

struct wire {
	struct wire_end board, host;
	uint32_t baud;
	struct wire_faults faults;
	uint64_t seed;
	pthread_t thread;
	atomic_bool leave;
	atomic_size_t spared;		/* so many bytes pass as they are */
	atomic_uint looks;	/* 1 ms apart or more, at a board that had nothing to say; since the last byte */

	/* What came from the board. */
	uint8_t *bytes, *hit;
	size_t size, room;
	bool in_frame;
	uint64_t touched, text_bytes;
};

static const char wire_text[] = "[   12.345678] usb 1-1: new device\r\n";

static inline void wire_plug(struct wire_end *end)
{
	struct termios t;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), slave;

	CU_ASSERT_FATAL(master >= 0);
	CU_ASSERT_EQUAL_FATAL(grantpt(master) | unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	CU_ASSERT_FATAL(slave >= 0);
	tcgetattr(slave, &t);
	cfmakeraw(&t);
	tcsetattr(slave, TCSANOW, &t);
	close(slave);
	unlink(end->link);
	CU_ASSERT_EQUAL_FATAL(symlink(ptsname(master), end->link), 0);
	atomic_store(&end->master, master);
}

static inline void wire_unplug(struct wire_end *end)
{
	pthread_mutex_lock(&end->using);
	const int master = atomic_exchange(&end->master, -1);

	unlink(end->link);
	if (master >= 0)
		close(master);
	pthread_mutex_unlock(&end->using);
}

/* Has somebody opened it? */
static inline bool wire_is_open(const struct wire_end *end)
{
	struct pollfd poller = { .fd = atomic_load(&end->master) };

	return poller.fd >= 0 && poll(&poller, 1, 0) >= 0 && !(poller.revents & POLLHUP);
}

static inline void wire_deliver(struct wire *w, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size && !atomic_load(&w->leave)) {
		ssize_t n = (ssize_t)size;

		pthread_mutex_lock(&w->host.using);
		if (atomic_load(&w->host.master) >= 0)
			n = write(atomic_load(&w->host.master), at, size);
		pthread_mutex_unlock(&w->host.using);
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		} else {
			usleep(1000);
		}
	}
}

static inline void wire_keep(struct wire *w, uint8_t byte, bool hit)
{
	if (w->size == w->room) {
		w->room = 2 * w->room + 65536;
		w->bytes = realloc(w->bytes, w->room);
		w->hit = realloc(w->hit, w->room);
	}
	w->bytes[w->size] = byte;
	w->hit[w->size++] = hit;
	w->touched += hit;
}

static inline bool wire_happens(uint32_t one_in)
{
	return one_in && next() % one_in == 0;
}

static inline size_t wire_noise(uint8_t *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)next();
	return size;
}

/* One byte from the board; what comes out of it goes to `to`. */
static inline size_t wire_pass(struct wire *w, uint8_t byte, uint8_t *to)
{
	enum { BURST_MAX = 80 };
	const struct wire_faults f = atomic_load(&w->spared) ? (struct wire_faults){ 0 } : w->faults;
	const bool begins = byte == 0 && !w->in_frame;
	bool hit = atomic_load(&w->host.master) < 0;
	size_t size = 0;

	if (atomic_load(&w->spared))
		atomic_fetch_sub(&w->spared, 1);
	/* A zero ends a frame that holds something; any other begins one, or is empty. */
	if (byte == 0)
		w->in_frame = begins;
	if (begins && wire_happens(f.text)) {
		memcpy(to, wire_text, sizeof wire_text - 1);
		size = sizeof wire_text - 1;
		w->text_bytes += size;
	}
	if (wire_happens(f.burst)) {
		size += wire_noise(to + size, 1 + next() % BURST_MAX);
		hit |= !begins;
	}
	if (wire_happens(f.drop)) {
		hit = true;
	} else {
		to[size] = byte;
		if (wire_happens(f.flip))
			to[size] ^= (uint8_t)(1 << next() % 8);
		if (wire_happens(f.replace))
			to[size] = (uint8_t)next();
		hit |= to[size++] != byte;
	}
	wire_keep(w, byte, hit);
	return size;
}

static inline void wire_carry(struct wire *w, const uint8_t *bytes, size_t size)
{
	uint8_t out[64 * 128];
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		used += wire_pass(w, bytes[i], out + used);
		if (used > sizeof out - 256) {
			wire_deliver(w, out, used);
			used = 0;
		}
	}
	wire_deliver(w, out, used);
}

static inline uint64_t wire_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline void *wire_main(void *arg)
{
	struct wire *w = arg;
	const uint64_t byte_ns = UINT64_C(10000000000) / w->baud;
	const uint64_t late_ns = 20000000;
	uint64_t free_ns = 0;
	uint8_t piece[1024];
	size_t most = w->baud / 1000;	/* 10 ms of the line */

	seed = w->seed;
	most = most > sizeof piece ? sizeof piece : most;
	if (w->faults.noise_first) {
		for (uint32_t left = w->faults.noise_first; left; left--)
			wire_deliver(w, &(uint8_t){ (uint8_t)next() }, 1);
	}
	while (!atomic_load(&w->leave)) {
		const uint64_t now_ns = wire_now_ns();
		ssize_t n = 0;

		pthread_mutex_lock(&w->board.using);
		if (atomic_load(&w->board.master) >= 0 && free_ns <= now_ns)
			n = read(atomic_load(&w->board.master), piece, most);
		pthread_mutex_unlock(&w->board.using);
		if (n <= 0) {
			atomic_fetch_add(&w->looks, free_ns <= now_ns);
			usleep(1000);
			continue;
		}
		/* A late wake-up is made up for, by so much. */
		free_ns = (free_ns + late_ns > now_ns ? free_ns : now_ns - late_ns) + (uint64_t)n * byte_ns;
		atomic_store(&w->looks, 0);
		wire_carry(w, piece, (size_t)n);
	}
	return NULL;
}

static inline void wire_start(struct wire *w, const char *folder, uint32_t baud, uint64_t wire_seed)
{
	const struct wire_faults faults = w->faults;

	*w = (struct wire){ .faults = faults, .baud = baud, .seed = wire_seed };
	pthread_mutex_init(&w->board.using, NULL);
	pthread_mutex_init(&w->host.using, NULL);
	snprintf(w->board.link, sizeof w->board.link, "%s/board", folder);
	snprintf(w->host.link, sizeof w->host.link, "%s/host", folder);
	wire_plug(&w->board);
	wire_plug(&w->host);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&w->thread, NULL, wire_main, w), 0);
}

/* Nothing has come for so long, and not because nobody looked: on a busy machine the wire may stand still. */
static inline void wire_wait_idle(struct wire *w, unsigned ms)
{
	while (atomic_load(&w->looks) < ms)
		usleep(10000);
}

/* What came from the board may be read from here on. */
static inline void wire_stop(struct wire *w)
{
	atomic_store(&w->leave, true);
	pthread_join(w->thread, NULL);
}

static inline void wire_free(struct wire *w)
{
	wire_unplug(&w->board);
	wire_unplug(&w->host);
	pthread_mutex_destroy(&w->board.using);
	pthread_mutex_destroy(&w->host.using);
	free(w->bytes);
	free(w->hit);
}

#endif

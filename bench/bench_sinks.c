/* SPDX-License-Identifier: MIT
 * bench_sinks.c - what an event costs from the ring to its outlet, outlet by outlet: merged, encoded and written, as packets and as JSON.
 *
 * Rings are filled while no time is measured; then the flush that empties them is timed. The floor of an outlet is write(2) of as many bytes to
 * the same kind of thing, in pieces of 64 KiB; memory's is memcpy. Pipe and socket have a thread at their other end that only reads.
 */
#include "bench/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <rill/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS = 40, QUICK_ROUNDS = 2, PIECE = 64 << 10, COPY_BYTES = 1 << 20 };

static const struct outlet {
	const char *name;
	enum { NOWHERE, A_FILE, MEMORY, A_PIPE, A_SOCKET } kind;
} outlets[] = { { "null", NOWHERE }, { "file", A_FILE }, { "memory", MEMORY }, { "pipe", A_PIPE }, { "socket", A_SOCKET } };

struct line {
	int ours, theirs;	/* descriptors */
	pthread_t reader;
	bool read;		/* somebody does */
};

static char path[4096], floor_path[4096];
static char pieces[2][COPY_BYTES];

static __attribute__((noinline)) void fill(unsigned events)
{
	for (int64_t i = 0; i < events; i++)
		RILL_INSTANT("bench", "sink", "i", i);
	bench_emitted += events;
}

static void *read_all(void *of)
{
	char bin[PIECE];
	const struct line *const line = of;

	while (read(line->theirs, bin, sizeof bin) > 0 || errno == EINTR)
		errno = 0;
	return NULL;
}

static void failed(const char *what)
{
	fprintf(stderr, "bench_sinks: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void open_line(const struct outlet *outlet, struct line *line)
{
	int ends[2];

	*line = (struct line){ -1, -1, 0, false };
	if (outlet->kind == NOWHERE || outlet->kind == A_FILE) {
		line->ours = open(outlet->kind == A_FILE ? floor_path : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (line->ours < 0)
			failed(floor_path);
		return;
	}
	if (outlet->kind == MEMORY)
		return;
	if (outlet->kind == A_PIPE ? pipe(ends) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		failed("a pipe or a socket");
	line->theirs = ends[0];
	line->ours = ends[1];
	if (pthread_create(&line->reader, NULL, read_all, line) != 0)
		failed("a thread");
	line->read = true;
}

static void close_line(struct line *line)
{
	if (line->ours >= 0)
		close(line->ours);
	if (!line->read)
		return;
	pthread_join(line->reader, NULL);
	close(line->theirs);
}

static struct rill_session *start(const struct lab *lab, const struct outlet *outlet, const struct line *line, enum rill_format format)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;

	o.filter = "bench";
	o.format = format;
	o.file = outlet->kind == MEMORY ? "memory:1024" : path;
	if (outlet->kind != MEMORY && outlet->kind != A_FILE) {
		o.out = RILL_OUT_FD;
		o.fd = line->ours;
	}
	if (rill_session_start(&o, &session) == 0)
		return session;
	fprintf(stderr, "%s: %s\n", lab->program, rill_error());
	exit(1);
}

/* Nanoseconds that it takes to write so many bytes. */
static double floor_ns(const struct outlet *outlet, const struct line *line, uint64_t bytes)
{
	const uint64_t start = rill_clock_ns();

	while (bytes > 0) {
		const size_t now = bytes < PIECE ? (size_t)bytes : PIECE;
		ssize_t done = (ssize_t)now;

		if (outlet->kind == MEMORY)
			memcpy(pieces[0], pieces[1], now);
		else
			done = write(line->ours, pieces[1], now);
		__asm__ volatile("" ::: "memory");
		if (done < 0)
			failed("write");
		bytes -= (uint64_t)done;
	}
	return (double)(rill_clock_ns() - start);
}

/* 0, or 1 if the books do not close. */
static int measure(struct lab *lab, const struct outlet *outlet, enum rill_format format)
{
	static double ns[ROUNDS], write_ns[ROUNDS];
	const unsigned events = (unsigned)(lab->ring_bytes / 64), rounds = lab->quick ? QUICK_ROUNDS : ROUNDS;
	struct bench b = { .ns = ns }, floor = { .ns = write_ns };
	struct line line, beside;
	struct rill_session *session;
	struct rill_stats before, after;
	char name[64];
	double bytes = 0;
	int wrong;

	line = (struct line){ .ours = -1 };
	if (outlet->kind != A_FILE)	/* rill opens its own */
		open_line(outlet, &line);
	open_line(outlet, &beside);
	session = start(lab, outlet, &line, format);
	bench_emitted = 0;
	for (unsigned round = 0; round <= rounds; round++) {	/* the first one warms up */
		uint64_t start_ns;

		rill_session_stats(session, &before);
		fill(events);
		start_ns = rill_clock_ns();
		rill_session_flush(session, 60000);
		ns[b.rounds] = (double)(rill_clock_ns() - start_ns) / events;
		rill_session_stats(session, &after);
		write_ns[b.rounds] = floor_ns(outlet, &beside, after.bytes - before.bytes) / events;
		bytes = (double)(after.bytes - before.bytes) / events;
		b.rounds += round > 0;
	}
	floor.rounds = b.rounds;
	bench_end(&b);
	bench_end(&floor);
	snprintf(name, sizeof name, "sink_%s_%s", outlet->name, format == RILL_FORMAT_JSON ? "json" : "binary");
	lab_say(&(struct lab_line){ .name = name, .args = 1, .threads = 1, .ns_min = bench_min(&b), .ns_med = bench_median(&b),
				    .floor_ns = bench_min(&floor), .lost = after.lost_total, .bytes = bytes });
	wrong = lab_books(lab, session, bench_emitted);
	close_line(&line);
	close_line(&beside);
	return wrong;
}

int main(int argc, char **argv)
{
	struct lab lab;
	int wrong = 0;

	lab_options(&lab, argc, argv, 10);
	if (lab.quick)
		lab.ring_bytes = 64 << 10;
	snprintf(path, sizeof path, "%s/bench_sinks.%ld", lab.place, (long)getpid());
	snprintf(floor_path, sizeof floor_path, "%s/bench_sinks_floor.%ld", lab.place, (long)getpid());
	memset(pieces, 's', sizeof pieces);
	lab_configure(&lab, LAB_SLEEPS);
	lab_machine(&lab);
	for (unsigned i = 0; i < sizeof outlets / sizeof *outlets; i++) {
		wrong |= measure(&lab, &outlets[i], RILL_FORMAT_BINARY);
		wrong |= measure(&lab, &outlets[i], RILL_FORMAT_JSON);
	}
	unlink(path);
	unlink(floor_path);
	return wrong;
}

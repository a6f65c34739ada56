/* SPDX-License-Identifier: MIT
 * forward.c - `rill forward`: several processes' traces over one line or connection.
 */
#define _GNU_SOURCE /* pthread_timedjoin_np */
#include "forward.h"
#include "port/port.h"
#include "stop.h"
#include "words.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
	"usage: rill forward SOURCE... -o OUT [-b BAUD]\n"
	"\n"
	"Owns a line (or file, or connection) that several traced programs share: takes their streams and passes on whole\n"
	"packets, one of each in turn. What OUT is too slow for is dropped by whole packets, the oldest first, and a reader\n"
	"sees exactly how many events that were. Runs until Ctrl-C, or until all files are read. As 'rill-forward' it is a\n"
	"small program of its own, for boards.\n"
	"\n"
	"SOURCE is unix:PATH (programs connect by RILL_FILE=unix:PATH), tcp-listen:[ADDRESS:]PORT, a named pipe or a FILE.\n"
	"\n"
	"  -o, --output OUT     a serial DEVICE, serial:, tcp:, tcp-listen:, unix: or unix-listen: as for RILL_FILE, a FILE, or -\n"
	"  -b, --baud BAUD      speed of a serial DEVICE: 115200 unless said; up to 4000000\n"
	"  -g, --group GROUP    members may connect at unix:PATH; else only its owner\n"
	"      --queue SIZE     what may wait of each program: 64k unless said, 4k to 64M\n"
	"  -q, --quiet          say nothing when all goes well\n"
	"\n"
	"Exit code: 0 done, also after Ctrl-C; 1 a SOURCE or OUT cannot be opened, or OUT is gone; 2 wrong usage.\n"
	"\n"
	"examples:\n"
	"  rill forward unix:/run/rill.sock -o /dev/ttyS1 -b 921600\n"
	"  RILL_TRACE='*' RILL_FILE=unix:/run/rill.sock RILL_OPTIONS=packet_bytes=512 ./server\n"
	"  rill forward unix:/run/rill.sock tcp-listen:4711 -o tcp:192.168.1.2:4710\n";

enum { QUEUE = 256, QUEUE_MIN = 4 << 10, QUEUE_MAX = 64 << 20, TICK_MS = 100, LINGER_MS = 250 };

static const struct rill_option options[] = {
	{ 'o', "output", "OUT" }, { 'b', "baud", "BAUD" }, { 'g', "group", "GROUP" },
	{ QUEUE, "queue", "SIZE" }, { 'q', "quiet", NULL }, { 0, NULL, NULL },
};

static int take_baud(struct rill_forward *f, const char *value)
{
	uint64_t baud;

	if (rill_parse_number(value, RILL_SERIAL_BAUD_MIN, UINT32_MAX, &baud) < 0 ||
	    !rill_port_serial_speed((uint32_t)baud))
		return rill_usage(&rill_verb_forward,
				  "-b '%s': a usual speed of serial lines is wanted, 9600 to 4000000, such as 115200 "
				  "or 921600",
				  value);
	f->baud = (uint32_t)baud;
	return 0;
}

static int take_option(void *ctx, int id, const char *value)
{
	struct rill_forward *const f = ctx;

	switch (id) {
	case 'o': f->output = value; return 0;
	case 'b': return take_baud(f, value);
	case 'g': f->group = value; return 0;
	case 'q': f->quiet = true; return 0;
	default:
		if (rill_parse_size(value, &f->queue_bytes) == 0 && f->queue_bytes >= QUEUE_MIN &&
		    f->queue_bytes <= QUEUE_MAX)
			return 0;
		return rill_usage(&rill_verb_forward,
				  "--queue '%s': a size from 4k to 64M is wanted, such as 256k", value);
	}
}

/* ---- running -------------------------------------------------------------------------------- */

/* Waits for what the sources have, at most so long, and takes it. */
static void take_some(struct rill_forward *f, int stop_fd, int timeout_ms)
{
	struct pollfd pollers[RILL_FORWARD_SOURCES + 1];
	const nfds_t n = rill_forward_poll(f, pollers);

	pollers[n] = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	if (poll(pollers, n + 1, timeout_ms) > 0)
		rill_forward_take(f, pollers, n);
	rill_forward_clean(f);
}

static bool is_broken(struct rill_forward *f)
{
	int broken;

	pthread_mutex_lock(&f->lock);
	broken = f->broken;
	pthread_mutex_unlock(&f->lock);
	return broken;
}

/* Programs that the same Ctrl-C ends shall have their last packets in. */
static void linger(struct rill_forward *f)
{
	const uint64_t until_ns = rill_forward_now_ns() + LINGER_MS * UINT64_C(1000000);

	rill_forward_stop_listening(f);
	while (rill_forward_expects(f) && rill_forward_now_ns() < until_ns)
		take_some(f, -1, LINGER_MS / 10);
}

static void end_output(struct rill_forward *f, bool hurry)
{
	uint64_t deadline_ns = 0;

	if (hurry) {
		deadline_ns = rill_forward_now_ns() + RILL_FORWARD_STOP_MS * UINT64_C(1000000);
		rill_port_sink_hurry(&f->sink, deadline_ns);
	}
	pthread_mutex_lock(&f->lock);
	f->ending = true;
	f->deadline_ns = deadline_ns;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
}

/* The writer has all it can get, but a slow line may still take a while: Ctrl-C shortens it. */
static void await_output(struct rill_forward *f, pthread_t writer)
{
	bool hurried = f->deadline_ns;

	while (!hurried) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_MS * 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		if (pthread_timedjoin_np(writer, NULL, &until) == 0)
			return;
		hurried = rill_stop_asked();
		if (hurried)
			end_output(f, true);
	}
	pthread_join(writer, NULL);
}

static int run_forward(struct rill_forward *f)
{
	pthread_t writer;
	const int error = pthread_create(&writer, NULL, rill_forward_write, f);

	if (error) {
		rill_say("cannot start a thread: %s", strerror(error));
		return RILL_EXIT_FAILED;
	}
	while (!rill_stop_asked() && rill_forward_expects(f) && !is_broken(f))
		take_some(f, rill_stop_fd(), TICK_MS);
	if (rill_stop_asked())
		linger(f);
	rill_forward_cut_all(f);
	end_output(f, rill_stop_asked());
	await_output(f, writer);
	if (!f->broken)
		return f->torn ? RILL_EXIT_FAILED : RILL_EXIT_OK;
	rill_say("cannot write all to %s: %s", f->output,
		 f->broken == EPIPE ? "its reader is gone" : strerror(f->broken));
	return RILL_EXIT_FAILED;
}

static int open_and_run(struct rill_forward *f, const struct rill_verb *verb, char **sources)
{
	int code = 0;

	f->only_files = true;
	for (; !code && *sources; sources++)
		code = rill_forward_source_open(f, *sources);
	if (!code)
		code = rill_forward_open(f, verb);
	if (!code) {
		rill_stop_catch();
		signal(SIGPIPE, SIG_IGN); /* a reader that goes is an error of the write */
		code = run_forward(f);
		f->sink.ops->close(f->sink.ctx);
	}
	rill_forward_sources_free(f);
	rill_forward_streams_free(&f->streams);
	return code;
}

static int run(const struct rill_verb *verb, int argc, char **argv)
{
	struct rill_forward *const f = rill_alloc(1, sizeof *f);
	int code;

	f->queue_bytes = RILL_FORWARD_QUEUE_BYTES;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->wake, NULL);
	code = rill_options(verb, f, &argc, argv);
	if (code < 0 && argc < 1)
		code = rill_usage(verb, "a SOURCE is wanted, such as unix:/run/rill.sock");
	if (code < 0 && !f->output)
		code = rill_usage(verb, "the output is missing: -o DEVICE, or another place");
	if (code < 0) {
		char **const sources = rill_alloc((size_t)argc + 1, sizeof *sources);

		memcpy(sources, argv, (size_t)argc * sizeof *sources);
		code = open_and_run(f, verb, sources);
		free(sources);
	}
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->lock);
	free(f);
	return code;
}

const struct rill_verb rill_verb_forward = {
	"forward",   "several processes' traces over one line",
	help_text,   options,
	take_option, run,
	0,
};

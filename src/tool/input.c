/* SPDX-License-Identifier: MIT
 * input.c - where the bytes of a trace come from: a file, standard input, a serial line, a socket.
 */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#define _GNU_SOURCE          /* accept4 */
#include "input.h"
#include "serial.h"
#include "stop.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_MS = 200 };

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool is_socket(const struct rill_input *in)
{
	return in->place == RILL_INPUT_TCP || in->place == RILL_INPUT_UNIX;
}

/* ---- ticks ---------------------------------------------------------------------------------- */

static void tick(struct rill_input *in)
{
	const uint64_t now = in->tick ? now_ms() : 0;

	if (!in->tick || now < in->next_tick_ms)
		return;
	in->next_tick_ms = now + RILL_INPUT_TICK_MS;
	in->tick(in->tick_ctx);
}

static bool is_over(const struct rill_input *in)
{
	return rill_stop_asked() || (in->give_up && *in->give_up);
}

/* True: fd can be read. False: nothing more is wanted. */
static bool wait_for(struct rill_input *in, int fd)
{
	while (!is_over(in)) {
		tick(in);
		if (rill_stop_wait(fd, RILL_INPUT_TICK_MS))
			return true;
	}
	return false;
}

/* False: nothing more is wanted. */
static bool pause_for(struct rill_input *in, int ms)
{
	tick(in);
	rill_stop_wait(-1, ms);
	return !is_over(in);
}

/* ---- opening -------------------------------------------------------------------------------- */

static const char *remedy(const char *name, int error)
{
	const bool device = !strncmp(name, "/dev/", 5);

	switch (error) {
	case ENOENT: return device ? " (is it plugged in? --wait waits for it)" : "";
	case EACCES:
		return device ? " (be a member of the group that owns it: ls -l shows which; often dialout)"
			      : "";
	case ENXIO: return device ? "" : " (for a socket write unix: in front)";
	default: return "";
	}
}

static int open_file(struct rill_input *in, bool quiet)
{
	struct stat st;
	/* Without O_NONBLOCK the open of a serial line may wait for a modem's carrier. */
	const int flags = stat(in->name, &st) == 0 && S_ISCHR(st.st_mode) ? O_NONBLOCK : 0;
	int fd = open(in->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);

	if (fd < 0 && !quiet && errno != EINTR)
		rill_say("cannot open %s: %s%s", in->name, strerror(errno),
			 remedy(in->name, errno));
	if (fd >= 0 && flags)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

static int accept_one(struct rill_input *in)
{
	if (in->listener < 0)
		in->listener = rill_address_listen(in->name);
	if (in->listener < 0 || !wait_for(in, in->listener))
		return -1;
	return accept4(in->listener, NULL, NULL, SOCK_CLOEXEC);
}

static int open_once(struct rill_input *in, bool quiet)
{
	if (in->options.fd)
		return in->options.fd;
	if (!strcmp(in->name, "-"))
		return STDIN_FILENO;
	if (!is_socket(in))
		return open_file(in, quiet);
	return in->options.listen ? accept_one(in) : rill_address_connect(in->name, quiet);
}

/* What has just been opened. 0 or an exit code. */
static int look_at(struct rill_input *in)
{
	int error;

	if (fstat(in->fd, &in->st) < 0)
		memset(&in->st, 0, sizeof in->st);
	if (S_ISDIR(in->st.st_mode)) {
		rill_say("%s is a directory: name the trace file in it", in->name);
		return RILL_EXIT_FAILED;
	}
	if (S_ISREG(in->st.st_mode))
		in->size = (uint64_t)in->st.st_size;
	if (S_ISCHR(in->st.st_mode) && in->fd != STDIN_FILENO && isatty(in->fd)) {
		in->place = RILL_INPUT_SERIAL;
		error = rill_serial_setup(in->fd,
					  in->options.baud ? in->options.baud : RILL_INPUT_BAUD);
		if (error) {
			rill_say("cannot set up %s for %u baud: %s (give -b a speed that it has)",
				 in->name, in->options.baud ? in->options.baud : RILL_INPUT_BAUD,
				 strerror(-error));
			return RILL_EXIT_FAILED;
		}
	} else if (in->options.baud) {
		rill_say("%s is no serial line: -b has no meaning for it", in->name);
		return RILL_EXIT_USAGE;
	}
	return 0;
}

int rill_input_open(struct rill_input *in, const char *name,
		    const struct rill_input_options *options)
{
	int code;

	*in = (struct rill_input){ .name = name, .fd = -1, .listener = -1 };
	if (options)
		in->options = *options;
	if (!strncmp(name, "tcp:", 4))
		in->place = RILL_INPUT_TCP;
	else if (!strncmp(name, "unix:", 5))
		in->place = RILL_INPUT_UNIX;
	if (is_socket(in) && !rill_address_check(name))
		return RILL_EXIT_USAGE;
	if (in->options.listen && !is_socket(in)) {
		rill_say("%s is no address: --listen goes with tcp:HOST:PORT and unix:PATH", name);
		return RILL_EXIT_USAGE;
	}
	if (in->options.live)
		rill_stop_catch();
	in->fd = open_once(in, in->options.wait);
	while (in->fd < 0 && in->options.wait && (!in->options.listen || in->listener >= 0) &&
	       pause_for(in, RETRY_MS))
		in->fd = open_once(in, true);
	/* A stop before anything came is an end like any other: nothing was there. */
	code = in->fd >= 0 ? look_at(in) : rill_stop_asked() ? 0 : RILL_EXIT_FAILED;
	if (code)
		rill_input_close(in);
	else if (!in->options.live)
		rill_progress_begin(&in->progress, name, in->size);
	return code;
}

/* The other end went away, or the line was unplugged. True: it is here again. */
static bool come_back(struct rill_input *in)
{
	if (!in->options.wait || !strcmp(in->name, "-") || S_ISREG(in->st.st_mode))
		return false;
	close(in->fd);
	do
		in->fd = pause_for(in, RETRY_MS) ? open_once(in, true) : -1;
	while (in->fd < 0 && !rill_stop_asked());
	if (in->fd >= 0 && look_at(in) != 0) {
		close(in->fd);
		in->fd = -1;
	}
	return in->fd >= 0;
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool is_gone(const struct rill_input *in, ssize_t got)
{
	return got == 0 || errno == ECONNRESET || errno == EPIPE || errno == ETIMEDOUT ||
	       (in->place == RILL_INPUT_SERIAL &&
		(errno == EIO || errno == ENXIO || errno == ENODEV));
}

/* Past what was looked at. */
static ssize_t read_on(struct rill_input *in, void *bytes, size_t size)
{
	ssize_t got;

	for (;;) {
		if (in->fd < 0 || (in->options.live && !wait_for(in, in->fd)))
			return 0;
		got = read(in->fd, bytes, size);
		if (got > 0)
			break;
		if (got < 0 && errno == EINTR)
			continue;
		if (!is_gone(in, got))
			return -errno;
		if (in->options.follow && S_ISREG(in->st.st_mode) && pause_for(in, RETRY_MS))
			continue;
		if (!come_back(in))
			return 0;
	}
	in->bytes += (uint64_t)got;
	rill_progress_at(&in->progress, in->bytes);
	return got;
}

ssize_t rill_input_read(struct rill_input *in, void *bytes, size_t size)
{
	const size_t there = in->head_end - in->head_at;

	if (in->give_up && *in->give_up)
		return 0;
	if (!there)
		return read_on(in, bytes, size);
	if (size > there)
		size = there;
	memcpy(bytes, in->head + in->head_at, size);
	in->head_at += size;
	return (ssize_t)size;
}

size_t rill_input_look(struct rill_input *in, size_t wanted, const uint8_t **bytes)
{
	while (in->head_end - in->head_at < wanted) {
		ssize_t got;

		if (in->head_room < in->head_at + wanted) {
			in->head_room = in->head_at + wanted;
			in->head = rill_grow(in->head, in->head_room, 1);
		}
		got = read_on(in, in->head + in->head_end, in->head_room - in->head_end);
		if (got <= 0) /* an error will come again with the next read */
			break;
		in->head_end += (size_t)got;
	}
	*bytes = in->head + in->head_at;
	return in->head_end - in->head_at;
}

void rill_input_close(struct rill_input *in)
{
	rill_progress_end(&in->progress);
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	if (in->listener >= 0) {
		close(in->listener);
		if (in->place == RILL_INPUT_UNIX)
			unlink(in->name + 5);
	}
	free(in->head);
	in->head = NULL;
	in->fd = in->listener = -1;
}

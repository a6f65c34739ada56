/* SPDX-License-Identifier: MIT
 * forward_out.c - the output of `rill forward`: one packet of each source in turn, to a sink.
 *
 * The sink is one of the library's and may block: a line at its pace, a socket until its peer comes
 * back. Only the writer thread waits for it, so the sources are always read.
 */
#include "forward.h"
#include "config.h"
#include "port/port.h"
#include "sink/address.h"

#include <errno.h>
#include <rill/session.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_ROOM = RILL_SERIAL_FRAMED_MAX, LINE_EXTRA = 256,
	ROOM = 8192, EXTRA = 4096,
	LINE_BAUD = 115200,
	AGAIN_MS = 100,     /* from one failure of the output to the next try */
	KEPT_FOR_LAST_MS = 700 /* of the time to stop: for the ends of the streams */
};

uint64_t rill_forward_now_ns(void)
{
	return rill_port_monotonic_ns();
}

/* ---- opening -------------------------------------------------------------------------------- */

static bool is_line(const char *path)
{
	struct stat st;

	/* Devices with major number 1 are /dev/null and its like. */
	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && major(st.st_rdev) != 1;
}

static int make_sink(struct rill_forward *f, const struct rill_address *a)
{
	const struct rill_serial_options line = {
		.device = a->place,
		.baud = f->baud ? f->baud : a->kind == RILL_ADDRESS_SERIAL ? a->baud : LINE_BAUD,
		.packets = true,
		.packet_bytes_max = RILL_PACKET_MAX,
		.console = a->console,
		.flow = a->flow,
	};
	const struct rill_file_options file = { .pattern = a->place,
						.name = "forward",
						.pid = (uint32_t)getpid() };
	const struct rill_socket_options socket = {
		.place = a->place,
		.tcp = a->kind == RILL_ADDRESS_TCP || a->kind == RILL_ADDRESS_TCP_LISTEN,
		.listen = a->kind == RILL_ADDRESS_TCP_LISTEN || a->kind == RILL_ADDRESS_UNIX_LISTEN,
		.exposed = a->exposed,
	};

	if (f->line)
		return rill_port_serial_sink(&line, &f->sink);
	if (a->kind == RILL_ADDRESS_FILE)
		return rill_port_file_sink(&file, &f->sink);
	if (a->kind == RILL_ADDRESS_FD)
		return rill_port_fd_sink((int)a->number, NULL, &f->sink);
	return rill_port_socket_sink(&socket, &f->sink);
}

static int open_address(struct rill_forward *f, const struct rill_verb *verb,
			const struct rill_address *a)
{
	if (a->kind == RILL_ADDRESS_MEMORY)
		return rill_usage(verb, "-o %s: memory is no place to forward to", f->output);
	f->file = a->kind == RILL_ADDRESS_FILE && !is_line(a->place);
	f->line = a->kind == RILL_ADDRESS_SERIAL ||
		  (a->kind == RILL_ADDRESS_FILE && is_line(a->place));
	if (f->baud && !f->line)
		return rill_usage(verb, "%s is no serial line: -b has no meaning for it", f->output);
	f->streams.room = f->line ? LINE_ROOM : ROOM;
	f->streams.extra = f->line ? LINE_EXTRA : EXTRA;
	if (make_sink(f, a) < 0) {
		rill_say("%s", rill_error());
		return RILL_EXIT_FAILED;
	}
	if (f->sink.ops->open && f->sink.ops->open(f->sink.ctx) < 0) {
		rill_say("%s", rill_error());
		f->sink.ops->close(f->sink.ctx);
		return RILL_EXIT_FAILED;
	}
	return 0;
}

int rill_forward_open(struct rill_forward *f, const struct rill_verb *verb)
{
	struct rill_address address;
	int code;

	if (rill_address_parse(f->output, &address) < 0)
		code = rill_usage(verb, "-o %s", rill_error());
	else
		code = open_address(f, verb, &address);
	rill_address_free(&address);
	return code;
}

/* ---- whose turn it is ----------------------------------------------------------------------- */

static bool take_from(struct rill_forward *f, struct rill_forward_source *source)
{
	struct rill_forward_packet *const p = source->first;
	const uint64_t now_ns = rill_forward_now_ns();

	if (p) {
		if (rill_forward_pass(&f->streams, p, now_ns, &f->out))
			free(rill_forward_unqueue(source));
		return true;
	}
	for (unsigned i = 0; i < RILL_FORWARD_STREAMS; i++)
		if (f->streams.list[i].source == source &&
		    rill_forward_tell(&f->streams, &f->streams.list[i], now_ns, &f->out))
			return true;
	return false;
}

/* The next packet into f->out. Under the lock. */
static bool take_next(struct rill_forward *f)
{
	struct rill_forward_source *s = f->turn ? f->turn->next : f->sources;

	for (unsigned rounds = 0; rounds < 2; rounds++, s = f->sources) {
		for (; s; s = s->next) {
			if (!take_from(f, s))
				continue;
			f->turn = s;
			return true;
		}
	}
	return false;
}

/* ---- out ------------------------------------------------------------------------------------ */

static void say_failure(struct rill_forward *f, int error)
{
	const char *where = f->sink.ops->where ? f->sink.ops->where(f->sink.ctx) : f->output;

	if (f->said == error || f->deadline_ns || error == -ENOTCONN)
		return;
	f->said = error;
	rill_say("cannot write to %s: %s; packets are dropped until it can be written again", where,
		 strerror(-error));
}

static void pause_ms(unsigned ms)
{
	const struct timespec time = { 0, (long)ms * 1000000 };

	nanosleep(&time, NULL);
}

/* What ends a stream goes three times over a line: nobody could ask for it again. A file would be
 * closed by that mark. */
static int put(struct rill_forward *f, bool last)
{
	const unsigned pieces = (f->begun ? 0 : RILL_PIECE_FIRST) |
				(last && !f->file ? RILL_PIECE_LAST : 0);
	const int error = f->sink.ops->write(f->sink.ctx, f->out.bytes, f->out.size, pieces);

	if (!error) {
		f->begun = true;
		f->said = 0;
	}
	return error;
}

/* A descriptor has no other reader. Files are there for another try; programs go on meanwhile. */
static bool is_fatal(const struct rill_forward *f, int error)
{
	return error == -EPIPE || (f->only_files && error != -ENOTCONN && error != -ETIMEDOUT);
}

/* Without the lock but for the books. */
static int send(struct rill_forward *f)
{
	int error;

	pthread_mutex_unlock(&f->lock);
	error = put(f, f->out.flags & RILL_PACKET_LAST);
	if (error && !is_fatal(f, error))
		say_failure(f, error);
	pthread_mutex_lock(&f->lock);
	if (error)
		rill_forward_refused(&f->out);
	if (error == -ENOTCONN) {
		f->begun = false;
		rill_forward_reader_changed(&f->streams);
	} else if (error && is_fatal(f, error)) {
		f->broken = -error;
	}
	f->out.stream = NULL;
	return error;
}

/* ---- the end -------------------------------------------------------------------------------- */

static bool is_late(const struct rill_forward *f)
{
	return f->deadline_ns && rill_forward_now_ns() + KEPT_FOR_LAST_MS * UINT64_C(1000000) >=
					 f->deadline_ns;
}

static void drop_all(struct rill_forward *f)
{
	for (struct rill_forward_source *s = f->sources; s; s = s->next)
		while (s->first) {
			struct rill_forward_packet *const p = rill_forward_unqueue(s);

			rill_forward_drop(p, rill_forward_now_ns());
			free(p);
		}
}

/* Streams whose programs still run end here, too, as far as a reader is concerned. */
static void close_streams(struct rill_forward *f)
{
	for (unsigned i = 0; i < RILL_FORWARD_STREAMS; i++) {
		struct rill_forward_stream *const s = &f->streams.list[i];

		while (s->used && rill_forward_owes(s) &&
		       rill_forward_tell(&f->streams, s, rill_forward_now_ns(), &f->out))
			if (send(f))
				break;
		while (s->goes_on &&
		       rill_forward_close(&f->streams, s, rill_forward_now_ns(), &f->out))
			if (send(f))
				break;
	}
}

/* False: the output took nothing, and there is no time to try again. */
static bool send_next(struct rill_forward *f)
{
	const int error = send(f);

	if (!error)
		return true;
	if (f->ending) {
		drop_all(f);
		return false;
	}
	if (error != -ENOTCONN && error != -ETIMEDOUT) {
		pthread_mutex_unlock(&f->lock);
		pause_ms(AGAIN_MS);
		pthread_mutex_lock(&f->lock);
	}
	return true;
}

void *rill_forward_write(void *ctx)
{
	struct rill_forward *const f = ctx;

	pthread_mutex_lock(&f->lock);
	while (!f->broken) {
		if (f->ending && is_late(f))
			drop_all(f);
		if (take_next(f)) {
			if (!send_next(f))
				break;
		} else if (f->ending) {
			break;
		} else {
			pthread_cond_wait(&f->wake, &f->lock);
		}
	}
	if (!f->broken)
		close_streams(f);
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

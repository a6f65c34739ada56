/* SPDX-License-Identifier: MIT
 * sink_serial.c - a serial line, at its pace.
 *
 *     0 COBS(packet) 0     console text     0 COBS(packet) 0  ...
 *
 * The zero in front ends whatever stood on the line before: noise, or the console's text. Frames and
 * lines of JSON go to the kernel as the line sends them, never more than a few ms ahead: what waits in the kernel
 * could neither be taken back at stop, nor would a console's text get between. While the line is busy the
 * queue fills, and what does not fit is counted; nobody waits for it.
 *
 * The last packet of a stream is sent three times, as far as time allows: nobody sends it anew if it is damaged.
 *
 * A line that goes away (an adapter is unplugged) is looked for until it is back or the session stops.
 */
#define _GNU_SOURCE
#include "format/cobs.h"
#include "format/packet.h"
#include "port/linux/sink_patience.h"
#include "port/linux/sink_quiet.h"
#include "port/linux/sink_serial_line.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BITS_PER_BYTE = 10,		/* with start and stop */
	AHEAD_NS = 10000000,		/* how far the kernel may be ahead of the wire: a late wake-up leaves no hole */
	LOOK_NS = 1000000,		/* how often a busy line is looked at */
	LOOK_FOR_NS = 250000000,	/* and one that is gone */
	LAST_TIMES = 3
};

struct serial_sink {
	struct rill_serial_options options;
	char *device, *where;
	struct rill_line line;
	struct rill_stream stream;
	struct rill_patience patience;
	uint64_t free_ns;	/* when the wire has everything so far */
	uint8_t *frame;		/* room for the largest */
};

/* ---- pacing --------------------------------------------------------------------------------------- */

static uint64_t time_of(const struct serial_sink *s, size_t size)
{
	return (uint64_t)size * BITS_PER_BYTE * 1000000000u / s->line.baud;
}

static void sleep_until(const struct serial_sink *s, unsigned pieces, uint64_t until_ns)
{
	rill_patience_wait(&s->patience, pieces, -1, 0, until_ns);
}

/* Others' text, or flow control, may keep the line from what we think it does. */
static bool has_room(struct serial_sink *s, unsigned pieces)
{
	const uint32_t ahead_bytes = (uint32_t)((uint64_t)s->line.baud / BITS_PER_BYTE * AHEAD_NS / 1000000000u) + 1;

	while (rill_line_waiting(&s->line) > ahead_bytes) {
		const uint64_t now_ns = rill_port_monotonic_ns();

		if (now_ns >= rill_patience_until_ns(&s->patience, pieces))
			return false;
		sleep_until(s, pieces, now_ns + LOOK_NS);
	}
	return true;
}

/* At the line's pace, all of it or nothing begun; but for a line that breaks or is shut in the middle. */
static int send(struct serial_sink *s, const void *data, size_t size, unsigned pieces)
{
	const uint64_t cost_ns = time_of(s, size);
	const uint64_t now_ns = rill_port_monotonic_ns();
	const uint64_t start_ns = s->free_ns > now_ns ? s->free_ns : now_ns;
	size_t done;
	int error;

	for (;;) {
		const uint64_t until_ns = rill_patience_until_ns(&s->patience, pieces);

		if (until_ns != UINT64_MAX && start_ns + cost_ns > until_ns)
			return -ETIME;
		if (rill_port_monotonic_ns() + AHEAD_NS >= start_ns)
			break;
		sleep_until(s, pieces, start_ns - AHEAD_NS);
	}
	if (!has_room(s, pieces))
		return -ETIME;
	error = rill_patience_write(&s->patience, pieces, &s->stream, data, size, &done);
	s->free_ns = start_ns + time_of(s, done);
	return error;
}

/* ---- what is sent --------------------------------------------------------------------------------- */

static size_t packet_size(const struct serial_sink *s, const uint8_t *packet, size_t left)
{
	const size_t size = left < RILL_PACKET_HEAD ? SIZE_MAX :
		RILL_PACKET_HEAD + packet[RILL_PACKET_AT_LENGTH] + 256u * packet[RILL_PACKET_AT_LENGTH + 1];

	return size <= left && size <= s->options.packet_bytes_max ? size : 0;
}

static int send_frame(struct serial_sink *s, const uint8_t *packet, size_t size, unsigned pieces)
{
	size_t frame = 1;

	s->frame[0] = 0;
	frame += rill_cobs_encode(s->frame + 1, packet, size);
	s->frame[frame++] = 0;
	return send(s, s->frame, frame, pieces);
}

static int send_packets(struct serial_sink *s, const uint8_t *data, size_t size, unsigned pieces)
{
	const uint8_t *const end = data + size;
	size_t one;
	int error = 0;

	for (; data < end && !error; data += one) {
		one = packet_size(s, data, (size_t)(end - data));
		if (!one)
			return -EMSGSIZE;	/* not a row of packets that fit here */
		error = send_frame(s, data, one, pieces);
		if (!error && data + one == end && pieces & RILL_PIECE_LAST)
			for (int times = 1; times < LAST_TIMES; times++)
				send_frame(s, data, one, pieces);
	}
	return error;
}

static int send_lines(struct serial_sink *s, const char *data, size_t size, unsigned pieces)
{
	int error = 0;

	while (size && !error) {
		const size_t one = size < RILL_SERIAL_FRAMED_MAX ? size : RILL_SERIAL_FRAMED_MAX;

		error = send(s, data, one, pieces);
		data += one;
		size -= one;
	}
	return error;
}

/* ---- the sink's functions ------------------------------------------------------------------------- */

static void close_line(struct serial_sink *s)
{
	rill_stream_free(&s->stream);
	rill_line_close(&s->line);
}

static int open_line(struct serial_sink *s)
{
	int error = rill_line_open(&s->options, &s->line);

	if (!error)
		error = rill_stream_init(&s->stream, s->line.fd);
	if (error)
		close_line(s);
	s->free_ns = 0;
	return error;
}

static int serial_open(void *ctx)
{
	return open_line(ctx);
}

static bool is_gone(const struct serial_sink *s)
{
	struct pollfd poller = { .fd = s->line.fd };

	return poll(&poller, 1, 0) > 0 && poller.revents & (POLLHUP | POLLERR | POLLNVAL);
}

/* The line is back, or the session stops. */
static int find_line(struct serial_sink *s)
{
	while (open_line(s) < 0) {
		if (rill_patience_hurries(&s->patience))
			return -ENOTCONN;
		rill_patience_await(&s->patience, -1, 0, rill_port_monotonic_ns() + LOOK_FOR_NS);
	}
	return 0;
}

static int write_line(struct serial_sink *s, const void *data, size_t size, unsigned pieces)
{
	int error = 0;

	if (s->line.fd >= 0 && is_gone(s))
		close_line(s);
	if (s->line.fd < 0)
		error = pieces & RILL_PIECE_FIRST ? find_line(s) : -ENOTCONN;
	if (error)
		return error;
	error = s->options.packets ? send_packets(s, data, size, pieces) : send_lines(s, data, size, pieces);
	if (error && error != -ETIME && error != -EMSGSIZE) {
		close_line(s);
		return -ENOTCONN;
	}
	if (pieces & RILL_PIECE_LAST && !error) {
		sleep_until(s, pieces, s->free_ns);
		while (rill_line_waiting(&s->line) && rill_port_monotonic_ns() < rill_patience_until_ns(&s->patience, pieces))
			sleep_until(s, pieces, rill_port_monotonic_ns() + LOOK_NS);
	}
	return error == -ETIME ? -ETIMEDOUT : error;
}

static int serial_write(void *ctx, const void *data, size_t size, unsigned pieces)
{
	struct rill_quiet quiet;
	int error;

	if (!size)
		return 0;
	rill_quiet_begin(&quiet);
	error = write_line(ctx, data, size, pieces);
	rill_quiet_end(&quiet);
	return error;
}

static void serial_close(void *ctx)
{
	struct serial_sink *s = ctx;

	close_line(s);
	free(s->device);
	free(s->where);
	free(s->frame);
	free(s);
}

static const char *serial_where(void *ctx)
{
	return ((struct serial_sink *)ctx)->where;
}

static void serial_forked(void *ctx)
{
	const struct serial_sink *s = ctx;

	if (s->line.fd >= 0)
		close(s->line.fd);
}

static void serial_hurry(void *ctx, uint64_t deadline_ns)
{
	rill_patience_hurry(&((struct serial_sink *)ctx)->patience, deadline_ns);
}

static const struct rill_port_sink_ops serial_ops = {
	.sink = {
		.name = "serial line",
		.write_time_max_ms = 0,
		.open = serial_open,
		.write = serial_write,
		.close = serial_close,
		.where = serial_where,
	},
	.forked = serial_forked,
	.hurry = serial_hurry,
};

int rill_port_serial_sink(const struct rill_serial_options *options, struct rill_sink *sink)
{
	struct serial_sink *s = calloc(1, sizeof *s);
	const size_t where_bytes = strlen(options->device) + sizeof "serial:";

	if (!s)
		return rill_fail(ENOMEM, "no memory for a sink");
	s->line.fd = -1;
	s->options = *options;
	s->options.device = s->device = strdup(options->device);
	s->where = malloc(where_bytes);
	if (!s->options.packet_bytes_max)
		s->options.packet_bytes_max = RILL_SERIAL_FRAMED_MAX;
	s->frame = malloc(RILL_COBS_MAX((size_t)s->options.packet_bytes_max) + 2);
	if (!s->device || !s->where || !s->frame) {
		serial_close(s);
		return rill_fail(ENOMEM, "no memory for a sink");
	}
	snprintf(s->where, where_bytes, "serial:%s", options->device);
	*sink = (struct rill_sink){ &serial_ops.sink, s };
	return 0;
}

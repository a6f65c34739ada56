/* SPDX-License-Identifier: MIT
 * packet_tape.h - a writer of packets that go to a tape in memory. Needs the writer's files and text.c alone, so
 * that it is built for other processors with nothing but a compiler (tests/packet_foreign.sh).
 */
#ifndef RILL_TESTS_PACKET_TAPE_H
#define RILL_TESTS_PACKET_TAPE_H

#include "format/cobs.h"
#include "format/packet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing -------------------------------------------------------------------------------------- */

enum { HELP_FORMS = 1024, HELP_THREADS = 64, HELP_PID = 4711 };

struct help_tape {
	uint8_t *bytes;
	size_t size, room;
	size_t at[1 << 16];	/* where packets begin */
	unsigned packets;
	bool framed;
};

static struct help_tape tape;
static struct rill_packet_writer writer;
static uint8_t help_buffer[RILL_PACKET_MAX];
static struct rill_packet_form help_forms[HELP_FORMS];
static struct rill_packet_thread help_threads[HELP_THREADS];

static struct rill_packet_origin help_origin = {
	.identity = UINT64_C(0x1122334455667788),
	.start_ns = 1000000000,
	.pid = HELP_PID,
	.session = "bench",
	.version = "0.1.0",
};

static struct rill_thread help_main __attribute__((unused)) = { .tid = HELP_PID, .serial = 1, .name = "main" };
static struct rill_thread help_worker __attribute__((unused)) = {
	.tid = 4712, .serial = 2, .generation = 3, .has_sort_index = 1, .sort_index = -5, .name = "worker"
};

static inline void help_tape_add(const void *bytes, size_t size)
{
	if (tape.size + size > tape.room) {
		tape.room = 2 * (tape.size + size);
		tape.bytes = realloc(tape.bytes, tape.room);
	}
	memcpy(tape.bytes + tape.size, bytes, size);
	tape.size += size;
}

/* Closes the packet and puts it onto the tape. */
static inline void help_send(unsigned flags)
{
	static uint8_t frame[RILL_COBS_MAX(RILL_PACKET_MAX) + 2];
	const size_t size = rill_packet_close(&writer, flags | (tape.packets ? 0u : RILL_PACKET_FIRST));
	size_t frame_size;

	if (!size)
		return;
	tape.at[tape.packets++ % (sizeof tape.at / sizeof *tape.at)] = tape.size;
	if (tape.framed) {
		frame[0] = 0;
		frame_size = 1 + rill_cobs_encode(frame + 1, help_buffer, size);
		frame[frame_size++] = 0;
		help_tape_add(frame, frame_size);
	} else {
		help_tape_add(help_buffer, size);
	}
	rill_packet_next(&writer);
}

static inline int help_event(const struct rill_event *event)
{
	int error = rill_packet_event(&writer, event);

	for (int tries = 0; error == -ENOBUFS && tries < 3; tries++) {
		help_send(0);
		error = rill_packet_event(&writer, event);
	}
	return error;
}

static inline int help_stream(void)
{
	int error = rill_packet_stream(&writer, &help_origin);

	if (error == -ENOBUFS) {
		help_send(0);
		error = rill_packet_stream(&writer, &help_origin);
	}
	return error;
}

/* An empty tape, and a writer that has said whose stream it is. */
static inline void help_begin(uint32_t packet_bytes, uint32_t buffer_bytes, uint8_t unit_shift)
{
	const struct rill_packet_options options = {
		.buffer = help_buffer,
		.buffer_bytes = buffer_bytes,
		.packet_bytes = packet_bytes,
		.forms = help_forms,
		.threads = help_threads,
		.forms_size = HELP_FORMS,
		.threads_size = HELP_THREADS,
		.pid = HELP_PID,
		.stream = 0x88,
		.unit_shift = unit_shift,
	};

	memset(help_forms, 0, sizeof help_forms);
	memset(help_threads, 0, sizeof help_threads);
	memset(help_buffer, 0xee, sizeof help_buffer);
	tape.size = tape.packets = 0;
	tape.framed = false;
	rill_packet_init(&writer, &options);
	help_stream();
}

/* ---- events --------------------------------------------------------------------------------------- */

/* The events below are written as what differs from a usual one. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define EVENT(letter, ...)                                                                          \
	(struct rill_event){ .phase = letter, .pid = HELP_PID, .tid = HELP_PID, .ts_ns = 2000000000,  \
			     .category = "net", .name = "rx", .file = "rx.c", .line = 42,             \
			     .site = 17, .thread = &help_main, ##__VA_ARGS__ }
#define ARGS(...)                                                                                   \
	.args = (const struct rill_value[]){ __VA_ARGS__ },                                         \
	.nargs = sizeof((const struct rill_value[]){ __VA_ARGS__ }) / sizeof(struct rill_value)
#define VALUE(key, kind, field, value) { .name = key, .type = RILL_TYPE_##kind, .field = value }
#define INT(key, value) VALUE(key, I64, i, value)
#define TEXT(key, kind, literal)                                                                    \
	{ .name = key, .type = RILL_TYPE_##kind, .text = literal, .size = sizeof(literal) - 1 }

#endif

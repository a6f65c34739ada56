/* SPDX-License-Identifier: MIT
 * outlet_open.c - makes the outlet that a session's options ask for, or says what is wrong with
 * them.
 */
#include "sink/address.h"
#include "sink/memory.h"
#include "sink/outlets.h"

#include "config.h"
#include "format/packet.h"
#include "port/port.h"

#include <errno.h>
#include <string.h>

static const char default_json[] = "rill.${pid}.${rotation}.json", default_binary[] = "rill.${pid}.${rotation}.rill";

enum {
	QUEUE_BYTES_MIN = 4096,
	/* Lines of JSON that go to a stream together, and are lost together. */
	STREAM_PIECE_BYTES = 4096,
	/* A slow line has two buffers of so many ms, so that stop can empty them; and a flush, which costs it a
	 * packet that is not full and a snapshot, once in so long that these take no more than a twentieth of it. */
	LINE_BUFFER_MS = 400, LINE_FLUSH_BITS = 1500, LINE_FLUSH_SHARE = 20,
	LINE_BITS_PER_BYTE = 10, LINE_BAUD_USUAL = 115200,
	/* Up to this speed a byte less for each event matters more than the ns in its time. */
	LINE_ROUNDED_BAUD = 115200, LINE_UNIT_NS = 1000
};

/* What is asked for, taken apart. */
struct choice {
	struct rill_session_options options;
	struct rill_address address;	/* OUT_FILE */
	bool binary;
	struct rill_memory *memory;
};

static bool rotates(const struct rill_session_options *options)
{
	return options->rotate_bytes || options->rotate_events || options->rotate_age_ms;
}

static bool is_file(const struct choice *choice)
{
	return choice->options.out == RILL_OUT_FILE && choice->address.kind == RILL_ADDRESS_FILE;
}

static int check_rotation(const struct choice *choice)
{
	const struct rill_session_options *options = &choice->options;

	if (is_file(choice) && rotates(options) && !strstr(choice->address.place, "${rotation}"))
		return rill_fail(EINVAL, "rotation needs ${rotation} in the file's name '%s', "
				 "else each file would overwrite the one before", choice->address.place);
	if (options->keep_bytes && (!is_file(choice) || !rotates(options)))
		return rill_fail(EINVAL, "keep_bytes bounds the files of a rotation, and there is none: "
				 "set rotate_bytes, rotate_events or rotate_age_ms, too");
	if (options->keep_bytes && options->keep_bytes / 2 < options->rotate_bytes)
		return rill_fail(EINVAL, "keep_bytes is %llu: it must be at least twice rotate_bytes, since the file that is "
				 "being written counts, too", (unsigned long long)options->keep_bytes);
	if (rotates(options) && !is_file(choice) && options->out != RILL_OUT_SINK)
		return rill_fail(
			EINVAL,
			"rotation is for files: a descriptor or subscriber has no next one; "
			"leave rotate_bytes, rotate_events and rotate_age_ms at 0");
	return 0;
}

static int check_packets(const struct choice *choice)
{
	const struct rill_session_options *options = &choice->options;

	if (options->compress > RILL_COMPRESS_ZSTD)
		return rill_fail(EINVAL, "there is no compression %d", (int)options->compress);
	if (options->compress && !choice->binary)
		return rill_fail(EINVAL, "compress is for packets, and this is JSON: give the file a name that ends in .rill, "
				 "or take format=binary");
	if (options->compress && choice->address.kind == RILL_ADDRESS_SERIAL)
		return rill_fail(EINVAL, "compress is not for serial lines, whose packets are too small to shrink: leave it out");
	return 0;
}

static int check(const struct choice *choice)
{
	const struct rill_session_options *options = &choice->options;
	const int error = rill_outlet_check(options, QUEUE_BYTES_MIN);

	if (error)
		return error;
	if (choice->address.kind == RILL_ADDRESS_MEMORY &&
	    (choice->address.number < RILL_MEMORY_KIB_MIN || choice->address.number > RILL_MEMORY_KIB_MAX))
		return rill_fail(EINVAL, "memory:%u: %d to %d KiB are possible", (unsigned)choice->address.number,
				 (int)RILL_MEMORY_KIB_MIN, (int)RILL_MEMORY_KIB_MAX);
	if (choice->address.unit_ns && !choice->binary)
		return rill_fail(EINVAL, "unit= rounds the times in packets; Chrome JSON has none: leave it out, or format=json");
	return check_rotation(choice);
}

/* Asked for, or told by the file's name, or by what a line or a connection is best for. */
static bool is_binary(const struct choice *choice)
{
	const struct rill_session_options *options = &choice->options;

	if (options->format == RILL_FORMAT_BY_NAME && options->out != RILL_OUT_FILE)
		return !RILL_ON(CONFIG_RILL_JSON);
	if (options->format != RILL_FORMAT_BY_NAME)
		return options->format == RILL_FORMAT_BINARY;
	if (choice->address.kind != RILL_ADDRESS_FILE)
		return RILL_ON(CONFIG_RILL_BINARY);
	return rill_outlet_named_binary(choice->address.place);
}

/* As it was asked for, or else as the line is set. */
static uint32_t baud_of(const struct rill_address *a)
{
	const uint32_t baud = a->baud ? a->baud : rill_port_serial_baud(a->place);

	return baud ? baud : LINE_BAUD_USUAL;
}

static int choose(const struct rill_session_options *options, struct choice *choice)
{
	int error = 0;

	*choice = (struct choice){ .options = *options };
	if (options->out == RILL_OUT_FILE)
		error = rill_address_parse(options->file ? options->file : RILL_ON(CONFIG_RILL_JSON) ? default_json :
					   default_binary, &choice->address);
	if (!error && choice->address.kind == RILL_ADDRESS_FD) {
		choice->options.out = RILL_OUT_FD;
		choice->options.fd = (int)choice->address.number;
	}
	choice->binary = is_binary(choice);
	if (!error)
		error = check(choice);
	return error ? error : check_packets(choice);
}

/* ---- sinks ------------------------------------------------------------------------------------------ */

static int make_memory(struct choice *choice, const struct rill_outlet_env *env, const char *json_tail,
		       struct rill_sink *sink)
{
	const struct rill_memory_options memory = {
		.bytes = (size_t)choice->address.number * 1024,
		.dump = choice->address.dump,
		.name = choice->options.name ? choice->options.name : env->session_name,
		.pid = env->pid,
		.mode = choice->options.file_mode,
		.json_tail = json_tail,
	};

	choice->options.rotate_bytes = memory.bytes / RILL_MEMORY_PARTS;
	return rill_memory_sink(&memory, sink, &choice->memory);
}

static int make_addressed(struct choice *choice, const struct rill_outlet_env *env, const char *json_tail,
			  struct rill_sink *sink)
{
	const struct rill_address *a = &choice->address;
	const struct rill_file_options file = {
		.pattern = a->place,
		.name = choice->options.name ? choice->options.name : env->session_name,
		.pid = env->pid,
		.mode = choice->options.file_mode,
		.json = !choice->binary,
		.json_tail = json_tail,
		.keep_bytes = choice->options.keep_bytes,
		.first = env->first_file,
	};
	const struct rill_serial_options serial = {
		.device = a->place, .baud = a->baud, .packets = choice->binary, .console = a->console, .flow = a->flow,
	};
	const struct rill_socket_options socket = {
		.place = a->place,
		.tcp = a->kind == RILL_ADDRESS_TCP || a->kind == RILL_ADDRESS_TCP_LISTEN,
		.listen = a->kind == RILL_ADDRESS_TCP_LISTEN || a->kind == RILL_ADDRESS_UNIX_LISTEN,
		.exposed = a->exposed,
		.mode = choice->options.file_mode,
	};

	switch (a->kind) {
	case RILL_ADDRESS_FILE:
		return rill_port_file_sink(&file, sink);
	case RILL_ADDRESS_SERIAL:
		return rill_port_serial_sink(&serial, sink);
	case RILL_ADDRESS_MEMORY:
		return make_memory(choice, env, json_tail, sink);
	default:
		return rill_port_socket_sink(&socket, sink);
	}
}

static int make_sink(struct choice *choice, const struct rill_outlet_env *env, struct rill_sink *sink)
{
	const char *json_tail = choice->binary ? NULL : rill_json_outlet_tail(&choice->options);

	if (choice->options.out == RILL_OUT_FILE)
		return make_addressed(choice, env, json_tail, sink);
	return rill_outlet_handed_sink(&choice->options, json_tail, sink);
}

/* ---- their queues ----------------------------------------------------------------------------------- */

static void fit_line(const struct choice *choice, struct rill_queue_options *queue, struct rill_packet_line *line)
{
	const uint32_t baud = baud_of(&choice->address);
	const size_t line_bytes = (size_t)((uint64_t)baud / LINE_BITS_PER_BYTE * LINE_BUFFER_MS / 1000);
	const size_t least = choice->binary ? 2 * RILL_SERIAL_FRAMED_MAX : QUEUE_BYTES_MIN;

	queue->piece_bytes = choice->binary ? 1 : RILL_SERIAL_FRAMED_MAX;
	queue->room_bytes = choice->options.queue_bytes ? choice->options.queue_bytes : line_bytes > least ? line_bytes : least;
	/* So no packet is larger. */
	queue->buffer_bytes = choice->binary ? (size_t)RILL_SERIAL_FRAMED_MAX : queue->room_bytes;
	line->bytes_per_second = baud / LINE_BITS_PER_BYTE;
	line->unit_ns = choice->address.unit_ns;
	if (!line->unit_ns && baud <= LINE_ROUNDED_BAUD)
		line->unit_ns = LINE_UNIT_NS;
}

static void fit_queue(const struct choice *choice, struct rill_queue_options *queue, struct rill_packet_line *line)
{
	const size_t part = (size_t)choice->address.number * 1024 / 16;

	if (choice->options.out == RILL_OUT_FD && choice->binary)
		queue->piece_bytes = 1;
	if (choice->options.out != RILL_OUT_FILE)
		return;
	switch (choice->address.kind) {
	case RILL_ADDRESS_FILE:
		queue->sink_is_file = rill_port_sink_is_file;
		break;
	case RILL_ADDRESS_SERIAL:
		fit_line(choice, queue, line);
		break;
	case RILL_ADDRESS_MEMORY:
		queue->sink_forked = NULL;
		queue->sink_hurry = NULL;
		if (part < queue->buffer_bytes)
			queue->buffer_bytes = part;
		break;
	default:
		queue->piece_bytes = choice->binary ? 1 : STREAM_PIECE_BYTES;
		queue->awaits_reader = choice->address.kind == RILL_ADDRESS_TCP_LISTEN ||
			choice->address.kind == RILL_ADDRESS_UNIX_LISTEN;
	}
}

uint32_t rill_outlet_flush_period_ms(const struct rill_session_options *options)
{
	const uint32_t usual_ms = 1000;
	struct choice choice;
	uint32_t period_ms = usual_ms;

	if (choose(options, &choice) == 0 && choice.address.kind == RILL_ADDRESS_SERIAL)
		period_ms = LINE_FLUSH_BITS * LINE_FLUSH_SHARE * 1000u / baud_of(&choice.address);
	rill_address_free(&choice.address);
	return period_ms > usual_ms ? period_ms : usual_ms;
}

static int open_chosen(struct choice *choice, const struct rill_outlet_env *env, struct rill_outlet **outlet)
{
	struct rill_queue_options queue;
	struct rill_packet_line line = { .unit_ns = 0 };
	int error;

	if (choice->options.out == RILL_OUT_SUBSCRIBER)
		return rill_batch_outlet(&choice->options, env, outlet);
	rill_outlet_queue(&choice->options, env, &queue);
	error = make_sink(choice, env, &queue.sink);
	if (error < 0)
		return error;
	fit_queue(choice, &queue, &line);
	error = choice->binary ? rill_packet_outlet(&choice->options, &queue, &line, outlet) :
				 rill_json_outlet(&choice->options, &queue, outlet);
	if (!error && choice->memory && env->memory)
		env->memory(env->session, choice->memory);
	return error;
}

int rill_outlet_open(const struct rill_session_options *options, const struct rill_outlet_env *env,
		     struct rill_outlet **outlet)
{
	struct choice choice;
	int error = choose(options, &choice);

	*outlet = NULL;
	if (!error)
		error = open_chosen(&choice, env, outlet);
	rill_address_free(&choice.address);
	return error;
}

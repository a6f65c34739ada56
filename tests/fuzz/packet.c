/* SPDX-License-Identifier: MIT
 * packet.c - fuzz target: the reader of packets, with all that packet_read.h promises; and the writer: what was read
 * is written and read again, and must be the same.
 */
#include "tests/fuzz/fuzz_mend.h"
#include "tests/fuzz/fuzz_read.h"

#include <errno.h>

enum { FORMS = 256, THREADS = 64, TEXTS_MAX = 8000, PIECE_MAX = 61 };

/* ---- writing what was read --------------------------------------------------------------------------- */

struct copy {
	struct rill_packet_writer writer;
	struct rill_packet_form forms[FORMS];
	struct rill_packet_thread known[THREADS];
	struct rill_thread threads[THREADS];
	uint8_t buffer[RILL_PACKET_MAX];
	uint8_t *out;
	size_t size, room;
	unsigned stream; /* the number of the one that is copied */
	bool any;
	uint64_t sum, events;
};

static void send(struct copy *c, unsigned flags)
{
	const size_t size = rill_packet_close(&c->writer, flags);

	if (c->size + size > c->room) {
		c->room = 2 * (c->size + size);
		c->out = realloc(c->out, c->room);
	}
	memcpy(c->out + c->size, c->buffer, size);
	c->size += size;
	rill_packet_next(&c->writer);
}

static void begin(struct copy *c, const struct rill_packet_stream *stream)
{
	const struct rill_packet_origin origin = { 1, 2, stream->origin.pid, "s", "v" };
	const struct rill_packet_options options = {
		.buffer = c->buffer, .buffer_bytes = sizeof c->buffer, .packet_bytes = 4096,
		.forms = c->forms, .threads = c->known, .forms_size = FORMS, .threads_size = THREADS,
		.pid = stream->origin.pid, .stream = 3,
	};

	c->any = true;
	c->stream = stream->number;
	rill_packet_init(&c->writer, &options);
	MUST(rill_packet_stream(&c->writer, &origin) == 0);
}

/* A thread of the writer's with the same serial: what the name was before is not compared. False: there is no
 * room for more, or it has another tid than before, which no writer says. */
static bool thread_of(struct copy *c, const struct rill_thread *from, const struct rill_thread **to)
{
	const unsigned at = from ? from->serial % (THREADS / 2) : 0;

	*to = NULL;
	if (!from)
		return true;
	if (!c->threads[at].serial)
		c->threads[at] = (struct rill_thread){ .serial = from->serial, .tid = from->tid, .name = "t" };
	*to = &c->threads[at];
	return (*to)->serial == from->serial && (*to)->tid == from->tid;
}

static size_t texts_of(const struct rill_event *e)
{
	size_t sum = strlen(e->category) + strlen(e->name) + strlen(e->file ? e->file : "") +
		     strlen(e->scope ? e->scope : "");

	for (unsigned i = 0; i < e->nargs; i++) {
		sum += strlen(e->args[i].name) + 16;
		if (e->args[i].type >= RILL_TYPE_STRING && e->args[i].type <= RILL_TYPE_JSON)
			sum += e->args[i].size;
	}
	return sum;
}

static void write_event(void *ctx, const struct rill_packet_stream *stream, const struct rill_event *from)
{
	struct copy *const c = ctx;
	struct rill_event e = *from;
	int error;

	if (!c->any)
		begin(c, stream);
	/* A stream that begins anew, or learns late whose it is, has another pid. */
	if (stream->number != c->stream || stream->origin.pid != c->writer.options.pid ||
	    !thread_of(c, from->thread, &e.thread) || texts_of(from) > TEXTS_MAX)
		return;
	error = rill_packet_event(&c->writer, &e);
	if (error == -ENOBUFS) {
		send(c, 0);
		error = rill_packet_event(&c->writer, &e);
	}
	if (error == -ENOBUFS) { /* a definition before it took the room */
		send(c, 0);
		error = rill_packet_event(&c->writer, &e);
	}
	MUST(error == 0);
	c->sum = fuzz_sum_event(c->sum, from);
	c->events++;
}

static void write_gap(void *ctx, const struct rill_packet_stream *stream, const struct rill_gap *from)
{
	struct copy *const c = ctx;
	struct rill_gap gap = *from;
	int error;

	if (!c->any)
		begin(c, stream);
	if (stream->number != c->stream || !thread_of(c, from->thread, &gap.thread))
		return;
	error = rill_packet_gap(&c->writer, &gap);
	if (error == -ENOBUFS) {
		send(c, 0);
		error = rill_packet_gap(&c->writer, &gap);
	}
	MUST(error == 0);
	c->sum = fuzz_sum_gap(c->sum, from);
}

struct again {
	uint64_t sum;
};

static void sum_event(void *ctx, const struct rill_packet_stream *stream, const struct rill_event *e)
{
	struct again *const again = ctx;

	(void)stream;
	again->sum = fuzz_sum_event(again->sum, e);
}

static void sum_gap(void *ctx, const struct rill_packet_stream *stream, const struct rill_gap *gap)
{
	struct again *const again = ctx;

	(void)stream;
	again->sum = fuzz_sum_gap(again->sum, gap);
}

static void read_again(struct copy *c)
{
	static const struct rill_packet_reader_options options = { .framed = false };
	struct again again = { 0 };
	struct fuzz_read r = { .event = sum_event, .gap = sum_gap, .ctx = &again };

	if (!c->any)
		return;
	send(c, RILL_PACKET_LAST);
	fuzz_read(&r, c->out, c->size, 0, &options);
	MUST(r.damaged == 0 && r.missing_packets == 0 && r.missing_events == 0);
	MUST(r.result.undefined == 0 && r.result.malformed == 0 && r.result.refused == 0);
	MUST(r.events == c->events);
	MUST(again.sum == c->sum);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rill_packet_reader_options options = { .framed = false },
						       narrow = { .held_bytes_max = 600, .definitions_bytes_max = 3000 };
	struct copy *const copy = calloc(1, sizeof *copy);
	struct fuzz_read whole = { .event = write_event, .gap = write_gap, .ctx = copy };
	struct fuzz_read pieces = { .size = 0 }, small = { .size = 0 };

	fuzz_read(&whole, data, size, 0, &options);
	fuzz_read(&pieces, data, size, 1 + size % PIECE_MAX, &options);
	MUST(whole.sum == pieces.sum && !memcmp(&whole.result, &pieces.result, sizeof whole.result));
	fuzz_read(&small, data, size, 0, &narrow);
	read_again(copy);
	free(copy->out);
	free(copy);
	return 0;
}

/* SPDX-License-Identifier: MIT
 * test_tool_forward.c - the books of `rill forward`: streams of several programs through an output that drops and
 * refuses packets at random, and what a reader makes of it.
 */
#include "format/varint.h"
#include "tests/packet_help.h"
#include "tests/random_help.h"
#include "tool/forward_stream.h"

enum { PROGRAMS = 4, FORMS = 40, OUT_MAX = 4 << 20, SECOND = 1000000000 };

/* A traced program: a writer of packets of its own. */
struct program {
	struct rill_packet_writer writer;
	uint8_t buffer[1024];
	struct rill_packet_form forms[256];
	struct rill_packet_thread threads[64];
	struct rill_thread thread;
	uint64_t identity, emitted, ts_ns;
	uint8_t number;
	bool headed, ended;

	/* what waits in forward */
	struct rill_forward_packet *queue[64];
	unsigned queued;

	/* what came out */
	uint64_t received, missing;
	unsigned begun;
	bool closed;
};

static struct program programs[PROGRAMS];
static struct rill_forward_streams streams;
static struct rill_forward_out out;
static uint8_t *taken;
static size_t taken_size;
static uint64_t now_ns;

static uint32_t below(uint32_t most)
{
	return (uint32_t)(next() >> 33) % most;
}

static void begin(uint64_t number)
{
	if (!taken)
		taken = malloc(OUT_MAX);
	seed = number;
	taken_size = 0;
	now_ns = 1000 * (uint64_t)SECOND;
	rill_forward_streams_free(&streams);
	memset(&streams, 0, sizeof streams);
	streams.room = 512;
	streams.extra = 256;
	for (unsigned i = 0; i < PROGRAMS; i++) {
		struct program *const p = &programs[i];
		struct rill_packet_options options = {
			.buffer = p->buffer, .buffer_bytes = 512, .packet_bytes = 512,
			.forms = p->forms, .forms_size = 256,
			.threads = p->threads, .threads_size = 64,
			.pid = 100 + i, .stream = 7, /* all the same */
		};

		memset(p, 0, sizeof *p);
		p->identity = number * 1000 + i + 1;
		p->ts_ns = now_ns;
		p->thread = (struct rill_thread){ .tid = 100 + i, .serial = 1, .generation = 1, .name = "main" };
		rill_packet_init(&p->writer, &options);
	}
}

/* ---- programs ----------------------------------------------------------------------------------- */

static void head(struct program *p)
{
	const struct rill_packet_origin origin = { .identity = p->identity, .pid = p->writer.options.pid,
						   .session = "s", .version = "0" };
	const struct rill_packet_snapshot snapshot = { .monotonic_ns = p->ts_ns, .realtime_ns = p->ts_ns };

	CU_ASSERT_EQUAL(rill_packet_stream(&p->writer, &origin), 0);
	CU_ASSERT_EQUAL(rill_packet_metadata(&p->writer, "process_name", "{\"name\":\"p\"}"), 0);
	CU_ASSERT_EQUAL(rill_packet_snapshot(&p->writer, &snapshot), 0);
	p->headed = true;
}

static void end(struct program *p)
{
	const struct rill_stats stats = { .delivered = p->emitted, .threads = 1 };

	CU_ASSERT_EQUAL(rill_packet_counts(&p->writer), 0);
	CU_ASSERT_EQUAL(rill_packet_totals(&p->writer, &stats), 0);
	p->ended = true;
}

static int emit(struct program *p)
{
	char name[24];
	const uint32_t form = below(FORMS);
	const struct rill_value args[] = { { .name = "who", .type = RILL_TYPE_U32, .u = p->writer.options.pid } };
	const struct rill_event e = {
		.category = "c", .name = name, .args = args, .nargs = 1, .phase = 'I', .thread = &p->thread,
		.site = 1 + form, .ts_ns = p->ts_ns,
	};
	int error;

	snprintf(name, sizeof name, "event %u", (unsigned)form);
	error = rill_packet_event(&p->writer, &e);
	p->emitted += !error;
	p->ts_ns += 1 + below(1000);
	return error;
}

/* The next packet of a program that now is at its end, or not. */
static struct rill_forward_packet *write_packet(struct program *p, bool last)
{
	const bool first = !p->headed;
	struct rill_forward_packet *packet;
	size_t size;

	if (!p->headed || below(20) == 0)
		head(p);
	for (unsigned n = last ? 0 : 5 + below(60); n && p->writer.at + 200 < p->writer.end && emit(p) == 0; n--)
		continue;
	if (last)
		end(p);
	size = rill_packet_close(&p->writer, (first ? RILL_PACKET_FIRST : 0u) | (last ? RILL_PACKET_LAST : 0u));
	CU_ASSERT_FATAL(size > 0);
	packet = calloc(1, sizeof *packet + size);
	memcpy(packet->bytes, p->buffer, size);
	packet->size = (uint32_t)size;
	packet->flags = p->buffer[RILL_PACKET_AT_VERSION] & 15;
	packet->sequence = (uint16_t)(p->buffer[RILL_PACKET_AT_SEQUENCE] | p->buffer[RILL_PACKET_AT_SEQUENCE + 1] << 8);
	packet->events = p->writer.events;
	packet->totals = (struct rill_forward_totals){ .written = p->writer.written, .lost = p->writer.lost,
						       .base_ns = p->ts_ns };
	rill_packet_next(&p->writer);
	if (below(30) == 0)
		rill_packet_repeat(&p->writer);
	return packet;
}

/* ---- forward ------------------------------------------------------------------------------------ */

static void come(struct program *p, bool last)
{
	struct rill_forward_packet *const packet = write_packet(p, last);

	packet->stream = rill_forward_stream_of(&streams, p, packet);
	CU_ASSERT_PTR_NOT_NULL_FATAL(packet->stream);
	packet->stream->queued++;
	p->queue[p->queued++] = packet;
}

static struct rill_forward_packet *unqueue(struct program *p)
{
	struct rill_forward_packet *const packet = p->queue[0];

	memmove(p->queue, p->queue + 1, --p->queued * sizeof p->queue[0]);
	packet->stream->queued--;
	return packet;
}

static void drop(struct program *p)
{
	struct rill_forward_packet *const packet = unqueue(p);

	rill_forward_drop(packet, now_ns);
	free(packet);
}

static void take_out(bool refused)
{
	if (refused) {
		rill_forward_refused(&out);
		return;
	}
	CU_ASSERT_FATAL(taken_size + out.size <= OUT_MAX);
	memcpy(taken + taken_size, out.bytes, out.size);
	taken_size += out.size;
}

/* One packet of this program's goes out, or what must go before it. */
static void go(struct program *p, bool refused)
{
	if (!p->queued)
		return;
	if (rill_forward_pass(&streams, p->queue[0], now_ns, &out))
		free(unqueue(p));
	take_out(refused);
}

static void go_all(void)
{
	for (unsigned i = 0; i < PROGRAMS; i++)
		while (programs[i].queued)
			go(&programs[i], false);
	for (unsigned i = 0; i < RILL_FORWARD_STREAMS; i++)
		while (streams.list[i].used && rill_forward_tell(&streams, &streams.list[i], now_ns, &out))
			take_out(false);
}

/* ---- the reader --------------------------------------------------------------------------------- */

static struct program *program_of(const struct rill_packet_stream *stream)
{
	for (unsigned i = 0; i < PROGRAMS; i++)
		if (programs[i].identity == stream->origin.identity)
			return &programs[i];
	return NULL;
}

static void on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *e)
{
	struct program *const p = program_of(stream);

	(void)ctx;
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(e->args[0].u, p->writer.options.pid);
	CU_ASSERT_STRING_EQUAL(e->thread->name, "main");
}

static void on_end(void *ctx, struct rill_packet_stream *stream)
{
	struct program *const p = program_of(stream);

	(void)ctx;
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	p->begun++;
	p->received += stream->events;
	p->missing += stream->missing_events;
	p->closed = stream->closed;
}

static void read_taken(size_t from, struct rill_packet_reader_result *result)
{
	static const struct rill_packet_reader_ops ops = { .event = on_event, .end = on_end };
	const struct rill_packet_reader_options options = { .framed = false };
	struct rill_packet_reader *const reader = rill_packet_reader_new(&options, &ops, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
	CU_ASSERT_EQUAL(rill_packet_reader_feed(reader, taken + from, taken_size - from), 0);
	CU_ASSERT_EQUAL(rill_packet_reader_end(reader), 0);
	*result = *rill_packet_reader_result(reader);
	rill_packet_reader_free(reader);
	CU_ASSERT_EQUAL(result->damaged + result->malformed + result->refused, 0);
}

/* Events received and missing are what each program emitted; all is readable. */
static bool books_close(void)
{
	struct rill_packet_reader_result result;
	bool good;

	read_taken(0, &result);
	good = result.undefined == 0;
	for (unsigned i = 0; i < PROGRAMS; i++) {
		const struct program *const p = &programs[i];

		good = good && p->received + p->missing == p->emitted && p->begun == 1 && p->closed == p->ended;
	}
	return good;
}

/* ---- cases -------------------------------------------------------------------------------------- */

/* drop_share, refuse_share: of a hundred. */
static void run(uint64_t number, unsigned rounds, unsigned drop_share, unsigned refuse_share, bool end_all)
{
	begin(number);
	for (unsigned i = 0; i < rounds; i++) {
		struct program *const p = &programs[below(PROGRAMS)];

		now_ns += below(SECOND / 2);
		if (p->queued < 30)
			come(p, false);
		if (p->queued > 1 && below(100) < drop_share)
			drop(p);
		else if (below(3))
			go(&programs[below(PROGRAMS)], below(100) < refuse_share);
	}
	for (unsigned i = 0; i < PROGRAMS; i++) {
		come(&programs[i], end_all);
		while (programs[i].queued > 1 && below(100) < drop_share)
			drop(&programs[i]);
	}
	go_all();
}

static void what_is_dropped_is_missing_exactly_and_all_else_readable(void)
{
	static const unsigned shares[] = { 0, 10, 50, 90, 100 };

	for (uint64_t n = 1; n <= 60; n++) {
		run(n, 20 + (unsigned)n * 7, shares[n % 5], 0, n % 3);
		CU_ASSERT_TRUE(books_close());
	}
}

static void what_the_output_refuses_is_missing_too(void)
{
	for (uint64_t n = 1; n <= 60; n++) {
		run(n, 20 + (unsigned)n * 7, n % 2 ? 40 : 0, 30, n % 3);
		CU_ASSERT_TRUE(books_close());
	}
}

static void streams_without_a_loss_go_byte_by_byte_but_for_their_number(void)
{
	uint8_t bytes[1024];
	size_t at, size;

	begin(1);
	for (unsigned i = 0; i < 50; i++) {
		struct program *const p = &programs[i % PROGRAMS];

		come(p, false);
		size = p->queue[0]->size;
		memcpy(bytes, p->queue[0]->bytes, size);
		at = taken_size;
		go(p, false);
		CU_ASSERT_EQUAL_FATAL(taken_size - at, size);
		CU_ASSERT_TRUE(!memcmp(taken + at, bytes, RILL_PACKET_AT_STREAM));
		CU_ASSERT_TRUE(!memcmp(taken + at + RILL_PACKET_AT_STREAM + 1, bytes + RILL_PACKET_AT_STREAM + 1,
				       RILL_PACKET_AT_CRC - RILL_PACKET_AT_STREAM - 1));
		CU_ASSERT_TRUE(!memcmp(taken + at + RILL_PACKET_HEAD, bytes + RILL_PACKET_HEAD,
				       size - RILL_PACKET_HEAD));
	}
	go_all();
	CU_ASSERT_TRUE(books_close());
}

static void a_stream_that_goes_on_can_be_closed(void)
{
	for (uint64_t n = 1; n <= 20; n++) {
		run(n, 100, 50, 20, false);
		for (unsigned i = 0; i < RILL_FORWARD_STREAMS; i++)
			while (rill_forward_close(&streams, &streams.list[i], now_ns, &out))
				take_out(false);
		for (unsigned i = 0; i < PROGRAMS; i++)
			programs[i].ended = true;
		CU_ASSERT_TRUE(books_close());
	}
}

static void a_new_reader_gets_the_definitions_of_all_streams(void)
{
	for (uint64_t n = 1; n <= 20; n++) {
		struct rill_packet_reader_result result;
		size_t from;

		run(n, 200, n % 2 ? 50 : 0, 0, false);
		from = taken_size;
		rill_forward_reader_changed(&streams);
		for (unsigned i = 0; i < 200; i++) {
			come(&programs[i % PROGRAMS], i >= 200 - PROGRAMS);
			go(&programs[i % PROGRAMS], false);
		}
		read_taken(from, &result);
		CU_ASSERT_EQUAL(result.undefined, 0);
		CU_ASSERT_EQUAL(result.streams, PROGRAMS);
		CU_ASSERT_TRUE(result.events > 1000);
		for (unsigned i = 0; i < PROGRAMS; i++)
			CU_ASSERT_EQUAL(programs[i].begun, 1);
	}
}

/* Nobody tells of a reader that joins a one-way line. Definitions are repeated in an eighth of what goes out: 200 packets of each program
 * have room for all of its definitions twice, in whatever order its table has them. */
static void a_reader_that_comes_late_on_a_line_misses_no_definition_for_long(void)
{
	enum { JOINED = 200, ROUNDS = JOINED + 200 * PROGRAMS };
	struct rill_packet_reader_result result;
	size_t from = 0;

	begin(5);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct program *const p = &programs[i % PROGRAMS];

		if (i == JOINED)
			from = taken_size;
		now_ns += SECOND / 4;
		come(p, i >= ROUNDS - PROGRAMS);
		go(p, false);
	}
	read_taken(from, &result);
	CU_ASSERT_EQUAL(result.undefined, 0);
	CU_ASSERT_EQUAL(result.streams, PROGRAMS);
}

static size_t define(uint8_t *to, unsigned number, size_t body_bytes)
{
	memset(to, 0, 2 + body_bytes);
	to[0] = RILL_DEFINE_FORM;
	to[1] = (uint8_t)body_bytes;
	to[2] = (uint8_t)number;
	return 2 + body_bytes;
}

/* A line on which there is always a definition that is due and small enough. */
static void a_large_definition_is_repeated_among_many_small_ones(void)
{
	enum { SMALL = 60, LARGE = SMALL, PACKET = 240, ROUNDS = 400 };
	const size_t head = RILL_PACKET_HEAD + RILL_PACKET_COUNTS;
	struct rill_forward_defined d = { .bytes = 0 };
	uint8_t bytes[4096] = { 0 };
	unsigned told[SMALL + 1] = { 0 };
	size_t size = head;

	for (unsigned i = 0; i < SMALL; i++)
		size += define(bytes + size, i, 20);
	size += define(bytes + size, LARGE, 120);
	rill_le16_put(bytes + RILL_PACKET_HEAD + 2, (uint16_t)(size - head));
	now_ns = 1000 * (uint64_t)SECOND;
	rill_forward_defined_note(&d, bytes, size, now_ns, true);
	rill_le16_put(bytes + RILL_PACKET_HEAD + 2, 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct rill_forward_piece piece;
		const uint8_t *at = bytes + PACKET;

		now_ns += SECOND;
		rill_forward_defined_note(&d, bytes, PACKET, now_ns, true);
		size = rill_forward_defined_put(&d, bytes + PACKET, 256, 1024, now_ns, false);
		while (rill_forward_piece_next(&at, bytes + PACKET + size, &piece))
			told[piece.body[0]]++;
	}
	/* All of them take 1442 bytes, an eighth of what goes out is 12000. */
	for (unsigned i = 0; i <= LARGE; i++)
		CU_ASSERT(told[i] >= 6 && told[i] <= 9);
	rill_forward_defined_free(&d);
}

static void a_program_that_comes_back_is_the_same_stream(void)
{
	struct rill_forward_packet *packet;
	const struct rill_forward_stream *before;
	int other;

	run(3, 100, 0, 0, false);
	packet = write_packet(&programs[0], false);
	before = rill_forward_stream_of(&streams, &programs[0], packet);
	free(packet);
	((struct rill_forward_stream *)before)->attached = false;
	head(&programs[0]);
	packet = write_packet(&programs[0], false);
	CU_ASSERT_PTR_EQUAL(rill_forward_stream_of(&streams, &other, packet), before);
	free(packet);
	packet = write_packet(&programs[0], false);
	CU_ASSERT_PTR_EQUAL(rill_forward_stream_of(&streams, &other, packet), before);
	free(packet);
}

static void numbers_are_used_again_when_all_have_been_used(void)
{
	struct rill_forward_stream *first = NULL, *s = NULL;
	int sources[RILL_FORWARD_STREAMS + 1];

	begin(9);
	for (unsigned i = 0; i <= RILL_FORWARD_STREAMS; i++) {
		struct program *const p = &programs[0];
		struct rill_forward_packet *packet;

		p->identity = 5000 + i;
		head(p);
		packet = write_packet(p, false);
		s = rill_forward_stream_of(&streams, &sources[i], packet);
		free(packet);
		if (i == RILL_FORWARD_STREAMS)
			break;
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CU_ASSERT_EQUAL(s->identity, 5000 + i);
		if (i == 0)
			first = s;
	}
	CU_ASSERT_PTR_NULL(s); /* all are alive */
	first->attached = false;
	head(&programs[0]);
	{
		struct rill_forward_packet *const packet = write_packet(&programs[0], false);

		s = rill_forward_stream_of(&streams, &sources[0], packet);
		free(packet);
	}
	CU_ASSERT_PTR_EQUAL(s, first);
	CU_ASSERT_EQUAL(s->identity, 5000 + RILL_FORWARD_STREAMS);
}

/* Whatever stands in a packet with a right checksum, memory is bounded and nothing outside it is read. */
static void definitions_that_make_no_sense_do_no_harm(void)
{
	struct rill_forward_defined defined = { .bytes = 0 };
	uint8_t packet[1024], put[65536];

	seed = 11;
	for (unsigned i = 0; i < 20000; i++) {
		const size_t size = RILL_PACKET_HEAD + RILL_PACKET_COUNTS + below(900);
		uint8_t *const exact = malloc(size);

		for (size_t k = 0; k < size; k++)
			packet[k] = (uint8_t)(below(4) ? below(9) : below(256));
		packet[RILL_PACKET_AT_VERSION] = 0x10;
		packet[RILL_PACKET_HEAD + 2] = (uint8_t)(size - RILL_PACKET_HEAD - RILL_PACKET_COUNTS);
		packet[RILL_PACKET_HEAD + 3] = (uint8_t)((size - RILL_PACKET_HEAD - RILL_PACKET_COUNTS) >> 8);
		memcpy(exact, packet, size);
		now_ns += below(SECOND);
		rill_forward_defined_note(&defined, exact, size, now_ns, below(2));
		rill_forward_defined_unsay(&defined, exact, size);
		CU_ASSERT_TRUE(rill_forward_defined_put(&defined, put, below(600), sizeof put, now_ns, below(2)) <= sizeof put);
		CU_ASSERT_TRUE(defined.bytes <= RILL_FORWARD_DEFINED_BYTES + 1024);
		free(exact);
	}
	rill_forward_defined_free(&defined);
}

static const struct test_case cases[] = {
	T(what_is_dropped_is_missing_exactly_and_all_else_readable),
	T(what_the_output_refuses_is_missing_too),
	T(streams_without_a_loss_go_byte_by_byte_but_for_their_number),
	T(a_stream_that_goes_on_can_be_closed),
	T(a_new_reader_gets_the_definitions_of_all_streams),
	T(a_reader_that_comes_late_on_a_line_misses_no_definition_for_long),
	T(a_large_definition_is_repeated_among_many_small_ones),
	T(a_program_that_comes_back_is_the_same_stream),
	T(numbers_are_used_again_when_all_have_been_used),
	T(definitions_that_make_no_sense_do_no_harm),
};

int main(int argc, char **argv)
{
	const int code = TEST_MAIN("tool forward", cases, argc, argv);

	rill_forward_streams_free(&streams);
	free(taken);
	return code;
}

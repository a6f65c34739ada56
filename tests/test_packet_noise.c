/* SPDX-License-Identifier: MIT
 * test_packet_noise.c - many packets through a line that spoils one byte in 10000: nothing wrong is taken for an event, every packet
 * that was not touched comes out, and what is missing is counted to the event.
 *
 * RILL_NOISE_BYTES: how many bytes, 10 million unless told. RILL_NOISE_SEED: the seed; it is printed.
 */
#include "tests/packet_help.h"
#include "tests/random_help.h"

#include <inttypes.h>

enum { ONE_IN = 10000, ROUND_PACKETS = 100, START_NS = 2000000000 };

/* ---- events that say themselves which they are ------------------------------------------------------ */

static uint64_t time_of(uint64_t n)
{
	return START_NS + n * 137 + n % 7;
}

static void text_of(char text[24], uint64_t n)
{
	snprintf(text, 24, "text %u", (unsigned)(n * 7919 % 97));
}

static uint64_t next_number;

static bool is_numbered(uint64_t index, const struct rill_event *e)
{
	const uint64_t n = e->nargs == 2 ? e->args[0].u : 0;
	const bool first = next_number == 0;
	char text[24];

	(void)index;
	if (e->nargs != 2 || (!first && n < next_number) || !e->thread)
		return false;
	next_number = n + 1;
	text_of(text, n);
	return e->ts_ns == time_of(n) && !strcmp(e->args[1].text, text) && e->args[0].type == RILL_TYPE_U64 &&
	       !strcmp(e->args[0].name, "n") && e->phase == 'I' && !strcmp(e->name, n % 3 ? "odd" : "even") &&
	       e->pid == HELP_PID && e->thread->serial == 1 + n % 2 && e->thread->tid == e->tid;
}

static int write_event(uint64_t n)
{
	const struct rill_thread *const thread = n % 2 ? &help_worker : &help_main;
	char text[24];
	const struct rill_value values[] = {
		{ .name = "n", .type = RILL_TYPE_U64, .u = n },
		{ .name = "text", .type = RILL_TYPE_STRING, .text = text, .size = (uint32_t)strlen((text_of(text, n), text)) },
	};
	const struct rill_event event =
		EVENT('I', .ts_ns = time_of(n), .site = 16 + (n % 3 != 0), .name = n % 3 ? "odd" : "even", .thread = thread,
		      .tid = thread->tid, .args = values, .nargs = 2);

	return rill_packet_event(&writer, &event);
}

/* ---- the line ---------------------------------------------------------------------------------------- */

struct noise {
	struct rill_packet_reader *reader;
	bool framed;
	uint64_t bytes, hits, packets, touched_packets, untouched_events;
};

/* Flipped, replaced, dropped, doubled, or with others behind it. Returns how many bytes there are now. */
static size_t spoil(uint8_t *to, uint8_t byte)
{
	size_t size = 1;

	to[0] = byte;
	switch (next() % 5) {
	case 0: to[0] ^= (uint8_t)(1 << next() % 8); break;
	case 1: to[0] ^= (uint8_t)(1 + next() % 255); break;
	case 2: size = 0; break;
	case 3: to[size++] = byte; break;
	default:
		for (uint64_t more = 1 + next() % 8; more; more--)
			to[size++] = (uint8_t)next();
	}
	return size;
}

/* Through the line and into the reader. */
static void carry(struct noise *k, const uint8_t *bytes, size_t size, unsigned events, bool clean)
{
	static uint8_t out[16 * (RILL_COBS_MAX(RILL_PACKET_MAX) + 2)];
	size_t used = 0;
	bool touched = false;

	for (size_t i = 0; i < size; i++) {
		if (clean || next() % ONE_IN) {
			out[used++] = bytes[i];
			continue;
		}
		used += spoil(out + used, bytes[i]);
		k->hits++;
		touched = true;
	}
	k->bytes += used;
	k->packets++;
	k->touched_packets += touched;
	k->untouched_events += touched ? 0 : events;
	CU_ASSERT_EQUAL(rill_packet_reader_feed(k->reader, out, used), 0);
}

static void send(struct noise *k, unsigned flags)
{
	static uint8_t frame[RILL_COBS_MAX(RILL_PACKET_MAX) + 2];
	const unsigned events = writer.events;
	const size_t size = rill_packet_close(&writer, flags);
	const bool clean = flags != 0;	/* what is lost at the ends nobody can know */
	size_t end;

	if (k->framed) {
		end = 1 + rill_cobs_encode(frame + 1, help_buffer, size);
		frame[0] = frame[end] = 0;
		carry(k, frame, end + 1, events, clean);
	} else {
		carry(k, help_buffer, size, events, clean);
	}
	rill_packet_next(&writer);
	if (k->packets % ROUND_PACKETS == 0) {
		rill_packet_repeat(&writer);
		CU_ASSERT_EQUAL(rill_packet_stream(&writer, &help_origin), 0);
	}
}

static void run(uint32_t packet_bytes, bool framed)
{
	const char *const bytes_text = getenv("RILL_NOISE_BYTES"), *const seed_text = getenv("RILL_NOISE_SEED");
	const uint64_t bytes = bytes_text ? strtoull(bytes_text, NULL, 10) : 10000000;
	const uint64_t first_seed = seed_text ? strtoull(seed_text, NULL, 10) : 1;
	const struct rill_packet_reader_options options = { .framed = framed };
	struct help_read h = { .check = is_numbered };
	struct noise k = { .framed = framed };
	uint64_t n = 0;

	seed = first_seed;
	next_number = 0;
	k.reader = rill_packet_reader_new(&options, &help_ops, &h);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k.reader);
	help_begin(packet_bytes, packet_bytes, 0);
	write_event(n++);
	send(&k, RILL_PACKET_FIRST);
	while (k.bytes < bytes) {
		if (write_event(n) == -ENOBUFS)
			send(&k, 0);
		else
			n++;
	}
	send(&k, RILL_PACKET_LAST);
	CU_ASSERT_EQUAL(rill_packet_reader_end(k.reader), 0);
	h.result = *rill_packet_reader_result(k.reader);
	rill_packet_reader_free(k.reader);
	printf("\n    %s of %u bytes, seed %" PRIu64 ": %" PRIu64 " bytes, %" PRIu64 " spoilt in %" PRIu64 " of %" PRIu64
	       " packets; %" PRIu64 " events written, %" PRIu64 " came, %" PRIu64 " missing, %" PRIu64 " wrong ",
	       framed ? "frames" : "packets", packet_bytes, first_seed, k.bytes, k.hits, k.touched_packets, k.packets,
	       writer.written, h.events, h.missing_events, h.wrong);
	CU_ASSERT_EQUAL(h.wrong, 0);
	/* A zero more, or one of two less, harms no frame. */
	CU_ASSERT(h.events >= k.untouched_events);
	CU_ASSERT(h.packets >= k.packets - k.touched_packets && h.packets < k.packets - k.touched_packets / 2);
	CU_ASSERT_EQUAL(h.events + h.missing_events, writer.written);
	CU_ASSERT_EQUAL(h.result.undefined + h.result.malformed + h.result.seen + h.result.belated, 0);
	CU_ASSERT_EQUAL(h.streams, 1);
	CU_ASSERT(k.touched_packets > 100);
}

static void V_32_frames_on_a_line_come_through_noise(void)
{
	run(512, true);
}

static void packets_one_after_the_other_come_through_noise(void)
{
	run(4096, false);
}

static const struct test_case cases[] = {
	T(V_32_frames_on_a_line_come_through_noise),
	T(packets_one_after_the_other_come_through_noise),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("packet noise", cases, argc, argv);
}

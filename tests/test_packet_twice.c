/* SPDX-License-Identifier: MIT
 * test_packet_twice.c - packets that are in the input more than once, or in another order: each event comes once, and what one copy
 * lacks comes from the other.
 */
#include "tests/packet_help.h"
#include "tests/random_help.h"

#include "format/crc32c.h"
#include "format/varint.h"

enum { NUMBERED = 3000, PACKET = 512, PIECES = 4, MANY_EVENTS = 70000 };

/* ---- a stream in pieces, each with all definitions at its head, as rotation makes them --------------- */

static uint8_t times[1 << 16];	/* how often event n came */
static size_t piece_at[PIECES + 1];
static unsigned piece_packets[PIECES + 1];

static void is_counted(struct help_read *h, const struct rill_event *e)
{
	const bool right = e->nargs == 1 && e->args[0].u < NUMBERED && e->ts_ns == 2000000000 + e->args[0].u * 100 &&
			   e->thread->serial == 1 + e->args[0].u % 2;

	if (right)
		times[e->args[0].u]++;
	h->wrong += !right;
}

static int write_event(uint64_t n)
{
	const struct rill_value value = { .name = "n", .type = RILL_TYPE_U64, .u = n };
	const struct rill_thread *const thread = n % 2 ? &help_worker : &help_main;
	const struct rill_event event =
		EVENT('I', .ts_ns = 2000000000 + n * 100, .thread = thread, .tid = thread->tid, .args = &value, .nargs = 1);

	return help_event(&event);
}

static void write_pieces(bool framed)
{
	unsigned piece = 0;

	help_begin(PACKET, PACKET, 0);
	tape.framed = framed;
	for (uint64_t n = 0; n < NUMBERED; n++) {
		if (n && n % (NUMBERED / PIECES) == 0) {
			help_send(RILL_PACKET_LAST);
			piece_at[++piece] = tape.size;
			piece_packets[piece] = tape.packets;
			rill_packet_repeat(&writer);
			help_stream();
			write_event(n);
			help_send(RILL_PACKET_FIRST);
		} else {
			write_event(n);
		}
	}
	help_send(RILL_PACKET_LAST);
	piece_at[PIECES] = tape.size;
	piece_packets[PIECES] = tape.packets;
}

static uint8_t joined[1 << 20];
static size_t joined_size;

static void join(const void *bytes, size_t size)
{
	CU_ASSERT_FATAL(joined_size + size <= sizeof joined);
	memcpy(joined + joined_size, bytes, size);
	joined_size += size;
}

static void join_piece(unsigned piece)
{
	join(tape.bytes + piece_at[piece], piece_at[piece + 1] - piece_at[piece]);
}

static struct help_read read_joined(void)
{
	struct help_read h = { .each = is_counted };

	memset(times, 0, sizeof times);
	help_read(&h, joined, joined_size);
	joined_size = 0;
	CU_ASSERT_EQUAL(h.wrong, 0);
	CU_ASSERT_EQUAL(h.result.malformed + h.result.refused + h.result.undefined, 0);
	return h;
}

static unsigned came(unsigned often)
{
	unsigned count = 0;

	for (unsigned n = 0; n < NUMBERED; n++)
		count += times[n] == often;
	return count;
}

static void mend_sum(uint8_t *packet, size_t size)
{
	const uint32_t head = rill_crc32c(RILL_CRC32C_BEGIN, packet, RILL_PACKET_AT_CRC);

	rill_le32_put(packet + RILL_PACKET_AT_CRC, ~rill_crc32c(head, packet + RILL_PACKET_HEAD, size - RILL_PACKET_HEAD));
}

/* ---- the same again ----------------------------------------------------------------------------------- */

static void a_second_copy_counts_once(void)
{
	for (unsigned framed = 0; framed < 2; framed++) {
		struct help_read h;

		write_pieces(framed);
		join(tape.bytes, tape.size);
		join(tape.bytes, tape.size);
		h = read_joined();
		CU_ASSERT_EQUAL(h.events, NUMBERED);
		CU_ASSERT_EQUAL(came(1), NUMBERED);
		CU_ASSERT_EQUAL(h.streams, 1);
		CU_ASSERT_EQUAL(h.missing_packets + h.result.missing_packets + h.result.missing_events, 0);
		CU_ASSERT_EQUAL(h.result.seen, tape.packets);
		CU_ASSERT_EQUAL(h.result.seen_events, NUMBERED);
		CU_ASSERT_EQUAL(h.result.repeated + h.result.belated, 0);
		CU_ASSERT_EQUAL(h.result.lost, 0);
	}
}

static void a_part_of_it_again_counts_once(void)
{
	write_pieces(false);
	for (unsigned first = 0; first < PIECES; first++)
		for (unsigned cut = 0; cut < 2; cut++) {
			const size_t from = piece_at[first] + (cut ? 1000 : 0);
			struct help_read h;

			join(tape.bytes, tape.size);
			join(tape.bytes + from, tape.size - from);
			h = read_joined();
			CU_ASSERT_EQUAL(h.events, NUMBERED);
			CU_ASSERT_EQUAL(came(1), NUMBERED);
			CU_ASSERT_EQUAL(h.streams, 1);
			CU_ASSERT_EQUAL(h.result.missing_events, 0);
			CU_ASSERT(h.result.seen > 0);
		}
}

/* More packets than sequences have numbers. */
static void a_long_stream_again_counts_once(void)
{
	struct rill_packet_reader_options options = { .framed = false };
	struct help_read h = { .events = 0 };
	struct rill_packet_reader *const reader = rill_packet_reader_new(&options, &help_ops, &h);

	help_begin(PACKET, PACKET, 0);
	for (uint64_t n = 0; n < MANY_EVENTS; n++) {
		if (n % 1000 == 0) {
			rill_packet_repeat(&writer);
			help_stream();
		}
		write_event(n);
		help_send(n + 1 == MANY_EVENTS ? RILL_PACKET_LAST : 0);
	}
	CU_ASSERT(tape.packets > 65536);
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rill_packet_reader_feed(reader, tape.bytes, tape.size), 0);
	CU_ASSERT_EQUAL(rill_packet_reader_end(reader), 0);
	CU_ASSERT_EQUAL(h.events, MANY_EVENTS);
	CU_ASSERT_EQUAL(h.streams, 1);
	CU_ASSERT_EQUAL(h.missing_events, 0);
	CU_ASSERT_EQUAL(rill_packet_reader_result(reader)->seen_events, MANY_EVENTS);
	rill_packet_reader_free(reader);
}

/* ---- what one lacks, the other has --------------------------------------------------------------------- */

static void two_damaged_copies_make_a_whole_one(void)
{
	for (unsigned run = 0; run < 20; run++) {
		struct help_read h;

		write_pieces(run % 2);
		seed = run;
		join(tape.bytes, tape.size);
		/* The first half of each loses packets in one copy, the second in the other. The very first and last stay. */
		for (unsigned i = 1; i + 1 < tape.packets; i++)
			if (next() % 3 == 0)
				joined[tape.at[i] + 40] ^= 1;
		join(tape.bytes, tape.size);
		for (unsigned i = 1; i + 1 < tape.packets; i++)
			if (joined[tape.at[i] + 40] == tape.bytes[tape.at[i] + 40] && next() % 3 == 0)
				joined[tape.size + tape.at[i] + 40] ^= 1;
		h = read_joined();
		CU_ASSERT_EQUAL(h.events, NUMBERED);
		CU_ASSERT_EQUAL(came(1), NUMBERED);
		CU_ASSERT_EQUAL(h.streams, 1);
		CU_ASSERT_EQUAL(h.result.missing_events + h.result.missing_packets, 0);
		CU_ASSERT(h.result.belated > 0 && h.result.seen > 0 && h.missing_events > 0);
	}
}

static void what_both_lack_stays_missing(void)
{
	struct help_read h;

	write_pieces(false);
	join(tape.bytes, tape.size);
	join(tape.bytes, tape.size);
	joined[tape.at[5] + 40] ^= 1;
	joined[tape.at[6] + 40] ^= 1;
	joined[tape.size + tape.at[6] + 40] ^= 1;
	joined[tape.size + tape.at[7] + 40] ^= 1;
	h = read_joined();
	CU_ASSERT_EQUAL(h.result.missing_packets, 1);
	CU_ASSERT_EQUAL(h.events + h.result.missing_events, NUMBERED);
	CU_ASSERT_EQUAL(came(1), h.events);
	CU_ASSERT_EQUAL(h.result.belated, 1);
}

static void pieces_may_come_in_any_order(void)
{
	static const unsigned orders[][PIECES] = { { 1, 0, 2, 3 }, { 3, 2, 1, 0 }, { 0, 2, 1, 3 }, { 2, 3, 0, 1 } };

	for (unsigned i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct help_read h;

		write_pieces(false);
		for (unsigned piece = 0; piece < PIECES; piece++)
			join_piece(orders[i][piece]);
		h = read_joined();
		CU_ASSERT_EQUAL(h.events, NUMBERED);
		CU_ASSERT_EQUAL(came(1), NUMBERED);
		CU_ASSERT_EQUAL(h.streams, 1);
		CU_ASSERT_EQUAL(h.result.missing_events + h.result.missing_packets, 0);
		CU_ASSERT_EQUAL(h.result.seen, 0);
		CU_ASSERT(h.result.belated >= piece_packets[1]);
	}
}

/* One packet, in the middle of nothing that says whose it is. */
static void a_packet_that_comes_late_fills_its_hole(void)
{
	for (unsigned which = 1; which + 1 < piece_packets[1]; which++) {
		struct help_read h;

		write_pieces(false);
		join(tape.bytes, tape.at[which]);
		join(tape.bytes + tape.at[which + 1], tape.size - tape.at[which + 1]);
		join(tape.bytes + tape.at[which], tape.at[which + 1] - tape.at[which]);
		h = read_joined();
		CU_ASSERT_EQUAL(h.streams, 1);
		CU_ASSERT_EQUAL(came(1), NUMBERED);
		CU_ASSERT_EQUAL(h.missing_packets, 1);
		CU_ASSERT_EQUAL(h.result.missing_packets + h.result.missing_events, 0);
		CU_ASSERT_EQUAL(h.result.belated, 1);
	}
}

/* ---- what is another stream ------------------------------------------------------------------------------ */

static void the_same_number_with_another_identity_is_another_stream(void)
{
	struct help_read h;

	write_pieces(false);
	join(tape.bytes, tape.size);
	help_origin.identity++;
	write_pieces(false);
	help_origin.identity--;
	join(tape.bytes, tape.size);
	h = read_joined();
	CU_ASSERT_EQUAL(h.events, 2 * NUMBERED);
	CU_ASSERT_EQUAL(came(2), NUMBERED);
	CU_ASSERT_EQUAL(h.streams, 2);
	CU_ASSERT_EQUAL(h.result.seen + h.result.belated + h.result.missing_events, 0);
}

/* A board that was started anew, and whose first packets were lost: by number alone its packet would fill a hole. */
static void a_packet_of_another_time_fills_no_hole(void)
{
	struct help_read h = { .events = 0 };
	uint8_t *late;

	write_pieces(false);
	joined_size = 0;
	join(tape.bytes, tape.at[5]);
	join(tape.bytes + tape.at[6], tape.size - tape.at[6]);
	late = joined + joined_size;
	join(tape.bytes + tape.at[5], tape.at[6] - tape.at[5]);
	late[RILL_PACKET_AT_BASE + 5]++;
	mend_sum(late, tape.at[6] - tape.at[5]);
	help_read(&h, joined, joined_size);
	joined_size = 0;
	CU_ASSERT_EQUAL(h.streams, 2);
	CU_ASSERT_EQUAL(h.result.belated, 0);
	CU_ASSERT(h.result.missing_events > 0 && h.result.undefined > 0);
}

/* Below a right checksum, too, a header may say anything: the packet fills no more than is missing. */
static void a_late_packet_that_claims_more_than_was_written_fills_its_hole_only(void)
{
	struct help_read h = { .events = 0 };
	uint8_t *late;

	help_begin(PACKET, PACKET, 0);
	help_send(RILL_PACKET_FIRST);
	write_event(0);
	help_send(0);
	write_event(1);
	help_send(RILL_PACKET_LAST);
	joined_size = 0;
	join(tape.bytes, tape.at[1]);
	join(tape.bytes + tape.at[2], tape.size - tape.at[2]);
	late = joined + joined_size;
	join(tape.bytes + tape.at[1], tape.at[2] - tape.at[1]);
	rill_le16_put(late + RILL_PACKET_HEAD, UINT16_MAX);
	mend_sum(late, tape.at[2] - tape.at[1]);
	help_read(&h, joined, joined_size);
	joined_size = 0;
	CU_ASSERT_EQUAL(h.result.belated, 1);
	CU_ASSERT_EQUAL(h.missing_events, 1);
	CU_ASSERT_EQUAL(h.result.missing_packets + h.result.missing_events, 0);
}

/* As behind a line that was unplugged: the head of what follows may be in its second packet. */
static void a_first_packet_without_identity_goes_on(void)
{
	struct help_read h;
	unsigned lost;

	help_begin(PACKET, PACKET, 0);
	for (uint64_t n = 0; n < NUMBERED / 3; n++)
		write_event(n);
	help_send(0);
	joined_size = 0;
	join(tape.bytes, tape.size);
	lost = tape.packets;
	for (uint64_t n = NUMBERED / 3; n < NUMBERED / 3 * 2; n++)
		write_event(n);
	help_send(0);
	lost = tape.packets - lost;
	piece_at[1] = tape.size;
	rill_packet_repeat(&writer);
	write_event(NUMBERED / 3 * 2);
	help_send(RILL_PACKET_FIRST);
	for (uint64_t n = NUMBERED / 3 * 2 + 1; n < NUMBERED; n++)
		write_event(n);
	help_send(RILL_PACKET_LAST);
	join(tape.bytes + piece_at[1], tape.size - piece_at[1]);
	h = read_joined();
	CU_ASSERT_EQUAL(h.streams, 1);
	CU_ASSERT_EQUAL(h.missing_packets, lost);
	CU_ASSERT_EQUAL(h.missing_events, NUMBERED / 3);
	CU_ASSERT_EQUAL(h.events, NUMBERED / 3 * 2);
}

static const struct test_case cases[] = {
	T(a_second_copy_counts_once),
	T(a_part_of_it_again_counts_once),
	T(a_long_stream_again_counts_once),
	T(two_damaged_copies_make_a_whole_one),
	T(what_both_lack_stays_missing),
	T(pieces_may_come_in_any_order),
	T(a_packet_that_comes_late_fills_its_hole),
	T(a_packet_of_another_time_fills_no_hole),
	T(a_late_packet_that_claims_more_than_was_written_fills_its_hole_only),
	T(the_same_number_with_another_identity_is_another_stream),
	T(a_first_packet_without_identity_goes_on),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("packet twice", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_packet_damage.c - streams that were cut, flipped, joined late, mixed with noise, or made by an attacker: every whole
 * packet comes out, nothing wrong does, and the sums stay exact.
 */
#include "tests/packet_golden.h"
#include "tests/packet_numbered.h"
#include "tests/random_help.h"


/* ---- cuts ------------------------------------------------------------------------------------------- */

static unsigned packets_before(size_t cut)
{
	unsigned count = 0;

	while (count < tape.packets && (count + 1 < tape.packets ? tape.at[count + 1] : tape.size) <= cut)
		count++;
	return count;
}

static void every_prefix_gives_all_whole_packets_before_the_cut(void)
{
	write_numbered(512, false, 1);
	for (size_t cut = 0; cut <= tape.size; cut += cut < 2000 ? 1 : 61) {
		struct help_read h = { .check = is_numbered };
		const unsigned whole = packets_before(cut);
		const size_t end = whole < tape.packets ? tape.at[whole] : tape.size;

		help_read(&h, tape.bytes, cut);
		CU_ASSERT_EQUAL(h.packets, whole);
		CU_ASSERT_EQUAL(h.wrong + h.damaged + h.missing_events + h.result.undefined, 0);
		CU_ASSERT_EQUAL(h.result.torn_bytes, cut - (whole ? end : 0));
	}
}

static void what_is_behind_a_lost_beginning_comes_out_too(void)
{
	write_numbered(512, false, 4);
	for (size_t from = 0; from < tape.size; from += from < 1500 ? 1 : 997) {
		struct help_read h = { .check = is_numbered };
		const unsigned before = packets_before(from + (from != 0)), whole = before + (from > tape.at[before]);

		help_read(&h, tape.bytes + from, tape.size - from);
		CU_ASSERT_EQUAL(h.wrong, 0);
		CU_ASSERT(h.packets + whole >= tape.packets);
		/* Definitions come again, so all that follows is known. */
		CU_ASSERT(from > tape.size / 8 * 5 || h.result.undefined == 0);
		CU_ASSERT_EQUAL(h.missing_packets, 0);
	}
}

/* ---- single faults ---------------------------------------------------------------------------------- */

static void flip_each_bit(bool framed)
{
	unsigned packets;
	uint64_t events;

	golden_small();
	help_begin(4096, 4096, 0);
	tape.framed = framed;
	golden_values();
	help_send(0);
	golden_fields();
	help_send(RILL_PACKET_LAST);
	packets = tape.packets;
	events = writer.written;
	for (size_t bit = 0; bit < 8 * tape.size; bit++) {
		struct help_read h = { .events = 0 };

		tape.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		help_read(&h, tape.bytes, tape.size);
		tape.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* A bit between frames only makes an empty or a wrong frame more. */
		CU_ASSERT(h.packets + 1 >= packets && h.packets <= packets);
		CU_ASSERT(h.events <= events && h.result.malformed == 0 && h.result.newer == 0);
		CU_ASSERT(h.packets == packets || h.damaged + h.result.torn_bytes + h.text_bytes > 0);
	}
}

static void one_wrong_bit_costs_one_packet(void)
{
	flip_each_bit(false);
	flip_each_bit(true);
}

static void a_byte_more_or_less_costs_one_packet(void)
{
	static uint8_t other[1 << 20];

	for (unsigned framed = 0; framed < 2; framed++) {
		write_numbered(512, framed, NUMBERED / 10);
		seed = framed;
		for (unsigned i = 0; i < 300; i++) {
			struct help_read h = { .check = is_numbered };
			const size_t at = next() % tape.size, more = next() % 3;

			memcpy(other, tape.bytes, at);
			other[at] = (uint8_t)next();
			memcpy(other + at + more, tape.bytes + at + (more == 0), tape.size - at - (more == 0));
			help_read(&h, other, tape.size + more - (more == 0));
			CU_ASSERT_EQUAL(h.wrong, 0);
			/* An extra byte, or a lost zero, between two frames may cost the next one as well. */
			CU_ASSERT(h.packets + 2 >= tape.packets);
			CU_ASSERT(h.missing_packets <= 2);
		}
	}
}

/* ---- heavy damage ----------------------------------------------------------------------------------- */

static void spoil(uint8_t *bytes, size_t size, unsigned one_in)
{
	for (size_t i = next() % (2 * one_in); i < size; i += 1 + next() % (2 * one_in))
		bytes[i] = (uint8_t)next();
}

static void a_bad_line_gives_nothing_wrong_and_exact_losses(void)
{
	for (unsigned run = 0; run < 40; run++) {
		struct help_read h = { .check = is_numbered };
		const bool framed = run % 2;
		unsigned last;

		write_numbered(512, framed, NUMBERED / 20);
		last = (unsigned)tape.at[tape.packets - 1];
		seed = 1000 + run;
		/* The last packet stays: its totals tell what is missing before it. */
		spoil(tape.bytes + tape.size / 50, last - tape.size / 50, 800);
		help_read(&h, tape.bytes, tape.size);
		CU_ASSERT(h.events > NUMBERED / 4 && h.events < NUMBERED);
		CU_ASSERT_EQUAL(h.result.undefined, 0);
		books_are_closed(&h, NUMBERED);
	}
}

static void noise_before_between_and_behind_is_passed_over(void)
{
	static uint8_t mixed[1 << 20];

	for (unsigned run = 0; run < 20; run++) {
		struct help_read h = { .check = is_numbered };
		size_t size = 0;

		write_numbered(512, false, 1);
		seed = run;
		for (unsigned i = 0; i <= tape.packets; i++) {
			const size_t noise = next() % 200;
			const size_t end = i + 1 < tape.packets ? tape.at[i + 1] : tape.size;

			for (size_t n = 0; n < noise; n++)
				mixed[size++] = (uint8_t)(next() % 4 ? next() : n % 2 ? 0x6c : 0xd2);
			if (i == tape.packets)
				break;
			memcpy(mixed + size, tape.bytes + tape.at[i], end - tape.at[i]);
			size += end - tape.at[i];
		}
		help_read(&h, mixed, size);
		CU_ASSERT_EQUAL(h.packets, tape.packets);
		CU_ASSERT(h.damaged > 0 || h.result.torn_bytes > 0);
		books_are_closed(&h, NUMBERED);
	}
}

/* A real packet hides behind a false header that claims more than follows, at the very end of the input. */
static void a_false_header_hides_nothing(void)
{
	static const uint8_t header[36] = { 0xd2, 0x6c, 0x10, 0, 0xff, 0xff };
	uint8_t mixed[1024];
	struct help_read h = { .events = 0 };

	golden_small();
	memcpy(mixed, header, sizeof header);
	memcpy(mixed + sizeof header, tape.bytes, tape.size);
	help_read(&h, mixed, sizeof header + tape.size);
	CU_ASSERT_EQUAL(h.events, 3);
	CU_ASSERT_EQUAL(h.damaged, 1);
	CU_ASSERT_EQUAL(h.result.damaged_bytes, sizeof header);
	CU_ASSERT_EQUAL(h.result.damaged_at, 0);
}

/* Packets whose sum was made from the sums at their two ends, whatever lies between. */
static size_t sums_of_ends;

uint32_t __real_rill_crc32c_zeros(uint32_t state, size_t size);
uint32_t __wrap_rill_crc32c_zeros(uint32_t state, size_t size);

uint32_t __wrap_rill_crc32c_zeros(uint32_t state, size_t size)
{
	sums_of_ends++;
	return __real_rill_crc32c_zeros(state, size);
}

static void false_headers_everywhere_take_linear_time(void)
{
	enum { SIZE = 3 << 20, CLAIMED = 64 << 10 };
	uint8_t *const bytes = malloc(SIZE);
	struct help_read h = { .events = 0 };

	/* Each claims 64 KiB: summing each anew would be 60 GB. */
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (const uint8_t[]){ 0xd2, 0x6c, 0x10, 0xd2, 0x6c, 0x1f }[i % 6];
	sums_of_ends = 0;
	help_read(&h, bytes, SIZE);
	CU_ASSERT(sums_of_ends >= (SIZE - CLAIMED) / 6 - 1);
	CU_ASSERT_EQUAL(h.packets, 0);
	CU_ASSERT_EQUAL(h.result.damaged_bytes + h.result.torn_bytes, SIZE);
	free(bytes);
}

/* ---- definitions that are late, or never come ------------------------------------------------------- */

static void drop_packet(unsigned which, uint8_t *to, size_t *size)
{
	const size_t end = which + 1 < tape.packets ? tape.at[which + 1] : tape.size;

	memcpy(to, tape.bytes, tape.at[which]);
	memcpy(to + tape.at[which], tape.bytes + end, tape.size - end);
	*size = tape.size - (end - tape.at[which]);
}

static void packets_wait_for_definitions_and_keep_their_order(void)
{
	static uint8_t rest[1 << 20];
	struct help_read h = { .check = is_numbered };
	size_t size;

	write_numbered(512, false, 2);
	drop_packet(0, rest, &size);
	help_read(&h, rest, size);
	CU_ASSERT_EQUAL(h.wrong, 0);
	CU_ASSERT_EQUAL(h.result.undefined, 0);
	CU_ASSERT_EQUAL(h.packets, tape.packets - 1);
	CU_ASSERT(h.events > NUMBERED - 60 && h.events < NUMBERED);
}

static void what_is_never_defined_is_counted(void)
{
	static uint8_t rest[1 << 20];
	struct help_read h = { .check = is_numbered };
	size_t size;

	write_numbered(512, false, 0);
	drop_packet(0, rest, &size);
	help_read(&h, rest, size);
	CU_ASSERT_EQUAL(h.events, 0);
	CU_ASSERT(h.result.undefined > NUMBERED - 60 && h.result.undefined < NUMBERED);
}

static void too_much_that_waits_goes_as_it_is(void)
{
	static uint8_t rest[1 << 20];
	const struct rill_packet_reader_options options = { .held_bytes_max = 4096 };
	struct help_read h = { .check = is_numbered };
	size_t size;

	write_numbered(512, false, 2);
	drop_packet(0, rest, &size);
	help_read_with(&h, options, rest, size, 0);
	CU_ASSERT_EQUAL(h.wrong, 0);
	CU_ASSERT(h.result.undefined > NUMBERED / 4);
	CU_ASSERT(h.events > NUMBERED / 3);
	CU_ASSERT(h.result.undefined + h.events > NUMBERED - 60);
}

static void definitions_have_a_bound(void)
{
	const struct rill_packet_reader_options options = { .definitions_bytes_max = 4096 };
	struct help_read h = { .events = 0 };

	help_begin(4096, 4096, 0);
	for (unsigned i = 0; i < 500; i++) {
		const struct rill_event event = EVENT('I', .site = 16 + i, .line = i);

		help_event(&event);
	}
	help_send(0);
	help_read_with(&h, options, tape.bytes, tape.size, 0);
	CU_ASSERT(h.result.refused > 100);
	CU_ASSERT(h.events < 500);
	CU_ASSERT_EQUAL(h.events + h.result.undefined, 500);
}

/* ---- streams ---------------------------------------------------------------------------------------- */

static void a_packet_sent_three_times_counts_once(void)
{
	static uint8_t thrice[1 << 20];
	struct help_read h = { .check = is_numbered };
	const size_t last = (write_numbered(512, false, 1), tape.size - tape.at[tape.packets - 1]);

	memcpy(thrice, tape.bytes, tape.size);
	memcpy(thrice + tape.size, tape.bytes + tape.size - last, last);
	memcpy(thrice + tape.size + last, tape.bytes + tape.size - last, last);
	help_read(&h, thrice, tape.size + 2 * last);
	CU_ASSERT_EQUAL(h.events, NUMBERED);
	CU_ASSERT_EQUAL(h.result.repeated, 2);
	CU_ASSERT_EQUAL(h.missing_packets, 0);
	CU_ASSERT_EQUAL(h.streams, 1);
}

static void a_program_started_anew_is_another_stream(void)
{
	static uint8_t both[1 << 20];
	struct help_read h = { .events = 0 };
	size_t size;

	write_numbered(512, false, 1);
	size = tape.size;
	memcpy(both, tape.bytes, size);
	/* The same numbers, with another meaning. */
	help_origin.identity++;
	golden_all();
	help_origin.identity--;
	memcpy(both + size, tape.bytes, tape.size);
	help_read(&h, both, size + tape.size);
	CU_ASSERT_EQUAL(h.events, NUMBERED + 55);
	CU_ASSERT_EQUAL(h.streams, 2);
	CU_ASSERT_EQUAL(h.ends, 2);
	CU_ASSERT_EQUAL(h.result.refused, 0);
	CU_ASSERT_EQUAL(h.missing_packets, 0);
}

static void a_console_may_share_the_line(void)
{
	static const char said[] = "[    0.000000] Booting Linux\r\n";
	uint8_t mixed[4096];
	struct help_read h = { .events = 0 };
	size_t size = sizeof said - 1;

	help_begin(512, 512, 0);
	tape.framed = true;
	golden_values();
	help_send(0);
	memcpy(mixed, said, size);
	memcpy(mixed + size, tape.bytes, tape.size);
	size += tape.size;
	memcpy(mixed + size, said, sizeof said - 1);
	size += sizeof said - 1;
	help_read(&h, mixed, size);
	CU_ASSERT_EQUAL(h.events, 2);
	CU_ASSERT_EQUAL(h.damaged, 0);
	CU_ASSERT_EQUAL(h.text_bytes, 2 * (sizeof said - 1));
	CU_ASSERT_STRING_EQUAL(h.text, "[    0.000000] Booting Linux\r\n[    0.000000] Booting Linux\r\n");
}

static void the_first_bytes_tell_what_it_is(void)
{
	golden_small();
	CU_ASSERT_EQUAL(rill_packet_guess(tape.bytes, 64), 1);
	help_begin(512, 512, 0);
	tape.framed = true;
	golden_values();
	help_send(0);
	CU_ASSERT_EQUAL(rill_packet_guess(tape.bytes, 64), 2);
	CU_ASSERT_EQUAL(rill_packet_guess(tape.bytes + 1, 64), 2);
	CU_ASSERT_EQUAL(rill_packet_guess((const uint8_t *)"[{\"ph\":\"B\"}]", 12), 0);
	CU_ASSERT_EQUAL(rill_packet_guess(tape.bytes, 0), 0);
}

/* ---- packets whose checksum is right and whose content is not ------------------------------------------ */

/* Changes bytes of the payload and mends the checksum, as an attacker would. */
static void forge(uint8_t *packet, size_t size)
{
	const unsigned changes = 1 + (unsigned)(next() % 4);
	uint32_t crc = UINT32_MAX;

	for (unsigned i = 0; i < changes; i++)
		packet[next() % 8 ? 36 + next() % (size - 36) : 6 + next() % 26] = (uint8_t)next();
	for (size_t i = 0; i < size; i++) {
		if (i >= 32 && i < 36)
			continue;
		crc ^= packet[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	crc = ~crc;
	for (unsigned i = 0; i < 4; i++)
		packet[32 + i] = (uint8_t)(crc >> 8 * i);
}

static void forged_packets_do_no_harm(void)
{
	static uint8_t forged[65536];
	unsigned malformed = 0;

	for (unsigned run = 0; run < 6000; run++) {
		struct help_read h = { .events = 0 };

		if (run % 1000 == 0)
			golden_all();
		seed = run;
		memcpy(forged, tape.bytes, tape.size);
		for (unsigned i = 0; i < tape.packets; i++)
			forge(forged + tape.at[i], (i + 1 < tape.packets ? tape.at[i + 1] : tape.size) - tape.at[i]);
		help_read(&h, forged, tape.size);
		CU_ASSERT(h.events <= 65535);
		malformed += h.result.malformed != 0;
	}
	CU_ASSERT(malformed > 500);
}

static const struct test_case cases[] = {
	T(every_prefix_gives_all_whole_packets_before_the_cut),
	T(what_is_behind_a_lost_beginning_comes_out_too),
	T(one_wrong_bit_costs_one_packet),
	T(a_byte_more_or_less_costs_one_packet),
	T(a_bad_line_gives_nothing_wrong_and_exact_losses),
	T(noise_before_between_and_behind_is_passed_over),
	T(a_false_header_hides_nothing),
	T(false_headers_everywhere_take_linear_time),
	T(packets_wait_for_definitions_and_keep_their_order),
	T(what_is_never_defined_is_counted),
	T(too_much_that_waits_goes_as_it_is),
	T(definitions_have_a_bound),
	T(a_packet_sent_three_times_counts_once),
	T(a_program_started_anew_is_another_stream),
	T(a_console_may_share_the_line),
	T(the_first_bytes_tell_what_it_is),
	T(forged_packets_do_no_harm),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("packet damage", cases, argc, argv);
}

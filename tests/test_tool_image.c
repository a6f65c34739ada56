/* SPDX-License-Identifier: MIT
 * test_tool_image.c - reading ring files made by hand: those of other machines, and those that lie.
 */
#include "image_help.h"
#include "test.h"

struct got {
	uint64_t events, first, last, gaps, lost, disorder, last_ns;
	uint64_t tid, names, of_tid[3];
};

static void on_event(void *ctx, struct rill_packet_stream *stream, const struct rill_event *e)
{
	struct got *const g = ctx;

	(void)stream;
	if (!g->events)
		g->first = e->args[0].u;
	g->last = e->args[0].u;
	g->tid = e->tid;
	g->of_tid[e->tid == 100 ? 0 : e->tid == 200 ? 1 : 2]++;
	g->disorder += e->ts_ns < g->last_ns;
	g->names += !strcmp(e->category, "cat") && !strcmp(e->name, "name") && !strcmp(e->args[0].name, "n") &&
		    !strcmp(e->thread->name, "worker") && e->pid == 4711 && e->line == 7;
	g->last_ns = e->ts_ns;
	g->events++;
}

static void on_gap(void *ctx, struct rill_packet_stream *stream, const struct rill_gap *gap)
{
	struct got *const g = ctx;

	(void)stream;
	g->gaps++;
	g->lost += gap->count;
}

static struct rill_image_result result;

/* From memory of exactly that size, so that a sanitizer sees each step beyond it. False: refused. */
static bool read_bytes(const uint8_t *made, size_t size, bool by_pages, struct got *g)
{
	static const struct rill_packet_reader_ops ops = { .event = on_event, .gap = on_gap };
	uint8_t *const bytes = malloc(size + 1);
	struct rill_image image;
	const char *why;
	bool opened;

	memcpy(bytes, made, size);
	bytes[size] = '\0';
	*g = (struct got){ 0 };
	opened = rill_image_open(&image, bytes, size, &why);
	if (opened && by_pages)
		rill_image_after_power_cut(&image);
	if (opened)
		rill_image_read(&image, &ops, g);
	else
		CU_ASSERT(!strncmp(why, "is ", 3));
	result = image.result;
	rill_image_close(&image);
	free(bytes);
	return opened;
}

static bool read_made(const struct made *m, size_t size, struct got *g)
{
	return read_bytes(m->bytes, size, false, g);
}

static void check_whole(bool swap, unsigned word_bytes)
{
	struct made m;
	struct got g;

	made_image(&m, swap, word_bytes, 30);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 30);
	CU_ASSERT_EQUAL(g.first, 0);
	CU_ASSERT_EQUAL(g.last, 29);
	CU_ASSERT_EQUAL(g.names, 30);
	CU_ASSERT_EQUAL(g.tid, 4712);
	CU_ASSERT_EQUAL(g.disorder, 0);
	CU_ASSERT(g.last_ns >= m.base * MADE_TICK_NS - 1 && g.last_ns <= m.base * MADE_TICK_NS + 1);
	CU_ASSERT_EQUAL(result.rejected_bytes, 0);
}

static void images_of_all_word_sizes_and_orders_of_bytes_are_read(void)
{
	check_whole(false, 8);
	check_whole(false, 4);
	check_whole(true, 8);
	check_whole(true, 4);
}

static void a_ring_that_has_gone_round_gives_its_last_blocks(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 100);	/* 14 in a block */
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.last, 99);
	CU_ASSERT_EQUAL(g.first, 14 * 4);	/* of blocks 0 to 7 the last four */
	CU_ASSERT_EQUAL(g.events, 100 - 14 * 4);
	CU_ASSERT_EQUAL(result.rejected_bytes, 0);
}

static void an_event_in_flight_is_left_out_and_told(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 5);
	made_commit(&m, (m.commit - 16) | 1);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 4);
	CU_ASSERT_EQUAL(result.in_flight, 1);
}

/* Who is inside an event may be opening the block that is the oldest: it is whole only where it waits for the consumer. */
static void the_block_that_may_be_opened_anew_is_left_out(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 100);
	made_commit(&m, m.commit | 1);
	made_put(&m, made_slot(&m) + MADE_CONSUME, m.commit, 8);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.first, 14 * 5);
	CU_ASSERT_EQUAL(result.overwritten, 1);
	made_put(&m, made_slot(&m) + MADE_CONSUME, 4 * MADE_BLOCK + 40, 8);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.first, 14 * 4);
	CU_ASSERT_EQUAL(result.overwritten, 0);
}

/* The bytes of the stream ring are those of a flight ring, too. */
static void make_flight(struct made *m)
{
	m->head.part[RILL_IMAGE_FLIGHT] = m->head.part[RILL_IMAGE_STREAM];
	m->head.part[RILL_IMAGE_FLIGHT].ring[0].kind = RILL_IMAGE_FLIGHT;
	made_seal(m);
}

/* ... and of that only: the stream ring's position is 0, as nobody has had it. */
static void make_flight_only(struct made *m)
{
	make_flight(m);
	m->head.part[RILL_IMAGE_STREAM].ring[0].at = MADE_NOTHING;
	made_seal(m);
}

static void what_a_stream_and_a_flight_ring_both_have_is_told_once(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 50);
	make_flight(&m);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 50);
	CU_ASSERT_EQUAL(g.disorder, 0);
	CU_ASSERT_EQUAL(result.rejected_bytes, 0);
}

static void a_block_of_a_flight_ring_that_is_being_overwritten_is_left_out_and_counted(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 100);
	make_flight_only(&m);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.first, 14 * 4);
	CU_ASSERT_EQUAL(result.overwritten, 0);
	made_put(&m, made_at(&m, 4 * MADE_BLOCK) + offsetof(struct rill_block, sequence), (uint32_t)~8, 4);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.first, 14 * 5);
	CU_ASSERT_EQUAL(g.last, 99);
	CU_ASSERT_EQUAL(result.overwritten, 1);
	CU_ASSERT_EQUAL(result.rejected_bytes, 0);
}

/* Four blocks, of three threads; the slot is the last one's. */
static void each_block_of_a_flight_ring_is_told_of_its_own_thread(void)
{
	static const struct { uint32_t serial, tid; } owners[] = { { 7, 100 }, { 7, 100 }, { 8, 200 }, { 1, 4712 } };
	enum { OWNERS = 4, EACH = 13 };
	struct made m;
	struct got g;

	made_image(&m, false, 8, 0);
	for (unsigned i = 0; i < OWNERS; i++) {
		m.owner = rill_owner(owners[i].serial, owners[i].tid);
		for (unsigned n = 0; n < EACH; n++)
			made_event(&m);
	}
	make_flight_only(&m);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, OWNERS * EACH);
	CU_ASSERT_EQUAL(g.disorder, 0);
	CU_ASSERT_EQUAL(result.rejected_bytes + result.overwritten, 0);
	CU_ASSERT_EQUAL(g.of_tid[0], 2 * EACH);
	CU_ASSERT_EQUAL(g.of_tid[1], EACH);
	CU_ASSERT_EQUAL(g.of_tid[2], EACH);
	CU_ASSERT_EQUAL(g.names, EACH);	/* of the others nobody knows the name */
}

static void a_flight_ring_that_nobody_has_written_into_is_empty(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 0);
	made_commit(&m, MADE_RING);	/* the position of its first block */
	make_flight_only(&m);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 0);
	CU_ASSERT_EQUAL(result.rings_rejected + result.rejected_bytes + result.overwritten, 0);
	/* Its first event was only just opening the first block. */
	made_put(&m, made_at(&m, 0) + offsetof(struct rill_block, layout), RILL_LAYOUT, 4);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 0);
	CU_ASSERT_EQUAL(result.rings_rejected + result.rejected_bytes + result.overwritten, 0);
	made_put(&m, made_at(&m, 0) + offsetof(struct rill_block, layout), 0, 4);
	m.commit = MADE_RING;
	m.owner = rill_owner(1, 4712);
	made_event(&m);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 1);
	CU_ASSERT_EQUAL(result.rings_rejected + result.rejected_bytes + result.overwritten, 0);
}

/* Killed in its first lap, while it opened its second block, or its third. */
static void a_flight_ring_that_has_not_gone_round_is_not_damaged(void)
{
	struct made m;
	struct got g;

	for (unsigned blocks = 1; blocks < MADE_RING / MADE_BLOCK - 1; blocks++) {
		made_image(&m, false, 8, 0);
		make_flight_only(&m);
		m.commit = MADE_RING;
		m.owner = rill_owner(1, 4712);
		do
			made_event(&m);
		while (m.commit % MADE_BLOCK || m.commit < MADE_RING + blocks * MADE_BLOCK);
		for (unsigned step = 0; step < 2; step++) {
			uint8_t *const next = made_at(&m, m.commit);
			const uint32_t number = (uint32_t)(m.commit / MADE_BLOCK);

			made_put(&m, next + offsetof(struct rill_block, layout), RILL_LAYOUT, 4);
			made_put(&m, next + offsetof(struct rill_block, sequence), step ? number : ~number, 4);
			CU_ASSERT(read_made(&m, MADE_BYTES, &g));
			CU_ASSERT_EQUAL(g.events, m.number);
			CU_ASSERT_EQUAL(result.rings_rejected + result.rejected_bytes, 0);
			CU_ASSERT_EQUAL(result.overwritten, 0);
		}
	}
}

static void a_damaged_block_is_left_out_in_bytes_and_the_others_stay(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 50);
	made_put(&m, made_at(&m, MADE_BLOCK) + offsetof(struct rill_block, sequence), 77, 4);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 36);
	CU_ASSERT_EQUAL(result.rejected_blocks, 1);
	CU_ASSERT_EQUAL(result.rejected_bytes, MADE_BLOCK);
	made_image(&m, false, 8, 50);
	*made_at(&m, MADE_BLOCK + 32 + 4 * 16) = 200;	/* longer than the block */
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 40);
	CU_ASSERT_EQUAL(result.rejected_bytes, 10 * 16);
}

static void losses_between_blocks_are_gaps_and_books_close(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 30);
	made_put(&m, made_at(&m, MADE_BLOCK) + offsetof(struct rill_block, lost_full), 5, 4);
	made_put(&m, made_at(&m, 2 * MADE_BLOCK) + offsetof(struct rill_block, lost_full), 5, 4);
	made_put(&m, made_slot(&m) + MADE_LOST_FULL, 8, 4);
	made_put(&m, made_slot(&m) + MADE_LOST_BIG, 1, 4);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 30);
	CU_ASSERT_EQUAL(g.gaps, 3);
	CU_ASSERT_EQUAL(g.lost, 9);
	CU_ASSERT_EQUAL(result.lost, 9);
}

static void events_without_a_definition_are_counted(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 10);
	m.bytes[MADE_DEFS_AT + 30] ^= 1;	/* its sum is wrong now */
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 0);
	CU_ASSERT_EQUAL(result.unknown, 10);
}

static void a_file_that_is_cut_anywhere_is_refused(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 30);
	for (size_t size = 0; size < MADE_BYTES; size++)
		CU_ASSERT(!read_made(&m, size, &g));
}

static void a_head_with_any_byte_changed_is_refused(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 30);
	for (size_t at = 0; at < offsetof(struct rill_image_head, defs_used); at++) {
		m.bytes[at] ^= 0x11;
		CU_ASSERT(!read_made(&m, MADE_BYTES, &g));
		m.bytes[at] ^= 0x11;
	}
}

/* Sealed by whoever wants to do harm: each number in turn is each of these. What it gives is no matter, but it must end, and a
 * sanitizer has nothing to say. */
static void a_head_that_lies_under_a_right_sum_does_no_harm(void)
{
	static const uint64_t lies[] = { 0, 1, 7, 8, 63, 127, 255, 1023, 4095, MADE_BYTES, MADE_BYTES - 8, UINT32_MAX, UINT32_MAX - 7,
					 (uint64_t)INT64_MAX, UINT64_MAX, UINT64_MAX - 7, UINT64_MAX / 64 };
	const size_t from = offsetof(struct rill_image_head, order), to = offsetof(struct rill_image_head, crc);
	const size_t part = offsetof(struct rill_image_head, part);
	unsigned read = 0;
	struct made m;
	struct got g;

	for (size_t at = from; at < sizeof(struct rill_image_head); at = at + 4 == to ? part : at + 4)
		for (size_t i = 0; i < 2 * (sizeof lies / sizeof *lies); i++) {
			const unsigned size = i & 1 && at % 8 == 0 ? 8 : 4;

			made_image(&m, false, 8, 100);
			made_put(&m, m.bytes + at, lies[i / 2], size);
			made_put(&m, m.bytes + to, (uint32_t)~rill_crc32c(RILL_CRC32C_BEGIN, m.bytes + from, to - from), 4);
			made_sum_part(&m, RILL_IMAGE_STREAM);
			made_sum_part(&m, RILL_IMAGE_FLIGHT);
			read += read_made(&m, MADE_BYTES, &g);
		}
	CU_ASSERT(read > 100);	/* most of these were not stopped at the door */
}

/* Positions, blocks, records and definitions: each byte of each. */
static void nothing_behind_the_head_is_trusted(void)
{
	static const uint8_t flips[] = { 1, 0x80, 0xff, 0x04 };
	uint64_t events = 0;
	struct made m;
	struct got g;

	for (size_t at = MADE_DEFS_AT; at < MADE_BYTES; at++)
		for (size_t i = 0; i < sizeof flips; i++) {
			made_image(&m, false, at & 1 ? 8 : 4, 60);
			m.bytes[at] ^= flips[i];
			CU_ASSERT(read_made(&m, MADE_BYTES, &g));
			CU_ASSERT(g.events <= 60);
			events += g.events;
		}
	CU_ASSERT(events > (uint64_t)(MADE_BYTES - MADE_DEFS_AT) * 40 * sizeof flips);	/* one lie costs a part */
}

/* The consumer told its last pair long before the program was killed, and a near one is not exact. */
static void times_of_a_program_whose_consumer_rested_are_those_of_its_blocks(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 60);
	m.head.pairs = 1;
	m.head.pair[1].ticks = m.head.first_ticks + 1000000;
	m.head.pair[1].ns = m.head.first_ns + 1000000 * MADE_TICK_NS + 2000;	/* 1000 ppm */
	made_seal(&m);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.last, 59);
	CU_ASSERT(g.last_ns >= m.base * MADE_TICK_NS - 1 && g.last_ns <= m.base * MADE_TICK_NS + 1);
	/* One as far as the blocks counts. */
	m.head.pair[1].ticks = m.base;
	m.head.pair[1].ns = m.base * MADE_TICK_NS + 2000;
	made_seal(&m);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT(g.last_ns >= m.base * MADE_TICK_NS + 1999 && g.last_ns <= m.base * MADE_TICK_NS + 2001);
}

/* Its thread died in the middle of that. */
static void a_name_that_was_being_written_is_not_told(void)
{
	struct made m;
	struct got g;

	made_image(&m, false, 8, 10);
	made_put(&m, made_slot(&m) + MADE_NAME_SEQUENCE, 2, 4);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.names, 10);
	made_put(&m, made_slot(&m) + MADE_NAME_SEQUENCE, 3, 4);
	CU_ASSERT(read_made(&m, MADE_BYTES, &g));
	CU_ASSERT_EQUAL(g.events, 10);
	CU_ASSERT_EQUAL(g.names, 0);
	CU_ASSERT_EQUAL(g.tid, 4712);
}

/* ---- after a power cut ------------------------------------------------------------------------------ */

static void check_pages(bool swap, unsigned word_bytes, uint32_t number)
{
	uint8_t disk[MADE_DISK];
	struct made m;
	struct got g;

	made_disk(&m, disk, swap, word_bytes, number);
	CU_ASSERT(read_bytes(disk, sizeof disk, true, &g));
	/* The last one of the page that is open may not have been finished. */
	CU_ASSERT_EQUAL(g.events, MADE_DISK_EVENTS - 1);
	CU_ASSERT_EQUAL(g.first, 0);
	CU_ASSERT_EQUAL(g.last, MADE_DISK_EVENTS - 2);
	CU_ASSERT_EQUAL(g.names, MADE_DISK_EVENTS - 1);
	CU_ASSERT_EQUAL(g.tid, 4712);
	CU_ASSERT_EQUAL(g.disorder + result.rejected_bytes + result.pages_missing, 0);
	CU_ASSERT_EQUAL(result.left_out, 16);
	CU_ASSERT_EQUAL(result.pages, 2);
}

/* Positions of 32 bits come round, and the numbers of their pages with them. */
static void pages_of_all_word_sizes_and_orders_of_bytes_are_read_in_the_order_of_their_numbers(void)
{
	check_pages(false, 8, 1);
	check_pages(false, 4, 2);
	check_pages(true, 8, 3);
	check_pages(true, 4, 0);
	check_pages(false, 8, UINT32_MAX);
	check_pages(false, 4, UINT32_MAX / RILL_PAGE);
}

/* Each byte of slots, definitions and pages. */
static void nothing_in_a_page_is_trusted(void)
{
	static const uint8_t flips[] = { 1, 0x80, 0xff, 0x04 };
	uint8_t disk[MADE_DISK];
	uint64_t events = 0;
	struct made m;
	struct got g;

	for (size_t at = MADE_DEFS_AT; at < MADE_DISK; at += at < MADE_DATA_AT || at % RILL_PAGE < 128 ? 1 : 29)
		for (size_t i = 0; i < sizeof flips; i++) {
			made_disk(&m, disk, at & 2, at & 1 ? 8 : 4, 1);
			disk[at] ^= flips[i];
			CU_ASSERT(read_bytes(disk, sizeof disk, true, &g));
			CU_ASSERT(g.events < MADE_DISK_EVENTS);
			CU_ASSERT_EQUAL(g.disorder, 0);
			CU_ASSERT_EQUAL(result.pages * RILL_PAGE,
					result.frames + result.told + result.untold + result.left_out + result.free + result.rejected_bytes);
			events += g.events;
		}
	CU_ASSERT(events > 100000);	/* one lie costs a part */
}

static const struct test_case cases[] = {
	T(pages_of_all_word_sizes_and_orders_of_bytes_are_read_in_the_order_of_their_numbers),
	T(nothing_in_a_page_is_trusted),
	T(times_of_a_program_whose_consumer_rested_are_those_of_its_blocks),
	T(a_name_that_was_being_written_is_not_told),
	T(images_of_all_word_sizes_and_orders_of_bytes_are_read),
	T(a_ring_that_has_gone_round_gives_its_last_blocks),
	T(an_event_in_flight_is_left_out_and_told),
	T(the_block_that_may_be_opened_anew_is_left_out),
	T(what_a_stream_and_a_flight_ring_both_have_is_told_once),
	T(a_block_of_a_flight_ring_that_is_being_overwritten_is_left_out_and_counted),
	T(each_block_of_a_flight_ring_is_told_of_its_own_thread),
	T(a_flight_ring_that_nobody_has_written_into_is_empty),
	T(a_flight_ring_that_has_not_gone_round_is_not_damaged),
	T(a_damaged_block_is_left_out_in_bytes_and_the_others_stay),
	T(losses_between_blocks_are_gaps_and_books_close),
	T(events_without_a_definition_are_counted),
	T(a_file_that_is_cut_anywhere_is_refused),
	T(a_head_with_any_byte_changed_is_refused),
	T(a_head_that_lies_under_a_right_sum_does_no_harm),
	T(nothing_behind_the_head_is_trusted),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("ring files by hand", cases, argc, argv);
}

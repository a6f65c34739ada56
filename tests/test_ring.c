/* SPDX-License-Identifier: MIT
 * test_ring.c - one ring, written and read by hand: blocks, pads, escapes, wrap, losses, slots.
 */
#include "ring/ring_consumer.h"
#include "ring/ring_producer.h"
#include "ring/ring_set.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256, SIZE = 1024 };

static _Alignas(64) uint8_t bytes[SIZE + sizeof(struct rill_record)];
static struct rill_ring ring;
static struct rill_cursor cursor;
static uint32_t gap_full, gap_big, gaps;

static void on_gap(void *ctx, struct rill_cursor *c, uint32_t full, uint32_t big)
{
	(void)ctx;
	(void)c;
	gaps++;
	gap_full += full;
	gap_big += big;
}

/* As a new ring, but with positions that begin at `start`. */
static void make_ring(uintptr_t start)
{
	memset(&ring, 0, sizeof ring);
	memset(&cursor, 0, sizeof cursor);
	memset(bytes, 0, sizeof bytes);
	/* What stands behind the ring is none of its records, however much it may look like one. */
	*(struct rill_record *)(void *)(bytes + SIZE) = (struct rill_record){ .words = 2, .id = RILL_ID_SITES, .delta = UINT32_MAX };
	ring.data = bytes;
	ring.size = SIZE;
	ring.block_size = BLOCK;
	ring.bias = (uintptr_t)bytes + (start & (SIZE - 1)) - start;
	ring.block_end = start + BLOCK;
	atomic_store(&ring.commit_pos, start + sizeof(struct rill_block));
	atomic_store(&ring.consume_pos, start);
	cursor.ring = &ring;
	cursor.pos = start;
	cursor.latest = UINT64_MAX;
	gap_full = gap_big = gaps = 0;
}

/* A record of one word of payload; false: full. */
static bool put(uint64_t ticks, uint64_t word)
{
	uintptr_t before = rill_ring_mark(&ring), p = before;
	struct rill_record *r;

	if (ring.block_end - p < 16) {
		p = rill_ring_switch(&ring, p, ticks);
		if (!p) {
			atomic_fetch_add(&ring.lost[RILL_LOST_FULL], 1);
			rill_ring_publish(&ring, before);
			return false;
		}
	}
	r = rill_ring_at(&ring, p);
	r->words = 2;
	r->mask = 1;
	r->id = RILL_ID_SITES;
	r->delta = (uint32_t)(ticks - rill_ring_base(&ring));
	r->payload[0] = word;
	rill_ring_publish(&ring, p + 16);
	return true;
}

static unsigned read_all(uint64_t *expected)
{
	unsigned count = 0;

	rill_cursor_open(&cursor, rill_ring_committed(&ring) & ~(uintptr_t)1, on_gap, NULL);
	for (; cursor.record; rill_cursor_next(&cursor, on_gap, NULL), count++) {
		CU_ASSERT_EQUAL(cursor.record->payload[0], (*expected)++);
	}
	rill_cursor_release(&cursor);
	return count;
}

static void what_is_written_is_read_in_order_over_many_laps(void)
{
	uint64_t written = 0, read = 0;

	make_ring(0);
	for (int lap = 0; lap < 200; lap++) {
		for (int i = 0; i < 13; i++) {
			CU_ASSERT_TRUE(put(100 * written, written));
			written++;
		}
		read_all(&read);
	}
	CU_ASSERT_EQUAL(written, read);
	CU_ASSERT_EQUAL(gaps, 0);
}

static void positions_wrap_without_harm(void)
{
	uint64_t written = 0, read = 0;

	make_ring((uintptr_t)0 - 2 * SIZE);
	for (int lap = 0; lap < 100; lap++) {
		for (int i = 0; i < 13; i++) {
			CU_ASSERT_TRUE(put(written, written));
			written++;
		}
		read_all(&read);
	}
	CU_ASSERT_EQUAL(written, read);
}

static void a_full_ring_discards_the_newest_and_the_gap_is_told_at_the_next_block(void)
{
	uint64_t written = 0, read = 0;
	unsigned kept = 0, lost = 0;

	make_ring(0);
	for (int i = 0; i < 200; i++) {
		if (put(written, written))
			written++, kept++;
		else
			lost++;
	}
	CU_ASSERT_TRUE(lost > 0);
	CU_ASSERT_EQUAL(read_all(&read), kept);	/* keep-first: exactly the oldest */
	CU_ASSERT_EQUAL(gaps, 0);		/* nothing has followed the gap yet */
	CU_ASSERT_TRUE(put(written, written));
	read_all(&read);
	CU_ASSERT_EQUAL(gap_full, lost);
	CU_ASSERT_EQUAL(gaps, 1);
}

static void RB_3_what_was_read_is_not_read_again(void)
{
	uint64_t read = 0;

	make_ring(0);
	put(1, 0);
	CU_ASSERT_EQUAL(read_all(&read), 1);
	CU_ASSERT_EQUAL(read_all(&read), 0);
}

static void a_record_in_flight_is_invisible_and_its_mark_is_not(void)
{
	uintptr_t w;

	make_ring(0);
	rill_ring_mark(&ring);
	w = rill_ring_committed(&ring);
	CU_ASSERT_EQUAL(w & 1, 1);
	rill_cursor_open(&cursor, w & ~(uintptr_t)1, on_gap, NULL);
	CU_ASSERT_PTR_NULL(cursor.record);
}

static void the_reader_frees_a_block_only_behind_its_last_record(void)
{
	uint64_t written = 0;
	uint64_t read = 0;

	make_ring(0);
	while (put(written, written))
		written++;
	rill_cursor_open(&cursor, rill_ring_committed(&ring) & ~(uintptr_t)1, on_gap, NULL);
	for (; read < BLOCK / 16 - 3; read++)
		rill_cursor_next(&cursor, on_gap, NULL);
	rill_cursor_release(&cursor);
	CU_ASSERT_FALSE(put(written, written));	/* one record of the first block is still unread */
	rill_cursor_next(&cursor, on_gap, NULL);
	rill_cursor_next(&cursor, on_gap, NULL);
	rill_cursor_release(&cursor);
	CU_ASSERT_TRUE(put(written, written));
}

static void a_clock_that_goes_back_is_clamped_and_flagged(void)
{
	make_ring(0);
	put(1000, 0);
	put(900, 1);
	put(1001, 2);
	rill_cursor_open(&cursor, rill_ring_committed(&ring), on_gap, NULL);
	CU_ASSERT_EQUAL(cursor.ticks, 1000);
	rill_cursor_next(&cursor, on_gap, NULL);
	CU_ASSERT_EQUAL(cursor.ticks, 1000);
	CU_ASSERT_TRUE(cursor.clamped);
	rill_cursor_next(&cursor, on_gap, NULL);
	CU_ASSERT_EQUAL(cursor.ticks, 1001);
	CU_ASSERT_FALSE(cursor.clamped);
}

/* ---- geometry and slots --------------------------------------------------------------------------- */

static int configure(uint64_t buffer, uint64_t block, uint32_t threads)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = buffer, .block_bytes = block, .threads_max = threads };

	return rill_configure(&c);
}

static void sizes_out_of_range_are_refused_with_a_sentence(void)
{
	CU_ASSERT_EQUAL(configure(511, 0, 0), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(rill_error(), "511"));
	CU_ASSERT_EQUAL(configure(UINT64_C(1) << 63, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(configure((UINT64_C(1) << 30) + 1, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(configure(0, 255, 0), -EINVAL);
	CU_ASSERT_EQUAL(configure(0, 300, 0), -EINVAL);
	CU_ASSERT_EQUAL(configure(512, 512, 0), -EINVAL);
	CU_ASSERT_EQUAL(configure(0, 0, 5000), -EINVAL);
	CU_ASSERT_EQUAL(configure(512, 256, 3), 0);
}

static void slots_are_claimed_once_and_come_back(void)
{
	struct rill_slot *a, *b, *c;

	CU_ASSERT_EQUAL_FATAL(rill_ring_set_create(), 0);
	a = rill_slot_claim(rill_owner(1, 1));
	b = rill_slot_claim(rill_owner(1, 1));
	c = rill_slot_claim(rill_owner(1, 1));
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_TRUE(a != b && b != c && a != c);
	CU_ASSERT_PTR_NULL(rill_slot_claim(rill_owner(1, 1)));
	rill_slot_free(b);
	CU_ASSERT_PTR_EQUAL(rill_slot_claim(rill_owner(1, 1)), b);
	CU_ASSERT_EQUAL(configure(1024, 0, 0), -EBUSY);
}

static void a_slot_keeps_its_position_for_the_next_owner(void)
{
	struct rill_slot *slot = rill_slot_at(0);
	uintptr_t pos;

	rill_slot_publish(slot);
	atomic_store(&slot->ring[0].commit_pos, slot->ring[0].commit_pos + 16);
	pos = atomic_load(&slot->ring[0].commit_pos);
	rill_slot_free(slot);
	CU_ASSERT_PTR_EQUAL(rill_slot_claim(rill_owner(1, 1)), slot);
	CU_ASSERT_EQUAL(atomic_load(&slot->ring[0].commit_pos), pos);
}

static void a_shut_ring_sends_every_record_the_cold_way_wherever_it_stands(void)
{
	const uintptr_t half = UINTPTR_MAX / 2 + 1, starts[] = { 0, half - BLOCK, half, half + SIZE, (uintptr_t)0 - BLOCK };

	for (unsigned i = 0; i < sizeof starts / sizeof starts[0]; i++) {
		uintptr_t p;

		make_ring(starts[i]);
		p = rill_ring_mark(&ring);
		rill_ring_shut(&ring);	/* from another thread, say */
		CU_ASSERT(rill_ring_beyond(&ring, p, 8));
		rill_ring_publish(&ring, p);
	}
}

/* ---- disk mode ---------------------------------------------------------------------------------- */

static bool is_zero(uintptr_t from, uintptr_t to)
{
	for (; from < to; from++)
		if (bytes[from & (SIZE - 1)])
			return false;
	return true;
}

/* The next owner of a page goes on behind the last whole record, and nothing else is left of the event that was not. */
static void what_an_event_that_was_left_has_written_is_wiped_from_its_page(void)
{
	const struct rill_block *const block = (const void *)bytes;
	uintptr_t left;

	if (!RILL_ON(CONFIG_RILL_RING_FILE)) {
		test_skip("this configuration has no ring files");
		return;
	}
	make_ring(0);
	ring.tag = 4711;
	rill_ring_begin(&ring);
	CU_ASSERT(put(1, 2));
	/* It has written to the end, and left for the next block, but had not published that when it was left for good. */
	left = rill_ring_mark(&ring);
	memset(bytes + left, 0x5a, BLOCK - left);
	CU_ASSERT_NOT_EQUAL(rill_ring_switch(&ring, left, 3), 0);
	atomic_store(&ring.commit_pos, left | 1);
	CU_ASSERT_EQUAL(block->layout, RILL_LAYOUT_OF(4711) | RILL_LAYOUT_CLOSED);

	rill_ring_recover(&ring);
	CU_ASSERT_EQUAL(block->layout, RILL_LAYOUT_OF(4711));
	CU_ASSERT(is_zero(left, BLOCK));
	CU_ASSERT(!is_zero(left - 16, left));
}

/* Of a lap before there is nothing in a page that is begun. */
static void a_page_is_zero_behind_its_begin(void)
{
	if (!RILL_ON(CONFIG_RILL_RING_FILE)) {
		test_skip("this configuration has no ring files");
		return;
	}
	make_ring(0);
	ring.tag = 4711;
	ring.owner = rill_owner(1, 2);
	memset(bytes, 0x5a, SIZE);
	rill_ring_begin(&ring);
	CU_ASSERT_EQUAL(rill_ring_committed(&ring), sizeof(struct rill_block) + RILL_OWNER_BYTES);
	CU_ASSERT(is_zero(sizeof(struct rill_block) + RILL_OWNER_BYTES, BLOCK));
}

static const struct test_case cases[] = {
	T(what_an_event_that_was_left_has_written_is_wiped_from_its_page),
	T(a_page_is_zero_behind_its_begin),
	T(what_is_written_is_read_in_order_over_many_laps),
	T(positions_wrap_without_harm),
	T(a_full_ring_discards_the_newest_and_the_gap_is_told_at_the_next_block),
	T(RB_3_what_was_read_is_not_read_again),
	T(a_record_in_flight_is_invisible_and_its_mark_is_not),
	T(the_reader_frees_a_block_only_behind_its_last_record),
	T(a_clock_that_goes_back_is_clamped_and_flagged),
	T(sizes_out_of_range_are_refused_with_a_sentence),
	T(slots_are_claimed_once_and_come_back),
	T(a_slot_keeps_its_position_for_the_next_owner),
	T(a_shut_ring_sends_every_record_the_cold_way_wherever_it_stands),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("ring", cases, argc, argv);
}

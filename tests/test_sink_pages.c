/* SPDX-License-Identifier: MIT
 * test_sink_pages.c - JSON that is complete after every write, whatever the writes run into.
 *
 * The file is a simulated one: its pwrite applies a write page by page, as the kernel does, and
 * shows the file after each page to a checker: that is what a kill at that instant would leave.
 */
#define _GNU_SOURCE
#include "outlet_help.h"
#include "port/linux/sink_pages.h"
#include "test.h"

#include <errno.h>

enum { DISK_BYTES = 4 << 20, PAGE = 512 };	/* small pages: many borders in a short test */

static char *disk;
static size_t disk_size, disk_limit;
static unsigned long states, torn;
static int fail_at, fail_with;	/* the n-th write fails (counted down); 0: never */
static size_t short_max;	/* at most so many bytes per write; 0: all */
static bool check_states;
static unsigned interrupts;	/* EINTR or EAGAIN before each write that moves something */

/* The file as a kill would leave it now: JSON, or, only between the two pages of one write, JSON
 * but for its tail. */
static void check_state(bool between)
{
	struct json_object *root = parse_strict(disk, disk_size);

	states++;
	if (!root && between) {
		char *closed = malloc(disk_size + 1);

		torn++;
		memcpy(closed, disk, disk_size);
		closed[disk_size] = ']';
		root = parse_strict(closed, disk_size + 1);
		free(closed);
	}
	CU_ASSERT_PTR_NOT_NULL(root);
	json_object_put(root);
}

static ssize_t simulated(int fd, const void *data, size_t size, int64_t at)
{
	size_t done = 0, begin = (size_t)at;
	static unsigned turn;

	(void)fd;
	if (interrupts && ++turn % (interrupts + 1)) {
		errno = turn % 64 ? EINTR : EAGAIN;	/* the latter costs a pause */
		return -1;
	}
	if (fail_at && --fail_at == 0) {
		errno = fail_with;
		return -1;
	}
	if (short_max && size > short_max)
		size = short_max;
	if (begin >= disk_limit) {
		errno = ENOSPC;
		return -1;
	}
	if (begin + size > disk_limit)
		size = disk_limit - begin;
	while (done < size) {
		size_t pos = begin + done, step = PAGE - pos % PAGE;

		step = step < size - done ? step : size - done;
		memcpy(disk + pos, (const char *)data + done, step);
		done += step;
		if (pos + step > disk_size)
			disk_size = pos + step;
		if (check_states)
			check_state(done < size);
	}
	return (ssize_t)size;
}

static void fresh(struct rill_pages *pages, const char *tail)
{
	if (!disk)
		disk = malloc(DISK_BYTES);
	disk_size = 0;
	disk_limit = DISK_BYTES;
	states = torn = 0;
	fail_at = 0;
	short_max = interrupts = 0;
	check_states = false;
	CU_ASSERT_EQUAL_FATAL(rill_pages_init(pages, -1, tail), 0);
	pages->page_bytes = PAGE;
	pages->pwrite = simulated;
}

/* A line whose length varies and whose number can be checked. */
static size_t make_line(char *to, unsigned number, unsigned length)
{
	static const char padding[] =
		"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy";

	return (size_t)sprintf(to, "%c{\"n\":%u,\"p\":\"%.*s\"}\n", number ? ',' : '[', number,
			       (int)length, padding);
}

/* Lines first .. first + count - 1. */
static size_t make_lines(char *to, unsigned first, unsigned count, unsigned *seed,
			 unsigned length_max)
{
	size_t size = 0;

	for (unsigned i = 0; i < count; i++)
		size += make_line(to + size, first + i, (unsigned)rand_r(seed) % length_max);
	return size;
}

/* The file holds exactly the numbers 0 .. count - 1 in order. */
static void expect_numbers(unsigned count)
{
	struct json_object *root = parse_strict(disk, disk_size), *list = events_of(root), *n;
	bool right = list && json_object_array_length(list) == count;

	CU_ASSERT_PTR_NOT_NULL(list);
	CU_ASSERT(right);
	for (unsigned i = 0; right && i < count; i++) {
		json_object_object_get_ex(json_object_array_get_idx(list, i), "n", &n);
		CU_ASSERT_EQUAL(json_object_get_int64(n), i);
	}
	json_object_put(root);
}

static void every_state_that_a_kill_can_leave_is_json(void)
{
	static char text[65536];
	struct rill_pages pages;
	unsigned seed = 1, count = 0;

	fresh(&pages, "]\n");
	check_states = true;
	/* The first piece is small: a file of several pages has no "before" that could be kept. */
	for (unsigned piece = 0; piece < 120; piece++) {
		unsigned lines = piece ? 1 + (unsigned)rand_r(&seed) % 25 : 1;

		CU_ASSERT_EQUAL(rill_pages_write(&pages, text,
						 make_lines(text, count, lines, &seed, 170), false),
				0);
		count += lines;
		expect_numbers(count);
	}
	CU_ASSERT(states > 500);
	/* One instant in each step to a new page, and no other. */
	CU_ASSERT(torn <= disk_size / PAGE + 1);
	CU_ASSERT(torn > 0);
	rill_pages_free(&pages);
}

static void no_line_crosses_a_page_and_no_page_is_wasted(void)
{
	static char text[65536];
	struct rill_pages pages;
	unsigned seed = 2, count = 0;
	size_t blanks = 0;

	fresh(&pages, "]\n");
	for (unsigned piece = 0; piece < 100; piece++) {
		CU_ASSERT_EQUAL(rill_pages_write(&pages, text,
						 make_lines(text, count, 40, &seed, 60), false),
				0);
		count += 40;
	}
	expect_numbers(count);
	CU_ASSERT(disk_size < pages.end + 65536);
	for (size_t at = pages.end; at < disk_size; at++)
		CU_ASSERT(disk[at] == ' ');
	disk_size = pages.end;
	for (size_t at = PAGE; at < disk_size; at += PAGE)
		CU_ASSERT(disk[at - 1] == '\n' && disk[at] == ',');
	for (size_t at = 0; at < disk_size; at++)
		blanks += disk[at] == ' ';
	CU_ASSERT(blanks < disk_size / 5);
	CU_ASSERT(disk[disk_size - 2] == ']' && disk[disk_size - 1] == '\n');
	CU_ASSERT(memmem(disk, disk_size, "\n\n", 2) == NULL);
	rill_pages_free(&pages);
}

static void SE_7_pieces_join_to_one_array(void)
{
	struct rill_pages pages;
	struct json_object *root;

	fresh(&pages, "]");
	CU_ASSERT_EQUAL(rill_pages_write(&pages, "[\"bla1\"\n", 8, false), 0);
	CU_ASSERT_EQUAL(rill_pages_write(&pages, ",\"bla2\"\n", 8, false), 0);
	CU_ASSERT_EQUAL(rill_pages_write(&pages, ",\"bla3\"\n,\"bla4\"\n", 16, false), 0);
	root = parse_strict(disk, disk_size);
	CU_ASSERT_STRING_EQUAL(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN),
			       "[\"bla1\",\"bla2\",\"bla3\",\"bla4\"]");
	json_object_put(root);
	rill_pages_free(&pages);
}

static void the_closing_line_takes_the_tails_place(void)
{
	static char text[65536];
	struct rill_pages pages;
	unsigned seed = 3;

	for (unsigned lines = 1; lines < 60; lines++) {
		size_t size;

		fresh(&pages, "]\n");
		size = make_lines(text, 0, lines, &seed, 100);
		CU_ASSERT_EQUAL(rill_pages_write(&pages, text, size, false), 0);
		size = make_lines(text, lines, lines, &seed, 100);
		size += (size_t)sprintf(text + size, "      ]\n");
		CU_ASSERT_EQUAL(rill_pages_write(&pages, text, size, true), 0);
		expect_numbers(2 * lines);
		CU_ASSERT(memcmp(disk + pages.end - 8, "      ]\n", 8) == 0);
		rill_pages_free(&pages);
	}
}

static void lines_longer_than_a_page_are_whole_too(void)
{
	static char text[65536], longer[8192];
	struct rill_pages pages;
	unsigned seed = 4, count = 0;

	memset(longer, 'z', sizeof(longer));
	fresh(&pages, "]\n");
	for (unsigned piece = 0; piece < 60; piece++) {
		size_t size = make_lines(text, count, 3, &seed, 170);

		count += 3;
		size += (size_t)sprintf(text + size, ",{\"n\":%u,\"p\":\"%.*s\"}\n", count++,
					(int)(PAGE / 2 + (unsigned)rand_r(&seed) % (6 * PAGE)),
					longer);
		size += make_lines(text + size, count, 2, &seed, 170);
		count += 2;
		CU_ASSERT_EQUAL(rill_pages_write(&pages, text, size, false), 0);
		expect_numbers(count);
	}
	rill_pages_free(&pages);
}

/* What a run of pieces leaves; the same pieces whatever happens to the writes. */
static size_t run(struct rill_pages *pages, char *copy)
{
	static char text[65536];
	unsigned seed = 5, count = 0;

	for (unsigned piece = 0; piece < 12; piece++) {
		CU_ASSERT_EQUAL(
			rill_pages_write(pages, text, make_lines(text, count, 9, &seed, 90), false),
			0);
		count += 9;
	}
	memcpy(copy, disk, pages->end);
	return pages->end;
}

static void short_writes_and_interruptions_at_every_byte_leave_the_same_file(void)
{
	static char whole[65536], broken[65536];
	struct rill_pages pages;
	size_t size;

	fresh(&pages, "]\n");
	size = run(&pages, whole);
	rill_pages_free(&pages);
	for (size_t most = 1; most <= 2 * PAGE + 1; most += most < 20 ? 1 : 37) {
		fresh(&pages, "]\n");
		short_max = most;
		interrupts = most % 3;
		CU_ASSERT_EQUAL(run(&pages, broken), size);
		CU_ASSERT(memcmp(whole, broken, size) == 0);
		rill_pages_free(&pages);
	}
}

static void an_error_at_any_write_leaves_what_was_there_and_the_next_piece_goes_on(void)
{
	static const int errors[] = { ENOSPC, EIO, EDQUOT };
	static char text[65536];
	struct rill_pages pages;

	for (int at = 1; at < 120; at++) {
		unsigned seed = 6, count = 0, refused = 0;

		fresh(&pages, "]\n");
		CU_ASSERT_EQUAL(
			rill_pages_write(&pages, text, make_lines(text, 0, 1, &seed, 9), false), 0);
		count = 1;
		fail_at = at;
		fail_with = errors[at % 3];
		for (unsigned piece = 0; piece < 20; piece++) {
			size_t size = make_lines(text, count, 9, &seed, 90);
			int error = rill_pages_write(&pages, text, size, false);

			CU_ASSERT(error == 0 || error == -errors[at % 3]);
			if (error)
				refused++;
			else
				count += 9;
			expect_numbers(count);
		}
		CU_ASSERT(refused <= 1);
		rill_pages_free(&pages);
	}
}

static void a_full_disk_keeps_the_file_valid_and_room_again_goes_on(void)
{
	static char text[65536];
	struct rill_pages pages;
	unsigned seed = 7;

	for (size_t limit = PAGE; limit < 6 * PAGE; limit += 13) {
		unsigned count = 1, refused = 0;

		fresh(&pages, "]\n");
		CU_ASSERT_EQUAL(
			rill_pages_write(&pages, text, make_lines(text, 0, 1, &seed, 9), false), 0);
		disk_limit = limit;
		check_states = limit % 8 == 0;
		for (unsigned piece = 0; piece < 40; piece++) {
			size_t size = make_lines(text, count, 3, &seed, 90);

			if (piece == 30)
				disk_limit = DISK_BYTES;
			if (rill_pages_write(&pages, text, size, false) == 0)
				count += 3;
			else
				refused++;
			if (piece == 29)
				expect_numbers(count);
		}
		CU_ASSERT(refused > 0 && refused < 30);
		expect_numbers(count);
		CU_ASSERT(count >= 1 + 30);
		rill_pages_free(&pages);
	}
}

static void when_even_putting_back_fails_it_is_tried_again(void)
{
	static char text[65536];
	struct rill_pages pages;
	unsigned seed = 8;
	size_t size;

	fresh(&pages, "]\n");
	CU_ASSERT_EQUAL(rill_pages_write(&pages, text, make_lines(text, 0, 30, &seed, 90), false),
			0);
	size = make_lines(text, 30, 30, &seed, 90);
	disk_limit = pages.pos - 1;	/* every write near the end fails from here on */
	pages.extent = DISK_BYTES;	/* as if the blanks were there: the failure comes later */
	CU_ASSERT_EQUAL(rill_pages_write(&pages, text, size, false), -ENOSPC);
	CU_ASSERT(pages.torn);
	pages.extent = disk_size;
	CU_ASSERT_EQUAL(rill_pages_write(&pages, text, size, false), -ENOSPC);
	disk_limit = DISK_BYTES;
	CU_ASSERT_EQUAL(rill_pages_write(&pages, text, size, false), 0);
	expect_numbers(60);
	rill_pages_free(&pages);
}

static void the_object_form_is_complete_as_well(void)
{
	struct rill_pages pages;

	fresh(&pages, "]}\n");
	CU_ASSERT_EQUAL(rill_pages_write(&pages, "{\"traceEvents\":[{\"n\":0}\n", 24, false), 0);
	expect_numbers(1);
	for (unsigned i = 1; i < 300; i++) {
		char line[32];

		CU_ASSERT_EQUAL(rill_pages_write(&pages, line,
						 (size_t)sprintf(line, ",{\"n\":%u}\n", i), false),
				0);
		expect_numbers(i + 1);
	}
	rill_pages_free(&pages);
}

static const struct test_case cases[] = {
	T(every_state_that_a_kill_can_leave_is_json),
	T(no_line_crosses_a_page_and_no_page_is_wasted),
	T(SE_7_pieces_join_to_one_array),
	T(the_closing_line_takes_the_tails_place),
	T(lines_longer_than_a_page_are_whole_too),
	T(short_writes_and_interruptions_at_every_byte_leave_the_same_file),
	T(an_error_at_any_write_leaves_what_was_there_and_the_next_piece_goes_on),
	T(a_full_disk_keeps_the_file_valid_and_room_again_goes_on),
	T(when_even_putting_back_fails_it_is_tried_again),
	T(the_object_form_is_complete_as_well),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("sink_pages", cases, argc, argv);
}

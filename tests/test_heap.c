/* SPDX-License-Identifier: MIT
 * test_heap.c - the heap of a static build: blocks never overlap, are aligned, come back, and what does not fit is refused.
 */
#include "test.h"

#include "config.h"
#include "port/heap.h"
#include "random_help.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 200 };

static uint8_t *block[BLOCKS];
static size_t size[BLOCKS];

static bool holds(unsigned i)
{
	for (size_t at = 0; at < size[i]; at++)
		if (block[i][at] != (uint8_t)i)
			return false;
	return true;
}

static void blocks_keep_what_is_written_to_them_and_are_aligned(void)
{
	size_t before = rill_heap_used();
	bool kept = true, aligned = true;

	seed = 42;
	for (unsigned round = 0; round < 20000; round++) {
		unsigned i = (unsigned)(next() % BLOCKS);

		if (block[i] && next() % 3 == 0) {
			size_t more = (size_t)(next() % 600);
			uint8_t *moved = rill_heap_realloc(block[i], more);

			if (moved) {
				block[i] = moved;
				size[i] = more < size[i] ? more : size[i];
			}
		} else if (block[i]) {
			kept = kept && holds(i);
			rill_heap_free(block[i]);
			block[i] = NULL;
		} else {
			size[i] = (size_t)(next() % 600);
			block[i] = round % 2 ? rill_heap_malloc(size[i]) : rill_heap_calloc(1, size[i]);
			aligned = aligned && (uintptr_t)block[i] % _Alignof(max_align_t) == 0;
			for (size_t at = 0; block[i] && round % 2 == 0 && at < size[i]; at++)
				kept = kept && block[i][at] == 0;
		}
		if (block[i])
			memset(block[i], (int)i, size[i]);
	}
	for (unsigned i = 0; i < BLOCKS; i++) {
		kept = kept && (!block[i] || holds(i));
		rill_heap_free(block[i]);
		block[i] = NULL;
	}
	CU_ASSERT(kept);
	CU_ASSERT(aligned);
	CU_ASSERT_EQUAL(rill_heap_used(), before);
}

static void what_does_not_fit_is_refused_and_all_of_it_can_be_taken(void)
{
	size_t before = rill_heap_used(), most = CONFIG_RILL_STATIC_BYTES;
	void *all = NULL;

	CU_ASSERT_PTR_NULL(rill_heap_malloc(SIZE_MAX));
	CU_ASSERT_PTR_NULL(rill_heap_malloc(SIZE_MAX - 8));
	CU_ASSERT_PTR_NULL(rill_heap_calloc(SIZE_MAX / 2, 3));
	CU_ASSERT_PTR_NULL(rill_heap_malloc(CONFIG_RILL_STATIC_BYTES));
	while (most && !(all = rill_heap_malloc(most)))
		most -= 16;
	CU_ASSERT(most >= CONFIG_RILL_STATIC_BYTES - before - 4096);
	CU_ASSERT_PTR_NULL(rill_heap_malloc(8192));
	CU_ASSERT(rill_heap_high() <= CONFIG_RILL_STATIC_BYTES);
	rill_heap_free(all);
	CU_ASSERT_EQUAL(rill_heap_used(), before);
	rill_heap_free(NULL);
}

static void the_last_byte_of_the_heap_is_inside(void)
{
	uint8_t *all[64];
	unsigned count = 0;

	for (size_t bytes = CONFIG_RILL_STATIC_BYTES; bytes && count < 64; bytes /= 2)
		while (count < 64 && (all[count] = rill_heap_malloc(bytes)) != NULL) {
			memset(all[count], 0xff, bytes);
			count++;
		}
	CU_ASSERT(count > 0);
	while (count)
		rill_heap_free(all[--count]);
}

static void a_copy_of_a_text_is_its_own(void)
{
	char text[] = "text", *copy = rill_heap_strdup(text);

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	text[0] = 'n';
	CU_ASSERT_STRING_EQUAL(copy, "text");
	rill_heap_free(copy);
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

static void the_sort_agrees_with_the_c_library(void)
{
	int ours[300], theirs[300];
	bool same = true;

	seed = 7;
	for (size_t count = 0; count <= 300; count += 1 + count / 7) {
		for (size_t i = 0; i < count; i++)
			ours[i] = theirs[i] = (int)(next() % 100) - 50;
		rill_heap_sort(ours, count, sizeof *ours, by_number);
		qsort(theirs, count, sizeof *theirs, by_number);
		same = same && (!count || !memcmp(ours, theirs, count * sizeof *ours));
	}
	CU_ASSERT(same);
}

static void the_child_of_a_bare_fork_finds_its_lock_open(void)
{
	void *p;

	rill_heap_lock();	/* as another thread would have left it */
	rill_heap_forked();
	p = rill_heap_malloc(10);
	CU_ASSERT_PTR_NOT_NULL(p);
	rill_heap_free(p);
}

static const struct test_case cases[] = {
	T(blocks_keep_what_is_written_to_them_and_are_aligned),
	T(what_does_not_fit_is_refused_and_all_of_it_can_be_taken),
	T(the_last_byte_of_the_heap_is_inside),
	T(a_copy_of_a_text_is_its_own),
	T(the_sort_agrees_with_the_c_library),
	T(the_child_of_a_bare_fork_finds_its_lock_open),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("heap", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * test_tail.c - one text or blob and up to two numbers in an event, in every order: the record has each byte right, the padding, too,
 * and no byte is read that the text does not have.
 *
 * Looked at is the ring itself, behind each event; the memory that its record will lie in is filled with other bytes first.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "emit/attach.h"
#include "ring/ring.h"

#include <sys/mman.h>

enum { BUFFER = 1 << 20, BLOCK = 65536, SHAPES = 6, SHORT = 64, LONG = 2100, FILL = 0xa5 };
enum kind { TEXT, COPY, BYTES };

static struct watch w;
static uint64_t emitted, looked_at;

/* Numbers in front of the text, and behind. */
static const struct { uint8_t front, behind; } shapes[SHAPES] = { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 0, 1 }, { 0, 2 }, { 1, 1 } };
static const uint64_t first = 0x1122334455667788, second = 0x99aabbccddeeff00;

#define EMIT(shape, text)                                                                          \
	do {                                                                                       \
		switch (shape) {                                                                   \
		case 0: RILL_INSTANT("tail", "00", "t", text); break;                              \
		case 1: RILL_INSTANT("tail", "10", "a", first, "t", text); break;                  \
		case 2: RILL_INSTANT("tail", "20", "a", first, "b", second, "t", text); break;     \
		case 3: RILL_INSTANT("tail", "01", "t", text, "a", first); break;                  \
		case 4: RILL_INSTANT("tail", "02", "t", text, "a", first, "b", second); break;     \
		default: RILL_INSTANT("tail", "11", "a", first, "t", text, "b", second); break;    \
		}                                                                                  \
	} while (0)

static __attribute__((noinline)) void emit(unsigned shape, enum kind kind, const char *text, uint32_t size)
{
	if (kind == TEXT)
		EMIT(shape, text);
	else if (kind == COPY)
		EMIT(shape, RILL_COPY(text, size));
	else
		EMIT(shape, RILL_BYTES(text, size));
	emitted++;
}

/* ---- what the record has to be ----------------------------------------------------------------------- */

/* In words. */
static size_t expected(uint64_t *to, unsigned shape, const char *text, size_t size)
{
	const uint64_t numbers[] = { first, second };
	uint64_t *from = to;
	unsigned n = 0;

	while (n < shapes[shape].front)
		*to++ = numbers[n++];
	*to++ = text ? size : RILL_TAIL_NULL;
	memset(to, 0, RILL_TAIL_BYTES(size));
	if (size)
		memcpy(to, text, size);
	to += RILL_TAIL_BYTES(size) / 8;
	while (n < shapes[shape].front + shapes[shape].behind)
		*to++ = numbers[n++];
	return (size_t)(to - from);
}

/* The record that ends the ring, which began at `before`, or in a new block; what the same event wrote in front of it is passed over. */
static const struct rill_record *last_record(struct rill_ring *ring, uintptr_t before, uintptr_t block_end, size_t *words)
{
	const struct rill_record *r;

	if (ring->block_end != block_end)
		before = block_end + sizeof(struct rill_block);
	r = (const struct rill_record *)(ring->bias + before);
	if (r->id == RILL_ID_ESCAPE)
		r += 2;
	*words = r->words;
	if (r->id == RILL_ID_LONG)
		*words = r++->delta;
	return r;
}

/* bound: of a COPY, and the size of BYTES. size: what is to come of it. */
static bool arrives(unsigned shape, enum kind kind, const char *text, uint32_t bound, size_t size)
{
	static uint64_t want[LONG / 8 + 8];
	struct rill_ring *ring = &rill_own_slot()->ring[0];
	const uintptr_t before = atomic_load(&ring->commit_pos), block_end = ring->block_end, left = block_end - before;
	const struct rill_record *r;
	size_t words, wanted = expected(want, shape, text, size);

	memset((void *)(ring->bias + before), FILL, left < 8 * wanted + 64 ? left : 8 * wanted + 64);
	emit(shape, kind, text, bound);
	r = last_record(ring, before, block_end, &words);
	NEED_EQUAL(words, wanted + 1);
	NEED(r->id >= RILL_ID_SITES);
	NEED_EQUAL((uintptr_t)r + 8 * words, ring->bias + atomic_load(&ring->commit_pos));
	if (memcmp(r->payload, want, 8 * wanted) != 0) {
		fprintf(stderr, "\nshape %u, kind %d, %zu bytes at %p: not what was emitted\n", shape, kind, size, (const void *)text);
		return false;
	}
	looked_at++;
	return emitted % 100 || rill_session_flush(w.session, 60000) == 0;
}

static bool arrives_in_each_shape(enum kind kind, const char *text, uint32_t bound, size_t size)
{
	for (unsigned shape = 0; shape < SHAPES; shape++)
		NEED(arrives(shape, kind, text, bound, size));
	return true;
}

/* ---- memory that ends, at both sides ------------------------------------------------------------------ */

static char *memory, *memory_end;

static bool map_memory(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	memory = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(memory != MAP_FAILED);
	memory += page;
	memory_end = memory + page;
	NEED(mprotect(memory, page, PROT_READ | PROT_WRITE) == 0);
	for (char *c = memory; c < memory_end; c++)
		*c = (char)('a' + (c - memory) % 23);
	return true;
}

/* With a NUL behind it, which is taken away again. */
static bool terminated(char *text, size_t size, bool (*check)(const char *text, size_t size))
{
	char was = text[size];

	text[size] = 0;
	NEED(check(text, size));
	text[size] = was;
	return true;
}

static bool run(bool (*body)(void))
{
	struct rill_stats stats;

	NEED(configure(BUFFER, BLOCK, 2, 0));
	NEED(map_memory());
	NEED(watch_start(&w, "tail"));
	emit(0, TEXT, "attaches the thread", 0);
	NEED(body());
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(stats.delivered, emitted);
	NEED_EQUAL(looked_at, emitted - 1);
	return true;
}

/* ---- short ones --------------------------------------------------------------------------------------- */

static bool as_text_and_bounded(const char *text, size_t size)
{
	static const uint32_t bounds[] = { 0, 1, 7, 8, 15, 16, 29, 30, 31, 32, 33, 48, 64, 65, 2000, UINT32_MAX };

	NEED(arrives_in_each_shape(TEXT, text, 0, size));
	for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
		NEED(arrives_in_each_shape(COPY, text, bounds[i], size < bounds[i] ? size : bounds[i]));
	NEED(arrives_in_each_shape(COPY, text, (uint32_t)size + 1, size));
	NEED(arrives_in_each_shape(BYTES, text, (uint32_t)size + 1, size + 1));	/* with its NUL */
	return true;
}

static bool short_at_each_address(void)
{
	for (size_t at = 0; at < 32; at++)
		for (size_t size = 0; size <= SHORT; size++)
			NEED(terminated(memory + 64 + at, size, as_text_and_bounded));
	return true;
}

static bool short_ones(void) { return run(short_at_each_address); }

static void texts_of_each_size_at_each_alignment_arrive_byte_for_byte(void)
{
	ISOLATED(short_ones);
}

/* ---- at the ends of the memory ------------------------------------------------------------------------ */

static bool beside_what_may_not_be_read(void)
{
	for (size_t size = 0; size <= SHORT; size++) {
		NEED(terminated(memory_end - size - 1, size, as_text_and_bounded));
		NEED(terminated(memory, size, as_text_and_bounded));
	}
	/* No NUL in front of the end. */
	for (uint32_t size = 0; size <= SHORT; size++) {
		NEED(arrives_in_each_shape(COPY, memory_end - size, size, size));
		NEED(arrives_in_each_shape(BYTES, memory_end - size, size, size));
	}
	return true;
}

static bool at_the_ends(void) { return run(beside_what_may_not_be_read); }

static void no_byte_is_read_behind_a_text_or_its_bound(void)
{
	ISOLATED(at_the_ends);
}

/* ---- long ones ---------------------------------------------------------------------------------------- */

static bool long_text(const char *text, size_t size)
{
	NEED(arrives_in_each_shape(TEXT, text, 0, size));
	NEED(arrives_in_each_shape(COPY, text, (uint32_t)size - 1, size - 1));
	return arrives_in_each_shape(COPY, text, UINT32_MAX, size);
}

static bool of_every_length(void)
{
	for (size_t size = SHORT; size < LONG; size += size < 1980 ? 13 : 1) {	/* over what a plain record holds */
		NEED(terminated(memory_end - size - 1, size, long_text));
		NEED(arrives_in_each_shape(COPY, memory_end - size, (uint32_t)size, size));
		NEED(arrives_in_each_shape(BYTES, memory_end - size, (uint32_t)size, size));
	}
	return true;
}

static bool long_ones(void) { return run(of_every_length); }

static void long_texts_arrive_whether_their_records_are_plain_or_not(void)
{
	ISOLATED(long_ones);
}

/* ---- none --------------------------------------------------------------------------------------------- */

static bool null_pointers(void)
{
	NEED(arrives_in_each_shape(TEXT, NULL, 0, 0));
	NEED(arrives_in_each_shape(COPY, NULL, 0, 0));
	NEED(arrives_in_each_shape(COPY, NULL, 5, 0));
	NEED(arrives_in_each_shape(COPY, NULL, 500, 0));
	return arrives_in_each_shape(BYTES, NULL, 0, 0);
}

static bool none(void) { return run(null_pointers); }

static void a_text_that_is_null_arrives_as_null(void)
{
	ISOLATED(none);
}

static const struct test_case cases[] = {
	T(texts_of_each_size_at_each_alignment_arrive_byte_for_byte),
	T(no_byte_is_read_behind_a_text_or_its_bound),
	T(long_texts_arrive_whether_their_records_are_plain_or_not),
	T(a_text_that_is_null_arrives_as_null),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("texts in the ring", cases, argc, argv);
}

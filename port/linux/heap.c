/* SPDX-License-Identifier: MIT
 * heap.c - the heap of a static build: units of 32 bytes in .bss, and a bit for each.
 *
 * A block is a run of units with its size in front. Taking one sets its bits, giving it back clears them; nothing else says
 * which units are free. So the child of a bare fork, which may find another thread's change half made, can lose units, but
 * never hand one out twice. First fit: rill takes nearly everything when a session starts, and little comes and goes.
 */
#include "port/heap.h"

#include "config.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { UNIT = 32, HEAD = 16, WORD_BITS = 32, UNITS = CONFIG_RILL_STATIC_BYTES / UNIT };

_Static_assert(HEAD >= sizeof(size_t) && HEAD % _Alignof(max_align_t) == 0, "a block behind its head is aligned for every type");

static uint8_t units[UNITS * UNIT] __attribute__((aligned(64)));
static uint32_t taken[(UNITS + WORD_BITS - 1) / WORD_BITS];
static size_t used, high;	/* units */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_taken(size_t unit)
{
	return taken[unit / WORD_BITS] >> unit % WORD_BITS & 1;
}

static void mark(size_t first, size_t count, bool on)
{
	for (size_t unit = first; unit < first + count; unit++)
		if (on)
			taken[unit / WORD_BITS] |= UINT32_C(1) << unit % WORD_BITS;
		else
			taken[unit / WORD_BITS] &= ~(UINT32_C(1) << unit % WORD_BITS);
}

/* Units for size bytes and their head; 0: more than there are. */
static size_t units_for(size_t size)
{
	return size > sizeof units - HEAD ? 0 : (size + HEAD + UNIT - 1) / UNIT;
}

/* The first free run of count units; UNITS: none. */
static size_t find(size_t count)
{
	size_t run = 0;

	for (size_t unit = 0; unit < UNITS; unit++) {
		if (unit % WORD_BITS == 0 && taken[unit / WORD_BITS] == UINT32_MAX) {
			unit += WORD_BITS - 1;
			run = 0;
			continue;
		}
		run = is_taken(unit) ? 0 : run + 1;
		if (run == count)
			return unit + 1 - count;
	}
	return UNITS;
}

static size_t *size_of(void *block)
{
	return (size_t *)(void *)((uint8_t *)block - HEAD);
}

void *rill_heap_malloc(size_t size)
{
	size_t count = units_for(size), first = UNITS;
	void *block = NULL;

	rill_heap_lock();
	if (count)
		first = find(count);
	if (first < UNITS) {
		mark(first, count, true);
		block = units + first * UNIT + HEAD;
		*size_of(block) = size;
		used += count;
		if (high < used)
			high = used;
	}
	rill_heap_unlock();
	return block;
}

void *rill_heap_calloc(size_t count, size_t size)
{
	void *block = size && count > SIZE_MAX / size ? NULL : rill_heap_malloc(count * size);

	return block ? memset(block, 0, count * size) : NULL;
}

void *rill_heap_realloc(void *block, size_t size)
{
	void *other;

	if (block && units_for(size) == units_for(*size_of(block))) {
		*size_of(block) = size;
		return block;
	}
	other = rill_heap_malloc(size);
	if (other && block) {
		memcpy(other, block, size < *size_of(block) ? size : *size_of(block));
		rill_heap_free(block);
	}
	return other;
}

void rill_heap_free(void *block)
{
	size_t count;

	if (!block)
		return;
	count = units_for(*size_of(block));
	rill_heap_lock();
	mark((size_t)((uint8_t *)block - HEAD - units) / UNIT, count, false);
	used -= count;
	rill_heap_unlock();
}

char *rill_heap_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = rill_heap_malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

size_t rill_heap_used(void)
{
	return used * UNIT;
}

size_t rill_heap_high(void)
{
	return high * UNIT;
}

void rill_heap_lock(void)
{
	pthread_mutex_lock(&lock);
}

void rill_heap_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void rill_heap_forked(void)
{
	pthread_mutex_init(&lock, NULL);
}

/* SPDX-License-Identifier: MIT
 * heap_sort.c - qsort() for a static build: the C library's takes memory for more than a few elements.
 */
#include "port/heap.h"

#include <stdint.h>

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
	while (size--) {
		const uint8_t byte = a[size];

		a[size] = b[size];
		b[size] = byte;
	}
}

/* Shell's sort: in place, and a few thousand names at most. */
void rill_heap_sort(void *base, size_t count, size_t size, int (*compare)(const void *a, const void *b))
{
	uint8_t *at = base;

	for (size_t gap = count / 2; gap; gap /= 2)
		for (size_t i = gap; i < count; i++)
			for (size_t k = i; k >= gap && compare(at + (k - gap) * size, at + k * size) > 0; k -= gap)
				swap(at + (k - gap) * size, at + k * size, size);
}

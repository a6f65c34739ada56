/* SPDX-License-Identifier: MIT
 * heap_names.h - in a static build the C library's names mean rill's own heap (heap.h). The build puts this file before each
 * source of the library, so that nothing has to be written twice.
 */
#ifndef RILL_PORT_HEAP_NAMES_H
#define RILL_PORT_HEAP_NAMES_H

#include "port/heap.h"

/* No header of the C library before the source says which of its features it wants. Where <stdlib.h> declares malloc() it then
 * declares the heap's function once more, by the same prototype. */
#define malloc(size) rill_heap_malloc(size)
#define calloc(count, size) rill_heap_calloc(count, size)
#define realloc(block, size) rill_heap_realloc(block, size)
#define free(block) rill_heap_free(block)
#define strdup(text) rill_heap_strdup(text)
#define qsort(base, count, size, compare) rill_heap_sort(base, count, size, compare)

#endif

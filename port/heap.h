/* SPDX-License-Identifier: MIT
 * heap.h - in a static build (CONFIG_RILL_STATIC) what rill takes and gives back is memory of its own in .bss. The library's sources
 * use it by the C library's names (heap_names.h). When it is used up, what asks fails as it does where malloc() fails.
 */
#ifndef RILL_PORT_HEAP_H
#define RILL_PORT_HEAP_H

#include <stddef.h>

/* Any thread, not from a signal handler. Aligned for every type; zeroed where calloc is; NULL: used up. */
void *rill_heap_malloc(size_t size);
void *rill_heap_calloc(size_t count, size_t size);
void *rill_heap_realloc(void *block, size_t size);
void rill_heap_free(void *block);
char *rill_heap_strdup(const char *text);

/* In place of qsort(), which takes memory; elements that compare equal come in any order. */
void rill_heap_sort(void *base, size_t count, size_t size, int (*compare)(const void *a, const void *b));

/* Bytes that are taken now, and the most that ever were, of CONFIG_RILL_STATIC_BYTES. */
size_t rill_heap_used(void);
size_t rill_heap_high(void);

/* Around fork: nobody is inside while the address space is copied. In a child made by the bare system call somebody may have been;
 * what that thread was taking or giving back stays taken. */
void rill_heap_lock(void);
void rill_heap_unlock(void);
void rill_heap_forked(void);

#endif

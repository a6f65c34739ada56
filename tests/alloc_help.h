/* SPDX-License-Identifier: MIT
 * alloc_help.h - for programs that are linked with --wrap=malloc,--wrap=calloc,--wrap=realloc: the C library's functions, and those
 * that the program puts in their place.
 */
#ifndef RILL_TESTS_ALLOC_HELP_H
#define RILL_TESTS_ALLOC_HELP_H

#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

#endif

/* SPDX-License-Identifier: MIT
 * probe.c - what rill takes of memory at run time while four threads trace, in the program that `make size` links.
 *
 * The linker sends the calls of rill, and of the libraries linked in with it, through the functions below (--wrap). Printed are the
 * most bytes of heap at one time, the pages that hold the rings, touched or not, and the stacks of rill's own threads. Threads of the
 * program bring their own stacks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 4, EVENTS = 1000 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *block);
void *__real_rill_port_pages(size_t size);
int __real_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);
void *__wrap_rill_port_pages(size_t size);
int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*run)(void *), void *arg);

static _Atomic size_t heap, heap_most, pages, stacks;

static void *took(void *block)
{
	size_t now = atomic_fetch_add(&heap, malloc_usable_size(block)) + malloc_usable_size(block);
	size_t most = atomic_load(&heap_most);

	while (now > most && !atomic_compare_exchange_weak(&heap_most, &most, now))
		;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return took(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return took(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	atomic_fetch_sub(&heap, malloc_usable_size(block));
	return took(__real_realloc(block, size));
}

char *__wrap_strdup(const char *text)
{
	return took(__real_strdup(text));
}

void __wrap_free(void *block)
{
	atomic_fetch_sub(&heap, malloc_usable_size(block));
	__real_free(block);
}

void *__wrap_rill_port_pages(size_t size)
{
	atomic_fetch_add(&pages, size);
	return __real_rill_port_pages(size);
}

/* rill says how large a stack it wants, this program does not. */
int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	size_t size = 0;

	if (attr && pthread_attr_getstacksize(attr, &size) == 0)
		atomic_fetch_add(&stacks, size);
	return __real_pthread_create(id, attr, run, arg);
}

static void *emit(void *unused)
{
	for (int i = 0; i < EVENTS; i++) {
		RILL_SCOPE("size", "work", "i", i);
		RILL_INSTANT("size", "tick");
		RILL_COUNTER("size", "level", "value", i);
	}
	return unused;
}

int main(void)
{
	struct rill_session_options options = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *session;
	pthread_t threads[THREADS];

	options.out = RILL_OUT_FD;
	options.fd = open("/dev/null", O_WRONLY);
	if (rill_session_start(&options, &session) < 0) {
		fprintf(stderr, "probe: %s\n", rill_error());
		return 1;
	}
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, emit, NULL) != 0)
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	rill_session_stop(session);
	printf("heap=%zu pages=%zu stacks=%zu\n", (size_t)heap_most, (size_t)pages, (size_t)stacks);
	return 0;
}

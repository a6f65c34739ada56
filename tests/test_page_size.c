/* SPDX-License-Identifier: MIT
 * test_page_size.c - on machines whose pages are larger than 4096 bytes (64-bit ARM has 16 and 64 KiB) everything works as elsewhere.
 *
 * The linker puts our sysconf() in front of the system's (tests/build.mk). Where memory is given back, the real page counts: a larger
 * one only gives back less.
 */
#define _GNU_SOURCE
#include "watch_help.h"

#include "port/port.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

enum { THREADS = 3, EVENTS = 6000 };

long __real_sysconf(int name);
long __wrap_sysconf(int name);

static long page_bytes;

long __wrap_sysconf(int name)
{
	return name == _SC_PAGESIZE ? page_bytes : __real_sysconf(name);
}

static const long sizes[] = { 4096, 16384, 65536 };

/* Runs a case with each size. */
static void with_each_size(bool (*body)(void))
{
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		page_bytes = sizes[i];
		ISOLATED(body);
	}
}

/* ---- a file that is complete after every write ---------------------------------------------------- */

static void *producer(void *number)
{
	for (uint64_t n = 0; n < EVENTS; n++)
		RILL_INSTANT("pages", "event", "who", (uint64_t)(uintptr_t)number, "n", n);
	return NULL;
}

static char *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *text = malloc(8 << 20);

	*size = file && text ? fread(text, 1, (8 << 20) - 1, file) : 0;
	if (text)
		text[*size] = '\0';
	if (file)
		fclose(file);
	return text;
}

/* The file is an array that is closed; what follows are blanks, where it lies ready for more. */
static bool complete(const char *path, unsigned events)
{
	unsigned count = 0;
	size_t size;
	char *text = read_whole(path, &size);

	NEED(strlen(text) == size);
	while (size > 0 && strchr(" \n", text[size - 1]))
		size--;
	NEED(size > 2 && text[0] == '[' && text[size - 1] == ']' && text[size - 2] == '\n');
	for (const char *at = text; (at = strstr(at, "\"name\":\"event\"")); at++)
		count++;
	free(text);
	NEED_EQUAL(count, events);
	return true;
}

static bool write_file(void)
{
	struct rill_session_options o = RILL_SESSION_OPTIONS_INIT;
	struct rill_session *s;
	char path[] = "/tmp/rill-page-XXXXXX";
	pthread_t t[THREADS];
	const int fd = mkstemp(path);
	bool right;

	NEED(fd >= 0);
	close(fd);
	NEED(configure(1 << 20, 0, 8, 0));
	o.file = path;
	o.format = RILL_FORMAT_JSON;
	o.filter = "pages";
	NEED_EQUAL(rill_session_start(&o, &s), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		NEED(pthread_create(&t[i], NULL, producer, (void *)i) == 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	NEED_EQUAL(rill_session_flush(s, 60000), 0);
	right = complete(path, THREADS * EVENTS);
	RILL_INSTANT("pages", "event", "who", 0, "n", EVENTS);
	NEED_EQUAL(rill_session_stop(s), 0);
	right = right && complete(path, THREADS * EVENTS + 1);
	unlink(path);
	return right;
}

static void a_file_is_complete_after_every_flush_whatever_the_size_of_a_page(void)
{
	with_each_size(write_file);
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static bool give_memory_back(void)
{
	const size_t size = 1 << 18;
	uint8_t *pages = rill_port_pages(size), *from = pages + 100;
	const size_t inside = size - 200;

	NEED(pages != NULL);
	memset(pages, 7, size);
	rill_port_pages_empty(from, inside);
	for (size_t i = 0; i < size; i++) {
		const uintptr_t at = (uintptr_t)&pages[i], page = at / (uintptr_t)page_bytes * (uintptr_t)page_bytes;
		const bool whole = page >= (uintptr_t)from && page + (uintptr_t)page_bytes <= (uintptr_t)from + inside;

		NEED_EQUAL(pages[i], whole ? 0 : 7);
	}
	return true;
}

static void memory_is_given_back_by_whole_pages(void)
{
	with_each_size(give_memory_back);
}

static void *come_and_go(void *unused)
{
	RILL_INSTANT("pages", "thread");
	return unused;
}

static void *last(void *handle)
{
	*(bool *)handle = true;
	return NULL;
}

static bool start_threads(void)
{
	const struct rill_port_thread_options options = { .name = "small", .stack_bytes = 20000 };
	struct watch w = { .events = 0 };
	struct rill_stats stats;
	unsigned long handle;
	bool ran = false;

	NEED_EQUAL(rill_port_thread_start(&options, last, &ran, &handle), 0);
	rill_port_thread_join(handle);
	NEED(ran);
	NEED(watch_start(&w, "pages"));
	for (unsigned i = 0; i < 50; i++) {
		pthread_t t;

		NEED(pthread_create(&t, NULL, come_and_go, NULL) == 0);
		pthread_join(t, NULL);
	}
	NEED(watch_stop(&w, &stats));
	NEED_EQUAL(w.events, 50);
	return true;
}

static void stacks_are_whole_pages(void)
{
	with_each_size(start_threads);
}

static const struct test_case cases[] = {
	T(a_file_is_complete_after_every_flush_whatever_the_size_of_a_page),
	T(memory_is_given_back_by_whole_pages),
	T(stacks_are_whole_pages),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("page_size", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * kinds.c - a program with an argument of every kind, ids of every form, and names that no language likes, for
 * readers of formats that need names to be words. `kinds burst N` emits N events a thread without a pause, far more than a
 * small ring holds.
 */
#include <math.h>
#include <pthread.h>
#include <rill/session.h>
#include <rill/trace.h>
#include <stdlib.h>
#include <string.h>

static long burst_count;

static void *burst(void *arg)
{
	rill_thread_name((const char *)arg);
	for (long i = 0; i < burst_count; i++)
		RILL_INSTANT("burst", "step", "i", i);
	return NULL;
}

static int run_bursts(void)
{
	static const char *const names[] = { "one", "two", "three" };
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		if (pthread_create(&threads[i], NULL, burst, (void *)names[i]))
			return 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static void numbers(void)
{
	RILL_INSTANT("kinds", "signed", "a", (signed char)-128, "b", (short)-32768, "c", -2147483647 - 1, "d",
		     (long long)INT64_MIN);
	RILL_INSTANT("kinds", "unsigned", "a", (unsigned char)255, "b", (unsigned short)65535, "c", 4294967295u, "d",
		     (unsigned long long)UINT64_MAX);
	RILL_INSTANT("kinds", "truth", "yes", (_Bool)1, "no", (_Bool)0);
	RILL_INSTANT("kinds", "floats", "a", 0.1f, "b", -0.0f, "c", (float)INFINITY, "d", (float)NAN);
	RILL_INSTANT("kinds", "doubles", "a", 0.1, "b", 5e-324, "c", 1.7976931348623157e308, "d", (double)-INFINITY, "e",
		     (double)NAN, "f", 1e23);
	RILL_INSTANT("kinds", "pointers", "a", (void *)UINTPTR_MAX, "b", (void *)NULL);
	RILL_COUNTER("kinds", "level", "low", -1, "high", 2.5);
}

static void texts(void)
{
	static const char with_zero[] = "before\0behind";
	static char long_text[100000];
	char *null = NULL;

	memset(long_text, 'x', sizeof long_text - 1);
	RILL_INSTANT("kinds", "texts", "empty", "", "null", null, "odd", "q\"b\\n\n\t\1\177",
		     "utf8", "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", "broken", "a\xff\xc3(\xe2\x82z");
	RILL_INSTANT("kinds", "copies", "cut", RILL_COPY("0123456789", 4), "whole", RILL_COPY("0123", 40));
	RILL_INSTANT("kinds", "bytes", "some", RILL_BYTES(with_zero, sizeof with_zero), "none", RILL_BYTES(with_zero, 0));
	RILL_INSTANT("kinds", "long", "text", long_text, "behind", 7);
}

static void ids(void)
{
	RILL_ASYNC_BEGIN("kinds", "local", RILL_ID_LOCAL(1));
	RILL_ASYNC_END("kinds", "local", RILL_ID_LOCAL(1));
	RILL_ASYNC_BEGIN("kinds", "global", RILL_ID_GLOBAL(UINT64_MAX));
	RILL_ASYNC_END("kinds", "global", RILL_ID_GLOBAL(UINT64_MAX));
	RILL_ASYNC_BEGIN("kinds", "scoped", RILL_ID_SCOPED("sc\"ope", 3), "n", 1);
	RILL_ASYNC_END("kinds", "scoped", RILL_ID_SCOPED("sc\"ope", 3));
	RILL_SAMPLE("kinds", "sample", 9, "n", 1);
	RILL_CLOCK_SYNC("a sync id");
}

/* Arguments of these names, each with its number. */
static void odd(const char *category, const char *name, unsigned count, const char *const *arg_names)
{
	struct rill_arg args[8];

	for (unsigned i = 0; i < count; i++)
		args[i] = RILL_ARG((int)i);
	rill_emit('I', category, name, 0, RILL_FLAG_SCOPE_THREAD, count, arg_names, args);
}

#define ODD(category, name, ...)                                                                              \
	odd(category, name, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), (const char *[]){ __VA_ARGS__ })

/* No call site may have these. */
static void names(void)
{
	ODD("kinds", "quote\"back\\line\nbell\a", "a b", "", "_", "_x20", "Bool", "int", "struct");
	ODD("kinds", "\xc3\xa9\xe6\xbc\xa2", "gr\xc3\xb6\xc3\x9f", "1st", "a.b-c", "event", "\"");
	ODD("kinds", "broken\xff", "id", "timestamp", "clock", "_vpid", "Complex", "__", "\xc3(");
	ODD("kinds,kinds.\"quoted\"", "", "twice", "twice", "twice", "twice_x00");
	ODD("kinds\n{}", "event { };", "}; event", "*/", "/*", "%s%n");
	ODD("kinds", "int", "stream.event.header.id", "env.x", "trace");
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "burst")) {
		burst_count = atol(argv[2]);
		return run_bursts();
	}
	rill_thread_name("a thread whose name is longer than what is shown with each event \xe6\xbc\xa2");
	rill_thread_sort_index(-7);
	numbers();
	texts();
	ids();
	names();
	return 0;
}

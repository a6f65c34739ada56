/* SPDX-License-Identifier: MIT
 * hot.c - functions with one event each (-DON), and the same functions without: what an event that is off adds to them.
 */
#include <rill/trace.h>

#ifdef __clang__
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noipa))
#endif

#ifdef ON
#define EVENT(...) __VA_ARGS__
#else
#define EVENT(...)
#endif

#ifdef __cplusplus
extern "C" {
#endif
int work(int x);
int no_argument(int x);
int one_number(int x);
int two_numbers(int x, int y);
int texts(int x, const char *s);
int one_text(int x, const char *s);
int six_arguments(int x, int y, const char *s);
int seven_arguments(int x, int y, const char *s);
int with_id(int x);
int leaf(int x);
int scope(int x);
int no_argument_beside_another(int x, int y);
#ifdef __cplusplus
}
#endif

NOINLINE int no_argument(int x)
{
	x = work(x);
	EVENT(RILL_INSTANT("hot", "no_argument");)
	return work(x) + 1;
}

NOINLINE int one_number(int x)
{
	x = work(x);
	EVENT(RILL_INSTANT("hot", "one_number", "x", x);)
	return work(x) + 1;
}

NOINLINE int two_numbers(int x, int y)
{
	x = work(x);
	EVENT(RILL_COUNTER("hot", "two_numbers", "x", x, "y", y);)
	return work(x) + y;
}

NOINLINE int texts(int x, const char *s)
{
	x = work(x);
	EVENT(RILL_INSTANT("hot", "texts", "x", x, "s", s, "literal", "text");)
	return work(x) + (s != NULL);
}

NOINLINE int one_text(int x, const char *s)
{
	x = work(x);
	EVENT(RILL_INSTANT("hot", "one_text", "x", x, "s", s);)
	return work(x) + (s != NULL);
}

NOINLINE int six_arguments(int x, int y, const char *s)
{
	x = work(x);
	EVENT(RILL_INSTANT("hot", "six_arguments", "x", x, "y", y, "s", s, "sum", x + y, "twice", x * 2, "not", !x);)
	return work(x) + y + (s != NULL);
}

NOINLINE int seven_arguments(int x, int y, const char *s)
{
	x = work(x);
	EVENT(RILL_INSTANT("hot", "seven_arguments", "x", x, "y", y, "s", s, "sum", x + y, "twice", x * 2, "not", !x, "one", 1);)
	return work(x) + y + (s != NULL);
}

NOINLINE int with_id(int x)
{
	x = work(x);
	EVENT(RILL_ASYNC_BEGIN("hot", "with_id", x, "x", x);)
	return work(x) + 1;
}

NOINLINE int leaf(int x)
{
	EVENT(RILL_INSTANT("hot", "leaf");)
	return x + 1;
}

NOINLINE int scope(int x)
{
	EVENT(RILL_SCOPE("hot", "scope", "x", x);)
	return work(x) + 1;
}

/* One saved register more or less decides whether the stack pointer has to be moved for the event's sake. */
NOINLINE int no_argument_beside_another(int x, int y)
{
	x = work(x);
	EVENT(RILL_INSTANT("hot", "no_argument_beside_another");)
	return work(x) + y;
}

#ifdef MAIN
NOINLINE int work(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x;
}

int main(int argc, char **argv)
{
	int sum = 0;

	for (int i = 0; i < 100; i++)
		sum += no_argument(i) + one_number(i) + two_numbers(i, i) + texts(i, argv[0]) +
		       six_arguments(i, i, argv[0]) + seven_arguments(i, i, argv[0]) + with_id(i) + leaf(i) +
		       scope(i) + no_argument_beside_another(i, i) + one_text(i, argv[0]);
	return sum == argc;
}
#endif

/* SPDX-License-Identifier: MIT
 * test_any_texts.c - texts as arguments, in every configuration that has them (CONFIG_RILL_ARG_TEXTS).
 */
#define _GNU_SOURCE
#include "any_help.h"

static void texts_of_all_kinds_arrive(void)
{
	char changing[] = "a text that is found again";
	struct trace t;

	if (!start(&t, NULL))
		return;
	t.wanted = "a text that is found again";
	t.unwanted = "but not this";
	RILL_INSTANT("any", "tick", "text", (const char *)changing);
	memset(changing, 'x', sizeof changing - 1);	/* it was copied */
	flush(&t);
	RILL_INSTANT("any", "tick", "short", "text", "i", 1, "null", (const char *)NULL, "empty", "");
	flush(&t);
	RILL_INSTANT("any", "tick", "some of it", RILL_COPY("all but not this", 4));
	flush(&t);
	RILL_INSTANT("any", "tick", "one", "text", "two", "texts", "three", "of them", "four", 4, "five", 5, "six", 6, "seven", "to seven");
	stop(&t, 4);
	CU_ASSERT_EQUAL(t.stats.delivered, 4);
}

static void long_texts_are_cut_and_the_books_close(void)
{
	static char text[3000];
	struct trace t;

	memset(text, 'x', sizeof text - 1);
	if (!start(&t, NULL))
		return;
	for (unsigned i = 0; i < 10; i++)
		RILL_INSTANT("any", "tick", "long", text, "another", text, "i", i);
	stop_behind_long(&t, 10);
}

static const struct test_case cases[] = {
	T(texts_of_all_kinds_arrive),
	T(long_texts_are_cut_and_the_books_close),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("any_texts", cases, argc, argv);
}

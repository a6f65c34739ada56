/* SPDX-License-Identifier: MIT
 * test_any_blobs.c - bytes as arguments, in every configuration that has them (CONFIG_RILL_ARG_BLOBS).
 */
#define _GNU_SOURCE
#include "any_help.h"

static void bytes_arrive_as_they_are(void)
{
	static const char bytes[] = "\x01 bytes \xff";
	struct trace t;

	if (!start(&t, NULL))
		return;
	t.wanted = RILL_ON(CONFIG_RILL_BINARY) ? bytes : "\"hex:0120627974657320ff";
	RILL_INSTANT("any", "tick", "bytes", RILL_BYTES(bytes, sizeof bytes - 1));
	flush(&t);
	RILL_INSTANT("any", "tick", "none", RILL_BYTES(bytes, 0), "i", 1, "null", RILL_BYTES(NULL, 0));
	stop(&t, 2);
	CU_ASSERT_EQUAL(t.stats.delivered, 2);
}

static void many_bytes_are_cut_and_the_books_close(void)
{
	static unsigned char bytes[3000];
	struct trace t;

	memset(bytes, 0xfe, sizeof bytes);
	if (!start(&t, NULL))
		return;
	for (unsigned i = 0; i < 10; i++)
		RILL_INSTANT("any", "tick", "many", RILL_BYTES(bytes, sizeof bytes), "i", i, "again", RILL_BYTES(bytes, sizeof bytes));
	stop_behind_long(&t, 10);
}

static const struct test_case cases[] = {
	T(bytes_arrive_as_they_are),
	T(many_bytes_are_cut_and_the_books_close),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("any_blobs", cases, argc, argv);
}

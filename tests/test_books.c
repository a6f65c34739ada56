/* SPDX-License-Identifier: MIT
 * test_books.c - a stop closes the books by itself: no flush goes before it here.
 */
#define _GNU_SOURCE
#include "watch_help.h"

/* The consumer looks once a minute, and nobody wakes it: the stop finds everything in the rings. */
static bool events_in_the_rings(void)
{
	struct rill_config c = { .size = sizeof c, .buffer_bytes = 65536, .period_ms = 60000, .wake = RILL_WAKE_POLL };

	NEED(rill_configure(&c) == 0);
	for (uint64_t count = 1; count < 1000; count *= 3) {
		struct watch w = { .session = NULL };

		NEED(watch_start(&w, "books"));
		sleep_ms(5);
		for (uint64_t i = 0; i < count; i++)
			RILL_INSTANT("books", "event", "i", i);
		NEED(rill_session_stop(w.session) == 0);
		NEED_EQUAL(w.events, count);
		NEED_EQUAL(w.lost_total, 0);
	}
	return true;
}

static void a_stop_brings_in_what_lies_in_the_rings(void)
{
	ISOLATED(events_in_the_rings);
}

static const struct test_case cases[] = {
	T(a_stop_brings_in_what_lies_in_the_rings),
};

int main(int argc, char **argv)
{
	return TEST_MAIN("books", cases, argc, argv);
}

/* SPDX-License-Identifier: MIT
 * enabled.c - a loop around one kind of event while a session wants it, for callgrind.
 *
 *     enabled KIND ROUNDS     KIND 0 is the empty loop
 */
#include "record.h"

#include <unistd.h>

#define LOOP(name, ...)                                                                            \
	static NOINLINE void name(int rounds, const char *text)                                    \
	{                                                                                          \
		(void)text;                                                                        \
		for (int64_t i = 0; i < rounds; i++) {                                             \
			__asm__ volatile("" : "+r"(i) : : "memory");                               \
			__VA_ARGS__;                                                               \
		}                                                                                  \
	}
LOOP(empty, (void)0)
LOOP(no_argument, RILL_INSTANT("cost", "no_argument"))
LOOP(one_number, RILL_INSTANT("cost", "one_number", "i", i))
LOOP(two_numbers, RILL_INSTANT("cost", "two_numbers", "i", i, "rounds", rounds))
LOOP(numbers_and_text, RILL_INSTANT("cost", "numbers_and_text", "i", i, "rounds", rounds, "text", text))
LOOP(scope, RILL_SCOPE("cost", "scope", "i", i))
LOOP(text, RILL_INSTANT("cost", "text", "text", text))
LOOP(number_and_text, RILL_INSTANT("cost", "number_and_text", "i", i, "text", text))

int main(int argc, char **argv)
{
	static void (*const kinds[])(int, const char *) = {
		empty, no_argument, one_number, two_numbers, numbers_and_text, scope, text, number_and_text,
	};
	const unsigned kind = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	struct rill_config config = { .size = sizeof config, .wake = RILL_WAKE_POLL, .period_ms = 60000,
				      .buffer_bytes = 1 << 20, .block_bytes = 1 << 16 };
	struct rill_session *session;

	if (kind >= sizeof kinds / sizeof kinds[0] || rill_configure(&config) < 0)
		return 2;
	session = record_start("cost", record_sites_only);
	kinds[kind](1, "sixteen bytes 16");	/* attaches the thread */
	kinds[kind](argc > 2 ? atoi(argv[2]) : 0, "sixteen bytes 16");
	_exit(session ? 0 : 2);
}

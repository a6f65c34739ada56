/* SPDX-License-Identifier: MIT
 * crash.c - a server that goes wrong: it answers requests, more of them wait from second to second, and then it follows a null pointer.
 */
#include <rill/trace.h>

#include <stddef.h>
#include <unistd.h>

enum { REQUESTS = 2000, FREE_SLOTS = 1500 };

static int table[FREE_SLOTS];

/* NULL: the table is full, which nobody has thought of. */
static int *find_slot(int number)
{
	RILL_SCOPE("server", "find_slot", "number", number);

	return number < FREE_SLOTS ? &table[number] : NULL;
}

static void answer(int number)
{
	RILL_SCOPE("server", "answer", "number", number);

	usleep(500);
	*find_slot(number) = number;
}

int main(void)
{
	for (int i = 0; i < REQUESTS; i++) {
		RILL_COUNTER("server", "table", "used", i);
		answer(i);
	}
	return 0;
}

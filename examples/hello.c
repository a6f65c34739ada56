/* SPDX-License-Identifier: MIT - hello.c: the first program, ten slices of a millisecond. */
#include <rill/trace.h>
#include <unistd.h>
int main(void)
{
	for (int round = 0; round < 10; round++) {
		RILL_SCOPE("hello", "round", "number", round);
		usleep(1000);
	}
}

/* SPDX-License-Identifier: MIT
 * packet_golden.c - writes the bytes of packet_golden.h to standard output: `packet_golden`, or `packet_golden small`.
 */
#include "tests/packet_golden.h"

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		golden_small();
	else
		golden_all();
	return fwrite(tape.bytes, 1, tape.size, stdout) == tape.size ? 0 : 1;
}

/* SPDX-License-Identifier: MIT
 * bench_packet.c - what the consumer takes for an event from its ring into packets: merge, decoding and encoding together, into a sink
 * that takes everything.
 */
#include "bench/rings.h"

static struct rill_outlet *open_outlet(void)
{
	return bench_open_outlet(RILL_FORMAT_BINARY);
}

int main(int argc, char **argv)
{
	return bench_stream_main("packet", open_outlet, argc, argv);
}

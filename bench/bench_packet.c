/* SPDX-License-Identifier: MIT
 * bench_packet.c - what the consumer takes for an event from its ring into packets: merge, decoding and encoding together, into a sink
 * that takes everything.
 */
#include "bench/rings.h"

static struct rill_outlet *open_outlet(void)
{
	return bench_open_outlet(RILL_FORMAT_BINARY);
}

#define CASE(shape, rings, burst) { "packet", open_outlet, bench_swallowed, shape, rings, burst, 200000 }

static const struct bench_rings_case cases[] = {
	CASE(BENCH_NO_ARGUMENT, 1, 1), CASE(BENCH_INT64, 1, 1), CASE(BENCH_TEXT16, 1, 1),
	CASE(BENCH_NO_ARGUMENT, 2, 16), CASE(BENCH_INT64, 2, 16), CASE(BENCH_TEXT16, 2, 16),
	CASE(BENCH_NO_ARGUMENT, 2, 1), CASE(BENCH_INT64, 2, 1), CASE(BENCH_TEXT16, 2, 1),
	CASE(BENCH_NO_ARGUMENT, 64, 1),
};

int main(int argc, char **argv)
{
	return bench_rings_main(cases, sizeof cases / sizeof *cases, argc, argv);
}

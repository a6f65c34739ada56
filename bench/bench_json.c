/* SPDX-License-Identifier: MIT
 * bench_json.c - what the consumer takes for an event from its ring into Chrome JSON: merge, decoding and encoding together, into a sink
 * that takes everything.
 */
#include "bench/rings.h"

static struct rill_outlet *open_outlet(void)
{
	return bench_open_outlet(RILL_FORMAT_JSON);
}

int main(int argc, char **argv)
{
	return bench_stream_main("json", open_outlet, argc, argv);
}

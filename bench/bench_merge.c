/* SPDX-License-Identifier: MIT
 * bench_merge.c - what the consumer takes for an event until it lies decoded before an outlet, which only counts it: the merge alone.
 */
#include "bench/rings.h"

static int take(struct rill_outlet *outlet, const struct rill_event *event)
{
	(void)outlet;
	__asm__ volatile("" : : "r"(event) : "memory");
	return 0;
}

static void take_gap(struct rill_outlet *outlet, const struct rill_gap *gap)
{
	(void)outlet;
	(void)gap;
}

static void take_thread(struct rill_outlet *outlet, const struct rill_thread *thread, uint64_t ts_ns)
{
	(void)outlet;
	(void)thread;
	(void)ts_ns;
}

static void flush(struct rill_outlet *outlet, uint64_t token)
{
	(void)outlet;
	(void)token;
}

static struct rill_outlet *open_counter(void)
{
	static const struct rill_outlet_ops ops = { .event = take, .gap = take_gap, .thread = take_thread, .flush = flush };
	static struct rill_outlet outlet = { .ops = &ops };

	return &outlet;
}

static const struct bench_rings_case cases[] = {
	{ "merge", open_counter, NULL, BENCH_NO_ARGUMENT, 1, 1, 200000 },
	{ "merge", open_counter, NULL, BENCH_NO_ARGUMENT, 2, 1, 200000 },
	{ "merge", open_counter, NULL, BENCH_NO_ARGUMENT, 8, 1, 200000 },
	{ "merge", open_counter, NULL, BENCH_NO_ARGUMENT, 64, 1, 200000 },
	{ "merge", open_counter, NULL, BENCH_NO_ARGUMENT, 1000, 1, 200000 },
	{ "merge", open_counter, NULL, BENCH_NO_ARGUMENT, 2, 16, 200000 },
	{ "merge", open_counter, NULL, BENCH_NO_ARGUMENT, 64, 16, 200000 },
	{ "merge", open_counter, NULL, BENCH_NO_ARGUMENT, 1000, 16, 200000 },
	{ "merge", open_counter, NULL, BENCH_INT64, 2, 1, 200000 },
	{ "merge", open_counter, NULL, BENCH_TEXT16, 2, 1, 200000 },
};

int main(int argc, char **argv)
{
	return bench_rings_main(cases, sizeof cases / sizeof *cases, argc, argv);
}

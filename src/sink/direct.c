/* SPDX-License-Identifier: MIT
 * direct.c - the calls of sinks without a writer thread that are under way.
 */
#include "sink/direct.h"

#include "port/port.h"

#include <stdatomic.h>
#include <stddef.h>

/* One has the drain role; the others start or stop sessions. Where more than these are under way at once, the rest goes unnoticed. */
enum { CALLS = 16 };

static struct {
	_Atomic uint32_t since_ms;	/* odd; 0: free. Modulo 2^32 */
	_Atomic(const char *) sink;
} calls[CALLS];
static _Atomic unsigned sinks;

static uint32_t now_ms(void)
{
	return (uint32_t)(rill_port_monotonic_ns() / 1000000) | 1;
}

void rill_direct_opened(void)
{
	atomic_fetch_add_explicit(&sinks, 1, memory_order_relaxed);
}

void rill_direct_closed(void)
{
	atomic_fetch_sub_explicit(&sinks, 1, memory_order_relaxed);
}

unsigned rill_direct_open(void)
{
	return atomic_load_explicit(&sinks, memory_order_relaxed);
}

unsigned rill_direct_begin(const char *sink)
{
	const uint32_t now = now_ms();

	for (unsigned i = 0; i < CALLS; i++) {
		uint32_t free = 0;

		if (!atomic_compare_exchange_strong_explicit(&calls[i].since_ms, &free, now, memory_order_relaxed, memory_order_relaxed))
			continue;
		atomic_store_explicit(&calls[i].sink, sink, memory_order_relaxed);
		return i;
	}
	return CALLS;
}

void rill_direct_end(unsigned call)
{
	if (call < CALLS)
		atomic_store_explicit(&calls[call].since_ms, 0, memory_order_relaxed);
}

const char *rill_direct_stands(uint32_t limit_ms)
{
	for (unsigned i = 0; i < CALLS; i++) {
		const uint32_t since = atomic_load_explicit(&calls[i].since_ms, memory_order_relaxed);
		const char *sink = atomic_load_explicit(&calls[i].sink, memory_order_relaxed);

		if (since && now_ms() - since >= limit_ms && since == atomic_load_explicit(&calls[i].since_ms, memory_order_relaxed))
			return sink ? sink : "of the application";
	}
	return NULL;
}

void rill_direct_reset(void)
{
	for (unsigned i = 0; i < CALLS; i++)
		atomic_store_explicit(&calls[i].since_ms, 0, memory_order_relaxed);
	atomic_store_explicit(&sinks, 0, memory_order_relaxed);
}

/* SPDX-License-Identifier: MIT
 * memory_static.c - in a static build the rings lie in .bss: CONFIG_RILL_STATIC_RINGS_BYTES, given out once.
 *
 * Once, also across a fork: a thread that forked inside an event goes on writing it in the child, to a ring that must stay as
 * it is. So the child has no rings, and its sessions do not start.
 */
#include "config.h"
#include "port/linux/linux.h"

#include <stdatomic.h>
#include <stdint.h>

/* Pages of any size begin at such an address or it has none of its own inside. */
static uint8_t rings[CONFIG_RILL_STATIC_RINGS_BYTES] __attribute__((aligned(4096)));
static atomic_flag given = ATOMIC_FLAG_INIT;

size_t rill_port_pages_max(void)
{
	return sizeof rings;
}

void *rill_port_pages(size_t size)
{
	/* Relaxed: who gets the rings publishes them itself. */
	if (!size || size > sizeof rings || atomic_flag_test_and_set_explicit(&given, memory_order_relaxed))
		return NULL;
	return rings;
}

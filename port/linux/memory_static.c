/* SPDX-License-Identifier: MIT
 * memory_static.c - in a static build the rings lie in .bss: CONFIG_RILL_STATIC_RINGS_BYTES, given out once.
 *
 * Once, also across a fork: a thread that forked inside an event goes on writing it in the child, to a ring that must stay as
 * it is. So the child has no rings, and its sessions do not start.
 */
#include "config.h"
#include "port/linux/linux.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* Pages that lie wholly inside .bss belong to no file: the kernel gives zeroed ones in their place. */
void rill_port_pages_empty(void *pages, size_t size)
{
	int saved = errno;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)pages + page - 1) & ~(page - 1), to = ((uintptr_t)pages + size) & ~(page - 1);

	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
	errno = saved;
}

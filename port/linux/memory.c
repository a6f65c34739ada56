/* SPDX-License-Identifier: MIT
 * memory.c - pages straight from the kernel: no malloc, so usable in a signal handler.
 */
#include "port/linux/linux.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

/* NORESERVE: a pool for a thousand threads is address space only, until a thread uses its part. */
void *rill_port_pages(size_t size)
{
	int saved = errno;
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	errno = saved;
	return pages == MAP_FAILED ? NULL : pages;
}

size_t rill_port_pages_max(void)
{
	return SIZE_MAX;
}

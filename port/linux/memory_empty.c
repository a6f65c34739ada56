/* SPDX-License-Identifier: MIT
 * memory_empty.c - gives the pages of rings back, whether they are mapped or lie in .bss.
 *
 * Either belongs to no file: the kernel gives zeroed pages in their place.
 */
#include "port/linux/linux.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void rill_port_pages_empty(void *pages, size_t size)
{
	int saved = errno;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)pages + page - 1) & ~(page - 1), to = ((uintptr_t)pages + size) & ~(page - 1);

	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
	errno = saved;
}

/* SPDX-License-Identifier: MIT
 * thread_info.c - what the kernel knows about the threads of a process.
 */
#include "port/linux/linux.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

uint32_t rill_port_tid(void)
{
	return (uint32_t)syscall(SYS_gettid);
}

bool rill_port_thread_alive(uint32_t pid, uint32_t tid)
{
	int saved = errno;
	bool alive = !syscall(SYS_tgkill, pid, tid, 0) || errno != ESRCH;

	errno = saved;
	return alive;
}

/* SPDX-License-Identifier: MIT
 * barrier.c - the barrier behind the order rule, by membarrier(2): each running thread of the
 * process is interrupted, and an interrupt orders what a producer's own code does not.
 *
 * Kernels before 4.14 do not have it and seccomp filters may refuse it; the caller then uses lag
 * mode.
 */
#include "port/linux/linux.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

static int membarrier(int command)
{
	int saved = errno, result = 0;

	if (syscall(SYS_membarrier, command, 0, 0))
		result = -errno;
	errno = saved;
	return result;
}

int rill_port_barrier_register(void)
{
	return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

int rill_port_barrier(void)
{
	int result = membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);

	/* Not registered: a child after fork, where the kernel did not hand the registration on. */
	if (result != -EPERM)
		return result;
	result = rill_port_barrier_register();
	return result ? result : membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

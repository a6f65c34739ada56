/* SPDX-License-Identifier: MIT
 * futex.c - sleeping on a word.
 *
 * 32-bit machines have two calls: the new one is not in kernels before 5.1, the old one is left out of some newer kernels. Which
 * of their two layouts struct timespec has is the C library's choice (its time_t), so it is used for neither.
 */
#include "port/port.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 64-bit machines have one call, with both layouts the same. */
#ifndef SYS_futex_time64
#define SYS_futex_time64 SYS_futex
#endif
#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

enum { NS_PER_S = 1000000000 };

void rill_port_futex_wait(const uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
	uint64_t s = deadline_ns / NS_PER_S, ns = deadline_ns % NS_PER_S;
	struct { int64_t s, ns; } deadline = { (int64_t)s, (int64_t)ns };
	struct { long s, ns; } old_deadline = { s > LONG_MAX ? LONG_MAX : (long)s, (long)ns };
	bool ever = deadline_ns == UINT64_MAX;
	int saved = errno;

	/* WAIT_BITSET takes an absolute CLOCK_MONOTONIC time: no drift when the call is interrupted. */
	if (syscall(SYS_futex_time64, word, FUTEX_WAIT_BITSET_PRIVATE, expected, ever ? NULL : &deadline, NULL,
		    FUTEX_BITSET_MATCH_ANY) && errno == ENOSYS)
		syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, ever ? NULL : &old_deadline, NULL,
			FUTEX_BITSET_MATCH_ANY);
	errno = saved;
}

void rill_port_futex_wake(const uint32_t *word)
{
	int saved = errno;

	if (syscall(SYS_futex_time64, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) < 0 && errno == ENOSYS)
		syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	errno = saved;
}

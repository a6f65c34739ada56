/* SPDX-License-Identifier: MIT
 * futex.c - sleeping on a word.
 */
#include "port/port.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* 32-bit machines with 64-bit time_t have the call under another number. */
#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

void rill_port_futex_wait(const uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
	struct timespec deadline = { (time_t)(deadline_ns / 1000000000), (long)(deadline_ns % 1000000000) };
	int saved = errno;

	/* WAIT_BITSET takes an absolute CLOCK_MONOTONIC time: no drift when the call is interrupted. */
	syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline_ns == UINT64_MAX ? NULL : &deadline,
		NULL, FUTEX_BITSET_MATCH_ANY);
	errno = saved;
}

void rill_port_futex_wake(const uint32_t *word)
{
	int saved = errno;

	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	errno = saved;
}

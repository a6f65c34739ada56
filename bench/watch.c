/* SPDX-License-Identifier: MIT
 * watch.c - write(), pwrite() and syscall() as the program's own, which take the time and hand on to the C library's.
 *
 * Nothing in rill has to be changed for being watched, and the sink that is measured is the one that applications use.
 */
#define _GNU_SOURCE	/* RTLD_NEXT */
#include "bench/watch.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <rill/clock.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef SYS_futex_time64
#define SYS_futex_time64 SYS_futex
#endif
#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

#define FRONT __attribute__((visibility("default")))

/* One reader and any number of writers, each of which only makes it grow: no order with anything else is needed. */
static _Atomic uint64_t longest_pass_ns, longest_write_ns;
static __thread uint64_t pass_began_ns;

static void take(_Atomic uint64_t *longest, uint64_t ns)
{
	uint64_t before = atomic_load_explicit(longest, memory_order_relaxed);

	while (ns > before && !atomic_compare_exchange_weak_explicit(longest, &before, ns, memory_order_relaxed, memory_order_relaxed))
		;
}

FRONT ssize_t write(int fd, const void *data, size_t size)
{
	static ssize_t (*next)(int, const void *, size_t);
	const uint64_t start = rill_clock_ns();
	ssize_t done;

	if (!next)
		next = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	done = next(fd, data, size);
	take(&longest_write_ns, rill_clock_ns() - start);
	return done;
}

/* Where offsets have 64 bits by a function of its own, its name is pwrite64. */
FRONT ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	static ssize_t (*next)(int, const void *, size_t, off_t);
	const uint64_t start = rill_clock_ns();
	ssize_t done;

	if (!next)
		next = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, sizeof(long) < sizeof(off_t) ? "pwrite64" : "pwrite");
	done = next(fd, data, size, at);
	take(&longest_write_ns, rill_clock_ns() - start);
	return done;
}

static void end_pass(void)
{
	if (pass_began_ns)
		take(&longest_pass_ns, rill_clock_ns() - pass_began_ns);
	pass_began_ns = 0;
}

FRONT long syscall(long number, ...)
{
	static long (*next)(long, ...);
	long a[6];
	va_list values;

	va_start(values, number);
	for (unsigned i = 0; i < 6; i++)
		a[i] = va_arg(values, long);
	va_end(values);
	if (!next)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	/* The first thread flushes and stops sessions, and does other things in between. */
	if (number == SYS_membarrier && getpid() != gettid()) {
		end_pass();
		pass_began_ns = rill_clock_ns();
	} else if ((number == SYS_futex || number == SYS_futex_time64) && (a[1] & FUTEX_CMD_MASK) != FUTEX_WAKE) {
		end_pass();
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void watch_begin(void)
{
	atomic_store_explicit(&longest_pass_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&longest_write_ns, 0, memory_order_relaxed);
}

double watch_pass_ms(void)
{
	return (double)atomic_load_explicit(&longest_pass_ns, memory_order_relaxed) / 1e6;
}

double watch_write_ms(void)
{
	return (double)atomic_load_explicit(&longest_write_ns, memory_order_relaxed) / 1e6;
}

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
/* Of the consumer, which is who makes passes; looked at by a thread that polls, so no order is needed here either. */
static _Atomic uint64_t last_pass_began_ns;
static atomic_bool asleep;
static __thread bool makes_passes;
static __thread unsigned wake_ups;

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

static void begin_pass(void)
{
	end_pass();
	makes_passes = true;
	pass_began_ns = rill_clock_ns();
	atomic_store_explicit(&last_pass_began_ns, pass_began_ns, memory_order_relaxed);
}

FRONT long syscall(long number, ...)
{
	static long (*next)(long, ...);
	const bool futex = number == SYS_futex || number == SYS_futex_time64;
	long a[6], result;
	va_list values;

	va_start(values, number);
	for (unsigned i = 0; i < 6; i++)
		a[i] = va_arg(values, long);
	va_end(values);
	if (!next)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	/* The first thread flushes and stops sessions, and does other things in between. */
	if (number == SYS_membarrier && getpid() != gettid())
		begin_pass();
	else if (futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAKE)
		wake_ups++;
	else if (futex)
		end_pass();
	if (futex && makes_passes)
		atomic_store_explicit(&asleep, (a[1] & FUTEX_CMD_MASK) != FUTEX_WAKE, memory_order_relaxed);
	result = next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (futex && makes_passes)
		atomic_store_explicit(&asleep, false, memory_order_relaxed);
	return result;
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

unsigned watch_wake_ups(void)
{
	return wake_ups;
}

bool watch_asleep(void)
{
	return atomic_load_explicit(&asleep, memory_order_relaxed);
}

uint64_t watch_pass_began_ns(void)
{
	return atomic_load_explicit(&last_pass_began_ns, memory_order_relaxed);
}

void watch_futex_wait(_Atomic uint32_t *word, uint32_t seen)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

void watch_futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* SPDX-License-Identifier: MIT
 * probe.c - finds out whether an instruction may be used here, by using it.
 *
 * A counter that a processor does not have, or that its kernel shuts off, announces itself by
 * SIGILL (ARM, RISC-V) or SIGSEGV (x86 under PR_SET_TSC). The application may have handlers for
 * both and other threads that count on them: theirs are put back at once, and a fault of another
 * thread goes to them.
 */
#include "port/linux/linux.h"

#include "port/arch/arch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>

static sigjmp_buf refused;
static _Atomic uint32_t prober;	/* tid; 0: nobody */
static struct sigaction old_ill, old_segv;

static void on_fault(int signal)
{
	if (rill_port_tid() == atomic_load_explicit(&prober, memory_order_relaxed))
		siglongjmp(refused, 1);
	/* Another thread's own fault: back to the application's handler. The instruction runs
	 * again and finds it. */
	sigaction(signal, signal == SIGILL ? &old_ill : &old_segv, NULL);
}

/* Leaves a handler alone that the application installed in the meantime. */
static void put_back(int signal, const struct sigaction *old)
{
	struct sigaction now;

	if (!sigaction(signal, NULL, &now) && now.sa_handler == on_fault)
		sigaction(signal, old, NULL);
}

bool rill_linux_probe(void (*attempt)(void))
{
	struct sigaction ours = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };
	volatile bool works = false;

	sigfillset(&ours.sa_mask);
	atomic_store_explicit(&prober, rill_port_tid(), memory_order_relaxed);
	if (sigaction(SIGILL, &ours, &old_ill))
		return false;
	if (sigaction(SIGSEGV, &ours, &old_segv)) {
		put_back(SIGILL, &old_ill);
		return false;
	}
	if (!sigsetjmp(refused, 1)) {
		attempt();
		works = true;
	}
	put_back(SIGSEGV, &old_segv);
	put_back(SIGILL, &old_ill);
	atomic_store_explicit(&prober, 0, memory_order_relaxed);
	return works;
}

static void read_counter(void)
{
	(void)rill_linux_counter();
}

/* The fastest of ten rounds, so that an interruption does not count. */
static uint64_t hundred_reads_ns(void)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < 10; round++) {
		uint64_t begin = rill_port_monotonic_ns(), ns;

		for (int i = 0; i < 100; i++)
			(void)rill_arch_ticks();
		ns = rill_port_monotonic_ns() - begin;
		if (ns < best)
			best = ns;
	}
	return best;
}

uint64_t rill_linux_counter(void)
{
	return rill_arch_ticks();
}

uint64_t rill_linux_counter_ordered(void)
{
	return rill_arch_ticks_ordered();
}

bool rill_linux_counter_usable(const char **why)
{
	if (!rill_linux_probe(read_counter)) {
		*why = "the processor's counter cannot be read by programs here";
		return false;
	}
	/* Kernels emulate a counter that has errata, one exception for each read. */
	if (hundred_reads_ns() > 100 * (uint64_t)RILL_LINUX_COUNTER_NS_MAX) {
		*why = "reading the processor's counter is emulated here, slower than the clock";
		return false;
	}
	*why = "the processor's counter, one for all processors, readable without the kernel";
	return true;
}

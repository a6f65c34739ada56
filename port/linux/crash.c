/* SPDX-License-Identifier: MIT
 * crash.c - what the system says of a signal that ends the program, and stacks to hear of it on.
 */
#define _GNU_SOURCE
#include "port/linux/linux.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* A frame of the kernel with all vector registers may take 11 KiB; the rest is for the handler that was there before. */
enum { STACK_BYTES = 65536, GUARD_BYTES = 65536 };

/* ---- what happened -------------------------------------------------------------------------------- */

static const struct {
	int number;
	const char *name;
} names[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGILL, "SIGILL" }, { SIGFPE, "SIGFPE" },
	{ SIGABRT, "SIGABRT" }, { SIGTERM, "SIGTERM" }, { SIGINT, "SIGINT" },
};

const char *rill_port_signal_name(int number)
{
	unsigned i = 0;

	while (i + 1 < sizeof names / sizeof *names && names[i].number != number)
		i++;
	return names[i].name;
}

/* The registers that lead on from here; one that the processor does not have, or that has no such use, stays 0. */
static void read_registers(struct rill_port_crash *c, const ucontext_t *context)
{
	const mcontext_t *const m = &context->uc_mcontext;

#if defined(__x86_64__)
	c->pc = (uintptr_t)m->gregs[REG_RIP], c->sp = (uintptr_t)m->gregs[REG_RSP], c->fp = (uintptr_t)m->gregs[REG_RBP];
#elif defined(__i386__)
	c->pc = (uintptr_t)m->gregs[REG_EIP], c->sp = (uintptr_t)m->gregs[REG_ESP], c->fp = (uintptr_t)m->gregs[REG_EBP];
#elif defined(__aarch64__)
	c->pc = (uintptr_t)m->pc, c->sp = (uintptr_t)m->sp, c->fp = (uintptr_t)m->regs[29], c->lr = (uintptr_t)m->regs[30];
#elif defined(__arm__)
	c->pc = m->arm_pc, c->sp = m->arm_sp, c->fp = m->arm_fp, c->lr = m->arm_lr;
#elif defined(__riscv)
	c->pc = m->__gregs[0], c->sp = m->__gregs[2], c->fp = m->__gregs[8], c->lr = m->__gregs[1];
#elif defined(__s390x__)
	c->pc = m->psw.addr, c->sp = m->gregs[15], c->lr = m->gregs[14];
#else
	(void)m;
#endif
}

static bool (*crashed)(const struct rill_port_crash *crash, bool ends);

static bool on_crash(int number, siginfo_t *info, void *context, bool ends)
{
	struct rill_port_crash c = { .signal = number, .code = info->si_code };

	if (info->si_code > 0)
		c.address = (uintptr_t)info->si_addr;
	else
		c.sender = (uint32_t)info->si_pid;
	read_registers(&c, context);
	return crashed(&c, ends);
}

int rill_port_crash_catch(bool (*function)(const struct rill_port_crash *crash, bool ends))
{
	struct sigaction now;

	crashed = function;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		const bool asks = names[i].number == SIGTERM || names[i].number == SIGINT;

		/* Who ignores being asked to end goes on to; and the kernel does not ask the first process of all, unless that has
		 * a handler. */
		if (sigaction(names[i].number, NULL, &now) < 0 ||
		    (asks && !(now.sa_flags & SA_SIGINFO) && (now.sa_handler == SIG_IGN || (now.sa_handler == SIG_DFL && getpid() == 1))))
			continue;
		if (rill_linux_fault_catch(names[i].number) < 0)
			return -errno;
	}
	rill_linux_fault_tell(on_crash);
	return 0;
}

/* ---- stacks --------------------------------------------------------------------------------------- */

/* A stack for each thread that has rings, below it what no page is mapped to. */
static uint8_t *stacks;

bool rill_port_crash_stacks(uint32_t count)
{
	/* Threads of the parent are not here, but the one that forked may be on one of these. */
	stacks = rill_port_pages((size_t)count * (GUARD_BYTES + STACK_BYTES));
	return stacks != NULL;
}

void rill_port_crash_stack(uint32_t index)
{
	uint8_t *const guard = stacks + (size_t)index * (GUARD_BYTES + STACK_BYTES);
	const stack_t own = { .ss_sp = guard + GUARD_BYTES, .ss_size = STACK_BYTES };
	const int saved = errno;
	stack_t now;

	if (stacks && sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) && mprotect(guard, GUARD_BYTES, PROT_NONE) == 0)
		sigaltstack(&own, NULL);
	errno = saved;
}

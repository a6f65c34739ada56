/* SPDX-License-Identifier: MIT
 * fault.c - the signals that end a program, between the kernel and whoever had them before.
 *
 *     signal -> a child that found a hole in place of its rings (ring_file_fork.c): it goes on
 *            -> the crash handler, where the program has asked for one (crash.c)
 *            -> the handler that was there before, as if by the kernel; or the default action, which the signal finds when it comes again
 *
 * tests/crash_calls.sh looks at all that is called from here: nothing that a signal handler may not call.
 */
#define _GNU_SOURCE
#include "port/linux/linux.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct caught {
	int number;
	bool caught;
	_Atomic bool spent;		/* it was for one signal only (SA_RESETHAND) */
	struct sigaction before;
} signals[] = {
	{ .number = SIGSEGV }, { .number = SIGBUS }, { .number = SIGILL }, { .number = SIGFPE },
	{ .number = SIGABRT }, { .number = SIGTERM }, { .number = SIGINT },
};
static _Atomic(rill_linux_crashed *) crashed;

void rill_linux_fault_tell(rill_linux_crashed *function)
{
	atomic_store(&crashed, function);
}

static struct caught *find(int number)
{
	unsigned i = 0;

	while (signals[i].number != number)
		i++;
	return &signals[i];
}

/* The processor or the kernel says that this thread cannot go on; else somebody has sent the signal. */
static bool is_forced(int number, const siginfo_t *info)
{
	return info->si_code > 0 && (number == SIGSEGV || (number == SIGBUS && info->si_code != BUS_MCEERR_AO) || number == SIGILL ||
				     number == SIGFPE);
}

static bool has_handler(const struct caught *c)
{
	return ((c->before.sa_flags & SA_SIGINFO) || (c->before.sa_handler != SIG_DFL && c->before.sa_handler != SIG_IGN)) &&
	       !atomic_load_explicit(&c->spent, memory_order_relaxed);
}

/* The kernel ignores no forced signal. */
static bool is_ignored(const struct caught *c, bool forced)
{
	return !forced && !(c->before.sa_flags & SA_SIGINFO) && c->before.sa_handler == SIG_IGN;
}

/* An access that faulted does so again when the handler returns. All else is sent once more, with what the kernel said about it, and
 * waits until then: a signal's frame for which the stack had no room, and on some processors (s390x) an instruction that raised SIGFPE or
 * SIGILL, which counts as done. Either way a core file shows this thread as the signal had found it. */
static void end_by_default(int number, siginfo_t *info)
{
	const struct sigaction none = { .sa_handler = SIG_DFL };

	sigaction(number, &none, NULL);
	if (is_forced(number, info) && (number == SIGSEGV || number == SIGBUS) && info->si_code != SI_KERNEL)
		return;
	if (syscall(SYS_rt_tgsigqueueinfo, getpid(), rill_port_tid(), number, info) < 0)
		syscall(SYS_tgkill, getpid(), rill_port_tid(), number);
}

static void pass_on(struct caught *c, siginfo_t *info, void *context)
{
	if (c->before.sa_flags & SA_RESETHAND)
		atomic_store_explicit(&c->spent, true, memory_order_relaxed);
	if (c->before.sa_flags & SA_SIGINFO)
		c->before.sa_sigaction(c->number, info, context);
	else
		c->before.sa_handler(c->number);
}

/* False: it came while the crash handler was at work in this very thread. */
static bool tell(int number, siginfo_t *info, void *context, bool ends)
{
	rill_linux_crashed *const function = atomic_load(&crashed);
	sigset_t all, before;
	bool good;

	if (!function)
		return true;
	/* The mask is that of the handler that was there before; nobody else's comes in between. */
	rill_port_deferrable_signals(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	good = function(number, info, context, ends);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return good;
}

static void on_fatal_signal(int number, siginfo_t *info, void *context)
{
	const int saved = errno;
	struct caught *const c = find(number);
	const bool forced = is_forced(number, info), ends = !has_handler(c);

	if ((forced && number == SIGSEGV && rill_linux_ring_file_fill(info->si_addr)) || is_ignored(c, forced)) {
		errno = saved;
		return;
	}
	if (!tell(number, info, context, ends) || ends) {
		end_by_default(number, info);
		errno = saved;
		return;
	}
	errno = saved;
	pass_on(c, info, context);
}

/* As it was for whoever had the signal before, but on the alternative stack, where the thread has one. */
int rill_linux_fault_catch(int number)
{
	struct caught *const c = find(number);
	struct sigaction ours = { .sa_sigaction = on_fatal_signal };

	if (c->caught)
		return 0;
	if (sigaction(number, NULL, &c->before) < 0)
		return -1;
	ours.sa_mask = c->before.sa_mask;
	ours.sa_flags = (c->before.sa_flags & ~SA_RESETHAND) | SA_SIGINFO | SA_ONSTACK;
	if (!has_handler(c))
		ours.sa_flags &= ~SA_NODEFER;
	c->caught = sigaction(number, &ours, NULL) == 0;
	return c->caught ? 0 : -1;
}

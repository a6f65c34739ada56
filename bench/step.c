/* SPDX-License-Identifier: MIT
 * step.c - how many instructions a turn of a case takes: the program starts itself once more, and single-steps that process between
 * two marks.
 *
 * Counts what the process executes in user mode, all of it: the bodies of the vDSO's functions, which callgrind does not see, included.
 * Two lengths are counted and subtracted, so that what surrounds the turns falls out. Where the system lets nobody trace, or the
 * processor has no single step (32-bit ARM), there is no count. bench/callgrind.sh counts the same by callgrind.
 */
#include "bench/lab.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* QUICK: a step is two switches of process, and a machine under load makes them slow. */
enum { MARK = SIGUSR1, TURNS_SHORT = 16, TURNS_LONG = 80, QUICK_SHORT = 2, QUICK_LONG = 4 };

__attribute__((noinline)) void lab_counted(void (*run)(unsigned turns), unsigned turns)
{
	signal(MARK, SIG_IGN);	/* nobody may be watching: then the marks are nothing */
	raise(MARK);
	run(turns);
	raise(MARK);
}

static void be_counted(const struct lab *lab, const char *name, unsigned turns)
{
	char number[16], ring_kib[24];
	const int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

	snprintf(number, sizeof number, "%u", turns);
	snprintf(ring_kib, sizeof ring_kib, "%llu", (unsigned long long)(lab->ring_bytes >> 10));
	if (quiet < 0 || dup2(quiet, STDOUT_FILENO) < 0 || ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(1);
	execl("/proc/self/exe", lab->program, "--ring-kib", ring_kib, "--count", name, number, (char *)NULL);
	_exit(1);
}

/* The next stop of the child; -1 if there is none. */
static int next_stop(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return -1;
	return WSTOPSIG(status);
}

/* Lets it run up to the mark, handing on every other signal but the trap of exec. False: it has ended. */
static bool run_to_mark(pid_t child)
{
	for (int stop = next_stop(child); stop != MARK; stop = next_stop(child))
		if (stop < 0 || ptrace(PTRACE_CONT, child, NULL, stop == SIGTRAP ? NULL : (void *)(uintptr_t)stop) != 0)
			return false;
	return true;
}

static long count(const struct lab *lab, const char *name, unsigned turns)
{
	const pid_t child = fork();
	long steps = 0;
	int stop = -1;

	if (child < 0)
		return -1;
	if (child == 0)
		be_counted(lab, name, turns);
	if (!run_to_mark(child))
		return -1;
	do {
		if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0)
			break;
		stop = next_stop(child);
		steps++;
	} while (stop == SIGTRAP);
	/* What it would still do is of no interest. */
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return stop == MARK ? steps : -1;
}

double lab_instructions(const struct lab *lab, const char *name)
{
	const unsigned turns_few = lab->quick ? QUICK_SHORT : TURNS_SHORT, turns_many = lab->quick ? QUICK_LONG : TURNS_LONG;
	const long few = count(lab, name, turns_few), many = few < 0 ? -1 : count(lab, name, turns_many);

	return many < few || few < 0 ? 0 : (double)(many - few) / (turns_many - turns_few);
}

/* SPDX-License-Identifier: MIT
 * child.c - runs the traced program, hands signals on to it and waits for its end.
 *
 * The program stays in the tool's process group, so a key like Ctrl-C reaches it from the
 * terminal; that signal is not handed on, or it would come twice. What another process sends to
 * the tool (kill PID) is. The tool itself ends only after the program.
 */
#define _GNU_SOURCE /* pipe2 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static const int handed_on[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

static int wait_for(pid_t child, const sigset_t *signals)
{
	siginfo_t info;
	int status;

	for (;;) {
		const int signal_number = sigwaitinfo(signals, &info);

		if (signal_number == SIGCHLD) {
			if (waitpid(child, &status, WNOHANG) == child)
				return status;
		} else if (signal_number > 0 &&
			   info.si_code <= 0) { /* from a process, not from the terminal */
			kill(child, signal_number);
		}
	}
}

int rill_child_run(const char *path, char **argv, long *pid)
{
	struct sigaction as_usual = { .sa_handler = SIG_DFL }, before;
	sigset_t signals, mask;
	int error = 0, ends[2], status;
	ssize_t size;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	for (size_t i = 0; i < sizeof handed_on / sizeof handed_on[0]; i++)
		sigaddset(&signals, handed_on[i]);
	sigprocmask(SIG_BLOCK, &signals, &mask);
	/* Ignored by whoever started the tool, its children would vanish without a status. */
	sigaction(SIGCHLD, &as_usual, &before);
	child = fork();
	if (child == 0) {
		sigaction(SIGCHLD, &before, NULL);
		sigprocmask(SIG_SETMASK, &mask, NULL);
		execv(path, argv);
		error = errno;
		size = write(ends[1], &error, sizeof error);
		_exit(size == sizeof error ? 127 : 126);
	}
	error = child < 0 ? errno : 0;
	*pid = child;
	close(ends[1]);
	do {
		size = child > 0 ? read(ends[0], &error, sizeof error) : 0;
	} while (size < 0 && errno == EINTR);
	close(ends[0]);
	status = child > 0 ? wait_for(child, &signals) : 0;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return error ? -error : status;
}

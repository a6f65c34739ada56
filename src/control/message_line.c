/* SPDX-License-Identifier: MIT
 * message_line.c - one line on stderr, out of somebody else's program: without waiting for a reader, and without a SIGPIPE for the
 * application.
 */
#include "control/message_line.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* Nobody may be reading the other end of stderr: then the line is lost, not the program's time. */
static bool write_now(const char *line, size_t size)
{
	struct pollfd out = { STDERR_FILENO, POLLOUT, 0 };

	if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))
		return false;
	return write(STDERR_FILENO, line, size) == (ssize_t)size;
}

/* A SIGPIPE of ours is taken back; one that was pending before is the application's and stays. */
bool rill_message_line(const char *line, size_t size)
{
	struct timespec now = { 0, 0 };
	sigset_t pipe, before, pending;
	bool had_one, done;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	had_one = sigismember(&pending, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	done = write_now(line, size);
	if (!done && !had_one)
		while (sigtimedwait(&pipe, NULL, &now) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return done;
}

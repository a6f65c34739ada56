/* SPDX-License-Identifier: MIT
 * stop.c - Ctrl-C as the end of what is being read, and not of the program.
 *
 * A signal that comes just before poll() would be slept over, so the handler also writes to a pipe
 * that poll() watches.
 */
#define _GNU_SOURCE /* pipe2 */
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t asked;
static int ends[2] = { -1, -1 };

static void ask(int number)
{
	const int error = errno;

	(void)number;
	asked = 1;
	/* Full means that it was asked for already. */
	if (write(ends[1], "", 1) < 0)
		errno = error;
}

void rill_stop_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old, action = { .sa_handler = ask, .sa_flags = (int)SA_RESETHAND };

	if (ends[0] >= 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
		/* What nohup set to be ignored stays so. A shell does the same with SIGINT for what
		 * a script starts in the background; whoever sends one there means it. */
		if (signals[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
	}
}

bool rill_stop_asked(void)
{
	return asked;
}

int rill_stop_fd(void)
{
	return ends[0];
}

bool rill_stop_wait(int fd, int timeout_ms)
{
	struct pollfd both[2] = { { .fd = fd, .events = POLLIN },
				  { .fd = ends[0], .events = POLLIN } };

	if (asked || poll(both, 2, timeout_ms) <= 0)
		return false;
	return !asked && both[0].revents;
}

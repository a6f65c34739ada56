/* SPDX-License-Identifier: MIT
 * sink_quiet.c - keeps SIGPIPE and SIGXFSZ away from the application while a sink writes.
 */
#include "port/linux/sink_quiet.h"

#include <errno.h>
#include <time.h>

void rill_quiet_begin(struct rill_quiet *quiet)
{
	static const int signals[] = { SIGPIPE, SIGXFSZ };
	sigset_t pending, block;

	sigemptyset(&block);
	sigemptyset(&quiet->raised);
	sigpending(&pending);
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&block, signals[i]);
		if (!sigismember(&pending, signals[i]))
			sigaddset(&quiet->raised, signals[i]);
	}
	pthread_sigmask(SIG_BLOCK, &block, &quiet->before);
}

void rill_quiet_end(const struct rill_quiet *quiet)
{
	const struct timespec now = { 0, 0 };

	/* Asked always: a write may fail at first and be done another way, and the signal is
	 * there all the same. */
	while (sigtimedwait(&quiet->raised, NULL, &now) > 0 || errno == EINTR)
		continue;
	pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
}

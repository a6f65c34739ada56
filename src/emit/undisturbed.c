/* SPDX-License-Identifier: MIT
 * undisturbed.c - the mask of the calling thread while it holds something of rill's.
 */
#include "emit/undisturbed.h"

#include "port/port.h"

#include <pthread.h>
#include <signal.h>

static __thread struct {
	unsigned depth;
	sigset_t before;	/* the thread's own mask */
} self __attribute__((tls_model("initial-exec")));

void rill_undisturbed_begin(void)
{
	sigset_t all, before;

	if (self.depth == 0) {	/* a handler that comes before the mask is set has left it as it was */
		rill_port_deferrable_signals(&all);
		pthread_sigmask(SIG_BLOCK, &all, &before);
		self.before = before;
	}
	self.depth++;
}

void rill_undisturbed_end(void)
{
	sigset_t before = self.before;

	if (--self.depth == 0)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
}

unsigned rill_undisturbed_pause(void)
{
	sigset_t before = self.before;
	unsigned paused = self.depth;

	self.depth = 0;
	if (paused)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	return paused;
}

void rill_undisturbed_resume(unsigned paused)
{
	if (!paused)
		return;
	rill_undisturbed_begin();
	self.depth = paused;
}

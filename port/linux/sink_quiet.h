/* SPDX-License-Identifier: MIT
 * sink_quiet.h - writing without the signals that a failed write raises.
 *
 * A closed pipe raises SIGPIPE and a file at its size limit SIGXFSZ in the writing thread;
 * either would end a program that did nothing wrong. Between begin and end both are blocked in
 * the calling thread, and end takes away what the writes raised; one that was pending before
 * stays pending.
 */
#ifndef RILL_LINUX_SINK_QUIET_H
#define RILL_LINUX_SINK_QUIET_H

#include <signal.h>

struct rill_quiet {
	sigset_t before;	/* the thread's mask */
	sigset_t raised;	/* the signals to take away: those not pending at begin */
};

void rill_quiet_begin(struct rill_quiet *quiet);
void rill_quiet_end(const struct rill_quiet *quiet);

#endif

/* SPDX-License-Identifier: MIT
 * consumer.h - the low-priority thread that drains the rings while a stream session runs.
 */
#ifndef RILL_ROUTE_CONSUMER_H
#define RILL_ROUTE_CONSUMER_H

#include <stdbool.h>
#include <stdint.h>

struct rill_consumer_options {
	uint32_t period_ms;
	bool idle_priority;
	/* Called after each pass, with the role held and time in CLOCK_MONOTONIC: periodic flushes. It says how long the consumer may sleep
	 * in quiet, for all that. */
	uint64_t (*tick)(uint64_t now_ns);
	/* Carries out a command that rill_consumer_command() brought; without the role. */
	void (*command)(void *what);
};

/* Starts the thread if it does not run; 0 or -errno with rill_error(). Control, under its lock. */
int rill_consumer_start(const struct rill_consumer_options *options);
/* Ends and joins it. Not with the role held. */
void rill_consumer_stop(void);
bool rill_consumer_running(void);

/* Leaves a command for the consumer and wakes it. False: no room, or no consumer. Any thread, signal handlers too; lock-free. */
bool rill_consumer_command(void *what);

/* The child after fork: there is no thread. */
void rill_consumer_reset(void);

#endif

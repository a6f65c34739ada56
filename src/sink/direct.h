/* SPDX-License-Identifier: MIT
 * direct.h - calls of an application's sinks that have no writer thread, since they say that they return soon (write_time_max_ms).
 *
 * Whoever has the drain role, starts or stops a session makes them, and a sink that does not keep its word cannot be made to return. So
 * each call is noted, and who has to go on without it, a process that ends, can see that one stands. Any thread.
 */
#ifndef RILL_SINK_DIRECT_H
#define RILL_SINK_DIRECT_H

#include <stdint.h>

/* Such sinks that are open. */
void rill_direct_opened(void);
void rill_direct_closed(void);
unsigned rill_direct_open(void);

/* Around a call: the number that begin gave goes to end. */
unsigned rill_direct_begin(const char *sink);
void rill_direct_end(unsigned call);

/* The name of a sink that has not returned for limit_ms; NULL: none. */
const char *rill_direct_stands(uint32_t limit_ms);

/* The child of a fork: who was in a call does not exist here. */
void rill_direct_reset(void);

#endif

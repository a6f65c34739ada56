/* SPDX-License-Identifier: MIT
 * kept.h - keep-first: from the static buffer of emit/kept.h to the first session. Which one that is, route.h is told.
 */
#ifndef RILL_ROUTE_KEPT_H
#define RILL_ROUTE_KEPT_H

#include "route/route_private.h"

/* Gives what lies up to `ticks`; route->kept_ticks is the time of the next one. False: the only session's outlet has no room, offer
 * it again later. Inside rcu_read_lock(). */
bool rill_route_kept_give(struct rill_route *route, uint64_t ticks);

/* Is the thread in the buffer, under another name? Then the one that it has now is a later one. */
bool rill_route_kept_otherwise(const struct rill_thread *thread);

/* The child of a fork. */
void rill_route_kept_forked(struct rill_route *route);

#endif
